"""The trail of what is done in the team (for what is done about a decision: test_deeds), and that none is missing."""

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.store import audit, decision
from tests.support.deeds import DEEDS, Deed, of_team, toms
from tests.support.house import living
from tests.support.steps import edited_by_sarah, names_a_deputy
from tests.support.team import Team
from tests.support.trail import Row, added, expected, trail

SERVICES = Path(__file__).parents[2] / "bot" / "services"
ACTION = re.compile(r"[a-z]+\.[a-z]+")
SUPPORT = Path(__file__).parents[1] / "support"
UNTIL = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=7)
PHONE, ADDRESS = "+14155550123", "tom.becker@elsewhere.example"


async def set_up(team: Team, name: str, values: Mapping[str, Any], *, at_least: str) -> None:
    assert (await team.house.person(name).slash("/decide setup")).ok
    await team.modal(name, at_least="Team size")
    answer = await team.submit(name, values)
    assert answer.ok, answer
    await team.modal(name, at_least=at_least)


async def renamed(team: Team) -> None:
    await set_up(team, "sarah", {"Team": "Care"}, at_least="Care, TechCorp")


async def joined_by_ana(team: Team) -> None:
    people = {"People to add": ["ana"], "Role of these people": "Sales manager"}
    await set_up(team, "sarah", people, at_least="Ana Silva")


async def promoted(team: Team) -> None:
    values = {
        "Name": "Thomas Becker",
        "Role": "Legal & compliance",
        "May decide": "up to USD 10,000",
        "E-mail": ADDRESS,
    }
    await edited_by_sarah(team, "tom", values)


async def choices_changed(team: Team) -> None:
    assert (await team.house.person("tom").slash("/decide settings")).ok
    await team.modal("tom", at_least="Tell me by")
    values = {"From": "07:00", "Until": "16:30", "Days": ["Tuesday"], "Tell me by": [], "Snooze": "Quiet for a week"}
    answer = await team.submit("tom", values)
    assert answer.ok, answer


async def deputy_named_for_a_while(team: Team) -> None:
    await names_a_deputy(team, "mike", "tom", until=UNTIL)
    await names_a_deputy(team, "mike", None)


def deputies(before: str | None, after: str | None) -> Callable[[Any], Mapping[str, Any]]:
    def details(team: Team) -> Mapping[str, Any]:
        names = [str(team.actors[name].member.id) if name else None for name in (before, after)]
        return {"member": str(team.actors["mike"].member.id), "deputy": names, **(span(team) if after else {})}

    return details


def span(team: Team) -> Mapping[str, Any]:
    """As the latest line says it: a beginning that nobody chose is the moment of the press."""
    said = team.value("SELECT details FROM audit_logs WHERE action = 'deputy.appointed' ORDER BY seq DESC LIMIT 1")
    assert said["until"] == UNTIL.isoformat()
    return {name: said[name] for name in ("begins", "until")}


async def taught(team: Team) -> None:
    assert (await team.house.person("sarah").slash("/decide setup")).ok
    await team.modal("sarah", at_least="Team size")
    assert (await team.house.person("sarah").click("Suggestions from the text")).ok
    await team.modal("sarah", at_least="Words for refund request")
    assert (await team.submit("sarah", {"Words for refund request": "wristband"})).ok


async def snoozed(team: Team) -> None:
    assert (await team.press("lisa", "reminder.snooze", "tomorrow")).ok


async def exported(team: Team) -> None:
    await team.open()
    assert (await team.house.person("lisa").slash("/decide export")).ok
    await team.house.person("lisa").see("on their way")


def ana(team: Team) -> Mapping[str, Any]:
    return {"member": str(team.value("SELECT id FROM team_members WHERE name = 'Ana Silva'")), "role": "sales_manager"}


def quiet_until(team: Team, name: str) -> str:
    of_person = "SELECT notification_preferences ->> 'snoozed_until' FROM team_members WHERE id = %s"
    found: str = team.value(of_person, team.actors[name].member.id)
    return found


def toms_choices(team: Team) -> Mapping[str, Any]:
    return {
        "starts": ["09:00", "07:00"],
        "ends": ["18:00", "16:30"],
        "days": [[0, 1, 2, 3, 4], [1]],
        "push": [True, False],
        "snoozed_until": [None, quiet_until(team, "tom")],
    }


