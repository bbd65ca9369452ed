"""A decision with all that belongs to it: in how many statements it is read, and that it is what was saved."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import Table, event, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Dossier
from bot.domain.outcome import Before
from bot.errors import NotFound
from bot.services import card as cards
from bot.store import dossier
from bot.store import tables as t
from bot.store.connection import Connection
from bot.store.db import Db, run_tx
from bot.store.inner import Inner
from tests.support.vault import ARound, Vault

TABLES = (
    t.customer_decisions,
    t.decision_criteria,
    t.response_options,
    t.decision_outcomes,
    t.rounds,
    t.round_members,
    t.card_messages,
    t.teams,
    t.team_members,
)


@pytest.fixture
def resolved(vault: Vault) -> ARound:
    """A decision that has something in every column that is read, beside another team's."""
    vault.a_round()
    r = vault.a_round()
    vault.do(
        """
        UPDATE customer_decisions SET status = 'resolved', current_phase = 6, workspace_id = 'T1', channel_id = 'C1',
            customer_value = 1200.10, financial_impact = 0.10, expected_resolution_date = '2026-12-01 09:30:00.25',
            actual_resolution_date = '2026-11-30', ai_classification = '{"a": [1.5, null]}', ai_confidence_score = 0.35,
            taken_from = %s, ladder = %s, called_off = '{}', customer_value_before = 3, promised_by = '2026-12-01'
        WHERE id = %s
        """,
        *(r.members[1], list(r.members), r.decision_id),
    )
    vault.do("UPDATE decision_criteria SET weight = 1.25, description = 'How' WHERE decision_id = %s", r.decision_id)
    vault.do("UPDATE response_options SET financial_cost = 99.90 WHERE decision_id = %s", r.decision_id)
    vault.do("UPDATE team_members SET expertise_areas = '{refunds,law}' WHERE id = %s", r.members[0])
    vault.do(
        "INSERT INTO decision_outcomes (decision_id, selected_option_id, resolved_by, recorded_at, before_answer, "
        "financial_impact_actual, response_sent_at) VALUES (%s, %s, %s, now(), %s, 12.30, '2026-11-30 10:00')",
        *(r.decision_id, r.options[0], r.members[2], Jsonb(Before(None, None, None, is_moved=False).to_body())),
    )
    vault.do("INSERT INTO slack_identities VALUES ('T1', 'U0', %s), ('T2', 'U9', %s)", r.members[0], r.members[1])
    vault.do(
        "INSERT INTO card_messages (decision_id, workspace_id, channel_id, ts) VALUES (%s, 'T1', 'C1', '1.1')",
        r.decision_id,
    )
    return r


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_a_row_inside_of_a_row_is_read_to_what_it_is_when_it_is_selected(
    resolved: ARound, db: Db, table: Table
) -> None:
    inner = Inner(*table.c)

    async def read(c: AsyncConnection) -> tuple[list[Any], list[Any]]:
        rows = (await c.execute(select(*table.c).order_by(*table.primary_key))).all()
        found = (await c.execute(select(inner.all(select(table), *table.primary_key)))).scalar_one()
        return [tuple(row) for row in rows], [tuple(row) for row in inner.read_all(found)]

    selected, inside = await run_tx(db, read)

    assert inside == selected
    assert [[type(value) for value in row] for row in inside] == [[type(value) for value in row] for row in selected]


async def test_it_is_one_statement_and_for_whoever_writes_one_more_that_locks(resolved: ARound, db: Db) -> None:
    statements: list[str] = []

    @event.listens_for(db.engine.sync_engine, "before_cursor_execute")
    def note(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    how: dict[str, Any] = {"decision_id": resolved.decision_id, "team_id": await _team(db, resolved)}
    statements.clear()
    await run_tx(db, lambda c: dossier.get(c, **how))
    assert len(statements) == 1

    await run_tx(db, lambda c: dossier.get(c, lock=True, **how))
    assert len(statements) == 3
    assert "FOR UPDATE" in statements[1]


async def _team(db: Db, r: ARound) -> Any:
    query = select(t.customer_decisions.c.team_id).where(t.customer_decisions.c.id == r.decision_id)

    async def read(c: AsyncConnection) -> Any:
        return (await c.execute(query)).scalar_one()

    return await run_tx(db, read)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the database past SQLAlchemy."""
    seen, execute = list[str](), Connection.execute

    async def counted(self: Connection, query: Any, *args: Any, **how: Any) -> Any:
        seen.append(query)
        return await execute(self, query, *args, **how)

    monkeypatch.setattr(Connection, "execute", counted)
    return seen


async def test_for_a_card_it_is_one_past_sqlalchemy_and_no_transaction(
    resolved: ARound, db: Db, seen: list[str]
) -> None:
    found = await cards.get(db, resolved.decision_id)

    assert len(seen) == 1
    assert (found.owner.slack_user_id, found.predecessor and found.predecessor.slack_user_id) == ("U0", None)
    assert found.resolver is not None
    assert found.resolver.id == resolved.members[2]
    assert found.decision.case.customer_value == Decimal("1200.10")
    assert found.decision.resolved_at == datetime(2026, 11, 30, tzinfo=UTC)
    assert found.decision.ladder == resolved.members
    assert [option.id for option in found.options] == list(resolved.options)
    assert [criterion.weight for criterion in found.criteria] == [Decimal("1.25")] * 2
    assert found.round is not None
    assert {asked.member_id for asked in found.round.members} == set(resolved.members)
    assert found.card is not None
    assert found.card.ts == "1.1"
    assert (found.result, found.first_result, found.ledger.requests) == (None, None, 1)


async def test_decisions_whose_cards_are_sent_at_once_are_read_together_and_each_is_its_own(
    vault: Vault, db: Db, seen: list[str]
) -> None:
    ids = [vault.a_round().decision_id for _ in range(4)]
    gone = uuid4()

    *found, missing = await asyncio.gather(*(cards.get(db, one) for one in (*ids, gone)), return_exceptions=True)

    assert len(seen) == 1
    assert [one.decision.id for one in found if isinstance(one, Dossier)] == ids
    assert isinstance(missing, NotFound)


async def test_a_choice_that_was_taken_back_is_none_and_a_voided_round_is_none(
    vault: Vault, resolved: ARound, db: Db
) -> None:
    taken_back = "SET status = 'evaluating', current_phase = 4 WHERE id = %s"
    vault.do(f"UPDATE customer_decisions {taken_back}", resolved.decision_id)
    vault.void(resolved)

    found = await cards.get(db, resolved.decision_id)

    assert (found.outcome, found.resolver, found.round) == (None, None, None)
