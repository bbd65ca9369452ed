"""What waits for whom and when to say so (table `reminders`), when the sweep last ran (`sweep_runs`)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, false, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.reminder import EXACT, OUTCOME_PACE, PACES
from bot.domain.waiting import Kind
from bot.store import tables as t

NUDGE = "nudge"
AWAY = timedelta(hours=1)
"""So long without a sweep, and the bot was switched off."""
AT_MOST = 200
KEPT = timedelta(days=30)
"""Rows deleted in one go; what is left is the next one's."""
# When a claimed row is due again, unless its delivery plans it anew, as it does once the nudge was sent. So a delivery
# that is lost costs the person a day's delay at most.
FALLBACK = timedelta(days=1)

# Hands out the nudges that are due: queues a delivery for each. One statement, so any number of replicas may run it any
# number of times: SKIP LOCKED shares the due rows out, and `step`, which only grows, makes every delivery's key unique.
# `along`: who gets a message anyhow is told in it of what is due soon (`Pace.along`). `along_most`, the longest such
# time, only lets PostgreSQL read a part of the index instead of all that waits for the person.
# The lane is that of the person's direct messages, so that their messages keep their order.
_CLAIM = """
    WITH due AS MATERIALIZED (
      SELECT id, member_id FROM reminders WHERE next_at <= :now {only} ORDER BY next_at LIMIT :at_most
      FOR UPDATE SKIP LOCKED),
    along AS MATERIALIZED (
      SELECT r.id FROM reminders r JOIN customer_decisions d ON d.id = r.decision_id
      WHERE r.member_id IN (SELECT member_id FROM due) AND r.kind <> ALL (:exact)
        AND r.next_at > :now AND r.next_at <= :now + make_interval(secs => :along_most)
        AND r.next_at <= :now + make_interval(secs => CASE WHEN r.kind = :outcome THEN :along_outcome
          WHEN d.urgency_level = 5 THEN :along5 WHEN d.urgency_level = 4 THEN :along4 ELSE :along3 END)
      FOR UPDATE OF r SKIP LOCKED),
    moved AS (
      UPDATE reminders r SET step = r.step + 1, asked = r.asked + 1, last_at = :now,
        next_at = :now + make_interval(secs => :fallback)
      FROM (SELECT id FROM due UNION ALL SELECT id FROM along) c WHERE r.id = c.id
      RETURNING r.decision_id, r.member_id, r.kind, r.step, r.asked),
    added AS (
      INSERT INTO outbox (kind, lane, dedupe_key, payload)
      SELECT 'nudge', coalesce('slack:' || i.workspace_id || ':' || i.slack_user_id, 'member:' || m.member_id),
        format('nudge:%s:%s:%s:%s', m.decision_id, m.member_id, m.kind, m.step),
        jsonb_build_object('decision', m.decision_id, 'member', m.member_id, 'kind', m.kind, 'step', m.step,
          'asked', m.asked, 'at', extract(epoch FROM :now))
      FROM moved m JOIN customer_decisions d ON d.id = m.decision_id
      LEFT JOIN slack_identities i ON i.member_id = m.member_id AND i.workspace_id = d.workspace_id
      ORDER BY d.urgency_level DESC, d.number
      ON CONFLICT (dedupe_key) DO NOTHING RETURNING id)
    SELECT (SELECT count(*) FROM due) AS due, (SELECT count(*) FROM added) AS added, pg_notify('outbox', '')
    """
CLAIM = text(_CLAIM.format(only=""))
CLAIM_OF_DECISIONS = text(_CLAIM.format(only="AND decision_id = ANY(:decisions)"))
"""The same for some decisions; what else their people get along with it is of any."""


def claim_words(now: datetime) -> dict[str, object]:
    """The parameters of CLAIM at `now`."""
    return {
        "now": now,
        "at_most": AT_MOST,
        "exact": [kind.value for kind in EXACT],
        "outcome": Kind.OUTCOME.value,
        "along_outcome": OUTCOME_PACE.along.total_seconds(),
        "along_most": max(pace.along for pace in (*PACES.values(), OUTCOME_PACE)).total_seconds(),
        "along5": PACES[5].along.total_seconds(),
        "along4": PACES[4].along.total_seconds(),
        "along3": PACES[3].along.total_seconds(),
        "fallback": FALLBACK.total_seconds(),
    }


async def claim_due(c: AsyncConnection, *, now: datetime) -> tuple[int, int]:
    """(due rows claimed, deliveries added). One statement; call again while it claims `AT_MOST`."""
    row = (await c.execute(CLAIM, claim_words(now))).one()
    return row.due, row.added


