"""The thread beneath a card, in short: from when on, how much of it a language model reads, what it may say. Pure.

It helps those who are to score and have no time for fifty replies, so it has to be neutral: no name, no judgement,
nothing of how many are for what. An answer that is not is dropped whole. Words are what is looked for: an answer that
leans without any of them is shown.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from bot.domain.masking import Masked, is_named
from bot.domain.sketch import is_plain
from bot.domain.text import one_line

LEAST, GROWN = 12, 5
"""Replies of people: fewer are read as fast as what would stand here; so many more, and it is made anew."""
NEWEST = 200
LONGEST, READ = 2000, 12_000
"""Characters of one reply that is read, and of all. Replies are read whole: a cut could leave half a name standing."""
LENGTH = 500
LANGUAGES = ("english", "german", "spanish")
"""In which it may be written: those whose words `_LEANS` knows."""
_HEADS = (
    r"(?:\w+ ){0,2}(?:people|persons?|colleagues?|members?|participants?|replies|of (?:them|us|the team))"
    r"|(?:are|were|want|think|say|said|agree\w*|lean|support\w*)"
)
_LEANS = re.compile(
    rf"\b(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+|most|many|several|few|some|all|both) (?:{_HEADS})|"
    r"majority|minority|unanim\w+|consensus|every(?:one|body)|nobody|no one|"
    r"best|better|worst|worse|prefer\w*|favou?rite\w*|obvious\w*|clearly|winner|wins|"
    r"mehrheit\w*|einstimmig\w*|niemand|(?:alle|die meisten|viele|einige) (?:sind|wollen|finden|meinen)|"
    r"beste\w*|besser\w*|bevorzug\w*|eindeutig\w*|mayor[ií]a|nadie|"
    r"(?:todos|muchos|algunos) (?:est[aá]n|quieren|piensan)|"
    r"mejor\w*|peor\w*|prefier\w*|claramente|meilleur\w*|mieux|migliore?|melhor\w*)\b",
    re.IGNORECASE,
)
"""How many are for what, and judgements; what recommends is found by `is_plain`."""


@dataclass(frozen=True)
class Place:
    """A thread that may be told in short now: its decision is open, and the team wants a model to read."""

    decision_id: UUID
    team_id: UUID
    channel_id: str
    ts: str
    """Of the card above it."""
    language: str
    """The team's."""
    replies: int
    """How many people had written when it was last told in short; 0: never."""
    has_guests: bool
    """Whether guests may be in the team, who read no channel but those they are in."""
    readers: frozenset[str]
    """Slack ids of the team's active members."""
    options: tuple[str, ...] = field(repr=False)
    about: tuple[str, ...] = field(repr=False)
    """The customer's names, and those of the team and its people: what must not leave."""


@dataclass(frozen=True)
class Thread:
    replies: int
    """Of people, all of them."""
    text: str = field(repr=False)
    """The newest, a line each; nothing says whose."""

    @classmethod
    def of(cls, said: Sequence[str]) -> Self:
        """said: every reply of people, in order."""
        lines, left = [], READ
        for reply in reversed(said[-NEWEST:]):
            if len(reply) <= LONGEST:
                lines.append(f"- {one_line(reply)}")
                left -= len(lines[-1])
            if left < 0:
                break
        return cls(len(said), "\n".join(reversed(lines)))

    def is_due(self, before: int) -> bool:
        """before: how many there were when it was last told in short; 0: never. Fewer by now: some were deleted."""
        return self.replies >= LEAST and not before <= self.replies < before + GROWN


def language_for(team: str) -> str:
    """The team's, where what is said in it can be looked through; else English."""
    return team if team in LANGUAGES else LANGUAGES[0]


def shown(answer: str, gaps: Masked, *, names: Sequence[str], is_word: Callable[[str], bool]) -> str:
    """What of an answer may be shown, with amounts in it again; '' where it recommends, leans, names or is too long."""
    line = one_line(answer)
    if not is_plain(line, gaps.text, LENGTH) or _LEANS.search(line) or is_named(line, names=names, is_word=is_word):
        return ""
    restored = gaps.without_names().restored(line)
    return restored if len(restored) <= LENGTH else ""
