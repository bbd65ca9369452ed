"""Rows of `customer_decisions`: the case, its state, its number and its revision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, cast, func, insert, null, or_, select, text, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Case, Decision, Phase, Status
from bot.domain.home import Decided
from bot.domain.outcome import PROPOSAL, Proposal
from bot.domain.webhook import Event
from bot.errors import NotFound
from bot.store import reminder, webhook
from bot.store import tables as t

FOLLOW = "decision.changed"
UNKNOWN = "Your team has no such decision. /decide list shows those it has."

_CASE_FIELDS = tuple(field.name for field in fields(Case))
"""The columns of a case bear the names of its fields."""


def decision_of(row: Any) -> Decision:
    case = {name: getattr(row, name) for name in _CASE_FIELDS}
    case["relationship_duration_months"] = row.relationship_duration_months or 0
    case["customer_tier"] = row.customer_tier or "standard"
    return Decision(
        id=row.id,
        team_id=row.team_id,
        number=row.number,
        revision=row.revision,
        created_by=row.created_by,
        created_at=row.created_at,
        status=Status(row.status),
        phase=Phase(row.current_phase),
        case=Case(**case),
        workspace_id=row.workspace_id,
        channel_id=row.channel_id,
        permalink=row.permalink,
        cancel_reason=row.cancel_reason,
        resolved_at=row.actual_resolution_date,
        currency=row.currency,
        taken_from=row.taken_from,
        ladder=tuple(row.ladder or ()),
        financial_impact_before=row.financial_impact_before,
        customer_value_before=row.customer_value_before,
        urgency_level_before=row.urgency_level_before,
        called_off=tuple(row.called_off or ()),
        proposal=Proposal.from_body(row.proposal) if row.proposal else None,
        unheard=row.unheard,
    )


def _case_values(case: Case) -> dict[str, object]:
    return {name: getattr(case, name) for name in _CASE_FIELDS}


async def add(
    c: AsyncConnection,
    *,
    team_id: UUID,
    created_by: UUID,
    case: Case,
    currency: str,
    workspace_id: str,
    channel_id: str | None,
    permalink: str | None,
) -> Decision:
    """Insert a decision in its first state (status `created`, phase 1). A trigger gives it the team's next number."""
    row = await c.execute(
        insert(t.customer_decisions)
        .values(
            team_id=team_id,
            created_by=created_by,
            workspace_id=workspace_id,
            channel_id=channel_id,
            permalink=permalink,
            currency=currency,
            **_case_values(case),
        )
        .returning(*t.customer_decisions.c)
    )
    return decision_of(row.one())


# Built once, like the other statements that every screen needs: building one costs more than running it.
_GET = select(*t.customer_decisions.c).where(
    t.customer_decisions.c.id == bindparam("id"), t.customer_decisions.c.team_id == bindparam("team")
)
_GET_LOCKED = _GET.with_for_update()


async def get(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, lock: bool = False) -> Decision:
    """The team's decision. `lock`: lock its row first, as every change of a decision does, so that changes take turns.

    Raises NotFound, whether it does not exist or is another team's.
    """
    row = (await c.execute(_GET_LOCKED if lock else _GET, {"id": decision_id, "team": team_id})).one_or_none()
    if row is None:
        raise NotFound(UNKNOWN)
    return decision_of(row)


async def lock_those_that_name(c: AsyncConnection, member_id: UUID) -> Sequence[UUID]:
    """Decisions that are not over and whose card names this person: locked, and in the order of their locks."""
    d, o = t.customer_decisions, t.decision_outcomes
    named = [d.c.created_by, d.c.taken_from, o.c.resolved_by, o.c.resolved_for, o.c.confirmed_by]
    proposed = [d.c.proposal[name].astext == str(member_id) for name in ("proposed_by", "returned_by")]
    goes_on = or_(d.c.status != Status.RESOLVED.value, o.c.recorded_at.is_(None), o.c.follow_up_date.is_not(None))
    its_team = select(t.team_members.c.team_id).where(t.team_members.c.id == member_id).scalar_subquery()
    rows = await c.execute(
        select(d.c.id)
        .select_from(d.outerjoin(o, o.c.decision_id == d.c.id))
        .where(d.c.team_id == its_team, d.c.status != Status.CANCELLED.value, goes_on)
        .where(or_(*(column == member_id for column in named), *proposed))
        .order_by(d.c.id)
        .with_for_update(of=d)
    )
    return rows.scalars().all()