async def claim_due_of(c: AsyncConnection, decision_ids: Sequence[UUID], *, now: datetime) -> None:
    """Hand out what is due of these decisions, without waiting for the tick, which takes what exceeds `AT_MOST`."""
    await c.execute(CLAIM_OF_DECISIONS, claim_words(now) | {"decisions": list(decision_ids)})


async def ask_anew(c: AsyncConnection, decision_id: UUID, kind: str) -> None:
    """Forget what was said of it, since something has changed that everybody for whom it still waits is to hear."""
    r = t.reminders
    theirs = update(r).where(r.c.decision_id == decision_id, r.c.kind == kind)
    await c.execute(theirs.values(asked=0, last_at=None, next_at=None))


# Without those whose first message is still on its way: what is over by then is not said to them.
_WHO_WAS_TOLD = text(
    """
    SELECT DISTINCT member_id FROM reminders r
    WHERE decision_id = :decision AND waiting_since IS NOT NULL
      AND (kind = :called_off OR asked > 0 AND NOT starts_with(kind, 'news.'))
      AND (asked > 1 OR NOT EXISTS (SELECT FROM outbox o WHERE o.state = 'ready'
        AND o.dedupe_key = format('nudge:%s:%s:%s:%s', r.decision_id, r.member_id, r.kind, r.step)))
    ORDER BY member_id
    """
)


async def who_was_told(c: AsyncConnection, decision_id: UUID) -> list[UUID]:
    """Those for whom something of the decision is waiting, and who have been told so."""
    words = {"decision": decision_id, "called_off": Kind.CALLED_OFF.value}
    return list((await c.execute(_WHO_WAS_TOLD, words)).scalars())


async def unplanned(c: AsyncConnection, *, at_most: int) -> list[UUID]:
    """Decisions that have changed since their reminders were planned, without those that somebody is changing now.

    Also without those whose delivery `FOLLOW` has failed and is being repeated or was given up: the sweep would try
    them in vain each minute, and as it takes the first `at_most` alone, they could keep all others from their turn.
    """
    d, o = t.customer_decisions.c, t.outbox.c
    # A subquery per decision, by the outbox's unique key; for a join PostgreSQL may read the whole outbox.
    tried = (
        exists()
        .where(
            o.dedupe_key == func.format("follow:%s:%s", d.id, d.revision), o.state != "done", o.last_error.is_not(None)
        )
        .correlate(t.customer_decisions)
    )
    # `ORDER BY id` so that the partial index (on id, where the two columns differ) is used. PostgreSQL expects two
    # columns to differ in nearly every row, and would otherwise read the whole table for the few that do. CASE, since
    # it expects that to leave every second of them, NOT EXISTS so few that the order and the limit were for nothing.
    differs, is_ours = d.planned_revision.is_distinct_from(d.revision), case((tried, false()), else_=true())
    query = select(d.id).where(differs, is_ours).order_by(d.id).limit(at_most)
    rows = await c.execute(query.with_for_update(read=True, skip_locked=True))
    return list(rows.scalars())


def _plans_of(team_id: UUID | ColumnElement[UUID]) -> ColumnElement[int]:
    """The key of the team's advisory lock. Plans take it shared; whoever changes the team's people takes it alone."""
    return func.hashtextextended(func.concat("plans:", team_id), 7)


async def begin_plan(c: AsyncConnection, decision_id: UUID) -> UUID | None:
    """The decision's team, None where it is gone. Nobody changes the team's people until the transaction ends.

    Without that a plan could read the people as they were, be overtaken by a change of them (`replan_team`,
    `replan_member`, which ask for new plans), and then write itself down as that new plan.
    """
    d = t.customer_decisions.c
    lock = func.pg_advisory_xact_lock_shared(_plans_of(d.team_id))
    row = (await c.execute(select(d.team_id, lock).where(d.id == decision_id))).one_or_none()
    return row.team_id if row else None


async def keep_people(c: AsyncConnection, team_id: UUID) -> None:
    """Nobody leaves the team until the transaction ends: so a roster made in it holds only people who are there.

    Who leaves waits, and then finds the new round and is excused from it. To be called before locking a decision.
    """
    await c.execute(select(func.pg_advisory_xact_lock_shared(_plans_of(team_id))))


async def _wait_for_plans(c: AsyncConnection, team_id: UUID) -> None:
    await c.execute(select(func.pg_advisory_xact_lock(_plans_of(team_id))))


async def replan_team(c: AsyncConnection, team_id: UUID) -> None:
    """Have the next sweep plan all the team's unfinished decisions anew, because its people change.

    To be called before anything else is locked.
    """
    await _wait_for_plans(c, team_id)
    d, o = t.customer_decisions, t.decision_outcomes
    # Also decisions of which nothing waits for anybody now: it may for somebody who was inactive until this change.
    is_open = d.c.status.in_(["created", "team_input", "evaluating"])
    asks = select(o.c.decision_id).where(o.c.recorded_at.is_(None) | o.c.follow_up_date.is_not(None))
    await c.execute(
        update(d)
        .where(d.c.team_id == team_id, d.c.planned_revision.is_not(None))
        .where(is_open | ((d.c.status == "resolved") & d.c.id.in_(asks)))
        .values(planned_revision=None)
    )


