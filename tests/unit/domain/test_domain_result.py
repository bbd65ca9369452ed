"""Which results leave so much open that the team may be asked once more."""

from dataclasses import replace

import pytest

from bot.domain.agreement import Agreement
from bot.domain.result import ResultRow, ShownCell
from bot.domain.stability import StabilityLabel
from tests.support.dossiers import CRITERIA, OPTIONS, RESULT

FIRST, SECOND, THIRD = (option.id for option in OPTIONS)
CLEAR = replace(
    RESULT,
    label=StabilityLabel.CLEAR,
    rows=tuple(ResultRow(id_, place, None) for place, id_ in enumerate((FIRST, SECOND, THIRD), start=1)),
    cells=(),
)


def split_on(option: object) -> tuple[ShownCell, ...]:
    cells = [ShownCell(id_, CRITERIA[0].id, "5.0", Agreement.ALIGNED) for id_ in (FIRST, SECOND, THIRD)]
    return tuple(replace(c, agreement=Agreement.SPLIT) if c.option_id == option else c for c in cells)


@pytest.mark.parametrize(
    ("label", "is_open"),
    [
        (StabilityLabel.CLEAR, False),
        (StabilityLabel.LEANING, False),
        (StabilityLabel.TOO_CLOSE, True),
        (StabilityLabel.SPLIT, True),
        (None, False),
    ],
)
def test_a_result_that_is_too_close_or_split_invites_a_second_round(
    label: StabilityLabel | None, is_open: bool
) -> None:
    assert replace(CLEAR, label=label).invites_second_round is is_open


def test_so_does_a_shared_first_place_where_no_label_was_stored() -> None:
    tied = (ResultRow(FIRST, 1, None), ResultRow(SECOND, 1, None), ResultRow(THIRD, 3, None))

    assert replace(CLEAR, label=None, rows=tied).invites_second_round


@pytest.mark.parametrize(("option", "is_open"), [(FIRST, True), (SECOND, True), (THIRD, False), (None, False)])
def test_so_does_a_team_of_two_minds_about_one_of_the_first_two(option: object, is_open: bool) -> None:
    assert replace(CLEAR, cells=split_on(option)).invites_second_round is is_open


def test_the_runners_up_have_the_second_place_that_is_taken() -> None:
    def places(*taken: int | None) -> tuple[ResultRow, ...]:
        return tuple(ResultRow(option.id, place, None) for option, place in zip(OPTIONS, taken, strict=True))

    assert replace(CLEAR, rows=places(1, 2, None)).runners_up == (SECOND,)
    assert replace(CLEAR, rows=places(1, 1, 3)).runners_up == (THIRD,)
    assert replace(CLEAR, rows=places(1, 1, None)).runners_up == ()
    assert replace(CLEAR, rows=places(None, None, None)).runners_up == ()
