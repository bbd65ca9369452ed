"""Decisions with what else belongs to them, read in one place so that every screen tells the same story."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    Uuid,
    bindparam,
    case,
    cast,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Brief, Decision, Dossier, Status
from bot.domain.ledger import FIRST, Ledger
from bot.domain.option import Option
from bot.domain.outcome import Outcome
from bot.domain.policy import EVERYBODY
from bot.domain.result import from_body
from bot.domain.team import Member
from bot.errors import NotFound, told
from bot.store import card, criterion, decision, learning, option, outcome, round, team
from bot.store import tables as t
from bot.store.direct import Prepared
from bot.store.inner import Inner

log = structlog.get_logger(__name__)
T = TypeVar("T")
GRANTS = 5
"""So many of a customer's earlier requests are told, the latest."""


_D, _O, _P, _M, _I = t.customer_decisions, t.decision_outcomes, t.card_messages, t.round_members, t.slack_identities
_LIVE = (
    select(*t.rounds.c)
    .where(t.rounds.c.decision_id == _D.c.id, t.rounds.c.voided_at.is_(None))
    .order_by(t.rounds.c.number.desc())
    .limit(1)
    .lateral("live")
)
_DECISION, _ROUND, _OUTCOME, _PLACE = Inner(*_D.c), Inner(*_LIVE.c), Inner(*_O.c), Inner(*_P.c)
_CRITERION, _OPTION = Inner(*t.decision_criteria.c), Inner(*t.response_options.c)
_TEAM, _MEMBER, _ASKED = Inner(*team.TEAM_COLUMNS), Inner(*team.MEMBER_COLUMNS), Inner(*round.ASKED_COLUMNS)
_IN_SLACK = t.team_members.outerjoin(
    _I, (_I.c.member_id == t.team_members.c.id) & (_I.c.workspace_id == _D.c.workspace_id)
)


def _of(table: Table) -> Select[Any]:
    return select(table).where(table.c.decision_id == _D.c.id)


def _member(member_id: ColumnElement[UUID]) -> ScalarSelect[Any]:
    return _MEMBER.one(select(*team.MEMBER_COLUMNS).select_from(_IN_SLACK).where(t.team_members.c.id == member_id))


def _proposal_by(name: str) -> ColumnElement[UUID]:
    """Who proposed a choice, or sent it back; null where nobody has."""
    return cast(_D.c.proposal[name].astext, Uuid)


_SECOND: Any = case((_O.c.decision_id.is_(None), _proposal_by("returned_by")), else_=_O.c.confirmed_by)


def _result(round_id: ColumnElement[UUID]) -> ScalarSelect[Any]:
    return select(t.round_results.c.body).where(t.round_results.c.round_id == round_id).scalar_subquery()


# In one statement what took eight, each of which costs the process as much as this one does. After "Change the choice"
# the outcome's row stays, but it is no choice until the decision is resolved again.
_ANY = (
    select(
        _DECISION.json.label("decision"),
        _TEAM.one(select(t.teams).where(t.teams.c.id == _D.c.team_id)).label("team"),
        _member(_D.c.created_by).label("owner"),
        _member(_D.c.taken_from).label("predecessor"),
        _member(_O.c.resolved_by).label("resolver"),
        _member(_O.c.resolved_for).label("principal"),
        _member(_proposal_by("proposed_by")).label("proposer"),
        _member(_SECOND).label("second"),
        _CRITERION.all(_of(t.decision_criteria), *criterion.IN_ORDER).label("criteria"),
        _OPTION.all(_of(t.response_options), *option.IN_ORDER).label("options"),
        _ROUND.joined.label("live"),
        _ASKED.all(
            select(_M)
            .select_from(_M.join(_IN_SLACK, t.team_members.c.id == _M.c.member_id))
            .where(_M.c.round_id == _LIVE.c.id),
            *round.BY_NAME,
        ).label("asked"),
        _result(_LIVE.c.id).label("result"),
        _result(_LIVE.c.follows).label("first_result"),
        _OUTCOME.joined.label("outcome"),
        _PLACE.one(_of(_P)).label("card"),
        learning.requests_of(_D).label("requests"),
    )
    .select_from(_D)
    .outerjoin(_LIVE, true())
    .outerjoin(_O, (_O.c.decision_id == _D.c.id) & (_D.c.status == Status.RESOLVED.value))
)
_WHOLE = _ANY.where(_D.c.id == bindparam("decision"))
WHOLE = Prepared.of(_ANY.where(_D.c.id == t.any_of("decisions")))
"""Several at once, for `read`."""
_Row = namedtuple("_Row", _WHOLE.selected_columns.keys())  # type: ignore[misc]


async def get(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, lock: bool = False) -> Dossier:
    """All that the team may be shown of it. Raises NotFound where the team has no such decision.

    `lock` takes the decision's row lock first.
    """
    if lock:  # in a statement of its own: the other one then sees what was committed while it waited
        await decision.get(c, team_id=team_id, decision_id=decision_id, lock=True)
    row = (await c.execute(_WHOLE, {"decision": decision_id})).one_or_none()
    if row is None or (found := _dossier_of(row)).team.id != team_id:
        raise NotFound(decision.UNKNOWN)
    # Whoever holds the lock is about to write; what they show is read again afterwards.
    return await completed(c, replace(found, ledger=FIRST) if lock else found)


