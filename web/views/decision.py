"""What the page of one decision shows: the same values for the page, its Markdown and its data.

Everything is what the whole team may see. A result is there once it is published, and of ballots only their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bot.domain.authority import decider, required_authority
from bot.domain.by import Rules
from bot.domain.decision import TIERS, URGENCY, Case, Dossier, Phase, Status
from bot.domain.ledger import Entry
from bot.domain.option import LEVELS
from bot.domain.outcome import Outcome
from bot.domain.precedent import SHOWN, Precedents, is_told
from bot.domain.result import Result, to_body
from bot.domain.rounding import number
from bot.views import dossier as slack_view
from bot.views import headline
from bot.views import ledger as ledger_view
from bot.views import precedent as precedent_view
from bot.views import result as result_view
from bot.views.slack.text import plain
from web.views.words import kind, money


@dataclass(frozen=True)
class Place:
    """One option in the ranking."""

    place: str
    title: str
    total: str
    """As it is printed: "7.4", "≥ 9.5"; empty where it may not be shown."""
    value: float | None
    """Of the bar, 1 to 10."""
    cells: tuple[str, ...]
    """By criterion: the average and how far the scores lie apart, or empty."""
    is_leader: bool


@dataclass(frozen=True)
class Shown:
    """A published result."""

    title: str
    statement: str
    next_step: str | None
    notes: tuple[str, ...]
    criteria: tuple[str, ...]
    """The columns of the table; empty where no average is shown."""
    places: tuple[Place, ...]
    fine_print: tuple[str, ...]

    @property
    def has_chart(self) -> bool:
        return sum(place.value is not None for place in self.places) > 1


def path_of(dossier: Dossier) -> str:
    return f"/d/{dossier.team.key}-{dossier.decision.number}"


def state(dossier: Dossier, now: datetime) -> str:
    return slack_view.state(dossier.decision, dossier.round, now)


def steps(dossier: Dossier) -> list[tuple[str, str]]:
    """(phase, "done" | "now" | ""), for the six of them; none where it was cancelled."""
    decision = dossier.decision
    if decision.status is Status.CANCELLED:
        return []
    at = decision.phase + dossier.is_finished
    return [(phase.word, "done" if phase < at else "now" if phase == at else "") for phase in Phase]


def facts(dossier: Dossier, rules: Rules) -> list[tuple[str, str]]:
    """What is known of the case, name and value; dates come beside them."""
    case, currency, owner = dossier.decision.case, dossier.decision.currency, dossier.owner
    needed = decider(required_authority(case, None, rules.authority), rules.authority, currency)
    return [
        ("Type", kind(case.decision_type)),
        ("Customer", case.customer_name),
        ("Tier", TIERS.get(case.customer_tier, case.customer_tier)),
        ("Customer value", money(case.customer_value, currency)),
        ("At stake", money(case.financial_impact, currency)),
        ("Urgency", URGENCY[case.urgency_level]),
        ("Owner", owner.name + ("" if owner.is_active else ", no longer active")),
        ("Needs", needed),
        *_history(dossier),
    ]


def _history(dossier: Dossier) -> list[tuple[str, str]]:
    asked = ledger_view.requests(dossier)
    return [("Request", asked)] if asked else []


def options(dossier: Dossier) -> list[dict[str, str]]:
    currency = dossier.decision.currency
    return [
        {
            "title": option.title,
            "description": option.description,
            "cost": money(option.financial_cost, currency),
            "effort": LEVELS.get(option.implementation_effort, option.implementation_effort),
            "risk": LEVELS.get(option.risk_level, option.risk_level),
        }
        for option in dossier.options
    ]


def criteria(dossier: Dossier) -> list[dict[str, Any]]:
    """With the share of the weights, in per cent, which is what a weight means."""
    total = sum(criterion.weight for criterion in dossier.criteria) or 1
    return [
        {"name": one.name, "description": one.description, "share": round(one.weight / total * 100)}
        for one in dossier.criteria
    ]


def turnout(dossier: Dossier, now: datetime) -> list[str]:
    """How many have scored, until when, and who may end it. Counts only."""
    return [plain(line) for line in slack_view.round_lines(dossier, now)]


def shown(dossier: Dossier) -> Shown | None:
    """The result; None until it is published."""
    result = dossier.result
    if result is None:
        return None
    step = headline.next_step(dossier, result)
    print_ = (headline.turnout(result), result_view.why_no_total(dossier, result), slack_view.first_leaders(dossier))
    return Shown(
        title=slack_view.result_title(dossier),
        statement=plain(headline.statement(dossier, result)) if result.rows else plain(headline.nothing(result)),
        next_step=plain(step) if step else None,
        notes=tuple(plain(note).removeprefix("• ") for note in headline.notes(dossier, result)),
        criteria=tuple(one.name for one in dossier.criteria) if result.cells else (),
        places=_places(dossier, result),
        fine_print=tuple(plain(line) for line in (*print_, result_view.HOW if result.rows else None) if line),
    )


def _places(dossier: Dossier, result: Result) -> tuple[Place, ...]:
    return tuple(
        Place(
            place=_standing(result, row.option_id),
            title=_title(dossier, row.option_id),
            total=f"{'about ' if row.is_about else ''}{row.total}" if row.total else "",
            value=float(number(row.total)) if row.total else None,
            cells=tuple(_cell(result, row.option_id, one.id) for one in dossier.criteria) if result.cells else (),
            is_leader=row.option_id in result.leaders,
        )
        for row in result.rows
    )


def _standing(result: Result, option_id: UUID) -> str:
    return (result_view.standing_of(result, option_id) or "").removeprefix("place ")


def _title(dossier: Dossier, option_id: UUID) -> str:
    option = dossier.option(option_id)
    return option.title if option else "an option that is gone"


def _cell(result: Result, option_id: UUID, criterion_id: UUID) -> str:
    cell = result.cell(option_id, criterion_id)
    return f"{cell.mean} ({cell.agreement})" if cell else ""


@dataclass(frozen=True)
class Choice:
    """What was decided."""

    title: str
    by: str
    reason: str
    against: str | None
    """What is said where it is not the leader of the ranking."""
    aftermath: tuple[str, ...]
    """How it went on."""
    notes: str | None


def choice(dossier: Dossier) -> Choice | None:
    outcome = dossier.outcome
    if outcome is None:
        return None
    return Choice(
        title=_title(dossier, outcome.selected_option_id),
        by=dossier.resolver.name if dossier.resolver else "a decider",
        reason=outcome.reason,
        against=_against(dossier, outcome),
        aftermath=tuple(plain(line) for line in slack_view.aftermath(dossier)),
        notes=outcome.outcome_notes if outcome.recorded_at else None,
    )


def _against(dossier: Dossier, outcome: Outcome) -> str | None:
    note = slack_view.against_leader(dossier, outcome.selected_option_id, room=150)
    return plain(note) if note else None


def limits(dossier: Dossier) -> tuple[str, ...]:
    """How far the choice reaches, for a program that carries it out; empty before there is one."""
    outcome = dossier.outcome
    if outcome is None:
        return ()
    option = dossier.option(outcome.selected_option_id)
    cost = option.financial_cost if option else None
    spend = (
        "What it may cost is not known: ask before anything is spent."
        if cost is None
        else f"It may cost {money(cost, dossier.decision.currency)}, and no more."
    )
    only = f"It holds for this case of {dossier.decision.case.customer_name} alone."
    against = _against(dossier, outcome)
    return (spend, only, *([against] if against else []))


@dataclass(frozen=True)
class Commented:
    """What people wrote about one option; without names, in an order that tells nothing."""

    title: str
    texts: tuple[str, ...]


def comments(dossier: Dossier, published: Sequence[tuple[UUID, str]]) -> tuple[Commented, ...]:
    """published: (option id, comment), as Slack's result has them."""
    by_option: dict[UUID, list[str]] = {}
    for option_id, text in published:
        by_option.setdefault(option_id, []).append(text)
    return tuple(Commented(_title(dossier, option_id), tuple(texts)) for option_id, texts in by_option.items())


