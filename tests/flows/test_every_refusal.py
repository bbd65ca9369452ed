"""Every sentence by which something is refused is named by a test; here are those that no other file provokes."""

import ast
import asyncio
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from tests.support.house import living
from tests.support.known import known
from tests.support.scoring import scores_in
from tests.support.steps import (
    FULL,
    edited_by_sarah,
    forge,
    number,
    options,
    quorum,
    scoring,
    toms_option,
)
from tests.support.team import Team

ROOT = Path(__file__).parents[2]
ERRORS = {"BotError", "Invalid", "NotAllowed", "Conflict", "NotFound", "TryAgain"}

NOBODY_CAN_REACH = {
    "Choose an urgency from 1 to 5.": "the form refuses first",
    "Give a reason: the team will read it on the card.": "the form refuses first",
    "Scoring takes at least": "the form refuses first",
    "With 2 people no ranking will be shown, because each could work out the other's scores. Tick this box to "
    "go ahead, or add somebody.": "the form refuses first",
    "Choose one of the six roles.": "the form refuses first",
    "is not being scored.": "for the type checker: a state that was checked before has a round",
    "The team was made, but you could not be added to it. Use /decide setup again.": "inserted by the same transaction",
    "There is no such decision.": "for the bot's own deliveries, which read it as nothing to do",
    "cannot be published yet (": "for the worker, which is told to publish only what may be published",
}
"""Second locks: the sentence (its longest part that never varies), and why no person ever reads it today."""


# --- The list --------------------------------------------------------------------------------------------------------


def is_sentence(text: str) -> bool:
    return text.strip().endswith((".", "?", ":", "(")) and " " in text.strip() and "(?P" not in text


def parts(node: ast.AST) -> list[str]:
    """What never varies in a text: all of it, or what stands between the values of an f-string."""
    values = node.values if isinstance(node, ast.JoinedStr) else [node]
    return [v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)]


def texts(tree: ast.AST) -> Iterator[list[str]]:
    """Every text but docstrings; neighbours in the source are one already."""
    nodes = list(ast.walk(tree))
    docs = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    inner = {id(v) for n in nodes if isinstance(n, ast.JoinedStr) for v in ast.walk(n) if v is not n}
    yield from (found for n in nodes if id(n) not in docs | inner and (found := parts(n)))


