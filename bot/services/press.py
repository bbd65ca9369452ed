"""One press of a decision's button: everything around the rule of its use case, so that no use case can forget it.

A use case names its button and hands over its rule: what is checked beyond the permission, and what is written. The
rule runs while nobody else can change the decision, and answers with what it has done. What follows is written here:
the state, the line in the trail, that the press has done its work, and the decision's next revision, which brings card
and reminders up to date.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Decision, Dossier, Phase, Status
from bot.domain.permission import acting_for
from bot.domain.team import Absent
from bot.services.refusal import check_press, check_revision
from bot.store import audit, decision, dossier, hook, press, reminder, thread, workflow
from bot.store.db import Db, run_tx


@dataclass(frozen=True)
class Done:
    """What a rule has done."""

    line: str
    """What the trail calls it, for example "round.voided"."""
    details: Mapping[str, object] = field(default_factory=dict)
    """Of that line: ids, numbers and states only."""
    decision: Decision | None = None
    """As its state is from now on; None where that stays."""
    made: UUID | None = None
    """What has come of the press, for an edited one to replace; None: the decision itself."""
    is_anonymous: bool = False
    """Whether the trail is silent on who did it."""


@dataclass(frozen=True)
class Replaced:
    """What an edited press has put in the place of what its first version did, whose line the trail has already."""

    decision: Decision | None = None
    made: UUID | None = None


Asked = Action | Callable[[Dossier], Action | None]
"""The button that was pressed; or what tells by the decision as which button the press counts, None: it is done."""
Rule = Callable[[AsyncConnection, Dossier], Awaitable[Done | None]]
"""Of the locked decision. None: nothing is left to do, or to write down."""
RuleOnce = Callable[[AsyncConnection, Dossier, UUID | None], Awaitable[Done | Replaced | None]]
"""The same, with what the first version of an edited press has made; None: this press comes for the first time."""


async def act(db: Db, by: By, decision_id: UUID, asked: Asked, rule: Rule) -> Dossier:
    """Do the rule for whoever may press the button now; returns the decision as it is then.

    Raises Conflict or NotAllowed, as `check_press` does, and what the rule raises; then nothing is written.
    The same press twice does its work twice: for rules where the second time is refused by the state, or harmless.
    """

    async def work(c: AsyncConnection) -> Dossier:
        found = await _locked(c, by, decision_id)
        action = asked if isinstance(asked, Action) else asked(found)
        if action is None:
            return found
        await check_press(c, action, found, by)
        done = await rule(c, found)
        if done:
            await write_down(c, by, decision_id, done, absent=acting_for(action, found, by))
        return await dossier.get(c, team_id=by.team.id, decision_id=decision_id)

    return await run_tx(db, wraps(rule)(work))  # by the name of the use case, for whoever traces


async def act_once(
    db: Db,
    by: By,
    decision_id: UUID,
    action: Action,
    rule: RuleOnce,
    *,
    replaces: Callable[[Dossier, UUID], bool],
    keeps_people: bool = False,
) -> Dossier:
    """`act` for a form whose answer may be lost, and which is then submitted again, as it was or edited.

    As it was, it changes nothing. Edited, it `replaces` what it first made (the id), if that still stands, and needs
    no permission for it again; else it is a press like any other. A shape apart from `act`, as it costs one lock and
    two statements more, and its rule has an edited press to think of.

    keeps_people: nobody leaves the team meanwhile. Locks are taken in this order everywhere: people, press, decision.
    """

    async def work(c: AsyncConnection) -> Dossier:
        if keeps_people:
            await reminder.keep_people(c, by.team.id)
        prior = await press.find(c, by.press) if by.press else None
        found = await _locked(c, by, decision_id)
        if prior and prior.is_same:
            return found
        made = prior.made if prior and replaces(found, prior.made) else None
        if made is None:
            await check_press(c, action, found, by)
        done = await rule(c, found, made)
        if done:
            await write_down(c, by, decision_id, done, absent=acting_for(action, found, by))
            await remember(c, by, kind=action, made=done.made or decision_id)
        return await dossier.get(c, team_id=by.team.id, decision_id=decision_id)

    return await run_tx(db, wraps(rule)(work))  # by the name of the use case, for whoever traces


async def _locked(c: AsyncConnection, by: By, decision_id: UUID) -> Dossier:
    found = await dossier.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
    check_revision(found, by)
    return found


async def write_down(
    c: AsyncConnection, by: By, decision_id: UUID, done: Done | Replaced, *, absent: Absent | None = None
) -> None:
    """What every change of a decision leaves behind. absent: for whom a deputy did it; the trail names both."""
    if done.decision:
        await decision.set_state(c, done.decision)
        if done.decision.status in (Status.RESOLVED, Status.CANCELLED):
            await workflow.end(c, decision_id)
            await thread.forget(c, [decision_id])
        if done.decision.phase is Phase.ACT:
            await hook.want_note(c, decision_id)
    if isinstance(done, Done):
        who = None if done.is_anonymous else by.member.id
        origin = None if done.is_anonymous else by.origin
        details = {**for_whom(absent), **done.details}
        await audit.write(c, done.line, decision_id=decision_id, by=who, details=details, origin=origin)
    await decision.changed(c, decision_id)


def for_whom(absent: Absent | None) -> dict[str, object]:
    """As a line of the trail says it."""
    return {"for": str(absent.id)} if absent else {}


async def remember(c: AsyncConnection, by: By, *, kind: str, made: UUID) -> None:
    """That this press has done its work. Nothing to remember of what came without one."""
    if by.press:
        await press.record(c, by.press, kind=kind, made=made)
