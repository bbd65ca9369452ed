"""What was published against the sealed rows and the frozen snapshot: each forgery is found and named in words."""

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bot.domain.agreement import agreement
from bot.domain.analysis import analyse
from bot.domain.publication import publish
from bot.domain.result import to_body
from bot.domain.round import Thresholds
from bot.domain.rounding import HALF, TENTH, rounded
from tests.support.vault import Vault

Ballot = Sequence[Sequence[int] | None]
"""Per criterion the scores of the options; None = abstained."""

FIVE: Sequence[Ballot] = (
    [(9, 5, 2), (6, 7, 3)],
    [(9, 6, 3), (5, 8, 2)],
    [(7, 6, 2), (6, 9, 4)],
    [(8, 4, 3), (7, 8, 3)],
    [(9, 7, 4), (6, 7, 3)],
)
SAME = {
    "order": "sealed",
    "criteria": "same",
    "weights": "same",
    "options": "same",
    "ballots": "same",
    "thresholds": "same",
    "ranks": "same",
    "totals": "same",
    "means": "same",
    "labels": "same",
}
FEW = SAME | {"means": "none", "labels": "none"}


def published(vault: Vault, ballots: Sequence[Ballot], *, options: int = 3, **more: Any) -> Any:
    """A round with these ballots, published and stored as the service does it."""
    r = vault.a_round(people=len(ballots), options=options, criteria=len(ballots[0]))
    if len(ballots) < 3:
        vault.end_time(r)
    names = vault.rows(
        "SELECT id::text, title FROM response_options WHERE decision_id = %(d)s "
        "UNION ALL SELECT id::text, name FROM decision_criteria WHERE decision_id = %(d)s".replace("%(d)s", "%s"),
        *(r.decision_id, r.decision_id),
    )
    digests = {id_: f"sha256:{sha256(name.encode()).hexdigest()}" for id_, name in names}
    vault.do("UPDATE rounds SET snapshot = snapshot || %s WHERE id = %s", Jsonb({"names": digests}), r.id)
    vault.score(r, *ballots)
    store(vault, r, **more)
    return r


def store(vault: Vault, r: Any, *, weights: Sequence[str] = (), is_second: bool = False) -> None:
    given = weights or ["1.00"] * len(r.criteria)
    for criterion, weight in zip(r.criteria, given, strict=True):
        vault.do("UPDATE decision_criteria SET weight = %s WHERE id = %s", weight, criterion)
    frozen = [{"id": str(k), "weight": w} for k, w in zip(r.criteria, given, strict=True)]
    patch = Jsonb({"criteria": frozen})
    vault.do("UPDATE rounds SET snapshot = snapshot || %s WHERE id = %s", patch, r.id)
    cells: dict[int, dict[tuple[UUID, UUID], int]] = {}
    for number, option, criterion, score, _ in vault.publish(r):
        cells.setdefault(number, {})[option, criterion] = score
    criteria = [(k, Decimal(w)) for k, w in zip(r.criteria, given, strict=True)]
    analysis = analyse(option_ids=r.options, weights=criteria, ballots=list(cells.values()))
    result = publish(
        analysis,
        weights=criteria,
        ballots=len(cells),
        people=len(r.members),
        thresholds=Thresholds(),
        is_second=is_second,
    )
    vault.do(
        "INSERT INTO round_results (round_id, version, ballots, body) VALUES (%s, %s, %s, %s)",
        *(r.id, result.version, result.ballots, Jsonb(to_body(result))),
    )


def verified(vault: Vault, r: Any) -> dict[str, str]:
    return dict(vault.rows("SELECT looked_at, answer FROM verify_round(%s)", r.id))


def faults(vault: Vault, r: Any) -> dict[str, str]:
    return {what: word for what, word in verified(vault, r).items() if word not in ("same", "sealed", "none")}


@pytest.mark.parametrize("people", [3, 4, 5])
def test_what_was_published_is_found_to_be_the_same(vault: Vault, people: int) -> None:
    expected = {3: FEW | {"totals": "none"}, 4: FEW, 5: SAME}[people]

    assert verified(vault, published(vault, FIVE[:people])) == expected


def test_an_open_round_is_said_to_be_open_and_nothing_more(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(7, 3), (7, 3)])

    assert verified(vault, r) == {"order": "open"}


def test_places_alone_are_compared_where_nothing_else_was_published(vault: Vault) -> None:
    heavy = published(vault, FIVE[:4], weights=["4.50", "1.00"])

    assert verified(vault, heavy) == FEW | {"totals": "none"}
    swap_rows(vault, heavy)
    assert faults(vault, heavy) == {"ranks": "differ"}


