"""The thread beneath a card, in short, in the details of its decision: who made it stands first."""

from bot.domain.thread import LENGTH
from bot.views.slack import kit, text

TITLE = "*The thread in short* · by a language model; read the thread for what counts"


def in_short(words: str) -> list[kit.Block]:
    """Nothing where there is nothing to show."""
    return [kit.section(f"{TITLE}\n{text.inline(words, LENGTH)}")] if words else []
