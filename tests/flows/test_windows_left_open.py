"""Windows stand open while the world goes on: what is pressed in one is judged by what holds when it is pressed."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from bot.domain.action import Action
from tests.support.known import known
from tests.support.records import WAITING_FOR_LOCKS
from tests.support.scoring import ADD_COMMENT, TRUST, skips, typed
from tests.support.steps import (
    FULL,
    NAMES,
    PARTIAL,
    REASON,
    VOUCHER,
    Step,
    by,
    cancelled,
    costly_result,
    criteria,
    defining,
    does,
    edited_by_sarah,
    forge,
    informed,
    no_quorum,
    number,
    options,
    proceeded,
    proposed,
    published,
    quorum,
    resolved,
    resolved_by_sarah,
    result,
    sarah_is_missing,
    scoring,
    tie,
    tom_has_scored,
    toms_option,
    toms_options,
    voided,
)
from tests.support.team import Team

TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)

CANCELLED = "#{n} is cancelled; open a new one with /decide."
OPTIONS = "#{n} is collecting options (phase 3 of 6); propose one, or Lisa Rodriguez can start scoring."
PUBLISHED = "#{n} is scored and its result published (phase 4 of 6); a decider can resolve it."
RESOLVED = "#{n} is resolved (phase 5 of 6); next, the customer is informed."
INFORMED = "#{n} is resolved and the customer informed (phase 6 of 6); the outcome can be recorded."
NOT_SAVED = f"Scoring is closed; this page was not saved. {OPTIONS}"
ASK_HIGHER = "Ask a teammate who may decide more; Show details names them, or says who can change that."
INACTIVE = (
    "You are an inactive member of CS Team. Somebody there who may decide any amount can make you active again with "
    "/decide setup."
)
OFF_ROSTER = (
    "You are not asked to score #{n}: who scores was settled when scoring started. Lisa Rodriguez can start "
    "over with you."
)


def for_owner_or_decider(label: str) -> str:
    return (
        f'"{label}" on #{{n}} is for its owner, Lisa Rodriguez, or a decider up to USD 1,000; you may decide up '
        "to USD 100. "
        "Ask them."
    )


def for_resolver_or_higher(label: str) -> str:
    return (
        f'"{label}" on #{{n}} is for Mike Chen, who resolved it, or a decider up to USD 50,000; you may decide up '
        "to USD 100. "
        "Ask them."
    )


@pytest.fixture
async def team(shared_team: Any) -> Any:
    return shared_team


# --- The windows -----------------------------------------------------------------------------------------------------


ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Left:
    """One window (or a button in the details), and what is said of it later. {n}: the decision's number."""

    who: str
    action: str
    prepare: Step | None = None
    moves: Step | None = None
    moved: str = ""
    """After `moves`."""
    lowered: str = ""
    """After the person's authority has been lowered to 1; '' where the window asks for none."""
    values: Mapping[str, Any] = field(default_factory=dict)
    authority: int | None = None
    """What the person has first, where it is not what everybody knows."""
    is_button: bool = False
    """Pressed at once, in the details: no window of its own."""
    then: str = ""
    """A button in the window, pressed in place of its submit."""


def impossible(label: str, standing: str) -> str:
    return f'"{label}" is not possible now. {standing}'


