"""Owns the file that describes a workspace for any app: a small YAML file, read into a WorkspaceSpec.

Everything but `people` may be left out; what is left out is made up and printed, so that the app can be told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from sandbox.spec import ChannelSpec, PersonSpec, ShortcutSpec, WorkspaceSpec
from sandbox.town import Mode

# Whatever a small app may ask for: a sandbox is for trying, `app.scopes` in the file makes it strict.
SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "links:read",
    "links:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "users.profile:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
)
EVENTS = ("app_home_opened", "app_mention", "message")
_TOP = ("name", "mode", "bot_url", "tokens", "app", "people", "channels")
_APP = ("name", "commands", "shortcuts", "events", "scopes", "unfurl_domains", "secret_views", "messages_tab_read_only")
_TOKENS = ("bot", "app", "signing_secret")
_PERSON = ("name", "real_name", "email", "tz", "admin", "guest", "deactivated", "about", "id")
_CHANNEL = ("name", "members", "private", "archived", "id")


class BadDescription(ValueError):
    """The file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Description:
    """A workspace, how the app is reached, and where."""

    spec: WorkspaceSpec
    mode: Mode
    bot_url: str


def read(path: Path) -> Description:
    """Read a file. Raises BadDescription."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadDescription(f"{path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDescription(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    return parse(given)


def parse(given: Any) -> Description:
    """Turn the file's content into a description. Raises BadDescription."""
    top = _mapping(given, "the file", _TOP)
    app = _mapping(top.get("app") or {}, "app", _APP)
    app_name = str(app.get("name") or "app")
    people = _people(top)
    name = str(top.get("name") or "Sandbox")
    spec = WorkspaceSpec(
        team_id="T0SANDBOX",
        name=name,
        domain=_letters(name).lower() or "sandbox",
        people=people,
        channels=_channels(top, [person.name for person in people], app_name),
        app_name=app_name,
        needs_text=False,
        **_tokens(top),
        **_what_the_app_does(app),
    )
    return Description(spec, _mode(top), str(top.get("bot_url") or "http://127.0.0.1:3000"))


def _mode(top: Mapping[str, Any]) -> Mode:
    mode = str(top.get("mode") or "http")
    if mode not in ("http", "socket"):
        raise BadDescription("mode: must be http or socket")
    return cast(Mode, mode)


def _tokens(top: Mapping[str, Any]) -> dict[str, Any]:
    tokens = _mapping(top.get("tokens") or {}, "tokens", _TOKENS)
    return {
        "bot_token": str(tokens.get("bot") or "xoxb-sandbox"),
        "app_token": str(tokens.get("app") or "xapp-sandbox"),
        "signing_secret": str(tokens.get("signing_secret") or "sandbox-signing-secret"),
    }


def _what_the_app_does(app: Mapping[str, Any]) -> dict[str, Any]:
    usage = _commands(app)
    return {
        "commands": tuple(usage),
        "usage": {command: words for command, words in usage.items() if words},
        "shortcuts": tuple(_shortcut(one) for one in _list(app, "shortcuts")),
        "scopes": _texts(app, "scopes") or SCOPES,
        "events": _texts(app, "events") or EVENTS,
        "unfurl_domains": _texts(app, "unfurl_domains"),
        "secret_views": _texts(app, "secret_views"),
        "messages_tab_read_only": bool(app.get("messages_tab_read_only")),
    }


