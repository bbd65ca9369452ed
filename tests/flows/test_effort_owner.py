"""What asking costs its owner, counted: from `/decide` to scoring started, with template criteria and two options.

A press is a button of a window or a message, Submit among them; the slash command is not counted. A window is a form
with inputs; one that only says what was done is none. A field is one that has to be filled: what is prefilled, or may
stay empty, is not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.people import Modal, Person
from tests.support.hands import modal_of
from tests.support.team import Team

GOALS = {"presses": 5, "windows": 3, "required fields": 9}
"""At most so many."""


@dataclass
class Counted:
    """Somebody's hands, and what they do. `windows` holds what was asked for in each, by its title."""

    person: Person
    presses: int = 0
    windows: dict[str, list[str]] = field(default_factory=dict)

    async def press(self, button: str, *, sees: str) -> Modal:
        self.presses += 1
        answer = await self.person.click(button)
        assert answer.ok, answer
        return await modal_of(self.person, at_least=sees)

    async def fill_in(self, values: Mapping[str, Any], *, sees: str) -> Modal:
        """Fill in the window that is open, submit it, and see what comes next."""
        view = await modal_of(self.person)
        self.windows[view.title] = _demanded(view)
        self.presses += 1
        await self.person.fill(values)
        answer = await self.person.submit()
        assert answer.ok, answer
        return await modal_of(self.person, at_least=sees)

    def table(self) -> dict[str, int]:
        fields = sum(map(len, self.windows.values()))
        return {"presses": self.presses, "windows": len(self.windows), "required fields": fields}


def _demanded(view: Modal) -> list[str]:
    """The inputs that have to be filled and are empty when the window opens."""
    blocks = [block for block in view.blocks if block["type"] == "input" and not block.get("optional")]
    labels = [block["label"]["text"] for block in blocks]
    return [label for label in labels if view.inputs[label] in ("", None, [])]


async def test_an_owner_asks_a_team_with_five_presses_three_windows_and_few_fields(team: Team) -> None:
    owner = Counted(team.house.person("lisa"))
    assert (await owner.person.slash("/decide Refund for ABC")).ok
    await modal_of(owner.person, at_least="Decide by")

    await owner.fill_in(
        {
            "Title": "Refund for ABC",
            "What happened": "They were down for six hours and want the month back.",
            "Type of decision": "Refund request",
            "Customer": "ABC Corporation",
            "Amount at stake": "12k",
        },
        sees="#1 created, USD 12,000 at stake.",
    )
    await owner.press("Add options", sees="Cost of option 3")
    await owner.fill_in(
        {"Option 1": "Full refund", "Cost of option 1": "12,000", "Option 2": "Half refund", "Cost of option 2": "6k"},
        sees="2 options added to #1; there are 2 now.",
    )
    await owner.press("Start scoring", sees="Who scores")
    await owner.fill_in({}, sees="Scoring of #1 has started. 4 people can score it.")

    assert team.state == ("evaluating", 4)
    counted = owner.table()
    rows = [f"| {what} | {number} | {GOALS[what]} |" for what, number in counted.items()]
    print("\n".join(["", "| owner, `/decide` to scoring started | counted | goal |", "|---|---|---|", *rows]))  # noqa: T201
    # The title came with the command: one who types it counts one field more.
    assert counted["required fields"] + 1 <= GOALS["required fields"], owner.windows
    assert counted["presses"] <= GOALS["presses"], counted
    assert counted["windows"] <= GOALS["windows"], owner.windows
