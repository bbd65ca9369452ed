"""What the bot promises about secrecy, in plain words: before scoring, and upon every scoring window."""

from bot.domain.round import Round, Thresholds


def shown_afterwards(round_: Round) -> str:
    """Who will be able to see what of this very round."""
    return thresholds_in_words(round_.thresholds) if round_.follows is None else second_in_words(round_.thresholds)


def second_in_words(thresholds: Thresholds) -> str:
    """What a second round publishes, whatever its size."""
    return (
        f"What the team sees after a second round closes: of fewer than {thresholds.ranking} people nothing; else the "
        "ranking and how solid it is. No totals, no averages, no comments: two tables of them could be subtracted from "
        "each other. The result of the first round stays beside it."
    )


def thresholds_in_words(thresholds: Thresholds) -> str:
    """Who will be able to see what, by the number of ballots."""
    few, many = thresholds.ranking, thresholds.totals
    halves = min(max(thresholds.halves, few), many)
    return (
        f"What the team sees after scoring closes: of fewer than {few} people nothing, and the decider resolves by "
        f"reason only. {_span(few, halves) or _span(few, many)}the ranking and how solid it is, the criterion to talk "
        f"about, and comments only of those who share them. {_also(halves, many)}From {many} on also totals and "
        f"averages to one decimal (averages only of {thresholds.cell} scores or more), how far the scores agree, and "
        f"all comments, without names. Where one criterion has more than 80 % of the weight, there are below {many} "
        "neither totals nor a criterion to talk about."
    )


def _also(halves: int, many: int) -> str:
    span = _span(halves, many)
    return f"{span}also totals to the nearest half. " if span else ""


def secrecy() -> str:
    """The claim, and no more."""
    return (
        "While scoring is open nobody is shown a score. Once the result is published, nothing that links you "
        "to a score is kept. That you have scored is not secret; what you scored is."
    )


def _span(few: int, many: int) -> str:
    if few >= many - 1:
        return f"With {few}: " if few < many else ""
    return f"With {few} {'or' if few == many - 2 else 'to'} {many - 1}: "