def _texts(holder: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(map(str, _list(holder, key)))


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _mapping(given: Any, where: str, known: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadDescription(f"{where}: must have the form 'key: value'")
    known = tuple(known)
    for key in given:
        if key not in known:
            raise BadDescription(f"{where}: no {key!r} here; there are {', '.join(known)}")
    return given


def _list(holder: Mapping[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadDescription(f"{key}: must be a list")
    return value


def _people(top: Mapping[str, Any]) -> tuple[PersonSpec, ...]:
    people = tuple(_person(one, number) for number, one in enumerate(_list(top, "people"), 1))
    if not people:
        raise BadDescription("people: name at least one, for example: people: [ana]")
    return people


def _person(given: Any, number: int) -> PersonSpec:
    one = _mapping({"name": given} if isinstance(given, str) else given, "people", _PERSON)
    name = str(one.get("name") or "")
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise BadDescription(f"people: {name!r} is no handle; use letters and digits")
    return PersonSpec(
        id=str(one.get("id") or f"U0{name.upper().replace('.', '')}"),
        name=name,
        real_name=str(one.get("real_name") or name.capitalize()),
        email=str(one.get("email") or f"{name}@example.com"),
        tz=_zone(one, name),
        is_admin=bool(one.get("admin", number == 1)),
        is_restricted=bool(one.get("guest")),
        deleted=bool(one.get("deactivated")),
        about=str(one.get("about") or ""),
    )


def _zone(person: Mapping[str, Any], name: str) -> str:
    tz = str(person.get("tz") or "UTC")
    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadDescription(f"people: {name}: no time zone {tz!r}; write it like Europe/Berlin") from error
    return tz


def _channels(top: Mapping[str, Any], handles: list[str], app_name: str) -> tuple[ChannelSpec, ...]:
    return tuple(_channel(given, [*handles, app_name]) for given in _list(top, "channels") or ["general"])


def _channel(given: Any, everybody: list[str]) -> ChannelSpec:
    """everybody: the handles of all people, and the app's."""
    one = _mapping({"name": given} if isinstance(given, str) else given, "channels", _CHANNEL)
    name = str(one.get("name") or "").removeprefix("#")
    members = [str(member).removeprefix("@") for member in _list(one, "members")] or everybody
    for member in members:
        if member not in everybody:
            raise BadDescription(f"channels: {name}: nobody is called {member!r}")
    return ChannelSpec(
        id=str(one.get("id") or f"C0{_letters(name.upper())}"),
        name=name,
        members=tuple(members),
        is_private=bool(one.get("private")),
        archived=bool(one.get("archived")),
    )


def _commands(app: Mapping[str, Any]) -> dict[str, str]:
    """Command -> usage hint; the file may give either a list of commands or this mapping."""
    given = app.get("commands") or {}
    pairs = given.items() if isinstance(given, Mapping) else ((one, "") for one in _list(app, "commands"))
    return {f"/{str(command).removeprefix('/')}": str(usage or "") for command, usage in pairs}


def _shortcut(given: Any) -> ShortcutSpec:
    one = _mapping(given, "shortcuts", ("callback_id", "name", "kind"))
    kind = str(one.get("kind") or "global")
    if kind not in ("global", "message") or not one.get("callback_id"):
        raise BadDescription("shortcuts: each has a callback_id, a name, and the kind global or message")
    callback_id = str(one["callback_id"])
    return ShortcutSpec(callback_id, str(one.get("name") or callback_id), "message" if kind == "message" else "global")


def how_to_connect(found: Description, *, url: str) -> str:
    """What to tell the app, and where to look."""
    spec = found.spec
    told = [f"SLACK_API_URL={url}/api/", f"SLACK_BOT_TOKEN={spec.bot_token}"]
    if found.mode == "socket":
        told.append(f"SLACK_APP_TOKEN={spec.app_token}")
        way = "It connects by Socket Mode."
    else:
        told.append(f"SLACK_SIGNING_SECRET={spec.signing_secret}")
        way = f"It is called at {found.bot_url.rstrip('/')}/slack/events."
    return "\n".join(
        [
            f"{spec.name} is open: {url}",
            "",
            f"Tell {spec.app_name} of it, and of nothing else: its Web API client's base URL is SLACK_API_URL.",
            *(f"  {line}" for line in told),
            way,
            "",
            "Ctrl-C ends it; nothing is kept.",
        ]
    )
