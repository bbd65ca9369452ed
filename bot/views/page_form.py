"""One window of a ballot as it comes back from Slack. Nothing of it may be logged: it holds scores and comments."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.evaluation import COMMENT_LENGTH, MAX_CONFIDENCE, MAX_SCORE, MIN_SCORE, Comments, Page
from bot.errors import Invalid
from bot.views.slack import ids
from bot.views.slack.form import View, as_uuid, choice_of, choices_of, metadata, text_of, value_of, values_of

BACK, COMMENT = "back", "comment"
"""Values of two buttons that bear one id with a third kind, beside a criterion, whose value is the criterion's id."""
_SCORE, _COMMENT, _CONFIDENCE, _SHARE = "score", "comment", "confidence", "share"
"""Names of fields; after the first two stands "_" and an option's id."""
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
    fields, takes_comments = _fields(view, revision), view.get("callback_id") in (ids.BALLOT, ids.CHECK_PAGE)
    asked = _by_criterion(fields)
    if round_id is None or not index.isdecimal() or not (asked or takes_comments):
        raise Invalid(_OUT_OF_DATE)
    return PageForm(
        round_id=round_id,
        index=int(index),
        revision=revision,
        pages={criterion: _page(those) for criterion, those in asked.items()},
        typed=_typed(asked.values()),
        comments=_comments(fields) if takes_comments else None,
        shows_comments=any(one.name == _SHARE and one.value is not None for one in fields),
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


@dataclass(slots=True, repr=False)
class _Field:
    """One block of the window, taken apart once: a ballot has thirty, and hundreds of ballots come at once."""

    name: str
    thing: UUID | None
    block_id: str
    option: UUID | None
    """That a field for a score or a comment is about."""
    value: Mapping[str, Any] | None
    """What was entered; empty where that is nothing, None in what is no input."""
    typed: str
    """In windows opened by an earlier version the scores were chosen from menus."""


def _fields(view: View, revision: str) -> Sequence[_Field]:
    """The blocks of this revision, in order."""
    values = values_of(view)
    read = (_field(block, values, revision) for block in view.get("blocks") or ())
    return [one for one in read if one]


def _field(block: Mapping[str, Any], values: Mapping[str, Any], revision: str) -> _Field | None:
    """None for a block of another revision."""
    block_id = block.get("block_id") or ""
    name, _, rest = block_id.partition(":")
    thing, _, its = rest.rpartition(":")
    if not rest or its != revision:
        return None
    kind, _, option = name.partition("_")
    about = as_uuid(option) if kind in (_SCORE, _COMMENT) else None
    value = value_of(values, block) if block.get("type") == "input" else None
    typed = (choice_of(value) or text_of(value)) if value else ""
    return _Field(kind if about else name, as_uuid(thing), block_id, about, value, typed)


def _typed(asked: Iterable[Sequence[_Field]]) -> Mapping[str, str]:
    """What stands in the fields for scores, by block id."""
    return {one.block_id: one.typed for those in asked for one in those if one.name == _SCORE}


def _by_criterion(fields: Sequence[_Field]) -> Mapping[UUID, Sequence[_Field]]:
    """What the window asks about, in order: each criterion has a heading; in windows of earlier versions, a menu."""
    found: dict[UUID, list[_Field]] = {
        one.thing: [] for one in fields if one.thing and one.name in ("criterion", _CONFIDENCE)
    }
    for one in fields:
        if one.thing in found:
            found[one.thing].append(one)
    return found


def _page(fields: Sequence[_Field]) -> Page:
    """Of one criterion. Without fields for scores it is one that is skipped."""
    found = {one.option: _number(one.typed, MAX_SCORE) for one in fields if one.name == _SCORE and one.option}
    confidence = next((one.typed for one in fields if one.name == _CONFIDENCE), "")
    return Page(
        scores={option: score for option, score in found.items() if score is not None},
        confidence=_number(confidence, MAX_CONFIDENCE),
        abstain=not found,
    )


def _comments(fields: Sequence[_Field]) -> Comments:
    texts = {one.option: one.typed for one in fields if one.name == _COMMENT and one.option and one.typed}
    for option, comment in texts.items():
        if len(comment) > COMMENT_LENGTH:
            raise Invalid(f"Keep the comment within {COMMENT_LENGTH} characters.", field=f"{_COMMENT}_{option}")
    share = any(one.name == _SHARE and choices_of(one.value or {}) for one in fields)
    return Comments(texts=texts, share=share)


def _number(typed: str, most: int) -> int | None:
    """1..most; None for everything else, as if nothing had been entered."""
    number = _WHOLE.match(typed)
    return int(number[1]) if number and 1 <= int(number[1]) <= most else None
