"""Owns a sandbox in a thread of its own, so that neither a test that waits nor an app that blocks holds it up."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any

from sandbox import clock
from sandbox.people import Person
from sandbox.records import Call, Delivery
from sandbox.server import Sandbox, running
from sandbox.spec import WorkspaceSpec
from sandbox.town import Mode

Wait = Callable[[Coroutine[Any, Any, Any]], Any]


class Slack:
    """What a test has in its hands: the addresses and tokens to tell the app, the people, and what was sent.

    Whatever takes time - an act of a person, `idle`, `app_connected`, `move_clock` - waits by itself in a plain test,
    and is awaited in a coroutine.
    """

    def __init__(self, sandbox: Sandbox, wait: Wait) -> None:
        self.sandbox = sandbox
        self._wait = wait

    @property
    def url(self) -> str:
        """Where a browser sees this workspace."""
        return self.sandbox.url

    @property
    def api_url(self) -> str:
        """The base URL for the app's Web API client."""
        return self.sandbox.api_url

    @property
    def bot_token(self) -> str:
        return self.sandbox.spec.bot_token

    @property
    def app_token(self) -> str:
        """For Socket Mode."""
        return self.sandbox.spec.app_token or ""

    @property
    def signing_secret(self) -> str:
        return self.sandbox.spec.signing_secret

    @property
    def bot_url(self) -> str | None:
        """Where the app listens over HTTP: http://127.0.0.1:3000, for example; it is called at /slack/events there."""
        return self.sandbox.bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self.sandbox.bot_url = url

    def person(self, name: str) -> "Hands":
        """Act as this person: every method of `sandbox.people.Person`."""
        return Hands(self.sandbox.person(name), self._wait)

    def calls(self, method: str | None = None) -> list[Call]:
        """What the app called (a Web API method, or 'response_url'), oldest first."""
        return self.sandbox.calls(method)

    def deliveries(self, kind: str | None = None) -> list[Delivery]:
        """What the app was sent, oldest first."""
        return self.sandbox.deliveries(kind)

    def fail(self, method: str, kind: str, **more: Any) -> None:
        """Let the next call(s) of a method fail; see `sandbox.faults.Fault` for the kinds and what they take."""
        self.sandbox.fail(method, kind, **more)

    def move_clock(self, later: str) -> Any:
        """Let it be later, by "1h" or "1d"."""
        return self._wait(self.sandbox.clock.move(clock.span(later)))

    def idle(self, *, quiet: float = 0.1) -> Any:
        """Wait until the app has called nothing for `quiet` seconds. Raises TimeoutError."""
        return self._wait(self.sandbox.idle(quiet=quiet))

    def app_connected(self) -> Any:
        """Wait until the app's Socket Mode connection is up. Raises TimeoutError."""
        return self._wait(self.sandbox.app_connected())


class Hands:
    """A `Person` whose acts wait by themselves in a plain test, and are awaited in a coroutine."""

    def __init__(self, person: Person, wait: Wait) -> None:
        self._person = person
        self._wait = wait

    @property
    def name(self) -> str:
        return self._person.name

    def __getattr__(self, act: str) -> Callable[..., Any]:
        found = getattr(self._person, act)
        return lambda *given, **how: self._wait(found(*given, **how))


@contextlib.contextmanager
def slack(spec: WorkspaceSpec, *, mode: Mode) -> Iterator[Slack]:
    """Run a workspace in another thread, until the block is left."""
    ready: Future[tuple[Sandbox, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_live(spec, mode, ready)), name="slack")
    thread.start()
    sandbox, loop, over = ready.result()
    try:
        yield Slack(sandbox, lambda work: _waited_for(work, loop))
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


async def _live(
    spec: WorkspaceSpec, mode: Mode, ready: "Future[tuple[Sandbox, asyncio.AbstractEventLoop, asyncio.Event]]"
) -> None:
    over = asyncio.Event()
    try:
        async with running(spec, mode=mode) as sandbox:
            ready.set_result((sandbox, asyncio.get_running_loop(), over))
            await over.wait()
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


def _waited_for(work: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Any:
    """The work's result, or in a coroutine a future of it: to wait there would hold up the app in the same loop."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return future.result()
    return asyncio.wrap_future(future)
