"""Owns one walk over one document: the problems found so far, and the checks that all blocks and elements share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Surface = Literal["modal", "home", "message"]
Json = Mapping[str, Any]

ID = 255
OPTION_TEXT = 75
OPTION_VALUE = 150


@dataclass(frozen=True)
class Problem:
    """One thing Slack would refuse: its error name, a JSON pointer, a sentence without content."""

    error: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


class Check:
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
