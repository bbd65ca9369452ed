"""Owns the Web API methods about user groups: which there are, and who is in them."""

from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.modals import Refused
from sandbox.spec import GroupSpec


def _list(api: Api, arguments: Json) -> Json:
    """Those that are not disabled, by handle; all of them with `include_disabled`."""
    groups = api.workspace.groups.values()
    shown = [group for group in groups if arguments.get("include_disabled") or not group.disabled]
    return {"usergroups": [_shape(api, group) for group in sorted(shown, key=lambda group: group.handle)]}


def _users(api: Api, arguments: Json) -> Json:
    group = api.workspace.groups.get(str(arguments.get("usergroup")))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": [api.workspace.person(handle).id for handle in group.members]}


def _shape(api: Api, group: GroupSpec) -> Json:
    return {
        "id": group.id,
        "team_id": api.workspace.spec.team_id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "date_delete": 1_700_000_000 if group.disabled else 0,
        "user_count": len(group.members),
    }


USERGROUPS = {
    "usergroups.list": Method(_list, "usergroups:read"),
    "usergroups.users.list": Method(_users, "usergroups:read"),
}
