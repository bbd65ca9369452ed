"""Owns what the templates ask of one message or view: its texts, what its inputs hold, its errors and ids."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from sandbox.inputs import Json, Key, options_of, value_of
from sandbox.page import chart, markdown, markup
from sandbox.page.eyes import Eyes
from sandbox.pointing import typed_text

_COLUMNS = ("left", "center", "right")


@dataclass(frozen=True)
class Sight:
    """One message, modal or Home before one person.

    at: what names it in the JSON interface. people, channels: (id, name) that this person may choose.
    """

    eyes: Eyes
    at: Json = field(default_factory=dict)
    states: Mapping[Key, Json] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[tuple[str, str]] = ()
    channels: Sequence[tuple[str, str]] = ()

    def text(self, value: Any) -> Markup:
        return markup.text(value, self.eyes)

    def words(self, value: Any) -> str:
        """A text object as bare words: for labels that screen readers say."""
        return Markup(self.text(value)).striptags()

    def rich(self, elements: Any) -> Markup:
        return markup.rich_text(elements, self.eyes)

    def markdown(self, source: Any) -> Markup:
        return markdown.markdown(str(source or ""), self.eyes)

    def href(self, url: Any) -> str | None:
        return self.eyes.href(url)

    def image(self, url: Any) -> str | None:
        return self.eyes.image(url)

    def chart(self, block: Json) -> Markup | None:
        return chart.drawing(block.get("chart") or {}, title=str(block.get("title", "")))

    def chart_rows(self, block: Json) -> list[list[str]]:
        return chart.rows(block.get("chart") or {})

    def legend(self, block: Json) -> list[str]:
        return chart.legend(block.get("chart") or {})

    def error(self, block: Json) -> str:
        return self.errors.get(str(block.get("block_id")), "")

    def sees(self, element: Json) -> bool:
        return self.eyes.user in element.get("visible_to_user_ids", (self.eyes.user,))

    def id(self, block: Json, element: Json, part: object = "") -> str:
        """A DOM id that stays the same as long as Slack's own ids do."""
        key = [self.at, block.get("block_id"), element.get("action_id"), str(part)]
        return f"e{zlib.crc32(json.dumps(key, sort_keys=True).encode()):08x}{part}"

    def held(self, block: Json, element: Json) -> Any:
        state = self.states.get((str(block.get("block_id")), str(element.get("action_id"))))
        return value_of(state) if state else None

    def chosen(self, block: Json, element: Json) -> list[str]:
        """The values, ids or dates that are chosen, as a list of texts."""
        value = self.held(block, element)
        listed = value if isinstance(value, list) else [] if value is None else [value]
        return [str(one.get("value")) if isinstance(one, Mapping) else str(one) for one in listed]

    def chosen_options(self, block: Json, element: Json) -> list[Mapping[str, Any]]:
        """Whole options that are chosen: what an external select has to show."""
        value = self.held(block, element)
        listed = value if isinstance(value, list) else [] if value is None else [value]
        return [one for one in listed if isinstance(one, Mapping)]

    def typed(self, block: Json, element: Json) -> str:
        """What stands in a field one types in."""
        value = self.held(block, element)
        if value is None:
            return ""
        if element["type"] == "rich_text_input":
            return typed_text(value)
        if element["type"] == "datetimepicker":
            return f"{datetime.fromtimestamp(int(value), ZoneInfo(self.eyes.reader.tz)):%Y-%m-%dT%H:%M}"
        return str(value)

    def choices(self, element: Json) -> list[tuple[str | None, list[tuple[str, str]]]]:
        """What a select offers, in groups: (group's label, [(value, text)])."""
        kind = element["type"]
        if kind.endswith("users_select"):
            return [(None, [(person, f"@{name}") for person, name in self.people])]
        if kind.endswith(("conversations_select", "channels_select")):
            return [(None, [(channel, name) for channel, name in self.channels])]
        if element.get("option_groups"):
            return [(self.words(group.get("label")), _pairs(self, group)) for group in element["option_groups"]]
        return [(None, _pairs(self, element))]

    def column(self, block: Json, index: int) -> str:
        """Class names of a table's column."""
        settings = block.get("column_settings") or ()
        setting = settings[index] if index < len(settings) and isinstance(settings[index], Mapping) else {}
        align = setting.get("align")
        names = [f"align-{align}"] if align in _COLUMNS else []
        return " ".join([*names, *(["wrapped"] if setting.get("is_wrapped") else [])])

    def cell(self, cell: Any) -> Markup:
        if not isinstance(cell, Mapping):
            return Markup("")
        if cell.get("type") == "rich_text":
            return self.rich(cell.get("elements"))
        shown = cell.get("text") or (chart.number(cell["value"]) if "value" in cell else "")
        return Markup("{}").format(str(shown))


def _pairs(sight: Sight, holder: Json) -> list[tuple[str, str]]:
    options = options_of(holder) if "option_groups" in holder else holder.get("options") or ()
    return [(str(option.get("value", "")), sight.words(option.get("text"))) for option in options]
