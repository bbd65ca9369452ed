"""Owns what every Web API method works on, and what is said of a method beside its work: its token and its scope."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.inputs import Json
from sandbox.modals import Modals, Refused
from sandbox.workspace import Workspace


@dataclass(frozen=True)
class Api:
    """What a method works on. base_url: where this Slack answers.

    socket_url: makes the address of a new Socket Mode connection. background: runs what goes on after the answer.
    """

    workspace: Workspace
    modals: Modals
    base_url: str
    socket_url: Callable[[], str]
    background: Callable[[Coroutine[Any, Any, None]], None]

    def need_scope(self, scope: str) -> None:
        """Refuse as Slack does when the app lacks a scope. Raises Refused."""
        provided = self.workspace.spec.scopes
        if scope not in provided:
            raise Refused("missing_scope", needed=scope, provided=",".join(provided))


@dataclass(frozen=True)
class Method:
    """One method of the Web API. do: takes the arguments, returns what stands beside "ok": true. Raises Refused.

    scope: what the app has to have; "*:read" means channels:read, groups:read or im:read, by the kind of channel.
    """

    do: Callable[[Api, Json], Json]
    scope: str = ""
    token: Literal["bot", "app", "none"] = "bot"

    @property
    def note(self) -> str:
        """What is particular to it here, from the first line of its docstring; '' where it does what Slack's does."""
        return (self.do.__doc__ or "").strip().partition("\n")[0]