async def replan_member(c: AsyncConnection, member_id: UUID, *, team_id: UUID) -> None:
    """Say nothing more to the member until the next sweep has planned anew what waits for them.

    To be called before anything else is locked.
    """
    await _wait_for_plans(c, team_id)
    d, r = t.customer_decisions, t.reminders
    theirs = select(r.c.decision_id).where(r.c.member_id == member_id, r.c.waiting_since.is_not(None))
    await c.execute(update(d).where(d.c.id.in_(theirs)).values(planned_revision=None))
    await c.execute(update(r).where(r.c.member_id == member_id, r.c.next_at.is_not(None)).values(next_at=None))


async def set_planned(c: AsyncConnection, decision_id: UUID, revision: int, *, ladder: Sequence[UUID]) -> None:
    """`ladder`: who is on it now, in their order."""
    d = t.customer_decisions
    await c.execute(update(d).where(d.c.id == decision_id).values(planned_revision=revision, ladder=list(ladder)))


@dataclass(frozen=True)
class Row:
    member_id: UUID
    kind: str
    waiting_since: datetime | None
    """None: nothing waits."""
    asked: int = 0
    last_at: datetime | None = None
    """When they were last told. Kept when the wait is over: if the same waits again, they are not told as of something
    new."""
    next_at: datetime | None = None


async def lock_decision(c: AsyncConnection, decision_id: UUID, *, revision: int) -> bool:
    """Lock the decision's row, as every change does before its reminders' rows. False: it is at another revision."""
    d = t.customer_decisions.c
    found = await c.execute(select(d.revision).where(d.id == decision_id).with_for_update())
    return found.scalar_one_or_none() == revision


async def of_decision(c: AsyncConnection, decision_id: UUID) -> dict[tuple[UUID, str], Row]:
    """By member and kind. Locked, so that no sweep claims one before `put`, which would overwrite the claim: the person
    would be told twice."""
    r = t.reminders
    rows = await c.execute(select(*r.c).where(r.c.decision_id == decision_id).with_for_update())
    return {(row.member_id, row.kind): _row(row) for row in rows}


def _row(row: Any) -> Row:
    return Row(row.member_id, row.kind, row.waiting_since, row.asked, row.last_at, row.next_at)


async def put(c: AsyncConnection, *, decision_id: UUID, rows: Sequence[Row]) -> None:
    """Write these rows over the stored ones. `step` is left alone: were it counted anew, delivery keys would repeat."""
    if not rows:
        return
    query = insert(t.reminders).values([{"decision_id": decision_id, **asdict(row)} for row in rows])
    kept = ("waiting_since", "asked", "last_at", "next_at")
    await c.execute(
        query.on_conflict_do_update(
            index_elements=["decision_id", "member_id", "kind"], set_={name: query.excluded[name] for name in kept}
        )
    )


@dataclass(frozen=True)
class Claim:
    """A nudge that the tick handed out, as its delivery names it."""

    decision_id: UUID
    member_id: UUID
    kind: str
    at: float
    """When it was handed out, in seconds since 1970; tells this claim from earlier and later ones of the same nudge."""
    is_first: bool = False
    """Whether it is the first word of it."""

    @property
    def key(self) -> tuple[UUID, str]:
        """Tells it from the other claims of one person."""
        return self.decision_id, self.kind

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Claim":
        ids = UUID(str(payload["decision"])), UUID(str(payload["member"]))
        return cls(*ids, str(payload["kind"]), float(payload["at"]), payload.get("asked") == 1)


_CLAIMS = """
    unnest(CAST(:decisions AS uuid[]), CAST(:members AS uuid[]), CAST(:kinds AS text[]), CAST(:moments AS float8[]),
      CAST(:since AS timestamptz[])) AS c(decision_id, member_id, kind, at, due_since)
    WHERE r.decision_id = c.decision_id AND r.member_id = c.member_id AND r.kind = c.kind AND r.asked > 0
"""
_POSTPONE = text(
    f"""
    UPDATE reminders r SET asked = r.asked - 1, last_at = CASE WHEN r.asked > 1 THEN c.due_since END
    FROM {_CLAIMS} AND abs(extract(epoch FROM r.last_at) - c.at) < 0.001
    """
)
_COUNT_ONCE = text(
    f"""
    UPDATE reminders r SET asked = greatest(r.asked - c.again, 0)
    FROM (SELECT c.decision_id, c.member_id, c.kind, count(*)::int AS again FROM reminders r, {_CLAIMS}
          GROUP BY c.decision_id, c.member_id, c.kind) AS c
    WHERE r.decision_id = c.decision_id AND r.member_id = c.member_id AND r.kind = c.kind
    """
)


