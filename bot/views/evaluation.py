"""The scoring windows: up to 20 scores on one page, more on a page per criterion and one to check.

With `sheet` and `page_form` the only views that see scores. Ids and private_metadata carry ids of options, criteria and
the round, never a score.
"""

from uuid import UUID

from bot.domain.action import Action
from bot.domain.criterion import MAX_CRITERIA
from bot.domain.decision import Dossier
from bot.domain.evaluation import Ballot, fits_one_page
from bot.domain.option import MAX_OPTIONS
from bot.domain.questions import Questions
from bot.domain.round import turnout
from bot.errors import Invalid
from bot.views import sheet as on
from bot.views.page_form import PageForm, Turn, parse, parse_turn, require_complete, require_readable
from bot.views.promise import secrecy, shown_afterwards
from bot.views.sheet import Sheet
from bot.views.slack import ids, kit, notice, text

__all__ = [
    "PageForm",
    "Turn",
    "first_page",
    "pages",
    "parse",
    "parse_turn",
    "recused",
    "require_complete",
    "require_readable",
    "saved",
    "submitted",
    "will_be_shown",
    "window",
]

DRAFTS = "What was saved but never submitted does not count, and is deleted when scoring closes."


def pages(questions: Questions) -> int:
    """How many pages of scores there are; where it is more than one, the page with this index is the one to check."""
    return 1 if _is_one_page(questions) else len(questions.weights)


def first_page(questions: Questions, ballot: Ballot) -> int:
    """Where to resume: the first page that still wants something; of a submitted ballot the first of all."""
    if ballot.is_submitted or _is_one_page(questions):
        return 0
    return ballot.first_open_page(questions.criterion_ids, questions.option_ids)


def window(
    questions: Questions, ballot: Ballot, *, index: int, member_id: UUID, revision: str, shows_comments: bool = False
) -> kit.View:
    """The page with this index, prefilled; options in this person's own order.

    A fresh `revision` shows what the ballot holds; the same one keeps what was typed. shows_comments: the fields for
    comments are there although nothing was written yet.
    """
    sheet = Sheet(questions, ballot, member_id, revision)
    if _is_one_page(questions):
        return _whole(sheet, shows_comments=shows_comments)
    if index < len(sheet.criterion_ids):
        return _page(sheet, index)
    return _check(sheet, shows_comments=shows_comments)


def _whole(sheet: Sheet, *, shows_comments: bool) -> kit.View:
    """All of it on one page."""
    blocks = [
        on.case(sheet),
        *on.option_lines(sheet),
        *(block for criterion_id in sheet.criterion_ids for block in on.criterion(sheet, criterion_id)),
        *on.comments(sheet, is_unfolded=shows_comments),
        on.about_to_submit(sheet),
        *on.steps(sheet),
    ]
    return _modal(sheet, blocks, callback_id=ids.BALLOT, submit="Submit in secret", is_proven=_is_usual(sheet))


def _page(sheet: Sheet, index: int) -> kit.View:
    """One criterion of many."""
    blocks = [
        kit.header(f"Criterion {index + 1} of {len(sheet.criterion_ids)}"),
        on.case(sheet),
        *on.option_lines(sheet),
        *on.criterion(sheet, sheet.criterion_ids[index]),
        *on.steps(sheet, has_back=index > 0),
    ]
    return _modal(sheet, blocks, callback_id=ids.SCORE_PAGE, submit="Next", index=index, is_proven=_is_usual(sheet))


def _check(sheet: Sheet, *, shows_comments: bool) -> kit.View:
    """After the last criterion of many: everything to read once more, and comments."""
    blocks = [
        kit.header("Check your scores"),
        on.case(sheet),
        *on.summaries(sheet),
        *on.comments(sheet, is_unfolded=shows_comments),
        on.about_to_submit(sheet),
        *on.steps(sheet, has_back=True),
    ]
    index = len(sheet.criterion_ids)
    return _modal(sheet, blocks, callback_id=ids.CHECK_PAGE, submit="Submit in secret", index=index)


def _is_usual(sheet: Sheet) -> bool:
    """Whether another program has put in no more criteria and options than ours lets anybody."""
    return len(sheet.criterion_ids) <= MAX_CRITERIA and len(sheet.questions.option_ids) <= MAX_OPTIONS


def _modal(
    sheet: Sheet,
    blocks: list[kit.Block],
    *,
    callback_id: str,
    submit: str,
    index: int = 0,
    is_proven: bool = False,
) -> kit.View:
    return kit.modal(
        f"Score {sheet.questions.name}",
        blocks,
        callback_id=callback_id,
        submit=submit,
        close="Close without saving",
        metadata={"round": str(sheet.questions.round_id), "page": str(index), "rev": sheet.revision},
        is_proven=is_proven,
    )


def will_be_shown(dossier: Dossier) -> kit.View:
    """What this very round publishes, and what becomes of the rest. Raises Invalid without a round."""
    if dossier.round is None:
        raise Invalid(f"Scoring of {dossier.decision.name} has not started.")
    paragraphs = (secrecy(), shown_afterwards(dossier.round), DRAFTS)
    blocks = [kit.paragraph(paragraph) for paragraph in paragraphs]
    return kit.modal("What will be shown?", blocks, callback_id=ids.NOTICE, close="Back")


def saved(questions: Questions, ballot: Ballot) -> kit.View:
    """After "Save for later": an app cannot close a modal by a button, so it says what to do."""
    criteria = questions.criterion_ids
    done = ballot.done_pages(criteria, questions.option_ids)
    sentence = (
        f"Saved, {done} of {text.count('criterion', len(criteria))} complete. Close this window; "
        f"Score on {questions.name} resumes here. "
    )
    return notice.done("Saved", sentence + (on.SUBMITTED if ballot.is_submitted else "It counts once you submit it."))


def submitted(name: str, *, submitted: int, roster: int, closed: bool) -> kit.View:
    """After "Submit in secret": counts, nothing else. `name`: the decision's, "#42"."""
    then = (
        "Everybody has scored: scoring is closed and the result is on its way."
        if closed
        else f"Until scoring closes you may change it: press {Action.SCORE.label} on {name} again."
    )
    return notice.done(f"{name} submitted", f"Submitted in secret. {turnout(submitted, roster)}. {then}")


def recused(name: str) -> kit.View:
    sentence = f"You are excused from scoring {name}: nobody asks you again, and what you typed does not count."
    return notice.done(f"{name} left", sentence)


def _is_one_page(questions: Questions) -> bool:
    return fits_one_page(len(questions.weights), len(questions.option_ids))