@dataclass(frozen=True)
class Similar:
    """Earlier cases like one, and what was chosen in them as far as that may be told."""

    title: str
    cases: tuple[tuple[int, str], ...]
    """(number, what it was about)."""
    told: tuple[str, ...]


def similar(found: Precedents, dossier: Dossier, now: datetime) -> Similar:
    """The same as in Slack: nothing of a choice is told before the result of the decision at hand is published."""
    if not found.cases:
        return Similar("Earlier cases", (), (precedent_view.NOTHING,))
    cases = tuple((case.number, plain(precedent_view.line(case))) for case in found.cases[:SHOWN])
    told = [precedent_view.NOT_YET]
    if found.answers is not None and is_told(dossier):
        favoured = [precedent_view.favoured(found.recommendation)] if found.recommendation else []
        told = [precedent_view.chosen(found.answers, dossier.decision), *favoured]
    return Similar(precedent_view.how_many(found, now), cases, tuple(map(plain, told)))


@dataclass(frozen=True)
class More:
    """What a document of a decision holds beside the decision itself."""

    comments: tuple[Commented, ...]
    similar: Similar | None


def before(dossier: Dossier) -> list[Entry]:
    """What this customer was granted before; nothing until the result is published."""
    return list(dossier.ledger.entries or ())


# --- As Markdown, and as data.