def said_by(tree: ast.Module) -> Iterator[ast.AST]:
    """What becomes an error's sentence here: at once, by a parser that is handed it, by a name for it."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    names = {id(call): ast.unparse(call.func).rpartition(".")[2] for call in calls}
    saying = [call for call in calls if names[id(call)] in ERRORS or names[id(call)].startswith("parse_")]
    yield from saying
    used = {n.id for call in saying for n in ast.walk(call) if isinstance(n, ast.Name)}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(getattr(t, "id", "") in used for t in statement.targets):
            yield statement


def rules_of(tree: ast.Module) -> Iterator[ast.AST]:
    """Functions, and texts that have a name; no tables, which hold the words of buttons and the like."""
    yield from (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    yield from (n for n in tree.body if isinstance(n, ast.Assign) and parts(n.value))


def refusals() -> set[str]:
    """The longest part that never varies of every sentence that a person may be refused by.

    Of rules and use cases: all their sentences. Elsewhere, where most texts are no refusals: those of errors.
    """
    found = set()
    for room in ("bot/domain", "bot/services", "bot/store", "bot/views", "handlers"):
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text())
            places = [*said_by(tree), *(rules_of(tree) if room in ("bot/domain", "bot/services") else ())]
            for text in (text for place in places for text in texts(place)):
                if is_sentence("".join(text)):
                    found.add(max((part.strip() for part in text), key=len))
    return {part for part in found if " " in part}


@cache
def named() -> tuple[str, ...]:
    """All texts of all tests, but for the list above."""
    found: list[str] = []
    for path in (ROOT / "tests").rglob("*.py"):
        tree = ast.parse(path.read_text())
        tree.body = [n for n in tree.body if not (isinstance(n, ast.Assign) and is_the_list(n))]
        found += [part for text in texts(tree) for part in text]
        constants = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
        found += [value.decode(errors="ignore") for value in constants if isinstance(value, bytes)]
    return tuple(found)


def is_the_list(statement: ast.Assign) -> bool:
    return ast.unparse(statement.targets[0]) == "NOBODY_CAN_REACH"


def is_named(refusal: str) -> bool:
    """By its own words, or by enough of them."""
    return any(refusal in text or (text.count(" ") >= 2 and len(text) > 15 and text in refusal) for text in named())


def test_every_refusal_is_named_by_a_test() -> None:
    assert sorted(r for r in refusals() if not is_named(r) and r not in NOBODY_CAN_REACH) == []


def test_what_nobody_can_reach_is_still_there_and_still_named_by_no_test() -> None:
    assert sorted(r for r in NOBODY_CAN_REACH if r not in refusals() or is_named(r)) == []


# --- What no other file provokes -------------------------------------------------------------------------------------


@pytest.fixture
async def team(shared_team: Any) -> Any:
    return shared_team


async def test_a_closed_round_says_that_its_result_is_on_its_way(team: Team) -> None:
    await quorum(team)
    held = "INSERT INTO outbox (kind, lane, dedupe_key, run_at) VALUES ('none', %s, 'none', now() + interval '1 hour')"
    team.sql(held, f"round:{team.round_id}")
    assert (await team.press("mike", Action.CLOSE_SCORING)).ok
    told = await team.told("mike", Action.RESOLVE)
    team.sql("DELETE FROM outbox WHERE kind = 'none'")
    await team.published()
    assert (
        f'"Resolve" is not possible now. Scoring of #{number(team)} is closed (phase 4 of 6); its result is being '
        "published, look again in a moment."
    ) in told


async def test_a_round_past_its_closing_time_says_that_it_is_being_closed(team: Team) -> None:
    await scoring(team)
    await team.end_round_now()
    told = await team.told("lisa", Action.START_SCORING)
    assert f'"Start scoring" is not possible now. Scoring of #{number(team)} ended ' in told
    assert " and is being closed; look again in a moment." in told


async def test_a_ballot_whose_page_was_taken_back_meanwhile_is_not_complete(team: Team) -> None:
    await team.to_scoring(titles=[f"Option {letter}" for letter in "ABCDEFGHIJK"])
    modal = await team.window("tom", Action.SCORE)
    for page in ("Criterion 2 of 2", "Check your scores"):
        assert (await team.submit("tom", dict.fromkeys(scores_in(modal.inputs), "7"))).ok
        modal = await team.modal("tom", at_least=page)
    team.sql("DELETE FROM ballot_pages WHERE round_id = %s AND criteria_id IS NOT NULL", team.round_id)
    await team.house.person("tom").submit()
    told = (await team.modal("tom", at_least="Not all is scored")).text
    assert "score every option of a criterion, or say that you can't judge it." in told
    assert team.value("SELECT count(*) FROM evaluations WHERE decision_id = %s", team.decision_id) == 0


async def test_an_option_that_is_gone_cannot_be_changed(team: Team) -> None:
    await toms_option(team)
    await team.window("tom", Action.EDIT_OPTION)
    forge(team, "U0TOM", team.option_id("A voucher"), uuid4())
    answer = await team.submit("tom", {"Title": "Two vouchers"})
    assert answer.error == f"This option of #{number(team)} is gone. Show details lists those that are left."


async def test_a_choice_that_is_none_of_the_options_is_refused_under_its_field(team: Team) -> None:
    await team.to_result("lisa", "tom", "sarah", by="lisa")
    await team.window("mike", Action.RESOLVE)
    await team.house.person("mike").fill({"Option": FULL, "Reason": "It leads."})
    view = known(team.house.sandbox.town.workspace.top("U0MIKE"))
    for state in view.states.values():
        if state.get("selected_option"):
            state["selected_option"] = {**state["selected_option"], "value": str(uuid4())}
    assert not (await team.house.person("mike").submit()).ok
    assert (await team.modal("mike")).errors == {"Option": f"Choose one of the options of #{number(team)}."}


async def test_somebody_alone_cannot_start_scoring(team: Team) -> None:
    await team.to_options()
    for name in ("mike", "lisa", "tom"):
        await edited_by_sarah(team, name, {"Active": False})
    told = await team.told("sarah", Action.START_SCORING)
    assert f"#{number(team)} needs at least 2 active members to score. Add people with /decide setup." in told


async def test_a_window_that_names_nothing_is_out_of_date(team: Team) -> None:
    await options(team)
    await team.window("tom", Action.PROPOSE_OPTION)
    await team.house.person("tom").fill({"Option 1": "A voucher"})
    forge(team, "U0TOM", team.decision_id, "")
    answer = await team.house.person("tom").submit()
    assert answer.error == "This window is out of date. Close it and open it again."


async def test_settings_without_a_day_are_refused_even_if_slack_let_them_through(team: Team) -> None:
    assert (await team.house.person("tom").slash("/decide settings")).ok
    await team.modal("tom", at_least="Tell me by")
    for block in known(team.house.sandbox.town.workspace.top("U0TOM")).blocks:
        block["optional"] = True
    answer = await team.submit("tom", {"Days": []})
    assert answer.error == "Choose at least one day. To be left alone for a while, use Snooze."


async def test_sms_needs_a_number(database_url: str) -> None:
    async with living(database_url, techcorp(), CONCLAVE_SMS_URL="json://127.0.0.1:9/{phone}") as house:
        team = await Team(house).gather("tom")
        assert (await house.person("tom").slash("/decide settings")).ok
        await team.modal("tom", at_least="Phone for SMS")
        answer = await team.submit("tom", {"Tell me by": ["SMS"]})
        assert answer.error == "SMS needs a phone number with its country code, as in +14155550123."


async def test_an_operator_is_told_where_there_is_no_team(service_database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "export",
        env={**os.environ, "DATABASE_URL": service_database_url}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    assert process.returncode == 1
    assert b"There is no team yet." in said


MAKING = {"Team": "CS Team", "Company": "TechCorp", "Your own role": "Customer success manager"}


async def open_setup(team: Team, name: str) -> None:
    assert (await team.house.person(name).slash("/decide setup")).ok
    await team.modal(name, at_least="Your own role")


async def test_somebody_who_is_added_while_setting_up_a_team_makes_no_second_one(newcomers: Any) -> None:
    for name in ("mike", "sarah"):
        await open_setup(newcomers, name)
    await newcomers.house.person("mike").fill({**MAKING, "Team": "Second"})
    people = {"People to add": ["mike"], "Role of these people": "Support manager"}
    assert (await newcomers.submit("sarah", {**MAKING, **people})).ok
    await newcomers.modal("sarah", at_least="Mike Chen")

    answer = await newcomers.house.person("mike").submit()

    assert answer.error == "You are a member of CS Team already, and a person belongs to one team."
    assert newcomers.sql("SELECT name FROM teams") == [("CS Team",)]


async def test_a_team_is_not_made_by_a_form_that_does_not_ask_for_the_role_of_who_makes_it(newcomers: Any) -> None:
    await open_setup(newcomers, "sarah")
    await newcomers.house.person("sarah").fill(MAKING)
    view = newcomers.house.sandbox.town.workspace.top("U0SARAH")
    view.blocks[:] = [block for block in view.blocks if not block["block_id"].startswith("own_role")]
    answer = await newcomers.house.person("sarah").submit()
    assert answer.error == "Choose your own role in the team."
    assert newcomers.value("SELECT count(*) FROM teams") == 0


async def test_options_of_which_none_has_a_title_that_can_be_seen_are_refused(team: Team) -> None:
    await team.to_options([])
    await team.window("lisa", Action.PROPOSE_OPTION)

    assert (await team.submit("lisa", {"Option 1": "\u200b"})).status == "errors"

    assert "Write the title of at least one option." in (await team.modal("lisa")).text
