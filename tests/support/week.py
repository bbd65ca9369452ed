"""A team of seven on one clock: what people do is told, and whatever reaches anybody is written down with its time.

Bot and database read the same clock, which stands still until the test moves it. Nothing else is changed: people act
through Slack, deliveries are signed, the tick is `jobs.tick`, the worker the real one.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from bot import jobs
from bot.delivery.worker import LEASE_SECONDS
from bot.demo.clock import StageClock
from bot.demo.story.pressing import press
from bot.demo.techcorp import techcorp
from bot.services import team as teams
from sandbox.people import Person
from sandbox.spec import ChannelSpec, PersonSpec, WorkspaceSpec
from tests.support.hands import modal_of
from tests.support.known import known
from tests.support.postbox import Postbox
from tests.support.scoring import scores_in
from tests.support.team import Team

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, a month after the last change of clocks in Europe and three weeks after America's."""
MINUTE = timedelta(minutes=1)
CHANNEL = "customer-decisions"
PATIENCE_SECONDS = 30.0
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Colleague:
    """hours: first and last of the working day in the own zone; days as Python counts them, Monday = 0."""

    handle: str
    name: str
    city: str
    tz: str
    role: str
    authority: int
    hours: tuple[str, str] = ("09:00", "18:00")
    days: tuple[int, ...] = (0, 1, 2, 3, 4)

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.tz))

    def is_at_work(self, at: datetime) -> bool:
        """By the clock on the wall, as anybody in that city would say."""
        local = self.local(at)
        return local.weekday() in self.days and self.hours[0] <= f"{local:%H:%M}" < self.hours[1]


COLLEAGUES = (
    Colleague("grace", "Grace Liu", "New York", "America/New_York", "Customer success lead", 5),
    Colleague("ben", "Ben Ortiz", "New York", "America/New_York", "Support manager", 4),
    Colleague("dana", "Dana Levi", "Jerusalem", "Asia/Jerusalem", "Operations manager", 3, days=(6, 0, 1, 2, 3)),
    Colleague("amara", "Amara Okafor", "London", "Europe/London", "Support manager", 2),
    Colleague("priya", "Priya Nair", "Kolkata", "Asia/Kolkata", "Support manager", 1),
    Colleague("liam", "Liam Walsh", "Sydney", "Australia/Sydney", "Support manager", 1, ("07:00", "15:00")),
    Colleague("tom", "Tom Fischer", "London", "Europe/London", "Support manager", 1),
)


def workspace() -> WorkspaceSpec:
    people = tuple(
        PersonSpec(
            f"U0{c.handle.upper()}", c.handle, c.name, f"{c.handle}@harbour.example", c.tz, is_admin=c.handle == "grace"
        )
        for c in COLLEAGUES
    )
    handles = tuple(c.handle for c in COLLEAGUES)
    return WorkspaceSpec(
        **{
            **{name: getattr(techcorp(), name) for name in ("bot_token", "signing_secret", "commands", "app_name")},
            "scopes": techcorp().scopes,
            "team_id": "T0HARBOUR",
            "name": "Harbour",
            "domain": "harbour",
            "people": people,
            "channels": (ChannelSpec("C0HARBOUR", CHANNEL, (*handles, "conclave")),),
            "bot_user_id": "U0CONCLAVE",
        }
    )


# --- The clock.


class Clock:
    """One clock for bot and database; it stands still until it is set."""

    def __init__(self, database_url: str, service_database_url: str) -> None:
        self.now = START
        self._stage = StageClock.put_up(database_url, service_database_url)
        self._stage.stand_at(START)
        self._database = psycopg.connect(database_url, autocommit=True)

    def set(self, at: datetime) -> None:
        self.now = at
        self._stage.stand_at(at)

    async def leap(self, at: datetime) -> None:
        """Set it as soon as nothing is being sent. A lease that ended under a send would be claimed again, and the
        message come twice; without leaps of time none ends: a send has less time than its lease."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._leapt(at):
            assert time.monotonic() < end, "something is being sent for ever"
            await asyncio.sleep(0.003)

    def _leapt(self, at: datetime) -> bool:
        """Without a pause, and with nobody claiming in between. What is being sent has its whole lease ahead, since the
        clock has stood still."""
        with self._database.transaction():
            self._database.execute("LOCK TABLE outbox IN EXCLUSIVE MODE")
            lease_ends = self.now + timedelta(seconds=LEASE_SECONDS)
            query = "SELECT FROM outbox WHERE state = 'ready' AND token IS NOT NULL AND run_at = %s LIMIT 1"
            if self._database.execute(query, (lease_ends,)).fetchone() is not None:
                return False
            self.set(at)
            return True

    def sql(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Rows of the bot's tables; one connection for all questions."""
        return self._database.execute(query.encode(), arguments or None).fetchall()

    def close(self) -> None:
        self._stage.close()
        self._database.close()


# --- The week.


