"""The pieces that the card, its details and the result share: one decision's facts as lines of mrkdwn."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from bot.domain.action import Action, Confirm
from bot.domain.criterion import Criterion
from bot.domain.decision import DECISION_TYPES, TIERS, URGENCY, Decision, Dossier, Phase, Status
from bot.domain.option import LEVELS, Option
from bot.domain.outcome import Outcome
from bot.domain.round import Round, RoundState, quorum
from bot.views.slack import ids, kit, text

_ASIDE = re.compile(r"\s*\([^()]*\)\s*\Z")


def buttons(decision: Decision, actions: Iterable[Action], *, leading: Action | None) -> list[kit.Element]:
    """One button per action; the one that leads on is primary, those that destroy are red and ask back."""
    return [_button(decision, action, leading) for action in actions]


def show_button(decision_id: UUID, number: int, *, words: str = "Show details") -> kit.Element:
    return kit.button(words, ids.SHOW, value=str(decision_id), label=f"{words}: #{number}")


def _button(decision: Decision, action: Action, leading: Action | None) -> kit.Element:
    destroys = action.row.destroys
    style = "danger" if destroys else "primary" if action is leading else None
    spoken = f"{action.label}: {decision.name} {decision.case.title}"
    confirm = _confirm(action.row.confirm, is_danger=destroys) if action.row.confirm else None
    return kit.button(action.label, action, value=str(decision.id), style=style, label=spoken, confirm=confirm)


def _confirm(asked: Confirm, *, is_danger: bool) -> kit.Element:
    return kit.confirm(asked.title, asked.question, yes=asked.yes, no=asked.no, is_danger=is_danger)


def progress(dossier: Dossier) -> str:
    """ "✓ Define  ✓ Criteria  ▸ *Options*  · Evaluate  · Act  · Learn": words, marks only beside them."""
    decision = dossier.decision
    if decision.status is Status.CANCELLED:
        return f"Cancelled in phase {decision.phase} of 6 ({decision.phase.word})"
    marks = [_mark(decision.phase + dossier.is_finished, phase) for phase in Phase]
    return f"{'Finished' if dossier.is_finished else f'Phase {decision.phase} of 6'}:  {'  '.join(marks)}"


def _mark(current: int, phase: Phase) -> str:
    """`current`: the phase's number; one more than the last where all is done."""
    if phase < current:
        return f"✓ {phase.word}"
    return f"▸ *{phase.word}*" if phase == current else f"· {phase.word}"


def summary_facts(dossier: Dossier, *, room: int = 150) -> list[tuple[str, str]]:
    """What everybody in the channel may know of the customer; never the e-mail address."""
    decision, case, currency = dossier.decision, dossier.decision.case, dossier.team.currency
    return [
        ("Type", DECISION_TYPES.get(case.decision_type, text.inline(case.decision_type, 50))),
        ("Customer", text.inline(case.customer_name, room)),
        ("Tier", TIERS.get(case.customer_tier, text.inline(case.customer_tier, 50))),
        ("Customer value", _amount(case.customer_value, decision.customer_value_before, currency)),
        ("Amount at stake", _amount(case.financial_impact, decision.financial_impact_before, currency)),
        ("Urgency", _urgency(case.urgency_level, decision.urgency_level_before)),
    ]


def _amount(now: Decimal | None, before: Decimal | None, currency: str) -> str:
    """ "USD 12,000 (was USD 60,000)"."""
    was = f" (was {text.money(before, currency)})" if before is not None and before != now else ""
    return f"{text.money(now, currency)}{was}"


def _urgency(now: int, before: int | None) -> str:
    was = f" (was {URGENCY[before]})" if before is not None and before != now else ""
    return f"{URGENCY[now]}{was}"


