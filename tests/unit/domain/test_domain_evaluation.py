"""One person's scoring: what is complete, where to resume, and the order of the options."""

from collections.abc import Sequence
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.evaluation import Ballot, Comments, Page, shuffled

OPTIONS = tuple(UUID(int=10 + i) for i in range(3))
CRITERIA = tuple(UUID(int=20 + i) for i in range(3))
FULL = Page(scores=dict.fromkeys(OPTIONS, 7), confidence=4)
PARTIAL = Page(scores={OPTIONS[0]: 7})
ABSTAINED = Page(abstain=True)


@pytest.mark.parametrize(("page", "complete"), [(FULL, True), (ABSTAINED, True), (PARTIAL, False), (Page(), False)])
def test_a_page_is_complete_when_every_option_is_scored_or_the_person_abstains(page: Page, complete: bool) -> None:
    assert page.is_complete(OPTIONS) is complete


def test_confidence_may_stay_open() -> None:
    assert Page(scores=dict.fromkeys(OPTIONS, 7)).is_complete(OPTIONS)


@pytest.mark.parametrize(
    ("pages", "resume", "done"),
    [
        ((), 0, 0),
        ((FULL,), 1, 1),
        ((FULL, ABSTAINED), 2, 2),
        ((FULL, PARTIAL), 1, 1),
        ((FULL, PARTIAL, FULL), 1, 2),
        ((Page(), FULL, FULL), 0, 2),
        ((FULL, ABSTAINED, FULL), 3, 3),
    ],
)
def test_scoring_resumes_at_the_first_open_page_and_then_at_the_check_page(
    pages: Sequence[Page], resume: int, done: int
) -> None:
    ballot = Ballot(pages=dict(zip(CRITERIA, pages, strict=False)))

    assert ballot.first_open_page(CRITERIA, OPTIONS) == resume
    assert ballot.done_pages(CRITERIA, OPTIONS) == done


def test_pages_of_criteria_outside_the_round_do_not_count_as_done() -> None:
    ballot = Ballot(pages={UUID(int=99): FULL})

    assert (ballot.first_open_page(CRITERIA, OPTIONS), ballot.done_pages(CRITERIA, OPTIONS)) == (0, 0)


def test_a_ballot_shows_neither_scores_nor_comments_when_printed() -> None:
    ballot = Ballot(pages={CRITERIA[0]: FULL}, comments=Comments({OPTIONS[0]: "canary"}, share=True))

    printed = f"{ballot!r} {ballot.pages[CRITERIA[0]]!r} {ballot.comments!r}"

    assert printed == "Ballot(is_submitted=False) Page() Comments()"


IDS = st.lists(st.uuids(), max_size=12, unique=True)


@given(IDS, st.uuids(), st.uuids(), st.randoms(use_true_random=False))
def test_a_person_reads_the_options_in_one_order_however_they_are_stored(
    options: list[UUID], round_id: UUID, member_id: UUID, random: Random
) -> None:
    stored_otherwise = list(options)
    random.shuffle(stored_otherwise)

    order = shuffled(options, round_id=round_id, member_id=member_id)

    assert order == shuffled(stored_otherwise, round_id=round_id, member_id=member_id)
    assert sorted(order) == sorted(options)


def test_the_order_differs_between_people_and_between_rounds() -> None:
    by_person = {shuffled(OPTIONS, round_id=UUID(int=1), member_id=UUID(int=m)) for m in range(60)}
    by_round = {shuffled(OPTIONS, round_id=UUID(int=r), member_id=UUID(int=1)) for r in range(60)}

    assert (len(by_person), len(by_round)) == (6, 6)


def test_every_option_comes_first_for_about_as_many_people() -> None:
    firsts = [shuffled(OPTIONS, round_id=UUID(int=1), member_id=UUID(int=m))[0] for m in range(600)]

    assert all(150 < firsts.count(option) < 250 for option in OPTIONS)
