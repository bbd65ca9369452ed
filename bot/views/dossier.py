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
from bot.domain.permission import standing, utc, whom_for
from bot.domain.round import Round, RoundState, quorum
from bot.views import ledger
from bot.views.slack import ids, kit, text

_WHOM_LENGTH = 130
_ASIDE = re.compile(r"\s*\([^()]*\)\s*\Z")


def buttons(
    decision: Decision,
    actions: Iterable[Action],
    *,
    leading: Action | None,
    is_again: bool = False,
    for_all: Dossier | None = None,
) -> list[kit.Element]:
    """One button per action; the one that leads on is primary, those that destroy are red and ask back.

    is_again: what can be done more than once has been done before: "Amend" in place of "Record". for_all: given where
    also those read them who may not press them: then what asks back says first whom it is for.
    """
    return [_button(decision, action, leading, is_again=is_again, for_all=for_all) for action in actions]


def show_button(decision_id: UUID, number: int, *, words: str = "Show details") -> kit.Element:
    return kit.button(words, ids.SHOW, value=str(decision_id), label=f"{words}: #{number}")


def more_button(decision_id: UUID, number: int) -> kit.Element:
    return kit.button("More", ids.MORE, value=str(decision_id), label=f"More that you may do: #{number}")


def _button(
    decision: Decision, action: Action, leading: Action | None, *, is_again: bool, for_all: Dossier | None
) -> kit.Element:
    destroys = action.row.destroys
    style = "danger" if destroys else "primary" if action is leading else None
    words = (is_again and action.row.again) or action.label
    whom = whom_for(action, for_all) if for_all else None
    confirm = _confirm(action.row.confirm, whom, is_danger=destroys) if action.row.confirm else None
    spoken = f"{words}: {decision.name} {decision.case.title}"
    return kit.button(words, action, value=str(decision.id), style=style, label=spoken, confirm=confirm)


def _confirm(asked: Confirm, whom: str | None, *, is_danger: bool) -> kit.Element:
    # A dialog holds 300 characters, of which our own longest question takes half.
    question = " ".join(filter(None, [whom and text.cut(whom, _WHOM_LENGTH), asked.question]))
    return kit.confirm(asked.title, question, yes=asked.yes, no=asked.no, is_danger=is_danger)


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


def state_in_words(dossier: Dossier, now: datetime) -> str:
    """ "*Being scored* · Phase 4 of 6": where it stands, for somebody who knows nothing of phases."""
    decision = dossier.decision
    if decision.status is Status.CANCELLED:
        return f"*{progress(dossier)}*"
    place = "Finished" if dossier.is_finished else f"Phase {decision.phase} of 6"
    return f"*{state(decision, dossier.round, now)}* · {place}"


def state(decision: Decision, round_: Round | None, now: datetime) -> str:
    """ "Being scored": where it stands, in a few words, the same ones on card, list, Home tab and page.

    round_: its latest round that was not voided.
    """
    match decision.status, decision.phase:
        case Status.CANCELLED, _:
            return "Cancelled"
        case Status.CREATED, _:
            return "Its case is not filled in yet"
        case Status.TEAM_INPUT, Phase.CRITERIA:
            return "Choosing criteria"
        case Status.TEAM_INPUT, _:
            return "Collecting options"
        case Status.RESOLVED, Phase.ACT:
            return "Decided, the customer is not told yet"
        case Status.RESOLVED, _:
            return "Decided, the customer knows"
    return _state_of_round(round_, now)


def _state_of_round(round_: Round | None, now: datetime) -> str:
    match round_.state(now) if round_ else None:
        case RoundState.OPEN:
            return f"Being scored{' a second time' if round_ and round_.is_second else ''}"
        case RoundState.UNDECIDED:
            return "Too few have scored"
        case RoundState.PUBLISHED:
            return "Scored, to be decided"
    return "Scored, the result is on its way"


def standing_line(dossier: Dossier, now: datetime) -> str:
    """`permission.standing` for a window: when scoring closes as a token, in the reader's zone."""
    words = text.safe(standing(dossier, now), 1000)
    return words.replace(utc(dossier.round.closes_at), text.moment(dossier.round.closes_at)) if dossier.round else words


def facts_line(dossier: Dossier, *, room: int = 150) -> str:
    """Customer, tier, what it is about, the amount and the urgency on one line; never the e-mail address."""
    kind, customer, tier, _, amount, urgency = (said for _, said in summary_facts(dossier, room=room))
    stake = "" if dossier.decision.case.financial_impact is None else f" · {amount} at stake"
    again = f" · *{asked}*" if (asked := ledger.requests(dossier)) else ""
    return f"*{customer}* · {tier} · {kind}{stake} · urgency {urgency.replace(' · ', ', ')}{again}"


