"""Searches among decided cases of one team and type, and reads what was chosen in them. `precedents` has triggers that
write it; nothing here reads a ballot, nor anything made of ballots."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.choice import kind_of
from bot.domain.decision import Decision, Status
from bot.domain.precedent import LEAST_RESOLVED, MOST, Answer, Hit, Precedent
from bot.store import tables as t

WORDS = 16
"""Of a case so many different words are searched for, the first ones: title, customer, then what happened."""
CHARACTERS = 400
"""Of what happened so many are read: what it is about stands at the beginning."""
NEWEST = 1000
"""Of all that share a word so many are ranked, the newest: of a team of 20,000 each common word finds thousands."""

# The first lexeme keeps the search within team and type, and is in the same index as the words: PostgreSQL walks the
# shorter of the lists of rows. "=word" is a word of a choice (see the migration `precedents`). The score is BM25
# without repeated words and lengths: how rare each shared word is among the cases that were found. `ts_rank` knows
# no rarity, and "refund" among refunds tells nothing.
_SEARCH = text(
    """
    WITH case_words AS MATERIALIZED (
        SELECT lexeme, written, written::tsquery AS word
        FROM unnest(precedent_words((SELECT language::regconfig FROM teams WHERE id = :team), :title, :customer,
                :description, '')),
            replace(replace(lexeme, '\\', '\\\\'), '''', '''''') AS escaped,
            concat('''', escaped, '''', CASE WHEN CAST(:of_all AS boolean) THEN ' | ''=' || escaped || '''' END)
                AS written
        ORDER BY positions[1], lexeme LIMIT :words),
    asked AS MATERIALIZED (
        SELECT (quote_literal(:scope) || ' & (' || string_agg(written, ' | ') || ')')::tsquery AS query,
            count(*) AS words FROM case_words HAVING count(*) > 0),
    found AS MATERIALIZED (
        SELECT p.decision_id, p.words FROM precedents p
        WHERE p.words @@ (SELECT query FROM asked) AND p.decision_id <> :decision
        ORDER BY p.resolved_at DESC, p.decision_id LIMIT :newest),
    shared AS (
        SELECT found.decision_id, case_words.lexeme, count(*) OVER (PARTITION BY case_words.lexeme) AS often
        FROM found JOIN case_words ON found.words @@ case_words.word),
    everything AS (SELECT count(*) AS cases FROM found)
    SELECT decision_id, count(*) AS shared, (SELECT words FROM asked) AS words,
        sum(ln(1 + ((SELECT cases FROM everything) - often + 0.5::float8) / (often + 0.5::float8))) AS score
    FROM shared GROUP BY decision_id ORDER BY score DESC, decision_id LIMIT :most
    """
)


@dataclass(frozen=True)
class Found:
    """What a search by words brings."""

    hits: tuple[Hit, ...]
    words: int
    """How many different ones were searched for."""


def scope(team_id: UUID, decision_type: str) -> str:
    """The lexeme that keeps a search within one team and one type; see the migration `precedents`."""
    return f"{team_id} {decision_type}"


async def by_words(c: AsyncConnection, decision: Decision, *, of_choices: bool) -> Found:
    """Decided cases of its team and type that share words with it, but for itself; nearest first, at most `MOST`.

    of_choices: words of choices and their reasons count as well. Never until the decision's result is published: who
    describes a case in the words of a choice would find out which cases chose it.
    """
    rows = (
        await c.execute(
            _SEARCH,
            {
                "team": decision.team_id,
                "decision": decision.id,
                "scope": scope(decision.team_id, decision.case.decision_type),
                "of_all": of_choices,
                "title": decision.case.title,
                "customer": decision.case.customer_name,
                "description": decision.case.description[:CHARACTERS],
                "words": WORDS,
                "newest": NEWEST,
                "most": MOST,
            },
        )
    ).all()
    hits = tuple(Hit(row.decision_id, row.score, row.shared) for row in rows)
    return Found(hits, rows[0].words if rows else 0)


async def cases(c: AsyncConnection, decision_ids: Sequence[UUID], *, team_id: UUID) -> dict[UUID, Precedent]:
    """Those of the team's among these that are decided, by id: what may be seen of them from any other case."""
    d, p = t.customer_decisions.c, t.precedents.c
    rows = await c.execute(
        select(d.id, d.number, d.title, d.customer_name, d.decision_type, d.financial_impact, d.currency, p.resolved_at)
        .join(t.precedents, p.decision_id == d.id)
        .where(d.id.in_(decision_ids), d.team_id == team_id)
    )
    return {
        row.id: Precedent(
            row.id, row.number, row.title, row.customer_name, row.decision_type, row.resolved_at,
            row.financial_impact, row.currency,
        )
        for row in rows
    }  # fmt: skip


async def answers(c: AsyncConnection, decision_ids: Sequence[UUID]) -> list[Answer]:
    """What was chosen in these decided cases, and how it turned out, in their order."""
    d, o, r = t.customer_decisions.c, t.decision_outcomes.c, t.response_options.c
    rows = await c.execute(
        select(
            d.id, d.currency, d.financial_impact, t.precedents.c.resolved_at, r.title, r.financial_cost,
            o.customer_retained, o.escalation_occurred,
        )
        .join(t.precedents, t.precedents.c.decision_id == d.id)
        .join(t.decision_outcomes, o.decision_id == d.id)
        .join(t.response_options, r.id == o.selected_option_id)
        .where(d.id.in_(decision_ids))
    )  # fmt: skip
    found = {
        row.id: Answer(
            decision_id=row.id,
            kind=kind_of(row.title, cost=row.financial_cost, amount=row.financial_impact),
            cost=row.financial_cost,
            currency=row.currency,
            decided_at=row.resolved_at,
            stayed=row.customer_retained,
            was_escalated=bool(row.escalation_occurred),
        )
        for row in rows
    }
    return [found[id_] for id_ in decision_ids if id_ in found]


async def count_resolved(c: AsyncConnection, team_id: UUID) -> int:
    """How many cases the team has decided; counted up to `LEAST_RESOLVED`."""
    d = t.customer_decisions.c
    some = select(d.id).where(d.team_id == team_id, d.status == Status.RESOLVED.value).limit(LEAST_RESOLVED)
    return (await c.execute(select(func.count()).select_from(some.subquery()))).scalar_one()


async def find_case_of_option(c: AsyncConnection, option_id: UUID, *, team_id: UUID) -> UUID | None:
    """The decided case of the team's that this option was proposed for."""
    r, d = t.response_options.c, t.customer_decisions.c
    row = await c.execute(
        select(d.id)
        .join(t.response_options, r.decision_id == d.id)
        .where(r.id == option_id, d.team_id == team_id, exists().where(t.precedents.c.decision_id == d.id))
    )
    found: UUID | None = row.scalar_one_or_none()
    return found


async def set_recommendation(c: AsyncConnection, decision_id: UUID, body: Mapping[str, object]) -> None:
    """What the precedents spoke for; how many found it useful stays beside it. No change of the decision's revision."""
    await c.execute(_RECOMMEND, {"decision": decision_id, "body": json.dumps(body)})


async def count_rating(c: AsyncConnection, decision_id: UUID, body: Mapping[str, object], *, is_useful: bool) -> None:
    """The same, with one more who found it useful, or not."""
    await set_recommendation(c, decision_id, body)
    await c.execute(_COUNT, {"decision": decision_id, "key": "useful" if is_useful else "not_useful"})


_RECOMMEND = text(
    "UPDATE customer_decisions SET ai_recommendations = coalesce(ai_recommendations, '{}') || CAST(:body AS jsonb) "
    "WHERE id = :decision"
)
_COUNT = text(
    "UPDATE customer_decisions SET ai_recommendations = jsonb_set(ai_recommendations, ARRAY[:key], "
    "to_jsonb(coalesce((ai_recommendations ->> :key)::int, 0) + 1)) WHERE id = :decision"
)