async def get_id(c: AsyncConnection, *, team_id: UUID, number: int) -> UUID:
    """The id behind "#42". Raises NotFound, naming the way to find the right number."""
    row = await c.execute(
        select(t.customer_decisions.c.id).where(
            t.customer_decisions.c.team_id == team_id, t.customer_decisions.c.number == number
        )
    )
    found: UUID | None = row.scalar_one_or_none()
    if found is None:
        raise NotFound(f"Your team has no decision #{number}. /decide list shows those it has.")
    return found


async def get_team_id(c: AsyncConnection, decision_id: UUID) -> UUID:
    """The team that a decision belongs to, for the bot's own deliveries."""
    row = await c.execute(select(t.customer_decisions.c.team_id).where(t.customer_decisions.c.id == decision_id))
    team_id: UUID | None = row.scalar_one_or_none()
    if team_id is None:
        raise NotFound("There is no such decision.")
    return team_id


async def set_case(c: AsyncConnection, decision_id: UUID, case: Case, *, changes: Collection[str] = ()) -> None:
    """changes: which facts are others now, of `decision.WATCHED`; what each was at first is kept beside it."""
    await _set(c, decision_id, _case_values(case) | _at_first(changes))


def _at_first(changes: Collection[str]) -> dict[str, object]:
    k = t.customer_decisions.c
    return {f"{name}_before": func.coalesce(k[f"{name}_before"], k[name]) for name in changes}


async def set_state(c: AsyncConnection, decision: Decision) -> None:
    """Write where the decision stands, since when it is resolved and why it is cancelled."""
    values = {
        "status": decision.status.value,
        "current_phase": decision.phase.value,
        "actual_resolution_date": decision.resolved_at,
        "cancel_reason": decision.cancel_reason,
    }
    await _set(c, decision.id, values)


async def set_owner(c: AsyncConnection, decision_id: UUID, *, owner: UUID, before: UUID) -> None:
    await _set(c, decision_id, {"created_by": owner, "taken_from": before})


async def set_urgency(c: AsyncConnection, decision_id: UUID, urgency_level: int) -> None:
    await _set(c, decision_id, {"urgency_level": urgency_level} | _at_first(["urgency_level"]))


async def set_channel(c: AsyncConnection, decision_id: UUID, channel_id: str) -> None:
    await _set(c, decision_id, {"channel_id": channel_id})


async def call_off(c: AsyncConnection, decision_id: UUID, *, by: UUID | None) -> None:
    """Keep for whom something of it is waiting, as they have been told, as it now ends; but for whoever ends it."""
    told = await reminder.who_was_told(c, decision_id)
    await _set(c, decision_id, {"called_off": [member_id for member_id in told if member_id != by]})


async def set_unheard(c: AsyncConnection, decision_id: UUID, news: str | None) -> None:
    """Which news (a `Kind`) the channel was not shown; None: there is none."""
    await _set(c, decision_id, {"unheard": news})


async def set_proposal(c: AsyncConnection, decision_id: UUID, proposal: Proposal | None) -> None:
    """A choice that waits for a second person, or was sent back; None: there is none."""
    await _set(c, decision_id, {"proposal": null() if proposal is None else proposal.to_body()})


async def expired(c: AsyncConnection, *, now: datetime, at_most: int) -> list[tuple[UUID, UUID]]:
    """(team id, decision id) of choices that nobody has confirmed in time, but for those that are being changed now."""
    d = t.customer_decisions.c
    at = cast(d.proposal["proposed_at"].astext, t.TIMESTAMPTZ)
    rows = await c.execute(
        select(d.team_id, d.id)
        .where(d.proposal.is_not(None), d.proposal["returned_by"].astext.is_(None), at <= now - PROPOSAL)
        .limit(at_most)
        .with_for_update(read=True, skip_locked=True)
    )
    return [(row.team_id, row.id) for row in rows]


