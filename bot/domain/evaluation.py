"""One person's scoring: pages, drafts, the order in which options are read.

A ballot lives here only while its owner looks at it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

MIN_SCORE, MAX_SCORE = 1, 10
MAX_CONFIDENCE = 5
COMMENT_LENGTH = 500
ONE_PAGE_CELLS = 20
"""So many scores at most are asked for on one page; more take a page per criterion."""
CONFIDENCE = {1: "1 · guessing", 2: "2 · unsure", 3: "3 · fairly sure", 4: "4 · sure", 5: "5 · certain"}


@dataclass(frozen=True)
class Page:
    """One criterion, all options. `repr` hides the scores: a traceback must not show them.

    confidence: 1..5, None where it was not said. abstain: the criterion does not count; scores that were typed before
    are kept for whoever changes their mind.
    """

    scores: Mapping[UUID, int] = field(default_factory=dict, repr=False)
    confidence: int | None = field(default=None, repr=False)
    abstain: bool = field(default=False, repr=False)

    def is_complete(self, option_ids: Sequence[UUID]) -> bool:
        return self.abstain or all(option in self.scores for option in option_ids)


@dataclass(frozen=True)
class Comments:
    """One comment per option, and whether they may be shown although the team is small."""

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

    def turned(self, pages: Mapping[UUID, Page], criterion_id: UUID | None) -> dict[UUID, Page]:
        """`pages` as they stand in a window, that of `criterion_id` turned round: skipped, or no longer so.

        The window has no fields for what is skipped: of it, the scores saved before are kept.
        """
        turned = {c: replace(self.pages.get(c, Page()), abstain=True) if p.abstain else p for c, p in pages.items()}
        if criterion_id in turned:
            turned[criterion_id] = replace(turned[criterion_id], abstain=not turned[criterion_id].abstain)
        return turned

    def done_pages(self, criterion_ids: Sequence[UUID], option_ids: Sequence[UUID]) -> int:
        return sum(self.pages.get(c, Page()).is_complete(option_ids) for c in criterion_ids)


def fits_one_page(criteria: int, options: int) -> bool:
    return criteria * options <= ONE_PAGE_CELLS


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
