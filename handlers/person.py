"""From a Slack user to the member who acts; the profile is asked for only when the bot does not know the person."""

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.by import By
from bot.domain.deadline import Clock
from bot.domain.preference import zone_of
from bot.domain.team import Actor, Profile, SlackUser
from bot.errors import NotAllowed
from bot.profile import read_profile
from bot.services import preference, team
from bot.views import help as help_view
from handlers.press import find_press


def deps(args: AsyncArgs) -> Deps:
    found: Deps = args.context["deps"]
    return found


def workspace_id(args: AsyncArgs) -> str:
    return str(args.context.team_id)


def slack_user(args: AsyncArgs) -> SlackUser:
    return SlackUser(workspace_id(args), str(args.context.user_id))


async def by(args: AsyncArgs) -> By:
    """Who acts, now, by the rules of this installation; with the press, where a form was submitted.

    Raises NotAllowed, saying who can add them, for anybody unknown.
    """
    found = await find_actor(args)
    if found is None:
        raise await unknown(args)
    return acting(args, found)


async def unknown(args: AsyncArgs) -> NotAllowed:
    """The refusal of somebody who is in no team: it says who can add them."""
    has_team, names = await team.who_can_add(deps(args).db, workspace_id(args))
    return NotAllowed(help_view.not_a_member(names, has_team=has_team))


async def may_make_a_team(args: AsyncArgs) -> bool:
    """Whether nobody has made a team here yet, and this person, whom we do not know, may."""
    has_team, _ = await team.who_can_add(deps(args).db, workspace_id(args))
    return not has_team and (await profile(args)).is_person


def acting(args: AsyncArgs, who: Actor) -> By:
    """`by`, of somebody who is known already."""
    d = deps(args)
    return By(who, d.now, d.rules.of(who.team.id), find_press(args))


async def find_actor(args: AsyncArgs) -> Actor | None:
    """The member who acts; None for somebody unknown, after one try to link them by their address."""
    db, user = deps(args).db, slack_user(args)
    found = await team.find_actor(db, user)
    if found is None:
        await team.link_by_email(db, await profile(args))
        found = await team.find_actor(db, user)
    return found


async def clock_of(d: Deps, who: By) -> Clock:
    """The hours in which this person works, for moments that we propose to them."""
    chosen = await preference.get(d.db, who)
    return Clock(chosen.preferences, zone_of(chosen.zone))


async def profile(args: AsyncArgs) -> Profile:
    user = slack_user(args)
    return await read_profile(args.client, workspace_id=user.workspace_id, user_id=user.user_id)
