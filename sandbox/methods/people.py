"""Owns the Web API methods about the workspace, its people and the app itself."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.modals import Refused
from sandbox.spec import PersonSpec


def _api_test(api: Api, arguments: Json) -> Json:
    return {"args": arguments}


def _auth_test(api: Api, arguments: Json) -> Json:
    spec = api.workspace.spec
    return {
        "url": f"https://{spec.domain}.slack.com/",
        "team": spec.name,
        "user": spec.app_name,
        "team_id": spec.team_id,
        "user_id": spec.bot_user_id,
        "bot_id": spec.bot_id,
        "is_enterprise_install": False,
    }


def _team_info(api: Api, arguments: Json) -> Json:
    spec = api.workspace.spec
    return {"team": {"id": spec.team_id, "name": spec.name, "domain": spec.domain}}


def _users_info(api: Api, arguments: Json) -> Json:
    user = arguments.get("user")
    if user == api.workspace.spec.bot_user_id:
        return {"user": _bot_shape(api)}
    if user not in api.workspace.people:
        raise Refused("user_not_found")
    return {"user": user_shape(api, api.workspace.people[user])}


def _users_list(api: Api, arguments: Json) -> Json:
    """Everybody on one page."""
    members = [user_shape(api, person) for person in api.workspace.people.values()]
    return {"members": [*members, _bot_shape(api)], "response_metadata": {"next_cursor": ""}}


def _lookup_by_email(api: Api, arguments: Json) -> Json:
    email = str(arguments.get("email") or "").lower()
    for person in api.workspace.people.values():
        if email and person.email and person.email.lower() == email and not person.deleted:
            return {"user": user_shape(api, person)}
    raise Refused("users_not_found")


def user_shape(api: Api, person: PersonSpec) -> Json:
    profile: Json = {"real_name": person.real_name, "display_name": person.name}
    if person.email and "users:read.email" in api.workspace.spec.scopes:
        profile["email"] = person.email
    shape: Json = {
        "id": person.id,
        "team_id": api.workspace.spec.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": False,
        "updated": 1_700_000_000,
    }
    if person.deleted:
        return shape
    return shape | {
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": _offset_seconds(api.workspace.clock.now().astimezone(ZoneInfo(person.tz))),
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": False,
        "is_app_user": False,
    }


def _offset_seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _bot_shape(api: Api) -> Json:
    spec = api.workspace.spec
    return {
        "id": spec.bot_user_id,
        "team_id": spec.team_id,
        "name": spec.app_name,
        "deleted": False,
        "real_name": spec.app_name,
        "profile": {"real_name": spec.app_name, "bot_id": spec.bot_id, "api_app_id": spec.app_id},
        "is_bot": True,
    }


def _bots_info(api: Api, arguments: Json) -> Json:
    """The app itself only."""
    spec = api.workspace.spec
    if arguments.get("bot") not in (None, spec.bot_id):
        raise Refused("bot_not_found")
    shape = {"id": spec.bot_id, "app_id": spec.app_id, "user_id": spec.bot_user_id, "name": spec.app_name}
    return {"bot": shape | {"deleted": False}}


def _profile(api: Api, arguments: Json) -> Json:
    user: Json = _users_info(api, arguments)["user"]
    return {"profile": user["profile"]}


def _presence(api: Api, arguments: Json) -> Json:
    """Everybody is active but those who were deactivated."""
    user: Json = _users_info(api, arguments)["user"]
    return {"presence": "away" if user["deleted"] else "active"}


PEOPLE = {
    "api.test": Method(_api_test, token="none"),
    "auth.test": Method(_auth_test),
    "team.info": Method(_team_info, "team:read"),
    "bots.info": Method(_bots_info, "users:read"),
    "users.info": Method(_users_info, "users:read"),
    "users.list": Method(_users_list, "users:read"),
    "users.lookupByEmail": Method(_lookup_by_email, "users:read.email"),
    "users.profile.get": Method(_profile, "users.profile:read"),
    "users.getPresence": Method(_presence, "users:read"),
}
