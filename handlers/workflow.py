"""Workflow Builder runs a step of ours."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.team import Actor
from bot.domain.workflow import STEP, Request
from bot.profile import read_profile
from bot.services import team as teams
from bot.services import workflow as workflows
from handlers.person import deps, workspace_id


async def executed(args: AsyncArgs) -> None:
    """Answered to Slack once the decision is in the database: an event that is not comes again."""
    event = args.event or {}
    if (event.get("function") or {}).get("callback_id") != STEP:
        return
    request = Request.of(str(event["function_execution_id"]), workspace_id(args), event.get("inputs") or {})
    d = deps(args)
    await workflows.start(d.db, request, owner=lambda: _owner(args, request), now=d.now, rules=d.rules)


async def _owner(args: AsyncArgs, request: Request) -> Actor | None:
    """The member whom the step names; None for somebody unknown, after one try to link them by their address."""
    db, user = deps(args).db, request.user
    found = await teams.find_actor(db, user) if user.user_id else None
    if found is None and user.user_id:
        profile = await read_profile(args.client, workspace_id=user.workspace_id, user_id=user.user_id)
        await teams.link_by_email(db, profile)
        found = await teams.find_actor(db, user)
    return found
