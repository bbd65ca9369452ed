"""Owns what a person's hand is on: a button, an item of a menu, or an input, with the place where it stands."""

from dataclasses import dataclass
from typing import Any

from sandbox import inputs
from sandbox.channel import Channel, Message
from sandbox.inputs import Json, Key
from sandbox.views import View


@dataclass(frozen=True)
class Pressed:
    """Something pressable as one person finds it: in a message (channel, message) or in a view.

    option: the item of a menu. held: the whole new state of an input that was changed rather than pressed.
    """

    block: Json
    element: Json
    option: Json | None = None
    channel: Channel | None = None
    message: Message | None = None
    view: View | None = None
    held: Json | None = None

    @property
    def key(self) -> Key:
        return self.block["block_id"], self.element["action_id"]

    @property
    def keeps_choice(self) -> bool:
        """Whether it is an input, which shows afterwards what was chosen; the menu of an overflow button forgets it."""
        return self.element["type"] in inputs.VALUE_KEYS

    def chosen_from(self, before: Json | None) -> Any:
        """The input's value once the option is chosen. before: its state until now. A box that was on goes off."""
        held = inputs.value_of(before) if before else None
        if not isinstance(held, list):
            return self.option
        return [one for one in held if one != self.option] if self.option in held else [*held, self.option]
