"""Owns what Slack accepts: every Block Kit limit, so that nothing leaves that Slack would refuse.

Knows nothing of the product. Problems hold pointers and numbers, never the text that was too long.
Source: Slack's Block Kit reference, and its validator's answers where the reference is silent.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Surface = Literal["modal", "home", "message"]
Json = Mapping[str, Any]
Document = TypeVar("Document", bound=Mapping[str, Any])

VIEW_BLOCKS = 100
MESSAGE_BLOCKS = 50
VIEW_BYTES = 250_000
MESSAGE_BLOCK_CHARS = 13_200  # undocumented; slackapi/bolt-js#2509
MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
PRIVATE_METADATA = 3_000
VIEW_TITLE = 24
ID = 255
SECTION_TEXT = 3_000
SECTION_FIELD = 2_000
SECTION_FIELDS = 10
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
INPUT_LABEL = 2_000
INPUT_VALUE = 3_000
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
URL = 3_000
OPTION_TEXT = 75
OPTION_VALUE = 150
SELECT_OPTIONS = 100
CHOICES = 10
OVERFLOW_OPTIONS = 5
PLACEHOLDER = 150
ALT_TEXT = 2_000
ALERT_TEXT = 200
MARKDOWN_TEXT = 12_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARS = 10_000
CHARTS = 2
CHART_LABEL = 20
CHART_TITLE = 50
CHART_SERIES = 6
CHART_POINTS = 20

_TABLES = ("table", "data_table")
_SINGLE = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
_MULTI = tuple(f"multi_{name}" for name in _SINGLE)
_PICKERS = ("datepicker", "timepicker", "datetimepicker")
_BUTTONS = ("button", "overflow", "workflow_button")
_CHOICES = ("checkboxes", "radio_buttons")
_TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
_ELEMENTS_IN: dict[str, frozenset[str]] = {
    "section": frozenset((*_BUTTONS, "image", *_PICKERS[:2], *_CHOICES, *_SINGLE, *_MULTI)),
    "actions": frozenset((*_BUTTONS, *_CHOICES, *_PICKERS, *_SINGLE)),
    "input": frozenset((*_TYPED, "rich_text_input", "file_input", *_CHOICES, *_PICKERS, *_SINGLE, *_MULTI)),
    "context_actions": frozenset(("feedback_buttons", "icon_button")),
}


@dataclass(frozen=True)
class Problem:
    """One thing Slack would refuse: its error name, a JSON pointer, a sentence without content."""

    error: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


class LimitError(ValueError):
    """A view or message that Slack would refuse; `problems` say where, `error` is what Slack would answer."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.error}: {p}" for p in problems[:5]))
        self.problems = tuple(problems)
        self.error = problems[0].error


def check_view(view: Document) -> Document:
    """Return the view unchanged. Raises LimitError if Slack would refuse it."""
    if problems := view_problems(view):
        raise LimitError(problems)
    return view


def check_message(message: Document) -> Document:
    """Return the message unchanged. Raises LimitError if Slack would refuse it."""
    if problems := message_problems(message):
        raise LimitError(problems)
    return message


def view_problems(view: Json) -> list[Problem]:
    """Find what Slack would refuse in a modal or Home view; empty when it would be accepted."""
    check = _Check("modal" if view.get("type") == "modal" else "home", "invalid_arguments")
    if view.get("type") not in ("modal", "home"):
        check.add("/type", "must be modal or home")
    if view.get("type") == "modal":
        check.text(view.get("title"), "/title", VIEW_TITLE, plain=True)
        for part in ("submit", "close"):
            check.optional_text(view.get(part), f"/{part}", VIEW_TITLE, plain=True)
    check.string(view.get("private_metadata"), "/private_metadata", PRIVATE_METADATA, empty=True)
    for part in ("callback_id", "external_id"):
        check.string(view.get(part), f"/{part}", ID, empty=True)
    check.blocks(view.get("blocks"), VIEW_BLOCKS)
    if view.get("type") == "modal" and check.inputs and not view.get("submit"):
        check.add("/submit", "is required when a block is an input")
    if check.focused > 1:
        check.add("/blocks", "only one element may have focus_on_load")
    if _size(view, ascii_only=False) > VIEW_BYTES:
        check.add("", f"must be at most {VIEW_BYTES} bytes", error="view_too_large")
    return check.problems


