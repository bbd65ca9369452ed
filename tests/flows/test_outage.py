"""The database away during each of the modals: the text is kept, nothing is half saved, the same press works later."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from bot.domain.action import Action
from tests.support.known import known
from tests.support.scoring import typed, unfold_comments
from tests.support.team import Team

NOT_SAVED = {
    "Not saved yet: the database did not answer in time. Your text is still here; press Submit again.",
    "Not saved yet: it took too long. Your text is still here; press Submit again.",
}
AGAIN = "The database did not answer in time. Try it once more in a moment."
COUNTED = ("teams", "team_members", "customer_decisions", "decision_criteria", "response_options", "rounds",
           "round_members", "evaluations", "decision_outcomes", "audit_logs", "submissions")  # fmt: skip


@asynccontextmanager
async def away(url: str) -> AsyncIterator[None]:
    """Nobody can connect to the database, and whoever was connected is thrown out."""
    whole = make_url(url)
    admin = whole.set(database="postgres").render_as_string(hide_password=False)
    name = sql.Identifier(str(whole.database))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (whole.database,)
            )
            yield
        finally:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def everything(team: Team) -> tuple[Any, ...]:
    """How many rows there are, and where each decision stands."""
    counts = tuple(team.value(f"SELECT count(*) FROM {table}") for table in COUNTED)
    return (*counts, *team.sql("SELECT number, status, current_phase, title FROM customer_decisions ORDER BY number"))


async def new_decision(team: Team) -> str:
    await team.house.person("sarah").slash("/decide Refund")
    await team.modal("sarah", at_least="Decide by")
    await team.house.person("sarah").fill(
        {"Type of decision": "Refund request", "Customer": "ABC", "What happened": "Kept words"}
    )
    return "sarah"


async def setup(team: Team) -> str:
    await team.house.person("sarah").slash("/decide setup")
    await team.modal("sarah", at_least="Team size")
    await team.house.person("sarah").fill({"Industry": "Kept words"})
    return "sarah"


async def member(team: Team) -> str:
    await team.window("sarah", "team.edit_member", team.actors["tom"].member.id)
    await team.house.person("sarah").fill({"Other expertise": "Kept words"})
    return "sarah"


async def window(team: Team, name: str, action: str, values: dict[str, Any]) -> str:
    await team.window(name, action)
    await team.house.person(name).fill(values)
    return name


async def complete(team: Team) -> str:
    await team.open(description="")
    return await window(team, "sarah", Action.COMPLETE_CASE, {"What happened": "Kept words"})


async def edit_case(team: Team) -> str:
    await team.open()
    return await window(team, "sarah", Action.EDIT_CASE, {"What happened": "Kept words"})


async def cancel(team: Team) -> str:
    await team.open()
    return await window(team, "mike", Action.CANCEL, {"Reason": "Kept words"})


async def criteria(team: Team) -> str:
    await team.open()
    return await window(team, "sarah", Action.EDIT_CRITERIA, {"Criterion 3": "Kept words"})


async def propose(team: Team) -> str:
    await team.to_options()
    return await window(team, "lisa", Action.PROPOSE_OPTION, {"Option 1": "Third", "Option 2": "Kept words"})


async def edit_option(team: Team) -> str:
    await team.to_options(["Only one"])
    return await window(team, "sarah", Action.EDIT_OPTION, {"Description": "Kept words"})


async def start(team: Team) -> str:
    await team.to_options()
    return await window(
        team, "sarah", Action.START_SCORING, {"Who scores": ["Mike Chen", "Lisa Rodriguez", "Tom Becker"]}
    )


async def page(team: Team) -> str:
    await team.to_scoring()
    return await window(team, "lisa", Action.SCORE, typed(9, 3))


async def last_page(team: Team) -> str:
    await team.to_scoring()
    await team.save_pages("tom")
    await team.window("tom", Action.SCORE)
    await unfold_comments(team, "tom")
    await team.house.person("tom").fill({"Comment on Full": "Kept words"})
    return "tom"


async def extend(team: Team) -> str:
    await without_quorum(team)
    return await window(team, "mike", Action.EXTEND_ROUND, {"Scoring closes": datetime.now(UTC) + timedelta(days=2)})


async def proceed(team: Team) -> str:
    await without_quorum(team)
    return await window(team, "mike", Action.PROCEED, {"Reason": "Kept words"})


async def without_quorum(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("lisa")
    await team.end_round_now()
    await team.told("tom", Action.SCORE)


async def void(team: Team) -> str:
    await team.to_scoring()
    return await window(team, "mike", Action.VOID_ROUND, {"Reason": "Kept words"})


async def urgency(team: Team) -> str:
    await team.to_scoring()
    return await window(team, "sarah", Action.EDIT_URGENCY, {"Urgency": "5"})


async def resolve(team: Team) -> str:
    await team.to_result()
    return await window(team, "mike", Action.RESOLVE, {"Option": "Full refund", "Reason": "Kept words"})


async def reopen(team: Team) -> str:
    await team.to_resolved()
    return await window(team, "mike", Action.CHANGE_CHOICE, {"Reason": "Kept words"})


async def record(team: Team) -> str:
    await team.to_resolved()
    await team.press("mike", Action.INFORMED)
    return await window(team, "mike", Action.RECORD_OUTCOME, {"Notes": "Kept words"})


@pytest.mark.parametrize(
    "opening",
    [
        (new_decision, last_page),
        (setup, page),
        (member, resolve),
        (complete, cancel),
        (edit_case, propose),
        (criteria, extend),
        (edit_option, proceed),
        (start, void),
        (urgency, record),
        (reopen,),
    ],
    ids=lambda opening: "-".join(act.__name__ for act in opening),
)
async def test_a_press_while_the_database_is_away_keeps_the_text_and_works_once_it_is_back(
    team: Team, opening: tuple[Any, ...]
) -> None:
    people = [team.house.person(await act(team)) for act in opening]
    await team.settled()
    before = everything(team)
    held = {p.name: known(await p.modal()).inputs for p in people}
    async with away(team.house.database_url):
        answers = await asyncio.gather(*(p.submit() for p in people))
        for person, answer in zip(people, answers, strict=True):
            assert answer.status == "errors", answer
            assert answer.error in NOT_SAVED
            assert answer.ack_ms < 3000
            assert known(await person.modal()).inputs == held[person.name]
    assert everything(team) == before
    for person in people:
        answer = await person.submit()
        assert answer.ok, answer
    assert everything(team) != before
    assert {d.status for d in team.house.sandbox.deliveries()} == {200}


async def test_windows_that_open_while_the_database_is_away_say_so(team: Team) -> None:
    await team.to_options()
    await team.settled()
    async with away(team.house.database_url):
        began = time.monotonic()
        opened = await asyncio.gather(
            team.press("mike", Action.PROPOSE_OPTION),
            team.press("lisa", "decision.show"),
            team.house.person("sarah").slash("/decide Refund"),
            team.house.person("tom").shortcut("New customer decision"),
        )
        assert all(a.ok for a in opened)
        for name in team.actors:
            modal = await team.modal(name, at_least=AGAIN)
            assert "One moment" not in modal.text
        assert time.monotonic() - began < 6
    modal = await team.window("mike", Action.PROPOSE_OPTION)
    assert "Option 1" in modal.inputs


async def test_what_was_decided_before_an_outage_is_delivered_after_it(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.settled()
    team.house.sandbox.fail("chat.update", "slow", seconds=0.5)
    await team.ballot("tom")
    async with away(team.house.database_url):
        await asyncio.sleep(0.7)
    await team.published()
    assert "1.  Full refund" in await team.card()
    assert team.value("SELECT count(*) FROM round_results") == 1
