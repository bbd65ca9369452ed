"""Start scoring, end it, and what the owner can do when it did not go as planned."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier, Transition
from bot.domain.option import check_options
from bot.domain.permission import acting_for, standing
from bot.domain.round import MIN_EVALUATORS, Round, Thresholds, joined
from bot.domain.team import Member, UserGroup
from bot.domain.waiting import Kind
from bot.errors import BotError, Conflict, Invalid, NotAllowed
from bot.services import closing
from bot.services import dossier as dossiers
from bot.services.press import Done, Replaced, act, act_once, for_whom, write_down
from bot.services.refusal import check_press
from bot.store import decision, dossier, reminder, round, team
from bot.store.db import Db, run_tx


async def prepare(db: Db, by: By, decision_id: UUID) -> tuple[Dossier, list[Member]]:
    """What the Start scoring modal needs: the decision, and who may score. Raises Conflict with what is missing."""

    async def work(c: AsyncConnection) -> tuple[Dossier, list[Member]]:
        found = await dossier.get(c, team_id=by.team.id, decision_id=decision_id)
        await check_press(c, Action.START_SCORING, found, by)
        active = await team.active_members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id)
        _check_startable(found, len(active))
        return found, active

    return await run_tx(db, work)


def _check_startable(found: Dossier, active_members: int) -> None:
    name = found.decision.name
    check_options(found.options)
    if not found.criteria:
        raise Conflict(f'{name} needs at least 1 criterion. Use "Edit criteria".')
    if active_members < MIN_EVALUATORS:
        raise Conflict(
            f"{name} needs at least {MIN_EVALUATORS} active members to score. Add people with /decide setup."
        )


async def start(
    db: Db,
    by: By,
    decision_id: UUID,
    *,
    member_ids: Sequence[UUID],
    closes_at: datetime,
    is_two_confirmed: bool,
    group: UserGroup | None = None,
) -> Dossier:
    """Freeze roster, options, criteria, weights, closing time and thresholds; collect scores.

    group: the user group by which the people were chosen; whoever joins it later is offered to the owner.
    An edited press changes roster and closing time until somebody has scored; then it raises Conflict.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | Replaced:
        members = await team.active_members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id)
        active = {m.id for m in members}
        _check_startable(found, len(active))
        roster = _checked_roster(member_ids, active, is_two_confirmed)
        _check_ahead(closes_at, by)
        if made:
            _check_untouched(found, by)
            await round.set_roster(c, made, roster)
            return await _close_at(c, made, closes_at)
        round_id = await round.open_round(
            c,
            decision_id=decision_id,
            opened_by=by.member.id,
            closes_at=closes_at,
            options=found.options,
            criteria=found.criteria,
            member_ids=roster,
            thresholds=Thresholds(),
        )
        if group:
            await round.set_group(c, decision_id, round_id, group)
        details = {"round": str(round_id), "roster": len(roster)}
        return Done("round.opened", details, found.decision.moved(Transition.START_SCORING), made=round_id)

    return await act_once(db, by, decision_id, Action.START_SCORING, rule, replaces=_is_its_round, keeps_people=True)


async def find_group(db: Db, by: By, found: Dossier) -> UserGroup | None:
    """The user group whose later joiners this person may take in now; None for anybody but the owner, and once somebody
    has scored."""
    live = found.round
    if live is None or found.decision.created_by != by.member.id or not live.may_take_in(by.now):
        return None
    return await run_tx(db, lambda c: round.find_group(c, found.decision.id, live.id))