def markdown(dossier: Dossier, rules: Rules, now: datetime, *, url: str, more: More) -> str:
    """The decision as a document. What people typed stands in it as they typed it."""
    decision = dossier.decision
    parts = [
        f"# {decision.name} {decision.case.title}",
        f"{state(dossier, now)} · {url}{path_of(dossier)}",
        "\n".join(f"- {name}: {value}" for name, value in facts(dossier, rules)),
        *_section("The case", decision.case.description),
        *_section("Criteria", "\n".join(f"- {one['name']}: {one['share']} %" for one in criteria(dossier))),
        *_section("Options", "\n".join(_option_line(one) for one in options(dossier))),
        *_result_parts(dossier),
        *_comment_parts(more.comments),
        *_choice_parts(dossier),
        *_similar_parts(more.similar),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, body: str) -> list[str]:
    return [f"## {title}", body.strip()] if body.strip() else []


def _option_line(one: dict[str, str]) -> str:
    described = f"\n  {one['description']}" if one["description"] else ""
    return f"- **{one['title']}** (cost {one['cost']}, effort {one['effort']}, risk {one['risk']}){described}"


def _result_parts(dossier: Dossier) -> list[str]:
    found = shown(dossier)
    if found is None:
        return []
    ranking = "\n".join(f"| {row.place} | {row.title} | {row.total or '–'} |" for row in found.places)
    table = [f"| Place | Option | Score |\n|---|---|---|\n{ranking}"] if ranking else []
    return [f"## {found.title}", found.statement, *table, *found.notes, *found.fine_print]


def _comment_parts(found: Sequence[Commented]) -> list[str]:
    quoted = [f"### {one.title}\n\n" + "\n\n".join(f"> {text}" for text in one.texts) for one in found]
    return _section("Comments", "\n\n".join(quoted))


def _similar_parts(found: Similar | None) -> list[str]:
    if found is None:
        return []
    lines = "\n".join(f"- {words}" for _, words in found.cases)
    return _section(found.title, "\n\n".join(filter(None, [lines, *found.told])))


def _choice_parts(dossier: Dossier) -> list[str]:
    found = choice(dossier)
    if found is None:
        return []
    lines = [f"**{found.title}**, by {found.by}. {found.against or ''}".strip(), f"> {found.reason}"]
    return ["## Decision", *lines, *_section("How it turned out", "\n".join(f"- {one}" for one in found.aftermath))]


def data(dossier: Dossier, now: datetime, *, url: str, more: More) -> dict[str, Any]:
    """The decision as data: ids, texts as typed, amounts as texts, moments in UTC."""
    decision, outcome = dossier.decision, dossier.outcome
    return {
        "number": decision.number,
        "url": f"{url}{path_of(dossier)}",
        "status": decision.status.value,
        "phase": decision.phase.value,
        "state": state(dossier, now),
        "currency": decision.currency,
        "owner": dossier.owner.name,
        "opened_at": _utc(decision.created_at),
        "resolved_at": _utc(decision.resolved_at),
        "case": _case(decision.case),
        "criteria": [{"id": str(one.id), "name": one.name, "weight": str(one.weight)} for one in dossier.criteria],
        "options": [
            {"id": str(one.id), "title": one.title, "description": one.description, "cost": _text(one.financial_cost)}
            for one in dossier.options
        ],
        "result": to_body(dossier.result) if dossier.result else None,
        "comments": [{"option": one.title, "comments": list(one.texts)} for one in more.comments],
        "choice": _choice_data(dossier, outcome) if outcome else None,
        "earlier": _similar_data(more.similar) if more.similar else None,
    }


def _similar_data(found: Similar) -> dict[str, Any]:
    return {"numbers": [number for number, _ in found.cases], "told": list(found.told)}


def _case(case: Case) -> dict[str, Any]:
    return {
        "type": case.decision_type,
        "title": case.title,
        "description": case.description,
        "customer": case.customer_name,
        "customer_tier": case.customer_tier,
        "urgency": case.urgency_level,
        "financial_impact": _text(case.financial_impact),
        "decide_by": _utc(case.expected_resolution_date),
        "promised_by": _utc(case.promised_by),
    }


def _choice_data(dossier: Dossier, outcome: Outcome) -> dict[str, Any]:
    return {
        "option": str(outcome.selected_option_id),
        "by": dossier.resolver.name if dossier.resolver else None,
        "reason": outcome.reason,
        "informed_at": _utc(outcome.response_sent_at),
        "recorded_at": _utc(outcome.recorded_at),
        "worked": outcome.worked,
        "customer_retained": outcome.customer_retained,
        "escalated": outcome.escalation_occurred,
    }


def _utc(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _text(amount: object) -> str | None:
    return None if amount is None else str(amount)
