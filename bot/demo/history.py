"""Owns what the sample team has decided in the year before a visitor comes: forty cases of six types, with outcomes.

They go straight into the tables, in one transaction: through the use cases they would take minutes. Nobody scored them,
so they have no round and no card; everything else of them is as if they had been decided here.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from uuid import uuid4

import psycopg

from bot.store.connection import conninfo

_OPTIONS = {
    "refund_request": ("Full refund", "Partial refund of 50 %", "No refund, but an apology"),
    "billing_dispute": ("Correct the bill in full", "Credit half of it", "The bill stands"),
    "service_escalation": ("All they ask for, at once", "A part of it, by Friday", "No, with reasons"),
    "policy_exception": ("Grant the exception in full", "Grant it once, in part", "Keep to the policy"),
    "contract_modification": ("Accept the change as asked", "Meet them half way", "Decline the change"),
    "churn_prevention": ("Give them all they ask for", "Half the discount for a year", "Let them go"),
}
_COSTS = (1.0, 0.5, 0.0)
"""Of the three, as shares of what is at stake."""


@dataclass(frozen=True)
class Past:
    """A decided case. choice: which of its type's options. days: since it was decided. stayed: the customer; None where
    nobody knows."""

    decision_type: str
    customer: str
    title: str
    description: str
    amount: int
    choice: int
    days: int
    stayed: bool | None = True


_REASONS = (
    "The mistake was ours, and they have been patient.",
    "It meets them fairly without setting a precedent that we cannot keep.",
    "The agreement is plain, and others in the same place got the same answer.",
)


_RESOLVERS = 3
"""So many took turns: what outcomes teach is told only where it is about several people."""


def past() -> list[Past]:
    """All of them, in the order of the file."""
    text = resources.files("bot.demo").joinpath("history.json").read_text(encoding="utf-8")
    return [Past(**row) for row in json.loads(text)]


def load(url: str, *, now: datetime) -> None:
    """Insert them for the one team that there is, decided so many days before `now`. Blocks."""
    with psycopg.connect(conninfo(url)) as c:
        team = c.execute("SELECT id FROM teams").fetchone()
        members = c.execute("SELECT id FROM team_members ORDER BY escalation_authority, email").fetchall()
        assert team is not None  # the sample was loaded
        turns: Counter[str] = Counter()
        for place, one in enumerate(sorted(past(), key=lambda one: -one.days)):
            resolver = len(members) - 1 - turns[one.decision_type] % _RESOLVERS
            owner = (resolver + 1 + place % (len(members) - 1)) % len(members)  # never the same person
            turns[one.decision_type] += 1
            _insert(c, one, team[0], members[owner][0], members[resolver][0], now - timedelta(days=one.days))


def _insert(c: psycopg.Connection, one: Past, team: object, owner: object, resolver: object, at: datetime) -> None:
    decision, titles = uuid4(), _OPTIONS[one.decision_type]
    options = [uuid4() for _ in titles]
    opened, decided, told = (_stored(at + timedelta(hours=hours)) for hours in (-48, 0, 2))
    typed = (one.customer, one.title, one.description, one.decision_type, one.amount)
    c.execute(_DECISION, [decision, team, owner, *typed, opened, decided])
    for n, (option, title, share) in enumerate(zip(options, titles, _COSTS, strict=True)):
        c.execute(_OPTION, [option, decision, title, round(one.amount * share), owner, n])
    ended = (one.stayed, _SATISFACTION[one.stayed], at + timedelta(days=14))
    chosen = (options[one.choice], _REASONS[one.choice])
    c.execute(_OUTCOME, [decision, *chosen, resolver, told, owner, *ended])


def _stored(at: datetime) -> datetime:
    """In UTC, without a zone: as the given columns have it."""
    return at.astimezone(UTC).replace(tzinfo=None)


_SATISFACTION = {True: 8, False: 3, None: None}
_DECISION = """
    INSERT INTO customer_decisions (id, team_id, created_by, customer_name, title, description, decision_type,
        financial_impact, status, current_phase, created_at, actual_resolution_date, revision, planned_revision)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'resolved', 6, %s, %s, 1, 1)
"""
_OPTION = """
    INSERT INTO response_options (id, decision_id, title, description, financial_cost, created_by, position)
    VALUES (%s, %s, %s, '', %s, %s, %s)
"""
_OUTCOME = """
    INSERT INTO decision_outcomes (decision_id, selected_option_id, reason, resolved_by, resolution_time_hours,
        response_sent_at, informed_by, customer_retained, customer_satisfaction_score, recorded_at)
    VALUES (%s, %s, %s, %s, 48, %s, %s, %s, %s, %s)
"""
