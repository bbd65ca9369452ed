"""Fields of forms, each declared once: its input block, and the way back from what a person entered.

A form is a function that asks for its fields, one a line, and returns the value that they make up:

    def draft(ask: Ask, start: OptionDraft) -> OptionDraft:
        return OptionDraft(
            title=ask(line("title", "Title", length=150), start.title),
            risk_level=ask(choice("risk_level", "Risk", LEVELS, missing="Choose the risk."), start.risk_level),
        )

`inputs = Inputs(...); draft(inputs, start)` leaves the blocks of the window in `inputs.blocks`, prefilled from `start`;
`draft(Answers(view), start)` returns what was entered. So no field can be shown and not read, or the other way round.
The usual kinds of fields (`line`, `money`, `choice`, ...) are in `bot.views.slack.entry`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.views.slack import kit
from bot.views.slack.form import Fields, View

T = TypeVar("T")


@dataclass(frozen=True)
class Field(Generic[T]):
    """One field: `element` draws it with a start value, `read` returns the entered one or raises Invalid.

    The refusal bears `name`, so that it appears under the field (`form.errors_for`).
    """

    name: str
    label: str
    element: Callable[[T | None], kit.Element]
    read: Callable[[Fields], T]
    hint: str | None = None
    is_optional: bool = False
    tells: str | None = None
    """The action id under which Slack tells us while it is entered; None: the form alone brings it."""

    def block(self, start: T | None = None, *, thing: object, revision: object) -> kit.Block:
        """The input block. thing, revision: see `kit.block_id`."""
        element = self.element(start)
        return kit.input_block(
            self.label,
            kit.telling(element, self.tells) if self.tells else element,
            block_id=kit.block_id(self.name, thing, revision),
            hint=self.hint,
            optional=self.is_optional,
            dispatches=self.tells is not None,
        )


class Ask(Protocol):
    """How a form asks for a field: by its block (`Inputs`) or by what was entered (`Answers`)."""

    def __call__(self, field: Field[T], start: T) -> T: ...


class Inputs:
    """Asks by input blocks: gathers them in `blocks`, in the order asked; the answer is the start value."""

    def __init__(self, thing: object, revision: object) -> None:
        self.blocks: list[kit.Block] = []
        self._thing, self._revision = thing, revision

    def __call__(self, field: Field[T], start: T) -> T:
        self.blocks.append(field.block(start, thing=self._thing, revision=self._revision))
        return start


class Answers:
    """Asks the submitted view: the answer is what was entered; `start` does not matter. Raises Invalid."""

    def __init__(self, view: View, *, thing: str | None = None) -> None:
        """thing: of a view with several rows, the one to read."""
        self._fields = Fields(view, thing=thing)

    def __call__(self, field: Field[T], start: T) -> T:
        return field.read(self._fields)

    def __contains__(self, name: str) -> bool:
        """Whether the view asks for the field of this name."""
        return name in self._fields
