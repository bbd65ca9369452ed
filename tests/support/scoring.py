"""What people type into a scoring window of the team's usual decision: two options, two criteria, all on one page."""

from collections.abc import Mapping, Sequence

from bot.domain.action import Action
from sandbox.people import Modal
from tests.support.hands import Hands

FULL, PARTIAL = "Full refund", "Partial credit"
TRUST, COST = "Trust", "Cost"
ADD_COMMENT = "Add a comment"


def typed(full: int | str | None, partial: int | str | None, *, on: Sequence[str] = (TRUST, COST)) -> dict[str, str]:
    """Label -> what stands in the field, for these criteria. None clears."""
    scores = {FULL: full, PARTIAL: partial}
    return {field(option, on=name): "" if s is None else str(s) for name in on for option, s in scores.items()}


def field(option: str, *, on: str) -> str:
    """The label of the field for a score."""
    return f"{option} · {on}"


def sure(level: int, *, on: Sequence[str] = (TRUST, COST)) -> dict[str, str]:
    return {f"How sure are you about {name}?": str(level) for name in on}


def skips(criterion: str) -> str:
    """The button beside its heading."""
    return f"I can't judge {criterion}"


def scores_in(inputs: Mapping[str, str]) -> list[str]:
    """The labels of all fields for scores in a window, from top to bottom."""
    return [label for label in inputs if " · " in label]


async def unfold_comments(hands: Hands, name: str) -> Modal:
    """The open scoring window with its fields for comments."""
    modal = await hands.modal(name)
    if ADD_COMMENT in modal.buttons:
        assert (await hands.house.person(name).click(ADD_COMMENT)).ok
    return await hands.modal(name, at_least="Comment on")


async def by_hand(hands: Hands, name: str, full: int, partial: int, *, comment: str = "", **more: str) -> None:
    """Score everything, with a comment on the first option, and submit it."""
    await hands.window(name, Action.SCORE)
    if comment:
        await unfold_comments(hands, name)
        more |= {f"Comment on {FULL}": comment}
    answer = await hands.submit(name, {**typed(full, partial), **more})
    assert answer.ok, answer
    await hands.modal(name, at_least="Submitted in secret")
