"""Erase a member, a customer, a team; let old decisions lose their texts. Says beforehand what it will touch.

Names, addresses, Slack ids and texts go; what was scored, ranked, decided and spent stays, under a pseudonym. Done in
short transactions, each of which may be repeated: the row by which somebody is found is the last to change, so a run
that broke off is run again.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.erasure import GONE, Erasure, Hit, Needles, address, is_pseudonym, pseudonym
from bot.domain.plan import Plans
from bot.domain.team import Member
from bot.errors import Conflict, Invalid, NotFound
from bot.services import team as teams
from bot.services.isolation import each
from bot.store import audit, decision, erasure, installation, team
from bot.store.db import Db, run_tx
from bot.store.erasure import Place

MEMBER, CUSTOMER, TEAM = "Former member", "Customer", "Team"
BATCH = 10
"""Decisions in one transaction: each is locked no longer than that takes, a fraction of a second."""
LOOKED_FOR = 1_000
AT_MOST = 10_000
"""Old decisions in one run of the housekeeping; the rest is the next one's."""
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Plan:
    """What an erasure will touch."""

    who: str
    """As the operator reads it."""
    becomes: str
    subject: UUID
    needles: Needles
    decisions: tuple[UUID, ...]
    """In which texts go."""
    hits: tuple[Hit, ...]
    """Where the name, the address or an id stands elsewhere."""
    is_whole: bool = True
    """Whether the decisions lose all their texts; else those of a member."""
    people: tuple[UUID, ...] = ()
    """Everybody of a team."""
    later: tuple[int, ...] = ()
    """Numbers of decisions that are not over: what a member wrote in them stays until they are."""

    @property
    def asked(self) -> tuple[Hit, ...]:
        """Those in texts of others, which are changed on demand only."""
        return tuple(hit for hit in self.hits if hit.is_free)

    def goes_anyhow(self, hit: Hit) -> bool:
        """Whether it is in the person's own row, in a text of theirs, or in a decision that loses all its texts."""
        is_own = hit.table == "team_members" and UUID(hit.key[0]) in (self.subject, *self.people)
        is_theirs = hit.decision in self.decisions and (self.is_whole or hit.author == self.subject)
        return is_own or (is_theirs and (hit.is_free or hit.table == "customer_decisions"))

    def to_replace(self, *, also_free_text: bool) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.hits if also_free_text or not hit.is_free)


# --- A member.


async def plan_member(db: Db, email: str) -> Plan:
    """Raises NotFound, and Conflict where a ballot of theirs is still secret."""

    async def work(c: AsyncConnection) -> Plan:
        found = await team.find_by_email(c, email)
        if found is None:
            raise NotFound(f"There is no member with the address {email}.")
        return await _plan_member(c, found)

    return await _with_hits(db, await run_tx(db, work))


async def _plan_member(c: AsyncConnection, member: Member) -> Plan:
    await _check_ballots(c, member)
    over, later = [await erasure.involved(c, member.id, is_over=is_over) for is_over in (True, False)]
    ids, name = await erasure.slack_ids(c, member.id), pseudonym(MEMBER, member.id)
    words = [] if is_pseudonym(member.name, MEMBER, member.id) else await _words_of(c, member, name)
    needles = Needles.of([*words, *((one, f"erased-{member.id.hex[:8]}") for one in ids)])
    who = f"{member.name} ({member.email})"
    return Plan(
        who,
        name,
        member.id,
        needles,
        tuple(id_ for id_, _ in over),
        (),
        is_whole=False,
        later=tuple(n for _, n in later),
    )


async def _words_of(c: AsyncConnection, member: Member, name: str) -> list[tuple[str | None, str]]:
    """What they are and were called, each with what takes its place."""
    known = [(member.name, member.email), *await erasure.former(c, member.id)]
    return [word for named, mail in known for word in ((named, name), (mail, GONE))]


async def _check_ballots(c: AsyncConnection, member: Member) -> None:
    numbers = await erasure.submitted_unpublished(c, member.id)
    if numbers:
        named = ", ".join(f"#{number}" for number in numbers)
        raise Conflict(
            f"{member.name} has scored in {named}, whose result is not published yet. Publish it or start over first: "
            "nobody looks into scores before."
        )


async def erase_member(db: Db, plan: Plan, *, also_free_text: bool = False) -> None:
    """As planned; the person is made inactive first, and excused where they are asked."""
    await teams.retire(db, plan.subject, cause="erased")
    await _in_batches(db, plan.decisions, partial(_unwrite, plan.subject))
    await _replace(db, plan, also_free_text=also_free_text)

    async def last(c: AsyncConnection) -> None:
        before = await team.find_member(c, plan.subject)
        if before is None:
            return
        await erasure.forget_member(c, before.id, name=plan.becomes, email=address(before.id))
        await erasure.forget_origins(c, before.id)
        await erasure.record(c, "member", before.id, also_free_text=also_free_text)
        await audit.write(c, "member.erased", details={"member": str(before.id)})
        for decision_id, _ in await erasure.involved(c, before.id, is_over=False):
            await decision.changed(c, decision_id)

    await run_tx(db, last)


