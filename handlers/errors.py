"""The one `@app.error`: what a listener raised, answered where the person is looking."""

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.views.slack import notice
from bot.views.slack.form import errors_for
from handlers.after_ack import later
from handlers.private import tell
from handlers.refusal import as_refusal

ARGS = "args"
"""Where a listener's arguments stand in Bolt's context: an error handler that asks for `args` itself ends in HTTP 500,
because Bolt has no `next` to put into them there."""


async def on_error(error: Exception, context: AsyncBoltContext, ack: AsyncAck) -> BoltResponse:
    """Answer with the refusal. It has to *return* the response: merely awaiting `ack` here ends in HTTP 500."""
    args: AsyncArgs | None = context.get(ARGS)
    if args is None:
        return await ack()  # Bolt could not read it
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
