"""Owns the limits of blocks: what each may hold, and on which surface it renders."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slack_limits.check import ID, Check, Json
from slack_limits.data import check_chart, check_rich_text, check_table
from slack_limits.elements import URL, check_element, check_elements, check_image

SECTION_TEXT = 3_000
SECTION_FIELD = 2_000
SECTION_FIELDS = 10
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
INPUT_LABEL = 2_000
ALERT_TEXT = 200
CARD_TITLE = 150
CARD_TEXT = 200
CARD_ACTIONS = 3  # docs.slack.dev/reference/block-kit/blocks/card-block: "maximum of 3 buttons"
CAROUSEL_CARDS = 10
CONTAINER_BLOCKS = 10
CONTEXT_ACTIONS = 5
MARKDOWN_TEXT = 12_000
CHARTS = 2
_TABLES = ("table", "data_table")


def check_blocks(check: Check, value: Any, most: int) -> None:
    seen: set[str] = set()
    kinds: list[str] = []
    for index, block in enumerate(check.items(value, "/blocks", most, least=0)):
        at = f"/blocks/{index}"
        check_block(check, block, at)
        if not isinstance(block, Mapping):
            continue
        kinds.append(str(block.get("type")))
        block_id = block.get("block_id")
        if block_id is not None and str(block_id) in seen:
            check.add(f"{at}/block_id", "must be unique in the view or message")
        seen.add(str(block_id))
    _check_together(check, kinds)


def _check_together(check: Check, kinds: Sequence[str]) -> None:
    if sum(kind in _TABLES for kind in kinds) > 1:
        check.add("/blocks", "only one table is allowed in a message", error="only_one_table_allowed")
    if kinds.count("data_visualization") > CHARTS:
        check.add("/blocks", f"must have at most {CHARTS} data_visualization blocks")
    if check.markdown > MARKDOWN_TEXT:
        check.add("/blocks", f"markdown blocks must be at most {MARKDOWN_TEXT} characters together")


def check_block(check: Check, block: Any, at: str) -> None:
    kind = str(block.get("type")) if isinstance(block, Mapping) else ""
    if kind not in _BLOCKS:
        check.add(f"{at}/type", "unsupported block type")
        return
    surfaces, check_content = _BLOCKS[kind]
    if check.surface not in surfaces:
        check.add(f"{at}/type", f"{kind} is not allowed in a {check.surface}")
    check.string(block.get("block_id"), f"{at}/block_id", ID)
    check_content(check, block, at)


def _section(check: Check, block: Json, at: str) -> None:
    if block.get("text") is None and not block.get("fields"):
        check.add(at, "must have text or fields")
    check.optional_text(block.get("text"), f"{at}/text", SECTION_TEXT)
    if block.get("fields") is not None:
        for index, field in enumerate(check.items(block["fields"], f"{at}/fields", SECTION_FIELDS)):
            check.text(field, f"{at}/fields/{index}", SECTION_FIELD)
    if block.get("accessory") is not None:
        check_element(check, block["accessory"], f"{at}/accessory", "section")


def _header(check: Check, block: Json, at: str) -> None:
    check.text(block.get("text"), f"{at}/text", HEADER_TEXT, plain=True)
    check.one_of(block.get("level"), f"{at}/level", (1, 2, 3, 4))


def _divider(check: Check, block: Json, at: str) -> None:
    """Nothing beyond the block_id."""


def _context(check: Check, block: Json, at: str) -> None:
    for index, part in enumerate(check.items(block.get("elements"), f"{at}/elements", CONTEXT_ELEMENTS)):
        where = f"{at}/elements/{index}"
        if isinstance(part, Mapping) and part.get("type") == "image":
            check_image(check, part, where)
        else:
            check.text(part, where, SECTION_TEXT)


def _actions(check: Check, block: Json, at: str) -> None:
    check_elements(check, block.get("elements"), f"{at}/elements", "actions", ACTIONS_ELEMENTS)


def _context_actions(check: Check, block: Json, at: str) -> None:
    check_elements(check, block.get("elements"), f"{at}/elements", "context_actions", CONTEXT_ACTIONS)


def _input(check: Check, block: Json, at: str) -> None:
    check.inputs += 1
    check.text(block.get("label"), f"{at}/label", INPUT_LABEL, plain=True)
    check.optional_text(block.get("hint"), f"{at}/hint", INPUT_LABEL, plain=True)
    check_element(check, block.get("element"), f"{at}/element", "input")


def _alert(check: Check, block: Json, at: str) -> None:
    check.text(block.get("text"), f"{at}/text", ALERT_TEXT)
    check.one_of(block.get("level"), f"{at}/level", ("default", "info", "warning", "error", "success"))


def _video(check: Check, block: Json, at: str) -> None:
    check.text(block.get("title"), f"{at}/title", 200, plain=True)
    for part in ("alt_text", "video_url", "thumbnail_url"):
        check.string(block.get(part), f"{at}/{part}", URL, required=True)


def _markdown(check: Check, block: Json, at: str) -> None:
    check.string(block.get("text"), f"{at}/text", MARKDOWN_TEXT, required=True)
    check.markdown += len(str(block.get("text") or ""))


def _card(check: Check, block: Json, at: str) -> None:
    for part, most in (("title", CARD_TITLE), ("subtitle", CARD_TITLE), ("body", CARD_TEXT), ("subtext", CARD_TEXT)):
        check.optional_text(block.get(part), f"{at}/{part}", most)
    if block.get("actions") is not None:
        check_elements(check, block["actions"], f"{at}/actions", "actions", CARD_ACTIONS)


def _carousel(check: Check, block: Json, at: str) -> None:
    for index, card in enumerate(check.items(block.get("elements"), f"{at}/elements", CAROUSEL_CARDS)):
        check_block(check, card, f"{at}/elements/{index}")


def _container(check: Check, block: Json, at: str) -> None:
    for index, child in enumerate(check.items(block.get("child_blocks"), f"{at}/child_blocks", CONTAINER_BLOCKS)):
        check_block(check, child, f"{at}/child_blocks/{index}")


def _opaque(check: Check, block: Json, at: str) -> None:
    """A type that exists but that nobody here builds: only its place is checked."""


_EVERYWHERE = frozenset(("modal", "home", "message"))
_MESSAGE = frozenset(("message",))
_BlockCheck = Callable[[Check, Json, str], None]
# Slack's surface map, less what its own clients were seen not to render (card in modals, tables in Home).
_BLOCKS: dict[str, tuple[frozenset[str], _BlockCheck]] = {
    "section": (_EVERYWHERE, _section),
    "header": (_EVERYWHERE, _header),
    "divider": (_EVERYWHERE, _divider),
    "context": (_EVERYWHERE, _context),
    "actions": (_EVERYWHERE, _actions),
    "image": (_EVERYWHERE, check_image),
    "input": (_EVERYWHERE, _input),
    "rich_text": (_EVERYWHERE, check_rich_text),
    "video": (_EVERYWHERE, _video),
    "alert": (frozenset(("modal",)), _alert),
    "card": (frozenset(("home", "message")), _card),
    "carousel": (frozenset(("home", "message")), _carousel),
    "container": (_MESSAGE, _container),
    "context_actions": (_MESSAGE, _context_actions),
    "table": (_MESSAGE, check_table),
    "data_table": (_MESSAGE, check_table),
    "data_visualization": (_MESSAGE, check_chart),
    "markdown": (_MESSAGE, _markdown),
    "plan": (_MESSAGE, _opaque),
    "task_card": (_MESSAGE, _opaque),
    "file": (_MESSAGE, _opaque),
}
