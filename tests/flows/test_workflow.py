"""Workflow Builder's step: opens a decision, and goes on once that is over, hours later and exactly once."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.domain.option import OptionDraft
from bot.domain.plan import TIERS
from bot.domain.workflow import INPUTS, OUTPUTS, STEP
from bot.services import decision as decisions
from bot.services import option as options
from bot.services import outcome as outcomes
from bot.views.slack import ids
from handlers import routes
from sandbox.workspace import Run
from tests.support.house import living
from tests.support.steps import does
from tests.support.team import TITLES, Team

ROOT = Path(__file__).parents[2]
NAME = "Decide about a customer"
GIVEN = {
    "title": "Refund for the outage",
    "description": "Two days without service.",
    "customer": "Northwind",
    "type": "Refund request",
    "urgency": "4",
    "channel": "C0DECISIONS",
    "owner": "U0LISA",
}


async def run(team: Team, **changes: Any) -> Run:
    """Tom starts a workflow with the step; returned once the bot has been told."""
    run_id = await team.house.person("tom").run_step(NAME, {**GIVEN, **changes})
    await team.until("SELECT count(*) FROM workflow_runs WHERE execution_id = %s", 1, run_id)
    return team.house.sandbox.town.workspace.runs[run_id]


async def to_result(team: Team) -> None:
    """The run's decision has a published result."""
    team._decision_id = team.value("SELECT id FROM customer_decisions ORDER BY number DESC LIMIT 1")
    for title in TITLES:
        drafts = [OptionDraft(title, "What we would do.", Decimal(100))]
        await options.propose(team.db, team.by("lisa"), team.decision_id, drafts=drafts)
    await team.starts("sarah", "lisa", "tom", by="lisa")
    for name in ("sarah", "lisa", "tom"):
        await team.ballot(name)
    await team.published()


async def resolve(team: Team) -> None:
    await outcomes.resolve(
        team.db, team.by("sarah"), team.decision_id, option_id=team.option_id(TITLES[0]), reason="It leads."
    )


async def test_the_step_opens_a_decision_of_its_owner_and_goes_on_once_it_is_resolved(team: Team) -> None:
    started = await run(team)
    await team.settled()
    opened = (
        "SELECT m.name, d.title, d.customer_name, d.decision_type, d.urgency_level, d.channel_id, d.status "
        "FROM customer_decisions d JOIN team_members m ON m.id = d.created_by"
    )
    assert team.sql(opened) == [
        ("Lisa Rodriguez", GIVEN["title"], "Northwind", "refund_request", 4, "C0DECISIONS", "team_input")
    ]
    assert started.state == "running"

    await to_result(team)
    await resolve(team)
    await team.settled()

    assert started.state == "completed"
    assert started.outputs is not None
    link = started.outputs.pop("permalink")
    assert started.outputs == {"number": "1", "status": "resolved", "chosen_option": "Full refund"}
    assert link.startswith("https://techcorp.slack.com/archives/C0DECISIONS/p")
    tom = await team.house.person("tom").messages()
    assert any("Your workflow's step decide_about_customer has completed." in m.rendered for m in tom)


async def test_a_cancelled_decision_ends_the_step_with_its_reason(team: Team) -> None:
    started = await run(team)
    decision_id = team.value("SELECT id FROM customer_decisions")

    await decisions.cancel(team.db, team.by("lisa"), decision_id, reason="They took\nit back.")
    await team.settled()

    assert (started.state, started.error) == ("failed", "#1 was cancelled: They took it back.")


async def test_what_cannot_be_opened_ends_the_step_with_the_sentence(team: Team) -> None:
    nobody = "The owner that the step names is in no team here. Whoever runs one adds them with /decide setup."
    for changes, sentence in (
        ({"owner": "U0EVE"}, nobody),
        ({"owner": ""}, nobody),
        ({"customer": ""}, "The step needs a customer."),
        ({"urgency": "soon"}, "The urgency of the step has to be a whole number from 1 (whenever) to 5 (critical)."),
    ):
        started = await run(team, **changes)
        await team.settled()
        assert (started.state, started.error) == ("failed", sentence)
    assert team.value("SELECT count(*) FROM customer_decisions") == 0
    assert team.value("SELECT count(*) FROM workflow_runs WHERE ended_at IS NULL") == 0


