"""What the scoring windows are made of: a criterion with its fields, comments, buttons. Sees one person's scores."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from bot.domain.decision import Dossier
from bot.domain.evaluation import COMMENT_LENGTH, CONFIDENCE, MAX_SCORE, MIN_SCORE, Ballot, Page, shuffled
from bot.domain.round import Round
from bot.views.dossier import option_facts, short_names, title_of
from bot.views.page_form import BACK, COMMENT
from bot.views.slack import element, ids, kit, text

DESCRIPTION_ROOM = 200
SUBMITTED = "What you submitted stands until you submit again."
FINE_PRINT = "Secret: your team never sees who scored what. Until scoring closes you may change your scores."


@dataclass(frozen=True)
class Sheet:
    """One person's scoring of a round, to be shown."""

    dossier: Dossier
    round: Round
    ballot: Ballot
    member_id: UUID
    revision: str

    @property
    def criterion_ids(self) -> tuple[UUID, ...]:
        return tuple(criterion for criterion, _ in self.round.weights)

    @property
    def option_ids(self) -> tuple[UUID, ...]:
        """In this person's own order."""
        return shuffled(self.round.option_ids, round_id=self.round.id, member_id=self.member_id)

    @property
    def skipped(self) -> list[str]:
        return [self.name(c) for c in self.criterion_ids if self.page(c).abstain]

    def page(self, criterion_id: UUID) -> Page:
        return self.ballot.pages.get(criterion_id, Page())

    def name(self, criterion_id: UUID) -> str:
        """Without what stands in parentheses at its end, where that tells the criteria apart."""
        return short_names(self.dossier.criteria).get(criterion_id, "Criterion")

    def title(self, option_id: UUID) -> str:
        option = self.dossier.option(option_id)
        return text.cut(text.one_line(option.title), 150) if option else "Option"


# --- What it is about ------------------------------------------------------------------------------------------------


def case(sheet: Sheet) -> kit.Block:
    """The case, and what is asked: one line each, and what else matters now."""
    about, closes = sheet.dossier.decision.case, text.moment(sheet.round.closes_at)
    lines = [
        f"*{text.inline(about.title, 150)}* · {text.inline(about.customer_name, 80)}",
        f"Score every option on every criterion. Scoring closes {closes}.",
    ]
    if sheet.round.is_second:
        lines.append("*Second round:* the same options afresh. What you scored in the first is set aside.")
    if sheet.ballot.is_submitted:
        lines.append(f"*{SUBMITTED}*")
    return kit.section("\n".join(lines))


def option_lines(sheet: Sheet) -> list[kit.Block]:
    """What is scored: the window hides the card, and a title alone says little."""
    return [kit.section(_option(sheet, option_id)) for option_id in sheet.option_ids]


def _option(sheet: Sheet, option_id: UUID) -> str:
    option = sheet.dossier.option(option_id)
    if option is None:
        return title_of(sheet.dossier, option_id)
    facts = option_facts(option, sheet.dossier.decision.currency)
    return f"*{text.inline(option.title, 150)}* · {facts}\n{text.inline(option.description, DESCRIPTION_ROOM)}"


# --- A criterion -----------------------------------------------------------------------------------------------------


def criterion(sheet: Sheet, criterion_id: UUID) -> list[kit.Block]:
    """Its heading with the button that skips it, then a number per option; nothing to fill in while it is skipped."""
    if sheet.page(criterion_id).abstain:
        return [kit.divider(), _heading(sheet, criterion_id)]
    return [
        kit.divider(),
        _heading(sheet, criterion_id),
        *(_score(sheet, criterion_id, option_id) for option_id in sheet.option_ids),
        _confidence(sheet, criterion_id),
    ]


def _heading(sheet: Sheet, criterion_id: UUID) -> kit.Block:
    found, name = sheet.dossier.criterion(criterion_id), sheet.name(criterion_id)
    lines = [f"{weighed(sheet, criterion_id)} · {MIN_SCORE} worst for us, {MAX_SCORE} best"]
    if found and found.description:
        lines.append(text.inline(found.description, DESCRIPTION_ROOM))
    if sheet.page(criterion_id).abstain:
        lines.append(_skipped(name))
    return kit.section(
        "\n".join(lines),
        accessory=_skip(name, criterion_id, is_skipped=sheet.page(criterion_id).abstain),
        block_id=kit.block_id("criterion", criterion_id, sheet.revision),
    )


def _skip(name: str, criterion_id: UUID, *, is_skipped: bool) -> kit.Element:
    """A button, because with a checkbox no score could be a required field: Slack would call each one optional.

    It bears the id of Back and of "Add a comment": whoever counts presses by their ids, in a log for example, does not
    learn that somebody abstained.
    """
    words = "I can judge" if is_skipped else "I can't judge"
    return kit.button(f"{words} {name}", ids.TURN_PAGE, value=str(criterion_id))