async def set_place(c: AsyncConnection, decision_id: UUID, *, workspace_id: str, channel_id: str | None) -> None:
    """Give a decision that came without them, from a program other than this one, its workspace and channel."""
    await _set(c, decision_id, {"workspace_id": workspace_id, "channel_id": channel_id})


async def _set(c: AsyncConnection, decision_id: UUID, values: Mapping[str, object]) -> None:
    await c.execute(update(t.customer_decisions).where(t.customer_decisions.c.id == decision_id).values(**values))


_CHANGED = text("SELECT decision_changed(:decision, :asked)")


async def changed(c: AsyncConnection, decision_id: UUID, *, is_asked: bool = False) -> None:
    """Every change of what people see of a decision ends here, in the transaction that made the change.

    The revision grows by one. No reminder of the decision goes out until it is planned anew. Two deliveries are queued:
    one that updates the card, and one (`FOLLOW`) that plans the reminders and updates Home tabs. All of it is in
    `migrations/journeys.sql`, where ballots that come together also end.

    `is_asked`: somebody pressed "Post the card", so the owner is told of a failure even if they were told before.
    """
    await c.execute(_CHANGED, {"decision": decision_id, "asked": is_asked})


# The words of the partial indexes `ix_customer_decisions_turning`, `ix_customer_decisions_promised` and
# `ix_decision_outcomes_follow_up`.
_TURNS = """
    status IN ('created', 'team_input', 'evaluating') AND overdue_shown IS DISTINCT FROM expected_resolution_date
    AND expected_resolution_date <= timezone('UTC', :now)
"""
_IS_LATE = """
    status IN ('created', 'team_input', 'evaluating', 'resolved') AND current_phase < 6
    AND late_shown IS DISTINCT FROM promised_by AND promised_by <= timezone('UTC', :now)
"""
_IS_DUE = """
    recorded_at IS NOT NULL AND follow_up_shown IS DISTINCT FROM follow_up_date
    AND follow_up_date <= timezone('UTC', :now)
"""
_TURNED = text(
    f"""
    SELECT id FROM customer_decisions WHERE {_TURNS} ORDER BY expected_resolution_date LIMIT :at_most
    FOR SHARE SKIP LOCKED
    """
)
_LATE = text(
    f"""
    SELECT id FROM customer_decisions WHERE {_IS_LATE} ORDER BY promised_by LIMIT :at_most
    FOR SHARE SKIP LOCKED
    """
)
_DUE = text(
    f"""
    SELECT o.decision_id FROM decision_outcomes o JOIN customer_decisions d ON d.id = o.decision_id
    WHERE {_IS_DUE} ORDER BY o.follow_up_date LIMIT :at_most FOR SHARE OF d SKIP LOCKED
    """
)
_SHOW_OVERDUE = text(
    f"UPDATE customer_decisions SET overdue_shown = expected_resolution_date WHERE id = :id AND {_TURNS} "
    "RETURNING overdue_shown AS at"
)
_SHOW_LATE = text(f"UPDATE customer_decisions SET late_shown = promised_by WHERE id = :id AND {_IS_LATE} RETURNING id")
# The decision's row is locked first, as every change does.
_SHOW_DUE = text(
    f"""
    UPDATE decision_outcomes o SET follow_up_shown = follow_up_date
    FROM (SELECT id FROM customer_decisions WHERE id = :id FOR UPDATE) d
    WHERE o.decision_id = d.id AND {_IS_DUE} RETURNING o.id
    """
)


async def turned_overdue(c: AsyncConnection, *, now: datetime, at_most: int) -> list[UUID]:
    """Decisions whose date to resolve by, by which a reply was promised, or of the follow-up has passed since they were
    last drawn, but for those that somebody is changing now."""
    found = [(await c.execute(query, {"now": now, "at_most": at_most})).scalars() for query in (_TURNED, _LATE, _DUE)]
    return list(dict.fromkeys(decision_id for ids in found for decision_id in ids))


