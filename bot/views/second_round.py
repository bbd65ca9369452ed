"""A second round beside the first: the question to the decider, and the first result, which stays on every screen."""

from datetime import datetime

from bot.domain.action import Action
from bot.domain.decision import Dossier
from bot.views import headline
from bot.views.promise import second_in_words
from bot.views.result import ranking_lines
from bot.views.round import closing
from bot.views.slack import kit, text
from bot.views.window import decision_modal, heading

FIRST = "First round"


def ask(dossier: Dossier, *, closes_at: datetime) -> kit.View:
    """Everything that somebody should know before they press; closes_at: the proposal for the closing time."""
    decision, round_ = dossier.decision, dossier.round
    blocks = [
        heading(decision, _why(dossier)),
        *([kit.section(_how(len(round_.roster)))] if round_ else []),
        *([kit.section(second_in_words(round_.thresholds))] if round_ else []),
        kit.context("There is one second round, and no third. It cannot be taken back; cancelling ends the decision."),
        closing().block(closes_at, thing=decision.id, revision=decision.revision),
    ]
    return decision_modal(dossier, Action.SECOND_ROUND, blocks, submit="Ask once more")


def _why(dossier: Dossier) -> str:
    found = dossier.result
    stated = headline.statement(dossier, found) if found else "The first result leaves open who is ahead."
    split = headline.splits(dossier, found) if found else None
    return " ".join(filter(None, [stated, split, "Talk it over first; then ask the team once more."]))


def _how(people: int) -> str:
    return (
        f"Those of the first round's {text.count('person', people)} who are still active score anew, from empty "
        "pages: same options, same criteria, same weights, same rules. The scores of the first round are set aside, "
        "sealed; nobody is shown them again."
    )


def first_on_card(dossier: Dossier, *, room: int = 150) -> list[kit.Block]:
    """The first result's ranking beside a second round; nothing where there is none."""
    first = dossier.first_result
    if first is None:
        return []
    lines = ranking_lines(dossier, first, room=room)
    return [kit.section(f"*{FIRST}*\n{text.fit(lines, 1800, more=', see Show details')}")]


def first_in_details(dossier: Dossier) -> list[kit.Block]:
    """The same for the modal, with how many had scored; the comments that follow are those of the first round."""
    first = dossier.first_result
    if first is None:
        return []
    lines = text.fit(ranking_lines(dossier, first), 2900)
    return [
        kit.divider(),
        kit.section(f"*Result of the first round*\n{lines}"),
        kit.context(f"{headline.turnout(first)} Comments are of this round."),
    ]