def summary_facts(dossier: Dossier, *, room: int = 150) -> list[tuple[str, str]]:
    """What everybody in the channel may know of the customer; never the e-mail address."""
    decision, case, currency = dossier.decision, dossier.decision.case, dossier.decision.currency
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


def line_facts(decision: Decision, round_: Round | None, now: datetime) -> str:
    """One decision of a list on one line: customer, type, urgency, where it stands, date. round_: see `state`."""
    case = decision.case
    facts = [
        text.inline(case.customer_name, 80),
        DECISION_TYPES.get(case.decision_type, text.inline(case.decision_type, 50)),
        f"urgency {URGENCY[case.urgency_level].replace(' · ', ', ')}",
        text.within_sentence(state(decision, round_, now)),
    ]
    if case.expected_resolution_date and decision.status is not Status.RESOLVED:
        is_late = case.expected_resolution_date <= now
        facts.append(f"{'*overdue*: ' if is_late else 'by '}{text.moment(case.expected_resolution_date)}")
    return " · ".join([*facts, *promise(decision, now)])


def promise(decision: Decision, now: datetime) -> list[str]:
    """By when the customer was promised a reply, until they have it; late from that moment on. In the reader's zone."""
    at = decision.case.promised_by
    if at is None or not decision.awaits_reply:
        return []
    return [f"*late*: reply promised by {text.moment(at)}" if at <= now else f"reply promised by {text.moment(at)}"]


def due_line(dossier: Dossier, now: datetime) -> str:
    """Owner and date; the date as a token, in the reader's zone."""
    at = dossier.decision.case.expected_resolution_date
    is_open = dossier.decision.status not in (Status.RESOLVED, Status.CANCELLED)
    late = ["*overdue*"] if is_open and at and at <= now else []
    by = f"Decide by {text.moment(at)}" if at else "No date to decide by yet"
    promised = [text.sentence_case(words) for words in promise(dossier.decision, now)]
    return "  ·  ".join([owner_line(dossier), by, *late, *promised])


def closing_line(dossier: Dossier, now: datetime) -> str:
    """`due_line` of what is decided: what is left of it is the reply."""
    promised = [text.sentence_case(words) for words in promise(dossier.decision, now)]
    return "  ·  ".join([owner_line(dossier), *promised])


def owner_line(dossier: Dossier) -> str:
    owner, before = dossier.owner, dossier.predecessor
    took_over = f", who took over from {text.inline(before.name, 80)}" if before else ""
    has_left = ", *no longer active*" if dossier.is_orphaned and not dossier.is_over else ""
    return f"Owner: {text.mention(owner.slack_user_id, owner.name)}{took_over}{has_left}"


def cost_fact(cost: Decimal | None, currency: str) -> str:
    return f"cost {text.money(cost, currency)}"


def option_facts(option: Option, currency: str) -> str:
    return (
        f"{cost_fact(option.financial_cost, currency)} · "
        f"effort {LEVELS.get(option.implementation_effort, '?').lower()} · "
        f"risk {LEVELS.get(option.risk_level, '?').lower()}"
    )


def option_lines(options: Iterable[Option], currency: str, *, room: int = 150) -> list[str]:
    return [f"• *{text.inline(o.title, room)}* · {option_facts(o, currency)}{suggested_mark(o)}" for o in options]


def suggested_mark(option: Option) -> str:
    """What stands beside an option that earlier cases have suggested."""
    return " · suggested" if option.ai_generated else ""


def criteria_line(criteria: Sequence[Criterion], *, room: int = 60) -> str:
    """ "Trust 67 %, Cost 33 %": of what each is worth, on one line; empty without criteria."""
    total = sum((c.weight for c in criteria), Decimal(0)) or Decimal(1)
    names = short_names(criteria)
    return ", ".join(f"{text.inline(names[c.id], room)} {text.per_cent(c.weight / total * 100)}" for c in criteria)


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
            ways_out = "publish anyway or cancel" if round_.is_too_small else "extend, publish anyway or cancel"
            return [
                f"{scored}, and at least {quorum(people)} of {people} must",
                f"{_lead(dossier, begins=True)} or a decider can {ways_out}",
            ]
        case RoundState.CLOSED:
            return [f"{scored} · scoring is closed, the result is on its way"]
    return [round_.turnout]