def message_problems(message: Json) -> list[Problem]:
    """Find what Slack would refuse, or a screen reader could not read, in the arguments of a message.

    message: arguments of chat.postMessage, chat.update (has `ts`), chat.postEphemeral or a response_url body.
    """
    if message.get("delete_original"):
        return []
    check = _Check("message", "invalid_blocks")
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        check.add("/text", "is required: notifications and screen readers read it", error="no_text")
    else:
        most = UPDATE_TEXT if message.get("ts") else MESSAGE_TEXT
        if len(text) > most:
            check.add("/text", f"must be at most {most} characters, is {len(text)}", error="msg_too_long")
    if message.get("blocks") is not None:
        check.blocks(message["blocks"], MESSAGE_BLOCKS)
        if _size(message["blocks"], ascii_only=True) > MESSAGE_BLOCK_CHARS:
            most = MESSAGE_BLOCK_CHARS
            check.add("/blocks", f"must be at most {most} characters of JSON", error="msg_blocks_too_long")
    return check.problems


def _size(value: Any, *, ascii_only: bool) -> int:
    dumped = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(dumped) if ascii_only else len(dumped.encode())


class _Check:
    """One walk over one document, collecting problems and what only the whole document can tell."""

    def __init__(self, surface: Surface, error: str) -> None:
        self.surface = surface
        self.error = error
        self.problems: list[Problem] = []
        self.inputs = 0
        self.focused = 0
        self.markdown = 0

    def add(self, at: str, message: str, *, error: str | None = None) -> None:
        self.problems.append(Problem(error or self.error, at, message))

    def string(self, value: Any, at: str, most: int, *, empty: bool = False, required: bool = False) -> None:
        """Check an optional string of 1..most characters."""
        if value is None and not required:
            return
        if not isinstance(value, str):
            self.add(at, "must be a string")
        elif not value and not empty:
            self.add(at, "must be more than 0 characters")
        elif len(value) > most:
            self.add(at, f"must be at most {most} characters, is {len(value)}")

    def text(self, value: Any, at: str, most: int, *, plain: bool = False) -> None:
        """Check a text object: plain_text, or mrkdwn where `plain` does not forbid it."""
        if not isinstance(value, Mapping):
            self.add(at, "must be a text object")
            return
        kind = value.get("type")
        if kind != "plain_text" and (plain or kind != "mrkdwn"):
            self.add(f"{at}/type", "must be plain_text" if plain else "must be plain_text or mrkdwn")
        if kind == "mrkdwn" and "emoji" in value:
            self.add(f"{at}/emoji", "is for plain_text only")
        self.string(value.get("text"), f"{at}/text", most, required=True)

    def optional_text(self, value: Any, at: str, most: int, *, plain: bool = False) -> None:
        if value is not None:
            self.text(value, at, most, plain=plain)

    def items(self, value: Any, at: str, most: int, *, least: int = 1) -> Sequence[Any]:
        """Check a list's length and return it; nothing when it is no list."""
        if not isinstance(value, (list, tuple)):
            self.add(at, "must be a list")
            return ()
        if not least <= len(value) <= most:
            self.add(at, f"must have {least} to {most} items, has {len(value)}")
        return value

    def one_of(self, value: Any, at: str, allowed: Sequence[Any]) -> None:
        if value is not None and value not in allowed:
            self.add(at, f"must be one of {', '.join(str(a) for a in allowed)}")

    def blocks(self, value: Any, most: int) -> None:
        seen: set[str] = set()
        kinds: list[str] = []
        for index, block in enumerate(self.items(value, "/blocks", most, least=0)):
            at = f"/blocks/{index}"
            self.block(block, at)
            if not isinstance(block, Mapping):
                continue
            kinds.append(str(block.get("type")))
            block_id = block.get("block_id")
            if block_id is not None and str(block_id) in seen:
                self.add(f"{at}/block_id", "must be unique in the view or message")
            seen.add(str(block_id))
        self.together(kinds)

    def together(self, kinds: Sequence[str]) -> None:
        if sum(kind in _TABLES for kind in kinds) > 1:
            self.add("/blocks", "only one table is allowed in a message", error="only_one_table_allowed")
        if kinds.count("data_visualization") > CHARTS:
            self.add("/blocks", f"must have at most {CHARTS} data_visualization blocks")
        if self.markdown > MARKDOWN_TEXT:
            self.add("/blocks", f"markdown blocks must be at most {MARKDOWN_TEXT} characters together")

    def block(self, block: Any, at: str) -> None:
        kind = str(block.get("type")) if isinstance(block, Mapping) else ""
        if kind not in _BLOCKS:
            self.add(f"{at}/type", "unsupported block type")
            return
        surfaces, check = _BLOCKS[kind]
        if self.surface not in surfaces:
            self.add(f"{at}/type", f"{kind} is not allowed in a {self.surface}")
        self.string(block.get("block_id"), f"{at}/block_id", ID)
        check(self, block, at)

    def element(self, element: Any, at: str, home: str) -> None:
        """Check an interactive element inside a block of type `home`."""
        if not isinstance(element, Mapping):
            self.add(at, "must be an element")
            return
        kind = str(element.get("type"))
        if kind not in _ELEMENTS:
            self.add(f"{at}/type", "unsupported element type")
            return
        if kind not in _ELEMENTS_IN[home]:
            self.add(f"{at}/type", f"{kind} is not allowed in {home}")
        self.string(element.get("action_id"), f"{at}/action_id", ID)
        self.optional_text(element.get("placeholder"), f"{at}/placeholder", PLACEHOLDER, plain=True)
        if element.get("confirm") is not None:
            self.confirm(element["confirm"], f"{at}/confirm")
        self.focused += bool(element.get("focus_on_load"))
        _ELEMENTS[kind](self, element, at)

    def elements(self, value: Any, at: str, home: str, most: int) -> None:
        seen: set[str] = set()
        for index, element in enumerate(self.items(value, at, most)):
            self.element(element, f"{at}/{index}", home)
            action_id = element.get("action_id") if isinstance(element, Mapping) else None
            if action_id is not None and str(action_id) in seen:
                self.add(f"{at}/{index}/action_id", "must be unique in its block")
            seen.add(str(action_id))

    def confirm(self, value: Any, at: str) -> None:
        if not isinstance(value, Mapping):
            self.add(at, "must be a confirmation object")
            return
        self.text(value.get("title"), f"{at}/title", 100, plain=True)
        self.text(value.get("text"), f"{at}/text", 300)
        for part in ("confirm", "deny"):
            self.text(value.get(part), f"{at}/{part}", 30, plain=True)
        self.one_of(value.get("style"), f"{at}/style", ("primary", "danger"))

    def options(self, value: Any, at: str, most: int, *, plain: bool = True) -> list[Json]:
        """Check 1..most options with distinct values and return those that are objects."""
        seen: set[str] = set()
        found: list[Json] = []
        for index, option in enumerate(self.items(value, at, most)):
            where = f"{at}/{index}"
            if not isinstance(option, Mapping):
                self.add(where, "must be an option")
                continue
            found.append(option)
            self.text(option.get("text"), f"{where}/text", OPTION_TEXT, plain=plain)
            self.optional_text(option.get("description"), f"{where}/description", OPTION_TEXT, plain=plain)
            self.string(option.get("value"), f"{where}/value", OPTION_VALUE, required=True)
            if str(option.get("value")) in seen:
                self.add(f"{where}/value", "must be unique among the options")
            seen.add(str(option.get("value")))
        return found

    def initial(self, chosen: Any, at: str, options: Sequence[Json]) -> None:
        """Check that a preselected option is, text and value, one of the options."""
        if chosen is not None and not any(_same_option(chosen, option) for option in options):
            self.add(at, "must be one of the options")


