"""Owns the hands and eyes of a person in a running sandbox, for tests, stories and commands anywhere."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from urllib.parse import quote

import aiohttp

Json = dict[str, Any]


class CannotDo(AssertionError):
    """What the person tried is not possible on their screen; the message lists what is."""


@dataclass(frozen=True)
class Answer:
    """How an act ended for the person.

    status: 'ok'; 'refused' by Slack's own client, nothing was delivered; 'errors' under inputs; 'failed'.
    error: the sentences shown, or operation_timeout / dispatch_failed.
    confirm: the text of a confirmation dialog that was accepted.
    """

    status: str
    error: str | None = None
    ack_ms: float = 0.0
    confirm: str | None = None

    @property
    def ok(self) -> bool:
        return self.status == "ok"


@dataclass(frozen=True)
class Message:
    """A message as one person sees it: `rendered` on screen, `text` for notifications and screen readers.

    channel: '#name' or 'dm'. broadcast: a reply that is shown in the channel as well.
    files: those attached, each with `name` and the `path` that downloads it.
    """

    channel: str
    channel_id: str
    ts: str
    thread_ts: str | None
    broadcast: bool
    who: str
    text: str
    blocks: list[Json]
    rendered: str
    files: list[Json]
    ephemeral: bool
    edited: bool


@dataclass(frozen=True)
class Modal:
    """The top modal. inputs: label -> what it shows; options: label -> choices; errors: label -> sentence."""

    view_id: str
    hash: str
    callback_id: str
    title: str
    submit: str | None
    text: str
    trouble: str | None
    blocks: list[Json]
    errors: dict[str, str]
    inputs: dict[str, str]
    options: dict[str, list[str]]
    buttons: list[str]
    depth: int


@dataclass(frozen=True)
class Notification:
    """A message that this person was notified of. why: 'dm', 'mention', 'thread' (they follow it) or 'channel'.

    text: what the notification says. is_read: whether they have looked at the channel or thread since.
    """

    why: str
    channel: str
    channel_id: str
    ts: str
    thread_ts: str | None
    who: str
    text: str
    is_read: bool


class Person:
    """One member of the workspace. Every act waits until the app has answered (or failed to)."""

    def __init__(self, sandbox_url: str, name: str) -> None:
        self.name = name
        self._url = sandbox_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    async def connect(cls, sandbox_url: str, name: str) -> Self:
        """Act as somebody in a sandbox of another process. Raises CannotDo if nobody is called so."""
        person = cls(sandbox_url, name)
        try:
            await person.screen()
        except BaseException:
            await person.disconnect()
            raise
        return person

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.disconnect()

    async def disconnect(self) -> None:
        """Leave the sandbox; the next act connects again."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def slash(
        self,
        command: str,
        *,
        channel: str | None = None,
        thread_ts: str | None = None,
        lose_answer: bool = False,
        copies: int = 1,
    ) -> Answer:
        """Type e.g. '/ticket Lamp' in a channel ('dm' too); the person's first channel by default.

        In a thread it is refused, as Slack does.
        """
        where = {"channel": channel, "thread_ts": thread_ts}
        return await self._act("slash", command=command, **where, lose_answer=lose_answer, copies=copies)

    async def shortcut(self, name: str, *, message: Message | None = None) -> Answer:
        """Choose a shortcut by name or callback id, on a message where it is one for messages."""
        at = {"ts": message.ts, "channel_id": message.channel_id} if message else None
        return await self._act("shortcut", name=name, message=at)

    async def run_step(self, step: str, inputs: Mapping[str, Any] | None = None) -> str:
        """Start a workflow with this step of the app; returns the run's id. inputs: None for the step's example."""
        run = await self._post("workflow", step=step, inputs=None if inputs is None else dict(inputs))
        return str(run["id"])

    async def say(self, text: str, channel: str, *, thread_ts: str | None = None) -> Message:
        """Post a message of one's own."""
        return Message(**await self._post("say", text=text, channel=channel, thread_ts=thread_ts))

    async def click(
        self,
        what: str,
        *,
        within: str | None = None,
        channel: str | None = None,
        nth: int | None = None,
        lose_answer: bool = False,
        copies: int = 1,
    ) -> Answer:
        """Press a button, or choose an item of a menu, by its text (or action_id, or how its text begins).

        In the open modal if there is one, else in the newest visible message that has it.
        within: text that the message must contain; among several in one place, text in the same block.
        channel: look only there ('home' is the Home tab), even if a modal is open. nth counts from 1.
        copies: press so many times at once. lose_answer: the app works, but its answer gets lost.
        A confirmation dialog is accepted; its text comes back in the answer.
        """
        where = {"within": within, "channel": channel, "nth": nth}
        return await self._act("click", what=what, **where, lose_answer=lose_answer, copies=copies)

    async def fill(self, values: Mapping[str, Any]) -> Answer:
        """Fill inputs of the open modal by label (exact, else how it begins), all or none; None clears.

        Selects take visible texts or values, people and channels their names, dates `date` or 'YYYY-MM-DD',
        date-times aware datetimes or epochs, checkboxes lists of texts or a bool for a single box. What an external
        select offers is asked of the app, with the value as what was typed.
        """
        return await self._act("fill", values={label: _written(value) for label, value in values.items()})

    async def offered(self, label: str, typed: str) -> list[str]:
        """Type into an external select of the open modal, and read what the app offers; nothing is chosen."""
        return list(await self._request("POST", "offered", {"label": label, "typed": typed}))

    async def submit(self, *, lose_answer: bool = False, copies: int = 1) -> Answer:
        """Press the modal's submit button. lose_answer: the app does its work but its answer gets lost."""
        return await self._act("submit", lose_answer=lose_answer, copies=copies)

    async def close(self, *, everything: bool = False) -> Answer:
        """Close the top modal; everything: the whole stack."""
        return await self._act("close", everything=everything)

    async def again(self) -> Answer:
        """Send this person's last payload to the app once more, unchanged."""
        return await self._act("again")

    async def open_home(self) -> Answer:
        """Open the app's Home tab; the app hears of it in the background."""
        return await self._act("home")

    async def screen(self) -> str:
        """Read everything this person sees, as plain text."""
        return str((await self._look())["text"])

    async def home(self) -> str:
        """Read what was published to this person's Home tab; empty if nothing was."""
        return str(((await self._look())["home"] or {}).get("rendered", ""))

    async def modal(self) -> Modal | None:
        """Look at the top modal."""
        modal = (await self._look())["modal"]
        return Modal(**modal) if modal else None

    async def messages(self, channel: str | None = None) -> list[Message]:
        """List visible messages: of '#name' or 'name', of 'dm', or all; oldest first within a channel."""
        messages = [Message(**message) for message in (await self._look())["messages"]]
        wanted = None if channel is None else channel.removeprefix("#")
        return [m for m in messages if wanted in (None, m.channel.removeprefix("#"), m.channel_id)]

    async def notifications(self, *, unread: bool = False) -> list[Notification]:
        """List what this person was notified of, oldest first; unread: what they have not looked at since."""
        found = [Notification(**one) for one in (await self._request("GET", "notifications"))["notifications"]]
        return [one for one in found if not (unread and one.is_read)]

    async def read(self, channel: str, *, thread_ts: str | None = None) -> Answer:
        """Look at a channel ('dm' too), or at a thread in it."""
        return await self._act("read", channel=channel, thread_ts=thread_ts)

    async def notify(self, channel: str, *, everything: bool = True) -> Answer:
        """Be notified of every message of a channel, or of mentions alone, which is how Slack begins."""
        return await self._act("notify", channel=channel, everything=everything)

    async def download(self, path: str) -> bytes:
        """Fetch an attached file by its path. Raises CannotDo where this Slack has none for them there."""
        async with self._connected().get(f"{self._url}{path}") as answer:
            if answer.status == 404:
                raise CannotDo(f"{self.name} cannot download {path}")
            answer.raise_for_status()
            return await answer.read()

    async def see(self, text: str, *, timeout: float = 15.0) -> str:
        """Wait until the screen shows this text and return it all. Raises CannotDo with the whole screen."""
        return await self._until(lambda screen: text in screen, f"does not see {text!r}", timeout)

    async def see_no(self, text: str, *, timeout: float = 0.0) -> str:
        """Make sure the screen does not show this text, waiting up to `timeout` seconds for it to go."""
        return await self._until(lambda screen: text not in screen, f"still sees {text!r}", timeout)

    async def _until(self, holds: Any, complaint: str, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        while True:
            screen = await self.screen()
            if holds(screen):
                return screen
            if time.monotonic() >= deadline:
                raise CannotDo(f"{self.name} {complaint}. The screen:\n{screen}")
            await asyncio.sleep(0.02)

    async def _look(self) -> Json:
        return await self._request("GET", "screen")

    async def _act(self, act: str, **body: Any) -> Answer:
        return Answer(**await self._post(act, **body))

    async def _post(self, act: str, **body: Any) -> Json:
        return await self._request("POST", act, {name: value for name, value in body.items() if value is not None})

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def _request(self, verb: str, act: str, body: Json | None = None) -> Json:
        url = f"{self._url}/sandbox/people/{quote(self.name)}/{act}"
        async with self._connected().request(verb, url, json=body) as answer:
            if answer.status in (400, 409):
                raise CannotDo(f"{self.name} cannot {act}: {(await answer.json())['error']}")
            answer.raise_for_status()
            found: Json = await answer.json()
            return found


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a date-time needs a time zone")
        return int(value.timestamp())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value