async def take_in(db: Db, by: By, decision_id: UUID, *, people: Collection[str]) -> Dossier:
    """Also ask those of these people (Slack ids) who are in the team and are not asked yet. For the owner, until
    somebody has scored; raises NotAllowed, Conflict. Pressed again it changes nothing."""

    async def work(c: AsyncConnection) -> Dossier:
        await reminder.keep_people(c, by.team.id)
        found = await dossier.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
        live = _taking_in(found, by)
        active = await team.active_members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id)
        more = [member.id for member in joined(live, active, people)]
        if not more:
            return found
        await round.set_roster(c, live.id, [*(m.member_id for m in live.members), *more])
        details = {
            "round": str(live.id),
            "roster": len(live.members) + len(more),
            "members": [str(id_) for id_ in more],
        }
        await write_down(c, by, decision_id, Done("round.joined", details))
        return await dossier.get(c, team_id=by.team.id, decision_id=decision_id)

    return await run_tx(db, work)


def _taking_in(found: Dossier, by: By) -> Round:
    """The round that more people may still be asked in."""
    if found.decision.created_by != by.member.id:
        raise NotAllowed(f"Who scores {found.decision.name} is for its owner to say, {found.owner.name}. Ask them.")
    if found.round is None or not found.round.may_take_in(by.now):
        raise Conflict(f"Nobody can be added to those who score {found.decision.name} now. {standing(found, by.now)}")
    return found.round


def _is_its_round(found: Dossier, made: UUID) -> bool:
    return found.round is not None and found.round.id == made


def _check_untouched(found: Dossier, by: By) -> None:
    if found.round is None or found.round.ballots or found.round.closed_at:
        raise Conflict(f"Scoring has started as you first asked for. {standing(found, by.now)}")


def _checked_roster(member_ids: Sequence[UUID], active: Collection[UUID], is_two_confirmed: bool) -> list[UUID]:
    roster = sorted(set(member_ids))
    if not set(roster) <= set(active):
        raise Invalid("One of these people is not an active member any more. Choose again.", field="roster")
    if len(roster) < MIN_EVALUATORS:
        raise Invalid(f"Scoring takes at least {MIN_EVALUATORS} people. Add somebody.", field="roster")
    if len(roster) == MIN_EVALUATORS and not is_two_confirmed:
        raise Invalid(
            "With 2 people no ranking will be shown, because each could work out the other's scores. "
            "Tick this box to go ahead, or add somebody.",
            field="confirm_two",
        )
    return roster


async def close(db: Db, by: By, decision_id: UUID) -> Dossier:
    """End it before its time, once quorum holds. Publication follows by itself.

    Pressed past the closing time it closes the round, whoever pressed it, and says where that led.
    """

    async def rule(c: AsyncConnection, found: Dossier) -> None:
        whom = for_whom(acting_for(Action.CLOSE_SCORING, found, by))
        # It writes its own line, whoever closes.
        answer = await closing.close(c, found, by=by.member.id, more=whom, origin=by.origin)
        if answer not in {"closed", "already"}:
            raise Conflict(f"Scoring cannot be closed yet. {standing(found, by.now)}")

    try:
        return await act(db, by, decision_id, Action.CLOSE_SCORING, rule)
    except Conflict:
        await dossiers.get_allowed(db, by, decision_id, Action.CLOSE_SCORING)
        raise


async def extend(db: Db, by: By, decision_id: UUID, *, closes_at: datetime) -> Dossier:
    """Collect scores again until `closes_at`, after a round that closed without quorum. Ballots so far stand."""

    def asked(found: Dossier) -> Action | None:
        is_done = found.round and found.round.closed_at is None and found.round.closes_at == closes_at
        return None if is_done else Action.EXTEND_ROUND

    async def rule(c: AsyncConnection, found: Dossier) -> Done:
        _check_ahead(closes_at, by)
        answer = await round.extend(c, _round_id(found), closes_at=closes_at)
        if answer == "past":
            raise _past()
        if answer != "extended":
            raise Conflict(f"Scoring cannot be extended. {standing(found, by.now)}")
        await reminder.ask_anew(c, decision_id, Kind.SCORE)
        return Done("round.extended")

    return await act(db, by, decision_id, asked, rule)