def _words(claims: Sequence[tuple[Claim, datetime | None]]) -> dict[str, object]:
    return {
        "decisions": [claim.decision_id for claim, _ in claims],
        "members": [claim.member_id for claim, _ in claims],
        "kinds": [claim.kind for claim, _ in claims],
        "moments": [claim.at for claim, _ in claims],
        "since": [since for _, since in claims],
    }


async def postpone(c: AsyncConnection, claims: Sequence[tuple[Claim, datetime | None]]) -> None:
    """Let claims that did not become a message not count, each with the moment that is then taken for the last telling.

    Only where the row was last claimed at that very moment (`Claim.at`), so that a claim is not taken back twice. One
    statement.
    """
    if claims:
        await c.execute(_POSTPONE, _words(claims))


async def count_once(c: AsyncConnection, claims: Sequence[Claim]) -> None:
    """Let claims not count whose nudge was claimed again before it was sent: the person is told once. One statement."""
    if claims:
        await c.execute(_COUNT_ONCE, _words([(claim, None) for claim in claims]))


async def leave_to_sweep(c: AsyncConnection, decision_ids: Sequence[UUID]) -> None:
    """Have the next sweep plan these decisions anew."""
    d = t.customer_decisions
    await c.execute(update(d).where(d.c.id.in_(decision_ids)).values(planned_revision=None))


async def due_rounds(c: AsyncConnection, *, now: datetime, at_most: int) -> Sequence[tuple[UUID, UUID]]:
    """(team id, decision id) of the rounds that still collect although their closing time is past.

    Without those whose decision somebody is changing now: the next sweep takes them, and nobody waits for their lock.
    """
    r, d = t.rounds.c, t.customer_decisions.c
    rows = await c.execute(
        select(d.team_id, d.id)
        .join(t.rounds, r.decision_id == d.id)
        .where(r.closed_at.is_(None), r.voided_at.is_(None), r.closes_at <= now)
        .order_by(r.closes_at)
        .limit(at_most)
        .with_for_update(of=t.customer_decisions, read=True, skip_locked=True)
    )
    return [(row.team_id, row.id) for row in rows]


# `step` numbers the deliveries of a row, whose keys are taken as long as the outbox keeps them: a row that began anew
# before would not be told. The latest of them is the last to go.
_PURGE = text(
    """
    DELETE FROM reminders WHERE id IN (
      SELECT r.id FROM reminders r JOIN customer_decisions d ON d.id = r.decision_id
      LEFT JOIN decision_outcomes o ON o.decision_id = d.id
      WHERE r.waiting_since IS NULL AND r.next_at IS NULL AND (r.last_at IS NULL OR r.last_at < now() - :kept)
        AND d.updated_at < timezone('UTC', now() - :kept)
        AND (d.status = 'cancelled' OR d.status = 'resolved' AND o.recorded_at IS NOT NULL AND o.follow_up_date IS NULL)
        AND NOT EXISTS (SELECT FROM outbox x
          WHERE x.dedupe_key = format('nudge:%s:%s:%s:%s', r.decision_id, r.member_id, r.kind, r.step))
      LIMIT :at_most FOR UPDATE OF r SKIP LOCKED)
    """
)


async def purge(c: AsyncConnection, *, at_most: int) -> int:
    """Delete what is kept of decisions that have been over for 30 days: nothing waits, and nothing was said since.

    Returns how many.
    """
    return (await c.execute(_PURGE, {"kept": KEPT, "at_most": at_most})).rowcount


async def is_catching_up(c: AsyncConnection) -> bool:
    """Whether nobody has swept for an hour: what fell due meanwhile is to be told at once, not piece by piece."""
    s = t.sweep_runs.c
    return (await c.execute(select(s.last_ok).where(s.last_ok < func.now() - AWAY))).first() is not None


async def swept(c: AsyncConnection) -> None:
    await c.execute(
        insert(t.sweep_runs)
        .values(last_ok=func.now())
        .on_conflict_do_update(index_elements=["is_only"], set_={"last_ok": func.now()})
    )


async def sweep_age_seconds(c: AsyncConnection) -> float | None:
    """How long ago the last sweep went through, by the database's clock; None where none ever did."""
    age = func.extract("epoch", func.now() - t.sweep_runs.c.last_ok)
    found = (await c.execute(select(age))).scalar_one_or_none()
    return None if found is None else float(found)