SCORES = typed(9, 4)
LEFT = {
    "complete": Left(
        "lisa", Action.COMPLETE_CASE, defining, cancelled, impossible("Fill in the case", CANCELLED),
        values={"What happened": "They want everything back."},
    ),
    "edit case": Left(
        "lisa", Action.EDIT_CASE, criteria, cancelled, impossible("Edit case", CANCELLED), values={"Title": "Late"}
    ),
    "criteria": Left(
        "lisa", Action.EDIT_CRITERIA, criteria, cancelled, impossible("Edit criteria", CANCELLED),
        values={"Criterion 1": "Late"},
    ),
    "criteria again": Left(
        "lisa", Action.EDIT_CRITERIA, options, cancelled, impossible("Edit criteria", CANCELLED),
        values={"Criterion 1": "Late"},
    ),
    "propose": Left(
        "tom", Action.PROPOSE_OPTION, options, cancelled, impossible("Add options", CANCELLED), values=VOUCHER
    ),
    "edit option": Left(
        "tom", Action.EDIT_OPTION, toms_option, cancelled, impossible("Edit my option", CANCELLED),
        values={"Title": "Two vouchers"},
    ),
    "remove option": Left(
        "tom", Action.EDIT_OPTION, toms_option, cancelled, impossible("Edit my option", CANCELLED),
        values={"Remove": True},
    ),
    "choose option": Left(
        "tom", Action.EDIT_OPTION, toms_options, cancelled, impossible("Edit my option", CANCELLED),
        then="Edit An apology",
    ),
    "start": Left("lisa", Action.START_SCORING, options, cancelled, impossible("Start scoring", CANCELLED)),
    "close": Left(
        "mike", Action.CLOSE_SCORING, quorum, voided, impossible("Close scoring", OPTIONS),
        for_owner_or_decider("Close scoring"), is_button=True,
    ),
    "void": Left(
        "mike", Action.VOID_ROUND, sarah_is_missing, published, impossible("Start over", PUBLISHED),
        for_owner_or_decider("Start over"), values=REASON,
    ),
    "extend": Left(
        "mike", Action.EXTEND_ROUND, no_quorum, proceeded, impossible("Extend", PUBLISHED),
        for_owner_or_decider("Extend"), values={"Scoring closes": TOMORROW},
    ),
    "proceed": Left(
        "mike", Action.PROCEED, no_quorum, proceeded, impossible("Publish anyway", PUBLISHED),
        for_owner_or_decider("Publish anyway"), values=REASON,
    ),
    "second round": Left(
        "mike", Action.SECOND_ROUND, tie, resolved_by_sarah, impossible("Second round", RESOLVED),
        f"A second round of #{{n}} needs a decider up to USD 1,000; you may decide up to USD 100. {ASK_HIGHER}",
    ),
    "urgency": Left(
        "lisa", Action.EDIT_URGENCY, scoring, cancelled, impossible("Change urgency", CANCELLED),
        values={"Urgency": "5"},
    ),
    "cancel": Left(
        "mike", Action.CANCEL, options, by("lisa", Action.CANCEL, REASON), impossible("Cancel decision", CANCELLED),
        for_owner_or_decider("Cancel decision"), values={"Reason": "Another reason."},
    ),
    "score": Left("tom", Action.SCORE, scoring, voided, impossible("Score", OPTIONS), is_button=True),
    "submit page": Left("tom", Action.SCORE, scoring, voided, NOT_SAVED, values=SCORES),
    "save for later": Left("tom", Action.SCORE, scoring, voided, NOT_SAVED, values=SCORES, then="Save for later"),
    "skip page": Left("tom", Action.SCORE, scoring, voided, NOT_SAVED, then=skips(TRUST)),
    "add comment": Left("tom", Action.SCORE, tom_has_scored, voided, NOT_SAVED, then=ADD_COMMENT),
    "submit ballot": Left("tom", Action.SCORE, tom_has_scored, voided, NOT_SAVED, values={}),
    "resolve": Left(
        "mike", Action.RESOLVE, result, resolved_by_sarah, impossible("Resolve", RESOLVED),
        f"Resolving #{{n}} needs a decider up to USD 1,000; you may decide up to USD 100. {ASK_HIGHER}",
        values={"Option": FULL, "Reason": "It leads."},
    ),
    "send back": Left(
        "tom", Action.RETURN_CHOICE, proposed, by("sarah", Action.CONFIRM_CHOICE), impossible("Send it back", RESOLVED),
        values=REASON,
    ),
    "informed": Left(
        "tom", Action.INFORMED, resolved, by("mike", Action.CHANGE_CHOICE, REASON),
        impossible("Customer informed", PUBLISHED), for_resolver_or_higher("Customer informed"),
        authority=4, is_button=True,
    ),
    "change choice": Left(
        "tom", Action.CHANGE_CHOICE, resolved, by("mike", Action.INFORMED), impossible("Change the choice", INFORMED),
        for_resolver_or_higher("Change the choice"), values=REASON, authority=4,
    ),
}  # fmt: skip