async def _unwrite(member_id: UUID, c: AsyncConnection, ids: Sequence[UUID]) -> None:
    await erasure.lock(c, ids)
    await erasure.unwrite(c, member_id, ids)
    await erasure.written_down(c, None, ids)


# --- A customer.


async def plan_customer(db: Db, customer: str, *, team_name: str | None = None) -> Plan:
    """Raises NotFound, Invalid where it is not said of which team, Conflict where a decision is not over."""

    async def work(c: AsyncConnection) -> Plan:
        its_team = await team.get_by_name(c, team_name) if team_name else None
        found = await erasure.about(c, customer, team_id=its_team.id if its_team else None)
        if not found:
            raise NotFound(f"No decision is about a customer called {customer}, or with that id.")
        if len({one.team_id for one in found}) > 1:
            raise Invalid("Several teams have decisions about this customer; choose one with --team.")
        open_ones = ", ".join(f"#{one.number}" for one in found if not one.is_over)
        if open_ones:
            raise Conflict(f"{open_ones} is not over. Resolve or cancel it first, then erase {customer}.")
        return _plan_customer(customer, uuid4(), found)

    return await _with_hits(db, await run_tx(db, work))


def _plan_customer(who: str, key: UUID, found: Iterable[erasure.About]) -> Plan:
    known, becomes = tuple(found), pseudonym(CUSTOMER, key)
    names = {(one.names[0], becomes) for one in known} | {(one.names[1], GONE) for one in known}
    return Plan(who, becomes, key, Needles.of(sorted(names, key=str)), tuple(one.id for one in known), ())


async def erase_customer(db: Db, plan: Plan, *, also_free_text: bool = False) -> None:
    """As planned: every decision about the customer loses its texts, comments included."""

    known_as = f"erased-{plan.subject.hex[:8]}"

    async def some(c: AsyncConnection, ids: Sequence[UUID]) -> None:
        await erasure.forget_cases(c, ids, customer=plan.becomes, customer_id=known_as)
        for decision_id in ids:
            await erasure.forget_comments(c, decision_id)
        await erasure.written_down(c, "customer.erased", ids)

    # Recorded first, by ids: a run that breaks off leaves decisions with the name, by which it is found again.
    await run_tx(db, lambda c: _record_customer(c, plan, also_free_text=also_free_text))
    await _replace(db, plan, also_free_text=also_free_text)
    await _in_batches(db, plan.decisions, some)


async def _record_customer(c: AsyncConnection, plan: Plan, *, also_free_text: bool) -> None:
    await erasure.record(c, "customer", plan.subject, decisions=plan.decisions, also_free_text=also_free_text)


# --- A team, and with it a workspace that has uninstalled Conclave.


async def plan_team(db: Db, name: str) -> Plan:
    """Raises NotFound, and Invalid where several match."""

    async def work(c: AsyncConnection) -> Plan:
        found = await team.get_by_name(c, name)
        ids = await erasure.of_team(c, found.id)
        who = f"{found.name}, {found.company_name}: everybody in it, and all its decisions"
        return Plan(who, pseudonym(TEAM, found.id), found.id, Needles({}), tuple(ids), ())

    return await run_tx(db, work)


async def erase_team(db: Db, team_id: UUID) -> None:
    """Everybody and every text of a team; what it decides is over. The service's own login may do it, too."""
    await run_tx(db, lambda c: erasure.end_everything(c, team_id))
    people = await run_tx(db, lambda c: team.members(c, team_id=team_id, workspace_id=None))
    ids = await run_tx(db, lambda c: erasure.of_team(c, team_id))
    await _in_batches(db, ids, _forget_each)
    needles = await run_tx(db, lambda c: _names_of(c, people))
    everybody = tuple(m.id for m in people)
    plan = await _with_hits(db, Plan("", pseudonym(TEAM, team_id), team_id, needles, (), (), people=everybody))
    await _replace(db, plan, also_free_text=False)

    async def last(c: AsyncConnection) -> None:
        for member in people:
            await erasure.forget_member(c, member.id, name=pseudonym(MEMBER, member.id), email=address(member.id))
        await erasure.forget_team(c, team_id, name=plan.becomes)
        await erasure.record(c, "team", team_id)
        await audit.write(c, "team.erased", details={"team": str(team_id)})

    await run_tx(db, last)


async def _names_of(c: AsyncConnection, people: Sequence[Member]) -> Needles:
    """Names alone are not looked for: what people of one team are called, others may be called as well."""
    ids = [(one, f"erased-{m.id.hex[:8]}") for m in people for one in await erasure.slack_ids(c, m.id)]
    return Needles.of([*((m.email, GONE) for m in people), *ids])


async def erase_workspace(db: Db, workspace_id: str) -> list[UUID]:
    """Every team that is at home in this workspace and in no other; returns them.

    For a workspace that has removed the app so long ago as CONCLAVE_ERASE_AFTER_UNINSTALL says.
    """
    homes = await run_tx(db, lambda c: team.only_in(c, workspace_id))
    for team_id in homes:
        await erase_team(db, team_id)
    return homes


