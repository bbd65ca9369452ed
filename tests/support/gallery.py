"""Past decisions that fill every chart of the web pages: with rankings that were followed or not, and forecasts."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from bot.demo import history
from bot.domain.result import VERSION, Result, ResultRow, to_body
from bot.domain.round import Thresholds

SURE = (60, 70, 80, 90)


def fill(database_url: str) -> None:
    """The demo's forty decided cases, each with a published result, and with how sure its resolver was. Blocks."""
    history.load(database_url, now=datetime.now(UTC))
    with psycopg.connect(database_url) as c:
        people = [row[0] for row in c.execute("SELECT id FROM team_members ORDER BY email")]
        cases = c.execute(
            "SELECT d.id, d.created_at, o.selected_option_id, array_agg(r.id ORDER BY r.id) FROM customer_decisions d "
            "JOIN decision_outcomes o ON o.decision_id = d.id JOIN response_options r ON r.decision_id = d.id "
            "GROUP BY d.id, o.selected_option_id ORDER BY d.number"
        ).fetchall()
        for place, (decision, opened, chosen, options) in enumerate(cases):
            others = [option for option in options if option != chosen]
            ranking = [chosen, *others] if place % 4 else [others[0], chosen, *others[1:]]
            _publish(c, decision, opened, ranking)
            _decided_by(c, decision, chosen, people[(place // 4) % len(people)], SURE[place % len(SURE)])


def _publish(c: psycopg.Connection, decision: UUID, opened: datetime, ranking: list[UUID]) -> None:
    rows = tuple(ResultRow(option, place, f"{8.2 - place}") for place, option in enumerate(ranking, 1))
    body = json.dumps(to_body(Result(VERSION, 5, 5, Thresholds(), rows)))
    round_id, began = uuid4(), opened.replace(tzinfo=UTC) + timedelta(hours=5)
    closed = began + timedelta(hours=20)
    snapshot = json.dumps({"options": [str(one) for one in ranking], "criteria": [], "names": {}})
    thresholds = json.dumps({"ranking": 3, "halves": 4, "totals": 5, "cell": 5})
    c.execute(
        "INSERT INTO rounds (id, decision_id, number, opened_at, closes_at, closed_at, published_at, snapshot, "
        "thresholds) VALUES (%s, %s, 1, %s, %s, %s, %s, %s, %s)",
        [round_id, decision, began, closed, closed, closed, snapshot, thresholds],
    )
    c.execute("INSERT INTO round_results VALUES (%s, %s, 5, %s, %s)", [round_id, VERSION, body, closed])


def _decided_by(c: psycopg.Connection, decision: UUID, option: UUID, member: UUID, sure: int) -> None:
    # The option chosen anew, so that what the result says of it is kept beside it.
    chosen = "UPDATE decision_outcomes SET resolved_by = %s, selected_option_id = %s WHERE decision_id = %s"
    c.execute(chosen, [member, option, decision])
    c.execute("INSERT INTO forecasts VALUES (%s, %s, %s, %s, now())", [decision, option, member, sure])
