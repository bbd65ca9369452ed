"""What a card asks of its reader: three buttons at most in every state, and once decided eight lines at most."""

import re
from collections.abc import Awaitable, Callable

from bot.domain.action import Action
from tests.support import steps
from tests.support.steps import by, does
from tests.support.team import Team

MOST_BUTTONS, MOST_LINES = 3, 8
STATES: dict[str, Callable[[Team], Awaitable[None]]] = {
    "defining": steps.defining,
    "criteria": steps.criteria,
    "options": steps.toms_options,
    "scoring": steps.tom_has_scored,
    "enough have scored": steps.quorum,
    "too few have scored": steps.no_quorum,
    "result": steps.result,
    "tie": steps.tie,
}
DECIDED = ("resolved", "informed", "recorded", "amended", "cancelled")
WHY = ("It leads.\n\nAnd it is what we have promised them in March, in writing, before the outage began. " * 12)[:1000]


async def test_in_every_state_a_card_has_three_buttons_at_most_and_eight_lines_once_decided(team: Team) -> None:
    seen = {}
    for state, lead_to in STATES.items():
        await lead_to(team)
        seen[state] = await team.card("tom")
        await steps.cancelled(team)
        seen["cancelled"] = await team.card("tom")
    await steps.result(team)
    await does(team, "mike", Action.RESOLVE, {"Option": steps.PARTIAL, "Reason": WHY})
    seen["resolved"] = await team.card("tom")
    await does(team, "mike", Action.INFORMED)
    seen["informed"] = await team.card("tom")
    everything = {
        "Customer satisfaction": "9",
        "Did the customer stay?": "Yes, the customer stayed",
        "Actual financial impact": "-7500",
    }
    await by("lisa", Action.RECORD_OUTCOME, everything)(team)
    seen["recorded"] = await team.card("tom")
    await by("lisa", Action.RECORD_OUTCOME, {"Customer satisfaction": "8"})(team)
    seen["amended"] = await team.card("tom")

    counted = {state: (len(buttons(card)), len(lines(card))) for state, card in seen.items()}
    print(table(counted))  # noqa: T201 - the table is what a person wants to see of this test

    assert {state: found for state, found in counted.items() if found[0] > MOST_BUTTONS} == {}
    assert {state: counted[state] for state in DECIDED if counted[state][1] > MOST_LINES} == {}
    for said in ("Decided: Partial credit", "By @mike", "> It leads.", "Customer satisfaction: 8 of 10"):
        assert said in seen["amended"]


def buttons(card: str) -> list[str]:
    return re.findall(r"\[ (.+?) \]", card)


def lines(card: str) -> list[str]:
    """As the sandbox shows it, that of the buttons too."""
    return [line for line in card.splitlines() if line.strip()]


def table(counted: dict[str, tuple[int, int]]) -> str:
    rows = (f"| {state} | {pressed} | {height} |" for state, (pressed, height) in counted.items())
    return "\n".join(["| card | buttons | lines |", "|---|--:|--:|", *rows])
