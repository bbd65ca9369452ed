"""Owns what every Web API method works on: the workspace, its modals, and the scopes that the app has."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.inputs import Json
from sandbox.modals import Modals, Refused
from sandbox.workspace import Workspace


@dataclass(frozen=True)
class Api:
    """What a method works on. socket_url: makes the address of a new Socket Mode connection.

    base_url: where this Slack answers.
    """

    workspace: Workspace
    modals: Modals
    socket_url: Callable[[], str]
    base_url: str

    def need_scope(self, scope: str) -> None:
        """Refuse as Slack does when the app lacks a scope. Raises Refused."""
        provided = self.workspace.spec.scopes
        if scope not in provided:
            raise Refused("missing_scope", needed=scope, provided=",".join(provided))


Method = Callable[[Api, Json], Json]
"""A method takes its arguments and returns what stands beside "ok": true. Raises Refused."""