def everything(team: Team, *, but: str = "") -> list[str]:
    """All rows that say what people did; not what the bot still has to tell or to plan of it."""
    told = "'outbox', 'homes', 'reminders', 'sweep_runs', 'card_messages', 'alembic_version'"
    tables = team.sql(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' "
        f"AND table_type = 'BASE TABLE' AND table_name NOT IN ({told}) ORDER BY 1"
    )
    rows = "SELECT (to_jsonb(t) - '{{updated_at,planned_revision,{}}}'::text[])::text FROM {} t ORDER BY 1"
    return [f"{name} {row}" for (name,) in tables for (row,) in team.sql(rows.format(but or "updated_at", name))]


async def opened(team: Team, left: Left) -> None:
    """The window with all that is typed into it, or the details with the button."""
    if left.is_button:
        await team.window(left.who, "decision.show")
        return
    await team.window(left.who, left.action)
    await team.house.person(left.who).fill(left.values)


async def pressed(team: Team, left: Left) -> str:
    """Press it now. The sentence that comes back, where the person is looking."""
    person = team.house.person(left.who)
    if not (left.is_button or left.then):
        answer = await person.submit()
        assert answer.status == "errors", answer
        assert answer.error in known(await person.modal()).errors.values()
        return str(answer.error)
    assert (await person.click(left.then or left.action)).ok
    end = time.monotonic() + 30
    while (told := await team.modal(left.who)).callback_id != "notice":
        assert time.monotonic() < end, told.text
        await asyncio.sleep(0.02)
    await person.close()
    return str(told.text)


@asynccontextmanager
async def without_a_trace(team: Team) -> AsyncIterator[None]:
    """What is done in here changes nothing."""
    await team.settled()
    before = everything(team)
    yield
    await team.settled()
    assert everything(team) == before


async def refused(team: Team, left: Left, sentence: str) -> None:
    async with without_a_trace(team):
        assert sentence.replace("{n}", str(number(team))) in await pressed(team, left)


@pytest.mark.parametrize("name", LEFT)
async def test_a_window_left_open_is_judged_by_what_holds_when_it_is_pressed(team: Team, name: str) -> None:
    left = LEFT[name]
    if left.authority:
        team.give(left.who, left.authority)
    assert left.prepare
    assert left.moves
    await left.prepare(team)
    await opened(team, left)

    if left.lowered:
        await edited_by_sarah(team, left.who, {"May decide": "up to USD 100"})
        await refused(team, left, left.lowered)
        team.give(left.who, left.authority or 4)
    await left.moves(team)
    await refused(team, left, left.moved)
    await edited_by_sarah(team, left.who, {"Active": False})
    await refused(team, left, INACTIVE)


# --- The same press twice: our answer to the first was lost -----------------------------------------------------------

DONE_ONCE = (
    "criteria", "propose", "remove option", "start", "extend", "void", "proceed", "second round", "cancel", "resolve",
    "send back", "change choice",
)  # fmt: skip


