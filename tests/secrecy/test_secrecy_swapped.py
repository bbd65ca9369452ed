"""Ids of others in every handler: another workspace does what ours does, with our ids in its payloads.

What people do is what they do in other tests, so the payloads are whole; one of each deed is sent with the ids of our
decision in place of theirs. `TRIED` says by which deed each route of the table is tried; a new route has to be entered.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.action import Action
from bot.domain.criterion import CriterionDraft
from bot.domain.draft import Source, read
from bot.domain.evaluation import Page
from bot.domain.outcome import Answer
from bot.services import draft as drafts
from bot.services import evaluation as evaluations
from bot.views.slack import ids
from handlers.routes import ACTIONS, VIEWS
from tests.support.deeds import DEEDS
from tests.support.known import known
from tests.support.records import PATIENCE_SECONDS
from tests.support.steps import Step, informed, options, toms_options
from tests.support.strangers import ABOUT, CHOSEN, DRAFT, WHO, Strangers, strangers
from tests.support.team import Team

ZQ = "zq"
"""No word of the product has it; every name of ours does."""
REFUSED = (
    "Your team has no such",
    "is gone. Show details lists",
    "belongs to an earlier state of the decision",
    "is about another team than yours",
    "Choose one of the options of",
    "days, or it was erased.",
)
"""Of an id that is not the team's own; one of these has to come back."""


SUBMIT = "submit"


# --- What is done ----------------------------------------------------------------------------------------------------


def pressed(name: str, action: str) -> Step:
    """A button in a message, about the decision."""

    async def do(team: Team) -> None:
        assert (await team.press(name, action)).ok

    return do


def in_window(action: str, *clicks: str, who: str = "lisa", then: Mapping[str, Any] | None = None) -> Step:
    """Somebody presses a button, then these in its window; `then`: what they fill in and submit."""

    async def do(team: Team) -> None:
        await team.window(who, action)
        await _goes_on(team, who, *clicks, then=then)

    return do


def by_command(words: str, *clicks: str, then: Mapping[str, Any] | None = None) -> Step:
    """Sarah types it, and goes on in the window."""

    async def do(team: Team) -> None:
        assert (await team.house.person("sarah").slash(f"/decide {words}")).ok
        await _goes_on(team, "sarah", *clicks, then=then)

    return do


async def _goes_on(team: Team, name: str, *clicks: str, then: Mapping[str, Any] | None) -> None:
    person = team.house.person(name)
    for click in clicks:
        modal = await team.modal(name, at_least="")
        answer = await (person.submit() if click == SUBMIT else person.click(click))
        assert answer.ok, answer
        await _until_changed(team, name, modal.text)
    if then is not None:
        await team.submit(name, then)


async def _until_changed(team: Team, name: str, before: str) -> None:
    for _ in range(200):
        if (await team.modal(name)).text != before:
            return
        await asyncio.sleep(0.02)


def laid(who: str, action: str, value: str, *, upon: Step) -> Step:
    """A button that this window has at other times. value: one, or the query for it."""

    async def do(team: Team) -> None:
        await upon(team)
        found = team.value(value, team.decision_id) if value.startswith("SELECT") else value
        await team.house.person(who).click(team.lay(who, action, found))

    return do


async def opens_draft(team: Team) -> None:
    draft = team.value("SELECT id FROM drafts WHERE owner_id = %s", team.actors["lisa"].member.id)
    await team.window("lisa", ids.OPEN_DRAFT, draft)
    await _goes_on(team, "lisa", then={})


async def dismisses_draft(team: Team) -> None:
    draft = team.value("SELECT id FROM drafts WHERE owner_id = %s", team.actors["lisa"].member.id)
    await team.press("lisa", ids.DISMISS_DRAFT, draft)


# --- States from which it is done ------------------------------------------------------------------------------------


async def many_pages(team: Team) -> None:
    """A page for each of five criteria."""
    drafts = [CriterionDraft(f"Criterion {n}", Decimal(1)) for n in range(5)]
    titles = [f"Option {n}" for n in range(5)]
    await team.to_scoring("lisa", "tom", "sarah", by="lisa", titles=titles, drafts=drafts)


async def all_pages_filled(team: Team) -> None:
    """Lisa is about to check what she has scored."""
    await many_pages(team)
    found = "SELECT id FROM {} WHERE decision_id = %s"
    scores = {option: 7 for (option,) in team.sql(found.format("response_options"), team.decision_id)}
    criteria = team.sql(found.format("decision_criteria"), team.decision_id)
    pages = {criterion: Page(scores, 4) for (criterion,) in criteria}
    await evaluations.save(team.db, team.by("lisa"), team.round_id, pages=pages)


async def handed_in(team: Team) -> None:
    """A ticket waits for Lisa as a draft."""
    await options(team)
    given = {"title": "Refund", "description": "All of it.", "customer": "Northwind", "type": "Refund request"}
    source, content = Source("token:7", "Support agent"), read(given, currency="USD", options=())
    await drafts.make(team.db, team.actors["lisa"], source=source, reference="4711", content=content, link=None)


