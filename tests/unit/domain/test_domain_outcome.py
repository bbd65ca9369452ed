"""How long it took, in whole hours, and what one press says of how it turned out."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from bot.domain.outcome import FOLLOW_UP, UNDO, Answer, Before, Forecast, Outcome, has_worked, resolution_hours
from bot.errors import Conflict

OPENED = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("took", "hours"),
    [
        (timedelta(0), 0),
        (timedelta(microseconds=1), 1),
        (timedelta(minutes=59), 1),
        (timedelta(hours=1), 1),
        (timedelta(hours=1, microseconds=1), 2),
        (timedelta(days=3), 72),
        (timedelta(days=365, seconds=1), 8761),
    ],
)
def test_resolution_takes_whole_hours_rounded_up(took: timedelta, hours: int) -> None:
    assert resolution_hours(OPENED, OPENED + took) == hours


def test_hours_are_counted_across_time_zones() -> None:
    resolved = datetime(2026, 5, 4, 13, 0, tzinfo=timezone(timedelta(hours=2)))

    assert resolution_hours(OPENED, resolved) == 2


AN_OUTCOME = Outcome(UUID(int=1), UUID(int=2), "It leads.", UUID(int=3), follow_up_date=OPENED + timedelta(days=14))
LATER = OPENED + timedelta(days=14, hours=1)


def test_what_worked_is_recorded_by_one_press_and_nothing_is_asked_any_more() -> None:
    after = AN_OUTCOME.answered(Answer.WORKED, now=LATER)

    assert (after.worked, after.recorded_at, after.follow_up_date) == (True, LATER, None)
    assert AN_OUTCOME.answered(Answer.FAILED, now=LATER).worked is False


def test_too_early_moves_the_date_once() -> None:
    moved = AN_OUTCOME.answered(Answer.EARLY, now=LATER)

    assert (moved.follow_up_date, moved.recorded_at, moved.worked) == (LATER + FOLLOW_UP, None, None)
    assert Answer.EARLY not in moved.answers
    with pytest.raises(Conflict, match="moved once already"):
        moved.answered(Answer.EARLY, now=LATER)


def test_never_ask_again_leaves_it_unknown_for_good() -> None:
    after = AN_OUTCOME.answered(Answer.NEVER, now=LATER)

    assert (after.worked, after.recorded_at, after.follow_up_date) == (None, LATER, None)


@pytest.mark.parametrize("answer", list(Answer))
def test_an_answer_is_taken_back_within_seven_days(answer: Answer) -> None:
    after = AN_OUTCOME.answered(answer, now=LATER)

    assert after.undone(now=LATER + UNDO) == AN_OUTCOME
    with pytest.raises(Conflict, match="for 7 days"):
        after.undone(now=LATER + UNDO + timedelta(seconds=1))
    with pytest.raises(Conflict, match="There is no answer to take back"):
        AN_OUTCOME.undone(now=LATER)


@pytest.mark.parametrize("answer", list(Answer))
def test_what_an_answer_took_away_survives_its_storing(answer: Answer) -> None:
    before = AN_OUTCOME.answered(answer, now=LATER).before

    assert before is not None
    assert Before.from_body(before.to_body()) == before


@pytest.mark.parametrize(
    ("said", "was_escalated", "stayed", "worked"),
    [
        (None, False, None, None),
        (None, False, True, True),
        (None, False, False, False),
        (None, True, True, False),
        (True, True, False, True),
        (False, False, True, False),
    ],
)
def test_whether_it_worked_is_as_said_else_as_far_as_the_rest_tells(
    said: bool | None, was_escalated: bool, stayed: bool | None, worked: bool | None
) -> None:
    assert has_worked(said, was_escalated=was_escalated, stayed=stayed) is worked


def test_how_sure_somebody_was_is_in_no_print() -> None:
    assert "90" not in repr(Forecast(UUID(int=1), UUID(int=2), 90, OPENED))
