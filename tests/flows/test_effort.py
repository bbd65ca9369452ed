"""How much work it is to ask, to score and to read: counted while people play it, beside the goals.

A press is a button of a window or a message, Submit among them; the slash command is not counted. A window is a form
with inputs. A field counts that has to be filled: not what is prefilled or may stay empty. An action of a scorer is a
press, or a number or text typed; a menu is two. `docs/effort.md` shows the table.
"""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.domain.action import Action
from sandbox.views import View
from tests.support import steps
from tests.support.hours import ALWAYS
from tests.support.known import known
from tests.support.scoring import scores_in
from tests.support.steps import by
from tests.support.team import Team

PAGE = Path(__file__).resolve().parents[2] / "docs" / "effort.md"
FIRST_WORD = "asked: seconds from the start to the first word, at work"
GOALS = {
    "owner, `/decide` to scoring started: presses": 5,
    "owner: windows": 3,
    "owner: fields that have to be filled": 9,
    FIRST_WORD: 10,
    "scorer, 4 criteria x 3 options: actions": 16,
    "scorer: pages": 1,
    "scorer: words of fine print": 25,
    "result: words before the ranking": 30,
    "card: buttons, at most": 3,
    "card once decided: lines, at most": 8,
}
"""At most so many."""
CASE = {
    "Title": "Refund for ABC",
    "What happened": "They were down for six hours and want the month back.",
    "Type of decision": "Refund request",
    "Customer": "ABC Corporation",
    "Amount at stake": "12k",
}
TITLES = ("Full refund", "Half refund", "Credit note")
OPTIONS = {f"Option {n}": title for n, title in enumerate(TITLES, 1)} | {f"Cost of option {n}": "6k" for n in (1, 2, 3)}
MENUS = frozenset({"static_select", "radio_buttons", "checkboxes"})
STATES = {
    "defining": steps.defining,
    "criteria": steps.criteria,
    "options": steps.toms_options,
    "scoring": steps.tom_has_scored,
    "enough have scored": steps.quorum,
    "too few have scored": steps.no_quorum,
    "result": steps.result,
    "tie": steps.tie,
}
WHY = ("It leads.\n\nAnd it is what we have promised them in March, in writing, before the outage began. " * 12)[:1000]
OUTCOME = {
    "Customer satisfaction": "9",
    "Did the customer stay?": "Yes, the customer stayed",
    "Actual financial impact": "-7500",
}


@dataclass
class Hands:
    """Of one person, and what they do. windows: what had to be filled in each, by the inputs that it has."""

    team: Team
    name: str
    presses: int = 0
    typed: int = 0
    windows: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    fine_print: int = 0
    """The most words of it on a page."""

    async def begin(self, command: str, *, sees: str) -> None:
        assert (await self.team.house.person(self.name).slash(command)).ok
        await self._look(sees)

    async def press(self, what: str, *, sees: str = "", **where: Any) -> None:
        answer = await self.team.house.person(self.name).click(what, **where)
        assert answer.ok, answer
        self.presses += 1
        await self._look(sees)

    async def fill(self, values: Mapping[str, str]) -> None:
        menus = {block["label"]["text"] for block in self._inputs() if block["element"]["type"] in MENUS}
        await self.team.house.person(self.name).fill(values)
        self.typed += sum(2 if label in menus else 1 for label in values)

    async def submit(self, *, sees: str = "") -> None:
        answer = await self.team.house.person(self.name).submit()
        assert answer.ok, answer
        self.presses += 1
        await self._look(sees)

    async def _look(self, sees: str) -> None:
        shown = await self.team.modal(self.name, at_least=sees)
        if found := self._inputs():
            missing = [b["label"]["text"] for b in found if not b.get("optional")]
            demanded = [label for label in missing if shown.inputs[label] in ("", None, [])]
            self.windows.setdefault(tuple(block["block_id"] for block in found), demanded)
            self.fine_print = max(self.fine_print, _small_words(self._view()))

    def _view(self) -> View:
        workspace = self.team.house.sandbox.town.workspace
        return known(workspace.top(workspace.person(self.name).id))

    def _inputs(self) -> list[dict[str, Any]]:
        return [block for block in self._view().blocks if block["type"] == "input"]


def _small_words(view: View) -> int:
    """Words in grey beneath and between the fields."""
    contexts = [part["text"] for block in view.blocks if block["type"] == "context" for part in block["elements"]]
    hints = [block["hint"]["text"] for block in view.blocks if block.get("hint")]
    return sum(len(text.split()) for text in (*contexts, *hints))


