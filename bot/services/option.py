"""Propose answers to the customer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.decision import Dossier
from bot.domain.option import Option, OptionDraft, check_option
from bot.domain.permission import check
from bot.domain.press import Press
from bot.domain.team import Actor
from bot.errors import NotAllowed, NotFound
from bot.store import audit, decision, dossier, option, submission
from bot.store.db import Db, run_tx


async def propose(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    draft: OptionDraft,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Dossier:
    """Add an option. The same press again adds nothing; an edited one changes the option that the first press added."""

    async def work(c: AsyncConnection) -> Dossier:
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and prior.is_same:
            return found
        check(Action.PROPOSE_OPTION, found, actor.member, now=now, table=table)
        earlier = found.option(UUID(prior.created_id)) if prior else None
        checked = check_option(draft, others=[o for o in found.options if o != earlier])
        if earlier:
            await option.change(c, earlier.id, checked)
            option_id = earlier.id
        else:
            option_id = await option.add(c, decision_id=decision_id, created_by=actor.member.id, draft=checked)
            # Who proposed what stays hidden until close, from the trail as well: it names the option only.
            await audit.write(c, "option.proposed", decision_id=decision_id, details={"option": str(option_id)})
        await submission.record(c, press, kind="option", created_id=option_id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def mine(
    db: Db, *, actor: Actor, decision_id: UUID, now: datetime, table: AuthorityTable
) -> tuple[Dossier, tuple[Option, ...]]:
    """The actor's own options, while they can still be changed. Raises NotFound where there are none."""

    async def work(c: AsyncConnection) -> Dossier:
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    found = await run_tx(db, work)
    check(Action.EDIT_OPTION, found, actor.member, now=now, table=table)
    own = tuple(o for o in found.options if o.created_by == actor.member.id)
    if not own:
        raise NotFound(f'You have proposed no option for {found.decision.name} yet. "Propose option" adds one.')
    return found, own


async def get_own(
    db: Db, *, actor: Actor, decision_id: UUID, option_id: UUID, now: datetime, table: AuthorityTable
) -> tuple[Dossier, Option]:
    """One of the actor's own options. Raises NotFound where it is gone, NotAllowed where it is somebody else's."""
    found, own = await mine(db, actor=actor, decision_id=decision_id, now=now, table=table)
    return found, _own(found, option_id, actor, own)


def _own(found: Dossier, option_id: UUID, actor: Actor, own: tuple[Option, ...]) -> Option:
    option_ = found.option(option_id)
    if option_ is None:
        raise NotFound(f"This option of {found.decision.name} is gone. Show details lists those that are left.")
    if option_ not in own:
        raise NotAllowed("Only the person who proposed an option can change it.")
    return option_


async def change(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    option_id: UUID,
    draft: OptionDraft | None,
    now: datetime,
    table: AuthorityTable,
) -> Dossier:
    """Change one's own option before scoring starts, or remove it (`draft` None)."""

    async def work(c: AsyncConnection) -> Dossier:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        check(Action.EDIT_OPTION, found, actor.member, now=now, table=table)
        own = tuple(o for o in found.options if o.created_by == actor.member.id)
        if draft is None and found.option(option_id) is None:
            return found  # removed by the same press a moment ago
        before = _own(found, option_id, actor, own)
        if draft is None:
            await option.remove(c, before.id)
        else:
            checked = check_option(draft, others=[o for o in found.options if o != before])
            await option.change(c, before.id, checked)
        action = "option.removed" if draft is None else "option.changed"
        await audit.write(c, action, decision_id=decision_id, details={"option": str(option_id)})
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)
