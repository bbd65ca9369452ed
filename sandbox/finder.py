"""Owns finding by eye: the button or input that a person means by its label."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox import inputs
from sandbox.inputs import Json
from sandbox.mrkdwn import Reader, text_of
from sandbox.pressed import Pressed
from sandbox.screen import render_blocks

_CHOOSABLE = ("overflow", "static_select", "radio_buttons", "checkboxes", "multi_static_select")


class NotThere(LookupError):
    """What a person tried to press or fill is not on their screen; the message lists what is."""


def pressables(blocks: Sequence[Json], *, user: str) -> Iterator[Pressed]:
    """Walk what this person can press: buttons, and the options of menus outside input blocks."""
    for block, element in inputs.elements_of(list(blocks)):
        if block["type"] == "input":
            continue
        if element["type"] in ("button", "workflow_button"):
            if user in element.get("visible_to_user_ids", (user,)):
                yield Pressed(block, element)
        elif element["type"] in _CHOOSABLE:
            for option in inputs.options_of(element):
                yield Pressed(block, element, option)


def label_of(pressed: Pressed) -> str:
    return text_of((pressed.option or pressed.element)["text"], Reader())


def choose(
    found: Sequence[Pressed],
    what: str,
    *,
    within: str | None,
    nth: int | None,
    reader: Reader,
    exactly: bool = False,
) -> Pressed | None:
    """Pick the pressable called `what`; None when there is none. Raises NotThere when several fit.

    what: visible text, accessibility label, action_id or option value; else, unless exactly, how one visible text
    begins. within: where several fit, text that stands in the same block. nth counts from 1.
    """
    matching = _matching(found, what, exactly=exactly)
    if len(matching) > 1 and within:
        matching = [p for p in matching if within in render_blocks([p.block], reader)] or matching
    if nth is not None:
        return _nth(matching, nth, what)
    if len(matching) > 1:
        labels = ", ".join(f"{label_of(p)} ({p.element['action_id']})" for p in matching)
        raise NotThere(f"{len(matching)} things are called {what!r}: {labels}; say which by nth= or within=")
    return matching[0] if matching else None


def _nth(matching: Sequence[Pressed], nth: int, what: str) -> Pressed | None:
    if not matching:
        return None
    if not 1 <= nth <= len(matching):
        raise NotThere(f"nth counts from 1; there are {len(matching)} called {what!r}")
    return matching[nth - 1]


def _matching(found: Sequence[Pressed], what: str, *, exactly: bool) -> list[Pressed]:
    ways: list[Callable[[Pressed], bool]] = [
        lambda p: label_of(p) == what,
        lambda p: p.element.get("accessibility_label") == what,
        lambda p: p.option is None and p.element["action_id"] == what,
        lambda p: p.option is not None and p.option.get("value") == what,
    ]
    if not exactly:
        ways.append(lambda p: label_of(p).lower().startswith(what.lower()))
    for fits in ways:
        if matching := [pressed for pressed in found if fits(pressed)]:
            return matching
    return []


def input_called(blocks: Sequence[Json], label: str) -> Json:
    """Find the input block by label: exact, then the only one that begins so, then block_id or action_id.

    Raises NotThere listing all labels.
    """
    named = [(text_of(block["label"], Reader()), block) for block in blocks if block["type"] == "input"]
    ways: tuple[Callable[[str, Json], bool], ...] = (
        lambda text, block: text == label,
        lambda text, block: text.lower().startswith(label.lower()),
        lambda text, block: label in (block["block_id"], block["element"]["action_id"]),
    )
    for fits in ways:
        matching = [block for text, block in named if fits(text, block)]
        if matching:
            return _only(matching, label, named)
    raise NotThere(f"no input called {label!r}; there are: {_listed(named)}")


def _only(matching: Sequence[Json], label: str, named: Sequence[tuple[str, Json]]) -> Json:
    if len(matching) > 1:
        raise NotThere(f"several inputs called {label!r}; there are: {_listed(named)}")
    return matching[0]


def _listed(named: Sequence[tuple[str, Json]]) -> str:
    return "; ".join(text for text, _ in named) or "none"


def typed(element: Json, value: Any, names: Mapping[str, Mapping[str, str]]) -> Json:
    """Turn what a person typed or chose into the element's state. Raises NotThere when it is not offered.

    names: 'people' and 'channels', each from what a person calls them to their id.
    """
    kind = element["type"]
    if kind in ("checkboxes", "multi_static_select", "static_select", "radio_buttons"):
        return inputs.state(element, _options(element, value))
    if kind.endswith("users_select"):
        return inputs.state(element, _named(kind, value, names["people"]))
    if kind.endswith(("conversations_select", "channels_select")):
        return inputs.state(element, _named(kind, value, names["channels"]))
    if kind == "datetimepicker":
        return inputs.state(element, None if value is None else int(value))
    if kind == "rich_text_input" and isinstance(value, str):
        leaf = {"type": "rich_text_section", "elements": [{"type": "text", "text": value}]}
        return inputs.state(element, {"type": "rich_text", "elements": [leaf]})
    return inputs.state(element, None if value is None else str(value))


def _options(element: Json, value: Any) -> Any:
    offered = inputs.options_of(element)
    if isinstance(value, bool):
        if len(offered) != 1:
            raise NotThere("True and False are for a single box; name the boxes")
        value = [offered[0]["value"]] if value else []
    if element["type"] not in ("checkboxes", "multi_static_select"):
        return None if value is None else option(offered, value)
    chosen = [option(offered, one) for one in ([value] if isinstance(value, str) else value or ())]
    if len(chosen) > element.get("max_selected_items", len(offered)):
        raise NotThere(f"at most {element['max_selected_items']} can be chosen")
    return chosen


def option(offered: Sequence[Json], wanted: Any) -> Json:
    text = str(wanted)
    for fits in (
        lambda o: text_of(o["text"], Reader()) == text,
        lambda o: o["value"] == text,
        lambda o: text_of(o["text"], Reader()).lower().startswith(text.lower()),
    ):
        matching = [one for one in offered if fits(one)]
        if len(matching) == 1:
            return matching[0]
    texts = "; ".join(text_of(one["text"], Reader()) for one in offered)
    raise NotThere(f"{text!r} is not one of the options: {texts}")


def _named(kind: str, value: Any, names: Mapping[str, str]) -> Any:
    if value is None:
        return None
    several = kind.startswith("multi_")
    wanted = [value] if isinstance(value, str) else list(value)
    ids = []
    for name in wanted:
        if name.removeprefix("@").removeprefix("#") not in names:
            raise NotThere(f"{name!r} is not offered; there are {', '.join(names)}")
        ids.append(names[name.removeprefix("@").removeprefix("#")])
    return ids if several else ids[0]
