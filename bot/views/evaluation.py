"""THE scoring modal: one page per criterion, then one to check. The one place in views that reads scores.

Ids and private_metadata carry ids of options, criteria and the round, never a score.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.action import Action
from bot.domain.criterion import Criterion
from bot.domain.decision import Dossier
from bot.domain.evaluation import (
    ANCHORS,
    COMMENT_LENGTH,
    CONFIDENCE,
    MAX_CONFIDENCE,
    MAX_SCORE,
    MIN_SCORE,
    Ballot,
    Comments,
    Page,
    shuffled,
)
from bot.domain.round import Round, turnout
from bot.errors import Invalid
from bot.views.dossier import option_facts, title_of
from bot.views.promise import secrecy, shown_afterwards
from bot.views.slack import ids, kit, notice, text
from bot.views.slack.form import Fields, View, as_uuid, block_of, field_of, inputs, metadata, revision_of, thing_of

_OUT_OF_DATE = "This page is out of date. Close the window and press Score again; what you saved is still there."
ABSTAIN = "I can't judge this one"
DESCRIPTION_ROOM = 200
_BACKWARDS, _ONWARDS = "back", "on"
_STAY = f'to leave it so, press "{ABSTAIN}" again.'
SUBMITTED = "Your submitted ballot stands until you submit again."
UNSAVED = (
    "Closing this window loses what is new on this page; Next, Back and Save for later keep it. "
    "Pages that were saved but never submitted do not count and are deleted when scoring closes."
)


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


def pages(dossier: Dossier) -> int:
    """How many pages of scores there are; the page with this index is the one to check."""
    return len(_round(dossier).weights)


def first_page(dossier: Dossier, ballot: Ballot) -> int:
    """Where to resume: the first page that still wants something; of a submitted ballot the first of all."""
    round_ = _round(dossier)
    criteria = [criterion for criterion, _ in round_.weights]
    return 0 if ballot.is_submitted else ballot.first_open_page(criteria, round_.option_ids)


def page(dossier: Dossier, ballot: Ballot, *, index: int, member_id: UUID, revision: str) -> kit.View:
    """The page of criterion `index`, prefilled; options in this person's own order.

    A fresh `revision` shows what the ballot holds; the same one keeps what was typed. Raises Invalid
    without a round.
    """
    round_ = _round(dossier)
    criterion_id = round_.weights[index][0]
    saved = ballot.pages.get(criterion_id, Page())
    blocks = [
        *_heading(dossier, round_, index),
        *_status(ballot),
        *_abstained(saved),
        *_again(round_),
        *_scores(dossier, round_, criterion_id, saved, member_id=member_id, revision=revision),
        _abstain(dossier),
        _confidence(saved, criterion_id, revision),
        _steps(dossier, has_back=index > 0),
        kit.context(UNSAVED),
        kit.context(f"{secrecy()} {shown_afterwards(round_)}"),
    ]
    return kit.modal(
        f"Score {dossier.decision.name}",
        blocks,
        callback_id=ids.SCORE_PAGE,
        submit="Next",
        close="Close",
        metadata=_travelling(round_, index, revision),
    )


def check_page(dossier: Dossier, ballot: Ballot, *, member_id: UUID, revision: str) -> kit.View:
    """The last page: everything to read once more, comments, the submit. Raises Invalid without a round."""
    round_ = _round(dossier)
    order = shuffled(round_.option_ids, round_id=round_.id, member_id=member_id)
    checked = kit.checkboxes("checked", [kit.option("I have checked my scores", "yes")])
    blocks = [
        kit.header("Check your scores"),
        *_status(ballot),
        *(_summary(dossier, ballot, c, w, order) for c, w in round_.weights),
        kit.divider(),
        *_comments_asked(dossier, ballot, round_, order, revision),
        kit.input_block("Before you submit", checked, block_id=kit.block_id("checked", round_.id, revision)),
        _steps(dossier, has_back=True),
        kit.context(f"{UNSAVED} Until scoring closes you may change your scores and submit again."),
        kit.context(f"{secrecy()} {shown_afterwards(round_)}"),
    ]
    return kit.modal(
        f"Score {dossier.decision.name}",
        blocks,
        callback_id=ids.CHECK_PAGE,
        submit="Submit in secret",
        close="Close",
        metadata=_travelling(round_, len(round_.weights), revision),
    )


def saved(dossier: Dossier, ballot: Ballot) -> kit.View:
    """After "Save for later": an app cannot close a modal by a button, so it says what to do."""
    round_ = _round(dossier)
    criteria = [criterion for criterion, _ in round_.weights]
    done = ballot.done_pages(criteria, round_.option_ids)
    sentence = (
        f"Saved, {done} of {text.count('criterion', len(criteria))} complete. Close this window; "
        f"Score on {dossier.decision.name} resumes here. "
    )
    return notice.done("Saved", sentence + (SUBMITTED if ballot.is_submitted else "It counts once you submit it."))


def submitted(dossier: Dossier, *, submitted: int, roster: int, closed: bool) -> kit.View:
    """After "Submit in secret": counts, nothing else."""
    name = dossier.decision.name
    then = (
        "Everybody has scored: scoring is closed and the result is on its way."
        if closed
        else f"Until scoring closes you may change it: press {Action.SCORE.label} on {name} again."
    )
    return notice.done(f"{name} submitted", f"Submitted in secret. {turnout(submitted, roster)}. {then}")


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
    if pressed != _ONWARDS or form.is_last:
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


def _round(dossier: Dossier) -> Round:
    if dossier.round is None:
        raise Invalid(f"Scoring of {dossier.decision.name} has not started.")
    return dossier.round


def _travelling(round_: Round, index: int, revision: str) -> dict[str, str | None]:
    return {"round": str(round_.id), "page": str(index), "rev": revision}


def _heading(dossier: Dossier, round_: Round, index: int) -> list[kit.Block]:
    criterion_id, weight = round_.weights[index]
    criterion = dossier.criterion(criterion_id)
    name = criterion.name if criterion else "Criterion"
    total = sum((w for _, w in round_.weights), Decimal(0)) or Decimal(1)
    share = text.per_cent(weight / total * 100)
    facts = f"Weight {text.number(weight)} ({share}) · {MIN_SCORE} worst for us, {MAX_SCORE} best"
    about = [kit.section(text.inline(criterion.description, 2900))] if criterion and criterion.description else []
    closes = f"Scoring closes {text.moment(round_.closes_at)}"
    return [
        kit.header(f"Criterion {index + 1} of {len(round_.weights)}: {name}"),
        *about,
        kit.context(facts, closes),
    ]


def _status(ballot: Ballot) -> list[kit.Block]:
    return [kit.context(f"*{SUBMITTED}*")] if ballot.is_submitted else []


def _again(round_: Round) -> list[kit.Block]:
    if round_.follows is None:
        return []
    return [
        kit.context("*Second round:* a fresh ballot about the same options. What you scored in the first is set aside.")
    ]


def _scores(
    dossier: Dossier, round_: Round, criterion_id: UUID, saved: Page, *, member_id: UUID, revision: str
) -> list[kit.Block]:
    options = [kit.option(words, str(score)) for score, words in ANCHORS.items()]
    order = shuffled(round_.option_ids, round_id=round_.id, member_id=member_id)
    return [
        kit.input_block(
            _label(dossier, option_id),
            kit.select(
                "score",
                options,
                initial=None if saved.abstain else _digit(saved.scores.get(option_id)),
                placeholder=f"Choose {MIN_SCORE} to {MAX_SCORE}",
            ),
            block_id=kit.block_id(f"score_{option_id}", criterion_id, revision),
            hint=_reminder(dossier, option_id),
        )
        for option_id in order
    ]


def _reminder(dossier: Dossier, option_id: UUID) -> str | None:
    """What is scored: the window hides the card, and a title alone says little."""
    option = dossier.option(option_id)
    if option is None:
        return None
    facts = text.sentence_case(option_facts(option, dossier.team.currency))
    return f"{facts} · {text.cut(text.one_line(option.description), DESCRIPTION_ROOM)}"


def _confidence(saved: Page, criterion_id: UUID, revision: str) -> kit.Block:
    options = [kit.option(words, str(level)) for level, words in CONFIDENCE.items()]
    return kit.input_block(
        "How sure are you about this page?",
        kit.select("confidence", options, initial=_digit(saved.confidence)),
        block_id=kit.block_id("confidence", criterion_id, revision),
        hint=f"Left empty it counts as {MAX_CONFIDENCE}. It never changes the ranking.",
        optional=True,
    )


def _abstained(saved: Page) -> list[kit.Block]:
    if not saved.abstain:
        return []
    return [kit.section(f"*You can't judge this one; it does not count.* To change that, score every option; {_STAY}")]


def _abstain(dossier: Dossier) -> kit.Block:
    """A button and no box: so every score can be required, which Slack does not mark as optional.

    It bears the id of Back, in a block of its own: who lists or counts ids does not learn that somebody abstained.
    """
    label = f"{ABSTAIN}: leave this criterion of {dossier.decision.name} out"
    return kit.actions([kit.button(ABSTAIN, ids.TURN_PAGE, value=_ONWARDS, label=label)])


def _steps(dossier: Dossier, *, has_back: bool) -> kit.Block:
    name = dossier.decision.name
    back = kit.button("Back", ids.TURN_PAGE, value=_BACKWARDS, label=f"Back to the previous page of {name}")
    later = kit.button("Save for later", ids.SAVE_FOR_LATER, label=f"Save your scores of {name} for later")
    return kit.actions([back, later] if has_back else [later])


def _summary(dossier: Dossier, ballot: Ballot, criterion_id: UUID, weight: Decimal, order: Sequence[UUID]) -> kit.Block:
    criterion, saved = dossier.criterion(criterion_id), ballot.pages.get(criterion_id, Page())
    top = f"*{_name(criterion)}* · weight {text.number(weight)}"
    if saved.abstain:
        return kit.section(f"{top}\nYou can't judge this one; it does not count.")
    rows = [f"{title_of(dossier, option)}: *{saved.scores.get(option, 'no score yet')}*" for option in order]
    sure = f"\n_{CONFIDENCE[saved.confidence]}_" if saved.confidence else ""
    missing = "" if saved.is_complete(order) else "\n*Not complete yet: press Back to score it.*"
    return kit.section(f"{top}\n{text.fit(rows, 2600)}{sure}{missing}")


def _name(criterion: Criterion | None) -> str:
    return text.inline(criterion.name, 200) if criterion else "Criterion"


def _comments_asked(
    dossier: Dossier, ballot: Ballot, round_: Round, order: Sequence[UUID], revision: str
) -> list[kit.Block]:
    """None in a second round: it publishes the ranking alone."""
    if round_.follows is not None:
        return []
    asked = [_comment(dossier, ballot.comments, option, revision) for option in order]
    return [*asked, _share(ballot.comments, round_, revision)]


def _comment(dossier: Dossier, comments: Comments, option_id: UUID, revision: str) -> kit.Block:
    element = kit.text_input("comment", initial=comments.texts.get(option_id), length=COMMENT_LENGTH, is_long=True)
    return kit.input_block(
        f"Comment on {_label(dossier, option_id)}",
        element,
        block_id=kit.block_id(f"comment_{option_id}", "check", revision),
        optional=True,
    )


def _share(comments: Comments, round_: Round, revision: str) -> kit.Block:
    box = kit.option("Share although the team is small", "yes")
    limits = round_.thresholds
    return kit.input_block(
        "My comments",
        kit.checkboxes("share", [box], initial=["yes"] if comments.share else []),
        block_id=kit.block_id("share", round_.id, revision),
        hint=(
            f"Unticked, your comments are destroyed unless {limits.totals} or more score; "
            f"with fewer than {limits.ranking} they are destroyed either way."
        ),
        optional=True,
    )


def _label(dossier: Dossier, option_id: UUID) -> str:
    option = dossier.option(option_id)
    return text.cut(text.one_line(option.title), 150) if option else "Option"


def _digit(value: int | None) -> str | None:
    return None if value is None else str(value)


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
