"""Propose answers to the customer."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier, Phase
from bot.domain.option import MOST_AT_ONCE, Option, OptionDraft, check_drafts, check_option
from bot.domain.permission import check
from bot.domain.precedent import suggestion
from bot.domain.sketch import suggestions
from bot.errors import NotAllowed, NotFound
from bot.services import sketch as sketches
from bot.services.press import Done, Replaced, act, act_once
from bot.store import audit, dossier, option, precedent
from bot.store.db import Db, run_tx


async def propose(db: Db, by: By, decision_id: UUID, *, drafts: Sequence[OptionDraft]) -> Dossier:
    """Add options, `MOST_AT_ONCE` at most. Raises Invalid with the place of the draft: field "title_1" is the second's.

    An edited press replaces those that it first added, which are told by their ids.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | Replaced:
        batch = _batch(made or uuid4())
        checked = check_drafts(drafts, others=[o for o in found.options if o.id not in batch])
        wanted, surplus = batch[: len(checked)], batch[len(checked) :]
        await _put(c, by, found, dict(zip(wanted, checked, strict=True)))
        for one in surplus:
            await option.remove(c, one)
        # The first of a new press has its line by `Done`.
        added = [one for one in (wanted if made else wanted[1:]) if not found.option(one)]
        await _tell(c, decision_id, "option.proposed", added)
        await _tell(c, decision_id, "option.removed", [one for one in surplus if found.option(one)])
        return Replaced(made=made) if made else _of_option("option.proposed", batch[0])

    def replaces(found: Dossier, made: UUID) -> bool:
        return found.decision.phase is Phase.OPTIONS and any(found.option(one) for one in _batch(made))

    return await act_once(db, by, decision_id, Action.PROPOSE_OPTION, rule, replaces=replaces)


def _batch(first: UUID) -> tuple[UUID, ...]:
    """The ids of the options of one press; one of them tells all, and a press keeps one id."""
    return (first, *(uuid5(first, str(place)) for place in range(1, MOST_AT_ONCE)))


async def _tell(c: AsyncConnection, decision_id: UUID, line: str, option_ids: Sequence[UUID]) -> None:
    """Lines of the trail without a name, as those by `_of_option`."""
    for option_id in option_ids:
        await audit.write(c, line, decision_id=decision_id, details={"option": str(option_id)})


async def _put(c: AsyncConnection, by: By, found: Dossier, drafts: Mapping[UUID, OptionDraft]) -> None:
    for option_id, draft in drafts.items():
        if found.option(option_id):
            await option.change(c, option_id, draft)
        else:
            await option.add(c, option_id, decision_id=found.decision.id, created_by=by.member.id, draft=draft)


def _of_option(line: str, option_id: UUID, **more: object) -> Done:
    # Who proposed what stays hidden until close, from the trail as well: it names the option only.
    return Done(line, {"option": str(option_id)} | more, made=option_id, is_anonymous=True)


async def add_suggested(db: Db, by: By, decision_id: UUID, *, source: UUID) -> Dossier:
    """Add the option of an earlier case as it would read here, or one that the language model drafted, as the
    presser's own; the same press twice adds it once.

    What is added is worked out here anew: a button carries an id, never a text. Raises NotFound where the team has no
    decided case with that option.
    """
    option_id = uuid5(decision_id, str(source))

    async def rule(c: AsyncConnection, found: Dossier) -> Done | None:
        if found.option(option_id):
            return None
        draft = await _drafted(c, by, found, source) or await _suggested(c, found, source)
        checked = check_option(draft, others=found.options)
        where = {"decision_id": decision_id, "created_by": by.member.id}
        await option.add(c, option_id, **where, draft=checked, is_suggested=True)
        return _of_option("option.proposed", option_id, is_suggested=True)

    return await act(db, by, decision_id, Action.PROPOSE_OPTION, rule)


async def _drafted(c: AsyncConnection, by: By, found: Dossier, source: UUID) -> OptionDraft | None:
    drafted = await sketches.look(c, by, found.decision.id)
    offered = suggestions(found, drafted) if drafted else ()
    return next((one.draft for one in offered if one.source == source), None)


async def _suggested(c: AsyncConnection, found: Dossier, source: UUID) -> OptionDraft:
    case_id = await precedent.find_case_of_option(c, source, team_id=found.team.id)
    if case_id is None:
        raise NotFound("The earlier case of this option is gone. Type the option in instead.")
    known = await precedent.cases(c, [case_id], team_id=found.team.id)
    options = await option.of_decisions(c, [case_id])
    return suggestion(found, known[case_id], next(o for o in options[case_id] if o.id == source)).draft


async def mine(db: Db, by: By, decision_id: UUID) -> tuple[Dossier, tuple[Option, ...]]:
    """The actor's own options, while they can still be changed. Raises NotFound where there are none."""

    async def work(c: AsyncConnection) -> Dossier:
        return await dossier.get(c, team_id=by.team.id, decision_id=decision_id)

    found = await run_tx(db, work)
    check(Action.EDIT_OPTION, found, by)
    own = tuple(o for o in found.options if o.created_by == by.member.id)
    if not own:
        raise NotFound(
            f'You have proposed no option for {found.decision.name} yet. "{Action.PROPOSE_OPTION.label}" adds one.'
        )
    return found, own


async def get_own(db: Db, by: By, decision_id: UUID, *, option_id: UUID) -> tuple[Dossier, Option]:
    """One of the actor's own options. Raises NotFound where it is gone, NotAllowed where it is somebody else's."""
    found, _ = await mine(db, by, decision_id)
    return found, _own(found, by, option_id)


def _own(found: Dossier, by: By, option_id: UUID) -> Option:
    option_ = found.option(option_id)
    if option_ is None:
        raise NotFound(f"This option of {found.decision.name} is gone. Show details lists those that are left.")
    if option_.created_by != by.member.id:
        raise NotAllowed("Only the person who proposed an option can change it.")
    return option_


async def change(db: Db, by: By, decision_id: UUID, *, option_id: UUID, draft: OptionDraft) -> Dossier:
    """Change one's own option before scoring starts."""

    async def rule(c: AsyncConnection, found: Dossier) -> Done:
        before = _own(found, by, option_id)
        checked = check_option(draft, others=[o for o in found.options if o != before])
        await option.change(c, option_id, checked)
        costs = [before.financial_cost, checked.financial_cost]
        changed = {"financial_cost": [None if cost is None else str(cost) for cost in costs]}
        return _of_option("option.changed", option_id, **(changed if costs[0] != costs[1] else {}))

    return await act(db, by, decision_id, Action.EDIT_OPTION, rule)


async def remove(db: Db, by: By, decision_id: UUID, *, option_id: UUID) -> Dossier:
    """Take one's own option away before scoring starts."""

    async def rule(c: AsyncConnection, found: Dossier) -> Done | None:
        if found.option(option_id) is None:
            return None  # by the same press a moment ago
        await option.remove(c, _own(found, by, option_id).id)
        return _of_option("option.removed", option_id)

    return await act(db, by, decision_id, Action.EDIT_OPTION, rule)