def _same_option(one: Any, other: Json) -> bool:
    if not isinstance(one, Mapping) or one.get("value") != other.get("value"):
        return False
    return bool((one.get("text") or {}).get("text") == (other.get("text") or {}).get("text"))


# Blocks


def _section(check: _Check, block: Json, at: str) -> None:
    if block.get("text") is None and not block.get("fields"):
        check.add(at, "must have text or fields")
    check.optional_text(block.get("text"), f"{at}/text", SECTION_TEXT)
    if block.get("fields") is not None:
        for index, field in enumerate(check.items(block["fields"], f"{at}/fields", SECTION_FIELDS)):
            check.text(field, f"{at}/fields/{index}", SECTION_FIELD)
    if block.get("accessory") is not None:
        check.element(block["accessory"], f"{at}/accessory", "section")


def _header(check: _Check, block: Json, at: str) -> None:
    check.text(block.get("text"), f"{at}/text", HEADER_TEXT, plain=True)
    check.one_of(block.get("level"), f"{at}/level", (1, 2, 3, 4))


def _divider(check: _Check, block: Json, at: str) -> None:
    """Nothing beyond the block_id."""


def _context(check: _Check, block: Json, at: str) -> None:
    for index, part in enumerate(check.items(block.get("elements"), f"{at}/elements", CONTEXT_ELEMENTS)):
        where = f"{at}/elements/{index}"
        if isinstance(part, Mapping) and part.get("type") == "image":
            _image(check, part, where)
        else:
            check.text(part, where, SECTION_TEXT)


