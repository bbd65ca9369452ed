"""One page of a ballot as it comes back from Slack. Nothing of it may be logged: it holds scores and comments."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.evaluation import COMMENT_LENGTH, MAX_CONFIDENCE, MAX_SCORE, Comments, Page
from bot.errors import Invalid
from bot.views.slack.form import Fields, View, as_uuid, block_of, field_of, inputs, metadata, revision_of, thing_of

BACKWARDS, ONWARDS = "back", "on"
"""Values of the two buttons that turn the page: Back, and "I can't judge this one"."""
_OUT_OF_DATE = "This page is out of date. Close the window and press Score again; what you saved is still there."


class PageForm(BaseModel):
    """One page as typed: of scores (criterion_id and page) or, with neither, the last one (comments).

    Its repr, and so a traceback, hides what was scored and written.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    round_id: UUID
    index: int
    revision: str
    criterion_id: UUID | None = None
    page: Page | None = Field(default=None, repr=False)
    comments: Comments = Field(default=Comments(), repr=False)
    option_ids: tuple[UUID, ...] = ()
    """The options shown, in the order in which the reader saw them."""
    is_checked: bool = False
    """The box of the last page is ticked."""

    @property
    def is_last(self) -> bool:
        return self.criterion_id is None


def parse(view: View) -> PageForm:
    """Read one page, from a submission as well as from Back and Save for later.

    Only blocks of this page and revision are read: Slack was seen to send values of an earlier page along.
    Raises Invalid for a view that is no page, and for a comment that is too long (field "comment_<option>").
    """
    about = metadata(view)
    round_id, index = as_uuid(about.get("round")), about.get("page", "")
    if round_id is None or not index.isdecimal():
        raise Invalid(_OUT_OF_DATE)
    current = _current(view, about.get("rev", ""))
    fields = Fields(current)
    travelling: dict[str, Any] = {
        "round_id": round_id,
        "index": int(index),
        "revision": about.get("rev", ""),
    }
    criterion_id = _criterion_of(current)
    if criterion_id is None and "checked" not in fields:
        raise Invalid(_OUT_OF_DATE)
    if criterion_id is None:
        comments = _comments(current, fields)
        return PageForm(**travelling, comments=comments, is_checked=fields.is_checked("checked"))
    options = _things(current, "score")
    return PageForm(**travelling, criterion_id=criterion_id, page=_page(current, fields), option_ids=options)


def parse_turn(view: View, pressed: str) -> tuple[PageForm, int]:
    """Read the page on which Back or "I can't judge this one" was pressed, and the index of the page it leads to.

    Abstaining lets the scores go that were chosen on the page. pressed: the button's value. Raises like `parse`.
    """
    form = parse(view)
    if pressed != ONWARDS or form.is_last:
        return form, max(0, form.index - 1)
    return form.model_copy(update={"page": Page(abstain=True)}), form.index + 1


def require_complete(form: PageForm, option_ids: Sequence[UUID] | None = None) -> None:
    """Raise Invalid under the first option without a score, or under the box of the last page."""
    if form.is_last and not form.is_checked:
        raise Invalid("Tick this box once you have read your scores.", field="checked")
    if form.page is None:
        return
    missing = next((option for option in option_ids or form.option_ids if option not in form.page.scores), None)
    if missing:
        raise Invalid('Choose a score, or press "I can\'t judge this one" below.', field=f"score_{missing}")


def _current(view: View, revision: str) -> Mapping[str, object]:
    """The view with only the blocks of its own revision."""
    blocks = [b for b in inputs(view) if revision_of(b["block_id"]) == revision]
    return {**view, "blocks": blocks}


def _criterion_of(view: View) -> UUID | None:
    block_id = block_of(view, "confidence")
    return as_uuid(thing_of(block_id)) if block_id else None


def _page(view: View, fields: Fields) -> Page:
    criterion = str(_criterion_of(view))
    options = [o for o in _things(view, "score") if _is_of(view, f"score_{o}", criterion)]
    chosen = {option: _number(fields.choice(f"score_{option}"), MAX_SCORE) for option in options}
    scores = {option: score for option, score in chosen.items() if score is not None}
    confidence = _number(fields.choice("confidence"), MAX_CONFIDENCE)
    return Page(scores=scores, confidence=confidence)


def _is_of(view: View, field: str, criterion: str) -> bool:
    return thing_of(block_of(view, field) or "") == criterion


def _comments(view: View, fields: Fields) -> Comments:
    texts = {option: fields.text(f"comment_{option}") for option in _things(view, "comment")}
    for option, comment in texts.items():
        if len(comment) > COMMENT_LENGTH:
            raise Invalid(f"Keep the comment within {COMMENT_LENGTH} characters.", field=f"comment_{option}")
    return Comments(texts={o: comment for o, comment in texts.items() if comment}, share=fields.is_checked("share"))


def _things(view: View, kind: str) -> tuple[UUID, ...]:
    """The options whose blocks are "<kind>_<option>:...", in order."""
    names = (field_of(b["block_id"]).partition("_") for b in inputs(view))
    return tuple(o for name, _, thing in names if name == kind and (o := as_uuid(thing)))


def _number(value: str | None, most: int) -> int | None:
    """1..most; None for everything else, as if it had not been chosen."""
    return int(value) if value in {str(n) for n in range(1, most + 1)} else None
