"""Of which decisions the pages on what outcomes teach speak: of a year, or of the latest so many."""

from typing import Any

from bot.domain.dashboard import Kind
from bot.domain.learning import MOST
from bot.services.dashboard import MOST_ENTRIES, Exceptions, Ways


def ways(decisions: int) -> Ways:
    return Ways((), [Kind("refund_request", decisions - 1, 0, 0, 0, 0), Kind("churn_risk", 0, 1, 0, 0, 0)])


def test_where_there_are_too_many_for_a_year_the_number_is_told() -> None:
    assert ways(MOST - 1).of_what == "the decisions opened in the last 12 months"
    assert ways(MOST).of_what == f"the latest {MOST} decisions"


def test_of_too_many_exceptions_as_well() -> None:
    one: Any = ("ABC", None)
    assert Exceptions((), [one] * (MOST_ENTRIES - 1)).of_what == "in the last 12 months"
    assert Exceptions((), [one] * MOST_ENTRIES).of_what == f"of late, in {MOST_ENTRIES} decisions"