def _actions(check: _Check, block: Json, at: str) -> None:
    check.elements(block.get("elements"), f"{at}/elements", "actions", ACTIONS_ELEMENTS)


def _context_actions(check: _Check, block: Json, at: str) -> None:
    check.elements(block.get("elements"), f"{at}/elements", "context_actions", 5)


def _input(check: _Check, block: Json, at: str) -> None:
    check.inputs += 1
    check.text(block.get("label"), f"{at}/label", INPUT_LABEL, plain=True)
    check.optional_text(block.get("hint"), f"{at}/hint", INPUT_LABEL, plain=True)
    check.element(block.get("element"), f"{at}/element", "input")


def _image(check: _Check, block: Json, at: str) -> None:
    check.string(block.get("alt_text"), f"{at}/alt_text", ALT_TEXT, required=True)
    if (block.get("image_url") is None) == (block.get("slack_file") is None):
        check.add(at, "must have either image_url or slack_file")
    check.string(block.get("image_url"), f"{at}/image_url", URL)
    check.optional_text(block.get("title"), f"{at}/title", ALT_TEXT, plain=True)


def _alert(check: _Check, block: Json, at: str) -> None:
    check.text(block.get("text"), f"{at}/text", ALERT_TEXT)
    check.one_of(block.get("level"), f"{at}/level", ("default", "info", "warning", "error", "success"))


def _rich_text(check: _Check, block: Json, at: str) -> None:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    for index, part in enumerate(check.items(block.get("elements"), f"{at}/elements", VIEW_BLOCKS)):
        if not isinstance(part, Mapping) or part.get("type") not in kinds:
            check.add(f"{at}/elements/{index}/type", "unsupported rich text element")


def _video(check: _Check, block: Json, at: str) -> None:
    check.text(block.get("title"), f"{at}/title", 200, plain=True)
    for part in ("alt_text", "video_url", "thumbnail_url"):
        check.string(block.get(part), f"{at}/{part}", URL, required=True)


def _markdown(check: _Check, block: Json, at: str) -> None:
    check.string(block.get("text"), f"{at}/text", MARKDOWN_TEXT, required=True)
    check.markdown += len(str(block.get("text") or ""))


