"""Many things, each for itself: which failures are a thing's own, and which end all of it."""

from collections.abc import Sequence
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from bot.errors import TryAgain
from bot.services import isolation
from bot.services.isolation import each


def of_database(error: type[psycopg.Error]) -> DBAPIError:
    return DBAPIError("", None, error())


AWAY, OWN = TryAgain("The database is away."), ValueError()
OF_A_ROW, OF_A_TABLE = of_database(psycopg.errors.NumericValueOutOfRange), of_database(psycopg.errors.UndefinedTable)
NO_STATE = of_database(psycopg.OperationalError)


class Work:
    """Fails as told, by turns."""

    def __init__(self, errors: Sequence[Exception | None]) -> None:
        self.errors = errors
        self.tried: list[int] = []

    async def __call__(self, number: int) -> None:
        self.tried.append(number)
        if error := self.errors[number]:
            raise error


@pytest.mark.parametrize("error", [AWAY, OF_A_TABLE, NO_STATE], ids=["no answer", "no table", "no connection"])
async def test_a_database_that_fails_three_times_in_a_row_ends_it(error: Exception) -> None:
    work = Work([error] * 5)

    with pytest.raises(type(error)):
        await each("broken", range(5), work)

    assert work.tried == [0, 1, 2]


@pytest.mark.parametrize(
    ("between", "broken"), [(None, {}), (OWN, {2: "ValueError"}), (OF_A_ROW, {2: "NumericValueOutOfRange"})]
)
async def test_failures_of_the_database_with_another_end_between_them_do_not(
    between: Exception | None, broken: dict[int, str]
) -> None:
    found = await each("broken", range(6), Work([AWAY, AWAY, between, AWAY, AWAY, None]))

    assert found.done == ([5] if between else [2, 5])
    assert found.broken == broken


async def test_what_fails_by_itself_stops_nobody_else_and_is_said_with_its_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[tuple[str, str, str]] = []
    log = SimpleNamespace(error=lambda event, *, id, error, **_: said.append((event, id, error)))
    monkeypatch.setattr(isolation, "log", log)

    found = await each("it broke", range(5), Work([OWN, OF_A_ROW, OWN, OF_A_ROW, None]))

    assert (found.done, list(found.broken)) == ([4], [0, 1, 2, 3])
    row = "NumericValueOutOfRange"
    assert said == [("it broke", str(at), error) for at, error in enumerate(["ValueError", row, "ValueError", row])]


async def test_in_one_transaction_the_first_failure_of_a_statement_ends_it_and_no_other_does() -> None:
    work = Work([OWN, None, OF_A_ROW, None])

    with pytest.raises(DBAPIError):
        await each("broken", range(4), work, away_after=1)

    assert work.tried == [0, 1, 2]