def weighed(sheet: Sheet, criterion_id: UUID) -> str:
    """ "*Trust* · weight 3 (67 %)"."""
    found, weights = sheet.dossier.criterion(criterion_id), dict(sheet.round.weights)
    total = sum(weights.values(), Decimal(0)) or Decimal(1)
    name = text.inline(found.name, 200) if found else "Criterion"
    share = text.per_cent(weights[criterion_id] / total * 100)
    return f"*{name}* · weight {text.number(weights[criterion_id])} ({share})"


def _skipped(name: str) -> str:
    return f"_You can't judge {text.inline(name, 100)}: it does not count._"


def _score(sheet: Sheet, criterion_id: UUID, option_id: UUID) -> kit.Block:
    typed = element.number_input(
        "score",
        initial=sheet.page(criterion_id).scores.get(option_id),
        least=MIN_SCORE,
        most=MAX_SCORE,
        placeholder=f"{MIN_SCORE} to {MAX_SCORE}",
    )
    # Both names: who hears the page, or has scrolled the heading away, knows what the number is of.
    label = f"{sheet.title(option_id)} · {sheet.name(criterion_id)}"
    return kit.input_block(label, typed, block_id=kit.block_id(f"score_{option_id}", criterion_id, sheet.revision))


def _confidence(sheet: Sheet, criterion_id: UUID) -> kit.Block:
    sure = sheet.page(criterion_id).confidence
    return kit.input_block(
        f"How sure are you about {sheet.name(criterion_id)}?",
        element.select("confidence", element.options(CONFIDENCE), initial=None if sure is None else str(sure)),
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
    top, saved = weighed(sheet, criterion_id), sheet.page(criterion_id)
    if saved.abstain:
        return f"{top}\n{_skipped(sheet.name(criterion_id))}"
    rows = [
        f"{title_of(sheet.dossier, option)}: *{saved.scores.get(option, 'no score yet')}*"
        for option in sheet.option_ids
    ]
    sure = f"\n_{CONFIDENCE[saved.confidence]}_" if saved.confidence else ""
    missing = "" if saved.is_complete(sheet.option_ids) else "\n*Not complete yet: press Back to score it.*"
    return f"{top}\n{text.fit(rows, 2600)}{sure}{missing}"


# --- Comments, buttons -----------------------------------------------------------------------------------------------


def comments(sheet: Sheet, *, is_unfolded: bool) -> list[kit.Block]:
    """Nothing in a second round, which publishes the ranking alone and would have to throw comments away."""
    if sheet.round.is_second:
        return []
    if not (is_unfolded or sheet.ballot.comments.texts):
        return [kit.actions([kit.button("Add a comment", ids.TURN_PAGE, value=COMMENT)])]
    asked = [_comment(sheet, option_id) for option_id in sheet.option_ids]
    return [kit.divider(), *asked, _share(sheet)]


def _comment(sheet: Sheet, option_id: UUID) -> kit.Block:
    saved = sheet.ballot.comments.texts.get(option_id)
    return kit.input_block(
        f"Comment on {sheet.title(option_id)}",
        element.text_input("comment", initial=saved, length=COMMENT_LENGTH, is_long=True),
        block_id=kit.block_id(f"comment_{option_id}", "check", sheet.revision),
        optional=True,
    )


def _share(sheet: Sheet) -> kit.Block:
    box, limits = element.option("Share although the team is small", "yes"), sheet.round.thresholds
    return kit.input_block(
        "My comments",
        element.checkboxes("share", [box], initial=["yes"] if sheet.ballot.comments.share else []),
        block_id=kit.block_id("share", sheet.round.id, sheet.revision),
        hint=(
            f"Unticked, your comments are destroyed unless {limits.totals} or more score; "
            f"with fewer than {limits.ranking} they are destroyed either way."
        ),
        optional=True,
    )


def steps(sheet: Sheet, *, has_back: bool = False) -> list[kit.Block]:
    """The buttons at the foot of every window, and the fine print."""
    name = sheet.dossier.decision.name
    back = kit.button("Back", ids.TURN_PAGE, value=BACK, label=f"Back to the previous page of {name}")
    later = kit.button("Save for later", ids.SAVE_FOR_LATER, label=f"Save your scores of {name} for later")
    shown = kit.button("What will be shown?", ids.WILL_BE_SHOWN)
    return [kit.actions([back, later, shown] if has_back else [later, shown]), kit.context(FINE_PRINT)]
