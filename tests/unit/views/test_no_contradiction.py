"""A result says one thing: over drawn teams, no two of its sentences contradict each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.domain.analysis import analyse
from bot.domain.decision import Dossier, Status
from bot.domain.publication import publish
from bot.domain.round import Thresholds
from bot.views import result
from sandbox.mrkdwn import Reader
from sandbox.screen import render_message
from tests.support import dossiers
from tests.support.ballots import Rows

OPTIONS = ("Apple", "Birch", "Cedar", "Daisy")
CRITERIA = ("Trust", "Costs", "Speed")
OPTION, CRITERION = f"({'|'.join(OPTIONS)})", f"({'|'.join(CRITERIA)})"
UNDECIDED = ("Too close to call", "The team is split")
FIRM = (
    "the lead is clear",
    "leans towards",
    "leads, but",
    "lead too",
    "No single weight",
    "the leader would be the same",
)
"""What says or supposes that somebody leads."""


@dataclass(frozen=True)
class Told:
    """One message of a result, read back from what is on the screen."""

    text: str

    @cached_property
    def headline(self) -> str:
        return self.text.split("\n")[1].strip()

    @property
    def is_open(self) -> bool:
        return self.headline.startswith(UNDECIDED)

    @cached_property
    def places(self) -> list[tuple[int, str]]:
        """(place, option), best first; without those that are not ranked."""
        found = re.findall(rf"^(\d)[.=]  {OPTION}", self.text, re.MULTILINE)
        return [(int(place), option) for place, option in found]

    @property
    def leaders(self) -> list[str]:
        return [option for place, option in self.places if place == 1]

    @property
    def contested(self) -> list[str]:
        """The options in the first two places that are taken."""
        first_two = sorted({place for place, _ in self.places})[:2]
        return [option for place, option in self.places if place in first_two]

    @cached_property
    def cells(self) -> dict[tuple[str, str], str]:
        """(option, criterion) -> "7.4", "6.5 (split)", as listed; without what is not shown."""
        lines = re.findall(rf"^{OPTION}: (?!not shown)(.+)$", self.text, re.MULTILINE)
        parts = ((option, part.split("\u00a0", 1)) for option, line in lines for part in line.split("\u00a0· "))
        return {(option, criterion): shown for option, (criterion, shown) in parts}

    @property
    def split_cells(self) -> set[tuple[str, str]]:
        return {cell for cell, shown in self.cells.items() if "(split)" in shown}

    def is_agreed(self, criterion: str) -> bool:
        """Whether every option in question shows a number without a mark there."""
        shown = [self.cells.get((option, criterion), "?") for option in self.contested]
        return all(re.fullmatch(r"[≤≥]? ?\d+\.\d", number) for number in shown)

    def line(self, words: str) -> str:
        """What follows these words on their line; "" where they are not said."""
        found = re.search(f"{re.escape(words)}(.*)$", self.text, re.MULTILINE)
        return found[1] if found else ""


@st.composite
def teams(draw: st.DrawFn) -> tuple[list[Rows], list[str]]:
    """Scores by person, option and criterion; and weights. Of few values: camps, ties, agreement are common."""
    people = draw(st.sampled_from((2, 3, 4, 5, 5, 6, 6, 7, 8)))
    options, criteria = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    values = draw(st.sampled_from([(1, 2, 8, 9), (5, 6, 7), (3, 7), (1, 4, 7, 10), tuple(range(1, 11))]))
    score = st.sampled_from((*values, None) if draw(st.booleans()) else values)
    usual = draw(st.lists(st.sampled_from(values), min_size=options, max_size=options))
    parted = draw(st.sets(st.integers(0, criteria - 1)))

    def cell(option: int, criterion: int) -> int | None:
        return draw(score) if criterion in parted else usual[option]

    rows: list[Rows] = [[[cell(o, k) for k in range(criteria)] for o in range(options)] for _ in range(people)]
    return rows, draw(st.lists(st.sampled_from(["0.5", "1", "3"]), min_size=criteria, max_size=criteria))


def a_dossier(people: Sequence[Rows], weights: Sequence[str], *, is_second: bool) -> Dossier:
    options = tuple(dossiers.an_option(i, OPTIONS[i]) for i in range(len(people[0])))
    criteria = tuple(dossiers.a_criterion(k, CRITERIA[k], weight) for k, weight in enumerate(weights))
    frozen = [(criterion.id, Decimal(criterion.weight)) for criterion in criteria]
    ballots = [
        {
            (option.id, criterion.id): score
            for option, row in zip(options, rows, strict=True)
            for criterion, score in zip(criteria, row, strict=True)
            if score is not None
        }
        for rows in people
    ]
    analysis = analyse(option_ids=[option.id for option in options], weights=frozen, ballots=ballots)
    found = publish(
        analysis, weights=frozen, ballots=len(people), people=8, thresholds=Thresholds(), is_second=is_second
    )
    return dossiers.a_dossier(Status.EVALUATING, 4, criteria=criteria, options=options, result=found)


def told(found: Dossier) -> list[Told]:
    return [Told(render_message(m["text"], m["blocks"], Reader())) for m in result.messages(found)]


@pytest.mark.slow
@given(teams(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_two_sentences_of_a_result_contradict_each_other(
    team: tuple[list[Rows], list[str]], is_second: bool
) -> None:
    for message in told(a_dossier(*team, is_second=is_second)):
        event(re.sub(OPTION, "X", message.headline)[:20])
        _has_one_headline(message)
        _names_nobody_of_too_few(message, people=len(team[0]))
        _leaves_nothing_aside_that_is_open(message)
        _names_camps_where_they_are(message)
        _sends_to_talk_where_opinions_differ(message)


def _has_one_headline(message: Told) -> None:
    """Few points or camps, never both; and where it is one of these, nothing is said of somebody who leads."""
    assert sum(words in message.text for words in UNDECIDED) == message.is_open
    assert not message.is_open or not [words for words in FIRM if words in message.text]
    before = message.text.split("\n1.  ")[0].split("\n1=  ")[0] if message.leaders else message.headline
    assert len(re.findall(r"\w+", before.split("\n", 1)[-1])) <= 30


def _names_nobody_of_too_few(message: Told, *, people: int) -> None:
    is_named = re.search(OPTION, message.text) is not None
    assert is_named == (people >= 3)
    assert message.headline.startswith("No ranking") == (people < 3)


def _leaves_nothing_aside_that_is_open(message: Told) -> None:
    for worse, better in re.findall(rf"leave {OPTION} aside: {OPTION}", message.text):
        assert not message.is_open
        assert worse not in message.leaders
        assert not {option for option, _ in message.split_cells} & {worse, better, *message.leaders}


def _names_camps_where_they_are(message: Told) -> None:
    """All criteria in one sentence, and none that the list below shows otherwise; the headline's are among them."""
    sentence = message.line("Where to talk: the team is in two camps on ")
    named = {
        (option, criterion)
        for criterion, options in re.findall(rf"{CRITERION} \(([^)]*)\)", sentence)
        for option in re.findall(OPTION, options)
    }
    assert named == {cell for cell in message.split_cells if cell[0] in message.contested}
    if message.headline.startswith("The team is split on"):
        assert set(re.findall(CRITERION, message.headline)) <= {criterion for _, criterion in named}
    if "hear both sides" in message.text:
        assert named or message.headline == "The team is split."


def _sends_to_talk_where_opinions_differ(message: Told) -> None:
    topics = re.findall(CRITERION, message.line("differ most on ") + message.line("Next: talk about "))
    for criterion in topics:
        assert not message.is_agreed(criterion)
    if message.cells and all(map(message.is_agreed, {criterion for _, criterion in message.cells})):
        assert "Where to talk" not in message.text
