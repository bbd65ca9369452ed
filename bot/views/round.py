"""The modals around a round of scoring: start, extend, void, proceed without quorum."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.round import MIN_EVALUATORS, MOST_SUGGESTED, Thresholds, by_expertise, quorum
from bot.domain.team import Member, UserGroup
from bot.errors import Invalid
from bot.views import authority, reason, usergroup
from bot.views.dossier import show_button
from bot.views.promise import thresholds_in_words
from bot.views.reason import parse_reason
from bot.views.slack import element, ids, kit, notice, text
from bot.views.slack.entry import checkbox, moment
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import Fields, View, as_uuid, field_of, revision_of, thing_of
from bot.views.slack.form import inputs as inputs_of
from bot.views.window import decision_modal, heading

__all__ = [
    "StartForm",
    "closing",
    "extend",
    "parse_extend",
    "parse_reason",
    "parse_start",
    "proceed",
    "start",
    "started",
    "void",
    "with_group",
]

DEFAULT_THRESHOLDS = Thresholds()
_TWO_ARE_ENOUGH = checkbox(
    "confirm_two",
    "Only if you choose exactly two people",
    "Two people are enough",
    about="Then no ranking is shown: the decider resolves by reason.",
)


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
    zone: tzinfo = UTC,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    groups: Sequence[UserGroup] = (),
) -> kit.View:
    """members: the active ones, of whom those who know about such decisions are suggested first.

    closes_at: the proposal for the closing time, which is said on the clock of `zone`. groups: whose people may be
    taken instead.
    """
    decision = dossier.decision
    beyond = authority.out_of_reach(dossier, members, by.rules.authority)
    inputs = Inputs(decision.id, decision.revision)
    people = by_expertise(members, decision.case.decision_type)
    suggested = tuple(member.id for member in people[:MOST_SUGGESTED])
    _start(inputs, StartForm(member_ids=suggested, closes_at=closes_at, confirmed_two=False), members=people)
    closes = f"Closes {text.clock_words(closes_at, now=by.now, zone=zone)}, unless you choose another time."
    blocks = [
        heading(decision, f"{_scored(dossier)} {closes}"),
        *([kit.section(beyond)] if beyond else []),
        *_with_groups(inputs.blocks, groups),
        kit.context(_FROZEN),
        kit.context(thresholds_in_words(thresholds)),
    ]
    return decision_modal(dossier, Action.START_SCORING, blocks, submit="Start scoring")


def _with_groups(blocks: Sequence[kit.Block], groups: Sequence[UserGroup]) -> list[kit.Block]:
    """Right beneath the people."""
    roster, *others = blocks
    return [roster, *usergroup.choice(groups, ids.ROSTER_GROUP), *others]


def with_group(view: View, group: UserGroup, *, members: Sequence[Member], people: Sequence[str]) -> kit.View:
    """The window with the people of the group as those who score. members: the active ones of the team; people: the
    Slack ids of the group."""
    before = next(block for block in inputs_of(view) if field_of(block["block_id"]) == "roster")
    of_group = [member for member in members if member.slack_user_id in people]
    # Under another id Slack takes the new choice, in place of what was chosen before.
    block = _roster(members).block(
        tuple(member.id for member in of_group),
        thing=thing_of(before["block_id"]),
        revision=f"{revision_of(before['block_id']).partition('.')[0]}.{group.id}",
    )
    return usergroup.filled(view, block, group=group, said=usergroup.asked(group, of_group, people))


def parse_start(view: View, *, now: datetime) -> StartForm:
    """Raises Invalid (fields "roster", "closes_at", "confirm_two")."""
    form = _start(Answers(view), StartForm(member_ids=(), closes_at=now, confirmed_two=False), now=now)
    if len(form.member_ids) == MIN_EVALUATORS and not form.confirmed_two:
        raise Invalid(
            "With two people no ranking will be shown. Tick the box if that is enough, or add people.",
            field="confirm_two",
        )
    return form


def _start(ask: Ask, start: StartForm, *, members: Sequence[Member] = (), now: datetime | None = None) -> StartForm:
    """The form of a start. members: who may be chosen while it is shown; now: when it is read."""
    return StartForm(
        member_ids=ask(_roster(members), start.member_ids),
        closes_at=ask(closing(now), start.closes_at),
        confirmed_two=ask(_TWO_ARE_ENOUGH, start.confirmed_two),
    )


def _roster(members: Sequence[Member]) -> Field[tuple[UUID, ...]]:
    people = [element.option(member.name, str(member.id)) for member in members]

    def draw(chosen: tuple[UUID, ...] | None) -> kit.Element:
        initial = [str(member_id) for member_id in chosen or ()]
        return element.multi_select("roster", people, initial=initial, placeholder="Choose at least two people")

    def read(fields: Fields) -> tuple[UUID, ...]:
        chosen = tuple(dict.fromkeys(filter(None, map(as_uuid, fields.choices("roster")))))
        if len(chosen) < MIN_EVALUATORS:
            raise Invalid("Choose at least two people: one opinion needs no scoring.", field="roster")
        return chosen

    return Field("roster", "Who scores", draw, read, _roster_hint(len(members)))


def closing(now: datetime | None = None) -> Field[datetime]:
    """When scoring ends, ahead of `now`, the moment of reading."""
    called, missing = "The closing time", "Choose when scoring closes."
    return moment("closes_at", "Scoring closes", called=called, missing=missing, now=now)


def started(dossier: Dossier) -> kit.View:
    """Once scoring has started: the owner may be on the roster as well."""
    decision, round_ = dossier.decision, dossier.round
    people = f" {text.count('person', len(round_.roster))} can score it." if round_ else ""
    score = kit.button(Action.SCORE.label, Action.SCORE, value=str(decision.id), style="primary")
    return notice.done(
        f"{decision.name} scoring",
        f"{'The second round' if dossier.is_second_round else 'Scoring'} of {decision.name} has started.{people}",
        more=[kit.section(f"It closes {text.moment(round_.closes_at)}.")] if round_ else [],
        actions=[score, show_button(decision.id, decision.number)],
    )


def extend(dossier: Dossier, *, closes_at: datetime) -> kit.View:
    decision, round_ = dossier.decision, dossier.round
    explain = "Scoring opens again until the new closing time. Scores already submitted stay."
    counts = f" {round_.turnout}." if round_ else ""
    blocks = [
        heading(decision, f"{explain}{counts}"),
        closing().block(closes_at, thing=decision.id, revision=decision.revision),
    ]
    return decision_modal(dossier, Action.EXTEND_ROUND, blocks, submit="Extend", title="Extend scoring")


def parse_extend(view: View, *, now: datetime) -> datetime:
    """The new closing time, aware UTC. Raises Invalid (field "closes_at")."""
    return closing(now).read(Fields(view))


def void(dossier: Dossier) -> kit.View:
    explain = (
        "*All scores so far are deleted*, unread and for good. Options and criteria can be edited again, and then "
        "everybody scores anew."
    )
    about = str(dossier.round.id) if dossier.round else None
    return reason.modal(dossier, action=Action.VOID_ROUND, explain=explain, submit="Start over", round=about)


def proceed(dossier: Dossier) -> kit.View:
    round_ = dossier.round
    counts = f"{round_.turnout}, and at least {quorum(len(round_.roster))} must. " if round_ else ""
    least = (round_.thresholds if round_ else DEFAULT_THRESHOLDS).ranking
    explain = (
        f"{counts}The result is published all the same, and your reason is recorded beside it. "
        f"Of fewer than {least} people's scores no ranking is shown."
    )
    return reason.modal(dossier, action=Action.PROCEED, explain=explain, submit="Publish")


def _scored(dossier: Dossier) -> str:
    return f"{text.count('option', len(dossier.options))} and {text.count('criterion', len(dossier.criteria))}."


_FROZEN = (
    "Once scoring starts, options, criteria, weights, people and these rules are fixed. Scoring closes when all have "
    "submitted, at the closing time, or when you or a decider close it once half of the people, and at least 3, have "
    "scored."
)


def _roster_hint(people: int) -> str | None:
    """Where not all of the team are suggested."""
    if people <= MOST_SUGGESTED:
        return None
    return (
        f"{MOST_SUGGESTED} of your {people} people are chosen, those who know about such decisions first. "
        "Change it as you like."
    )
