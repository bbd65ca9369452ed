"""The rights that the app asks of a workspace: those it cannot do without, and what each of the others is for."""

REQUIRED = ("commands", "chat:write", "im:write", "users:read", "users:read.email")
OPTIONAL = {
    "files:write": "an export comes as messages, not as a file",
    "channels:read": "results are told one by one, not shown to a channel, which another company might read",
    "groups:read": "the same in private channels",
    "channels:history": "long threads are not summed up, and a message whose answer was lost may come twice",
    "groups:history": "the same in private channels",
    "links:read": "a link to a decision's web page stays a bare link",
    "links:write": "the same",
    "usergroups:read": "people are chosen one by one, never by a user group",
}
"""Scope -> what is done without it."""


def without(granted: tuple[str, ...]) -> str:
    """What the missing optional ones cost, in a sentence; '' where none is missing."""
    missing = {scope: cost for scope, cost in OPTIONAL.items() if scope not in granted}
    return "; ".join(f"without {scope} {cost}" for scope, cost in missing.items())
