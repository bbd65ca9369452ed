"""Decisions to look at: small factories, the twelve situations of a card, and the worst that may come."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from bot import lexicon
from bot.domain import criterion as criteria
from bot.domain import option as options
from bot.domain.action import Action
from bot.domain.agreement import Agreement
from bot.domain.authority import AuthorityTable
from bot.domain.by import By, Rules
from bot.domain.classification import Choices, Reading
from bot.domain.criterion import Criterion, CriterionDraft
from bot.domain.decision import DECISION_TYPES, Case, Decision, Dossier, Phase, Status
from bot.domain.deputy import Absence
from bot.domain.draft import Draft, Source
from bot.domain.draft import Status as DraftStatus
from bot.domain.draft import read as read_draft
from bot.domain.evaluation import Ballot, Comments, Page
from bot.domain.money import MAX_AMOUNT
from bot.domain.option import Option, OptionDraft
from bot.domain.outcome import Answer, Before, Outcome, Proposal
from bot.domain.questions import questions_of
from bot.domain.result import Result, ResultRow, ShownCell, ShownTopic, WeightLimit
from bot.domain.round import Round, RoundMember, Thresholds
from bot.domain.stability import StabilityLabel
from bot.domain.team import Actor, Member, Team
from bot.domain.template import CriteriaTemplates
from bot.domain.waiting import Kind, Line, Waiting
from bot.views import (
    card,
    classification,
    criterion,
    decision,
    deputy,
    draft,
    evaluation,
    help,
    more,
    option,
    outcome,
    result,
    round,
    second_round,
    team,
)
from bot.views.slack import notice
from tests.support.known import known

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
EMAIL = "jane@acme.example"
TEAM = Team(UUID(int=1), "Care", "TechCorp", "Software", 5, "USD")


def a_member(number: int, name: str, *, authority: int = 2, **facts: Any) -> Member:
    email = f"m{number}@techcorp.example"
    return Member(UUID(int=100 + number), TEAM.id, name, email, "support_manager", authority, **facts)


SARAH = a_member(1, "Sarah Johnson", authority=5, slack_user_id="U1SARAH")
MIKE = a_member(2, "Mike Chen", authority=4, slack_user_id="U2MIKE")
LISA = a_member(3, "Lisa Rodriguez")
TOM = a_member(4, "Tom Becker")
ANA = a_member(5, "Ana Silva", authority=1)
PEOPLE = (SARAH, MIKE, LISA, TOM, ANA)

CASE = Case(
    decision_type="refund_request",
    customer_name="Acme & Sons",
    title="Refund <six> weeks of outage",
    description="They were *down* twice.\nThey ask for everything back.",
    customer_tier="enterprise",
    customer_value=Decimal("120000"),
    customer_email=EMAIL,
    customer_id="AC-7",
    relationship_duration_months=30,
    urgency_level=4,
    financial_impact=Decimal("8000.50"),
    expected_resolution_date=NOW + timedelta(days=4),
)


def a_criterion(number: int, name: str, weight: str = "1") -> Criterion:
    return Criterion(UUID(int=200 + number), name, f"About {name.lower()}", Decimal(weight), number)


def an_option(number: int, title: str, *, cost: str = "0", risk: str = "low", by: Member = LISA) -> Option:
    return Option(
        UUID(int=300 + number), UUID(int=9), by.id, title, f"{title}, in full.", Decimal(cost), "medium", risk
    )


CRITERIA = (a_criterion(0, "Trust", "3"), a_criterion(1, "Cost", "1.5"))
OPTIONS = (
    an_option(0, "Full refund", cost="8000", by=LISA),
    an_option(1, "Half refund", cost="4000", by=TOM),
    an_option(2, "Credit note", cost="500", risk="high", by=MIKE),
)


def a_decision(status: Status, phase: int, *, case: Case = CASE, **facts: Any) -> Decision:
    made = NOW - timedelta(days=1)
    facts = {"channel_id": "C1", "permalink": "https://techcorp.slack.com/archives/C1/p1", **facts}
    return Decision(UUID(int=9), TEAM.id, 42, 7, SARAH.id, made, status, Phase(phase), case, "T1", **facts)


def a_round(*, submitted: int = 0, people: Sequence[Member] = PEOPLE, **facts: Any) -> Round:
    members = tuple(RoundMember(m.id, m.name, m.slack_user_id, i < submitted, False) for i, m in enumerate(people))
    given = {"closes_at": TOMORROW, "thresholds": Thresholds(), **facts}
    return Round(
        UUID(int=400),
        UUID(int=9),
        1,
        NOW - timedelta(hours=2),
        option_ids=tuple(o.id for o in OPTIONS),
        weights=tuple((c.id, c.weight) for c in CRITERIA),
        members=members,
        **given,
    )


def a_dossier(status: Status, phase: int, **facts: Any) -> Dossier:
    found = facts.pop("decision", None) or a_decision(status, phase)
    facts = {"criteria": CRITERIA, "options": OPTIONS, **facts}
    return Dossier(found, TEAM, SARAH, **facts)


OLD_RESULT = Result(
    version=1,
    ballots=5,
    people=5,
    thresholds=Thresholds(),
    rows=(
        ResultRow(OPTIONS[1].id, 1, "7.4", True),
        ResultRow(OPTIONS[0].id, 2, "7.4", True),
        ResultRow(OPTIONS[2].id, None, None, needs=(CRITERIA[1].id,)),
    ),
)
"""As it was published before results said how solid they are."""
RESULT = replace(
    OLD_RESULT,
    version=3,
    rows=tuple(replace(row, share=share) for row, share in zip(OLD_RESULT.rows, (75, 25, None), strict=True)),
    label=StabilityLabel.LEANING,
    topics=(ShownTopic(CRITERIA[1].id, 60), ShownTopic(CRITERIA[0].id, 40)),
    cells=(
        ShownCell(OPTIONS[1].id, CRITERIA[0].id, "8.2", Agreement.ALIGNED),
        ShownCell(OPTIONS[1].id, CRITERIA[1].id, "3.0", Agreement.SPLIT),
        ShownCell(OPTIONS[0].id, CRITERIA[0].id, "≥ 9.5", Agreement.ALIGNED),
    ),
    low=((OPTIONS[1].id, CRITERIA[1].id),),
)
OUTCOME = Outcome(UUID(int=9), OPTIONS[0].id, "Trust matters more than the money.", MIKE.id, resolution_time_hours=25)
RECORDED = replace(
    OUTCOME,
    response_sent_at=NOW,
    customer_satisfaction_score=9,
    customer_retained=True,
    financial_impact_actual=Decimal("-7500"),
    escalation_occurred=True,
    follow_up_date=TOMORROW,
    outcome_notes="They stayed.",
    recorded_at=NOW,
    worked=True,
    answer=Answer.WORKED,
    answered_at=NOW,
    before=Before(worked=None, follow_up_date=NOW, recorded_at=None, is_moved=False),
)
CLOSED: dict[str, Any] = {"closed_at": NOW - timedelta(minutes=5), "close_cause": "all_scored"}


def situations() -> dict[str, Dossier]:
    """The fourteen situations that a card shows."""
    published = a_round(submitted=5, **CLOSED, published_at=NOW)
    resolved = {"round": published, "result": RESULT, "resolver": MIKE}
    again: dict[str, Any] = {"number": 2, "follows": UUID(int=400)}
    second_result = replace(RESULT, rows=tuple(replace(row, total=None, is_about=False) for row in RESULT.rows))
    bare = replace(CASE, description="", expected_resolution_date=None)
    return {
        "define": a_dossier(
            Status.CREATED, 1, decision=a_decision(Status.CREATED, 1, case=bare), criteria=(), options=()
        ),
        "criteria": a_dossier(Status.TEAM_INPUT, 2, options=()),
        "options": a_dossier(Status.TEAM_INPUT, 3),
        "orphaned": replace(
            a_dossier(Status.TEAM_INPUT, 3),
            owner=replace(SARAH, is_active=False),
            predecessor=ANA,
            colleagues=tuple(PEOPLE[1:]),
        ),
        "open": a_dossier(Status.EVALUATING, 4, round=a_round(submitted=2)),
        "quorum": a_dossier(Status.EVALUATING, 4, round=a_round(submitted=4)),
        "undecided": a_dossier(Status.EVALUATING, 4, round=a_round(submitted=2, **CLOSED)),
        "published": a_dossier(Status.EVALUATING, 4, round=published, result=RESULT),
        "proposed": a_dossier(
            Status.EVALUATING,
            4,
            decision=a_decision(Status.EVALUATING, 4, proposal=Proposal(OPTIONS[0].id, "It is right.", MIKE.id, NOW)),
            round=published,
            result=RESULT,
            proposer=MIKE,
        ),
        "second round": a_dossier(
            Status.EVALUATING, 4, round=replace(a_round(submitted=2), **again), first_result=RESULT
        ),
        "second result": a_dossier(
            Status.EVALUATING,
            4,
            round=replace(published, **again),
            result=second_result,
            first_result=RESULT,
        ),
        "act": a_dossier(Status.RESOLVED, 5, **resolved, outcome=OUTCOME),
        "learn": a_dossier(Status.RESOLVED, 6, **resolved, outcome=RECORDED),
        "cancelled": a_dossier(
            Status.CANCELLED, 2, decision=a_decision(Status.CANCELLED, 2, cancel_reason="The customer\nwithdrew.")
        ),
    }


def filled(pattern: str, length: int) -> str:
    """`length` characters of a pattern."""
    return (pattern * (length // len(pattern) + 1))[:length]


def worst(dossier: Dossier, pattern: str) -> Dossier:
    """The same situation with 12 options, 12 criteria, 60 people and the longest texts, all made of `pattern`."""

    def text(length: int) -> str:
        return filled(pattern, length)

    many = tuple(
        Criterion(UUID(int=200 + i), text(criteria.NAME_LENGTH), text(criteria.DESCRIPTION_LENGTH), Decimal("4.95"), i)
        for i in range(criteria.MAX_CRITERIA)
    )
    offers = tuple(
        replace(
            an_option(i, text(options.TITLE_LENGTH), cost="9999999999.99", risk="high"),
            description=text(options.DESCRIPTION_LENGTH),
        )
        for i in range(options.MAX_OPTIONS)
    )
    people = tuple(replace(a_member(i, text(255)), slack_user_id=None) for i in range(60))
    huge = Decimal("-9999999999.99")
    case = replace(
        CASE,
        title=text(150),
        customer_name=text(150),
        description=text(3000),
        customer_id=text(100),
        customer_email=f"{'e' * 241}@acme.example",
        customer_value=huge,
        financial_impact=huge,
        expected_resolution_date=CASE.expected_resolution_date,
    )
    reason = text(1000) if dossier.decision.cancel_reason else None
    offer = dossier.decision.proposal and replace(
        dossier.decision.proposal, option_id=offers[-1].id, reason=text(1000), returned_reason=text(1000)
    )
    found = replace(dossier.decision, case=case, number=2_000_000_000, cancel_reason=reason, proposal=offer)
    round_ = dossier.round and replace(
        dossier.round,
        option_ids=tuple(o.id for o in offers),
        weights=tuple((c.id, c.weight) for c in many),
        members=tuple(RoundMember(m.id, m.name, None, i % 2 == 0, i % 7 == 1) for i, m in enumerate(people)),
        override_reason=text(1000) if dossier.round.closed_at else None,
    )
    published = dossier.result and replace(dossier.result, **everything_of(offers, many))
    return replace(
        dossier,
        decision=found,
        owner=replace(people[0], id=SARAH.id, is_active=dossier.owner.is_active),
        predecessor=dossier.predecessor and people[2],
        criteria=many if dossier.criteria else (),
        options=offers if dossier.options else (),
        round=round_,
        result=published,
        first_result=dossier.first_result and replace(dossier.first_result, rows=published.rows if published else ()),
        outcome=dossier.outcome
        and replace(
            dossier.outcome,
            selected_option_id=offers[-1].id,
            reason=text(1000),
            outcome_notes=text(2000),
            financial_impact_actual=huge,
        ),
        resolver=dossier.resolver and people[1],
        principal=dossier.resolver and people[3],
        proposer=dossier.proposer and people[4],
        second=(dossier.resolver or dossier.proposer) and people[5],
    )


def everything_of(offers: Sequence[Option], many: Sequence[Criterion]) -> dict[str, Any]:
    """A result that says as much as it can, about all of these."""
    ids, criterion_ids = tuple(o.id for o in offers), tuple(c.id for c in many)
    return {
        "rows": tuple(
            ResultRow(id_, 1 if i < 4 else 5 if i < 9 else None, "≥ 9.5", True, criterion_ids, 25)
            for i, id_ in enumerate(ids)
        ),
        "label": StabilityLabel.TOO_CLOSE,
        "topics": tuple(ShownTopic(id_) for id_ in criterion_ids[:4]),
        "cells": tuple(ShownCell(o, k, "≥ 9.5", Agreement.SPLIT) for o in ids for k in criterion_ids),
        "low": tuple((o, k) for o in ids[:4] for k in criterion_ids),
        "dominated": tuple((o, ids[:4]) for o in ids[4:]),
        "weight_limits": tuple(WeightLimit(id_, "4.95", "0.25", "5") for id_ in criterion_ids),
        "confident_leaders": ids[4:],
    }


PATTERNS = {
    "letters": "Lorem ipsum ",
    "one word": "x",
    "ampersands": "&<>",
    "mentions": "<!channel> @here <@U123> ",
    "marks": "*_~`> ",
    "lines": "\n- a\n",
    "astral": "🙂🏽",
    "wide": "漢字かな",
    "control": "a\x00\u202eb\ud83dc",
    "tokens": "<!date^1^{date}|x> ```",
}


def ballot_of(dossier: Dossier, *, pattern: str = "Fine. ", is_submitted: bool = True) -> Ballot:
    """Everything scored 7, one comment of full length per option."""
    if dossier.round is None:
        return Ballot()
    pages = {c: Page(dict.fromkeys(dossier.round.option_ids, 7), confidence=3) for c, _ in dossier.round.weights}
    texts = {o: filled(pattern, 500) for o in dossier.round.option_ids}
    return Ballot(pages, Comments(texts, share=True), is_submitted)


def sized(dossier: Dossier, options_: int, criteria_: int) -> Dossier:
    """The same decision, its round about so many options and criteria at most."""
    found = known(dossier.round)
    return replace(
        dossier, round=replace(found, option_ids=found.option_ids[:options_], weights=found.weights[:criteria_])
    )


def on_many_pages() -> Dossier:
    """Too much to score for one page: 3 options, 7 criteria."""
    open_ = situations()["open"]
    many = tuple(a_criterion(n, f"Criterion no. {n + 1}") for n in range(7))
    round_ = replace(known(open_.round), weights=tuple((c.id, c.weight) for c in many))
    return replace(open_, criteria=many, round=round_)


def score_window(dossier: Dossier, ballot: Ballot | None = None, **facts: Any) -> dict[str, Any]:
    """Lisa's scoring window; the first one, with nothing in it, by default."""
    shown = {"index": 0, "member_id": LISA.id, "revision": "r1", **facts}
    return evaluation.window(questions_of(dossier), ballot or Ballot(), **shown)


