"""One run: what was asked for, everything that is running, and the books of what was saved."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

import psutil

from benchmarks import contender as contenders
from benchmarks.contender import Missing, Process
from benchmarks.contenders.setting import Setting
from benchmarks.forms import BALLOT, PAGE, PRESS, Form
from benchmarks.ground import Ground, cpu_seconds
from benchmarks.installation import Installation, installed
from benchmarks.load import CONNECTIONS, Volley, all_within, one_by_one
from bot.demo.process import BotProcess

T = TypeVar("T")
PRODUCT, LIMIT, GROUP, BARE, NAIVE, JS, NULL = "product", "limit", "limit, grouped", "bare", "naive", "Bolt-JS", "null"
NAIVE_LISTENERS = 40
SLACK = "slack"


@dataclass(frozen=True)
class Effort:
    """How much is done. seconds: of load for each contender in each round."""

    rounds: int
    seconds: float
    people: int
    cards: int
    big: int
    """Rows, and decisions, of the big database."""


QUICK = Effort(rounds=3, seconds=1.5, people=200, cards=100, big=100_000)
FULL = Effort(rounds=7, seconds=4.0, people=200, cards=300, big=1_000_000)


@dataclass(frozen=True)
class Turn:
    """What one contender did in one round: forms saved per second, and milliseconds of CPU for each answer."""

    rate: float
    server_ms: float
    postgres_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.server_ms + self.postgres_ms


@dataclass
class Bench:
    effort: Effort
    wanted: frozenset[str]
    ground: Ground
    stack: AsyncExitStack
    step: Callable[[str], None] = print
    """Told of each piece of work that begins."""
    notes: list[str] = field(default_factory=list)
    wrong: int = 0
    """Answers that were wrong or promised what was not there, so far."""
    answers: int = 0
    fastest: float = 0.0
    """Requests a second of the fastest contender."""
    _installation: Installation | None = None
    _running: dict[str, Process | BotProcess] = field(default_factory=dict)

    def wants(self, *keys: str) -> bool:
        return bool(self.wanted.intersection(keys))

    def rounds(self, what: str) -> Iterator[int]:
        for number in range(self.effort.rounds):
            self.step(f"{what}, round {number + 1} of {self.effort.rounds}")
            yield number

    def enter(self, context: AbstractContextManager[T]) -> T:
        """What it gives, until the run is over."""
        return self.stack.enter_context(context)

    async def installation(self) -> Installation:
        if self._installation is None:
            self.step("a team, its decisions and their forms")
            self._installation = await self.stack.enter_async_context(installed(self.ground, people=self.effort.people))
            self.notes.append("; ".join(form.sizes for form in self._installation.forms.values()))
        return self._installation

    async def running(self, name: str) -> Process | BotProcess:
        """Raises Missing where it cannot run here."""
        if name not in self._running:
            self.step(f"{name} starts")
            self._running[name] = made = await self._start(name)
            self.stack.push_async_callback(made.stop)
        return self._running[name]

    async def _start(self, name: str) -> Process | BotProcess:
        if name == SLACK:
            return await contenders.python("benchmarks.slack")
        if name == NULL:
            return await contenders.python("benchmarks.contenders.null", "-", is_fast=True)
        if name == PRODUCT:
            made = (await self.installation()).process("web")
            await made.start()
            return made
        setting = await self.setting(name)
        if name == JS:
            return await contenders.bolt_js(setting)
        module = {LIMIT: "limit", GROUP: "limit", BARE: "bare", NAIVE: "naive"}[name]
        return await contenders.python(f"benchmarks.contenders.{module}", setting, is_fast=True)

    async def setting(self, name: str) -> str:
        made = await self.installation()
        slack = await self.running(SLACK)
        setting = Setting(
            database_url=self.ground.peers_url,
            slack_url=f"http://127.0.0.1:{slack.port}/api/",
            secret=made.sandbox.spec.signing_secret,
            names={kind: form.name for kind, form in made.forms.items()},
            answers={kind: form.answer or None for kind, form in made.forms.items()},
            listeners={NAIVE: NAIVE_LISTENERS, JS: listeners()}.get(name, 1),
            is_grouped=name == GROUP,
        )
        return contenders.written(setting, self.ground.place, name.replace(" ", "-"))

    async def form(self, kind: str) -> Form:
        """As it is sent under load: late answers go to the Slack that says yes to everything."""
        made, slack = await self.installation(), await self.running(SLACK)
        form = made.forms[kind]
        if kind == PRESS:
            form.payload["response_url"] = f"http://127.0.0.1:{slack.port}/respond"
        return form

    async def fire(
        self, name: str, kind: str, *, within: float | None = None, connections: int = CONNECTIONS
    ) -> Volley:
        """Everybody sends this form once to this contender; what came of it is looked up in the database.

        within: seconds over which all are spread, each on a connection of their own; None: one after the other.
        """
        made, running = await self.installation(), await self.running(name)
        await asyncio.to_thread(self._clear, name, made)
        shots = (await self.form(kind)).shots(made.people, secret=made.sandbox.spec.signing_secret)
        server, postgres = running.pid or 0, self.ground.postmaster
        before = cpu_seconds(server), cpu_seconds(postgres)
        if within is None:
            volley = await one_by_one(running.port, shots, connections=connections)
        else:
            volley = await all_within(running.port, shots, seconds=within)
        volley.server_cpu, volley.postgres_cpu = cpu_seconds(server) - before[0], cpu_seconds(postgres) - before[1]
        if name != NULL:
            if volley.refused or volley.wrong:
                await self.ground.until_idle()
            self.answers += len(volley.waits)
            self.wrong += volley.look_up(await asyncio.to_thread(self._kept, name, kind, made))
        return volley

    def _clear(self, name: str, made: Installation) -> None:
        made.clear() if name == PRODUCT else contenders.clear(self.ground.peers_url)

    def _kept(self, name: str, kind: str, made: Installation) -> set[str]:
        return made.kept(kind) if name == PRODUCT else contenders.kept(self.ground.peers_url, kind)

    async def turn(self, name: str, kind: str) -> Turn:
        """Everybody again and again until the time is used up. What was refused does not count."""
        volleys: list[Volley] = []
        while not volleys or sum(volley.seconds for volley in volleys) < self.effort.seconds:
            volleys.append(await self.fire(name, kind))
        answers = sum(len(volley.waits) for volley in volleys)
        refused = sum(len(volley.refused) for volley in volleys) if name != NULL else 0
        if refused:
            self.notes.append(f"{name}, {kind}: {refused} of {answers} refused")
        rate = (answers - refused) / sum(volley.seconds for volley in volleys)
        self.fastest = max(self.fastest, rate if name != NULL else 0.0)
        spent = (sum(v.server_cpu for v in volleys), sum(v.postgres_cpu for v in volleys))
        return Turn(rate, *(seconds / answers * 1000 for seconds in spent))

    async def turns(self, what: str, kind: str, names: tuple[str, ...]) -> dict[str, list[Turn]]:
        """All of them in turn within each round, after one volley each to warm up. Raises Missing."""
        for name in names:
            await self.running(name)
            await self.fire(name, kind)
        found: dict[str, list[Turn]] = defaultdict(list)
        for number in self.rounds(what):
            for name in names if number % 2 == 0 else names[::-1]:
                found[name].append(await self.turn(name, kind))
        for name in names:
            self.notes.append(f"{what}, {name}: {_told(found[name])}")
        return found


def _told(turns: list[Turn]) -> str:
    rate, server, postgres = (median(getattr(turn, name) for turn in turns) for name in vars(turns[0]))
    return f"{rate:.0f} a second, CPU {server:.2f} ms + PostgreSQL {postgres:.2f} ms"


def listeners() -> int:
    """As many things as the product handles, each of which would be a listener elsewhere."""
    from handlers import routes

    return len(routes.ACTIONS) + len(routes.VIEWS) + len(routes.SHORTCUTS) + len(routes.EVENTS) + 1


def machine() -> dict[str, object]:
    load = [round(one, 2) for one in psutil.getloadavg()]
    return {"cores": psutil.cpu_count(), "load": load, "memory_gb": round(psutil.virtual_memory().total / 2**30)}


__all__ = ["BALLOT", "BARE", "GROUP", "JS", "LIMIT", "NAIVE", "NULL", "PAGE", "PRESS", "PRODUCT", "SLACK", "Missing"]
