"""What the team's outcomes teach, for its learning page; and what follows from them: proposals to write a policy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.decision import Decision
from bot.domain.learning import MOST, Lessons, learn
from bot.domain.ledger import Drift, Entry, drifts
from bot.domain.policy import Proposal, proposals
from bot.domain.team import TOP_AUTHORITY
from bot.errors import Conflict
from bot.services import decision as decisions
from bot.services import plan
from bot.store import decision, learning, outbox, team
from bot.store.db import Db, run_tx

LOOK, PROPOSED = "policy.look", "policy.proposed"
"""Kinds of deliveries: look whether there is something to propose; tell an admin."""
LEDGER = 20
"""So many of the latest grants are on the page."""


@dataclass(frozen=True)
class Page:
    """The learning page."""

    lessons: Lessons
    lines: tuple[Drift, ...]
    ledger: tuple[tuple[str, Entry], ...]
    """(customer, what they were granted or not), newest first."""
    proposals: tuple[tuple[Proposal, Decision | None], ...]
    """With the decision as which it was opened, if it was."""


async def read(db: Db, by: By) -> Page:
    """The page of the actor's team."""

    async def work(c: AsyncConnection) -> Page:
        found = await _learnt(c, by.team.id, now=by.now)
        opened = await learning.proposed(c, by.team.id)
        by_id = {d.id: d for d in await decision.get_many(c, list(filter(None, opened.values())))}
        as_what = {key: by_id.get(decision_id) for key, decision_id in opened.items() if decision_id}
        ledger = await learning.granted(c, by.team.id, at_most=LEDGER)
        proposed = tuple((one, as_what.get(one.key)) for one in found.proposals)
        return Page(found.lessons, tuple(found.lines), tuple(ledger), proposed)

    return await run_tx(db, work)


@dataclass(frozen=True)
class _Learnt:
    lessons: Lessons
    lines: Sequence[Drift]
    proposals: Sequence[Proposal]


async def _learnt(c: AsyncConnection, team_id: UUID, *, now: datetime) -> _Learnt:
    cases = await learning.pasts(c, team_id)
    # Of a team that has decided more than is looked at, only quarters that are looked at from their beginning count.
    since = cases[-1].resolved_at if len(cases) == MOST else await learning.began_at(c, team_id)
    lines = drifts(((one.decision_type, one.resolved_at, one.grant) for one in cases), since=since, now=now)
    return _Learnt(learn(cases), lines, proposals(cases, lines, now=now))


async def look_later(c: AsyncConnection, found: Decision, *, now: datetime) -> None:
    """Queue a look at what the team has decided, after an outcome has become known: reading it all is the worker's."""
    payload = {"team": str(found.team_id)}
    key = f"{LOOK}:{found.id}:{now.timestamp():.6f}"
    await outbox.enqueue(c, kind=LOOK, lane=f"team:{found.team_id}", key=key, payload=payload)


async def look(db: Db, team_id: UUID, *, now: datetime) -> None:
    """Tell the team's admins of proposals that they were not told of yet, each once, in whatever workspace they are."""

    async def work(c: AsyncConnection) -> None:
        for one in (await _learnt(c, team_id, now=now)).proposals:
            if await learning.propose(c, team_id, one.key):
                await _tell_admins(c, team_id, one.key)

    await run_tx(db, work)


async def _tell_admins(c: AsyncConnection, team_id: UUID, key: str) -> None:
    for workspace_id in await team.workspaces(c, team_id):
        people = await team.active_members(c, team_id=team_id, workspace_id=workspace_id)
        for user_id in {m.slack_user_id for m in people if m.authority >= TOP_AUTHORITY and m.slack_user_id}:
            await outbox.enqueue(
                c,
                kind=PROPOSED,
                lane=outbox.slack_lane(workspace_id, user_id),
                key=f"{PROPOSED}:{team_id}:{key}:{user_id}",
                payload={"team": str(team_id), "key": key, "workspace": workspace_id, "user": user_id},
            )


async def find_proposal(db: Db, team_id: UUID, key: str, *, now: datetime) -> Proposal | None:
    """As it stands now; None where the cases do not support it any more, or it was opened."""

    async def work(c: AsyncConnection) -> Proposal | None:
        opened = await learning.proposed(c, team_id)
        found = await _learnt(c, team_id, now=now)
        return next((one for one in found.proposals if one.key == key and not opened.get(key)), None)

    return await run_tx(db, work)


async def open_policy(db: Db, by: By, key: str, *, decide_by: datetime, channel_id: str | None = None) -> Decision:
    """Open the proposal as a decision like any other; of two presses the second finds that of the first.

    channel_id: where its card is to be; None: nowhere. Raises Conflict where the cases do not support it any more.
    """

    async def work(c: AsyncConnection) -> Decision:
        opened = (await learning.proposed(c, by.team.id, lock=True)).get(key)
        if opened:
            return await decision.get(c, team_id=by.team.id, decision_id=opened)
        found = await _learnt(c, by.team.id, now=by.now)
        proposal = next((one for one in found.proposals if one.key == key), None)
        if proposal is None:
            raise Conflict("The cases do not support this proposal any more. /decide learn shows what they say now.")
        await plan.check_open(c, by)
        case = replace(proposal.case, expected_resolution_date=decide_by)
        made = await decisions.opened(c, by, case=case, currency=proposal.currency, channel_id=channel_id)
        await learning.set_opened(c, by.team.id, key, made)
        return await decision.get(c, team_id=by.team.id, decision_id=made)

    return await run_tx(db, work)
