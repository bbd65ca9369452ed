"""The scoring windows: a page per criterion, then one to check. With `page_form` the only views that see scores.

Ids and private_metadata carry ids of options, criteria and the round, never a score.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

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
from bot.views.page_form import BACKWARDS, ONWARDS, PageForm, parse, parse_turn, require_complete
from bot.views.promise import secrecy, shown_afterwards
from bot.views.slack import element, ids, kit, notice, text

__all__ = [
    "PageForm",
    "check_page",
    "first_page",
    "page",
    "pages",
    "parse",
    "parse_turn",
    "require_complete",
    "saved",
    "submitted",
]

ABSTAIN = "I can't judge this one"
DESCRIPTION_ROOM = 200
_STAY = f'to leave it so, press "{ABSTAIN}" again.'
SUBMITTED = "Your submitted ballot stands until you submit again."
UNSAVED = (
    "Closing this window loses what is new on this page; Next, Back and Save for later keep it. "
    "Pages that were saved but never submitted do not count and are deleted when scoring closes."
)


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
    checked = element.checkboxes("checked", [element.option("I have checked my scores", "yes")])
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
    options = element.options(ANCHORS)
    order = shuffled(round_.option_ids, round_id=round_.id, member_id=member_id)
    return [
        kit.input_block(
            _label(dossier, option_id),
            element.select(
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
    facts = text.sentence_case(option_facts(option, dossier.decision.currency))
    return f"{facts} · {text.cut(text.one_line(option.description), DESCRIPTION_ROOM)}"


def _confidence(saved: Page, criterion_id: UUID, revision: str) -> kit.Block:
    options = element.options(CONFIDENCE)
    return kit.input_block(
        "How sure are you about this page?",
        element.select("confidence", options, initial=_digit(saved.confidence)),
        block_id=kit.block_id("confidence", criterion_id, revision),
        hint=f"Left empty it counts as {MAX_CONFIDENCE}. It never changes the ranking.",
        optional=True,
    )


def _abstained(saved: Page) -> list[kit.Block]:
    if not saved.abstain:
        return []
    return [kit.section(f"*You can't judge this one; it does not count.* To change that, score every option; {_STAY}")]


def _abstain(dossier: Dossier) -> kit.Block:
    """A button, because with a checkbox no score could be a required field: Slack would call each one optional.

    It bears the id of Back, in a block of its own: whoever counts presses by their ids, in a log for example, does not
    learn that somebody abstained.
    """
    label = f"{ABSTAIN}: leave this criterion of {dossier.decision.name} out"
    return kit.actions([kit.button(ABSTAIN, ids.TURN_PAGE, value=ONWARDS, label=label)])


def _steps(dossier: Dossier, *, has_back: bool) -> kit.Block:
    name = dossier.decision.name
    back = kit.button("Back", ids.TURN_PAGE, value=BACKWARDS, label=f"Back to the previous page of {name}")
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
    """Nothing in a second round, which publishes the ranking alone and would have to throw comments away."""
    if round_.follows is not None:
        return []
    asked = [_comment(dossier, ballot.comments, option, revision) for option in order]
    return [*asked, _share(ballot.comments, round_, revision)]


def _comment(dossier: Dossier, comments: Comments, option_id: UUID, revision: str) -> kit.Block:
    words = element.text_input("comment", initial=comments.texts.get(option_id), length=COMMENT_LENGTH, is_long=True)
    return kit.input_block(
        f"Comment on {_label(dossier, option_id)}",
        words,
        block_id=kit.block_id(f"comment_{option_id}", "check", revision),
        optional=True,
    )


def _share(comments: Comments, round_: Round, revision: str) -> kit.Block:
    box = element.option("Share although the team is small", "yes")
    limits = round_.thresholds
    return kit.input_block(
        "My comments",
        element.checkboxes("share", [box], initial=["yes"] if comments.share else []),
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