def _card(check: _Check, block: Json, at: str) -> None:
    for part, most in (("title", 150), ("subtitle", 150), ("body", 200)):
        check.optional_text(block.get(part), f"{at}/{part}", most)
    if block.get("actions") is not None:
        check.elements(block["actions"], f"{at}/actions", "actions", ACTIONS_ELEMENTS)


def _carousel(check: _Check, block: Json, at: str) -> None:
    for index, card in enumerate(check.items(block.get("elements"), f"{at}/elements", 10)):
        check.block(card, f"{at}/elements/{index}")


def _container(check: _Check, block: Json, at: str) -> None:
    for index, child in enumerate(check.items(block.get("child_blocks"), f"{at}/child_blocks", 10)):
        check.block(child, f"{at}/child_blocks/{index}")


def _table(check: _Check, block: Json, at: str) -> None:
    data = block.get("type") == "data_table"
    if data:
        check.string(block.get("caption"), f"{at}/caption", ALT_TEXT, required=True)
        if block.get("page_size", 5) not in range(1, 101):
            check.add(f"{at}/page_size", "must be 1 to 100")
    rows = check.items(block.get("rows"), f"{at}/rows", TABLE_ROWS + data, least=1 + data)
    chars = 0
    for y, row in enumerate(rows):
        for x, cell in enumerate(check.items(row, f"{at}/rows/{y}", TABLE_COLUMNS)):
            chars += _cell(check, cell, f"{at}/rows/{y}/{x}", header=data and y == 0)
    if len({len(row) for row in rows if isinstance(row, (list, tuple))}) > 1:
        check.add(f"{at}/rows", "must all have the same number of cells")
    if chars > TABLE_CHARS:
        check.add(f"{at}/rows", f"must be at most {TABLE_CHARS} characters together, is {chars}")
    if block.get("column_settings") is not None:
        check.items(block["column_settings"], f"{at}/column_settings", TABLE_COLUMNS, least=0)


def _cell(check: _Check, cell: Any, at: str, *, header: bool) -> int:
    """Check one cell and return how many characters it holds."""
    kind = cell.get("type") if isinstance(cell, Mapping) else None
    if kind == "rich_text" and not header:
        _rich_text(check, cell, at)
        return _size(cell, ascii_only=True)
    if kind == "raw_number":
        if not _is_number(cell.get("value")):
            check.add(f"{at}/value", "must be a number")
        check.string(cell.get("text"), f"{at}/text", TABLE_CHARS)
    elif kind == "raw_text":
        check.string(cell.get("text"), f"{at}/text", TABLE_CHARS, required=True)
    else:
        check.add(f"{at}/type", "unsupported cell type")
        return 0
    return len(str(cell.get("text") or cell.get("value") or ""))


def _chart(check: _Check, block: Json, at: str) -> None:
    check.string(block.get("title"), f"{at}/title", CHART_TITLE, required=True)
    chart, at = block.get("chart"), f"{at}/chart"
    kind = chart.get("type") if isinstance(chart, Mapping) else None
    if kind == "pie":
        _pie(check, chart or {}, at)
    elif kind in ("bar", "line", "area"):
        _axes(check, chart or {}, at)
    else:
        check.add(f"{at}/type", "must be one of pie, bar, line, area")


def _pie(check: _Check, chart: Json, at: str) -> None:
    for index, segment in enumerate(check.items(chart.get("segments"), f"{at}/segments", CHART_SERIES)):
        where = f"{at}/segments/{index}"
        _point(check, segment, where)
        if isinstance(segment, Mapping) and _is_number(segment.get("value")) and segment["value"] <= 0:
            check.add(f"{where}/value", "must be more than 0")