async def test_asking_scoring_and_reading_take_no_more_than_the_goals(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)

    counted = {**await asking(team), **await scoring(team), **await reading(team), **await cards(team)}

    rows = [f"| {what} | {number} | {GOALS[what]} |" for what, number in counted.items()]
    print("\n".join(["", "| what | counted | goal |", "|---|--:|--:|", *rows]))  # noqa: T201 - `pytest -s` shows it
    assert counted.keys() == GOALS.keys()
    assert {what: number for what, number in counted.items() if number > GOALS[what]} == {}
    page = PAGE.read_text()
    assert [row for row in rows if FIRST_WORD not in row and row not in page] == []


async def asking(team: Team) -> dict[str, int]:
    """Lisa asks the whole team; how long until Tom hears of it."""
    owner = Hands(team, "lisa")
    await owner.begin("/decide Refund for ABC", sees="Decide by")
    await owner.fill(CASE)
    await owner.submit(sees="#1 created, USD 12,000 at stake.")
    await owner.press("Add options", sees="Cost of option 3")
    await owner.fill(OPTIONS)
    await owner.submit(sees="3 options added to #1; there are 3 now.")
    await owner.press("Start scoring", sees="Who scores")
    began = time.monotonic()
    await owner.submit(sees="Scoring of #1 has started. 4 people can score it.")
    await team.house.person("tom").see("Score #1 Refund for ABC")

    first_word = math.ceil(time.monotonic() - began)
    await team.house.person("lisa").close(everything=True)
    # The title came with the command: one who types it counts one field more.
    fields = sum(map(len, owner.windows.values())) + 1
    return dict(zip(list(GOALS)[:4], (owner.presses, len(owner.windows), fields, first_word), strict=True))


async def scoring(team: Team) -> dict[str, int]:
    """Everybody scores, Tom from the message that told him."""
    tom = await scored(team, "tom")
    for name in ("lisa", "mike", "sarah"):
        await scored(team, name)
    return dict(zip(list(GOALS)[4:7], (tom.presses + tom.typed, len(tom.windows), tom.fine_print), strict=True))


async def scored(team: Team, name: str) -> Hands:
    hands = Hands(team, name)
    where = {"channel": "dm"} if name == "tom" else {"within": "#1 ·", "channel": "customer-decisions"}
    await hands.press(Action.SCORE.label, **where)
    cells = scores_in((await team.modal(name)).inputs)
    assert len(cells) == 12
    await hands.fill(dict.fromkeys(cells, "7"))
    await hands.submit()
    await team.house.person(name).close(everything=True)
    return hands


async def reading(team: Team) -> dict[str, int]:
    """The result, as the channel is told of it."""
    await team.published()
    await team.settled()
    told = await team.house.person("tom").messages("#customer-decisions")
    (result,) = [message for message in told if message.text.startswith("Result of #1")]
    _, before, *_ = result.blocks
    return {"result: words before the ranking": len(before["text"]["text"].split())}


async def cards(team: Team) -> dict[str, int]:
    """Of Lisa's decision in every state."""
    seen = []
    for lead_to in STATES.values():
        await lead_to(team)
        seen.append(await team.card("tom"))
        await steps.cancelled(team)
    ended = [await team.card("tom"), *await decided(team)]
    for said in ("Decided: Partial credit", "By @mike", "> It leads.", "Customer satisfaction: 8 of 10"):
        assert said in ended[-1]
    buttons = max(len(re.findall(r"\[ .+? \]", card)) for card in (*seen, *ended))
    lines = max(len([line for line in card.splitlines() if line.strip()]) for card in ended)
    return {"card: buttons, at most": buttons, "card once decided: lines, at most": lines}


async def decided(team: Team) -> list[str]:
    """The card as it is resolved, informed, recorded and amended."""
    await steps.result(team)
    found = []
    for step in (
        by("mike", Action.RESOLVE, {"Option": steps.PARTIAL, "Reason": WHY}),
        by("mike", Action.INFORMED),
        by("lisa", Action.RECORD_OUTCOME, OUTCOME),
        by("lisa", Action.RECORD_OUTCOME, {"Customer satisfaction": "8"}),
    ):
        await step(team)
        found.append(await team.card("tom"))
    return found
