"""From what the services answer to what programs get."""

from bot.domain.by import By
from bot.domain.decision import Dossier, Status, missing_for_criteria
from bot.domain.outcome import Outcome
from bot.domain.precedent import Precedents
from bot.domain.result import Result, to_body
from bot.domain.search import Found
from bot.domain.team import Member
from bot.domain.trail import Line
from bot.views import headline
from bot.views.slack.text import plain
from web.api import shapes
from web.views import decision as view
from web.views import trail


def decision(found: Dossier, by: By, *, url: str, active_members: int) -> shapes.DecisionOut:
    d = found.decision
    return shapes.DecisionOut(
        number=d.number,
        revision=d.revision,
        url=f"{url}{view.path_of(found)}",
        status=d.status.value,
        phase=d.phase.value,
        state=view.state(found, by.now),
        currency=d.currency,
        owner=found.owner.name,
        opened_at=d.created_at,
        resolved_at=d.resolved_at,
        case=_case(found),
        criteria=[_criterion(found, place) for place in range(len(found.criteria))],
        options=[_option(found, place) for place in range(len(found.options))],
        missing=list(missing(found, active_members=active_members)),
        round=_round(found, by),
        has_result=found.result is not None,
        choice=_choice(found),
        cancel_reason=d.cancel_reason if d.status is Status.CANCELLED else None,
    )


def missing(found: Dossier, *, active_members: int) -> tuple[str, ...]:
    """Nothing, once options can be added."""
    is_defined = found.decision.status is not Status.CREATED
    return () if is_defined else missing_for_criteria(found.decision.case, active_members=active_members)


def _case(found: Dossier) -> shapes.Case:
    case = found.decision.case
    return shapes.Case(
        type=case.decision_type,
        title=case.title,
        description=case.description,
        customer=case.customer_name,
        customer_tier=case.customer_tier,
        customer_value=case.customer_value,
        customer_email=case.customer_email,
        customer_id=case.customer_id,
        relationship_months=case.relationship_duration_months,
        urgency=case.urgency_level,
        financial_impact=case.financial_impact,
        decide_by=case.expected_resolution_date,
        promised_by=case.promised_by,
    )


def _criterion(found: Dossier, place: int) -> shapes.CriterionOut:
    one = found.criteria[place]
    return shapes.CriterionOut(id=one.id, name=one.name, description=one.description, weight=str(one.weight))


def _option(found: Dossier, place: int) -> shapes.OptionOut:
    one = found.options[place]
    return shapes.OptionOut(
        id=one.id,
        title=one.title,
        description=one.description,
        cost=one.financial_cost,
        effort=one.implementation_effort,
        risk=one.risk_level,
    )


def _round(found: Dossier, by: By) -> shapes.RoundOut | None:
    one, state = found.round, found.round_state(by.now)
    if one is None or state is None:
        return None
    return shapes.RoundOut(
        number=one.number,
        state=state.value,
        opened_at=one.opened_at,
        closes_at=one.closes_at,
        asked=len(one.roster),
        scored=one.ballots,
    )


def _choice(found: Dossier) -> shapes.ChoiceOut | None:
    made = found.outcome
    if made is None:
        return None
    return shapes.ChoiceOut(
        option=made.selected_option_id,
        by=found.resolver.name if found.resolver else None,
        reason=made.reason,
        limits=list(view.limits(found)),
        informed_at=made.response_sent_at,
    )


def result(found: Dossier, published: Result) -> shapes.ResultOut:
    step = headline.next_step(found, published)
    words = headline.statement(found, published) if published.rows else headline.nothing(published)
    return shapes.ResultOut(
        number=found.decision.number,
        statement=plain(words),
        next_step=plain(step) if step else None,
        notes=[plain(note) for note in headline.notes(found, published)],
        result=to_body(published),
    )


def outcome(made: Outcome) -> shapes.OutcomeOut:
    return shapes.OutcomeOut(
        option=made.selected_option_id,
        worked=made.worked,
        customer_satisfaction=made.customer_satisfaction_score,
        customer_retained=made.customer_retained,
        actual_cost=made.financial_impact_actual,
        escalated=made.escalation_occurred,
        follow_up_at=made.follow_up_date,
        recorded_at=made.recorded_at,
        notes=made.outcome_notes,
    )


def row(found: Found) -> shapes.Row:
    return shapes.Row(
        number=found.number,
        title=found.title,
        customer=found.customer,
        type=found.decision_type,
        status=found.status,
        phase=found.phase,
        urgency=found.urgency,
        owner=found.owner,
        opened_at=found.opened_at,
        resolved_at=found.resolved_at,
        financial_impact=found.amount,
        currency=found.currency,
        choice=found.choice,
    )


def precedents(found: Precedents) -> shapes.PrecedentsOut:
    numbers = {case.decision_id: case.number for case in found.cases}
    return shapes.PrecedentsOut(
        cases=[
            shapes.Earlier(
                number=case.number,
                title=case.title,
                customer=case.customer,
                type=case.decision_type,
                decided_at=case.decided_at,
                financial_impact=case.amount,
                currency=case.currency,
            )
            for case in found.cases
        ],
        answers=None if found.answers is None else [
            shapes.EarlierAnswer(
                number=numbers[answer.decision_id],
                kind=answer.kind.value,
                cost=answer.cost,
                currency=answer.currency,
                customer_retained=answer.stayed,
                escalated=answer.was_escalated,
            )
            for answer in found.answers
        ],
        recommendation=_favoured(found),
    )  # fmt: skip


def _favoured(found: Precedents) -> shapes.Favoured | None:
    one = found.recommendation
    if one is None:
        return None
    kind = one.kind.value
    return shapes.Favoured(kind=kind, noun=one.noun, known=one.known, retained=one.stayed, against=list(one.against))


def line(one: Line) -> shapes.LineOut:
    return shapes.LineOut(at=one.at, action=one.action, words=trail.said(one), who=one.who, decision=one.number)


def member(one: Member) -> shapes.MemberOut:
    return shapes.MemberOut(
        id=one.id, name=one.name, email=one.email, role=one.role, authority=one.authority, is_active=one.is_active
    )
