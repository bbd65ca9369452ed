"""What the scoring windows are made of: a criterion with its fields, comments, buttons. Sees one person's scores."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from uuid import UUID

from bot.domain.evaluation import COMMENT_LENGTH, CONFIDENCE, MAX_SCORE, MIN_SCORE, Ballot, Page, shuffled
from bot.domain.questions import Questions
from bot.views.page_form import BACK, COMMENT
from bot.views.questions import CriterionWords, Words, words_of
from bot.views.slack import element, ids, kit, text

SUBMITTED = "What you submitted stands until you submit again."
FINE_PRINT = "Secret: your team never sees who scored what. Until scoring closes you may change your scores."


@dataclass(frozen=True)
class Sheet:
    """One person's scoring of a round, to be shown."""

    questions: Questions
    ballot: Ballot
    member_id: UUID
    revision: str

    @cached_property
    def words(self) -> Words:
        return words_of(self.questions)

    @property
    def criterion_ids(self) -> tuple[UUID, ...]:
        return self.questions.criterion_ids

    @cached_property
    def option_ids(self) -> tuple[UUID, ...]:
        """In this person's own order."""
        return shuffled(self.questions.option_ids, round_id=self.questions.round_id, member_id=self.member_id)

    @property
    def skipped(self) -> list[str]:
        return [self.of(c).name for c in self.criterion_ids if self.page(c).abstain]

    def page(self, criterion_id: UUID) -> Page:
        return self.ballot.pages.get(criterion_id, Page())

    def of(self, criterion_id: UUID) -> CriterionWords:
        return self.words.criteria[criterion_id]


# --- What it is about ------------------------------------------------------------------------------------------------


def case(sheet: Sheet) -> kit.Block:
    """The case, and what is asked: one line each, and what else matters now."""
    submitted = f"\n*{SUBMITTED}*" if sheet.ballot.is_submitted else ""
    return kit.section(f"{sheet.words.case}{submitted}")


def option_lines(sheet: Sheet) -> list[kit.Block]:
    return [sheet.words.options[option_id].line for option_id in sheet.option_ids]


# --- A criterion -----------------------------------------------------------------------------------------------------


def criterion(sheet: Sheet, criterion_id: UUID) -> list[kit.Block]:
    """Its heading with the button that skips it, then a number per option; nothing to fill in while it is skipped."""
    if sheet.page(criterion_id).abstain:
        return [kit.divider(), _heading(sheet, criterion_id)]
    return [
        kit.divider(),
        _heading(sheet, criterion_id),
        *_scores(sheet, criterion_id),
        _confidence(sheet, criterion_id),
    ]


def _heading(sheet: Sheet, criterion_id: UUID) -> kit.Block:
    words, is_skipped = sheet.of(criterion_id), sheet.page(criterion_id).abstain
    skipped = f"\n{_skipped(words.name)}" if is_skipped else ""
    return kit.section(
        f"{words.heading}{skipped}",
        accessory=_skip(words.name, criterion_id, is_skipped=is_skipped),
        block_id=kit.block_id("criterion", criterion_id, sheet.revision),
    )


def _skip(name: str, criterion_id: UUID, *, is_skipped: bool) -> kit.Element:
    """A button, because with a checkbox no score could be a required field: Slack would call each one optional.

    It bears the id of Back and of "Add a comment": whoever counts presses by their ids, in a log for example, does not
    learn that somebody abstained.
    """
    words = "I can judge" if is_skipped else "I can't judge"
    return kit.button(f"{words} {name}", ids.TURN_PAGE, value=str(criterion_id))


def _skipped(name: str) -> str:
    return f"_You can't judge {text.inline(name, 100)}: it does not count._"


_SCORE = element.number_input("score", least=MIN_SCORE, most=MAX_SCORE, placeholder=f"{MIN_SCORE} to {MAX_SCORE}")


def _scores(sheet: Sheet, criterion_id: UUID) -> list[kit.Block]:
    """A field per option. Written out, not by `kit.input_block`: they are most of what is drawn of every page."""
    fields, scores = sheet.of(criterion_id).fields, sheet.page(criterion_id).scores
    return [
        {
            "type": "input",
            "block_id": f"{fields[option_id].name}:{sheet.revision}",
            "label": fields[option_id].label,
            "element": {**_SCORE, "initial_value": str(scores[option_id])} if option_id in scores else _SCORE,
            "optional": False,
        }
        for option_id in sheet.option_ids
    ]


_SURE = element.select("confidence", element.options(CONFIDENCE))


