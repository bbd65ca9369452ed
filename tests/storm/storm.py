"""One random walk: a house for it, the crowd in it, and what must be true after every step and at the end."""

import asyncio
import logging
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from bot import jobs
from bot.demo.techcorp import techcorp
from sandbox.spec import ChannelSpec, PersonSpec, WorkspaceSpec
from tests.storm import acts
from tests.storm.acts import Act
from tests.storm.checks import Broken, Checks
from tests.storm.crowd import Crowd
from tests.storm.quiet import under_way
from tests.support.house import House, as_service, living
from tests.support.installation import HISTORY
from tests.support.team import Team
from tests.support.week import Clock

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
CHANNELS = ("decisions", "refunds")
PATIENCE_SECONDS = 40.0


@dataclass(frozen=True)
class Setting:
    """Who is there. people: in the team; two more are not. Few deciders: one with all authority, the others with 1."""

    people: int
    has_few_deciders: bool = False

    @classmethod
    def drawn(cls, seed: int) -> "Setting":
        dice = random.Random(f"setting {seed}")
        return cls(dice.choice((5, 6, 9, 14, 22)), dice.random() < 0.4)


def workspace(people: int) -> WorkspaceSpec:
    """p0, p1, ...; p0 is an admin of the workspace. The bot may read history, so it doubles nothing."""
    handles = tuple(f"p{n}" for n in range(people))
    persons = tuple(
        PersonSpec(f"U0{h.upper()}", h, f"Person {h}", f"{h}@techcorp.com", ZONES[n % len(ZONES)], is_admin=n == 0)
        for n, h in enumerate(handles)
    )
    channels = tuple(ChannelSpec(f"C0{name.upper()}", name, (*handles, "conclave")) for name in CHANNELS)
    base = techcorp()
    return replace(base, people=persons, channels=channels, scopes=(*base.scopes, *HISTORY))


@dataclass
class Storm:
    """A walk that goes on."""

    house: House
    team: Team
    clock: Clock
    crowd: Crowd
    checks: Checks
    begun: int = 0
    """How many acts."""
    reach: str = ""
    """How far decisions have come, in words: a storm in which nothing gets anywhere finds nothing."""

    async def play(self, found: Sequence[Act]) -> None:
        """Do the acts, and look after each step. Raises Broken where something is not as it must be."""
        for group in acts.groups(found):
            self.begun += len(group)
            before = await self.checks.waits() if any(act.kind in ("time_moves", "ticks") for act in group) else None
            self.crowd.leads = await self.checks.leads()
            await asyncio.gather(*(self.crowd.do(act) for act in group))
            await self.settle()
            await self.checks.after_step(before)
        self.house.sandbox.town.faults.clear()
        await self.settle()
        assert await jobs.tick(self.house.bot.deps)
        await self.settle()
        await self.checks.at_the_end()
        self.reach = self._reached()

    async def settle(self) -> None:
        """Wait until nothing is under way; what is put off until later happens at once, since time moves on to it."""
        end, quiet, expected = time.monotonic() + PATIENCE_SECONDS, 0, None
        while quiet < 2:
            await asyncio.sleep(0.003)
            if time.monotonic() > end:
                raise Broken(f"it does not settle: {under_way()}, {self.clock.sql(WAITING)}")
            if under_way() or self.clock.sql(ASKING):
                quiet, expected = 0, None
                continue
            ((soonest,),) = self.clock.sql(SOONEST)
            quiet = 0 if soonest else quiet + 1
            if soonest and soonest == expected:
                self._let_deliver(soonest)
                await asyncio.sleep(0.005)
            # Seen twice: a worker may not have heard yet that it has claimed something. Were time moved to the end of
            # its lease, it would claim that once more, and send it twice at once.
            expected = soonest

    def _reached(self) -> str:
        rows = self.clock.sql(REACHED)
        return ", ".join(f"{many} {what}" for what, many in rows)

    def _let_deliver(self, soonest: Any) -> None:
        if soonest > self.clock.now:
            self.clock.set(soonest)
            self.house.sandbox.clock.stand_at(soonest)
        self.clock.sql("SELECT pg_notify('outbox', '')")