def _axes(check: _Check, chart: Json, at: str) -> None:
    axes = chart.get("axis_config")
    axes = axes if isinstance(axes, Mapping) else {}
    where = f"{at}/axis_config"
    categories = check.items(axes.get("categories"), f"{where}/categories", CHART_POINTS)
    for index, category in enumerate(categories):
        check.string(category, f"{where}/categories/{index}", CHART_LABEL, required=True)
    for part in ("x_label", "y_label"):
        check.string(axes.get(part), f"{where}/{part}", CHART_TITLE)
    series = list(check.items(chart.get("series"), f"{at}/series", CHART_SERIES))
    for index, line in enumerate(series):
        _series(check, line if isinstance(line, Mapping) else {}, f"{at}/series/{index}", categories)
    if len({str(line.get("name")) for line in series if isinstance(line, Mapping)}) < len(series):
        check.add(f"{at}/series", "must have unique names")


def _series(check: _Check, line: Json, at: str, categories: Sequence[Any]) -> None:
    check.string(line.get("name"), f"{at}/name", CHART_LABEL, required=True)
    points = check.items(line.get("data"), f"{at}/data", CHART_POINTS)
    for index, point in enumerate(points):
        _point(check, point, f"{at}/data/{index}")
    labels = [point.get("label") for point in points if isinstance(point, Mapping)]
    if sorted(map(str, labels)) != sorted(map(str, categories)):
        check.add(f"{at}/data", "must have one point for each category")


def _point(check: _Check, point: Any, at: str) -> None:
    if not isinstance(point, Mapping):
        check.add(at, "must be an object")
        return
    check.string(point.get("label"), f"{at}/label", CHART_LABEL, required=True)
    if not _is_number(point.get("value")):
        check.add(f"{at}/value", "must be a number")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) != float("inf")


def _opaque(check: _Check, block: Json, at: str) -> None:
    """A type that exists but that nobody here builds: only its place is checked."""


_EVERYWHERE = frozenset(("modal", "home", "message"))
_MESSAGE = frozenset(("message",))
_BlockCheck = Callable[[_Check, Json, str], None]
# Slack's surface map, less what its own clients were seen not to render (card in modals, tables in Home).
_BLOCKS: dict[str, tuple[frozenset[str], _BlockCheck]] = {
    "section": (_EVERYWHERE, _section),
    "header": (_EVERYWHERE, _header),
    "divider": (_EVERYWHERE, _divider),
    "context": (_EVERYWHERE, _context),
    "actions": (_EVERYWHERE, _actions),
    "image": (_EVERYWHERE, _image),
    "input": (_EVERYWHERE, _input),
    "rich_text": (_EVERYWHERE, _rich_text),
    "video": (_EVERYWHERE, _video),
    "alert": (frozenset(("modal",)), _alert),
    "card": (frozenset(("home", "message")), _card),
    "carousel": (frozenset(("home", "message")), _carousel),
    "container": (_MESSAGE, _container),
    "context_actions": (_MESSAGE, _context_actions),
    "table": (_MESSAGE, _table),
    "data_table": (_MESSAGE, _table),
    "data_visualization": (_MESSAGE, _chart),
    "markdown": (_MESSAGE, _markdown),
    "plan": (_MESSAGE, _opaque),
    "task_card": (_MESSAGE, _opaque),
    "file": (_MESSAGE, _opaque),
}


# Elements


def _button(check: _Check, element: Json, at: str) -> None:
    check.text(element.get("text"), f"{at}/text", BUTTON_TEXT, plain=True)
    check.string(element.get("value"), f"{at}/value", BUTTON_VALUE, empty=True)
    check.string(element.get("url"), f"{at}/url", URL)
    check.string(element.get("accessibility_label"), f"{at}/accessibility_label", BUTTON_TEXT)
    check.one_of(element.get("style"), f"{at}/style", ("primary", "danger"))


def _overflow(check: _Check, element: Json, at: str) -> None:
    check.options(element.get("options"), f"{at}/options", OVERFLOW_OPTIONS)


def _choices(check: _Check, element: Json, at: str) -> None:
    options = check.options(element.get("options"), f"{at}/options", CHOICES, plain=False)
    _preselected(check, element, at, options)


