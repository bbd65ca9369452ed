"""A whole Conclave as an operator runs it: processes of the real command, a Slack beside them, a team of people."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bot.config import Settings
from bot.demo.process import BotProcess
from bot.demo.techcorp import techcorp
from bot.domain.by import By
from bot.domain.criterion import CriterionDraft
from bot.domain.decision import DECISION_TYPES, Case
from bot.domain.press import Press
from bot.domain.team import Actor, Profile
from bot.domain.template import CriteriaTemplates
from bot.services import decision as decisions
from bot.services import team as teams
from bot.store import db, schema, vault
from sandbox.people import Answer, Modal, Person
from sandbox.server import Sandbox
from sandbox.server import running as running_sandbox
from sandbox.spec import ChannelSpec, PersonSpec, WorkspaceSpec

HISTORY = ("channels:history", "groups:history", "im:history")
ROLE = "support_manager"
CASE = Case(
    decision_type="refund_request",
    customer_name="ABC Corporation",
    title="Refund",
    description="They want everything back.",
    customer_tier="enterprise",
    urgency_level=3,
    financial_impact=Decimal(500),
    expected_resolution_date=datetime.now(UTC).replace(microsecond=0) + timedelta(days=3),
)
CRITERIA = (CriterionDraft("Trust", Decimal(3)), CriterionDraft("Cost", Decimal(1)))


def a_press() -> Press:
    return Press(uuid4().hex, uuid4().hex, uuid4().hex)


def a_workspace(*, people: int, channels: int, scopes: Sequence[str] = HISTORY) -> WorkspaceSpec:
    """p0, p1, ... and channels c0, c1, ...; person n types in channel n, all may read nothing else."""
    base = techcorp()
    persons = tuple(
        PersonSpec(f"U{n:05d}", f"p{n}", f"Person {n}", f"p{n}@techcorp.com", "UTC", True) for n in range(people)
    )
    rooms = tuple(
        ChannelSpec(f"C{n:05d}", f"c{n}", ((f"p{n}",) if n < people else ()) + ("conclave",)) for n in range(channels)
    )
    return replace(base, people=persons, channels=rooms, scopes=(*base.scopes, *scopes))


def as_service(database_url: str) -> str:
    """The same database, or hosts, for the login that the processes have."""
    return database_url.replace("//postgres@", "//conclave@", 1)


@dataclass
class Installation:
    """`database_url`: the owner's, with which tests look and prepare; the processes have the service's login."""

    sandbox: Sandbox
    database_url: str
    logs: Path
    more: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (sys.executable, "-m", "bot")
    processes: list[BotProcess] = field(default_factory=list)

    async def start(self, *roles: str) -> list[BotProcess]:
        made = [self._process(role) for role in roles]
        self.processes += made
        await asyncio.gather(*(process.start() for process in made))
        return made

    def _process(self, role: str) -> BotProcess:
        number = len(list(self.logs.iterdir()))
        return BotProcess(
            self.command,
            sandbox=self.sandbox,
            database_url=as_service(self.database_url),
            log_path=self.logs / f"{role}-{number}-{uuid4().hex[:6]}.log",
            role=role,
            more=self.more,
        )

    async def kill_and_start(self, process: BotProcess) -> BotProcess:
        """kill -9, and another one in its place, as a supervisor does."""
        await process.kill_9()
        self.processes.remove(process)
        (fresh,) = await self.start(process.role)
        return fresh

    def logged(self, word: str) -> int:
        return sum(path.read_text(errors="replace").count(word) for path in self.logs.iterdir())


@asynccontextmanager
async def installed(
    spec: WorkspaceSpec, database_url: str, logs: Path, *, more: dict[str, str] | None = None
) -> AsyncIterator[Installation]:
    """A Slack and no process yet; whatever was started is ended on the way out."""
    async with running_sandbox(spec) as sandbox:
        found = Installation(sandbox, database_url, logs, dict(more or {}))
        try:
            yield found
        finally:
            await asyncio.gather(*(process.kill_9() for process in found.processes))


@dataclass
class Crew:
    """Teams made by the services, beside the processes; `owners` has one of each."""

    db: db.Db
    owners: list[Actor]

    def by(self, group: int) -> By:
        """The group's owner, now, who has just filled in a form."""
        rules = Settings(_env_file=None).rules
        templates = CriteriaTemplates(dict.fromkeys(DECISION_TYPES, CRITERIA))
        return By(self.owners[group], datetime.now(UTC), replace(rules, templates=templates), a_press())

    async def open(self, title: str, *, channel_id: str, group: int = 0, case: Case = CASE) -> UUID:
        opened, _ = await decisions.open_decision(
            self.db,
            self.by(group),
            case=replace(case, title=title),
            channel_id=channel_id,
            permalink=None,
        )
        return opened.id