def test_every_window_of_a_decision_is_left_open_here_and_every_form_sent_twice() -> None:
    """A new button that is in neither list is one whose permission nobody tries."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "services").glob("*.py")]
    once = {Action[name] for source in sources for name in re.findall(r"act_once\(.*?Action\.(\w+)", source)}

    # What happened to the customer can be recorded whatever becomes of the decision: only a forged window is refused.
    # Words to copy are there to be read, and a wording is the team's.
    movable = {action for action in Action if action.row.window} - {Action.RECORD_OUTCOME, Action.REPLY}
    assert movable - {left.action for left in LEFT.values()} == set()
    assert once - {LEFT[name].action for name in DONE_ONCE} == set()


@pytest.mark.parametrize("name", DONE_ONCE)
async def test_the_same_press_sent_once_more_is_answered_alike_and_does_nothing_more(team: Team, name: str) -> None:
    left = LEFT[name]
    assert left.prepare
    if left.authority:
        team.give(left.who, left.authority)
    await left.prepare(team)
    await opened(team, left)
    person = team.house.person(left.who)
    assert (await person.submit()).ok
    await team.settled()
    said, before = known(await person.modal()).text, everything(team, but="revision")

    answer = await person.again()

    assert answer.ok, answer
    await team.settled()
    assert known(await person.modal()).text == said
    assert everything(team, but="revision") == before


async def test_the_case_completed_by_a_press_that_came_twice_is_edited_by_the_second(team: Team) -> None:
    left = LEFT["complete"]
    await defining(team)
    await opened(team, left)
    person = team.house.person("lisa")
    assert (await person.submit()).ok

    answer = await person.again()

    assert answer.ok, answer
    assert team.state == ("team_input", 3)
    about = "SELECT count(*) FROM audit_logs WHERE action = 'decision.defined' AND decision_id = %s"
    assert team.value(about, team.decision_id) == 1


async def test_scoring_of_options_that_became_too_few_meanwhile_does_not_start(team: Team) -> None:
    await team.to_options([FULL], by="lisa")
    await does(team, "tom", Action.PROPOSE_OPTION, VOUCHER)
    await opened(team, left := LEFT["start"])
    await does(team, "tom", Action.EDIT_OPTION, {"Remove": True})
    await refused(team, left, "Scoring needs at least 2 options; there is 1. Propose another one.")


# --- At once: whoever comes second reads what the first has left ------------------------------------------------------

TAKE_TURNS = [name for name, left in LEFT.items() if not left.then and left.action != Action.SCORE]


@pytest.mark.parametrize("name", [*TAKE_TURNS, "submit ballot"])
async def test_who_waits_for_somebody_elses_change_is_judged_by_what_it_has_led_to(team: Team, name: str) -> None:
    left = LEFT[name]
    assert left.prepare
    if left.authority:
        team.give(left.who, left.authority)
    await left.prepare(team)
    await opened(team, left)
    await team.settled()
    before = all_but_decisions(team)

    with psycopg.connect(team.house.database_url) as someone:
        where = "WHERE id = %s RETURNING status"
        someone.execute(f"UPDATE customer_decisions SET revision = revision {where}", [team.decision_id])
        press = asyncio.create_task(pressed(team, left))
        await team.waiting_for_locks(1)
        is_resolved = team.state == ("resolved", 5)
        moves = "current_phase = 6" if is_resolved else "status = 'cancelled'"
        someone.execute(f"UPDATE customer_decisions SET {moves} {where}", [team.decision_id])

    said = await press
    label = "Score" if name == "submit ballot" else left.moved.split('"')[1]
    standing = INFORMED if is_resolved else CANCELLED
    assert impossible(label, standing).replace("{n}", str(number(team))) in said
    assert all_but_decisions(team) == before


def all_but_decisions(team: Team) -> list[str]:
    return [row for row in everything(team) if not row.startswith("customer_decisions")]


async def test_the_window_of_the_outcome_is_refused_whoever_was_made_inactive(team: Team) -> None:
    await informed(team)
    left = Left("mike", Action.RECORD_OUTCOME, values={"Notes": "They were glad."})
    await opened(team, left)
    await edited_by_sarah(team, "mike", {"Active": False})
    await refused(team, left, INACTIVE)


async def test_an_option_beyond_an_authority_that_was_lowered_meanwhile_is_refused_under_its_field(team: Team) -> None:
    await costly_result(team)
    left = Left("mike", Action.RESOLVE, values={"Option": FULL, "Reason": "It leads."})
    await opened(team, left)
    await edited_by_sarah(team, "mike", {"May decide": "up to USD 1,000"})
    await refused(
        team, left, f"This option needs a decider up to USD 10,000; you may decide up to USD 1,000. {ASK_HIGHER}"
    )
    assert list((await team.modal("mike")).errors) == ["Option"]

    answer = await team.submit("mike", {"Option": PARTIAL})

    assert answer.ok, answer


# --- Taken off the roster --------------------------------------------------------------------------------------------


PAGES: dict[str, tuple[Step, Mapping[str, Any], str, str]] = {
    "submit page": (scoring, SCORES, "", OFF_ROSTER),
    "save for later": (scoring, SCORES, "Save for later", OFF_ROSTER),
    "save a blank page": (scoring, {}, "Save for later", OFF_ROSTER),
    "skip a criterion": (scoring, {}, skips(TRUST), OFF_ROSTER),
    "submit ballot": (tom_has_scored, {}, "", OFF_ROSTER),
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_of_somebody_excused_meanwhile_is_not_saved(team: Team, name: str) -> None:
    prepare, values, then, sentence = PAGES[name]
    await prepare(team)
    await opened(team, left := Left("tom", Action.SCORE, values=values, then=then))
    await edited_by_sarah(team, "tom", {"Active": False})
    await edited_by_sarah(team, "tom", {"Active": True})
    await refused(team, left, sentence)


async def test_a_page_of_somebody_whom_the_owner_takes_off_the_roster_is_not_saved(team: Team) -> None:
    await options(team)
    await team.window("lisa", Action.START_SCORING)
    await team.house.person("lisa").submit(lose_answer=True)
    await team.until("SELECT count(*) FROM rounds WHERE decision_id = %s", 1, team.decision_id)
    left = Left("tom", Action.SCORE, values=SCORES)
    await opened(team, left)
    answer = await team.submit("lisa", {"Who scores": [NAMES[name] for name in ("sarah", "mike", "lisa")]})
    assert answer.ok, answer
    await refused(team, left, OFF_ROSTER)


# --- Forged: a window of one's own that names what is somebody else's -----------------------------------------------


FORGED: dict[str, tuple[str, Callable[[Any, str], Awaitable[Any]], Mapping[str, Any]]] = {
    Action.COMPLETE_CASE: (
        "Fill in the case", lambda team, by: team.open(by=by, description=""), {"What happened": "All of it."}
    ),
    Action.EDIT_CASE: ("Edit case", lambda team, by: team.open(by=by), {"Title": "Mine"}),
    Action.EDIT_CRITERIA: ("Edit criteria", lambda team, by: team.open(by=by), {"Criterion 1": "Mine"}),
    Action.START_SCORING: ("Start scoring", lambda team, by: team.to_options(by=by), {}),
    Action.EDIT_URGENCY: ("Change urgency", lambda team, by: team.to_scoring(by=by), {"Urgency": "5"}),
}  # fmt: skip


@pytest.mark.parametrize("action", FORGED)
async def test_a_window_that_names_somebody_elses_decision_is_its_owners(team: Team, action: str) -> None:
    label, prepare, values = FORGED[action]
    await prepare(team, "mike")
    mikes = team.decision_id
    await prepare(team, "lisa")
    await opened(team, left := Left("lisa", action, values=values))
    forge(team, "U0LISA", team.decision_id, mikes)

    async with without_a_trace(team):
        said = await pressed(team, left)

    assert said == f'"{label}" on #{number(team) - 1} is for its owner, Mike Chen. Ask them.'


async def test_an_outcome_that_names_somebody_elses_decision_is_its_owners_and_resolvers(team: Team) -> None:
    await team.to_resolved("lisa", "tom", "sarah", by="mike", resolver="sarah")
    await does(team, "sarah", Action.INFORMED)
    mikes = team.decision_id
    await informed(team)
    await opened(team, left := Left("lisa", Action.RECORD_OUTCOME, values={"Notes": "They were glad."}))
    forge(team, "U0LISA", team.decision_id, mikes)

    async with without_a_trace(team):
        said = await pressed(team, left)

    who = "is for its owner, Mike Chen, or its resolver, Sarah Johnson. Ask them."
    assert said == f'"Record outcome" on #{number(team) - 1} {who}'


async def test_a_window_that_names_somebody_elses_option_changes_and_removes_nothing(team: Team) -> None:
    await toms_option(team)
    lisas, toms = team.option_id(FULL), team.option_id("A voucher")
    for values in ({"Title": "Mine"}, {"Remove": True}):
        await opened(team, left := Left("tom", Action.EDIT_OPTION, values=values))
        forge(team, "U0TOM", toms, lisas)
        await refused(team, left, "Only the person who proposed an option can change it.")


# --- The team's own windows ------------------------------------------------------------------------------------------

NO_ADMIN = (
    "CS Team is set up already. Those of its members who may decide any amount, and the workspace's admins, can "
    "change it. Ask one of them."
)


async def open_setup(team: Team, name: str) -> None:
    assert (await team.house.person(name).slash("/decide setup")).ok
    await team.modal(name, at_least="Team size")


async def open_members(team: Team, name: str) -> None:
    await open_setup(team, name)
    assert (await team.submit(name, {})).ok
    await team.modal(name, at_least="Tom Becker")


async def open_tom(team: Team, name: str) -> None:
    await open_member(team, name, "tom", {})


PEOPLE = {"Team": "Care", "People to add": ["ana"], "Role of these people": "Support manager"}
OF_THE_TEAM: dict[str, tuple[Callable[[Any, str], Awaitable[None]], Mapping[str, Any], str]] = {
    "setup": (open_setup, PEOPLE, ""),
    "members": (open_members, {}, "Edit Tom Becker"),
    "edit member": (open_tom, {"May decide": "any amount"}, ""),
}


@pytest.mark.parametrize("name", OF_THE_TEAM)
async def test_a_window_of_the_team_is_refused_whoever_may_not_run_it_any_more(team: Team, name: str) -> None:
    open_window, values, then = OF_THE_TEAM[name]
    team.give("mike", 5)
    await open_window(team, "mike")
    await team.house.person("mike").fill(values)
    await team.open()  # so that there is a number to name
    left = Left("mike", "", then=then)

    await edited_by_sarah(team, "mike", {"May decide": "up to USD 50,000"})
    await refused(team, left, NO_ADMIN)
    await edited_by_sarah(team, "mike", {"Active": False})
    await refused(team, left, INACTIVE)


async def test_whoever_may_not_run_the_team_any_more_learns_nothing_of_members_by_a_forged_window(team: Team) -> None:
    await team.open()
    team.give("mike", 5)
    await open_tom(team, "mike")
    forge(team, "U0MIKE", team.actors["tom"].member.id, uuid4())
    await edited_by_sarah(team, "mike", {"May decide": "up to USD 50,000"})
    await refused(team, Left("mike", ""), NO_ADMIN)


async def open_member(team: Team, name: str, whom: str, values: Mapping[str, Any]) -> None:
    await open_members(team, name)
    assert (await team.house.person(name).click(f"Edit {NAMES[whom]}")).ok
    await team.modal(name, at_least="Knows about")
    await team.house.person(name).fill(values)


AGAIN = "press Submit again"


async def one_after_the_other(team: Team, first: str, second: str) -> list[Any]:
    """Let both submit in this order, the second before the first has come to an end.

    Whoever is told on a slow machine that nothing was saved in time presses again, as anybody would.
    """
    await team.settled()
    answers = await _behind_a_lock(team, first, second)
    for _ in range(5):
        if AGAIN not in (answers[0].error or ""):
            break
        answers = await _behind_a_lock(team, first, second)
    if AGAIN in (answers[1].error or ""):
        answers[1] = await team.house.person(second).submit()
    return answers


async def _behind_a_lock(team: Team, first: str, second: str) -> list[Any]:
    """Both, or the first alone where it gives up before the second has begun."""
    with psycopg.connect(team.house.database_url) as someone:
        someone.execute("SELECT FROM customer_decisions WHERE id = %s FOR UPDATE", [team.decision_id])
        presses = [asyncio.create_task(team.house.person(first).submit())]
        await team.waiting_for_locks(1)
        presses.append(asyncio.create_task(team.house.person(second).submit()))
        while team.value(WAITING_FOR_LOCKS) < 2 and not any(p.done() for p in presses):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)
    return list(await asyncio.gather(*presses))


async def test_of_two_who_take_each_others_authority_at_once_the_second_has_none_any_more(team: Team) -> None:
    await team.open()
    for name, whom in (("mike", "lisa"), ("lisa", "mike")):
        team.give(name, 5)
        await open_member(team, name, whom, {"May decide": "up to USD 50,000"})

    first, second = await one_after_the_other(team, "mike", "lisa")

    assert first.ok, first
    assert second.error == NO_ADMIN
    assert team.sql("SELECT name FROM team_members WHERE escalation_authority = 5 ORDER BY 1") == [
        ("Mike Chen",),
        ("Sarah Johnson",),
    ]


async def test_a_workspace_admin_who_is_made_inactive_meanwhile_changes_nobody(team: Team) -> None:
    await team.open()
    team.give("mike", 5)
    for name, whom in (("mike", "sarah"), ("sarah", "mike")):
        await open_member(team, name, whom, {"Active": False})

    first, second = await one_after_the_other(team, "mike", "sarah")

    assert first.ok, first
    assert second.error == INACTIVE
    assert team.sql("SELECT name FROM team_members WHERE NOT is_active") == [("Sarah Johnson",)]


async def open_new(team: Team, name: str) -> None:
    assert (await team.house.person(name).slash("/decide Refund")).ok
    await team.modal(name, at_least="Decide by")


async def open_settings(team: Team, name: str) -> None:
    assert (await team.house.person(name).slash("/decide settings")).ok
    await team.modal(name, at_least="Tell me by")


NEW = {"Type of decision": "Refund request", "Customer": "ABC Corporation", "What happened": "All of it is gone."}
OF_ONES_OWN: dict[str, tuple[Callable[[Any, str], Awaitable[None]], Mapping[str, Any]]] = {
    "new decision": (open_new, NEW),
    "settings": (open_settings, {"From": "07:00", "Snooze": "Quiet for a week"}),
}


@pytest.mark.parametrize("name", OF_ONES_OWN)
async def test_a_window_of_ones_own_is_refused_whoever_was_made_inactive(team: Team, name: str) -> None:
    open_window, values = OF_ONES_OWN[name]
    await team.open()
    await open_window(team, "tom")
    await team.house.person("tom").fill(values)
    await edited_by_sarah(team, "tom", {"Active": False})
    await refused(team, Left("tom", ""), INACTIVE)


async def test_old_buttons_and_commands_are_refused_whoever_was_made_inactive(team: Team) -> None:
    await team.open(by="tom")
    await edited_by_sarah(team, "tom", {"Active": False})
    tom = team.house.person("tom")
    buttons = (
        "card.post",
        "decision.show",
        "reminder.snooze",
        "preference.open",
        "team.open_setup",
        "home.new_decision",
    )
    async with without_a_trace(team):
        for button in buttons:
            assert INACTIVE in await team.told("tom", button)
        for words in ("list", "export", f"show {number(team)}"):
            said = (await tom.screen()).count(INACTIVE)
            assert (await tom.slash(f"/decide {words}")).ok
            await said_again(tom, said)


async def said_again(person: Any, times: int) -> None:
    end = time.monotonic() + 30
    while (await person.screen()).count(INACTIVE) == times:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
