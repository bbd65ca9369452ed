"""Work that goes on after Slack has its answer: tracked, its errors told to the person, drained at shutdown."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import BotError, slack_error, slack_name, told
from bot.nature import retry_after
from bot.views.slack import notice
from handlers.private import is_in_modal, is_passing, is_stack_full, tell, when_let
from handlers.refusal import as_refusal, is_slack_away
from handlers.turns import Turns

log = structlog.get_logger(__name__)
View = dict[str, Any]
T = TypeVar("T")
AT_ONCE = 100
"""So many connections to Slack its client opens at most."""
MOST_WAITING = 500
"""Above it nobody is let in: a trigger lives three seconds, in which about so many windows can be opened."""
MOST_OF_ONE = 20
"""So much of one person waits at most; nobody presses more in good faith while the first window is still to come."""
BUSY = "Conclave has too much to do just now, so nothing was done. Try it once more in a moment."
DRAIN_SECONDS = 10.0
WAIT_SECONDS = 8.0
"""So long a person looks at "One moment ..." at most: Slack is asked again and again, then the window, or a direct
message, says that it did not work. Shorter than what a process that ends leaves it."""
TELL_SECONDS = 2.0
"""For saying so in the window."""
_FIRST_PAUSE_SECONDS = 0.25
NOT_SHOWN = "Slack did not let the window open in time. Try it once more."
MOST_WINDOWS = 500
_KEY = "after_ack"
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
_GONE = {"not_found", "view_not_found", "hash_conflict"}
"""The person has closed the modal meanwhile: what it would show they can open again, a refusal is told all the same."""


@dataclass
class Window:
    """A form that changes while somebody types: one change after the other, none over what came another way.

    Slack's hash tells what a window shows. A press may be older than our last change of it, which is fine; where
    somebody has submitted meanwhile nothing is to be changed any more.
    """

    hash: str
    """Of what it shows now, as far as we know."""
    earlier: set[str] = field(default_factory=set)
    """Of what we have replaced."""
    fields: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def follow(self, hash_: str, fields: int) -> None:
        self.earlier.add(self.hash)
        self.hash, self.fields = hash_, fields


class AfterAck:
    """The background work of one app, never more of it than the process can bear.

    `AT_ONCE` run, the others wait for their turn. A bare `ensure_future` would be lost at SIGTERM without a trace, and
    presses that come faster than windows can be opened would fill memory and the database's queue.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: Turns[Coroutine[Any, Any, None]] = Turns()
        self._windows: dict[str, Window] = {}

    def has_room(self, person: str) -> bool:
        """Whether what this person asks for now will be served while they wait. Asked before anything is done."""
        return len(self._turns) < MOST_WAITING and self._turns.of(person) < MOST_OF_ONE

    def spawn(self, person: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in its turn. Dropped, with a warning, only where twice as much waits as `has_room` lets in: it
        says or shows what was done, which the next look at the decision does as well."""
        if len(self._turns) >= 2 * MOST_WAITING or self._turns.of(person) >= 2 * MOST_OF_ONE:
            log.warning("what should follow an answer was dropped", waiting=len(self._turns))
            work.close()
            return
        self._turns.add(person, work)
        self._go_on()

    def _go_on(self) -> None:
        while len(self._tasks) < AT_ONCE and (work := self._turns.take()):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("what followed an answer broke off", **told(error))
        self._go_on()

    async def drain(self) -> None:
        """Let what runs and waits finish, for at most `DRAIN_SECONDS`."""
        end = time.monotonic() + DRAIN_SECONDS
        while self._tasks and time.monotonic() < end:
            left = max(0.0, end - time.monotonic())
            await asyncio.wait(set(self._tasks), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        while work := self._turns.take():
            work.close()

    def window(self, view_id: str, hash_: str) -> Window:
        """The window that somebody types in, from what was pressed in it; of the last `MOST_WINDOWS`."""
        known = self._windows.pop(view_id, None)
        known = known if known and hash_ in {known.hash, *known.earlier} else Window(hash_)
        self._windows[view_id] = known
        while len(self._windows) > MOST_WINDOWS:
            del self._windows[next(iter(self._windows))]
        return known

    def attach(self, context: AsyncBoltContext) -> None:
        context[_KEY] = self


def later(args: AsyncArgs, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` after the ack; what it refuses is told to the person privately."""
    follow(args, _telling(args, work))


def quietly(args: AsyncArgs, work: Callable[[], Awaitable[None]]) -> None:
    """`later`, of what nobody has asked for: what it refuses stands in the log alone."""
    follow(args, _untold(work))


async def _untold(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except (BotError, SlackApiError, aiohttp.ClientError, OSError) as error:
        log.info("what nobody asked for was not done", slack=slack_name(error), **told(error))


def follow(args: AsyncArgs, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` after the ack, when it is this person's turn."""
    args.context[_KEY].spawn(str(args.context.user_id), work)


def has_room(args: AsyncArgs) -> bool:
    found: AfterAck = args.context[_KEY]
    return found.has_room(str(args.context.user_id))


async def _telling(args: AsyncArgs, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception as error:
        await tell(args, as_refusal(error).message)


async def open_modal(args: AsyncArgs, build: Callable[[], Awaitable[View]], *, title: str = "Conclave") -> None:
    """Ack, open a loading view at once, then show what `build` returns, or the sentence of what it refused.

    The trigger lives three seconds: nothing slow may come before the opening. Inside a modal the view is pushed; it
    takes the place of one that has said all it had to say, as "More" has, or that has two others beneath it already.
    """
    await args.ack()
    follow(args, _opening(args, build, title))


async def _opening(args: AsyncArgs, build: Callable[[], Awaitable[View]], title: str) -> None:
    loading = {**notice.loading(title), "external_id": secrets.token_hex(16)}
    try:
        opened = await when_let(lambda: _open(args, loading))
    except (SlackApiError, aiohttp.ClientError, OSError) as error:
        log.info("modal not opened", error=slack_name(error))
        found = None if slack_error(error) else await _find_opened(args, loading)
        if found is None:
            await tell(args, NOT_SHOWN)
            return
        opened = found
    except Exception as error:
        await tell(args, as_refusal(error).message)
        return
    found_id = (opened.get("view") or {}).get("id")
    if found_id:
        await show(args, str(found_id), build, title=title)
    else:  # other makings of Slack may answer no more than ok; they know the window by our name for it
        await _show(args, partial(_update_named, args, loading["external_id"]), build, title)


async def _update_named(args: AsyncArgs, external_id: str, view: View) -> None:
    await args.client.views_update(external_id=external_id, view=view)


async def _find_opened(args: AsyncArgs, loading: View) -> AsyncSlackResponse | None:
    """The window whose opening was answered by nothing, or by nothing that names a refusal; None where it is not there.

    Left alone it would go on loading for ever.
    """
    try:
        update = partial(args.client.views_update, external_id=loading["external_id"], view=loading)
        return await _patiently(update, within=WAIT_SECONDS)
    except (SlackApiError, aiohttp.ClientError, OSError):
        return None


async def _patiently(call: Callable[[], Awaitable[T]], *, within: float) -> T:
    """Repeat what Slack, or the way to it, does not do just now. Raises the last failure after so many seconds.

    For calls that may be done twice: an update of a window.
    """
    end, pause = time.monotonic() + within, _FIRST_PAUSE_SECONDS
    while True:
        try:
            async with asyncio.timeout(max(0.0, end - time.monotonic())):
                return await call()
        except (SlackApiError, aiohttp.ClientError, OSError) as error:
            wait = max(pause, retry_after(error) or 0.0)
            if not is_slack_away(error) or time.monotonic() + wait >= end:
                raise
        await asyncio.sleep(wait)
        pause *= 2


async def _open(args: AsyncArgs, view: View) -> AsyncSlackResponse:
    if not is_in_modal(args):
        return await args.client.views_open(trigger_id=args.body["trigger_id"], view=view)
    pressed = args.body["view"]
    if is_passing(args) or is_stack_full(args):
        return await args.client.views_update(view_id=pressed["id"], view=view)
    return await args.client.views_push(trigger_id=args.body["trigger_id"], view=view)


async def _update(args: AsyncArgs, view_id: str, view: View) -> None:
    await args.client.views_update(view_id=view_id, view=view)


async def _replace_answer(args: AsyncArgs, external_id: str, view: View) -> None:
    """Update the view that our ack is bringing, once it is there: an update that came first would be overwritten.

    Where it never comes under this name, the window that was submitted is the one.
    """
    for pause in _PAUSES:
        try:
            await args.client.views_update(external_id=external_id, view=view)
            return
        except SlackApiError as error:
            if slack_error(error) not in _GONE:
                raise
        await asyncio.sleep(pause)
    await _update(args, str(args.body["view"]["id"]), view)


async def show(args: AsyncArgs, view_id: str, build: Callable[[], Awaitable[View]], *, title: str = "Conclave") -> None:
    """Put what `build` returns into an open view, or the sentence of what it refused."""
    await _show(args, lambda view: _update(args, view_id, view), build, title)


async def _show(
    args: AsyncArgs, update: Callable[[View], Awaitable[None]], build: Callable[[], Awaitable[View]], title: str
) -> None:
    sentence = None
    try:
        view = await build()
    except Exception as error:
        sentence = as_refusal(error).message
        view = notice.notice(title, sentence)
    try:
        await _patiently(lambda: update(view), within=WAIT_SECONDS)
    except Exception as error:
        if slack_error(error) not in _GONE:
            await _show_sentence(args, update, title, sentence or _not_shown(error))
        elif sentence:
            await tell(args, sentence)


def _not_shown(error: Exception) -> str:
    """What a person reads whose window did not come although there was nothing to refuse."""
    if is_slack_away(error):
        log.warning("a window was not shown in time", error=slack_name(error))
        return NOT_SHOWN
    return as_refusal(error).message


async def _show_sentence(args: AsyncArgs, update: Callable[[View], Awaitable[None]], title: str, sentence: str) -> None:
    """In the window, which goes on loading otherwise; as a direct message where that cannot be either."""
    try:
        await _patiently(lambda: update(notice.notice(title, sentence)), within=TELL_SECONDS)
    except Exception:
        await tell(args, sentence)


def show_later(args: AsyncArgs, view_id: str, build: Callable[[], Awaitable[View]], *, title: str = "Conclave") -> None:
    """`show`, after the ack."""
    follow(args, show(args, view_id, build, title=title))


def refresh_later(args: AsyncArgs, view_id: str, build: Callable[[], Awaitable[View]]) -> None:
    """Bring an open view up to date after the ack. Nobody waits for it, so nobody hears of it where it cannot be."""
    follow(args, _refresh(args, view_id, build))


async def _refresh(args: AsyncArgs, view_id: str, build: Callable[[], Awaitable[View]]) -> None:
    try:
        view = await build()
        await _patiently(lambda: _update(args, view_id, view), within=WAIT_SECONDS)
    except (BotError, SlackApiError, aiohttp.ClientError, OSError) as error:
        log.info("a window stays as it is", error=slack_name(error))


def refresh(args: AsyncArgs, view: View) -> None:
    """Change the window in which somebody types; where Slack does not let us it stays as it is, with what was typed."""
    after_ack, pressed = args.context[_KEY], args.body["view"]
    follow(args, _refreshing(args, view, after_ack.window(pressed["id"], pressed["hash"])))


async def _refreshing(args: AsyncArgs, view: View, window: Window) -> None:
    fields = sum(block["type"] == "input" for block in view["blocks"])
    async with window.lock:
        if fields < window.fields:
            return  # drawn from a press that came before more fields unfolded
        try:
            update = partial(args.client.views_update, view_id=args.body["view"]["id"], hash=window.hash, view=view)
            answer = await _patiently(update, within=WAIT_SECONDS)
            window.follow(str(answer["view"]["hash"]), fields)
        except Exception as error:
            if slack_error(error) not in _GONE:
                log.info("a window was not refreshed", error=slack_name(error))


async def ack_loading(args: AsyncArgs, build: Callable[[], Awaitable[View]], *, title: str) -> None:
    """Answer a submission with a loading view, then show what `build` returns in its place."""
    external_id = secrets.token_hex(16)
    await args.ack(response_action="update", view={**notice.loading(title), "external_id": external_id})
    follow(args, _show(args, lambda view: _replace_answer(args, external_id, view), build, title))