@asynccontextmanager
async def crew(spec: WorkspaceSpec, database_url: str, *, groups: int = 1) -> AsyncIterator[Crew]:
    """Migrate, and make the people of the workspace so many teams of the same size."""
    await asyncio.to_thread(schema.upgrade, database_url)
    await asyncio.to_thread(vault.admit, database_url, as_service(database_url), is_new=True)
    found = Crew(db.connect(database_url, budget_seconds=30), [])
    size = len(spec.people) // groups
    try:
        for n in range(groups):
            profiles = [_profile(spec, person) for person in spec.people[n * size : (n + 1) * size]]
            fields = teams.Fields(f"Crew {n}", "TechCorp", None, 5, "USD")
            how: dict[str, Any] = {"role": ROLE, "domain": spec.domain, "channel_id": None, "press": a_press()}
            owner = await teams.create(found.db, profile=profiles[0], fields=fields, **how)
            found.owners.append(owner)
            await teams.add_people(found.db, found.by(n), profiles=profiles[1:], role=ROLE)
        yield found
    finally:
        await found.db.close()


def _profile(spec: WorkspaceSpec, person: PersonSpec) -> Profile:
    return Profile(
        spec.team_id, person.id, person.real_name, person.email, person.tz, is_admin=person.is_admin, is_person=True
    )


# --- People who open decisions.

NOT_SAVED = "Not saved yet"
LOADING = "One moment"


async def modal_of(person: Person, *, at_least: str = "", timeout: float = 8.0) -> Modal | None:
    """The top modal once it has stopped loading and shows this text; None where it does not come, or says sorry."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        modal = await person.modal()
        if modal and LOADING not in modal.text:
            if at_least in modal.text:
                return modal
            if modal.callback_id == "notice":
                return None
        await asyncio.sleep(0.03)
    return None


async def write_down(person: Person, title: str) -> bool:
    """Open the form of a new decision and fill it in. False: it did not open now."""
    if await person.modal():
        await person.close(everything=True)
    opened = await person.slash(f"/decide {title}")
    if not opened.ok or await modal_of(person, at_least="Decide by") is None:
        return False
    await person.fill({"Type of decision": "Refund request", "Customer": "ABC", "What happened": "Words"})
    return True


@dataclass
class Written:
    """What the people of one experiment were told. Times are `time.monotonic()`."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    refused: int = 0
    wrong: list[Answer] = field(default_factory=list)
    """Answers that are neither 'ok' nor 'not saved yet', and those that came too late."""
    slowest_ms: float = 0.0

    def note(self, title: str, answer: Answer) -> bool:
        self.slowest_ms = max(self.slowest_ms, answer.ack_ms)
        if answer.ok:
            self.acknowledged[title] = time.monotonic()
        elif answer.status == "errors" and answer.error and answer.error.startswith(NOT_SAVED):
            self.refused += 1
        else:
            self.wrong.append(answer)
        return answer.ok


async def keep_writing(people: Iterable[Person], written: Written, *, until: asyncio.Event) -> None:
    """Everybody opens one decision after the other, pressing Submit again where told so, until `until` is set."""
    await asyncio.gather(*(_keep_writing(person, written, until) for person in people))


async def _keep_writing(person: Person, written: Written, until: asyncio.Event) -> None:
    number = 0
    while not until.is_set():
        title = f"{person.name}-{number}"
        if not await write_down(person, title):
            await asyncio.sleep(0.1)
            continue
        number += 1
        while not until.is_set():
            if written.note(title, await person.submit()):
                break
            await asyncio.sleep(0.1)


async def press_all(people: Sequence[tuple[Person, str]], written: Written) -> list[Answer]:
    """Everybody presses Submit at once."""
    answers = await asyncio.gather(*(person.submit() for person, _ in people))
    for (_, title), answer in zip(people, answers, strict=True):
        written.note(title, answer)
    return list(answers)


async def until(holds: Callable[[], Awaitable[bool]], what: str, *, timeout: float) -> float:
    """Seconds until it holds."""
    began = time.monotonic()
    while not await holds():
        assert time.monotonic() - began < timeout, f"not within {timeout} s: {what}"
        await asyncio.sleep(0.1)
    return time.monotonic() - began


def posted(sandbox: Sandbox) -> dict[str, list[str]]:
    """Channel id -> keys of the deliveries posted there, oldest first."""
    found: dict[str, list[str]] = {}
    for channel in sandbox.town.workspace.channels.values():
        metadata: list[Any] = [m.metadata for m in channel.messages.values() if m.metadata]
        found[channel.id] = [str(one["event_payload"]["key"]) for one in metadata]
    return found