async def erase_gone(db: Db, *, after: timedelta) -> int:
    """The teams of all workspaces that took the app out so long ago; returns how many workspaces those are."""
    gone = await run_tx(db, lambda c: installation.gone_for(c, after))
    return len((await each("a workspace cannot be erased", gone, lambda one: erase_workspace(db, one))).done)


async def _forget_each(c: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Old decisions, or those of a team that is in no workspace any more."""
    forgotten = await erasure.forget_words(c, await erasure.lock(c, ids))
    await erasure.forget_cases(c, forgotten)
    await erasure.written_down(c, "decision.erased", forgotten, is_old=True)


# --- Age.


async def retain(db: Db, plans: Plans, *, now: datetime, at_most: int = AT_MOST) -> int:
    """Let decisions lose their texts once they are older than their team's plan keeps them; returns how many.

    Off where no plan says a number of months. Any number of processes may do it at once.
    """
    tiers = {tier: now - MONTH * plan.retention_months for tier, plan in plans.by_tier.items() if plan.retention_months}

    erased = 0
    while tiers and erased < at_most:
        ids = await run_tx(db, partial(erasure.old, tiers=tiers, at_most=min(LOOKED_FOR, at_most - erased)))
        await _in_batches(db, ids, _forget_each)
        erased += len(ids)
        if len(ids) < LOOKED_FOR:
            break
    return erased


# --- Once more, after a backup was restored.


async def recorded(db: Db) -> list[Erasure]:
    return await run_tx(db, erasure.recorded)


async def repeat(db: Db, one: Erasure) -> bool:
    """Do it again; False where there is nothing of it here."""
    if one.kind == "team":
        return await _repeat_team(db, one.subject)
    if one.kind == "customer":
        found = await run_tx(db, lambda c: erasure.about_ids(c, one.decisions))
        plan = await _with_hits(db, _plan_customer("", one.subject, found))
        if found:
            await erase_customer(db, plan, also_free_text=one.also_free_text)
        return bool(found)
    return await _repeat_member(db, one)


async def _repeat_team(db: Db, team_id: UUID) -> bool:
    names = {found.id: found.name for found in await run_tx(db, team.every)}
    if names.get(team_id) in (None, pseudonym(TEAM, team_id)):
        return False
    await erase_team(db, team_id)
    return True


async def _repeat_member(db: Db, one: Erasure) -> bool:
    async def work(c: AsyncConnection) -> Plan | None:
        member = await team.find_member(c, one.subject)
        return await _plan_member(c, member) if member else None

    found = await run_tx(db, work)
    if found is None or not (found.needles.words or found.decisions):
        return False
    await erase_member(db, await _with_hits(db, found), also_free_text=one.also_free_text)
    return True


# --- Shared.


async def _with_hits(db: Db, plan: Plan) -> Plan:
    """Look into every column, one table a transaction; not into what goes anyhow."""
    if not plan.needles.words:
        return plan
    found = list(await run_tx(db, partial(erasure.look_into_comments, needles=plan.needles)))
    for place in await run_tx(db, erasure.places):
        found += await run_tx(db, partial(erasure.look, place=place, needles=plan.needles))
    return replace(plan, hits=tuple(hit for hit in found if not plan.goes_anyhow(hit)))


async def _replace(db: Db, plan: Plan, *, also_free_text: bool) -> None:
    hits = plan.to_replace(also_free_text=also_free_text)
    places = {place.table: place for place in await run_tx(db, erasure.places)}
    for table, key, decision_id in sorted({(hit.table, hit.key, hit.decision) for hit in hits}, key=str):
        columns = [hit.column for hit in hits if (hit.table, hit.key) == (table, key)]
        row = Row(places.get(table), key, columns, decision_id)
        await run_tx(db, partial(_replace_row, plan=plan, row=row))


@dataclass(frozen=True)
class Row:
    place: Place | None
    """None for published comments, which are the vault's."""
    key: tuple[str, ...]
    columns: Sequence[str]
    decision_id: UUID | None


async def _replace_row(c: AsyncConnection, plan: Plan, row: Row) -> None:
    if row.decision_id:
        await erasure.lock(c, [row.decision_id])
    if row.place is None:
        await erasure.reword(c, UUID(row.key[0]), plan.needles)
    else:
        await erasure.replace(c, row.place, row.key, row.columns, plan.needles)
    if row.decision_id:
        await decision.changed(c, row.decision_id)


Some = Callable[[AsyncConnection, Sequence[UUID]], Awaitable[None]]


async def _in_batches(db: Db, ids: Sequence[UUID], some: Some) -> None:
    for start in range(0, len(ids), BATCH):
        await run_tx(db, partial(_call, some=some, ids=ids[start : start + BATCH]))


async def _call(c: AsyncConnection, some: Some, ids: Sequence[UUID]) -> None:
    await some(c, ids)