def test_of_a_second_round_and_of_the_first_both_are_compared(vault: Vault) -> None:
    first = published(vault, FIVE)
    answer, second = vault.second(first)
    assert (answer, verified(vault, first)) == ("opened", SAME)
    assert second is not None
    vault.score(second, *FIVE[::-1])
    store(vault, second, is_second=True)

    assert verified(vault, second) == FEW | {"totals": "none"}
    vault.do("UPDATE sealed_cells SET score = 7")
    assert set(faults(vault, first)) >= {"ranks", "totals", "means"}
    assert faults(vault, second) == {}


def body(path: str, value: object) -> str:
    return (
        f"UPDATE round_results SET body = jsonb_set(body, '{{{path}}}', '{json.dumps(value)}') WHERE round_id = %(r)s"
    )


def swap_rows(vault: Vault, r: Any) -> None:
    vault.do(
        "UPDATE round_results SET body = jsonb_set(jsonb_set(body, '{rows,0,option}', body #> '{rows,1,option}'), "
        "'{rows,1,option}', body #> '{rows,0,option}') WHERE round_id = %s",
        r.id,
    )


FORGERIES = {
    "a weight is changed": ("UPDATE decision_criteria SET weight = 2 WHERE id = %(k)s", {"weights": "differ"}),
    "the frozen weights are changed": (
        "UPDATE rounds SET snapshot = jsonb_set(snapshot, '{criteria,0,weight}', '\"3.00\"') WHERE id = %(r)s",
        {"weights": "differ", "totals": "differ"},
    ),
    "a criterion is taken out of the snapshot": (
        "UPDATE rounds SET snapshot = snapshot #- '{criteria,0}' WHERE id = %(r)s",
        {
            "order": "unsealed",
            "criteria": "added",
            "ranks": "differ",
            "totals": "differ",
            "means": "differ",
            "labels": "differ",
        },
    ),
    "an option is added": (
        "INSERT INTO response_options (decision_id, title, description) VALUES (%(d)s, 'More', 'd')",
        {"options": "added"},
    ),
    "two options swap their titles": (
        "UPDATE response_options o SET title = p.title FROM response_options p "
        "WHERE o.decision_id = %(d)s AND p.decision_id = %(d)s AND o.position < 2 AND p.position = 1 - o.position",
        {"options": "swapped"},
    ),
    "an option gets another title": (
        "UPDATE response_options SET title = 'Erased' WHERE id = %(o)s",
        {"options": "renamed"},
    ),
    "two criteria swap their names": (
        "UPDATE decision_criteria o SET name = p.name FROM decision_criteria p "
        "WHERE o.decision_id = %(d)s AND p.decision_id = %(d)s AND p.position = 1 - o.position",
        {"criteria": "swapped"},
    ),
    "two options swap their scores": (
        "UPDATE evaluations e SET score = f.score FROM evaluations f "
        "WHERE e.decision_id = %(d)s AND f.decision_id = %(d)s AND e.evaluator_id = f.evaluator_id "
        "AND e.criteria_id = f.criteria_id AND e.option_id <> f.option_id "
        "AND e.option_id IN (%(o)s, %(p)s) AND f.option_id IN (%(o)s, %(p)s)",
        {"ranks": "differ", "totals": "differ", "means": "differ"},
    ),
    "all scores are 7": (
        "UPDATE evaluations SET score = 7 WHERE decision_id = %(d)s",
        {"ranks": "differ", "totals": "differ", "means": "differ"},
    ),
    "one score is another one, in order": (
        "UPDATE evaluations SET score = 10 WHERE decision_id = %(d)s AND criteria_id = %(k)s AND option_id = %(o)s "
        "AND evaluator_id = %(last)s",
        {"totals": "differ", "means": "differ"},
    ),
    "a sealed row is gone": (
        "DELETE FROM evaluations WHERE decision_id = %(d)s AND criteria_id = %(k)s AND option_id = %(o)s "
        "AND evaluator_id = %(last)s",
        {"order": "unsealed", "totals": "differ", "means": "differ"},
    ),
    "one person's sealed rows of a criterion are gone": (
        "DELETE FROM evaluations WHERE decision_id = %(d)s AND criteria_id = %(k)s AND evaluator_id = %(last)s",
        {"totals": "differ", "means": "differ"},
    ),
    "a total is forged": (body("rows,0,total", "9.4"), {"totals": "differ"}),
    "a total is left out": (body("rows,0,total", None), {"totals": "missing"}),
    "a place is forged": (body("rows,1,place", 1), {"ranks": "differ"}),
    "an option is left out": (
        "UPDATE round_results SET body = body #- '{rows,2}' WHERE round_id = %(r)s",
        {"ranks": "differ", "totals": "missing"},
    ),
    "all rows are gone": (body("rows", []), {"ranks": "missing", "totals": "missing"}),
    "a mean is forged": (body("cells,0,mean", "1.9"), {"means": "differ"}),
    "means are left out": (body("cells", []), {"means": "missing"}),
    "a label is forged": (body("cells,0,agreement", "split"), {"labels": "differ"}),
    "camps are invented": (body("cells,0,camps", [3, 2]), {"labels": "differ"}),
    "ballots are added": (body("ballots", 50), {"ballots": "differ"}),
    "the thresholds are forged": (body("thresholds,ranking", 2), {"thresholds": "differ"}),
    "the result is gone": ("DELETE FROM round_results WHERE round_id = %(r)s", {"result": "missing"}),
    "the result is empty": (
        "UPDATE round_results SET body = '{}' WHERE round_id = %(r)s",
        {
            "ballots": "differ",
            "thresholds": "differ",
            "ranks": "missing",
            "totals": "missing",
            "means": "missing",
        },
    ),
    "the result is no result": (
        'UPDATE round_results SET body = \'{"rows": 7, "cells": [7, null], "thresholds": [1]}\' WHERE round_id = %(r)s',
        {
            "ballots": "differ",
            "thresholds": "differ",
            "ranks": "missing",
            "totals": "missing",
            "means": "differ",
            "labels": "differ",
        },
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_found_and_named(vault: Vault, forgery: str) -> None:
    r = published(vault, FIVE)
    statement, expected = FORGERIES[forgery]
    ids = {
        "r": r.id,
        "d": r.decision_id,
        "o": r.options[0],
        "p": r.options[1],
        "k": r.criteria[0],
        "last": r.members[-1],
    }

    changed = vault.connection.execute(statement, ids).rowcount

    assert changed > 0
    found = faults(vault, r)
    assert found == expected | ({"order": found["order"]} if "order" in found else {})
    assert "order" not in expected or found["order"] == expected["order"]


def test_a_deleted_criterion_is_missed_whoever_got_around_the_guard(vault: Vault) -> None:
    r = published(vault, FIVE)
    with vault.connection.transaction():
        vault.do("SET LOCAL session_replication_role = replica")
        vault.do("DELETE FROM decision_criteria WHERE id = %s", r.criteria[0])

    assert faults(vault, r) == {"criteria": "missing"}


def test_swapped_rows_of_a_result_are_found_with_three_ballots_too(vault: Vault) -> None:
    r = published(vault, FIVE[:3])

    swap_rows(vault, r)

    assert faults(vault, r) == {"ranks": "differ"}


def test_of_three_ballots_a_total_is_too_much_and_scores_that_change_the_places_are_found(vault: Vault) -> None:
    r = published(vault, FIVE[:3])
    vault.do(f"{body('rows,0,total', '7.0').replace('%(r)s', '%s')}", r.id)
    assert faults(vault, r) == {"totals": "differ"}

    vault.do("UPDATE evaluations SET score = 7 WHERE decision_id = %s", r.decision_id)
    assert faults(vault, r)["ranks"] == "differ"


def test_results_stored_before_are_compared_by_the_rules_of_their_time(vault: Vault) -> None:
    """Version 2 printed totals of three ballots, and called 1, 1, 5, 9, 9 two camps."""
    three = published(vault, FIVE[:3])
    old = "UPDATE round_results SET version = 2, body = body || '{\"version\": 2}' || %s WHERE round_id = %s"
    rows = vault.value("SELECT body -> 'rows' FROM round_results WHERE round_id = %s", three.id)
    for row, total in zip(rows, ("7.0", "7.0", "2.5"), strict=True):
        row |= {"total": total, "is_about": total == "7.0"}
    vault.do(old, Jsonb({"rows": rows, "thresholds": {"ranking": 3, "totals": 5, "cell": 5}}), three.id)
    assert verified(vault, three) == FEW
    rows[0]["total"] = "7.5"
    vault.do(old, Jsonb({"rows": rows}), three.id)
    assert faults(vault, three) == {"totals": "differ"}

    even: Sequence[Ballot] = [[(x, 5), (6, 6)] for x in (1, 1, 5, 9, 9)]
    five = published(vault, even, options=2)
    cells = vault.value("SELECT body -> 'cells' FROM round_results WHERE round_id = %s", five.id)
    for cell in cells:
        if cell["agreement"] == "spread":
            cell["agreement"] = "split"
    vault.do("UPDATE round_results SET body = body || %s WHERE round_id = %s", Jsonb({"cells": cells}), five.id)
    assert faults(vault, five) == {"labels": "differ"}
    vault.do(old, Jsonb({}), five.id)
    assert faults(vault, five) == {}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_round_publishes_agrees_with_what_it_sealed(vault: Vault, seed: int) -> None:
    """Ties, ends of the scale, abstentions, uneven weights: the arithmetic in SQL and that of the product are one."""
    dice = random.Random(seed)
    for _ in range(6):
        people, options, criteria = dice.choice([3, 4, 5, 6, 8]), dice.choice([2, 3]), dice.choice([1, 2, 3])
        scale = dice.choice([(1, 10), (9, 10, 10), (5, 6), tuple(range(1, 11))])
        ballots: list[Ballot] = []
        for _ in range(people):
            pages = [tuple(dice.choice(scale) for _ in range(options)) for _ in range(criteria)]
            skipped = dice.randrange(criteria) if criteria > 1 and dice.random() < 0.3 else None
            ballots.append([None if k == skipped else page for k, page in enumerate(pages)])
        weights = [f"{dice.choice([0.1, 0.97, 1.0, 1.5, 3.0, 4.99]):.2f}" for _ in range(criteria)]

        r = published(vault, ballots, options=options, weights=weights)

        assert faults(vault, r) == {}, (ballots, weights)


def test_scores_print_in_sql_as_in_the_product(vault: Vault) -> None:
    for num in range(161):
        for den in (16, 17):
            score = vault.rows("SELECT as_printed(%s, %s, 2), as_printed(%s, %s, 10)", num, den, num, den)
            from fractions import Fraction

            exact = Fraction(num, den)
            assert score == [(rounded(exact, HALF), rounded(exact, TENTH))]


def test_agreement_is_called_in_sql_as_in_the_product(vault: Vault) -> None:
    dice = random.Random(3)
    for _ in range(300):
        scores = sorted(dice.choice(range(1, 11)) for _ in range(dice.randint(2, 9)))
        label = agreement(scores)
        assert label
        others = {"aligned", "mixed", "spread", "split"} - {str(label.label)}
        found = vault.rows("SELECT w, is_agreement(%s, w, 3) FROM unnest(%s::text[]) w", scores, [*others, label.label])
        assert {w for w, is_it in found if is_it} == {label.label}, scores


# --- Words only

ASKED = {
    "decision", "number", "title", "customer_name", "currency", "closes_at", "snapshot", "thresholds", "is_second",
    "criteria", "options",
}  # fmt: skip


def test_no_function_returns_a_cell_of_a_published_round(vault: Vault, service_database_url: str) -> None:
    """Every function of the database that the service may call, with every id that it knows, after publication."""
    r = published(vault, FIVE)
    arguments = {
        "uuid": [r.id, r.decision_id, r.members[0], r.criteria[0]],
        "jsonb": [Jsonb({})],
        "text": ["x"],
        "timestamp with time zone": [None],
        "uuid[]": [list(r.members)],
        "integer": [5],
        "boolean": [True],
    }
    functions = vault.rows(
        "SELECT oid::regproc::text, ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) t) FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype "
        "AND has_function_privilege('conclave_bot', oid, 'EXECUTE') "
        # These count the places of the words that they are given, and read nothing.
        "AND proname NOT IN ('precedent_words', 'words_of_case')"
    )
    said: list[Any] = []
    with psycopg.connect(service_database_url, autocommit=True) as thief:
        for name, types in functions:
            call = f"SELECT * FROM {name}({', '.join(['%s'] * len(types))})"
            for id_ in arguments["uuid"]:
                values = [id_ if i == 0 and t == "uuid" else arguments[t][-1] for i, t in enumerate(types)]
                # Refused: published before, ids that are no members'.
                with suppress(psycopg.DatabaseError), thief.transaction(force_rollback=True):
                    said += thief.execute(call, values).fetchall()

    assert {name for name, _ in functions} >= {"verify_round", "publish_round", "my_ballot"}
    told = [cell for row in said for cell in row]
    # What was asked, which every card shows, comes as a document; no ballot is part of it.
    assert {key for cell in told if isinstance(cell, dict) for key in cell} <= ASKED
    words = {cell for cell in told if not isinstance(cell, dict)}
    assert "sealed" in words
    counts = {True, False, None, 5, 3}  # submitted and roster of submit_ballot, the quorum of 5
    ids = {cell for cell in words if isinstance(cell, UUID)}
    assert all(isinstance(cell, str) or cell in counts for cell in words - ids), words
    assert not any(character.isdigit() for cell in words if isinstance(cell, str) for character in cell), words
