"""Decisions of earlier months, written straight into the tables: what a team has learnt from."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from tests.support.team import Team


def decided(
    team: Team,
    *,
    at: datetime,
    worked: bool | None = True,
    by: str = "mike",
    title: str = "Refund for the outage",
    customer: str = "Globex",
    decision_type: str = "refund_request",
    choice: str = "Partial credit",
    cost: int | None = 50,
    amount: int | None = 80,
) -> UUID:
    """A decision that was opened, resolved, and whose outcome is known or not; returns its id."""
    decision_id, option_id = uuid4(), uuid4()
    member = team.actors[by].member.id
    team.sql(
        "INSERT INTO customer_decisions (id, team_id, created_by, customer_name, title, description, decision_type, "
        "financial_impact, status, current_phase, created_at, actual_resolution_date, planned_revision, currency) "
        "VALUES (%s, %s, %s, %s, %s, 'As it was.', %s, %s, 'resolved', 6, timezone('UTC', %s::timestamptz), "
        "timezone('UTC', %s::timestamptz), 1, 'USD')",
        decision_id, team.actors[by].team.id, member, customer, title, decision_type,
        None if amount is None else Decimal(amount), at, at + timedelta(hours=2),
    )  # fmt: skip
    team.sql(
        "INSERT INTO response_options (id, decision_id, title, description, financial_cost, created_by) "
        "VALUES (%s, %s, %s, 'As it was.', %s, %s)",
        option_id, decision_id, choice, cost, member,
    )  # fmt: skip
    team.sql(
        "INSERT INTO decision_outcomes (decision_id, selected_option_id, reason, resolved_by, worked, recorded_at, "
        "response_sent_at) VALUES (%s, %s, 'It was right.', %s, %s, %s, timezone('UTC', %s::timestamptz))",
        decision_id, option_id, member, worked, at + timedelta(days=14), at + timedelta(hours=3),
    )  # fmt: skip
    return decision_id
