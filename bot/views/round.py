"""The modals around a round of scoring: start, extend, void, proceed without quorum."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.round import MIN_EVALUATORS, Thresholds, quorum
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views import authority, reason
from bot.views.dossier import show_button
from bot.views.promise import thresholds_in_words
from bot.views.reason import parse_reason
from bot.views.slack import kit, notice, text
from bot.views.slack.form import Fields, View, as_uuid

__all__ = [
    "StartForm",
    "extend",
    "parse_extend",
    "parse_reason",
    "parse_start",
    "proceed",
    "start",
    "started",
    "void",
]

DEFAULT_THRESHOLDS = Thresholds()
PRESELECTED = 100
"""The most that Slack takes as preselected."""


class StartForm(BaseModel):
    """The modal "Start scoring" as typed."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    member_ids: tuple[UUID, ...]
    closes_at: datetime
    confirmed_two: bool


def start(
    dossier: Dossier,
    by: By,
    *,
    members: Sequence[Member],
    closes_at: datetime,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> kit.View:
    """members: the active ones, all preselected; closes_at: the proposal for the closing time."""
    decision = dossier.decision
    beyond = authority.out_of_reach(dossier, members, by.rules.authority)

    def at(field: str) -> str:
        return kit.block_id(field, decision.id, decision.revision)

    options = [kit.option(m.name, str(m.id)) for m in members]
    chosen = [o["value"] for o in options[:PRESELECTED]]
    roster = kit.multi_select("roster", options, initial=chosen, placeholder="Choose at least two people")
    box = kit.option(
        "Two people are enough",
        "yes",
        description="Then nothing aggregated is shown: the decider resolves by reason.",
    )
    blocks = [
        kit.section(f"*{decision.name} {text.inline(decision.case.title)}*\n{_frozen(dossier)}"),
        kit.section(thresholds_in_words(thresholds)),
        *([kit.section(beyond)] if beyond else []),
        kit.input_block("Who scores", roster, block_id=at("roster"), hint=_roster_hint(len(members))),
        kit.input_block("Scoring closes", kit.datetimepicker("closes_at", initial=closes_at), block_id=at("closes_at")),
        kit.input_block(
            "Only if you choose exactly two people",
            kit.checkboxes("confirm_two", [box]),
            block_id=at("confirm_two"),
            optional=True,
        ),
    ]
    return kit.modal(
        Action.START_SCORING.label,
        blocks,
        callback_id=Action.START_SCORING,
        submit="Start scoring",
        metadata={"decision": str(decision.id)},
    )


def parse_start(view: View, *, now: datetime) -> StartForm:
    """Raises Invalid (fields "roster", "closes_at", "confirm_two")."""
    fields = Fields(view)
    member_ids = tuple(dict.fromkeys(m for m in map(as_uuid, fields.choices("roster")) if m))
    if len(member_ids) < MIN_EVALUATORS:
        raise Invalid("Choose at least two people: one opinion needs no scoring.", field="roster")
    closes_at = _closing(fields, now=now)
    confirmed = fields.is_checked("confirm_two")
    if len(member_ids) == MIN_EVALUATORS and not confirmed:
        raise Invalid(
            "With two people nothing aggregated will be shown. Tick the box if that is enough, or add people.",
            field="confirm_two",
        )
    return StartForm(member_ids=member_ids, closes_at=closes_at, confirmed_two=confirmed)


def started(dossier: Dossier) -> kit.View:
    """Once scoring has started: the owner may be on the roster as well."""
    decision, round_ = dossier.decision, dossier.round
    people = f" {text.count('person', len(round_.roster))} can score it." if round_ else ""
    score = kit.button(Action.SCORE.label, Action.SCORE, value=str(decision.id), style="primary")
    return notice.done(
        f"{decision.name} scoring",
        f"{'The second round' if dossier.is_second_round else 'Scoring'} of {decision.name} has started.{people}",
        actions=[score, show_button(decision.id, decision.number)],
    )


def extend(dossier: Dossier, *, closes_at: datetime) -> kit.View:
    decision, round_ = dossier.decision, dossier.round
    explain = "Scoring opens again until the new closing time. Ballots already submitted stay."
    counts = f" {round_.turnout}." if round_ else ""
    blocks = [
        kit.section(f"*{decision.name} {text.inline(decision.case.title)}*\n{explain}{counts}"),
        kit.input_block(
            "Scoring closes",
            kit.datetimepicker("closes_at", initial=closes_at),
            block_id=kit.block_id("closes_at", decision.id, decision.revision),
        ),
    ]
    return kit.modal(
        "Extend scoring",
        blocks,
        callback_id=Action.EXTEND_ROUND,
        submit="Extend",
        metadata={"decision": str(decision.id)},
    )


def parse_extend(view: View, *, now: datetime) -> datetime:
    """The new closing time, aware UTC. Raises Invalid (field "closes_at")."""
    return _closing(Fields(view), now=now)


def void(dossier: Dossier) -> kit.View:
    explain = (
        "*All ballots of this round are deleted*, unread and for good. Options and criteria can be edited "
        "again, and everybody scores anew in the next round."
    )
    about = {"round": str(dossier.round.id)} if dossier.round else None
    return reason.modal(dossier, action=Action.VOID_ROUND, explain=explain, submit="Void the round", metadata=about)


def proceed(dossier: Dossier) -> kit.View:
    round_ = dossier.round
    counts = f"{round_.turnout}; quorum is {quorum(len(round_.roster))}. " if round_ else ""
    least = (round_.thresholds if round_ else DEFAULT_THRESHOLDS).ranking
    explain = (
        f"{counts}The result is published without quorum, and your reason is recorded beside it. "
        f"Below {least} ballots nothing aggregated is shown."
    )
    return reason.modal(dossier, action=Action.PROCEED, explain=explain, submit="Proceed")


def _closing(fields: Fields, *, now: datetime) -> datetime:
    closes_at = fields.moment("closes_at")
    if closes_at is None:
        raise Invalid("Choose when scoring closes.", field="closes_at")
    if closes_at <= now:
        raise Invalid("The closing time is in the past; choose a later one.", field="closes_at")
    return closes_at


def _frozen(dossier: Dossier) -> str:
    options, criteria = len(dossier.options), len(dossier.criteria)
    return (
        f"{text.count('option', options)} and {text.count('criterion', criteria)}. Once scoring starts, they, the "
        "weights, the people and these rules are fixed. Scoring closes when all have submitted, at the closing "
        "time, or when you or a decider close it once half of the people, and at least 3, have scored."
    )


def _roster_hint(people: int) -> str | None:
    if people <= PRESELECTED:
        return None
    return f"Your team has {people} active people; the first {PRESELECTED} are chosen. Change it as you like."
