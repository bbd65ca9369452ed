"""Fills in any window that is open, by the kind of its fields: mostly as one would, at times as nobody should."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox import inputs
from sandbox.inputs import Json
from sandbox.mrkdwn import Reader, text_of
from sandbox.views import View

KEPT, FILLED, ODD = 0.8, 0.6, 0.015
"""How often a prefilled field is left as it is, an optional empty one is filled, and nonsense is put into one."""
SAID = "zqsaid"
"""How comments begin that nobody else may read before the result."""
MONEY = ("Cost", "Amount at stake", "Customer value", "Actual financial impact")
AMOUNTS = ("0", "40", "99.50", "800", "5,000", "20000", "90000", "-300")
WORDS = ("refund", "outage", "Harbour", "voucher", "twice", "invoice", "credit", "month", "late", "phone")
ODD_WORDS = (
    "<!channel> *all*",
    "&lt;b&gt; _x_ ~y~",
    "¿ñandú? 漢字 🙂",
    "a" * 400,
    "  ",
    "=1+1",
    "\u200b\u200b",
    "@p1 `x`",
)
SPANS = (timedelta(hours=3), timedelta(hours=20), timedelta(days=2), timedelta(days=6), timedelta(days=15))


@dataclass(frozen=True)
class Filling:
    """Who fills in what, when: all that a value depends on."""

    dice: random.Random
    now: datetime
    people: Sequence[str]
    channels: Sequence[str]
    comment: Callable[[], str]
    """Asked for the words of a comment on a ballot."""


def fill(view: View, filling: Filling) -> None:
    """Leave, change, fill or clear every input, as people do."""
    for block in view.input_blocks():
        element, held = block["element"], inputs.value_of(view.held(block))
        if not _touches(block, held, filling.dice):
            continue
        value = _value(block, filling)
        view.states[(block["block_id"], element["action_id"])] = inputs.state(element, value)


def _touches(block: Json, held: Any, dice: random.Random) -> bool:
    if held not in (None, "", []):
        return dice.random() > KEPT
    return dice.random() < (FILLED if block.get("optional") else 1 - ODD)


def _value(block: Json, filling: Filling) -> Any:
    kind = block["element"]["type"]
    if filling.dice.random() < ODD:
        return ODD_VALUES[kind](filling.dice) if kind in ODD_VALUES else None
    return VALUES[kind](block, filling)


def _one(block: Json, filling: Filling) -> Any:
    return filling.dice.choice(inputs.options_of(block["element"]))


def _some(block: Json, filling: Filling) -> Any:
    offered = inputs.options_of(block["element"])
    most = min(len(offered), block["element"].get("max_selected_items", len(offered)))
    least = min(most, 1 if block.get("optional") else 3)
    chosen = filling.dice.sample(range(len(offered)), filling.dice.randint(least, most))
    return [offered[n] for n in sorted(chosen)]


def _words(block: Json, filling: Filling) -> str:
    label, dice = text_of(block["label"], Reader()), filling.dice
    if label.startswith(MONEY):
        return dice.choice(AMOUNTS)
    if label.startswith("Comment on"):
        return filling.comment()
    if label.startswith("Currency"):
        return "USD"
    found = " ".join(dice.sample(WORDS, dice.randint(1, 4)))
    return found[: block["element"].get("max_length", 3000)]


def _number(block: Json, filling: Filling) -> str:
    least, most = (int(float(block["element"].get(name, over))) for name, over in (("min_value", 0), ("max_value", 50)))
    return str(filling.dice.randint(least, min(most, least + 50)))


def _moment(block: Json, filling: Filling) -> int:
    return int((filling.now + filling.dice.choice(SPANS)).timestamp())


def _people(block: Json, filling: Filling) -> list[str]:
    return filling.dice.sample(list(filling.people), filling.dice.randint(1, 3))


VALUES: Mapping[str, Callable[[Json, Filling], Any]] = {
    "static_select": _one,
    "radio_buttons": _one,
    "multi_static_select": _some,
    "checkboxes": _some,
    "plain_text_input": _words,
    "number_input": _number,
    "email_text_input": lambda block, filling: "cfo@abc.example",
    "datetimepicker": _moment,
    "multi_users_select": _people,
    "conversations_select": lambda block, filling: filling.dice.choice(list(filling.channels)),
}
ODD_VALUES: Mapping[str, Callable[[random.Random], Any]] = {
    "plain_text_input": lambda dice: dice.choice(ODD_WORDS),
    "number_input": lambda dice: dice.choice(("-1", "0.5", "99999999")),
    "datetimepicker": lambda dice: dice.choice((1_000_000_000, 9_999_999_999, None)),
}
"""What nobody should type; every other kind of field is cleared."""
