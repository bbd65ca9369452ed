"""`docs/results.md`: what a team reads in six typical situations, made from real analyses of example ballots.

The page is compared with what the code says now. To write it anew: `UPDATE_DOCS=1 make test ARGS="-k results_page"`.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.domain.analysis import analyse
from bot.domain.decision import Dossier, Status
from bot.domain.publication import publish
from bot.domain.round import Thresholds
from bot.views import result
from sandbox.mrkdwn import Reader
from sandbox.screen import render_message
from tests.support import dossiers

PAGE = Path(__file__).resolve().parents[3] / "docs" / "results.md"
INTRODUCTION = """\
# What a result says

Six situations in which a team may find itself once scoring has closed, as Slack shows the message in the thread of the
decision's card. The case is the same each time: Acme & Sons ask for their money back after six weeks of outages; the
options are a full refund, half a refund and a credit note; the criteria are Trust (weight 3), Cost (1.5) and
Precedent (1), all pointing the same way: 10 is best for us. Only the scores differ.

Every message has the same order: who leads and how solid that is, what to do **next** (both together in at most 30
words), the ranking, a chart of the scores, what is worth knowing, the averages. Slack draws the chart as bars; where a
workspace has no charts, the same message comes without. The averages are a list and no table, which would be wider than
a phone; marked in it is where people differ, and that they agree elsewhere is said once. Screen readers and
notifications get the first lines and the ranking as one text. What members read avoids some words of ours:
[words.md](words.md).

One message says one thing. "Too close to call" is about few points, "the team is split" about camps: never both. Where
either is said, nothing may be left aside, and nothing is said to lead; nor is an option left aside about which the team
is in two camps, or where it is so about the leader. Where to talk is said only of a criterion on which opinions differ,
unless so few scored that how far they differ may not be shown: then, unless the lead is clear, it is the one on which
they differ most.

How solid a lead is: had other colleagues of the same company scored, how often would the same option lead? That is
worked out from how far those who scored differ from each other (how generous each of them is left out), with a weak
guess of it where they are few, and from how much options usually differ: half a point. The lead is **clear** where the
same option would lead in 90 of 100 cases or more (95 where at most four people scored); from 70 on the team **leans**
towards it; below that it is **too close to call**, or, where five or more scored and a criterion with at least a third
of the weight parts them in two camps over the first or second option, **the team is split**: the headline names the
criteria and how large the camps are, never who. Two camps are parted by three points or more, wider than any gap within
a camp. Numbers are shown from five people on, in steps of five. Equal totals are a tie, whatever the number. It says
nothing of what nobody in the company knows. How much a weight would have to move before another option leads is a
sentence of its own.

How far that may be believed: `make calibrate` plays companies of 400 people, of whom a few score, and looks whether the
leader of the few is what the whole company prefers. Over its eleven worlds (300 companies each at every size):

| people who scored | 2 | 3 | 4 | 5 | 6 | 8 | 12 | 20 |
|---|---|---|---|---|---|---|---|---|
| "clear" was right, as computed until version 3 | .73 | .81 | .81 | .85 | .88 | .92 | .94 | .97 |
| "clear" was right | .84 | .90 | .92 | .91 | .93 | .94 | .96 | .98 |
| "leaning" was right | .74 | .78 | .79 | .78 | .80 | .81 | .82 | .81 |
| the share stated and what happened differ by | .05 | .05 | .04 | .03 | .02 | .03 | .03 | .02 |

Where options are nearly equal, "clear" is said seldom (in 7 of 100 cases) and is right less often: in 87 of 100 over
all sizes. With strong personal favourites it is right in 88 of 100. The worst of all worlds and sizes were two people
in a company whose scores are mostly noise: 69 of 100.