def read(rows: Sequence[tuple[Any, ...]]) -> dict[UUID, Dossier]:
    """What `WHOLE` has found, of any team: only for the bot's own deliveries. It may have to be `completed`."""
    found = [_dossier_of(_Row._make(row)) for row in rows]
    return {one.decision.id: one for one in found}


def _dossier_of(row: Any) -> Dossier:
    d, live = decision.decision_of(_DECISION.read(row.decision)), _ROUND.read(row.live)
    asked = tuple(round.member_of(one) for one in _ASKED.read_all(row.asked))
    return Dossier(
        decision=d,
        team=team.team_of(_TEAM.read(row.team)),
        owner=team.member_of(_MEMBER.read(row.owner)),
        criteria=tuple(criterion.criterion_of(one) for one in _CRITERION.read_all(row.criteria)),
        options=tuple(option.option_of(one) for one in _OPTION.read_all(row.options)),
        round=_read(row.live, _ROUND, lambda it: round.round_of(it, asked)),
        result=from_body(row.result) if live and live.published_at and row.result else None,
        first_result=from_body(row.first_result) if row.first_result else None,
        outcome=_read(row.outcome, _OUTCOME, outcome.outcome_of),
        resolver=_read(row.resolver, _MEMBER, team.member_of),
        principal=_read(row.principal, _MEMBER, team.member_of),
        proposer=_read(row.proposer, _MEMBER, team.member_of),
        second=_read(row.second, _MEMBER, team.member_of),
        card=_read(row.card, _PLACE, card.card_of),
        predecessor=_read(row.predecessor, _MEMBER, team.member_of),
        ledger=FIRST if d.case.customer_name == EVERYBODY else Ledger(max(row.requests, 1)),
    )


def _read(values: Sequence[Any] | None, kind: Inner, made: Callable[[Any], T]) -> T | None:
    return None if values is None else made(kind.read(values))


async def completed(c: AsyncConnection, found: Dossier) -> Dossier:
    """With what only few dossiers need."""
    if _lacks_somebody(found):
        found = replace(found, colleagues=await _colleagues(c, found.decision))
    if _has_a_past(found):
        entries = await learning.entries(c, found.decision, at_most=GRANTS)
        found = replace(found, ledger=replace(found.ledger, entries=tuple(entries)))
    return found


def is_complete(found: Dossier) -> bool:
    """Whether `completed` would add nothing."""
    return not _lacks_somebody(found) and not _has_a_past(found)


def _lacks_somebody(found: Dossier) -> bool:
    """Whether somebody that the decision needs has left; nobody is looked for otherwise."""
    return not found.owner.is_active or (found.resolver is not None and not found.resolver.is_active)


def _has_a_past(found: Dossier) -> bool:
    """What came of earlier requests is read only once the result is published: nobody may be swayed by it before."""
    is_published = found.round is not None and found.round.published_at is not None
    return is_published and found.ledger.requests > 1


async def _colleagues(c: AsyncConnection, found: Decision) -> tuple[Member, ...]:
    """Who may go on in the place of somebody who has left."""
    everybody = await team.in_turn(c, team_id=found.team_id, workspace_id=found.workspace_id)
    return tuple(m for m in everybody if m.is_active)


async def find_brief(c: AsyncConnection, decision_id: UUID) -> Brief | None:
    """None where there is none. Of any team: only for the bot's own work. Raises where it cannot be read."""
    found = await decision.get_many(c, [decision_id])
    return (await _parts(c, found)).brief(found[0]) if found else None


async def get_briefs(c: AsyncConnection, decision_ids: Sequence[UUID]) -> dict[UUID, Brief]:
    """By decision, without those that do not exist or cannot be read. Of any team: only for the bot's own deliveries.

    Five statements, however many decisions.
    """
    found = await decision.get_many(c, decision_ids)
    return {brief.decision.id: brief for brief in await _readable(c, found)}


async def open_briefs(c: AsyncConnection, *, team_id: UUID, now: datetime) -> list[Brief]:
    """All of the team's decisions that are not over and can be read, most urgent and oldest first.

    Five statements, however many decisions: every change of one of them reads all of them for each open Home tab.
    """
    return await _readable(c, await decision.open_of_team(c, team_id=team_id, now=now))


@dataclass(frozen=True)
class _Parts:
    """What belongs to some decisions, by decision."""

    options: Mapping[UUID, tuple[Option, ...]]
    rounds: Mapping[UUID, round.Found]
    outcomes: Mapping[UUID, Outcome]

    def brief(self, d: Decision) -> Brief:
        """Raises where this decision's round cannot be read."""
        live = self.rounds.get(d.id)
        return Brief(d, self.options[d.id], live.read() if live else None, self.outcomes.get(d.id))


async def _parts(c: AsyncConnection, decisions: Sequence[Decision]) -> _Parts:
    ids = [d.id for d in decisions]
    # After "Change the choice" the outcome row stays, but it is no choice until the decision is resolved again.
    resolved = [d.id for d in decisions if d.status is Status.RESOLVED]
    options, rounds = await option.of_decisions(c, ids), await round.live_of_decisions(c, ids)
    return _Parts(options, rounds, await outcome.of_decisions(c, resolved) if resolved else {})


async def _readable(c: AsyncConnection, decisions: Sequence[Decision]) -> list[Brief]:
    """A decision that cannot be read is left out, with a line in the log: the others must not suffer from it."""
    parts = await _parts(c, decisions)
    briefs = []
    for d in decisions:
        try:
            briefs.append(parts.brief(d))
        except Exception as error:
            log.error("a decision cannot be read", decision=str(d.id), **told(error))
    return briefs
