"""Whose words are looked for, as whole words, and what takes their place. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

GONE = "(erased)"
"""In place of a text."""
MAIL = "erased.invalid"
"""Addresses in this domain reach nobody: RFC 2606 keeps it free."""


def pseudonym(kind: str, key: UUID) -> str:
    """ "Former member 3f2a9c01": the first eight digits of a random id. kind: what it stands for."""
    return f"{kind} {key.hex[:8]}"


def address(key: UUID) -> str:
    return f"erased-{key.hex}@{MAIL}"


def is_pseudonym(name: str, kind: str, key: UUID) -> bool:
    """Whether this row was erased before: what it says then is looked for nowhere."""
    return name == pseudonym(kind, key)


@dataclass(frozen=True)
class Needles:
    """Full names, addresses and Slack ids, each with what takes its place."""

    words: Mapping[str, str]

    @classmethod
    def of(cls, words: Iterable[tuple[str | None, str]]) -> "Needles":
        """Without what is empty, or one character that would be found in everything."""
        return cls({word.strip(): place for word, place in words if word and len(word.strip()) > 1})

    @cached_property
    def _places(self) -> Mapping[str, str]:
        return {_plain(word): place for word, place in self.words.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        longest = sorted(self.words, key=len, reverse=True)
        return re.compile("|".join(map(_whole, longest)), re.IGNORECASE) if longest else None

    @property
    def likes(self) -> list[str]:
        """Patterns of SQL's ILIKE that find at least every text with a whole word in it, in JSON too."""
        return ["%" + "%".join(re.findall(r"[^\W_]+", word)) + "%" for word in self.words]

    def are_in(self, value: object) -> bool:
        return bool(self.replaced(value) != value)

    def replaced(self, value: Any) -> Any:
        """The same, with other words in texts and in what lists and objects of JSON hold. Numbers stay numbers."""
        if isinstance(value, str):
            return self._pattern.sub(self._place, value) if self._pattern else value
        if isinstance(value, list):
            return [self.replaced(one) for one in value]
        if isinstance(value, dict):
            return {self.replaced(key): self.replaced(one) for key, one in value.items()}
        return value

    def _place(self, found: re.Match[str]) -> str:
        return self._places[_plain(found[0])]


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())


def _whole(word: str) -> str:
    """A pattern for the word by itself: "Ann" is not in "Joanna" or "Mary-Ann", nor in an id of hexadecimal digits.

    An address is also not the end or the beginning of a longer one.
    """
    before, after = (r"(?<![\w.+-])", r"(?![\w-]|\.\w)") if "@" in word else (r"(?<![^\W_])(?<!-)", r"(?![^\W_]|-)")
    return before + r"\s+".join(map(re.escape, word.split())) + after


@dataclass(frozen=True)
class Hit:
    """A place in which a whole word was found."""

    table: str
    column: str
    key: tuple[str, ...]
    """The row's primary key, as texts."""
    decision: UUID | None = None
    """That it belongs to, where it belongs to one."""
    number: int | None = None
    """Of that decision."""
    author: UUID | None = None
    """Who wrote it, where the row says so."""

    @property
    def is_free(self) -> bool:
        """Whether people have written it, who may not be the one who is erased."""
        return (self.table, self.column) in FREE

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" + (f" of #{self.number}" if self.number else "")


@dataclass(frozen=True)
class Erasure:
    """What was erased, by ids alone."""

    kind: str
    """member, customer or team."""
    subject: UUID
    decisions: tuple[UUID, ...]
    """Of a customer: the decisions about it."""
    also_free_text: bool
    at: datetime


COMMENTS = ("evaluations", "anonymous_comment")
FREE = frozenset(
    {
        COMMENTS,
        *(("customer_decisions", name) for name in ("customer_name", "title", "description", "cancel_reason")),
        ("customer_decisions", "proposal"),
        *((table, name) for table in ("decision_criteria", "response_options") for name in ("description",)),
        ("decision_criteria", "name"),
        ("response_options", "title"),
        *(("decision_outcomes", name) for name in ("reason", "outcome_notes", "reopened_reason")),
        *(("rounds", name) for name in ("override_reason", "void_reason")),
        ("wordings", "body"),
        *(("teams", name) for name in ("name", "company_name", "industry", "suggestion_words")),
        ("webhook_endpoints", "label"),
        ("webhook_endpoints", "url"),
        ("team_members", "name"),
        ("team_members", "expertise_areas"),
    }
)
"""Columns that people write into. All others the program fills itself: what it finds there it replaces unasked."""
