"""Which cell serves which workspace: a file of the operator's.

[cells]
one = "http://10.0.0.1:3000"
two = "http://10.0.1.1:3000"

[workspaces]
T0TECHCORP = "one"
E0GLOBEX = "two"  # an organisation: all its workspaces that have no line of their own
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.errors import StartError

_ID = re.compile(r"[TE][A-Z0-9]{1,30}")


@dataclass(frozen=True)
class Atlas:
    cells: Mapping[str, str]
    """A cell's name -> the address that it answers at, without a slash at its end."""
    homes: Mapping[str, str]
    """The id of a workspace (T...) or of an organisation (E...) -> the name of its cell."""

    def cell_of(self, place: "Place") -> str | None:
        """The workspace's own line goes before that of its organisation. None where there is neither."""
        return self.homes.get(place.team_id or "") or self.homes.get(place.enterprise_id or "")

    def moved_from(self, before: "Atlas") -> list[str]:
        """Ids that had another cell before. What they have decided lies there: a workspace's cell is for life."""
        return sorted(id_ for id_, name in before.homes.items() if self.homes.get(id_, name) != name)


@dataclass(frozen=True)
class Place:
    """Where in Slack something was done."""

    team_id: str | None
    enterprise_id: str | None


def place_of(payload: Mapping[str, Any]) -> Place:
    """The installation that a payload of Slack's is meant for.

    An event names it among its `authorizations`: in a channel of two companies its `team_id` may be either's.
    https://docs.slack.dev/apis/events-api#authorizations
    """
    match payload:
        case {"authorizations": [{"team_id": team, "enterprise_id": enterprise}, *_]}:
            return Place(_id(team), _id(enterprise))
        case {"type": "event_callback"} | {"command": _}:
            return Place(_id(payload.get("team_id")), _id(payload.get("enterprise_id")))
        case _:  # a press or a window: `team` is null where the app is an organisation's
            return Place(_id_in(payload.get("team")), _id_in(payload.get("enterprise")))


def _id(found: object) -> str | None:
    return found if isinstance(found, str) and found else None


def _id_in(found: object) -> str | None:
    return _id(found.get("id")) if isinstance(found, Mapping) else None


def read(file: Path) -> Atlas:
    """Raises StartError, a sentence for all that is wrong."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartError(f"{file} cannot be read ({error.strerror}).") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise StartError(f"{file} is no TOML: {error}.") from error
    cells, homes = found.get("cells", {}), found.get("workspaces", {})
    if not (isinstance(cells, dict) and isinstance(homes, dict)):
        raise StartError(f"{file} needs the tables [cells] and [workspaces].")
    wrong = [*_wrong_cells(cells), *_wrong_homes(homes, cells)]
    if wrong:
        raise StartError(f"{file}: {' '.join(wrong)}")
    return Atlas({name: url.rstrip("/") for name, url in cells.items()}, homes)


def _wrong_cells(cells: Mapping[str, object]) -> Iterator[str]:
    if not cells:
        yield "There is no cell."
    for name, url in cells.items():
        if not (isinstance(url, str) and _is_address(url)):
            yield f"The cell {name} needs an address such as http://10.0.0.1:3000."


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:  # a port that is no number
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and has_port and not parts.path.strip("/")


def _wrong_homes(homes: Mapping[str, object], cells: Mapping[str, object]) -> Iterator[str]:
    for id_, name in homes.items():
        if not _ID.fullmatch(id_):
            yield f"{id_} is no id of a workspace (T...) or of an organisation (E...)."
        if not isinstance(name, str) or name not in cells:
            yield f"{id_} is in {name}, which is no cell."
