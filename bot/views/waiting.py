"""What waits for a person, in a few words, for list and Home tab."""

from bot.domain.todo import WORDS as WORDS
from bot.domain.todo import button_words as button_words
from bot.domain.waiting import Waiting
from bot.views.slack import text


def todo(waits: Waiting) -> str:
    """ "score": an invitation to do something, in the middle of a sentence. As mrkdwn."""
    why = f": {text.inline(waits.gone, 80)}, its owner, is no longer active" if waits.gone else ""
    place = f", in the place of {text.inline(waits.absent, 80)}, who is away" if waits.absent else ""
    return f"{WORDS[waits.kind, waits.action]}{why}{place}"
