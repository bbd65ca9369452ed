"""Everything that people do about a decision, and what the trail (table `audit_logs`) says of it afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.action import Action
from bot.domain.outcome import Answer
from bot.views.slack import ids
from tests.support.steps import (
    FULL,
    NAMES,
    PARTIAL,
    REASON,
    VOUCHER,
    Step,
    by,
    cancelled,
    criteria,
    defining,
    does,
    edited_by_sarah,
    informed,
    looks,
    no_quorum,
    options,
    proceeded,
    proposed,
    published,
    quorum,
    recuses,
    resolved,
    result,
    sarah_is_missing,
    scoring,
    takes_two,
    tie,
    toms_option,
    voided,
)
from tests.support.team import Team
from tests.support.trail import Row


@dataclass(frozen=True)
class Deed:
    do: Step
    prepare: Step | None = None
    trail: tuple[Row, ...] = ()
    card: tuple[str, ...] = ()
    """Words that the card shows afterwards, and did not show before."""
    gone: tuple[str, ...] = field(default=())
    """Words that it showed before, and does not show any more."""
    changes: int = 1
    """How often the decision changes by it: publication is a change of its own."""
    signed: Mapping[str, str] = field(default_factory=dict)
    """Columns of the decision's rows (of the latest round) that hold who did it, and the person."""


async def opened(team: Team) -> None:
    assert (await team.house.person("lisa").slash("/decide Opened by hand")).ok
    await team.modal("lisa", at_least="Decide by")
    values = {
        "Type of decision": "Refund request",
        "Customer": "ABC Corporation",
        "What happened": "They want everything back.",
    }
    answer = await team.submit("lisa", values)
    assert answer.ok, answer


async def ballot(team: Team) -> None:
    await team.save_pages("tom")
    await does(team, "tom", Action.SCORE, {})


async def tom_recuses(team: Team) -> None:
    await recuses(team, "tom")


async def quorum_is_due(team: Team) -> None:
    await quorum(team)
    await team.settled()  # a card that is drawn afterwards says already that scoring is over
    await team.end_round_now()


async def looked_at(team: Team) -> None:
    await looks(team, "sarah")


async def scoring_is_due(team: Team) -> None:
    await scoring(team)
    await team.ballot("tom")
    await team.settled()
    await team.end_round_now()


async def closed_early(team: Team) -> None:
    await does(team, "mike", Action.CLOSE_SCORING)
    await team.published()


async def tom_leaves(team: Team) -> None:
    await edited_by_sarah(team, "tom", {"Active": False})


async def tom_has_left_his_own(team: Team) -> None:
    await team.open(by="tom")
    await edited_by_sarah(team, "tom", {"Active": False})
    await team.settled()


async def only_tom_is_missing(team: Team) -> None:
    await scoring(team)
    for name in ("lisa", "sarah"):
        await team.ballot(name)


answered = by("lisa", ids.ANSWERS[Answer.WORKED])


async def said_to_work(team: Team) -> None:
    await informed(team)
    await answered(team)


async def worded(team: Team) -> None:
    await team.window("tom", Action.REPLY)
    tom = team.house.person("tom")
    assert (await tom.click("Change the team's wording")).ok
    await team.modal("tom", at_least="What the customer reads")
    assert (await team.submit("tom", {"What the customer reads": "Dear {customer}, done."})).ok
    await tom.close(everything=True)


def option(title: str) -> Callable[[Any], Mapping[str, Any]]:
    return lambda team: {"option": str(team.option_id(title))}


def last_proposed(team: Team) -> Mapping[str, Any]:
    found: Mapping[str, Any] = team.value(
        "SELECT details FROM audit_logs WHERE action = 'option.proposed' ORDER BY seq DESC LIMIT 1"
    )
    return found


def round_(**more: Any) -> Callable[[Any], Mapping[str, Any]]:
    return lambda team: {"round": str(team.round_id), **more}


def closed(cause: str, *, ballots: int, roster: int) -> Callable[[Any], Mapping[str, Any]]:
    return lambda team: {"cause": cause, "ballots": ballots, "roster": roster, "round": 1}


def ids_of(team: Team, *names: str) -> list[str]:
    return [str(team.actors[name].member.id) for name in names]


def toms(**more: Any) -> Callable[[Any], Mapping[str, Any]]:
    return lambda team: {"member": str(team.actors["tom"].member.id), **more}


def of_team(team: Team) -> Mapping[str, Any]:
    return {"team": str(team.actors["sarah"].team.id)}


def second(team: Team) -> Mapping[str, Any]:
    ((first,),) = team.sql("SELECT id FROM rounds WHERE decision_id = %s AND number = 1", team.decision_id)
    return {"round": str(team.round_id), "number": 2, "follows": str(first), "roster": 3}


def chosen(title: str, *, is_leader: bool) -> Callable[[Any], Mapping[str, Any]]:
    return lambda team: {**option(title)(team), "is_leader": is_leader}