CHANGED = Row("team.changed", "sarah", of_team)
IN_THE_TEAM = {
    "change the team": Deed(renamed, trail=(CHANGED,)),
    "add somebody": Deed(joined_by_ana, trail=(CHANGED, Row("member.added", "sarah", ana))),
    "change a member": Deed(
        promoted,
        trail=(
            CHANGED,
            Row(
                "member.changed",
                "sarah",
                lambda team: {
                    **toms(role=["support_manager", "legal_compliance"], authority=[1, 3])(team),
                    "name": ["Tom Becker", "Thomas Becker"],
                    "email": [team.actors["tom"].member.email, ADDRESS],
                },
            ),
        ),
    ),
    "teach the suggestions": Deed(
        taught,
        trail=(
            Row(
                "suggestions.changed",
                "sarah",
                lambda team: {**of_team(team), "is_on": [True, True], "words_of": ["refund_request"]},
            ),
        ),
    ),
    "change one's settings": Deed(choices_changed, trail=(Row("settings.changed", "tom", toms_choices),)),
    "name a deputy, and nobody again": Deed(
        deputy_named_for_a_while,
        trail=(
            Row("deputy.appointed", "mike", deputies(None, "tom")),
            Row("deputy.ended", "mike", deputies("tom", None)),
        ),
    ),
    "snooze": Deed(
        snoozed, trail=(Row("reminders.snoozed", "lisa", lambda team: {"until": quiet_until(team, "lisa")}),)
    ),
    "export": Deed(
        exported,
        trail=(
            Row("decision.opened", "sarah"),
            Row("decision.defined", "sarah"),
            Row("criteria.submitted", "sarah", lambda _: {"criteria": 2}),
            Row("team.exported", "lisa", lambda team: {**of_team(team), "way": "slack"}),
        ),
    ),
}
ELSEWHERE = {
    *("team.created", "choice.expired", "member.linked", "channel.confirmed", "round.joined"),
    *("member.erased", "customer.erased", "team.erased", "decision.erased"),
    *("draft.made", "draft.opened", "draft.dismissed", "hook.made", "hook.changed", "hook.removed"),
    *("session.began", "token.made", "password.allowed", "password.set", "password.removed"),
    *("webhook.added", "webhook.changed", "webhook.enabled", "webhook.disabled", "webhook.removed", "webhook.rotated"),
}
"""Actions that are compared in a test of their own: below, and in files named after what they are about."""


@pytest.mark.parametrize("name", IN_THE_TEAM)
async def test_what_is_done_in_the_team_is_in_the_trail(shared_team: Any, name: str) -> None:
    deed = IN_THE_TEAM[name]
    before = trail(shared_team)

    await deed.do(shared_team)

    await shared_team.settled()
    assert added(shared_team, before) == expected(shared_team, deed.trail)


async def test_a_team_that_is_made_is_in_the_trail(newcomers: Any) -> None:
    values = {"Team": "CS Team", "Company": "TechCorp", "Your own role": "Customer success manager"}
    await set_up(newcomers, "mike", values, at_least="Mike Chen")

    ((member, team),) = newcomers.sql("SELECT id, team_id FROM team_members")
    assert added(newcomers, ()) == [("team.created", member, None, {"team": str(team)})]


async def test_somebody_gone_from_slack_is_in_the_trail_by_nobodys_hand(team: Team) -> None:
    await team.to_scoring("sarah", "lisa", "tom")
    people = team.house.sandbox.town.workspace.people
    people["U0TOM"] = replace(people["U0TOM"], deleted=True)
    hours = {"push": True, "starts": "00:00", "ends": "24:00", "days": [0, 1, 2, 3, 4, 5, 6]}
    await team.settled()
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", json.dumps(hours))
    team.sql("UPDATE reminders SET next_at = now() - interval '1 second' WHERE kind = 'score'")
    before = trail(team)

    await team.tick()

    await team.settled()
    gone = toms(is_active=[True, False], cause="gone_from_slack")
    assert added(team, before) == expected(
        team, [Row("member.changed", None, gone), Row("round.excused", None, toms())]
    )


async def test_settings_saved_as_they_were_leave_no_line(team: Team) -> None:
    for _ in range(2):
        assert (await team.house.person("tom").slash("/decide settings")).ok
        await team.modal("tom", at_least="Tell me by")
        assert (await team.submit("tom", {"From": "07:00"})).ok
        await team.house.person("tom").close(everything=True)
    assert team.value("SELECT count(*) FROM audit_logs WHERE action = 'settings.changed'") == 1


