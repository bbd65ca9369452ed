"""What a handler raised, answered where the person is looking."""

from collections.abc import Awaitable, Callable

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.views.slack import notice
from bot.views.slack.form import errors_for
from handlers.after_ack import later
from handlers.private import tell
from handlers.refusal import as_refusal


async def answered(args: AsyncArgs, work: Callable[[AsyncArgs], Awaitable[BoltResponse]]) -> BoltResponse:
    """The answer of `work`, or its refusal.

    Not by Bolt's error handler: it is not given `args`. Kept in the context for it, they would make a ring with
    it, and all of a request would lie about until the garbage collector stops the process to clear 200 at once (0.1 s).
    """
    try:
        return await work(args)
    except Exception as error:
        return await _refused(args, error)


async def unreadable(ack: AsyncAck) -> BoltResponse:
    """What Bolt itself raised. It has to *return* the response: merely awaiting `ack` here ends in HTTP 500."""
    return await ack()


async def _refused(args: AsyncArgs, error: Exception) -> BoltResponse:
    is_submission = args.body.get("type") == "view_submission"
    if (args.event or {}).get("type") == "function_executed":
        as_refusal(error)  # for the log
        return BoltResponse(status=503)  # not begun: nobody is looking, and Slack sends it again
    refusal = as_refusal(error, is_submission=is_submission)
    if is_submission:
        under_fields = errors_for(args.body["view"], refusal)
        if under_fields:
            return await args.ack(response_action="errors", errors=under_fields)
        return await args.ack(response_action="update", view=notice.notice("Conclave", refusal.message))
    if args.body.get("command"):
        return await args.ack(response_type="ephemeral", **notice.private(refusal.message))
    later(args, lambda: tell(args, refusal.message))
    return await args.ack()