# --- The table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    prepare: Step
    do: Step
    tries: tuple[tuple[str, str], ...]
    """(route, kind of ids that are swapped)."""


def taken(name: str, *tries: tuple[str, str]) -> Deed:
    """One of those that other tests know."""
    return Deed(known(DEEDS[name].prepare), DEEDS[name].do, tries)


def both_kinds(route: str) -> tuple[tuple[str, str], ...]:
    return ((route, ABOUT), (route, CHOSEN))


def both(action: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The button of this name, and the window of the same name that it opens."""
    return ((action, ABOUT), (f"submit {action}", ABOUT), *more)


DECISION = "SELECT id FROM customer_decisions WHERE id = %s"
TEAM = "SELECT team_id FROM customer_decisions WHERE id = %s"
PAGE = {f"Option {n}": "7" for n in range(5)}
AWAY = {"Deputy": "tom", "Until": datetime.now(UTC) + timedelta(days=7)}
TRIED = (
    taken("fill in the case", *both(Action.COMPLETE_CASE)),
    taken("edit the case", *both(Action.EDIT_CASE)),
    taken("change the urgency", *both(Action.EDIT_URGENCY)),
    taken("cancel", *both(Action.CANCEL)),
    taken("take over", (Action.TAKE_OVER, ABOUT)),
    taken("set the criteria", *both(Action.EDIT_CRITERIA)),
    taken("propose an option", *both(Action.PROPOSE_OPTION)),
    taken("change an option", *both(Action.EDIT_OPTION, (f"submit {Action.EDIT_OPTION}", CHOSEN))),
    taken("start scoring", *both(Action.START_SCORING)),
    taken("submit a ballot", (Action.SCORE, ABOUT), (f"submit {ids.BALLOT}", ABOUT), (f"submit {ids.BALLOT}", CHOSEN)),
    taken("leave the scoring", (ids.RECUSE, ABOUT)),
    taken("close scoring early", (Action.CLOSE_SCORING, ABOUT)),
    taken("look at what is due", (ids.SHOW, ABOUT)),
    taken("extend", *both(Action.EXTEND_ROUND)),
    taken("proceed", *both(Action.PROCEED)),
    taken("void", *both(Action.VOID_ROUND)),
    taken("ask once more", *both(Action.SECOND_ROUND)),
    taken("resolve", *both(Action.RESOLVE, (f"submit {Action.RESOLVE}", CHOSEN))),
    taken("confirm a choice", (Action.CONFIRM_CHOICE, ABOUT)),
    taken("send a choice back", *both(Action.RETURN_CHOICE)),
    taken("change the choice", *both(Action.CHANGE_CHOICE)),
    taken("inform the customer", (Action.INFORMED, ABOUT)),
    taken("record the outcome", *both(Action.RECORD_OUTCOME)),
    taken("say that it worked", (ids.ANSWERS[Answer.WORKED], ABOUT)),
    taken("take the answer back", (Action.UNDO_ANSWER, ABOUT)),
    taken("word what the customer reads", (Action.REPLY, ABOUT), (ids.EDIT_WORDING, ABOUT),
          (f"submit {ids.EDIT_WORDING}", ABOUT)),
    taken("have the card posted again", (ids.POST_CARD, ABOUT)),
    taken("lose somebody who is asked", (f"submit {ids.SETUP}", WHO), (ids.EDIT_MEMBER, WHO),
          (f"submit {ids.EDIT_MEMBER}", WHO)),
    *(Deed(informed, pressed("lisa", ids.ANSWERS[said]), ((ids.ANSWERS[said], ABOUT),))
      for said in Answer if said is not Answer.WORKED),
    *(Deed(options, pressed("lisa", action), ((action, ABOUT),))
      for action in (ids.MORE, ids.SHOW_TO_OTHERS, ids.BACK_TO_CRITERIA, ids.USEFUL, ids.NOT_USEFUL, ids.TAKE_IN)),
    Deed(options, in_window(Action.EDIT_CRITERIA, "Add another criterion"), ((ids.ADD_CRITERION, ABOUT),)),
    Deed(toms_options, in_window(Action.EDIT_OPTION, "Edit A voucher", who="tom"),
         ((ids.CHOOSE_OPTION, ABOUT), (ids.CHOOSE_OPTION, CHOSEN))),
    Deed(options, laid("lisa", ids.ADD_SUGGESTED, DECISION, upon=in_window(Action.PROPOSE_OPTION)),
         ((ids.ADD_SUGGESTED, ABOUT),)),
    Deed(many_pages, in_window(Action.SCORE, "Save for later"), both_kinds(ids.SAVE_FOR_LATER)),
    Deed(many_pages, in_window(Action.SCORE, "What will be shown?"), ((ids.WILL_BE_SHOWN, ABOUT),)),
    Deed(many_pages, in_window(Action.SCORE, "I can't judge Criterion 0"), both_kinds(ids.TURN_PAGE)),
    Deed(many_pages, in_window(Action.SCORE, then=PAGE), both_kinds(f"submit {ids.SCORE_PAGE}")),
    Deed(all_pages_filled, in_window(Action.SCORE, then={}), ((f"submit {ids.CHECK_PAGE}", ABOUT),)),
    Deed(options, by_command("setup", "Suggestions from the text", then={}),
         ((ids.SUGGESTIONS, WHO), (f"submit {ids.SUGGESTIONS}", WHO))),
    Deed(options, laid("sarah", ids.TEAM_PAGE, "0", upon=by_command("setup", SUBMIT)), ((ids.TEAM_PAGE, WHO),)),
    Deed(options, laid("sarah", ids.CHOOSE_TEAM, TEAM, upon=by_command("setup")), ((ids.CHOOSE_TEAM, WHO),)),
    Deed(options, by_command("settings", "I will be away", then=AWAY),
         ((ids.DEPUTY, WHO), (f"submit {ids.DEPUTY}", WHO))),
    Deed(handed_in, opens_draft, ((ids.OPEN_DRAFT, DRAFT), (f"submit {ids.NEW_DECISION}", DRAFT))),
    Deed(handed_in, dismisses_draft, ((ids.DISMISS_DRAFT, DRAFT),)),
)  # fmt: skip


WITHOUT = {
    ids.LIST_PAGE: "a number of the list",
    ids.HOME_PAGE: "a page of one's own tab",
    ids.HOME_NEW: "opens an empty window",
    ids.NEW_MORE: "draws the window anew from itself",
    ids.NEW_UNDO: "draws the window anew from itself",
    ids.NEW_TYPED: "draws the window anew, by the operator's table for the team in it",
    ids.OPTIONS_MORE: "draws the window anew from itself",
    ids.LEARN: "one's own team",
    ids.OPEN_POLICY: "a type and a kind of choice, in words",
    ids.OPEN_SETTINGS: "one's own",
    f"submit {ids.SETTINGS}": "one's own",
    ids.SNOOZE: "one's own",
    ids.OPEN_SETUP: "a channel",
    ids.OTHER_TEAM: "a channel",
    ids.ANOTHER_TEAM: "a channel",
    ids.SETUP_GROUP: "a user group, which Slack is asked for",
    ids.ROSTER_GROUP: "a user group, and the people of one's own team",
    ids.OPEN_WEB: "one's own",
}
"""Routes that read no id of a team's things, and what they read."""


@pytest.fixture(scope="module")
async def towns(shared_database_url: str) -> AsyncIterator[Strangers]:
    async with strangers(shared_database_url) as found:
        yield found


@pytest.mark.parametrize("deed", TRIED, ids=lambda deed: deed.tries[0][0])
async def test_the_ids_of_others_open_show_and_change_nothing(towns: Strangers, deed: Deed) -> None:
    for team in (towns.ours, towns.theirs):
        team.forget()
        await deed.prepare(team)
    await call_it_something(towns.ours)
    ours = belongings(towns.ours)

    for route, kind in deed.tries:
        await attack(towns, deed.do, route, kind)

    await towns.ours.settled()
    assert belongings(towns.ours) == ours
    for team in (towns.ours, towns.theirs):
        await team.tidy_up()


def test_every_route_is_tried_or_reads_no_id() -> None:
    tried = {route for deed in TRIED for route, _ in deed.tries}
    routes = {*map(str, ACTIONS), *(f"submit {view}" for view in VIEWS)}
    assert routes - tried == set(WITHOUT)


async def call_it_something(team: Team) -> None:
    """What our people called things is found wherever it turns up."""
    await team.settled()
    await team.change(
        f"UPDATE customer_decisions SET title = '{ZQ}' || title, customer_name = '{ZQ}' || customer_name WHERE id = %s",
        team.decision_id,
    )


def belongings(team: Team) -> dict[str, list[str]]:
    """Every row of every table that names our decision, our team or one of its people."""
    members = (str(one.member.id) for one in team.actors.values())
    ours = "|".join((str(team.decision_id), str(team.actors["sarah"].team.id), *members))
    tables = team.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    return {
        name: sorted(row for (row,) in team.sql(f"SELECT t::text FROM {name} t WHERE t::text ~ %s", ours))
        for (name,) in tables
    }


async def attack(towns: Strangers, do: Step, route: str, kind: str) -> None:
    """They do it, with our ids in the payload for this route, and are refused in a sentence."""
    sandbox = towns.theirs.house.sandbox
    calls, deliveries = len(sandbox.calls()), len(sandbox.deliveries())

    def told() -> str:
        """All that their Slack has heard since."""
        answers = [delivery.answer for delivery in sandbox.deliveries()[deliveries:]]
        return json.dumps([*answers, *(call.arguments for call in sandbox.calls()[calls:])])

    towns.way.aim(route, towns.swaps(kind))
    doing = asyncio.ensure_future(do(towns.theirs))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not any(sentence in told() for sentence in REFUSED):
            assert not doing.done() or towns.way.answered.is_set(), (route, kind, doing)
            await asyncio.sleep(0.02)
    doing.cancel()
    await asyncio.gather(doing, return_exceptions=True)
    for windows in sandbox.town.workspace.stacks.values():
        windows.clear()
    assert towns.way.answered.is_set()
    assert ZQ not in told()
