"""Takes texts, names and ids out of rows, and looks for words in every column of text or JSON. Cold: one row at a time.

What may be read and changed depends on the login: that of the owner, which migrates, reaches every table but ballots,
which nobody looks into; published comments it rewords by a function of the vault.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import DECISION_TYPES, Status
from bot.domain.erasure import COMMENTS, GONE, Erasure, Hit, Needles
from bot.domain.plan import FIRST
from bot.domain.preference import FROM_SLACK
from bot.store import tables as t
from bot.store import thread

SECRET = ("ballot_pages", "evaluations", "sealed_cells")
UNSEARCHED = (*SECRET, "alembic_version", "erasures", "homes", "slack_identities")
"""The last two are deleted: they say nothing but who somebody is."""
OVER = (Status.RESOLVED, Status.CANCELLED)


@dataclass(frozen=True)
class Place:
    """A table with the columns to look into."""

    table: str
    keys: tuple[str, ...]
    columns: Mapping[str, bool]
    """Name -> whether it holds JSON."""
    decision: str
    """SQL for the decision's id that a row belongs to."""
    author: str
    """SQL for who wrote it."""


# The catalog, so that a table of tomorrow is looked into as well.
_PLACES = text(
    """
    SELECT c.relname AS table_name,
        (SELECT array_agg(k.attname::text ORDER BY k.attnum) FROM pg_index i JOIN pg_attribute k
            ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid AND i.indisprimary) AS keys,
        json_object_agg(a.attname, a.atttypid IN ('json'::regtype, 'jsonb'::regtype)) AS columns,
        (SELECT array_agg(d.attname::text) FROM pg_attribute d
            WHERE d.attrelid = c.oid AND d.attname = ANY (:known)) AS known
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> ALL (:unsearched)
        AND a.atttypid = ANY ('{text, varchar, bpchar, json, jsonb, text[], varchar[]}'::regtype[])
        AND has_column_privilege(c.oid, a.attnum, 'SELECT')
        AND (has_column_privilege(c.oid, a.attnum, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE'))
    GROUP BY c.oid, c.relname ORDER BY c.relname
    """
)


async def places(c: AsyncConnection) -> list[Place]:
    rows = await c.execute(_PLACES, {"unsearched": list(UNSEARCHED), "known": ["decision_id", *_AUTHORS]})
    return [_place(row.table_name, row.keys, row.columns, row.known or ()) for row in rows]


_AUTHORS = ("created_by", "resolved_by", "changed_by")


def _place(table: str, keys: Sequence[str], columns: Mapping[str, bool], known: Sequence[str]) -> Place:
    decision = "decision_id" if "decision_id" in known else "id" if table == "customer_decisions" else "NULL::uuid"
    author = next((name for name in _AUTHORS if name in known), "NULL::uuid")
    return Place(table, tuple(keys), columns, decision, author)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def look(c: AsyncConnection, place: Place, needles: Needles) -> list[Hit]:
    """Where in this table a whole word stands."""
    named = ", ".join(map(_quoted, place.columns))
    keys = ", ".join(f"{_quoted(key)}::text" for key in place.keys)
    likes = " OR ".join(f"{_quoted(column)}::text ILIKE ANY (:likes)" for column in place.columns)
    about = f"{place.decision} AS its_decision, {place.author} AS its_author, ARRAY[{keys}] AS its_key"
    query = text(f"SELECT {about}, {named} FROM {_quoted(place.table)} WHERE {likes}")
    rows = (await c.execute(query, {"likes": needles.likes})).all()
    found = [(row, column) for row in rows for column in place.columns if needles.are_in(getattr(row, column))]
    numbers = await _numbers(c, {row.its_decision for row, _ in found if row.its_decision})
    return [_hit(place.table, column, row, numbers) for row, column in found]


def _hit(table: str, column: str, row: Any, numbers: Mapping[UUID, int]) -> Hit:
    return Hit(table, column, tuple(row.its_key), row.its_decision, numbers.get(row.its_decision), row.its_author)


async def _numbers(c: AsyncConnection, ids: set[UUID]) -> Mapping[UUID, int]:
    d = t.customer_decisions.c
    rows = await c.execute(select(d.id, d.number).where(d.id.in_(ids)))
    return {row.id: row.number for row in rows}