async def show_overdue(c: AsyncConnection, decision_id: UUID, *, now: datetime) -> None:
    """Draw the decision anew, once for each date that passes: not where another process has, or the date was moved.

    Of the date to resolve by, webhooks are told.
    """
    overdue, late, due = [
        (await c.execute(query, {"id": decision_id, "now": now})).first()
        for query in (_SHOW_OVERDUE, _SHOW_LATE, _SHOW_DUE)
    ]
    if overdue:
        await webhook.announce(c, Event.OVERDUE, decision_id=decision_id, mark=f"{decision_id}:overdue:{overdue.at}")
    if overdue or late or due:
        await changed(c, decision_id)


# The words of partial indexes: of the decisions of years, those few that are not over.
_UNFINISHED = text("status IN ('created', 'team_input', 'evaluating')")
_GOES_ON = text("status = 'resolved' AND (recorded_at IS NULL OR follow_up_date IS NOT NULL)")


async def open_of_team(c: AsyncConnection, *, team_id: UUID, now: datetime) -> list[Decision]:
    """The team's decisions that are not over, most urgent and oldest first.

    Over is what is cancelled, and what has its outcome recorded with no follow-up due.
    """
    d, o = t.customer_decisions, t.decision_outcomes.c
    theirs = select(*d.c).where(d.c.team_id == team_id)
    resolved = theirs.join(t.decision_outcomes, o.decision_id == d.c.id).where(_GOES_ON)
    due = resolved.where(o.recorded_at.is_(None) | (o.follow_up_date <= now))
    query = union_all(theirs.where(_UNFINISHED), due).order_by(text("urgency_level DESC, created_at, number"))
    return [decision_of(row) for row in await c.execute(query)]


async def get_many(c: AsyncConnection, decision_ids: Sequence[UUID]) -> list[Decision]:
    """The decisions among these ids that exist, in no order. Of any team: only for the bot's own deliveries."""
    d = t.customer_decisions
    rows = await c.execute(select(*d.c).where(d.c.id.in_(decision_ids)))
    return [decision_of(row) for row in rows]


async def decided(c: AsyncConnection, *, team_id: UUID, at_most: int) -> list[Decided]:
    """The team's latest resolved decisions, newest first."""
    d, o, r = t.customer_decisions.c, t.decision_outcomes.c, t.response_options.c
    rows = await c.execute(
        select(d.id, d.number, d.title, d.actual_resolution_date, r.title.label("choice"))
        .join(t.decision_outcomes, o.decision_id == d.id)
        .join(t.response_options, r.id == o.selected_option_id)
        .where(d.team_id == team_id, d.status == Status.RESOLVED.value, d.actual_resolution_date.is_not(None))
        .order_by(d.actual_resolution_date.desc(), d.number.desc())
        .limit(at_most)
    )
    return [Decided(row.id, row.number, row.title, row.choice, row.actual_resolution_date) for row in rows]


# The revision's delivery exists already, and its key cannot be used a second time. So one that is done is made ready
# again; one that still waits, or was given up, is left as it is.
_FOLLOW_AGAIN = text(
    """
    WITH again AS (
      INSERT INTO outbox(kind, lane, dedupe_key, payload, last_error)
      SELECT :kind, 'decision:' || d.id, format('follow:%s:%s', d.id, d.revision),
        jsonb_build_object('decision', d.id, 'revision', d.revision), :error
      FROM customer_decisions d WHERE d.id = :decision
      ON CONFLICT (dedupe_key) DO UPDATE SET state = 'ready', attempts = 0, run_at = now(), done_at = NULL,
        last_error = excluded.last_error WHERE outbox.state = 'done' RETURNING id)
    SELECT id, pg_notify('outbox', '') FROM again
    """
)


async def follow_again(c: AsyncConnection, decision_id: UUID, *, error: str) -> None:
    """Queue the delivery `FOLLOW` of the present revision again, after planning its reminders has failed with `error`.

    As a delivery it is tried a few times, and then stands among those given up, where operators look.
    """
    await c.execute(_FOLLOW_AGAIN, {"kind": FOLLOW, "decision": decision_id, "error": error})
