"""The one error root: each class is one reaction at the edge, each message a sentence for the person who reads it."""

from collections.abc import Mapping


class BotError(Exception):
    """A refusal that a person reads: what happened, the state, the way out. Never holds a score or a comment.

    `field` names the form field it belongs to; the view's codec turns it into a block id. None: the whole form.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Invalid(BotError):
    """What was typed cannot be used as it stands."""


class NotAllowed(BotError):
    """This person may not do it; the message says who may."""


class Conflict(BotError):
    """The decision has moved on; the message names its state and the way out."""


class Changed(Conflict):
    """The decision is not at the revision that a program has read."""


class NotFound(BotError):
    """There is no such thing for this person, whether or not another team has one."""


class TryAgain(BotError):
    """Nothing was saved because the database, or Slack, was slow or absent; the same press may succeed later."""


class StartError(Exception):
    """Conclave cannot start; the message is a sentence for the operator with a way out."""


def slack_error(error: BaseException) -> str:
    """What Slack named in the answer that failed; '' where it named nothing: a 500 may come as a page of HTML.

    The client's own `response.get` fails on such a page.
    """
    answer = getattr(error, "response", None)
    body = getattr(answer, "data", answer)
    return str(body.get("error") or "") if isinstance(body, Mapping) else ""


def slack_name(error: BaseException) -> str:
    """What went wrong with Slack, for the log: what it named, else the kind of the error."""
    return slack_error(error) or type(error).__name__


def told(error: BaseException) -> dict[str, str]:
    """What a log may say of an unexpected error: its class, and the SQLSTATE where the database named one.

    Never its message: one of the database's quotes the row that failed.
    """
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None)
    return {"error": type(origin).__qualname__} | ({"sqlstate": str(state)} if state else {})