async def test_a_full_plan_ends_the_step_with_its_sentence(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("\n".join(f"[plans.{tier}]\nopen_decisions = 1" for tier in TIERS))
    async with living(database_url, techcorp(), CONCLAVE_RULES=file) as house:
        team = await Team(house).gather("mike", "lisa", "tom")
        await team.open()
        started = await run(team)
        await team.settled()

    assert started.error is not None
    assert started.error.startswith("The plan starter allows 1 open decision at once, and CS Team has 1.")


async def test_the_same_event_again_opens_nothing_and_completes_nothing_again(team: Team) -> None:
    started = await run(team)
    event = {
        "type": "function_executed",
        "function": {"callback_id": STEP},
        "inputs": started.inputs,
        "function_execution_id": started.id,
    }
    assert team.house.sandbox.send_event(event)
    await team.house.sandbox.idle()
    assert team.value("SELECT count(*) FROM customer_decisions") == 1

    await to_result(team)
    await resolve(team)
    await team.settled()
    assert team.house.sandbox.send_event(event)
    await team.house.sandbox.idle()
    await team.settled()

    assert team.value("SELECT count(*) FROM customer_decisions") == 1
    assert len(team.house.sandbox.calls("functions.completeSuccess")) == 1


async def test_an_answer_that_was_lost_is_given_again_and_slack_has_it_once(team: Team) -> None:
    other, started = await run(team), await run(team)
    await to_result(team)
    team.house.sandbox.fail("functions.completeSuccess", "http_500_after", times=1)

    await resolve(team)
    await team.change("UPDATE outbox SET run_at = now() WHERE kind = 'workflow.end' AND state = 'ready'")
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'workflow.end' AND state = 'done'", 1)

    assert started.state == "completed"
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'workflow.end' AND state = 'dead'") == 0
    assert other.state == "running"
    assert team.sql("SELECT execution_id FROM workflow_runs WHERE ended_at IS NULL") == [(other.id,)]


async def test_a_choice_taken_back_before_slack_was_told_is_waited_for_again(team: Team) -> None:
    started = await run(team)
    await to_result(team)
    team.house.sandbox.fail("functions.completeSuccess", "http_500", times=1)
    await resolve(team)
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'workflow.end' AND attempts = 1 AND state = 'ready'", 1)

    await does(team, "sarah", Action.CHANGE_CHOICE, {"Reason": "A new offer."})
    await team.change("UPDATE outbox SET run_at = now() WHERE kind = 'workflow.end' AND state = 'ready'")
    await team.until("SELECT count(*) FROM outbox WHERE kind = 'workflow.end' AND state = 'done'", 1)
    assert started.state == "running"

    await resolve(team)
    await team.settled()
    assert started.state == "completed"
    assert len(team.house.sandbox.calls("functions.completeSuccess")) == 2


async def test_the_button_of_the_page_runs_the_step_with_its_example(team: Team) -> None:
    run_id = await team.house.person("lisa").run_step(NAME)
    await team.until("SELECT count(*) FROM workflow_runs WHERE execution_id = %s AND ended_at IS NULL", 1, run_id)

    assert team.value("SELECT customer_name FROM customer_decisions") == "Northwind"


# --- The manifests hold exactly what is used.


OF_MANY_WORKSPACES = {"app_uninstalled", "tokens_revoked", "team_access_revoked"}
"""Heard only where workspaces install the app themselves."""


def manifests() -> Mapping[str, dict[str, Any]]:
    return {name: json.loads((ROOT / name).read_text()) for name in ("manifest.json", "manifest.socket.json")}


def test_the_manifests_hold_exactly_the_commands_shortcuts_events_and_steps_that_are_handled() -> None:
    for found in manifests().values():
        features, settings = found["features"], found["settings"]
        assert [command["command"] for command in features["slash_commands"]] == [ids.COMMAND]
        assert {one["callback_id"] for one in features["shortcuts"]} == set(routes.SHORTCUTS)
        assert set(settings["event_subscriptions"]["bot_events"]) == set(routes.EVENTS) - OF_MANY_WORKSPACES
        assert list(found["functions"]) == [STEP]
        assert tuple(found["functions"][STEP]["input_parameters"]) == INPUTS
        assert tuple(found["functions"][STEP]["output_parameters"]) == OUTPUTS
        assert settings["function_runtime"] == "remote"
        assert settings["org_deploy_enabled"] is True


def test_both_manifests_are_alike_but_for_how_slack_reaches_the_app() -> None:
    http, socket = (json.dumps(_without_urls(found), sort_keys=True) for found in manifests().values())

    assert http == socket


def _without_urls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_urls(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: one for key, one in value.items() if key not in ("url", "request_url", "socket_mode_enabled")}
    return {key: _without_urls(one) for key, one in kept.items()}


def test_every_scope_of_the_manifests_is_asked_for_by_a_method_that_is_called() -> None:
    needs = {
        "commands": "handlers/routes.py",
        "chat:write": "chat_postMessage",
        "im:write": "conversations_open",
        "users:read": "users_info",
        "users:read.email": '"email"',
        "files:write": "files_upload_v2",
        "channels:read": "conversations_info",
        "groups:read": "conversations_info",
        "channels:history": "conversations_replies",
        "groups:history": "conversations_replies",
        "usergroups:read": "usergroups_list",
        "links:read": "link_shared",
        "links:write": "chat_unfurl",
    }
    code = "\n".join(path.read_text() for room in ("bot", "handlers") for path in (ROOT / room).rglob("*.py"))
    for found in manifests().values():
        assert set(found["oauth_config"]["scopes"]["bot"]) == set(needs)
        assert set(found["oauth_config"]["scopes"]) == {"bot", "bot_optional"}
    assert [call for call in needs.values() if "/" not in call and call not in code] == []