_COMMENTS = text(
    """
    SELECT r.decision_id, d.number, p.comment FROM rounds r JOIN customer_decisions d ON d.id = r.decision_id
    CROSS JOIN LATERAL published_comments(r.id) AS p
    WHERE r.published_at IS NOT NULL AND p.comment ILIKE ANY (:likes)
    """
)


async def look_into_comments(c: AsyncConnection, needles: Needles) -> list[Hit]:
    """Published ones; of a `Hit` the key is the decision's id."""
    rows = await c.execute(_COMMENTS, {"likes": needles.likes})
    return [Hit(*COMMENTS, (str(r.decision_id),), r.decision_id, r.number) for r in rows if needles.are_in(r.comment)]


async def replace(
    c: AsyncConnection, place: Place, key: Sequence[str], columns: Sequence[str], needles: Needles
) -> None:
    """Other words in one row. A delivery is deleted: it would tell, or be told to, somebody who is gone.

    So is an answer that is kept for a program: what it was given before is no answer any more; and a thread in short.
    """
    where = " AND ".join(f"{_quoted(name)}::text = :key{i}" for i, name in enumerate(place.keys))
    bound = {f"key{i}": value for i, value in enumerate(key)}
    if place.table in ("outbox", "kept_answers", "thread_summaries"):
        await c.execute(text(f"DELETE FROM {place.table} WHERE {where}"), bound)
        return
    named = ", ".join(map(_quoted, columns))
    query = f"SELECT {named} FROM {_quoted(place.table)} WHERE {where} FOR NO KEY UPDATE"
    row = (await c.execute(text(query), bound)).one_or_none()
    if row is None:
        return
    for column in columns:
        value = needles.replaced(getattr(row, column))
        change, new = (":value", value) if not place.columns[column] else ("CAST(:value AS jsonb)", json.dumps(value))
        query = f"UPDATE {_quoted(place.table)} SET {_quoted(column)} = {change} WHERE {where}"
        await c.execute(text(query), {"value": new, **bound})


async def reword(c: AsyncConnection, decision_id: UUID, needles: Needles) -> None:
    """Other words in published comments, which stay sealed."""
    query = text(
        "SELECT DISTINCT p.comment FROM rounds r CROSS JOIN LATERAL published_comments(r.id) AS p "
        "WHERE r.decision_id = :decision AND r.published_at IS NOT NULL"
    )
    before = [one for one in (await c.execute(query, {"decision": decision_id})).scalars() if needles.are_in(one)]
    if before:
        await _reword(c, decision_id, before, [needles.replaced(one) for one in before])


async def forget_comments(c: AsyncConnection, decision_id: UUID) -> None:
    """All of them, whenever the decision ended: for the owner's login."""
    await _reword(c, decision_id, None, None)
    for column in ("override_reason", "void_reason"):
        change = f"UPDATE rounds SET {column} = :gone WHERE decision_id = :decision AND {column} IS NOT NULL"
        await c.execute(text(change), {"gone": GONE, "decision": decision_id})


_REWORD = text("SELECT reword_comments(:decision, :before, :after)").bindparams(
    bindparam("before", type_=ARRAY(Text)), bindparam("after", type_=ARRAY(Text))
)


async def _reword(
    c: AsyncConnection, decision_id: UUID, before: Sequence[str] | None, after: Sequence[str] | None
) -> None:
    await c.execute(_REWORD, {"decision": decision_id, "before": before, "after": after})


async def forget_words(c: AsyncConnection, decision_ids: Sequence[UUID]) -> list[UUID]:
    """`forget_comments` for the service's login, which may do it only long after a decision's end; of which it was."""
    query = text("SELECT id FROM unnest(:ids) AS ids (id) WHERE forget_words(id) = 'forgotten'").bindparams(_IDS)
    return list((await c.execute(query, {"ids": list(decision_ids)})).scalars())


_IDS = bindparam("ids", type_=ARRAY(Uuid))


