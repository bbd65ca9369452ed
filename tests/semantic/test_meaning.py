"""Vectors of cases in the database: made by the worker, compared in a search. The model here is one of few words."""

import hashlib
import math
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from bot.demo.techcorp import techcorp
from bot.semantic.vectors import DIMENSIONS
from bot.services import dossier as dossiers
from bot.services import meaning as meanings
from bot.services import precedent as precedents
from bot.store import decision, meaning
from bot.store.db import Db, connect, run_tx
from tests.conftest import service_url
from tests.db.store.test_precedents import a_team, rows
from tests.support.history import decided
from tests.support.house import living
from tests.support.team import Team, sarahs_team

SAME = {"money": "cash", "back": "cash", "refund": "cash"}


@dataclass(frozen=True)
class Toy:
    """Embeds a text as the places of its words; a few of them mean the same."""

    model: str = "toy:1"

    def embed(self, texts: Sequence[str]) -> bytes:
        return b"".join(self._row(text.lower().replace(".", " ").split()) for text in texts)

    def _row(self, words: Sequence[str]) -> bytes:
        places = {hashlib.sha256(SAME.get(w, w).encode()).digest()[0] for w in words}
        row = [1 / math.sqrt(len(places)) if n in places else 0.0 for n in range(DIMENSIONS)]
        return struct.pack(f"<{DIMENSIONS}e", *row)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Db]:
    opened = connect(service_url(database_url), budget_seconds=30)
    yield opened
    await opened.close()


async def near(db: Db, decision_id: UUID) -> list[UUID]:
    """Cases near to this one, which is there already."""

    async def work(c: Any) -> list[UUID]:
        (one,) = await decision.get_many(c, [decision_id])
        own = await meaning.find(c, decision_id)
        return [id_ for id_, _ in await meaning.of_scope(c, one, model=own[0])] if own else []

    return await run_tx(db, work)


MODELS = "SELECT model, count(*) FROM case_vectors GROUP BY 1 ORDER BY 1"


async def test_the_worker_embeds_what_has_no_vector_until_nothing_is_left(db: Db, database_url: str) -> None:
    team = a_team(database_url)
    for n in range(40):
        decided(database_url, team, title=f"Case {n}")

    counts = [await meanings.embed_some(db, Toy()) for _ in range(3)]

    assert counts == [32, 8, 0]
    assert rows(database_url, MODELS) == [("toy:1", 40)]


async def test_another_model_embeds_everything_anew_and_new_cases_first(db: Db, database_url: str) -> None:
    team = a_team(database_url)
    old = decided(database_url, team)
    await meanings.embed_some(db, Toy("toy:2"))
    new = decided(database_url, team)

    for model in ("toy:1", "toy:3"):  # before it and behind it in the index
        wanted = await run_tx(db, lambda c, m=model: meaning.wanted(c, model=m, at_most=9))  # type: ignore[misc]
        assert [one.decision_id for one in wanted] == [new, old]
    await meanings.embed_some(db, Toy("toy:3"))

    assert rows(database_url, MODELS) == [("toy:3", 2)]


async def test_a_changed_text_loses_its_vector_and_any_other_change_keeps_it(db: Db, database_url: str) -> None:
    decided(database_url, a_team(database_url))
    await meanings.embed_some(db, Toy())

    rows(database_url, "UPDATE customer_decisions SET revision = 9, title = title, customer_name = 'Other'")
    assert rows(database_url, MODELS) == [("toy:1", 1)]
    rows(database_url, "UPDATE customer_decisions SET description = 'Another'")
    assert rows(database_url, MODELS) == [(None, 1)]


async def test_a_vector_of_a_text_that_has_changed_meanwhile_is_not_kept(db: Db, database_url: str) -> None:
    decided(database_url, a_team(database_url))

    class Slow(Toy):
        def embed(self, texts: Sequence[str]) -> bytes:
            rows(database_url, "UPDATE customer_decisions SET title = 'Another'")
            return super().embed(texts)

    await meanings.embed_some(db, Slow())

    assert rows(database_url, MODELS) == [(None, 1)]


async def test_only_decided_cases_of_team_type_and_model_are_compared(db: Db, database_url: str) -> None:
    mine, other = a_team(database_url), a_team(database_url, "Other")
    asked, here = decided(database_url, mine, title="Asked"), decided(database_url, mine)
    decided(database_url, other)
    decided(database_url, mine, decision_type="billing_dispute")
    await meanings.embed_some(db, Toy())
    assert await near(db, asked) == [here]

    with psycopg.connect(database_url) as c:
        c.execute("UPDATE case_vectors SET model = 'toy:0' WHERE decision_id = %s", [here])
    assert await near(db, asked) == []


async def test_a_case_without_a_common_word_is_found_by_what_it_means(database_url: str, house_team: Team) -> None:
    team = house_team
    decided(database_url, team.actors["sarah"].team.id, title="Cash back", description="Cash", customer="Zoo")
    await team.to_options(title="Money refund", description="money", customer_name="Who")
    found = await dossiers.close_due_and_get(team.db, team.by("lisa"), team.decision_id)
    before = await precedents.find(team.db, team.by("lisa"), found)

    await meanings.embed_some(team.db, Toy())

    after = await precedents.find(team.db, team.by("lisa"), found)
    assert before.cases == ()
    assert [case.title for case in after.cases] == ["Cash back"]
    assert replace(after, cases=()) == before


@pytest.fixture
async def house_team(database_url: str) -> AsyncIterator[Team]:
    async with living(database_url, techcorp()) as house:
        yield await sarahs_team(house)