def line_facts(decision: Decision, now: datetime) -> str:
    """One decision of a list on one line: customer, type, urgency, phase, date."""
    case = decision.case
    facts = [
        text.inline(case.customer_name, 80),
        DECISION_TYPES.get(case.decision_type, text.inline(case.decision_type, 50)),
        f"urgency {URGENCY[case.urgency_level].replace(' · ', ', ')}",
        f"phase {decision.phase} of 6 ({decision.phase.word})",
    ]
    if case.expected_resolution_date:
        is_late = decision.status is not Status.RESOLVED and case.expected_resolution_date <= now
        facts.append(f"{'*overdue*: ' if is_late else 'by '}{text.moment(case.expected_resolution_date)}")
    return " · ".join(facts)


def due_line(dossier: Dossier, now: datetime) -> str:
    """Owner and date; the date as a token, in the reader's zone."""
    owner, at = dossier.owner, dossier.decision.case.expected_resolution_date
    opened_by = f"Owner: {text.mention(owner.slack_user_id, owner.name)}"
    if at is None:
        return f"{opened_by}  ·  No date to decide by yet"
    is_open = dossier.decision.status not in (Status.RESOLVED, Status.CANCELLED)
    late = "  ·  *overdue*" if is_open and at <= now else ""
    return f"{opened_by}  ·  Decide by {text.moment(at)}{late}"


def cost_fact(cost: Decimal | None, currency: str) -> str:
    return f"cost {text.money(cost, currency)}"


def option_facts(option: Option, currency: str) -> str:
    return (
        f"{cost_fact(option.financial_cost, currency)} · "
        f"effort {LEVELS.get(option.implementation_effort, '?').lower()} · "
        f"risk {LEVELS.get(option.risk_level, '?').lower()}"
    )


def option_lines(options: Iterable[Option], currency: str, *, room: int = 150) -> list[str]:
    return [f"• *{text.inline(o.title, room)}* · {option_facts(o, currency)}" for o in options]


def criterion_lines(criteria: Sequence[Criterion], *, room: int = 100) -> list[str]:
    """Name, weight and share of the weights, which is what a weight means."""
    total = sum((c.weight for c in criteria), Decimal(0)) or Decimal(1)
    return [
        f"• *{text.inline(c.name, room)}* · weight {text.number(c.weight)} ({text.per_cent(c.weight / total * 100)})"
        for c in criteria
    ]


def round_lines(dossier: Dossier, now: datetime) -> list[str]:
    """How many have scored, until when, and who may end it; empty without a round. Counts only."""
    round_ = dossier.round
    if round_ is None:
        return []
    people = len(round_.roster)
    scored = f"*{round_.turnout}{' in the second round' if round_.follows else ''}*"
    match round_.state(now):
        case RoundState.OPEN:
            return [
                f"{scored} · scoring closes {text.moment(round_.closes_at)}",
                _who_may_close(dossier, round_),
            ]
        case RoundState.DUE:
            return [f"{scored} · scoring ended {text.moment(round_.closes_at)} and is being closed"]
        case RoundState.UNDECIDED:
            ways_out = "proceed or cancel" if round_.is_too_small else "extend, proceed or cancel"
            return [
                f"{scored} · scoring closed without quorum, which is {quorum(people)} of {people}",
                f"{text.inline(dossier.owner.name, 80)} (owner) or a decider can {ways_out}",
            ]
        case RoundState.CLOSED:
            return [f"{scored} · scoring is closed, the result is on its way"]
    return [round_.turnout]


def _who_may_close(dossier: Dossier, round_: Round) -> str:
    if round_.is_too_small:
        way_out = "cancel the decision" if round_.follows else "void the round or cancel the decision"
        return f"Too few people are left to score: {text.inline(dossier.owner.name, 80)} (owner) can {way_out}."
    if round_.has_quorum:
        return f"Quorum holds: {text.inline(dossier.owner.name, 80)} (owner) or a decider can close scoring now."
    return f"Quorum is {quorum(len(round_.roster))}; scoring can be closed early from there on."


def name_of(dossier: Dossier, member_id: UUID | None) -> str | None:
    """The name of a member, where the dossier knows it."""
    known = [m for m in (dossier.owner, dossier.resolver) if m]
    names = {m.id: m.name for m in known}
    if dossier.round:
        names.update({m.member_id: m.name for m in dossier.round.members})
    return names.get(member_id) if member_id else None