async def forget_cases(
    c: AsyncConnection, decision_ids: Sequence[UUID], *, customer: str | None = None, customer_id: str | None = None
) -> None:
    """Whom and what decisions were about: only their kind, their numbers and the titles of their options stay.

    customer: the pseudonym of all of them; None: each gets its own.
    """
    d, o, k, r = t.customer_decisions, t.response_options, t.decision_criteria, t.decision_outcomes
    mine = d.c.id.in_(decision_ids)
    await c.execute(_FORGET_DRAFTS, {"ids": list(decision_ids), "customer": customer})
    rows = await c.execute(select(d.c.id, d.c.customer_name, d.c.customer_email).where(mine).with_for_update())
    await _rename_options(
        c, {row.id: Needles.of([(row.customer_name, GONE), (row.customer_email, GONE)]) for row in rows}
    )
    values: dict[str, object] = {
        "customer_name": customer or func.concat("Customer ", func.left(cast(func.gen_random_uuid(), Text), 8)),
        "customer_id": case((d.c.customer_id.is_not(None), customer_id)),
        "customer_email": None,
        "title": case(DECISION_TYPES, value=d.c.decision_type),
        "description": GONE,
        "cancel_reason": case((d.c.cancel_reason.is_not(None), GONE)),
        "permalink": None,
        "ai_classification": None,
        "proposal": null(),
        "erased_at": func.now(),
    }
    await c.execute(update(d).where(mine).values(**values))
    await c.execute(update(o).where(o.c.decision_id.in_(decision_ids)).values(description=GONE))
    await c.execute(update(k).where(k.c.decision_id.in_(decision_ids)).values(description=""))
    texts = {name: case((r.c[name].is_not(None), GONE)) for name in _OF_OUTCOMES}
    await c.execute(update(r).where(r.c.decision_id.in_(decision_ids)).values(before_answer=None, **texts))
    for table in (t.precedents, t.case_vectors, t.thread_summaries):
        await c.execute(delete(table).where(table.c.decision_id.in_(decision_ids)))
    await _forget_answers(c, decision_ids)


# Of a customer also those that wait, which bear the pseudonym by now; no decision leads to them.
_FORGET_DRAFTS = text(
    """
    DELETE FROM drafts f USING customer_decisions d WHERE d.id = ANY (:ids) AND (f.decision_id = d.id
        OR f.team_id = d.team_id AND lower(f.body ->> 'customer') = lower(CAST(:customer AS text)))
    """
).bindparams(_IDS)
_FORGET_ANSWERS = text(
    """
    DELETE FROM kept_answers k USING auth_tokens a, team_members m
    WHERE a.id = k.token_id AND m.id = a.user_id
        AND m.team_id IN (SELECT team_id FROM customer_decisions WHERE id = ANY (:ids))
    """
).bindparams(_IDS)


async def _forget_answers(c: AsyncConnection, decision_ids: Sequence[UUID]) -> None:
    """All that are kept for programs of the team: an answer does not say in a column which decision it is about.

    A request that is sent again within the day is still not done twice: `submissions` knows what it made.
    """
    await c.execute(_FORGET_ANSWERS, {"ids": list(decision_ids)})


_OF_OUTCOMES = ("reason", "outcome_notes", "reopened_reason")


async def _rename_options(c: AsyncConnection, needles: Mapping[UUID, Needles]) -> None:
    o = t.response_options
    rows = await c.execute(select(o.c.id, o.c.decision_id, o.c.title).where(o.c.decision_id.in_(needles)))
    titles = {row.id: (row.title, needles[row.decision_id].replaced(row.title)) for row in rows}
    changed = {option_id: after for option_id, (before, after) in titles.items() if before != after}
    if changed:
        await c.execute(_RENAME, {"ids": list(changed), "titles": list(changed.values())})


_RENAME = text(
    "UPDATE response_options o SET title = n.title FROM unnest(:ids, :titles) AS n (id, title) WHERE o.id = n.id"
).bindparams(_IDS, bindparam("titles", type_=ARRAY(Text)))


async def written_down(
    c: AsyncConnection, action: str | None, decision_ids: Sequence[UUID], *, is_old: bool = False
) -> None:
    """A line in the trail of each, where there is something to say, and its card drawn anew.

    is_old: it stands on nobody's Home tab any more, so without a card there is nothing to draw.
    """
    ids = {"ids": list(decision_ids)}
    if action:
        line = "INSERT INTO audit_logs (decision_id, action) SELECT id, :action FROM unnest(:ids) AS ids (id)"
        await c.execute(text(line).bindparams(_IDS), {"action": action, **ids})
    changed = "SELECT decision_changed(id, false) FROM unnest(:ids) AS ids (id)"
    shown = "WHERE EXISTS (SELECT FROM card_messages m WHERE m.decision_id = id)"
    await c.execute(text(f"{changed} {shown}" if is_old else changed).bindparams(_IDS), ids)


