"""Rows inside of a row: so that one statement brings what several tables hold, each with as many rows as it has.

They come as JSON arrays, and are read to what they would be if they had been selected.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, ScalarSelect, Select, Text, Uuid, case, cast, func
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, aggregate_order_by

from bot.store import tables as t


class Inner:
    """The rows of some columns."""

    def __init__(self, *columns: ColumnElement[Any]) -> None:
        names = [column.key or "" for column in columns]
        self._row: Any = namedtuple("InnerRow", names)  # type: ignore[misc]
        self._readers = [_reader(column.type) for column in columns]
        # JSON has no decimals: read as a float, 0.1 would be another number.
        exact = [cast(column, Text) if isinstance(column.type, Numeric) else column for column in columns]
        self.json = func.json_build_array(*exact)
        self.joined = case((columns[0].is_not(None), self.json))
        """Of an outer join: null where there is no row, by its first column."""

    def one(self, query: Select[Any]) -> ScalarSelect[Any]:
        """The row that a query about these columns finds, for `read`."""
        return query.with_only_columns(self.json).scalar_subquery()

    def all(self, query: Select[Any], *order: ColumnElement[Any]) -> ScalarSelect[Any]:
        """All that it finds, in this order, for `read_all`."""
        return query.with_only_columns(func.json_agg(aggregate_order_by(self.json, *order))).scalar_subquery()

    def read(self, values: Sequence[Any] | None) -> Any:
        """A row with the columns as attributes; None for none."""
        if values is None:
            return None
        pairs = zip(self._readers, values, strict=True)
        return self._row._make(value if reader is None or value is None else reader(value) for reader, value in pairs)

    def read_all(self, rows: Sequence[Sequence[Any]] | None) -> list[Any]:
        return [self.read(values) for values in rows or ()]


def _reader(kind: Any) -> Callable[[Any], Any] | None:
    """What makes a value of this type from its JSON; None where it is that already."""
    match kind:
        case Uuid():
            return UUID
        case Numeric():
            return Decimal
        case TIMESTAMP():
            return datetime.fromisoformat
        case t.UtcDateTime():
            return _utc
        case ARRAY(item_type=Uuid()):
            return _ids
    return None


def _utc(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


def _ids(words: Sequence[str]) -> list[UUID]:
    return [UUID(one) for one in words]
