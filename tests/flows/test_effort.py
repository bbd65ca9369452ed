"""How much work it is to take part: what people press, choose and type while they play, counted, beside the goals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.domain.action import Action
from bot.domain.criterion import CriterionDraft
from sandbox.views import View
from tests.support.known import known
from tests.support.scoring import scores_in
from tests.support.team import Team

CRITERIA = tuple(CriterionDraft(name, Decimal(1)) for name in ("Trust", "Cost", "Fairness", "Precedent"))
OPTIONS = ("Full refund", "Half refund", "Credit note")
MENUS = frozenset({"static_select", "radio_buttons", "checkboxes"})
"""To open one and to choose from it are two actions."""
GOALS = {"actions": 16, "pages": 1, "words of fine print": 25}


@dataclass
class Effort:
    """Of one person. An action: a button, a number or a text typed; a menu is two. Pages: windows with fields."""

    team: Team
    name: str
    actions: int = 0
    pages: set[str] = field(default_factory=set)
    fine_print: int = 0
    """The most words of it on a page."""

    async def press(self, what: str, **where: Any) -> None:
        answer = await self.team.house.person(self.name).click(what, **where)
        assert answer.ok, answer
        await self._acted()

    async def fill(self, values: Mapping[str, str]) -> None:
        kinds = {block["label"]["text"]: block["element"]["type"] for block in self._inputs()}
        await self.team.house.person(self.name).fill(values)
        self.actions += sum(2 if kinds[label] in MENUS else 1 for label in values)

    async def submit(self) -> None:
        answer = await self.team.house.person(self.name).submit()
        assert answer.ok, answer
        await self._acted()

    async def _acted(self) -> None:
        self.actions += 1
        await self.team.modal(self.name)
        if self._inputs():
            self.pages.add(self._view().id)
            self.fine_print = max(self.fine_print, _small_words(self._view()))

    def _view(self) -> View:
        workspace = self.team.house.sandbox.town.workspace
        return known(workspace.top(workspace.person(self.name).id))

    def _inputs(self) -> list[dict[str, Any]]:
        return [block for block in self._view().blocks if block["type"] == "input"]

    def counted(self) -> dict[str, int]:
        return {"actions": self.actions, "pages": len(self.pages), "words of fine print": self.fine_print}


def _small_words(view: View) -> int:
    """Words in grey beneath and between the fields."""
    contexts = [part["text"] for block in view.blocks if block["type"] == "context" for part in block["elements"]]
    hints = [block["hint"]["text"] for block in view.blocks if block.get("hint")]
    return sum(len(text.split()) for text in (*contexts, *hints))


async def test_a_scorer_of_four_criteria_and_three_options_is_done_soon(team: Team) -> None:
    await team.to_scoring(titles=OPTIONS, drafts=CRITERIA)
    await team.card()
    lisa = Effort(team, "lisa")

    await lisa.press(Action.SCORE.label, within="#1 ·", channel="customer-decisions")
    await lisa.fill(dict.fromkeys(scores_in((await team.modal("lisa")).inputs), "7"))
    await lisa.submit()

    assert team.value("SELECT count(*) FROM evaluations") == 12
    found = lisa.counted()
    for what, number in found.items():
        print(f"scorer, 4 x 3: {what} {number} (goal {GOALS[what]})")  # noqa: T201 - the table; `pytest -s` shows it
    assert [what for what, number in found.items() if number > GOALS[what]] == []
