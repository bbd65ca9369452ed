"""Reading of a submitted view: values by field name, and the way back from a refusal to its block.

A block_id is "field:thing:revision" (`kit.block_id`). Only values of blocks that the view shows now are read:
Slack was seen to send values of an earlier page along.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from uuid import UUID

from bot.errors import BotError, Invalid
from bot.views.slack.text import clean

View = Mapping[str, Any]
_ROW = re.compile(r"(.+)_(\d+)\Z")
_REOPEN = "This window is out of date. Close it and open it again."


class Fields:
    """What a person entered, by field name. A missing field reads as empty, whatever Slack left out."""

    def __init__(self, view: View, *, thing: str | None = None) -> None:
        """thing: of a view with several rows, the one to read."""
        self._by_field: dict[str, Mapping[str, Any]] = {}
        self._elements: dict[str, Mapping[str, Any]] = {}
        values = values_of(view)
        for block in inputs(view):
            if thing is None or thing == thing_of(block["block_id"]):
                name = field_of(block["block_id"])
                self._by_field.setdefault(name, value_of(values, block))
                self._elements.setdefault(name, block.get("element") or {})

    def __contains__(self, field: str) -> bool:
        """Whether the view asks for this field."""
        return field in self._by_field

    def text(self, field: str) -> str:
        return text_of(self._by_field.get(field, {}))

    def choice(self, field: str) -> str | None:
        return choice_of(self._by_field.get(field, {}))

    def choices(self, field: str) -> tuple[str, ...]:
        return choices_of(self._by_field.get(field, {}))

    def is_checked(self, field: str) -> bool:
        return bool(self.choices(field))

    def user(self, field: str) -> str | None:
        return self._by_field.get(field, {}).get("selected_user") or None

    def users(self, field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._by_field.get(field, {}).get("selected_users") or ()))

    def conversation(self, field: str) -> str | None:
        value = self._by_field.get(field, {})
        return value.get("selected_conversation") or value.get("selected_channel") or None

    def moment(self, field: str) -> datetime | None:
        return _moment(self._by_field.get(field, {}).get("selected_date_time"))

    def is_unchanged(self, field: str) -> bool:
        """Whether a date and time still is what the form was prefilled with."""
        initial = _moment(self._elements.get(field, {}).get("initial_date_time"))
        return initial is not None and initial == self.moment(field)

    def is_as_it_began(self, field: str) -> bool:
        """Whether a choice, a line or a moment still is what the form began with, nothing included."""
        return _begun(self._elements.get(field, {})) == _entered(self._by_field.get(field, {}))

    def decimal(self, field: str) -> Decimal | None:
        """None where nothing, or no plain number, was entered."""
        try:
            value = Decimal(self.text(field).replace(",", "."))
        except InvalidOperation:
            return None
        return value if value.is_finite() else None

    def integer(self, field: str) -> int | None:
        value = self.decimal(field)
        return int(value) if value is not None and abs(value) < 10**9 and value == int(value) else None


def inputs(view: View) -> Iterator[Mapping[str, Any]]:
    """The input blocks of the view, in order."""
    for block in view.get("blocks") or ():
        if block.get("type") == "input" and block.get("block_id"):
            yield block


def field_of(block_id: str) -> str:
    return block_id.partition(":")[0]


def thing_of(block_id: str) -> str:
    return block_id.partition(":")[2].rpartition(":")[0]


def revision_of(block_id: str) -> str:
    return block_id.rpartition(":")[2]


def block_of(view: View, field: str) -> str | None:
    """The block that a refusal of `field` belongs under: of this name or this very id; "name_2": the name in the third
    row not blank."""
    for block in inputs(view):
        if field in (field_of(block["block_id"]), block["block_id"]):
            return str(block["block_id"])
    row = _ROW.match(field)
    return _block_in_row(view, row.group(1), int(row.group(2))) if row else None


def errors_for(view: View, error: BotError) -> dict[str, str] | None:
    """The refusal by block_id: its field's, else the first input's; None for a view without inputs."""
    first = next((str(block["block_id"]) for block in inputs(view)), None)
    place = (block_of(view, error.field) if error.field else None) or first
    return {place: error.message} if place else None


def filled_rows(view: View) -> tuple[str, ...]:
    """Keys of the rows with some text typed, in order. A row = the input blocks that share a thing."""
    rows: dict[str, bool] = {}
    values = values_of(view)
    for block in inputs(view):
        is_text = (block.get("element") or {}).get("type") == "plain_text_input"
        typed = text_of(value_of(values, block)) if is_text else ""
        key = thing_of(block["block_id"])
        rows[key] = rows.get(key, False) or bool(typed)
    return tuple(key for key, is_filled in rows.items() if is_filled)


def metadata(view: View) -> dict[str, str]:
    """What `kit.modal` packed; empty where nothing readable is there."""
    try:
        packed = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in packed.items()} if isinstance(packed, dict) else {}


def currency_in(view: View, usual: str) -> str:
    """In which currency a window asked for its amounts; `usual` for a window that an older version has opened."""
    return metadata(view).get("currency", usual)


def uuid_in(view: View, name: str = "decision") -> UUID:
    """The id that travels under `name`. Raises Invalid where the view carries none."""
    found = as_uuid(metadata(view).get(name))
    if found is None:
        raise Invalid(_REOPEN)
    return found


@lru_cache(4096)
def as_uuid(text: str | None) -> UUID | None:
    """Remembered: a burst brings the same few ids again and again, and they took nearly half of reading a ballot."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _block_in_row(view: View, column: str, index: int) -> str | None:
    rows = filled_rows(view)
    wanted = (column, rows[index]) if index < len(rows) else None
    ids = (str(block["block_id"]) for block in inputs(view))
    return next((id_ for id_ in ids if (field_of(id_), thing_of(id_)) == wanted), None)


def values_of(view: View) -> Mapping[str, Any]:
    """What was entered, by block id."""
    return (view.get("state") or {}).get("values") or {}


def value_of(values: Mapping[str, Any], block: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was entered in an input, as Slack sends it; empty where that is nothing. values: of `values_of`."""
    by_action = values.get(block["block_id"]) or {}
    return by_action.get((block.get("element") or {}).get("action_id")) or {}


def text_of(value: Mapping[str, Any]) -> str:
    typed = value.get("value")
    return clean(typed).strip() if isinstance(typed, str) else ""


def choice_of(value: Mapping[str, Any]) -> str | None:
    option = value.get("selected_option")
    return option.get("value") if isinstance(option, dict) else None


def choices_of(value: Mapping[str, Any]) -> tuple[str, ...]:
    options = value.get("selected_options")
    return tuple(o["value"] for o in options or () if isinstance(o, Mapping) and "value" in o)


def _begun(element: Mapping[str, Any]) -> object:
    chosen = (element.get("initial_option") or {}).get("value")
    return chosen or element.get("initial_value") or element.get("initial_date_time") or None


def _entered(value: Mapping[str, Any]) -> object:
    chosen = (value.get("selected_option") or {}).get("value")
    return chosen or value.get("value") or value.get("selected_date_time") or None


def _moment(epoch: object) -> datetime | None:
    if not isinstance(epoch, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        return None
