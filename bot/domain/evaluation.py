"""One person's scoring: pages, drafts, the order in which options are read.

A ballot lives here only while its owner looks at it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

MIN_SCORE, MAX_SCORE = 1, 10
MAX_CONFIDENCE = 5
COMMENT_LENGTH = 500
ANCHORS = {
    1: "1 · worst for us",
    2: "2 · very poor",
    3: "3 · poor",
    4: "4 · rather poor",
    5: "5 · just below the middle",
    6: "6 · just above the middle",
    7: "7 · rather good",
    8: "8 · good",
    9: "9 · very good",
    10: "10 · best for us",
}
CONFIDENCE = {1: "1 · guessing", 2: "2 · unsure", 3: "3 · fairly sure", 4: "4 · sure", 5: "5 · certain"}


@dataclass(frozen=True)
class Page:
    """One criterion, all options. `repr` hides the scores: a traceback must not show them."""

    scores: Mapping[UUID, int] = field(default_factory=dict, repr=False)
    confidence: int | None = field(default=None, repr=False)
    abstain: bool = field(default=False, repr=False)

    @property
    def is_blank(self) -> bool:
        """Says nothing: neither a score nor that it cannot be judged."""
        return not (self.scores or self.abstain)

    def is_complete(self, option_ids: Sequence[UUID]) -> bool:
        return self.abstain or all(option in self.scores for option in option_ids)


@dataclass(frozen=True)
class Comments:
    """The last page: one comment per option, and whether they may be shown although the team is small."""

    texts: Mapping[UUID, str] = field(default_factory=dict, repr=False)
    share: bool = field(default=False, repr=False)


@dataclass(frozen=True)
class Ballot:
    """What one person has saved so far, by criterion."""

    pages: Mapping[UUID, Page] = field(default_factory=dict, repr=False)
    comments: Comments = field(default_factory=Comments, repr=False)
    is_submitted: bool = False

    def first_open_page(self, criterion_ids: Sequence[UUID], option_ids: Sequence[UUID]) -> int:
        """Index of the first criterion that still wants something; `len(criterion_ids)` = the check page."""
        for index, criterion in enumerate(criterion_ids):
            if not self.pages.get(criterion, Page()).is_complete(option_ids):
                return index
        return len(criterion_ids)

    def done_pages(self, criterion_ids: Sequence[UUID], option_ids: Sequence[UUID]) -> int:
        return sum(self.pages.get(c, Page()).is_complete(option_ids) for c in criterion_ids)


def shuffled(option_ids: Sequence[UUID], *, round_id: UUID, member_id: UUID) -> tuple[UUID, ...]:
    """The options in this person's own order, the same for the whole round.

    Everybody has another one, so that no option profits from being read first.
    """
    return tuple(
        sorted(
            option_ids,
            key=lambda option: hashlib.sha256(round_id.bytes + member_id.bytes + option.bytes).digest(),
        )
    )