@dataclass(frozen=True)
class Told:
    """What reached somebody. way: 'dm', 'e-mail' or 'channel'; `who` is None for the channel."""

    at: datetime
    way: str
    who: Colleague | None
    text: str

    @property
    def reader(self) -> Colleague:
        return known(self.who)


@dataclass
class Week:
    """Moves the clock, lends people their hands, and keeps the transcript."""

    team: Team
    clock: Clock
    box: Postbox
    story: list[Told | tuple[datetime, str]] = field(default_factory=list)
    scored: dict[tuple[str, int], datetime] = field(default_factory=dict)
    _posted: int = 0
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    @property
    def told(self) -> list[Told]:
        return [one for one in self.story if isinstance(one, Told)]

    def person(self, handle: str) -> Person:
        found: Person = self.team.house.person(handle)
        return found

    async def until(self, day: int, at: str) -> None:
        """Let time go on to that minute (UTC) of that day of the week (0 = this Monday), ticking on the way."""
        hours, minutes = map(int, at.split(":"))
        goal = START.replace(hour=0, minute=0) + timedelta(days=day, hours=hours, minutes=minutes)
        assert goal > self.clock.now, f"{goal} is over"
        while (next_at := self._next_minute()) < goal:
            await self._tick(next_at)
        await self._tick(goal)

    def _next_minute(self) -> datetime:
        """The bot ticks every minute; those at which no row is due, and nothing has changed, are left out."""
        soon = self.clock.now + MINUTE
        due, changed = self.clock.sql(
            "SELECT least((SELECT min(next_at) FROM reminders), (SELECT min(closes_at) FROM rounds "
            "WHERE closed_at IS NULL AND voided_at IS NULL)), (SELECT count(*) FROM customer_decisions "
            "WHERE planned_revision IS DISTINCT FROM revision)"
        )[0]
        if changed:
            return soon
        if due is None:
            return datetime.max.replace(tzinfo=UTC)
        full: datetime = due.replace(second=0, microsecond=0)
        return max(soon, full if full == due else full + MINUTE)

    async def _tick(self, at: datetime) -> None:
        self.clock.set(at)
        self.team.house.sandbox.clock.stand_at(at)
        # What a tick changes is planned by the tick or by the worker, whichever comes first: told now, not a minute
        # later, either way.
        for _ in range(3):
            assert await jobs.tick(self.team.house.bot.deps)
            await self._write_down()
            ((is_due,),) = self.clock.sql("SELECT EXISTS (SELECT FROM reminders WHERE next_at <= %s)", at)
            if not is_due:
                return
        raise AssertionError(f"at {at}, something stays due")

    async def _write_down(self) -> None:
        end = time.monotonic() + 30
        while (states := self.clock.sql("SELECT DISTINCT state FROM outbox WHERE state <> 'done'")) == [("ready",)]:
            assert time.monotonic() < end, self.clock.sql("SELECT * FROM outbox WHERE state = 'ready'")
            await asyncio.sleep(0.01)
        assert states == []
        channels = self.team.house.sandbox.town.workspace.channels.values()
        if (posted := sum(len(channel.messages) for channel in channels)) != self._posted:
            self._posted = posted
            await self._read_messages()
        while self.box.letters:
            (to,), letter = self.box.letters.pop(0)
            who = next(c for c in COLLEAGUES if to.startswith(c.handle))
            self.story.append(Told(self.clock.now, "e-mail", who, str(letter["subject"])))

    async def _read_messages(self) -> None:
        for colleague in COLLEAGUES:
            for message in await self.person(colleague.handle).messages():
                is_dm = message.channel == "dm"
                mark = (colleague.handle if is_dm else "", message.channel, message.ts)
                if mark in self._seen or message.ephemeral or message.who != "conclave":
                    continue
                self._seen.add(mark)
                self.story.append(
                    Told(self.clock.now, "dm" if is_dm else "channel", colleague if is_dm else None, message.rendered)
                )

    def says(self, text: str) -> None:
        self.story.append((self.clock.now, text))

    # Hands in Slack. Every act is told in a sentence of the test's.

    async def click(self, who: str, what: str, *, sees: str = "", **where: Any) -> Any:
        answer = await press(self.person(who), what, **where)
        assert answer.ok, f"{who}, {what}: {answer}"
        return await modal_of(self.person(who), at_least=sees) if sees else None

    async def submit(self, who: str, values: Mapping[str, Any], *, sees: str) -> None:
        person = self.person(who)
        await person.fill(values)
        answer = await person.submit()
        assert answer.ok, f"{who}: {answer}"
        await modal_of(person, at_least=sees)

    async def done(self, who: str) -> None:
        if await self.person(who).modal():
            await self.person(who).close(everything=True)
        await self._write_down()

    async def opens(self, who: str, title: str, **fields: Any) -> None:
        assert (await self.person(who).slash(f"/decide {title}")).ok
        await modal_of(self.person(who), at_least="Decide by")
        values = {name.replace("_", " "): value for name, value in fields.items()}
        await self.submit(who, {"What happened": "They have written twice.", **values}, sees="created")
        await self.done(who)

    async def sets_criteria(self, who: str, number: int) -> None:
        await self.click(who, "Edit criteria", within=f"#{number} ", channel=CHANNEL, sees="Criterion 1")
        fewer = {f"Criterion {n}": None for n in (2, 3, 4)} | {f"What criterion {n} means": None for n in (2, 3, 4)}
        await self.submit(who, fewer, sees=f"The criteria of #{number} are set")
        await self.done(who)

    async def proposes(self, who: str, number: int, title: str, cost: str) -> None:
        await self.click(who, "Add options", within=f"#{number} ", channel=CHANNEL, sees="Cost of option 1")
        await self.submit(who, {"Option 1": title, "Cost of option 1": cost}, sees="1 option added")
        await self.done(who)

    async def starts_scoring(self, who: str, number: int, people: Sequence[str], closes: datetime) -> None:
        await self.click(who, "Start scoring", within=f"#{number} ", channel=CHANNEL, sees="Who scores")
        names = [c.name for c in COLLEAGUES if c.handle in people]
        await self.submit(who, {"Who scores": names, "Scoring closes": closes}, sees="has started")
        await self.done(who)

    async def scores(self, who: str, number: int, *, channel: str = CHANNEL) -> None:
        """A whole ballot, from the card or (`channel` "dm") from a nudge."""
        page = await self.click(who, "Score", within=f"#{number} ", channel=channel, sees="about to submit")
        await self.submit(who, dict.fromkeys(scores_in(page.inputs), "7"), sees="cored")
        self.scored[who, number] = self.clock.now
        await self.done(who)

    # The transcript.

    def markdown(self) -> str:
        lines = [INTRODUCTION, *_people(), ""]
        day = None
        for one in self.story:
            at = one.at if isinstance(one, Told) else one[0]
            if at.date() != day:
                day = at.date()
                lines += ["", f"## {at:%A}", ""]
            lines += [*_entry(one), ""]
        return re.sub(r"\n{3,}", "\n\n", "\n".join([*lines, *self._counts()])).strip() + "\n"

    def _counts(self) -> list[str]:
        days = [START.date() + timedelta(days=n) for n in range(8)]
        head = ["| direct messages | " + " | ".join(DAYS[d.weekday()] for d in days) + " |", "|---|" + "--:|" * 8]
        rows = []
        for colleague in COLLEAGUES:
            own = [one.at.date() for one in self.told if one.way == "dm" and one.who == colleague]
            rows.append(f"| {colleague.first_name} | " + " | ".join(str(own.count(d) or "") for d in days) + " |")
        return ["## In numbers", "", *head, *rows]