REACHED = """
    SELECT 'acts in the trail', count(*) FROM storm.events WHERE kind <> 'state'
    UNION ALL SELECT 'in phase ' || current_phase, count(*) FROM customer_decisions GROUP BY current_phase
    UNION ALL SELECT 'rounds', count(*) FROM rounds UNION ALL SELECT 'published', count(*) FROM round_results
    UNION ALL SELECT 'nudges', count(*) FROM outbox WHERE kind = 'nudge'
"""
SOONEST = """
    SELECT min(run_at) FROM outbox o WHERE state = 'ready'
        AND id = (SELECT min(id) FROM outbox p WHERE p.lane = o.lane AND p.state = 'ready')
"""
"""When the next head of a lane is due: those behind it wait for it, whenever they are due themselves."""
ASKING = """
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
        AND state <> 'idle' AND pid <> pg_backend_pid()
"""
"""Whether the database has not answered somebody yet."""
WAITING = "SELECT kind, attempts, last_error, run_at FROM outbox WHERE state = 'ready' LIMIT 5"


@asynccontextmanager
async def raging(database_url: str, setting: Setting) -> AsyncIterator[Storm]:
    """A house with a team in it, in a database of its own."""
    spec = workspace(setting.people + 2)
    settings: dict[str, Any] = {"CONCLAVE_TICK_SECONDS": 3600}
    with _standing_clock(database_url) as clock, _errors() as errors:
        async with living(database_url, spec, clock=lambda: clock.now, **settings) as house:
            house.sandbox.clock.stand_at(clock.now)
            team = Team(house)
            await team.gather(*(f"p{n}" for n in range(1, setting.people)), owner="p0")
            for n in range(1, setting.people):
                team.give(f"p{n}", _authority(n, setting))
            _keep_ledger(database_url)
            yield _storm(house, team, clock, errors)


@contextmanager
def _standing_clock(database_url: str) -> Iterator[Clock]:
    clock = Clock(database_url, as_service(database_url))
    try:
        yield clock
    finally:
        clock.close()


def _authority(n: int, setting: Setting) -> int:
    if setting.has_few_deciders:
        return 1
    return (2, 1, 4, 1, 3, 1, 2)[(n - 1) % 7]


def _storm(house: House, team: Team, clock: Clock, errors: list[str]) -> Storm:
    async def tick() -> None:
        await jobs.tick(house.bot.deps)

    def unfinished() -> int:
        return int(
            clock.sql("SELECT count(*) FROM customer_decisions WHERE status NOT IN ('cancelled', 'resolved')")[0][0]
        )

    crowd = Crowd(house.sandbox, clock, tick, unfinished)
    return Storm(house, team, clock, crowd, Checks(house, team, clock, crowd, errors))


def _keep_ledger(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(Path(__file__).with_name("ledger.sql").read_bytes())


class _Errors(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.found = found

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(f"{record.name}: {record.getMessage()}")


class _Ear:
    """In the place of a module's own logger: hears the errors, and nothing else."""

    def __init__(self, found: list[str]) -> None:
        self.found = found

    def error(self, event: str, **told: object) -> None:
        self.found.append(f"{event}: {told}")

    critical = exception = error

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@contextmanager
def _errors() -> Iterator[list[str]]:
    """Every line of the level error or above that is logged meanwhile, by us or by libraries."""
    found: list[str] = []
    handler = _Errors(found)
    modules = [module for name, module in sys.modules.items() if name.startswith(("bot.", "handlers."))]
    ours = [module for module in modules if type(vars(module).get("log")).__module__.startswith("structlog")]
    before = [(module, vars(module)["log"]) for module in ours]
    logging.getLogger().addHandler(handler)
    for module, _ in before:
        vars(module)["log"] = _Ear(found)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(handler)
        for module, log in before:
            vars(module)["log"] = log
