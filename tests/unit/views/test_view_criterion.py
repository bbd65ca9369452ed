"""The rows of the criteria form."""

from decimal import Decimal

import pytest

from bot.domain.criterion import CriterionDraft, check_criteria
from bot.errors import Invalid
from bot.views import criterion
from bot.views.slack.form import errors_for
from tests.support import dossiers, payloads

NEW = "00000000-0000-0000-0000-0000000000c8"


def test_saved_criteria_come_back_with_their_ids() -> None:
    rows = criterion.drafts_of(dossiers.CRITERIA)
    view = criterion.edit(dossiers.situations()["criteria"], rows=rows, revision="r1", extra=2)

    assert criterion.parse(payloads.in_rows(view, {})) == rows


def test_blank_rows_are_dropped_wherever_they_are() -> None:
    rows = criterion.drafts_of(dossiers.CRITERIA)
    view = criterion.edit(dossiers.situations()["criteria"], rows=rows, revision="r1", extra=3)

    typed = payloads.in_rows(
        view,
        {
            0: {"name": "", "description": None},
            3: {"name": "Risk  (10 = safest)", "weight": "2.5", "description": "How"},
        },
    )

    assert criterion.parse(typed) == (rows[1], CriterionDraft("Risk (10 = safest)", Decimal("2.5"), "How", None))


@pytest.mark.parametrize("weight", ["", None, "heavy", "NaN", "Infinity"])
def test_a_weight_that_is_none_is_refused_under_its_own_row(weight: str | None) -> None:
    view = criterion.edit(dossiers.situations()["criteria"], rows=(), revision="r1", extra=3)
    typed = payloads.in_rows(view, {0: {}, 1: {"name": "Cost"}, 2: {"name": "Risk", "weight": weight}})

    with pytest.raises(Invalid) as refusal:
        criterion.parse(typed)

    sentence = "Give this criterion a weight from 0.1 to 5, for example 1.5."
    assert (refusal.value.message, refusal.value.field) == (sentence, "weight_1")
    assert errors_for(typed, refusal.value) == {"weight:new2:r1": sentence}


def test_a_refusal_of_the_domain_finds_its_row_behind_blank_ones() -> None:
    view = criterion.edit(dossiers.situations()["criteria"], rows=(), revision="r1", extra=4)
    typed = payloads.in_rows(view, {1: {"name": "Cost"}, 3: {"name": " cost "}})

    with pytest.raises(Invalid) as refusal:
        check_criteria(criterion.parse(typed))

    assert refusal.value.field == "name_1"
    assert list(errors_for(typed, refusal.value) or {}) == ["name:new3:r1"]


def test_no_row_at_all_is_refused_under_the_first() -> None:
    typed = payloads.in_rows(criterion.edit(dossiers.situations()["criteria"], rows=(), revision="r1"), {})

    with pytest.raises(Invalid) as refusal:
        check_criteria(criterion.parse(typed))

    assert list(errors_for(typed, refusal.value) or {}) == ["name:new0:r1"]


def test_one_more_row_keeps_the_ids_of_what_was_typed() -> None:
    found = dossiers.situations()["criteria"]
    before = criterion.edit(found, rows=criterion.drafts_of(dossiers.CRITERIA), revision="r1")
    typed = payloads.in_rows(before, {1: {"name": "Changed", "weight": "?"}, 2: {"name": "Third", "weight": "2"}})

    after = criterion.with_row(found, typed)

    old = [b["block_id"] for b in before["blocks"] if b["type"] == "input"]
    new = [b["block_id"] for b in after["blocks"] if b["type"] == "input"]
    assert new[: len(old)] == old
    assert len(new) == len(old) + 3
    assert criterion.typed(typed)[2] == CriterionDraft("Third", Decimal(2), "", None)


def test_twelve_rows_are_the_most() -> None:
    view = criterion.edit(dossiers.situations()["criteria"], rows=(), revision="r1", extra=20)

    assert sum(b["type"] == "input" for b in view["blocks"]) == 12 * 3
    assert view["blocks"][-1]["elements"][0]["text"] == "12 criteria are the most that fit."
