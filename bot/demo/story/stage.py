"""Owns the telling: who did what, and what everybody sees of it, each screen once when it changes."""

import asyncio
import contextlib
import json
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from bot.demo.process import BotProcess
from bot.demo.story.pressing import press
from sandbox.people import Answer, Message, Modal, Person
from sandbox.server import Sandbox

SETTLE_SECONDS = 30.0
SEE_SECONDS = 10.0
_POLL_SECONDS = 0.03
_LOADING = "One moment"
# Due, or in somebody's hands; but not what is planned for later.
_DUE = """
    SELECT count(*) FROM outbox
    WHERE state = 'ready' AND (run_at <= now() OR token IS NOT NULL) AND NOT (id = ANY(%s::bigint[]))
        AND (kind = 'card' OR NOT %s)
"""


class StoryFailed(AssertionError):
    """Something is not as the story tells it; the message says what."""


@dataclass(frozen=True)
class Sight:
    """One message as several people see it, alike but for names and time zones."""

    readers: tuple[str, ...]
    message: Message
    is_new: bool


class Stage:
    """The workspace, the bot beside it, and a look into the database."""

    def __init__(
        self,
        sandbox: Sandbox,
        bot: BotProcess,
        database: "psycopg.AsyncConnection[Any]",
        out: Callable[[str], None],
        between: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self.sandbox = sandbox
        self.bot = bot
        self.database = database
        self.is_held_back = False
        """A lock of ours is in the bot's way: only cards, which need nothing but to read, come through."""
        self.not_waited_for: list[int] = []
        """Deliveries in a dead bot's hands."""
        self._out = out
        self._between = between
        self._messages: dict[tuple[str, str, str], str] = {}
        self._modals: dict[str, str] = {}
        self._steps = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def built(
        cls,
        sandbox: Sandbox,
        bot: BotProcess,
        database_url: str,
        out: Callable[[str], None],
        between: Callable[[], Awaitable[None]] | None,
    ) -> "AsyncIterator[Stage]":
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as database:
            yield cls(sandbox, bot, database, out, between)

    def title(self, text: str) -> None:
        self._out(f"{text}\n{'=' * len(text)}")

    async def chapter(self, text: str) -> None:
        self._out(f"\n\n{text}\n{'-' * len(text)}")

    async def step(self, narration: str) -> None:
        """Begin a step; between it and the one before, whatever the play was asked to do between steps."""
        if self._between is not None and self._steps:
            await self._between()
        self._steps += 1
        self._out("\n" + textwrap.fill(narration, 100))

    def tell(self, text: str) -> None:
        self._out(textwrap.indent(text, "  "))

    def actor(self, name: str) -> "Actor":
        return Actor(self, self.sandbox.person(name))

    def expect(self, is_so: object, complaint: str) -> None:
        """Raises StoryFailed."""
        if not is_so:
            raise StoryFailed(complaint)

    async def fetch(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the bot's own tables."""
        return await (await self.database.execute(query.encode(), values)).fetchall()

    async def one(self, query: str, *values: object) -> Any:
        """The first column of the only row."""
        rows = await self.fetch(query, *values)
        self.expect(len(rows) == 1, f"{len(rows)} rows where one was expected: {query}")
        return rows[0][0]

    async def wait_until(self, query: str, wanted: object, *values: object, within: float = SETTLE_SECONDS) -> None:
        """Ask the database until its answer is `wanted`. within: seconds. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while await self.one(query, *values) != wanted:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(_POLL_SECONDS)

    async def settle(self) -> None:
        """Wait until everything that is due was delivered and the bot has gone quiet. Raises StoryFailed."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self.wait_until(_DUE, 0, self.not_waited_for, self.is_held_back)
                await self.sandbox.idle(quiet=0.06)
        except TimeoutError:
            left = await self.fetch("SELECT kind, attempts, last_error FROM outbox WHERE state = 'ready'")
            raise StoryFailed(f"Deliveries do not come to an end: {left}") from None

    async def show(self) -> None:
        """Tell everything that has changed on anybody's screen."""
        people = [person.name for person in self.sandbox.spec.people]
        screens = {name: await self.sandbox.person(name).messages() for name in people}
        for sight in self._new_sights(screens):
            self._tell_message(sight)
        for name in people:
            self._tell_modal(name, await self.sandbox.person(name).modal())

    def _new_sights(self, screens: Mapping[str, Sequence[Message]]) -> list[Sight]:
        found: dict[tuple[str, str], tuple[Message, list[str], bool]] = {}
        for name, messages in screens.items():
            for message in messages:
                place = (name, message.channel_id, message.ts)
                mark = json.dumps([message.text, message.blocks])
                if self._messages.get(place) == mark:
                    continue
                _, readers, _ = found.setdefault(
                    (message.channel_id, message.ts), (message, [], place not in self._messages)
                )
                readers.append(name)
                self._messages[place] = mark
        in_order = sorted(found.values(), key=lambda one: one[0].ts)
        return [Sight(tuple(readers), message, is_new) for message, readers, is_new in in_order]

    def _tell_message(self, sight: Sight) -> None:
        message, (first, *others) = sight.message, sight.readers
        where = "a direct message" if message.channel == "dm" else message.channel
        if message.thread_ts not in (None, message.ts):
            where = f"a thread of {where}"
        who = f"Only {_listed([first])}" if message.ephemeral else _listed([first, *others])
        verb = "sees" if not others else "see"
        zone = f" (times in {first.capitalize()}'s zone)" if others else ""
        changed = "" if sight.is_new else ", changed"
        self.tell(f"\n{who} {verb} in {where}{changed}{zone}:")
        self.tell(textwrap.indent(f"{message.who}: {message.rendered}", "  | ", lambda _: True))

    def _tell_modal(self, name: str, modal: Modal | None) -> None:
        if modal is None:
            self._modals.pop(name, None)
        elif self._modals.get(name) != modal.text:
            self._modals[name] = modal.text
            self.tell(f"\n{_listed([name])} sees a window:")
            self.tell(textwrap.indent(modal.text, "  | ", lambda _: True))

    async def knows(self, name: str) -> None:
        """Take the person's window as told: they typed into it themselves."""
        modal = await self.sandbox.person(name).modal()
        if modal is not None:
            self._modals[name] = modal.text


class Actor:
    """A person in the story. Every act is told, has to end well, and `sees` is awaited on their screen."""

    def __init__(self, stage: Stage, person: Person) -> None:
        self.stage = stage
        self.person = person
        self.name = person.name.capitalize()

    async def slash(self, command: str, *, sees: str) -> None:
        await self._act(f"types {command}", self.person.slash(command), sees)

    async def click(self, what: str, *, sees: str, **where: Any) -> None:
        await self._act(f"presses [ {what} ]", self.person.click(what, **where), sees)

    async def press(self, what: str, *, sees: str, **where: Any) -> None:
        """`click`, of something that the card may have no room for."""
        await self._act(f"presses [ {what} ]", press(self.person, what, **where), sees)

    async def shortcut(self, name: str, *, sees: str, message: Message | None = None) -> None:
        about = " on that message" if message else ""
        await self._act(f'chooses "{name}"{about}', self.person.shortcut(name, message=message), sees)

    async def fill(self, values: Mapping[str, Any]) -> None:
        await self.person.fill(values)
        self.stage.tell(f"\n{self.name} fills in:")
        for label, value in values.items():
            self.stage.tell(f"    {label}: {_typed(value)}")
        await self.stage.knows(self.person.name)

    async def submit(self, *, sees: str) -> None:
        button = await self._submit_label()
        await self._act(f"presses [ {button} ]", self.person.submit(), sees)

    async def submit_in_vain(self, *, sees: str) -> None:
        """The bot refuses under a field, and what was typed stays."""
        button = await self._submit_label()
        answer = await self.person.submit()
        self.stage.tell(f"\n{self.name} presses [ {button} ]")
        self.stage.expect(answer.status == "errors", f"{self.name} was not refused but: {answer}")
        await self._see(sees)

    async def say(self, text: str, channel: str) -> Message:
        message = await self.person.say(text, channel)
        await self.stage.settle()
        await self.stage.show()
        return message

    async def close(self) -> None:
        """Close every window; told only by what follows."""
        if await self.person.modal() is not None:
            await self.person.close(everything=True)
            await self.stage.show()

    async def back(self) -> None:
        """Close the top window; what lies beneath is seen by what follows."""
        await self.person.close()
        await self.stage.show()

    async def sees(self, text: str, *, within: float = SEE_SECONDS) -> None:
        """Wait for something that comes without an act of one's own. within: seconds."""
        await self.person.see(text, timeout=within)
        await self.stage.settle()
        await self.stage.show()

    async def window(self) -> Modal:
        modal = await self.person.modal()
        if modal is None:
            raise StoryFailed(f"{self.name} has no window open.")
        return modal

    async def _submit_label(self) -> str:
        return (await self.window()).submit or "Submit"

    async def _act(self, words: str, act: Awaitable[Answer], sees: str) -> None:
        answer = await act
        self.stage.tell(f"\n{self.name} {words}")
        self.stage.expect(answer.ok, f"{self.name} {words}, and it {answer.status}: {answer.error}")
        await self._see(sees)

    async def _see(self, text: str) -> None:
        await self._loaded()
        await self._see_at_the_top(text)
        await self.stage.settle()
        await self.stage.show()

    async def _loaded(self) -> None:
        await self.person.see_no(_LOADING, timeout=SEE_SECONDS)

    async def _see_at_the_top(self, text: str) -> None:
        """In the window if there is one, else anywhere: a card behind a window may say the same.

        A window that is still loading has its title already, and is not what is meant.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEE_SECONDS):
                while True:
                    modal = await self.person.modal()
                    shown = modal.text if modal else await self.person.screen()
                    if text in shown and _LOADING not in shown:
                        return
                    await asyncio.sleep(_POLL_SECONDS)
        screen = await self.person.screen()
        raise StoryFailed(f"{self.name} does not see {text!r}. The screen:\n{screen}")


def _listed(names: Sequence[str]) -> str:
    first, *others = [name.capitalize() for name in names]
    return f"{', '.join([first, *others[:-1]])} and {others[-1]}" if others else first


def _typed(value: Any) -> str:
    if value is None:
        return "(nothing)"
    if value is True:
        return "[x]"
    if value is False:
        return "[ ]"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
