"""Decided cases of before, laid straight into the database of a test: what a search is to find."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg

NOW = datetime.now(UTC)
OPTIONS = ("Full refund", "Half of it back", "No refund")


def decided(
    url: str,
    team_id: UUID,
    *,
    title: str = "Refund for the outage",
    description: str = "The outage of Tuesday cost them a day.",
    decision_type: str = "refund_request",
    customer: str = "Globex",
    amount: Decimal | None = Decimal(1000),
    choice: int = 1,
    costs: tuple[int | None, ...] = (1000, 500, 0),
    options: tuple[str, ...] = OPTIONS,
    reason: str = "It seems fair.",
    age: timedelta = timedelta(days=30),
    stayed: bool | None = True,
    currency: str = "USD",
) -> UUID:
    """One decided case; returns its id. choice: which of the options was chosen. age: since it was decided."""
    decision_id, option_ids = uuid4(), [uuid4() for _ in options]
    with psycopg.connect(url) as c:
        row = c.execute("SELECT id FROM team_members WHERE team_id = %s LIMIT 1", [team_id]).fetchone()
        assert row is not None
        c.execute(
            "INSERT INTO customer_decisions (id, team_id, created_by, customer_name, title, description, decision_type,"
            " financial_impact, status, current_phase, actual_resolution_date, created_at, currency)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'resolved', 6, %s, %s, %s)",
            [decision_id, team_id, row[0], customer, title, description, decision_type, amount]
            + [(NOW - age).replace(tzinfo=None)] * 2
            + [currency],
        )
        for place, (option_id, option, cost) in enumerate(zip(option_ids, options, costs, strict=True)):
            c.execute(
                "INSERT INTO response_options (id, decision_id, title, description, financial_cost, created_by,"
                " position) VALUES (%s, %s, %s, '', %s, %s, %s)",
                [option_id, decision_id, option, cost, row[0], place],
            )
        c.execute(
            "INSERT INTO decision_outcomes (decision_id, selected_option_id, reason, customer_retained, resolved_by,"
            " recorded_at) VALUES (%s, %s, %s, %s, %s, now())",
            [decision_id, option_ids[choice], reason, stayed, row[0]],
        )
    return decision_id
