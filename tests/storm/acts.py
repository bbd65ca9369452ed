"""What a crowd does, as data that a seed gives: each act means the same, or nothing, after others were taken out."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

MINUTE = timedelta(minutes=1)
WEIGHTS = {
    "goes_on": 600,
    "commands": 30,
    "opens": 30,
    "presses_old": 50,
    "repeats": 20,
    "repeats_old": 20,
    "walks_away": 10,
    "runs_team": 22,
    "leaves_slack": 6,
    "breaks_slack": 30,
    "time_moves": 40,
    "ticks": 15,
}
"""How often each kind of act comes, of all of them; the kinds are the methods of `crowd.Crowd`."""
TOGETHER = 0.25
"""So many acts begin at the same time as the one before."""
TWICE, LOST = 0.06, 0.06
"""So many presses come twice at once; of so many the app's answer is lost."""


@dataclass(frozen=True)
class Act:
    """who: a number that stands for somebody, whatever the size of the crowd. luck: the seed of what it chooses."""

    kind: str
    who: int
    luck: int
    joins: bool = False
    """Whether it begins at the same time as the act before."""


def drawn(seed: int, many: int) -> list[Act]:
    """So many acts, the same for the same seed."""
    dice = random.Random(seed)
    kinds = dice.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=many)
    return [Act(kind, dice.randrange(10**6), dice.randrange(10**9), dice.random() < TOGETHER) for kind in kinds]


def groups(acts: Sequence[Act]) -> Iterator[list[Act]]:
    """Those that begin at the same time."""
    found: list[Act] = []
    for act in acts:
        if found and not act.joins:
            yield found
            found = []
        found.append(act)
    if found:
        yield found
