"""The attack behind the table in docs/secrecy.md: it finds no more and no less than trying every ballot does."""

import random
from itertools import product

import pytest

from benchmarks.secrecy_rates import EVEN, OPTIONS, UNEVEN, Played, a_round, determined, has_another, played
from bot.domain.result import Result, ResultRow


def printed(result: Result) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Numbers and places: what the attack uses."""
    rows: list[ResultRow] = list(result.rows)
    return (
        [(row.option_id, row.place, row.total) for row in rows],
        [(cell.option_id, cell.criterion_id, cell.mean) for cell in result.cells],
    )


def by_trying_everything(p: Played, *, options: int, criteria: int) -> set[tuple[int, int]]:
    """The cells in which every ballot of the last person that publishes the same has the same score."""
    values: dict[tuple[int, int], set[int]] = {}
    scale = range(1, 11)
    for given in product(scale, repeat=options * criteria):
        rows = tuple(given[o * criteria : (o + 1) * criteria] for o in range(options))
        if printed(played((*p.scores[:-1], rows), p.weights, is_before=p.is_before).result) == printed(p.result):
            for o, k in product(range(options), range(criteria)):
                values.setdefault((o, k), set()).add(rows[o][k])
    return {cell for cell, found in values.items() if len(found) == 1}


@pytest.mark.parametrize(("people", "is_before"), [(3, True), (3, False), (4, False), (5, False)])
def test_of_one_criterion_the_attack_finds_what_trying_every_ballot_finds(people: int, is_before: bool) -> None:
    dice = random.Random(people)
    for _ in range(3):
        scores = tuple(rows[:2] for rows in a_round(dice, people=people, criteria=1, is_similar=False))
        p = played(scores, EVEN[:1], is_before=is_before)

        found = determined(p, known=people - 1)

        assert found == by_trying_everything(p, options=2, criteria=1)


def share_told(people: int, known: int, criteria: int, *, is_before: bool = False, rounds: int = 25) -> float:
    dice, told = random.Random(9), 0
    for _ in range(rounds):
        scores = a_round(dice, people=people, criteria=criteria, is_similar=False)
        told += len(determined(played(scores, UNEVEN[:criteria], is_before=is_before), known=known))
    return told / (rounds * OPTIONS * criteria)


def test_two_of_three_who_compare_notes_get_hardly_a_score_of_the_third_any_more() -> None:
    """With totals to the nearest half they got more than a third of all scores on a single criterion."""
    assert share_told(3, 2, 1, is_before=True) > 0.3
    assert max(share_told(3, 2, criteria) for criteria in (1, 2)) < 0.02
    assert max(share_told(4, 3, criteria) for criteria in (1, 2)) < 0.05


def test_who_knows_four_of_five_ballots_knows_the_fifth() -> None:
    assert share_told(5, 4, 2) == 1


def test_a_score_that_is_determined_has_no_other_ballot() -> None:
    dice = random.Random(4)
    seen = 0
    for _ in range(6):
        p = played(a_round(dice, people=3, criteria=1, is_similar=False), EVEN[:1], is_before=True)
        for option, criterion in determined(p, known=2):
            seen += 1
            assert not has_another(p, dice, known=2, option=option, criterion=criterion)

    assert seen
