"""The pages of scores are not checked against Slack's limits each time they are made: here is shown that they fit."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.criterion import MAX_CRITERIA, Criterion
from bot.domain.decision import Dossier
from bot.domain.evaluation import COMMENT_LENGTH, Ballot, Comments, Page
from bot.domain.option import MAX_OPTIONS
from bot.domain.questions import questions_of
from bot.views import evaluation
from slack_limits import LimitError, view_problems
from tests.support import dossiers
from tests.support.known import known

TITLE, NAME, LONG = 500, 255, 5_000
"""What the columns take of an option and a criterion, and more than anybody may type of what they are about."""
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@st.composite
def asked(draw: st.DrawFn) -> Dossier:
    """A round of up to 12 criteria by 12 options, all of their texts as long as the database takes them."""
    pattern, title = draw(TEXTS), draw(TEXTS)
    found = dossiers.worst(dossiers.situations()[draw(st.sampled_from(["open", "second round"]))], pattern)
    found = dossiers.sized(found, draw(st.integers(2, MAX_OPTIONS)), draw(st.integers(1, MAX_CRITERIA)))
    weight = draw(st.decimals("0.10", "5.00", places=2))
    return replace(
        found,
        options=tuple(
            replace(o, title=dossiers.filled(title, TITLE), description=dossiers.filled(pattern, LONG))
            for o in found.options
        ),
        criteria=tuple(
            replace(k, name=dossiers.filled(title, NAME), description=dossiers.filled(pattern, LONG))
            for k in found.criteria
        ),
        round=replace(known(found.round), weights=tuple((k.id, weight) for k in found.criteria)),
    )


def ballot(draw: st.DrawFn, found: Dossier) -> Ballot:
    options = [o.id for o in found.options]
    pages = {k.id: _page(draw, options) for k in found.criteria}
    texts = {o: dossiers.filled(draw(TEXTS), COMMENT_LENGTH) for o in options} if draw(st.booleans()) else {}
    return Ballot(pages, Comments(texts, draw(st.booleans())), is_submitted=draw(st.booleans()))


def _page(draw: st.DrawFn, options: list[UUID]) -> Page:
    scores = draw(st.dictionaries(st.sampled_from(options), st.integers(1, 10)))
    return Page(scores, draw(st.none() | st.integers(1, 5)), draw(st.booleans()))


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    found = draw(asked())
    questions = questions_of(found)
    return evaluation.window(
        questions,
        ballot(draw, found),
        index=draw(st.integers(0, evaluation.pages(questions) - 1)),
        member_id=dossiers.LISA.id,
        revision="abc123",
        shows_comments=draw(st.booleans()),
    )


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(view=windows())
def test_no_page_of_scores_is_ever_over_a_limit(view: dict[str, Any]) -> None:
    assert view_problems(view) == []


def test_a_round_that_another_program_made_too_large_is_still_checked() -> None:
    found = dossiers.situations()["open"]
    many = tuple(Criterion(UUID(int=7000 + i), f"Criterion {i}", "", Decimal(1), i) for i in range(MAX_CRITERIA + 1))
    options = tuple(replace(found.options[0], id=UUID(int=8000 + i)) for i in range(60))
    round_ = replace(
        known(found.round), option_ids=tuple(o.id for o in options), weights=tuple((k.id, k.weight) for k in many)
    )

    with pytest.raises(LimitError):
        dossiers.score_window(replace(found, criteria=many, options=options, round=round_))