async def proceed(db: Db, by: By, decision_id: UUID, *, reason: str) -> Dossier:
    """Publish what there is although quorum was missed; the reason is recorded and shown.

    An edited press replaces the reason until the result is published; afterwards it raises Conflict.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done:
        round_id = _round_id(found)
        if await round.override(c, round_id, by=by.member.id, reason=reason) != "recorded":
            why = "It went on with the reason that you gave first." if made else "That is not possible now."
            raise Conflict(f"{why} {standing(found, by.now)}")
        await closing.enqueue_publication(c, round_id)
        ballots = found.round.ballots if found.round else 0
        return Done("round.proceeded", {"ballots": ballots}, made=round_id)

    return await act_once(db, by, decision_id, Action.PROCEED, rule, replaces=_is_its_round)


async def void(db: Db, by: By, decision_id: UUID, *, round_id: UUID, reason: str) -> Dossier:
    """Delete every ballot of this round and go back to the options; the reason is recorded.

    Raises Conflict where another round has taken its place: nobody asked for those ballots to be deleted.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | None:
        if made:
            return None
        if _round_id(found) != round_id:
            about = f"This window is about an earlier round of {found.decision.name}."
            raise Conflict(f"{about} {standing(found, by.now)}")
        if await round.void(c, round_id, by=by.member.id, reason=reason) != "voided":
            raise Conflict(f"Scoring cannot start over. {standing(found, by.now)}")
        await decision.call_off(c, decision_id, by=by.member.id)
        moved = found.decision.moved(Transition.VOID_ROUND)
        return Done("round.voided", {"round": str(round_id)}, moved, made=round_id)

    return await act_once(db, by, decision_id, Action.VOID_ROUND, rule, replaces=lambda found, made: True)


async def second(db: Db, by: By, decision_id: UUID, *, closes_at: datetime) -> Dossier:
    """Ask the people of a published round once more, by fresh ballots about the very same things. Once per decision.

    An edited press changes the closing time until somebody has scored; then it raises Conflict.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | Replaced:
        if made:
            _check_untouched(found, by)
            return await _close_at(c, made, closes_at)
        first = _round_id(found)
        answer, round_id = await round.open_second(c, decision_id=decision_id, by=by.member.id, closes_at=closes_at)
        if round_id is None:
            raise _why_no_second(answer, found, by)
        live = (await round.live_of_decisions(c, [decision_id])).get(decision_id)
        opened = live.read() if live else None
        details = {
            "round": str(round_id),
            "number": opened.number if opened else None,
            "follows": str(first),
            "roster": len(opened.roster) if opened else None,
        }
        return Done("round.opened", details, made=round_id)

    return await act_once(db, by, decision_id, Action.SECOND_ROUND, rule, replaces=_is_its_round, keeps_people=True)


def _why_no_second(answer: str, found: Dossier, by: By) -> BotError:
    match answer:
        case "past":
            return _past()
        case "too_few":
            least = found.round.thresholds.ranking if found.round else MIN_EVALUATORS
            return Conflict(
                f"A second round of {found.decision.name} takes at least {least} of those who were asked in the first "
                "one, and fewer are still active. A decider can resolve it as it is."
            )
    return Conflict(f"A second round is not possible now. {standing(found, by.now)}")


async def _close_at(c: AsyncConnection, round_id: UUID, closes_at: datetime) -> Replaced:
    """The closing time of a round that an edited press has opened, and in which nobody has scored."""
    if await round.extend(c, round_id, closes_at=closes_at) == "past":
        raise _past()
    return Replaced(made=round_id)


def _check_ahead(closes_at: datetime, by: By) -> None:
    if closes_at <= by.now:
        raise _past()


def _past() -> Invalid:
    return Invalid("The closing time is in the past. Choose a later one.", field="closes_at")


def _round_id(found: Dossier) -> UUID:
    if found.round is None:
        raise Conflict(f"{found.decision.name} is not being scored.")
    return found.round.id