async def test_no_number_of_anybody_is_in_the_trail_and_an_address_only_where_an_admin_changed_it(
    database_url: str,
) -> None:
    ways: dict[str, Any] = {
        "CONCLAVE_EMAIL_URL": "mailtos://user:pass@smtp.example.com?to={email}",
        "CONCLAVE_SMS_URL": "json://127.0.0.1:9/{phone}",
    }
    async with living(database_url, techcorp(), **ways) as house:
        team = await Team(house).gather("mike", "lisa", "tom")
        await edited_by_sarah(team, "tom", {"E-mail": ADDRESS})
        for phone in (PHONE, "+4915155550123", None):
            assert (await house.person("tom").slash("/decide settings")).ok
            await team.modal("tom", at_least="Phone for SMS")
            assert (await team.submit("tom", {"Phone for SMS": phone})).ok
            await house.person("tom").close(everything=True)
        assert (
            team.value("SELECT notification_preferences ->> 'phone' FROM team_members WHERE email = %s", ADDRESS) == ""
        )

        said = [details for (_, _, _, _, details) in trail(team) if details]

        assert [d for d in said if "phone" in d] == [{"phone": "changed"}] * 3
        # Whoever has the address of an unlinked member takes that seat, so who gave it to whom has to be known.
        assert [d["email"][1] for d in said if "email" in d] == [ADDRESS]
        rest = [d for d in said if "email" not in d]
        for secret in ("@", ADDRESS, "techcorp.com", PHONE, "5550123"):
            assert secret not in json.dumps(rest)


# --- None is missing -------------------------------------------------------------------------------------------------


def actions_in(tree: ast.AST) -> Iterator[str]:
    """What use cases call their lines: the dotted words in their bodies; kinds of deliveries are constants above."""
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
            words = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
            yield from (word for word in words if isinstance(word, str) and ACTION.fullmatch(word))


def test_every_line_that_the_code_can_write_is_compared_with_what_it_should_be() -> None:
    trees = [ast.parse(path.read_text()) for path in SERVICES.rglob("*.py")]
    can_be_written = {action for tree in trees for action in actions_in(tree)}
    compared = {row.action for deed in (*DEEDS.values(), *IN_THE_TEAM.values()) for row in deed.trail}
    assert can_be_written == compared | ELSEWHERE


def writers_in(tree: ast.AST) -> Iterator[tuple[set[str | None], str]]:
    """Of each call that writes a line: how its arguments are called, and its source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "write":
            yield {keyword.arg for keyword in node.keywords}, ast.unparse(node)


def test_a_line_that_names_somebody_says_from_where_they_came_if_by_the_web() -> None:
    trees = [ast.parse(path.read_text()) for path in SERVICES.rglob("*.py")]
    named = [(names, said) for tree in trees for names, said in writers_in(tree) if "by" in names]

    silent = [said for names, said in named if "origin" not in names and "'team.created'" not in said]

    assert silent == []  # a team is made in Slack, by somebody who has no session yet
    assert len(named) > 10


def test_every_button_of_a_decision_is_among_the_deeds() -> None:
    named = "".join((SUPPORT / name).read_text() for name in ("deeds.py", "steps.py"))
    assert [action for action in Action if f"Action.{action.name}" not in named] == []


async def test_the_trail_is_in_order_for_lines_of_one_moment_and_for_who_waited_for_a_lock(team: Team) -> None:
    decision_id = (await team.open()).id
    before = team.value("SELECT max(seq) FROM audit_logs")
    async with team.db.engine.begin() as first, team.db.engine.begin() as second:
        await first.execute(text("SELECT now()"))  # begins before the other, and comes to the decision after it
        await decision.get(second, team_id=team.actors["sarah"].team.id, decision_id=decision_id, lock=True)
        for action in ("test.one", "test.two"):
            await audit.write(second, action, decision_id=decision_id)
        await second.commit()
        await decision.get(first, team_id=team.actors["sarah"].team.id, decision_id=decision_id, lock=True)
        await audit.write(first, "test.three", decision_id=decision_id)

    in_order = [("test.one",), ("test.two",), ("test.three",)]
    for column in ("seq", "created_at"):
        found = team.sql(f"SELECT action FROM audit_logs WHERE seq > %s ORDER BY {column}", before)
        assert found == in_order, column