async def lock(c: AsyncConnection, decision_ids: Sequence[UUID]) -> list[UUID]:
    """Decisions are locked before their rounds, as everywhere. Returns those that have not lost their texts yet."""
    d = t.customer_decisions.c
    mine = select(d.id, d.erased_at).where(d.id.in_(decision_ids)).order_by(d.id)
    rows = await c.execute(mine.with_for_update(key_share=True))
    return [row.id for row in rows if row.erased_at is None]


# --- What a member has written.

_INVOLVED = text(
    """
    SELECT d.id, d.number FROM customer_decisions d
    WHERE d.status IN ('resolved', 'cancelled') = :is_over AND d.erased_at IS NULL AND d.id IN (
        SELECT id FROM customer_decisions WHERE created_by = :member
        UNION SELECT decision_id FROM response_options WHERE created_by = :member
        UNION SELECT decision_id FROM decision_criteria WHERE created_by = :member
        UNION SELECT decision_id FROM audit_logs WHERE user_id = :member)
    ORDER BY d.number
    """
)


async def involved(c: AsyncConnection, member_id: UUID, *, is_over: bool) -> list[tuple[UUID, int]]:
    """(id, number) of decisions in which this member may have written something."""
    rows = await c.execute(_INVOLVED, {"member": member_id, "is_over": is_over})
    return [(row.id, row.number) for row in rows]


_LABEL = " ".join(f"WHEN '{kind}' THEN '{label}'" for kind, label in DECISION_TYPES.items())
_BY_THE_TRAIL = """
    (SELECT a.user_id FROM audit_logs a WHERE a.decision_id = {} AND a.action = '{}'
        ORDER BY a.seq DESC LIMIT 1) = :member
"""
_UNWRITE = (
    f"UPDATE customer_decisions SET title = CASE decision_type {_LABEL} END, description = '{GONE}', "
    "ai_classification = NULL WHERE id = ANY (:ids) AND created_by = :member",
    f"UPDATE customer_decisions SET cancel_reason = '{GONE}' WHERE id = ANY (:ids) AND cancel_reason IS NOT NULL "
    f"AND {_BY_THE_TRAIL.format('customer_decisions.id', 'decision.cancelled')}",
    # Whoever proposed or returned it: a choice that was never confirmed is of no use once the decision is over.
    "UPDATE customer_decisions SET proposal = NULL WHERE id = ANY (:ids) AND proposal IS NOT NULL",
    f"UPDATE response_options SET description = '{GONE}' WHERE decision_id = ANY (:ids) AND created_by = :member",
    "UPDATE decision_criteria SET description = '' WHERE decision_id = ANY (:ids) AND created_by = :member",
    f"UPDATE decision_outcomes SET reason = '{GONE}' WHERE decision_id = ANY (:ids) AND reason IS NOT NULL "
    "AND resolved_by = :member",
    f"UPDATE decision_outcomes SET outcome_notes = '{GONE}', before_answer = NULL WHERE decision_id = ANY (:ids) "
    f"AND outcome_notes IS NOT NULL AND {_BY_THE_TRAIL.format('decision_outcomes.decision_id', 'outcome.recorded')}",
    f"UPDATE decision_outcomes SET reopened_reason = '{GONE}' WHERE decision_id = ANY (:ids) "
    f"AND reopened_reason IS NOT NULL AND {_BY_THE_TRAIL.format('decision_outcomes.decision_id', 'choice.reopened')}",
    f"UPDATE rounds SET void_reason = '{GONE}' WHERE decision_id = ANY (:ids) AND void_reason IS NOT NULL "
    "AND voided_by = :member",
    f"UPDATE rounds SET override_reason = '{GONE}' WHERE decision_id = ANY (:ids) AND override_reason IS NOT NULL "
    "AND override_by = :member",
)


