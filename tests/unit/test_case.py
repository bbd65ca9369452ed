"""The case of a decision, field by field: what a new one must not be forgotten in."""

from dataclasses import fields

from bot.domain.decision import Case
from bot.store import tables
from tests.support import dossiers

FIELDS = {field.name for field in fields(Case)}
TEXTS = {field.name for field in fields(Case) if field.type in (str, str | None)}
OF_THE_DECISION = {
    *("id", "team_id", "created_by", "created_at", "updated_at", "number", "revision", "planned_revision"),
    *("status", "current_phase", "actual_resolution_date", "cancel_reason"),
    *("workspace_id", "channel_id", "permalink", "currency", "overdue_shown", "taken_from", "ladder"),
    *("financial_impact_before", "customer_value_before", "urgency_level_before", "called_off", "unheard"),
    *("late_shown", "erased_at", "proposal", "roster_group"),
    *("ai_classification", "ai_recommendations", "ai_confidence_score"),
}
"""Columns of `customer_decisions` that are no part of the case."""


def test_every_other_column_of_a_decision_is_a_field_of_its_case() -> None:
    assert {column.name for column in tables.customer_decisions.c} - OF_THE_DECISION == FIELDS


def test_the_case_that_tests_begin_with_says_something_in_every_field() -> None:
    # A promised reply waits for somebody: tests that are about it make one.
    unsaid = [field.name for field in fields(Case) if getattr(dossiers.CASE, field.name) == field.default]
    assert unsaid == ["promised_by"]


def test_the_worst_case_is_longer_in_every_text_that_people_type() -> None:
    worst = dossiers.worst(dossiers.situations()["define"], "x").decision.case

    as_usual = {name for name in TEXTS if getattr(worst, name) == getattr(dossiers.CASE, name)}
    assert as_usual == {"decision_type", "customer_tier"}, "which are chosen from a list"
