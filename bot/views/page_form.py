"""One window of a ballot as it comes back from Slack. Nothing of it may be logged: it holds scores and comments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.evaluation import COMMENT_LENGTH, MAX_CONFIDENCE, MAX_SCORE, MIN_SCORE, Comments, Page
from bot.errors import Invalid
from bot.views.slack import ids
from bot.views.slack.form import Fields, View, as_uuid, field_of, inputs, metadata, revision_of, thing_of

BACK, COMMENT = "back", "comment"
"""Values of two buttons that bear one id with a third kind, beside a criterion, whose value is the criterion's id."""
_OUT_OF_DATE = "This page is out of date. Close the window and press Score again; what you saved is still there."
_SCALE = f"Scores are whole numbers from {MIN_SCORE} to {MAX_SCORE}."
_WHOLE = re.compile(r"0*(\d{1,2})\Z", re.ASCII)


class PageForm(BaseModel):
    """One window as typed. Its repr, and so a traceback, hides what was scored and written."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    round_id: UUID
    index: int
    revision: str
    pages: Mapping[UUID, Page] = Field(default_factory=dict, repr=False)
    """By criterion, in the order of the window; what was typed and is no score is missing."""
    typed: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """What stands in the fields for scores, by block id, in the order in which their reader sees them."""
    comments: Comments | None = Field(default=None, repr=False)
    """None in a window that has no place for them."""
    shows_comments: bool = False
    """The fields for comments are unfolded."""


def parse(view: View) -> PageForm:
    """Read one window, from a submission as well as from its buttons.

    Only blocks of this revision are read: Slack was seen to send values of an earlier page along. Raises Invalid for a
    view that is no page, and for a comment that is too long (field "comment_<option>").
    """
    about = metadata(view)
    round_id, index, revision = as_uuid(about.get("round")), about.get("page", ""), about.get("rev", "")
    current = _current(view, revision)
    criteria, takes_comments = _criteria(current), view.get("callback_id") in (ids.BALLOT, ids.CHECK_PAGE)
    if round_id is None or not index.isdecimal() or not (criteria or takes_comments):
        raise Invalid(_OUT_OF_DATE)
    asked = {criterion: _asked(part) for criterion, part in _parts(current, criteria).items()}
    return PageForm(
        round_id=round_id,
        index=int(index),
        revision=revision,
        pages={criterion: _page(one) for criterion, one in asked.items()},
        typed={block_id: words for one in asked.values() for _, block_id, words in one.typed},
        comments=_comments(current) if takes_comments else None,
        shows_comments=_shows_comments(current),
    )


@dataclass(frozen=True)
class Turn:
    """What a button of the window leads to: another page, or the same one with something changed."""

    form: PageForm
    index: int
    criterion_id: UUID | None = None
    """To be skipped, or to be skipped no longer."""


def parse_turn(view: View, pressed: str) -> Turn:
    """Read the window in which Back, "Add a comment" or "I can't judge ..." was pressed.

    pressed: the button's value. Raises like `parse`, and Invalid where going back would lose something typed.
    """
    form = parse(view)
    if pressed == COMMENT:
        return Turn(form.model_copy(update={"shows_comments": True}), form.index)
    if pressed == BACK:
        require_readable(form)
        return Turn(form, max(0, form.index - 1))
    criterion_id = as_uuid(pressed)
    if criterion_id not in form.pages:
        raise Invalid(_OUT_OF_DATE)
    return Turn(form, form.index, criterion_id)


def require_complete(form: PageForm) -> None:
    """Raise Invalid under the first field that holds no score."""
    missing = next((block_id for block_id, typed in form.typed.items() if _number(typed, MAX_SCORE) is None), None)
    if missing:
        raise Invalid(f"{_SCALE} If you can't judge this criterion, say so beside its name.", field=missing)


def require_readable(form: PageForm) -> None:
    """Raise Invalid where something was typed that is no score: it cannot be saved, and would be gone."""
    if any(typed and _number(typed, MAX_SCORE) is None for typed in form.typed.values()):
        raise Invalid(f"{_SCALE} Nothing is saved yet: correct or clear what is none.")


def _current(view: View, revision: str) -> Mapping[str, Any]:
    """The view with only the blocks of its own revision."""
    named = (block for block in view.get("blocks") or () if block.get("block_id"))
    blocks = [block for block in named if revision_of(block["block_id"]) == revision]
    return {**view, "blocks": blocks}


def _criteria(view: View) -> tuple[UUID, ...]:
    """What the window asks about, in order: each criterion has a heading; in windows of earlier versions, a menu."""
    things = [thing_of(b["block_id"]) for b in view["blocks"] if field_of(b["block_id"]) in ("criterion", "confidence")]
    return tuple(dict.fromkeys(criterion for thing in things if (criterion := as_uuid(thing))))


def _parts(view: View, criteria: Sequence[UUID]) -> Mapping[UUID, View]:
    """The view with the blocks of one criterion alone, for each: looked through once, however many there are."""
    blocks: dict[UUID | None, list[Mapping[str, Any]]] = {criterion: [] for criterion in criteria}
    for block in view["blocks"]:
        criterion = as_uuid(thing_of(block["block_id"]))
        if criterion in blocks:
            blocks[criterion].append(block)
    return {criterion: {**view, "blocks": blocks[criterion]} for criterion in criteria}


@dataclass(frozen=True)
class _Asked:
    """A criterion's fields as they came back."""

    typed: Sequence[tuple[UUID, str, str]] = field(repr=False)
    """(option, block id, what was typed) of each field for a score."""
    confidence: str = field(repr=False)


def _asked(view: View) -> _Asked:
    """In windows opened by an earlier version the scores were chosen from menus."""
    fields = Fields(view)
    typed = [
        (option, block_id, fields.choice(name) or fields.text(name))
        for option, block_id, name in _blocks_of(view, "score")
    ]
    return _Asked(typed, fields.choice("confidence") or "")


def _page(asked: _Asked) -> Page:
    """A criterion without fields for scores is one that is skipped."""
    found = {option: _number(words, MAX_SCORE) for option, _, words in asked.typed}
    return Page(
        scores={option: score for option, score in found.items() if score is not None},
        confidence=_number(asked.confidence, MAX_CONFIDENCE),
        abstain=not asked.typed,
    )


def _shows_comments(view: View) -> bool:
    return any(field_of(block["block_id"]) == "share" for block in inputs(view))


def _comments(view: View) -> Comments:
    fields = Fields(view)
    texts = {option: fields.text(f"comment_{option}") for option, *_ in _blocks_of(view, "comment")}
    for option, comment in texts.items():
        if len(comment) > COMMENT_LENGTH:
            raise Invalid(f"Keep the comment within {COMMENT_LENGTH} characters.", field=f"comment_{option}")
    return Comments(texts={o: comment for o, comment in texts.items() if comment}, share=fields.is_checked("share"))


def _blocks_of(view: View, kind: str) -> Iterator[tuple[UUID, str, str]]:
    """(option, block id, field) of the blocks "<kind>_<option>:...", in order."""
    for block in view["blocks"]:
        name = field_of(block["block_id"])
        if name.startswith(kind) and (option := as_uuid(name.removeprefix(f"{kind}_"))):
            yield option, block["block_id"], name


def _number(typed: str, most: int) -> int | None:
    """1..most; None for everything else, as if nothing had been entered."""
    number = _WHOLE.match(typed)
    return int(number[1]) if number and 1 <= int(number[1]) <= most else None
