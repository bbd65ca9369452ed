"""The shipped defaults, and what a file of defaults has to look like."""

import tomllib
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from bot.domain.authority import AuthorityTable
from bot.domain.decision import DECISION_TYPES
from bot.domain.template import CriteriaTemplates


def shipped() -> dict[str, Any]:
    return tomllib.loads(resources.files("bot").joinpath("defaults.toml").read_text(encoding="utf-8"))


def a_file(**changes: Any) -> dict[str, Any]:
    row = {"name": "Cost (10 = cheapest)", "weight": 1.5, "description": "What it costs."}
    return {kind: [dict(row)] for kind in DECISION_TYPES} | changes


def test_every_decision_type_ships_with_three_to_five_weighted_criteria() -> None:
    templates = CriteriaTemplates.from_dict(shipped()["criteria"])

    assert list(templates.by_type) == list(DECISION_TYPES)
    for kind in DECISION_TYPES:
        assert 3 <= len(templates.of(kind)) <= 5
        assert all(1 <= draft.weight <= 3 for draft in templates.of(kind))


def test_every_shipped_criterion_says_that_ten_is_best_and_explains_itself_in_one_sentence() -> None:
    templates = CriteriaTemplates.from_dict(shipped()["criteria"])

    for draft in (draft for drafts in templates.by_type.values() for draft in drafts):
        assert "(10 = " in draft.name
        assert draft.name.endswith(")")
        assert draft.description.endswith(".")
        assert draft.description.count(". ") == 0
        assert draft.id is None


def test_the_shipped_ceilings_are_those_of_the_method() -> None:
    ceilings = shipped()["authority"]["ceilings"]

    assert AuthorityTable(tuple(Decimal(c) for c in ceilings)) == AuthorityTable()


def test_the_shipped_file_holds_nothing_else() -> None:
    assert shipped().keys() == {"authority", "criteria", "model", "plans", "replies"}
    assert shipped()["authority"].keys() == {"ceilings"}


@pytest.mark.parametrize("weight", [1, 1.1, "1.10", Decimal("1.1")])
def test_a_weight_in_the_file_means_the_decimal_that_stands_there(weight: object) -> None:
    row = {"name": "Cost", "weight": weight, "description": ""}

    (draft,) = CriteriaTemplates.from_dict(a_file(refund_request=[row])).of("refund_request")

    assert draft.weight == Decimal(str(weight))


def test_templates_cannot_be_changed_once_read() -> None:
    templates = CriteriaTemplates.from_dict(a_file())

    with pytest.raises(TypeError):
        templates.by_type["refund_request"] = ()  # type: ignore[index]


COST = {"name": "Cost", "weight": 1, "description": ""}


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (None, "criteria.refund_request: has to be a list of criteria"),
        ({"name": "Cost"}, "criteria.refund_request: has to be a list of criteria"),
        ([], "criteria.refund_request[0].name: A decision needs at least 1 criterion."),
        (["Cost"], "criteria.refund_request[0]: has to be a table of name, weight, description"),
        ([COST, {"name": "Risk", "weight": 1}], "criteria.refund_request[1].description: missing"),
        ([COST | {"wieght": 2}], "criteria.refund_request[0].wieght: no such key"),
        ([COST | {"name": 5}], "criteria.refund_request[0].name: has to be a text"),
        ([COST | {"weight": "heavy"}], "criteria.refund_request[0].weight: has to be a number"),
        ([COST | {"weight": True}], "criteria.refund_request[0].weight: has to be a number"),
        ([COST | {"weight": float("nan")}], "criteria.refund_request[0].weight: A weight is a number from"),
        ([COST | {"weight": 5.5}], "criteria.refund_request[0].weight: A weight is a number from"),
        ([COST, COST], "criteria.refund_request[1].name: Criterion 2 has the same name as criterion 1."),
    ],
)
def test_a_bad_file_is_refused_by_the_name_of_the_key(rows: object, complaint: str) -> None:
    with pytest.raises(ValueError, match="criteria") as refusal:
        CriteriaTemplates.from_dict(a_file(refund_request=rows))

    assert str(refusal.value).startswith(complaint)


def test_a_decision_type_that_does_not_exist_is_refused_and_a_missing_one_too() -> None:
    incomplete = a_file()
    del incomplete["churn_prevention"]

    with pytest.raises(ValueError, match=r"^criteria\.refunds: no such decision type$"):
        CriteriaTemplates.from_dict(a_file(refunds=[]))
    with pytest.raises(ValueError, match=r"^criteria\.churn_prevention: has to be a list of criteria$"):
        CriteriaTemplates.from_dict(incomplete)