async def unwrite(c: AsyncConnection, member_id: UUID, decision_ids: Sequence[UUID]) -> None:
    """Take this member's texts out of decisions that are over. Titles of options stay: the ranking names them."""
    for change in _UNWRITE:
        ids = text(change).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
        await c.execute(ids, {"member": member_id, "ids": list(decision_ids)})
    await _forget_answers(c, decision_ids)


async def submitted_unpublished(c: AsyncConnection, member_id: UUID) -> list[int]:
    """Numbers of decisions with a ballot of this member's that was not published yet."""
    d, r, m = t.customer_decisions.c, t.rounds.c, t.round_members.c
    rows = await c.execute(
        select(d.number)
        .join(t.rounds, r.decision_id == d.id)
        .join(t.round_members, m.round_id == r.id)
        .where(m.member_id == member_id, m.submitted, r.published_at.is_(None), r.voided_at.is_(None))
        .order_by(d.number)
    )
    return list(rows.scalars())


async def slack_ids(c: AsyncConnection, member_id: UUID) -> list[str]:
    i = t.slack_identities.c
    return list((await c.execute(select(i.slack_user_id).where(i.member_id == member_id))).scalars())


_FORMER = text(
    """
    SELECT told_name AS name, told_email AS email FROM slack_identities WHERE member_id = :member
    UNION SELECT a.details #>> ARRAY['name', place], a.details #>> ARRAY['email', place]
    FROM audit_logs a CROSS JOIN unnest(ARRAY['0', '1']) AS place
    WHERE a.action = 'member.changed' AND a.details ->> 'member' = CAST(:member AS text)
    """
).bindparams(bindparam("member", type_=Uuid))


async def former(c: AsyncConnection, member_id: UUID) -> list[tuple[str | None, str | None]]:
    """Names with addresses that this member has had, as Slack told them and as the trail keeps changes of them."""
    rows = await c.execute(_FORMER, {"member": member_id})
    return [(row.name, row.email) for row in rows]


async def forget_member(c: AsyncConnection, member_id: UUID, *, name: str, email: str) -> None:
    """The row stays under a pseudonym, for what it decided and scored; what finds the person again is deleted."""
    i, h = t.slack_identities, t.homes
    mine = select(i.c.workspace_id, i.c.slack_user_id).where(i.c.member_id == member_id)
    await c.execute(delete(h).where(tuple_(h.c.workspace_id, h.c.slack_user_id).in_(mine)))
    for table in (i, t.reminders, t.forecasts):
        await c.execute(delete(table).where(table.c.member_id == member_id))
    y = t.deputies
    await c.execute(delete(y).where(or_(y.c.member_id == member_id, y.c.deputy_id == member_id)))
    await c.execute(delete(t.wordings).where(t.wordings.c.changed_by == member_id))
    await c.execute(delete(t.drafts).where(t.drafts.c.owner_id == member_id))
    await c.execute(delete(t.auth_tokens).where(t.auth_tokens.c.user_id == member_id))
    await thread.forget_of_team(c, member_id=member_id)  # what they have replied may be in any of them
    values = {
        "name": name,
        "email": email,
        "password_hash": "!",
        "expertise_areas": None,
        "notification_preferences": FROM_SLACK,
        "is_active": False,
    }
    await c.execute(update(t.team_members).where(t.team_members.c.id == member_id).values(**values))


async def forget_origins(c: AsyncConnection, member_id: UUID) -> None:
    """Where they came from, in the trail. For the owner's login; of a whole team `forget_team` does it."""
    a = t.audit_logs
    is_told = or_(a.c.ip_address.is_not(None), a.c.user_agent.is_not(None))
    await c.execute(update(a).where(a.c.user_id == member_id, is_told).values(ip_address=None, user_agent=None))


# --- Decisions about a customer, of a team, and those that are old.


@dataclass(frozen=True)
class About:
    """A decision about somebody."""

    id: UUID
    number: int
    team_id: UUID
    is_over: bool
    names: tuple[str | None, ...]
    """What the customer is called there, and the address."""