def title_of(dossier: Dossier, option_id: UUID, *, room: int = 150) -> str:
    option = dossier.option(option_id)
    return text.inline(option.title, room) if option else "an option that is gone"


def short_names(criteria: Sequence[Criterion]) -> dict[UUID, str]:
    """The criteria's names without what stands in parentheses at their end, where that still tells them apart.

    "Cost (10 = cheapest)" is worded for those who score; in a sentence about the result "Cost" reads better.
    """
    short = {criterion.id: _ASIDE.sub("", criterion.name).strip() or criterion.name for criterion in criteria}
    often = Counter(short.values())
    return {c.id: short[c.id] if often[short[c.id]] == 1 else c.name for c in criteria}


def result_title(dossier: Dossier) -> str:
    return "Result of the second round" if dossier.is_second_round else "Result"


def first_leaders(dossier: Dossier) -> str | None:
    """ "In the first round A led.": what a second result is compared with; None without a second round."""
    first = dossier.first_result
    if first is None:
        return None
    names = [title_of(dossier, option) for option in first.leaders[:3]]
    if not names:
        return "The first round had no ranking."
    return f"In the first round {text.listing(names)} {'led' if len(names) == 1 else 'shared the first place'}."


def outcome_lines(dossier: Dossier, *, title_room: int = 150, reason_room: int = 1000) -> list[str]:
    """The choice, its reason, who made it and with what authority; then how it turned out."""
    outcome, resolver = dossier.outcome, dossier.resolver
    if outcome is None:
        return []
    lines = [f"*Decided: {title_of(dossier, outcome.selected_option_id, room=title_room)}*"]
    if note := _against_leader(dossier, outcome.selected_option_id, room=title_room):
        lines.append(note)
    who = text.mention(resolver.slack_user_id, resolver.name) if resolver else "a decider"
    lines.append(f"By {who}" + (f", with authority {resolver.authority}" if resolver else ""))
    return [*lines, text.quote(outcome.reason, reason_room), *_aftermath(dossier)]


def _against_leader(dossier: Dossier, chosen: UUID, *, room: int) -> str | None:
    leaders = dossier.result.leaders if dossier.result else ()
    if chosen in leaders:
        return None
    if not leaders:
        missing = "the second round has no ranking" if dossier.is_second_round else "there is no ranking"
        return f"Decided by its reason alone: {missing}."
    ahead = text.listing([title_of(dossier, option, room=room) for option in leaders[:3]])
    return f"This is not the leader of the ranking, which is {ahead}."


def _aftermath(dossier: Dossier) -> list[str]:
    outcome = dossier.outcome
    if outcome is None:
        return []
    lines = []
    if outcome.resolution_time_hours is not None:
        lines.append(f"Resolved within {text.count('hour', outcome.resolution_time_hours)}")
    if outcome.response_sent_at:
        lines.append(f"Customer informed {text.moment(outcome.response_sent_at)}")
    return lines + _recorded(outcome, dossier.team.currency)


def _recorded(outcome: Outcome, currency: str) -> list[str]:
    """How it turned out; empty until that was recorded."""
    if outcome.recorded_at is None:
        return []
    lines = [f"Outcome recorded {text.moment(outcome.recorded_at)}"]
    if outcome.customer_satisfaction_score is not None:
        lines.append(f"Customer satisfaction: {outcome.customer_satisfaction_score} of 10")
    if outcome.customer_retained is not None:
        lines.append("The customer stayed" if outcome.customer_retained else "The customer left")
    if outcome.financial_impact_actual is not None:
        lines.append(f"Actual financial impact: {text.money(outcome.financial_impact_actual, currency)}")
    if outcome.escalation_occurred:
        lines.append("It was escalated")
    if outcome.follow_up_date:
        lines.append(f"Follow up {text.moment(outcome.follow_up_date)}")
    return lines
