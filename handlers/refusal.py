"""Every exception as a refusal that a person can read, with a reference where the log knows more."""

import secrets
import traceback

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.errors import BotError, TryAgain, slack_error, slack_name, told
from bot.nature import Nature, is_limited, nature_of

log = structlog.get_logger(__name__)
TOO_SLOW = "Not saved yet: it took too long. Your text is still here; press Submit again."
AGAIN = "The database did not answer in time. Try it once more in a moment."
"""For everything but a submission: there is no text to keep, and no Submit to press."""
SLACK_BUSY = "Not saved yet: Slack asks us to wait. Your text is still here; press Submit again in a minute."
SLACK_AGAIN = "Slack asks us to wait. Try it once more in a minute."
SLACK_AWAY = "Slack did not answer as it should. Try it once more in a moment."
SLACK_AWAY_UNSAVED = "Not saved yet: Slack did not answer as it should. Your text is still here; press Submit again."


def as_refusal(error: Exception, *, is_submission: bool = False) -> BotError:
    """The refusal itself, or one that quotes a reference id. Expected refusals log at info, the rest as errors.

    Only names and places of an unexpected error are logged, never its message or values: a database error quotes the
    row that failed, and that row may hold scores.
    """
    expected = _expected(error, is_submission=is_submission)
    if expected:
        return expected
    reference = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    log.error(
        "unexpected error",
        reference=reference,
        error=type(error).__qualname__,
        cause=type(error.__cause__).__qualname__ if error.__cause__ else None,
        sqlstate=getattr(getattr(error, "orig", None), "sqlstate", None),
        slack=slack_error(error) or None,
        frames=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    )
    return BotError(f"Something went wrong on our side; nothing was lost. Tell whoever runs Conclave: {reference}.")


def _expected(error: Exception, *, is_submission: bool) -> BotError | None:
    """What to answer to a refusal of ours, or where database or Slack want more time; None for anything else."""
    if isinstance(error, BotError):
        log.info("refused", reason=type(error).__name__, **_because(error))
        return error if is_submission or not isinstance(error, TryAgain) else TryAgain(AGAIN)
    if isinstance(error, TimeoutError):
        log.warning("listener timed out")
        return TryAgain(TOO_SLOW if is_submission else AGAIN)
    if is_slack_away(error):
        return _slack_away(error, is_submission=is_submission)
    return None


def _slack_away(error: Exception, *, is_submission: bool) -> BotError:
    log.info("refused", reason="Slack", error=slack_name(error))
    if is_limited(error):
        return TryAgain(SLACK_BUSY if is_submission else SLACK_AGAIN)
    return TryAgain(SLACK_AWAY_UNSAVED if is_submission else SLACK_AWAY)


def is_slack_away(error: BaseException) -> bool:
    """Whether it is Slack, or the way to it, that fails just now: the same call may succeed in a moment."""
    if isinstance(error, SlackApiError):
        return is_limited(error) or nature_of(slack_error(error)) in (Nature.PASSES, None)
    return isinstance(error, aiohttp.ClientError | OSError)


def _because(error: BotError) -> dict[str, str]:
    """What the database said, where it is the reason: an operator mends a full disk, nobody else can."""
    return told(error.__cause__) if error.__cause__ else {}