INTRODUCTION = """# A week of nudges

Who gets which direct message when, in one week of a team of seven in five time zones. The bot, its tick and its
worker are the real ones, people act in the local Slack, and the clock is the test's (`tests/flows/week`). That test
fails when what happens is not what stands here; `make week` writes this page anew.

Times are UTC, then the reader's own. *In italics: what people do.* Under each message stand
the buttons "Snooze until tomorrow" (not under news) and "My settings", and a link to the card; they are left out. What
happens is told at once; paces of reminders by urgency: critical hourly, for scoring and resolving at any hour; high
every 4 hours; normal daily; low every 2 days; whenever weekly.
"""


def _people() -> list[str]:
    rows = [
        f"| {c.name} | {c.city} | {', '.join(DAYS[d] for d in c.days)} {c.hours[0]} to {c.hours[1]} | {c.authority} |"
        for c in COLLEAGUES
    ]
    return ["| who | where | works | authority |", "|---|---|---|--:|", *rows]


def _entry(one: Told | tuple[datetime, str]) -> list[str]:
    if not isinstance(one, Told):
        return [f"{one[0]:%H:%M} *{one[1]}*"]
    if one.who is None:
        return [f"{one.at:%H:%M} In #{CHANNEL}: {one.text.splitlines()[0]}"]
    local = one.who.local(one.at)
    clock = f"{DAYS[local.weekday()]} {local:%H:%M} in {one.who.city}"
    if one.way == "e-mail":
        return [f"{one.at:%H:%M} **E-mail to {one.who.first_name}** ({clock}): {one.text}"]
    return [f"{one.at:%H:%M} **{one.who.first_name}** ({clock})", *_quoted(one.text)]


def _quoted(text: str) -> list[str]:
    """The message without what stands under every one."""
    left_out = re.compile(r"\[ Snooze until tomorrow \]|\[ My settings \]|Open the card")
    lines = [left_out.sub("", line).rstrip() for line in text.splitlines()]
    return [f"> {line}<br>" for line in lines if line]


async def gather(team: Team) -> None:
    """As /decide setup does it; authority is given afterwards."""
    await team.gather(*(c.handle for c in COLLEAGUES if c.handle != "grace"), owner="grace")
    for colleague in COLLEAGUES:
        team.give(colleague.handle, colleague.authority)
    assert len(await teams.members(team.db, team.by("grace"))) == len(COLLEAGUES)
