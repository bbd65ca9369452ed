"""Owns the list of all Web API methods that there are here, and the table of them for people."""

from collections.abc import Iterator

from sandbox.methods.api import Method
from sandbox.methods.chat import CHAT
from sandbox.methods.conversations import CONVERSATIONS
from sandbox.methods.files import FILES
from sandbox.methods.functions import FUNCTIONS
from sandbox.methods.people import PEOPLE
from sandbox.methods.reactions import REACTIONS
from sandbox.methods.scheduled import SCHEDULED
from sandbox.methods.usergroups import USERGROUPS
from sandbox.methods.views import VIEWS

METHODS: dict[str, Method] = {
    **PEOPLE,
    **USERGROUPS,
    **CONVERSATIONS,
    **CHAT,
    **SCHEDULED,
    **REACTIONS,
    **VIEWS,
    **FILES,
    **FUNCTIONS,
}
_TOKENS = {"app": "the app-level token", "none": "no token", "bot": ""}


def markdown() -> str:
    """Write the table of the README: method, what the app needs for it, what is particular here."""
    return "\n".join(["| method | needs | here |", "|---|---|---|", *_rows()])


def _rows() -> Iterator[str]:
    for name, method in sorted(METHODS.items()):
        needs = f"`{method.scope}`" if method.scope else _TOKENS[method.token]
        yield f"| `{name}` | {needs} | {method.note} |"
