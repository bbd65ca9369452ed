"""What the bot promises about secrecy, in plain words: before scoring and on every page of a ballot."""

from bot.domain.round import Thresholds


def thresholds_in_words(thresholds: Thresholds) -> str:
    """Who will be able to see what, by the number of ballots."""
    few, many = thresholds.ranking, thresholds.totals
    return (
        f"What the team sees after scoring closes: below {few} ballots nothing, and the decider resolves by "
        f"reason only. {_span(few, many)}the ranking and how solid it is, the criterion to talk about, totals to the "
        f"nearest half, and comments only of those who share them. From {many} on totals and averages to one decimal "
        f"(averages only of {thresholds.cell} scores or more), how far the scores agree, and all comments, without "
        "names."
    )


def secrecy() -> str:
    """The claim, and no more."""
    return (
        "While scoring is open nobody is shown a score. Once the result is published, nothing that links you "
        "to a score is kept. That you have scored is not secret; what you scored is."
    )


def _span(few: int, many: int) -> str:
    return "" if few >= many else f"With {few} to {many - 1}: " if few < many - 1 else f"With {few}: "