def _confidence(sheet: Sheet, criterion_id: UUID) -> kit.Block:
    sure = sheet.page(criterion_id).confidence
    return kit.input_block(
        f"How sure are you about {sheet.of(criterion_id).name}?",
        _SURE if sure is None else {**_SURE, "initial_option": _SURE["options"][sure - 1]},
        block_id=kit.block_id("confidence", criterion_id, sheet.revision),
        optional=True,
    )


# --- What was scored, to be read once more ---------------------------------------------------------------------------


def about_to_submit(sheet: Sheet) -> kit.Block:
    """How much the press of Submit hands in, and what not."""
    skipped = sheet.skipped
    scores = (len(sheet.criterion_ids) - len(skipped)) * len(sheet.option_ids)
    left = f" Left out: {text.inline(text.listing(skipped), 500)}." if skipped else ""
    return kit.section(f"You are about to submit {text.count('score', scores)}.{left}")


def summaries(sheet: Sheet) -> list[kit.Block]:
    return [kit.section(_summary(sheet, criterion_id)) for criterion_id in sheet.criterion_ids]


def _summary(sheet: Sheet, criterion_id: UUID) -> str:
    words, saved = sheet.of(criterion_id), sheet.page(criterion_id)
    top, options = words.weighed, sheet.words.options
    if saved.abstain:
        return f"{top}\n{_skipped(words.name)}"
    rows = [f"{options[option].name}: *{saved.scores.get(option, 'no score yet')}*" for option in sheet.option_ids]
    sure = f"\n_{CONFIDENCE[saved.confidence]}_" if saved.confidence else ""
    missing = "" if saved.is_complete(sheet.option_ids) else "\n*Not complete yet: press Back to score it.*"
    return f"{top}\n{text.fit(rows, 2600)}{sure}{missing}"


# --- Comments, buttons -----------------------------------------------------------------------------------------------


def comments(sheet: Sheet, *, is_unfolded: bool) -> list[kit.Block]:
    """Nothing in a second round, which publishes the ranking alone and would have to throw comments away."""
    if sheet.questions.is_second:
        return []
    if not (is_unfolded or sheet.ballot.comments.texts):
        return [kit.actions([kit.button("Add a comment", ids.TURN_PAGE, value=COMMENT)])]
    asked = [_comment(sheet, option_id) for option_id in sheet.option_ids]
    return [kit.divider(), *asked, _share(sheet)]


def _comment(sheet: Sheet, option_id: UUID) -> kit.Block:
    saved = sheet.ballot.comments.texts.get(option_id)
    return kit.input_block(
        f"Comment on {sheet.words.options[option_id].title}",
        element.text_input("comment", initial=saved, length=COMMENT_LENGTH, is_long=True),
        block_id=kit.block_id(f"comment_{option_id}", "check", sheet.revision),
        optional=True,
    )


def _share(sheet: Sheet) -> kit.Block:
    box, limits = element.option("Share them even if few score", "yes"), sheet.questions.thresholds
    return kit.input_block(
        "My comments",
        element.checkboxes("share", [box], initial=["yes"] if sheet.ballot.comments.share else []),
        block_id=kit.block_id("share", sheet.questions.round_id, sheet.revision),
        hint=(
            f"Unticked, they are deleted unless {limits.totals} or more score; "
            f"with fewer than {limits.ranking} they are deleted either way."
        ),
        optional=True,
    )


def steps(sheet: Sheet, *, has_back: bool = False) -> list[kit.Block]:
    """The buttons at the foot of every window, and the fine print."""
    return _steps(sheet.questions.name, has_back=has_back, is_submitted=sheet.ballot.is_submitted)


@lru_cache(1024)
def _steps(name: str, *, has_back: bool, is_submitted: bool) -> list[kit.Block]:
    """Kept: nobody may change them, windows share them."""
    back = kit.button("Back", ids.TURN_PAGE, value=BACK, label=f"Back to the previous page of {name}")
    later = kit.button("Save for later", ids.SAVE_FOR_LATER, label=f"Save your scores of {name} for later")
    shown = kit.button("What will be shown?", ids.WILL_BE_SHOWN)
    row = [*([back] if has_back else []), later, shown, *([] if is_submitted else [_recuse(name)])]
    return [kit.actions(row), kit.context(FINE_PRINT)]


def _recuse(name: str) -> kit.Element:
    """For whoever is partial, or knows too much; a ballot that is in cannot be taken out any more."""
    question = "You are not asked again in this round, and what you typed does not count. Nobody is told why."
    confirm = kit.confirm("Leave the scoring?", question, yes="Leave it to the others", no="Stay")
    words = "I should not score this one"
    return kit.button(words, ids.RECUSE, label=f"{words}: {name}", confirm=confirm)