What is shown depends on how many scored: the table is in the [README](../README.md#what-is-secret), the reasons
are in [decision 8](decisions/0008-what-a-result-gives-away.md).
"""


@dataclass(frozen=True)
class Situation:
    title: str
    about: str
    ballots: Sequence[str]
    """One per person: "9 8 7 / 6 6 6 / 4 5 5" = options / criteria."""


SITUATIONS = (
    Situation(
        "1. The lead is clear",
        "Five people scored, and all of them find the half refund best or nearly so.",
        (
            "4 3 2 / 8 7 6 / 6 8 8",
            "5 2 3 / 9 7 7 / 6 7 7",
            "4 4 2 / 8 8 6 / 5 7 8",
            "6 3 3 / 7 7 7 / 6 8 6",
            "4 2 3 / 9 6 6 / 5 8 7",
        ),
    ),
    Situation(
        "2. The team leans one way",
        "Four people scored, and not all prefer the half refund. Of four, no averages are shown.",
        (
            "7 4 4 / 8 7 6 / 5 8 8",
            "8 3 3 / 7 7 6 / 6 7 7",
            "5 4 2 / 8 7 7 / 5 9 8",
            "8 2 3 / 8 7 6 / 8 8 8",
        ),
    ),
    Situation(
        "3. Too close to call",
        "Five people scored, and what one option gains in trust the other gains in cost.",
        (
            "8 4 4 / 6 7 7 / 5 8 7",
            "9 5 3 / 7 6 6 / 5 7 8",
            "9 3 4 / 7 6 7 / 4 8 8",
            "9 3 4 / 6 7 6 / 5 9 7",
            "8 5 5 / 7 7 7 / 4 8 7",
        ),
    ),
    Situation(
        "4. The team is split",
        "Six people scored: three believe that the half refund keeps the customer's trust, three do not.",
        (
            "6 5 5 / 10 7 7 / 5 8 7",
            "7 4 5 / 9 7 7 / 6 7 6",
            "6 5 4 / 10 7 7 / 5 7 7",
            "7 4 5 / 3 7 7 / 7 7 7",
            "7 4 5 / 4 7 7 / 7 8 6",
            "6 4 5 / 3 7 6 / 7 8 7",
        ),
    ),
    Situation(
        "5. Three scored",
        "Three people scored. Of so few, totals would give away single scores: only the order and the label are shown.",
        ("4 3 2 / 8 7 6 / 6 8 8", "5 2 3 / 9 7 7 / 6 7 7", "6 4 2 / 7 6 6 / 7 7 8"),
    ),
    Situation(
        "6. Too few scored",
        "Two people scored.",
        ("8 3 4 / 6 7 7 / 5 8 7", "9 4 3 / 7 6 6 / 5 7 8"),
    ),
)


def dossier_of(situation: Situation) -> Dossier:
    criteria = (*dossiers.CRITERIA, dossiers.a_criterion(2, "Precedent", "1"))
    options, weights = dossiers.OPTIONS, tuple((k.id, k.weight) for k in criteria)
    ballots = [
        {
            (option.id, criterion.id): int(score)
            for option, row in zip(options, text.split("/"), strict=True)
            for criterion, score in zip(criteria, row.split(), strict=True)
        }
        for text in situation.ballots
    ]
    round_ = dossiers.a_round(submitted=len(ballots), people=dossiers.PEOPLE[:5], **dossiers.CLOSED)
    analysis = analyse(option_ids=[o.id for o in options], weights=weights, ballots=ballots)
    published = publish(
        analysis, weights=weights, ballots=len(ballots), people=max(5, len(ballots)), thresholds=Thresholds()
    )
    case = replace(dossiers.CASE, title="Refund for six weeks of outage")
    decision = dossiers.a_decision(Status.EVALUATING, 4, case=case)
    return dossiers.a_dossier(
        Status.EVALUATING, 4, decision=decision, criteria=criteria, round=round_, result=published
    )


def page() -> str:
    parts = [INTRODUCTION]
    for situation in SITUATIONS:
        first, *_ = result.messages(dossier_of(situation))
        shown = render_message(first["text"], first["blocks"], Reader())
        parts.append(f"## {situation.title}\n\n{situation.about}\n\n```text\n{shown}\n```\n")
    return "\n".join(parts)


def test_the_results_page_says_what_the_code_says() -> None:
    now = page()
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(now)

    assert PAGE.read_text() == now, 'docs/results.md is stale: UPDATE_DOCS=1 make test ARGS="-k results_page"'


@pytest.mark.parametrize(
    ("index", "stated", "step"),
    [
        (0, "Half refund leads, and the lead is clear.", "a decider presses Resolve."),
        (1, "The team leans towards Half refund.", "talk about Trust; then a decider presses Resolve."),
        (2, "Too close to call: Half refund or Full refund.", "talk it over; then a decider presses Resolve or Second"),
        (3, "The team is split on Trust: 3 and 3.", "hear both sides; then a decider presses Resolve or Second"),
        (4, "Too close to call: Half refund or Credit note.", "talk about Trust; then a decider presses Resolve or"),
        (5, "No ranking: 2 people scored, and at least 3 must", "talk it over; then a decider presses Resolve."),
    ],
)
def test_every_situation_of_the_results_page_says_what_to_do_next(index: int, stated: str, step: str) -> None:
    for message in result.messages(dossier_of(SITUATIONS[index])):
        shown = render_message(message["text"], message["blocks"], Reader())
        for text in (shown, message["text"]):
            assert stated in text
            assert f"Next: {step}" in text


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.title)
def test_at_most_30_words_stand_before_the_ranking(situation: Situation) -> None:
    for message in result.messages(dossier_of(situation)):
        header, top, *_ = message["blocks"]
        before = (
            [top["text"]["text"]]
            if "No ranking" in top["text"]["text"]
            else [header["text"]["text"], top["text"]["text"]]
        )

        assert len(re.findall(r"\w+", " ".join(before))) <= 30
