"""The sample team's past: enough of it that the demo shows what earlier cases are good for."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter

import psycopg

from bot.demo import history, sample
from bot.domain.choice import Kind, kind_of
from bot.domain.decision import DECISION_TYPES
from bot.domain.precedent import LEAST_RESOLVED
from tests.conftest import service_url

CHOSEN = """
    SELECT d.number, d.decision_type, r.title, o.customer_retained FROM customer_decisions d
    JOIN decision_outcomes o ON o.decision_id = d.id JOIN response_options r ON r.id = o.selected_option_id
    JOIN precedents p ON p.decision_id = d.id ORDER BY d.number
"""


def test_forty_cases_of_six_types_lie_behind_the_samples_own_within_seconds(database_url: str) -> None:
    url = service_url(database_url)
    sample.load(url, workspace_id="T0TECHCORP", domain="techcorp")
    began = perf_counter()

    history.load(url, now=datetime.now(UTC))

    took = perf_counter() - began
    with psycopg.connect(database_url) as c:
        rows = c.execute(CHOSEN).fetchall()
    types = Counter(kind for _, kind, _, _ in rows)
    assert [number for number, *_ in rows] == list(range(2, 42))
    assert types.keys() == DECISION_TYPES.keys()
    assert min(types.values()) >= 6
    assert len(rows) >= LEAST_RESOLVED
    assert {kept for *_, kept in rows} == {True, False, None}
    assert took < 15  # a second, on a machine that has nothing else to do


def test_what_each_option_is_can_be_read_from_its_title() -> None:
    for titles in history._OPTIONS.values():
        kinds = [kind_of(title, cost=Decimal(1), amount=None) for title in titles]
        assert kinds == [Kind.FULL, Kind.PARTIAL, Kind.NONE]
