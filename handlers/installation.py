"""In which of many workspaces something happens, and what Slack says when the app is taken out of one."""

from datetime import UTC, datetime

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Workspaces
from bot.domain.installation import Ending, Installation, is_older
from bot.errors import BotError, NotFound
from bot.services import installation as installations
from handlers.person import deps

FOUND = "installation"
"""Where the installation that a request belongs to stands in Bolt's context, or why it could not be looked up."""
NOT_INSTALLED = "Conclave is not installed in this workspace any more, so nothing was done. {}"
_ENDINGS = ("app_uninstalled", "tokens_revoked", "team_access_revoked")


def enter(args: AsyncArgs, workspaces: Workspaces) -> bool:
    """Give the request the client of its workspace. False where there is nothing to answer.

    Raises NotFound for a person whose workspace has not installed the app.
    """
    event = args.body.get("event") or {}
    if event.get("type") in _ENDINGS:
        return True
    found: Installation | BotError | None = args.context.get(FOUND)
    if found is None and event:
        return False
    if isinstance(found, BotError):
        raise found
    if found is None:
        url = deps(args).settings.url
        raise NotFound(NOT_INSTALLED.format(f"Whoever administers it can install it again: {url}/slack/install"))
    args.context["team_id"] = _workspace_of(args)
    args.client = workspaces.client(found, workspace_id=args.context.team_id)
    return True


def _workspace_of(args: AsyncArgs) -> str:
    """The person's, where Slack names the organisation in its place."""
    named, user = str(args.context.team_id), args.body.get("user")
    if not named.startswith("E"):
        return named
    persons = user.get("team_id") if isinstance(user, dict) else None
    return str(persons or args.body.get("team_id") or named)


async def uninstalled(args: AsyncArgs) -> None:
    await _end(args, Ending.UNINSTALLED)


async def revoked(args: AsyncArgs) -> None:
    """Slack names the users whose tokens are revoked, ours among the bots; an empty list names nobody."""
    bots = ((args.event or {}).get("tokens") or {}).get("bot") or []
    await _end(args, Ending.REVOKED, only=bots)


async def left_workspaces(args: AsyncArgs) -> None:
    """An organisation has taken the app out of some of its workspaces."""
    await installations.leave(deps(args).db, [str(one) for one in (args.event or {}).get("team_ids") or []])


async def _end(args: AsyncArgs, ending: Ending, *, only: list[str] | None = None) -> None:
    """Such events come late, and more than once: one that is older than the installation speaks of another."""
    workspaces = deps(args).workspaces
    found = await _named(args, workspaces) if workspaces else None
    if workspaces is None or found is None or found.installed_at is None:
        return
    if only is not None and found.bot_user_id not in only:
        return
    happened = datetime.fromtimestamp(int(args.body.get("event_time") or 0), UTC)
    older = is_older(happened, found.installed_at)
    if older is None:
        older = await workspaces.works(found)
    if not older:
        await workspaces.end(found, ending)


async def _named(args: AsyncArgs, workspaces: Workspaces) -> Installation | None:
    """The installation that the event names, not one that would do in its place."""
    team_id = str(args.body.get("team_id") or "")
    of_org = args.body.get("is_enterprise_install") is True or not team_id.startswith("T")
    enterprise_id = args.body.get("enterprise_id") or team_id
    return await workspaces.find_place(enterprise_id=enterprise_id, team_id=None if of_org else team_id)