ROSTER = {"Who scores": [NAMES[name] for name in ("lisa", "tom", "sarah")]}
RESULT = ("Result", "[ Resolve ]")
DEEDS = {
    "open": Deed(
        opened,
        trail=(
            Row("decision.opened", "lisa"),
            Row("decision.defined", "lisa"),
            Row("criteria.submitted", "lisa", lambda _: {"criteria": 4}),
        ),
        card=("Opened by hand", "Phase 3 of 6", "[ Add options ]"),
    ),
    "fill in the case": Deed(
        by("lisa", Action.COMPLETE_CASE, {"What happened": "They want everything back."}), defining,
        (
            Row("decision.edited", "lisa"),
            Row("decision.defined", "lisa"),
            Row("criteria.submitted", "lisa", lambda _: {"criteria": 4}),
        ),
        ("Phase 3 of 6", "[ Add options ]"),
    ),
    "edit the case": Deed(
        by("lisa", Action.EDIT_CASE, {"Title": "Refund, amended"}), criteria,
        (Row("decision.edited", "lisa"),), ("Refund, amended",),
    ),
    "change the urgency": Deed(
        by("lisa", Action.EDIT_URGENCY, {"Urgency": "5"}), scoring,
        (Row("decision.urgency", "lisa", lambda _: {"urgency_level": [3, 5]}),),
        ("urgency 5, critical (was 3, normal)",),
    ),
    "cancel": Deed(
        cancelled, scoring, (Row("decision.cancelled", "mike"),),
        ("Cancelled in phase 4 of 6", "The customer withdrew."), ("[ Score ]",),
    ),
    "take over": Deed(
        by("mike", Action.TAKE_OVER), tom_has_left_his_own,
        (Row("owner.changed", "mike", lambda team: {"owner": ids_of(team, "tom", "mike")}),),
        ("took over from Tom Becker",), ("[ Take over ]", "no longer active"),
    ),
    "set the criteria": Deed(
        by("lisa", Action.EDIT_CRITERIA, {"Criterion 3": "Speed"}), criteria,
        (Row("criteria.submitted", "lisa", lambda _: {"criteria": 3}),), ("Speed",),
    ),
    "edit the criteria again": Deed(
        by("lisa", Action.EDIT_CRITERIA, {"Criterion 3": "Speed"}), options,
        (Row("criteria.submitted", "lisa", lambda _: {"criteria": 3}),), ("Speed",),
    ),
    "change the amount": Deed(
        by("lisa", Action.EDIT_CASE, {"Amount at stake": "60k"}), options,
        (Row("decision.edited", "lisa", lambda _: {"financial_impact": ["500.00", "60000.00"]}),),
        ("USD 60,000 (was USD 500)",),
    ),
    "propose an option": Deed(
        by("tom", Action.PROPOSE_OPTION, VOUCHER), options, (Row("option.proposed", None, option("A voucher")),),
        ("A voucher",),
        signed={"response_options.created_by": "tom"},
    ),
    "change an option": Deed(
        by("tom", Action.EDIT_OPTION, {"Title": "Two vouchers"}), toms_option,
        (Row("option.changed", None, option("Two vouchers")),), ("Two vouchers",), ("A voucher",),
    ),
    "remove an option": Deed(
        by("tom", Action.EDIT_OPTION, {"Remove": True}), toms_option, (Row("option.removed", None, last_proposed),),
        gone=("A voucher",),
    ),
    "start scoring": Deed(
        by("lisa", Action.START_SCORING, ROSTER), options, (Row("round.opened", "lisa", round_(roster=3)),),
        ("0 of 3 have scored",),
        signed={"rounds.opened_by": "lisa"},
    ),
    "submit a ballot": Deed(ballot, scoring, (), ("1 of 3 has scored",), ("0 of 3 have scored",)),
    "leave the scoring": Deed(
        tom_recuses, scoring, (Row("round.recused", "tom"),), ("0 of 2 have scored",), ("0 of 3 have scored",),
    ),
    "submit the last ballot": Deed(
        published, sarah_is_missing,
        (
            Row("round.closed", None, closed("all_scored", ballots=3, roster=3)),
            Row("round.published", None, round_(ballots=3)),
        ),
        RESULT, ("[ Score ]",), changes=2,
    ),
    "close scoring early": Deed(
        closed_early, quorum,
        (
            Row("round.closed", "mike", closed("closed_early", ballots=3, roster=4)),
            Row("round.published", None, round_(ballots=3)),
        ),
        RESULT, ("[ Score ]",), changes=2,
        signed={"rounds.opened_by": "lisa", "rounds.closed_by": "mike"},
    ),
    "look at what is due": Deed(
        looked_at, quorum_is_due,
        (
            Row("round.closed", None, closed("closing_time", ballots=3, roster=4)),
            Row("round.published", None, round_(ballots=3)),
        ),
        RESULT, ("[ Score ]",), changes=2,
    ),
    "look at what has no quorum": Deed(
        looked_at, scoring_is_due, (Row("round.closed", None, closed("closing_time", ballots=1, roster=3)),),
        ("Too few have scored", "[ Extend ]"),
    ),
    "extend": Deed(
        by("mike", Action.EXTEND_ROUND, {"Scoring closes": datetime.now(UTC) + timedelta(days=1)}), no_quorum,
        (Row("round.extended", "mike"),), ("[ Score ]",), ("[ Extend ]",),
    ),
    "proceed": Deed(
        proceeded, no_quorum,
        (
            Row("round.proceeded", "lisa", lambda _: {"ballots": 1}),
            Row("round.published", None, round_(ballots=1)),
        ),
        ("No ranking: 1 person scored",), ("[ Extend ]",), changes=2,
        signed={"rounds.override_by": "lisa"},
    ),
    "void": Deed(
        voided, scoring, (Row("round.voided", "lisa", round_()),), ("Phase 3 of 6", "[ Start scoring ]")
    ),
    "ask once more": Deed(
        by("mike", Action.SECOND_ROUND, {}), tie, (Row("round.opened", "mike", second),),
        ("0 of 3 have scored", "[ Score ]"),
        signed={"rounds.opened_by": "mike"},
    ),
    "lose somebody who is asked": Deed(
        tom_leaves, scoring,
        (
            Row("team.changed", "sarah", of_team),
            Row("member.changed", "sarah", toms(is_active=[True, False])),
            Row("round.excused", None, toms()),
        ),
        ("0 of 2 have scored",),
    ),
    "lose the last one missing": Deed(
        tom_leaves, only_tom_is_missing,
        (
            Row("team.changed", "sarah", of_team),
            Row("member.changed", "sarah", toms(is_active=[True, False])),
            Row("round.excused", None, toms()),
            Row("round.closed", None, closed("all_scored", ballots=2, roster=2)),
            Row("round.published", None, round_(ballots=2)),
        ),
        ("[ Resolve ]",), ("[ Score ]",), changes=2,
    ),
    "resolve": Deed(
        by("mike", Action.RESOLVE, {"Option": FULL, "Reason": "It leads."}), result,
        (Row("decision.resolved", "mike", chosen(FULL, is_leader=True)),), ("Decided: Full refund", "It leads."),
        signed={"decision_outcomes.resolved_by": "mike"},
    ),
    "propose a choice that takes two": Deed(
        by("mike", Action.RESOLVE, {"Option": FULL, "Reason": "It leads."}), takes_two,
        (Row("choice.proposed", "mike", chosen(FULL, is_leader=True)),),
        ("Proposed: Full refund", "Somebody else confirms it", "[ Confirm the choice ]"), ("[ Resolve ]",),
    ),
    "confirm a choice": Deed(
        by("sarah", Action.CONFIRM_CHOICE), proposed,
        (Row("decision.resolved", "sarah", lambda team: {
            **chosen(FULL, is_leader=True)(team), "proposed_by": str(team.actors["mike"].member.id)}),),
        ("Decided: Full refund", "By @mike, confirmed by Sarah Johnson"), ("[ Confirm the choice ]",),
        signed={"decision_outcomes.resolved_by": "mike", "decision_outcomes.confirmed_by": "sarah"},
    ),
    "send a choice back": Deed(
        by("sarah", Action.RETURN_CHOICE, {"Reason": "Too dear."}), proposed,
        (Row("choice.returned", "sarah", option(FULL)),),
        ("Sent back by Sarah Johnson", "Too dear.", "[ Resolve ]"), ("[ Confirm the choice ]",),
    ),
    "resolve against the ranking": Deed(
        by("mike", Action.RESOLVE, {"Option": PARTIAL, "Reason": "Cheaper."}), result,
        (Row("decision.resolved", "mike", chosen(PARTIAL, is_leader=False)),), ("Decided: Partial credit",),
    ),
    "change the choice": Deed(
        by("mike", Action.CHANGE_CHOICE, REASON), resolved, (Row("choice.reopened", "mike", option(FULL)),),
        ("[ Resolve ]",), ("Decided: Full refund",),
    ),
    "inform the customer": Deed(
        by("sarah", Action.INFORMED), resolved, (Row("customer.informed", "sarah"),), ("[ Record outcome ]",),
        ("[ Customer informed ]",),
        signed={"decision_outcomes.resolved_by": "mike", "decision_outcomes.informed_by": "sarah"},
    ),
    "record the outcome": Deed(
        by("lisa", Action.RECORD_OUTCOME, {"Customer satisfaction": "9"}), informed,
        (Row("outcome.recorded", "lisa"),), ("Customer satisfaction: 9 of 10",),
    ),
    "say that it worked": Deed(
        answered, informed, (Row("outcome.answered", "lisa", lambda _: {"answer": "worked"}),), ("Finished",),
        signed={"decision_outcomes.answered_by": "lisa"},
    ),
    "take the answer back": Deed(
        by("lisa", Action.UNDO_ANSWER), said_to_work, (Row("answer.undone", "lisa"),), gone=("Finished",),
    ),
    "word what the customer reads": Deed(
        worded, resolved,
        (Row("wording.changed", "tom", lambda _: {"type": "refund_request", "choice": "full"}),), changes=0,
    ),
    "have the card posted again": Deed(by("lisa", "card.post"), criteria),
}  # fmt: skip