def _who_may_close(dossier: Dossier, round_: Round) -> str:
    if round_.is_too_small:
        way_out = "cancel the decision" if round_.follows else "start over or cancel the decision"
        return f"Too few people are left to score: {_lead(dossier)} can {way_out}."
    if round_.has_quorum:
        return f"Enough have scored: {_lead(dossier)} or a decider can close scoring now."
    return f"At least {quorum(len(round_.roster))} must score; from there on scoring can be closed early."


def _lead(dossier: Dossier, *, begins: bool = False) -> str:
    """Who moves it on; `begins`: at the beginning of a sentence."""
    if dossier.is_orphaned:
        return text.sentence_case(dossier.lead) if begins else dossier.lead
    return f"{text.inline(dossier.lead, 80)} (owner)"


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
    """The choice, who made it, against which ranking, and why; then how it turned out."""
    if dossier.outcome is None:
        return []
    reason, at = text.quote(dossier.outcome.reason, reason_room), dossier.outcome.recorded_at
    recorded = [f"Outcome recorded {text.moment(at)}"] if at else []
    return [*_choice(dossier, dossier.outcome, room=title_room), reason, *aftermath(dossier), *recorded]


def outcome_summary(dossier: Dossier, *, title_room: int = 150, reason_room: int = 300) -> list[str]:
    """The same in four lines, for the card: what was decided, by whom, why, and how it turned out."""
    if dossier.outcome is None:
        return []
    reason = text.quote(text.one_line(dossier.outcome.reason), reason_room)
    after = " · ".join(aftermath(dossier))
    return [*_choice(dossier, dossier.outcome, room=title_room), reason, *([after] if after else [])]


def _choice(dossier: Dossier, outcome: Outcome, *, room: int) -> list[str]:
    resolver, option_id = dossier.resolver, outcome.selected_option_id
    who = text.mention(resolver.slack_user_id, resolver.name) if resolver else "a decider"
    note = against_leader(dossier, option_id, room=room)
    by = f"By {who}{for_whom(dossier)}"
    return [f"*Decided: {title_of(dossier, option_id, room=room)}*", f"{by}{f'. {note}' if note else ''}"]


def for_whom(dossier: Dossier) -> str:
    """ ", in the place of Mike Chen, confirmed by Sarah Johnson": who else stands behind a choice; else empty."""
    principal, second = dossier.principal, dossier.second if dossier.outcome else None
    place = f", in the place of {text.inline(principal.name, 80)}" if principal else ""
    return f"{place}, confirmed by {text.inline(second.name, 80)}" if second else place


def proposal_lines(dossier: Dossier, *, title_room: int = 150, reason_room: int = 300) -> list[str]:
    """A choice that a second person has to confirm, or has sent back; empty where there is none."""
    proposal, proposer, second = dossier.decision.proposal, dossier.proposer, dossier.second
    if proposal is None or proposer is None:
        return []
    title, who = title_of(dossier, proposal.option_id, room=title_room), text.inline(proposer.name, 80)
    if second:
        why = text.quote(text.one_line(proposal.returned_reason or ""), reason_room)
        return [f"*Sent back by {text.inline(second.name, 80)}: {title}*, proposed by {who}", why]
    reason = text.quote(text.one_line(proposal.reason), reason_room)
    until = f"Somebody else confirms it or sends it back until {text.moment(proposal.expires_at)}"
    return [f"*Proposed: {title}*, by {who}", reason, until]


def against_leader(dossier: Dossier, chosen: UUID, *, room: int) -> str | None:
    """What is said of a choice that is not the leader of the ranking; None where it is."""
    leaders = dossier.result.leaders if dossier.result else ()
    if chosen in leaders:
        return None
    if not leaders:
        missing = "the second round has no ranking" if dossier.is_second_round else "there is no ranking"
        return f"Decided by its reason alone: {missing}."
    ahead = text.listing([title_of(dossier, option, room=room) for option in leaders[:3]])
    return f"This is not the leader of the ranking, which is {ahead}."


def aftermath(dossier: Dossier) -> list[str]:
    """How it went on once it was decided; empty before."""
    outcome = dossier.outcome
    if outcome is None:
        return []
    lines = []
    if outcome.resolution_time_hours is not None:
        lines.append(f"Resolved within {text.count('hour', outcome.resolution_time_hours)}")
    if outcome.response_sent_at:
        lines.append(f"Customer informed {text.moment(outcome.response_sent_at)}")
    return lines + _recorded(outcome, dossier.decision.currency)


def _recorded(outcome: Outcome, currency: str) -> list[str]:
    """How it turned out; empty until that was recorded."""
    if outcome.recorded_at is None:
        return []
    lines = [] if outcome.worked is None else ["It worked" if outcome.worked else "It did not work"]
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