def by(member: Member) -> By:
    """This person, now, under the rules of a fresh installation."""
    actor = Actor(member, TEAM, "T1", member.slack_user_id or "U0")
    return By(actor, NOW, Rules(AuthorityTable(), CriteriaTemplates({}), lexicon.authored()))


def a_draft(pattern: str) -> Draft:
    """As long as one can be, with all of it wrong that can be wrong."""
    given = {
        "title": filled(pattern, 400),
        "description": filled(pattern, 20_000),
        "customer": filled(pattern, 400),
        "customer_email": filled(pattern, 400),
        "customer_tier": "basic",
        "type": filled(pattern, 400),
        "urgency": filled(pattern, 400),
        "amount": filled(pattern, 400),
        "channel": filled(pattern, 400),
    }
    options = [OptionDraft(filled(pattern, 140) + str(place), "") for place in range(12)]
    return Draft(
        id=UUID(int=77),
        team_id=TEAM.id,
        owner_id=MIKE.id,
        owner=MIKE.name,
        source=Source("hook:1", filled(pattern, 80)),
        reference=filled(pattern, 200),
        link="https://desk.example/" + "x" * 470,
        content=read_draft(given, currency="USD", options=options),
        status=DraftStatus.WAITING,
    )


def modals(dossier: Dossier, *, pattern: str = "Fine. ") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every modal that this decision can show, by name."""
    ballot = ballot_of(dossier, pattern=pattern)
    comments = [(o.id, filled(pattern, 500)) for o in dossier.options for _ in range(20)]
    case = dossier.decision.case
    yield "details", decision.details(dossier, by(MIKE), deciders=PEOPLE, comments=comments)
    for who in PEOPLE:
        yield f"more for {who.name}", more.more(dossier, by(who))
    yield "edit case", decision.edit_case(dossier)
    yield "urgency", decision.urgency(dossier)
    yield "cancel", decision.cancel(dossier)
    yield (
        "created",
        decision.created(dossier.decision, currency="USD", criteria=4, missing=("a description of the problem",)),
    )
    yield "edited", decision.edited(dossier.decision)
    yield "criteria set", decision.criteria_set(dossier.decision)
    yield "new", decision.new_decision(team=TEAM, title=case.title, description=case.description)
    about, why = "refund_request", (filled(pattern, 80),) * 5
    read = Reading(about, about, 0.9, why, 5, MAX_AMOUNT, None, (), "lexicon", "1")
    yield "new, suggested", decision.new_decision(team=TEAM, title=case.title, reading=read)
    words = dict.fromkeys(DECISION_TYPES, tuple(filled(pattern, 60) for _ in range(3)))
    yield "suggestions", classification.choices(Choices(words=words), team=str(TEAM.id))
    yield "suggestions saved", classification.chosen(Choices(is_on=False))
    yield "new, unfolded", decision.unfolded(decision.new_decision(team=TEAM, channel_id="C1"))
    drafts = [CriterionDraft(c.name, c.weight, c.description, c.id) for c in dossier.criteria]
    proposed = a_draft(pattern)
    yield "new, of a draft", decision.new_decision(team=TEAM, channel_id="C1", permalink=proposed.link, draft=proposed)
    yield "criteria", criterion.edit(dossier, rows=drafts, revision="r1")
    yield "propose", option.propose(dossier, by(MIKE), members=PEOPLE)
    yield "propose, unfolded", option.unfolded(option.propose(dossier, by(MIKE), members=PEOPLE))
    added = [OptionDraft(o.title, "", o.financial_cost) for o in dossier.options[:3]]
    yield "proposed", option.proposed(dossier, by(SARAH), drafts=added or [OptionDraft("A voucher", "")])
    yield "my options", option.mine(dossier, dossier.options)
    for found in dossier.options[:1]:
        yield "edit option", option.edit(dossier, by(MIKE), found, members=PEOPLE)
    people = [a_member(i, filled(pattern, 255)) for i in range(240)]
    yield "start", round.start(dossier, by(SARAH), members=people, closes_at=TOMORROW)
    yield "started", round.started(dossier)
    yield "extend", round.extend(dossier, closes_at=TOMORROW)
    yield "void", round.void(dossier)
    yield "proceed", round.proceed(dossier)
    yield "second round", second_round.ask(dossier, closes_at=TOMORROW)
    if dossier.round:
        for index in range(evaluation.pages(questions_of(dossier)) + 1):
            yield f"page {index}", score_window(dossier, ballot, index=index)
        for options_, criteria_ in ((10, 2), (2, 10), (4, 5)):
            yield f"one page of {options_} x {criteria_}", score_window(sized(dossier, options_, criteria_), ballot)
        yield "shown", evaluation.will_be_shown(dossier)
        yield "saved", evaluation.saved(questions_of(dossier), ballot)
    yield "submitted", evaluation.submitted(dossier.decision.name, submitted=4, roster=5, closed=False)
    if dossier.options:
        yield "resolve", outcome.resolve(dossier, by(ANA))
    yield "resolved", outcome.resolved(dossier)
    yield "send back", outcome.send_back(dossier)
    yield "record", outcome.record(dossier)
    yield "reopen", outcome.reopen(dossier)
    group = replace(TEAM, name=filled(pattern, 255), company_name=filled(pattern, 255), industry=filled(pattern, 100))
    yield "setup", team.setup(team=group, is_first=True, channel_id="C1")
    several = [replace(group, id=UUID(int=9000 + i)) for i in range(100)]
    yield (
        "setup from outside",
        team.setup(team=group, is_first=False, is_outside=True, others=several, may_create=True, channel_id="C1"),
    )
    yield "one more team", team.setup(team=None, is_first=False, is_another=True)
    yield "which team", team.which_team(several, channel_id="C1", may_create=True)
    yield "members", team.members(group, people, table=AuthorityTable(), page=3, notes=[filled(pattern, 400)] * 30)
    expert = replace(people[0], expertise_areas=("refund_request", *(filled(pattern, 40) for _ in range(10))))
    yield "member", team.edit_member(expert, by(replace(SARAH, authority=5)))
    away = Absence(expert.id, people[1].id, NOW, TOMORROW)
    yield "deputy", deputy.window(expert, away, people[1], is_own=False, team_id=TEAM.id)
    yield "notice", notice.notice(filled(pattern, 60), filled(pattern, 2500))
    yield "done", notice.done(filled(pattern, 60), filled(pattern, 2500))
    yield "loading", notice.loading(filled(pattern, 60))


def messages(dossier: Dossier, *, pattern: str = "Fine. ") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every message that this decision can send, by name."""
    case = dossier.decision.case
    yield "card", card.card(dossier, now=NOW)
    for reason in ("not_in_channel", "channel_not_found", "is_archived", "restricted_action"):
        yield f"unreachable {reason}", card.unreachable(dossier, reason=reason, bot_name=filled(pattern, 80))
    yield "moved", card.moved(dossier)
    if dossier.result:
        comments = [(o.id, filled(pattern, 500)) for o in dossier.options for _ in range(20)]
        for look, shown in enumerate(result.messages(dossier, comments=comments)):
            yield f"result {look}", shown
        few = replace(dossier, result=Result(2, 2, 2, Thresholds()))
        yield "result of two", result.messages(few)[0]
        old = replace(dossier, result=OLD_RESULT)
        yield "old result", result.messages(old, comments=comments)[0]
    late = replace(case, expected_resolution_date=NOW - timedelta(days=1))
    line = Line(replace(dossier.decision, case=late), Waiting(LISA.id, Kind.FOLLOW_UP, Action.RECORD_OUTCOME))
    yield "list", decision.decision_list([line] * 25, total=25, offset=10, now=NOW)
    yield "draft", draft.offered(a_draft(pattern), TEAM)
    yield "draft put away", draft.dismissed(a_draft(pattern))
    yield "help", help.help_message(bot_name=filled(pattern, 80))
    yield "private", notice.private(filled(pattern, 2500))
    group = replace(TEAM, name=filled(pattern, 255), company_name=filled(pattern, 255))
    yield "announcement", team.announcement(group, slack_user_id="U1")
    changed = [a_member(i, filled(pattern, 255)) for i in range(100)]
    away = Absence(changed[0].id, changed[1].id, NOW, TOMORROW)
    for to_deputy in (False, True):
        words: dict[str, Any] = {"to_deputy": to_deputy, "by": changed[2].name, "is_over": False}
        yield f"deputy told {to_deputy}", deputy.told(changed[0], changed[1], away, **words)
    yield "tended", team.tended(group, changed, slack_user_id="U1", table=AuthorityTable())