def _static_select(check: _Check, element: Json, at: str) -> None:
    if (element.get("options") is None) == (element.get("option_groups") is None):
        check.add(at, "must have either options or option_groups")
        return
    options: list[Json] = []
    if element.get("options") is not None:
        options = check.options(element["options"], f"{at}/options", SELECT_OPTIONS)
    else:
        groups = check.items(element["option_groups"], f"{at}/option_groups", SELECT_OPTIONS)
        for index, group in enumerate(groups):
            where, group = f"{at}/option_groups/{index}", group if isinstance(group, Mapping) else {}
            check.text(group.get("label"), f"{where}/label", OPTION_TEXT, plain=True)
            options += check.options(group.get("options"), f"{where}/options", SELECT_OPTIONS)
    _preselected(check, element, at, options)


def _preselected(check: _Check, element: Json, at: str, options: Sequence[Json]) -> None:
    check.initial(element.get("initial_option"), f"{at}/initial_option", options)
    if element.get("initial_options") is not None:
        chosen = check.items(element["initial_options"], f"{at}/initial_options", SELECT_OPTIONS)
        for index, option in enumerate(chosen):
            check.initial(option, f"{at}/initial_options/{index}", options)
    _max_selected(check, element, at)


def _max_selected(check: _Check, element: Json, at: str) -> None:
    most = element.get("max_selected_items")
    if most is not None and (not isinstance(most, int) or most < 1):
        check.add(f"{at}/max_selected_items", "must be at least 1")


def _plain_text_input(check: _Check, element: Json, at: str) -> None:
    least, most = element.get("min_length", 0), element.get("max_length", INPUT_VALUE)
    if not isinstance(least, int) or not 0 <= least <= INPUT_VALUE:
        check.add(f"{at}/min_length", f"must be 0 to {INPUT_VALUE}")
    if not isinstance(most, int) or not 1 <= most <= INPUT_VALUE:
        check.add(f"{at}/max_length", f"must be 1 to {INPUT_VALUE}")
        return
    if isinstance(least, int) and least > most:
        check.add(f"{at}/min_length", "must not be more than max_length")
    check.string(element.get("initial_value"), f"{at}/initial_value", most, empty=True)


def _number_input(check: _Check, element: Json, at: str) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        check.add(f"{at}/is_decimal_allowed", "is required")
    for part in ("initial_value", "min_value", "max_value"):
        value = element.get(part)
        if value is not None and not (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)):
            check.add(f"{at}/{part}", "must be a number written as a string")


def _line_input(check: _Check, element: Json, at: str) -> None:
    check.string(element.get("initial_value"), f"{at}/initial_value", INPUT_VALUE, empty=True)


def _picker(check: _Check, element: Json, at: str) -> None:
    for part, pattern in (
        ("initial_date", r"\d{4}-\d{2}-\d{2}"),
        ("initial_time", r"([01]\d|2[0-3]):[0-5]\d"),
        ("initial_date_time", r"\d{10}"),
    ):
        value = element.get(part)
        if value is not None and not re.fullmatch(pattern, str(value)):
            check.add(f"{at}/{part}", "has the wrong format")


_ELEMENTS: dict[str, _BlockCheck] = {
    "button": _button,
    "workflow_button": _button,
    "image": _image,
    "overflow": _overflow,
    "checkboxes": _choices,
    "radio_buttons": _choices,
    "static_select": _static_select,
    "multi_static_select": _static_select,
    "plain_text_input": _plain_text_input,
    "number_input": _number_input,
    "email_text_input": _line_input,
    "url_text_input": _line_input,
    "datepicker": _picker,
    "timepicker": _picker,
    "datetimepicker": _picker,
    "rich_text_input": _opaque,
    "file_input": _opaque,
    "feedback_buttons": _opaque,
    "icon_button": _opaque,
    **{name: _max_selected for name in (*_SINGLE, *_MULTI) if "static" not in name},
}