async def about(c: AsyncConnection, customer: str, *, team_id: UUID | None) -> list[About]:
    """Decisions whose customer has this name, in whatever case, or this id. team_id: None for all teams."""
    d = t.customer_decisions.c
    is_meant = or_(func.lower(d.customer_name) == customer.lower(), d.customer_id == customer)
    query = select(t.customer_decisions).where(is_meant, d.erased_at.is_(None)).order_by(d.number)
    rows = await c.execute(query.where(d.team_id == team_id) if team_id else query)
    return [_about(row) for row in rows]


async def about_ids(c: AsyncConnection, decision_ids: Sequence[UUID]) -> list[About]:
    """Those of these decisions that are there and were not erased."""
    d = t.customer_decisions.c
    query = select(t.customer_decisions).where(d.id.in_(decision_ids), d.erased_at.is_(None)).order_by(d.number)
    return [_about(row) for row in await c.execute(query)]


def _about(row: Any) -> About:
    names = (row.customer_name, row.customer_email)
    return About(row.id, row.number, row.team_id, row.status in OVER, names)


async def of_team(c: AsyncConnection, team_id: UUID) -> list[UUID]:
    d = t.customer_decisions.c
    query = select(d.id).where(d.team_id == team_id, d.erased_at.is_(None)).order_by(d.number)
    return list((await c.execute(query)).scalars())


async def old(c: AsyncConnection, *, tiers: Mapping[str, datetime], at_most: int) -> list[UUID]:
    """Decisions that ended before the moment of their team's tier, the oldest first."""
    d, team = t.customer_decisions.c, t.teams.c
    ended = func.coalesce(d.actual_resolution_date, d.updated_at)
    tier = func.coalesce(team.subscription_tier, FIRST)
    rows = await c.execute(
        select(d.id)
        .join(t.teams, team.id == d.team_id)
        .where(
            d.status.in_(OVER),
            d.erased_at.is_(None),
            or_(*(and_(tier == name, ended < before) for name, before in tiers.items())),
        )
        .order_by(d.actual_resolution_date)
        .limit(at_most)
    )
    return list(rows.scalars())


async def end_everything(c: AsyncConnection, team_id: UUID) -> None:
    """A team that is erased decides nothing any more: no workspace, no reminder, no round, no open decision."""
    of_team = {"team": team_id}
    await c.execute(text("DELETE FROM team_workspaces WHERE team_id = :team"), of_team)
    await c.execute(
        text(
            "SELECT void_round(r.id, NULL, '(erased)') FROM rounds r JOIN customer_decisions d ON d.id = r.decision_id "
            "WHERE d.team_id = :team AND r.published_at IS NULL AND r.voided_at IS NULL"
        ),
        of_team,
    )
    await c.execute(
        text(
            "UPDATE customer_decisions SET status = 'cancelled' "
            "WHERE team_id = :team AND status IN ('created', 'team_input', 'evaluating')"
        ),
        of_team,
    )


async def forget_team(c: AsyncConnection, team_id: UUID, *, name: str) -> None:
    """The row stays under a pseudonym, for the numbers of its decisions."""
    for table in (t.wordings, t.shared_channels, t.webhook_endpoints, t.drafts, t.hooks):
        await c.execute(delete(table).where(table.c.team_id == team_id))
    await thread.forget_of_team(c, team_id=team_id)
    await c.execute(text("SELECT forget_admins(:team)"), {"team": team_id})
    values: dict[str, object] = {"name": name, "company_name": GONE, "industry": None, "suggestion_words": {}}
    await c.execute(update(t.teams).where(t.teams.c.id == team_id).values(**values))


# --- What was erased, for a backup that is restored.


async def record(
    c: AsyncConnection, kind: str, subject: UUID, *, decisions: Sequence[UUID] = (), also_free_text: bool = False
) -> None:
    known = select(t.erasures.c.id).where(t.erasures.c.kind == kind, t.erasures.c.subject == subject)
    if (await c.execute(known)).first() is None:
        values = {"kind": kind, "subject": subject, "decisions": list(decisions), "also_free_text": also_free_text}
        await c.execute(insert(t.erasures).values(**values))


async def recorded(c: AsyncConnection) -> list[Erasure]:
    """In the order in which it was done, each once."""
    rows = await c.execute(select(t.erasures).order_by(t.erasures.c.id))
    return [Erasure(r.kind, r.subject, tuple(r.decisions), r.also_free_text, r.erased_at) for r in rows]
