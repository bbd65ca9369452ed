"""Proposing and editing options."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bot.domain.decision import Dossier
from bot.domain.option import Option, OptionDraft
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views import option
from bot.views.slack.form import errors_for, uuid_in
from tests.support import dossiers, lines, payloads


def propose(found: Dossier) -> dict[str, Any]:
    return option.propose(found, dossiers.by(dossiers.MIKE), members=dossiers.PEOPLE)


def edit(own: Option) -> dict[str, Any]:
    return option.edit(dossiers.situations()["options"], dossiers.by(dossiers.MIKE), own, members=dossiers.PEOPLE)


def test_options_come_back_and_rows_without_words_do_not() -> None:
    view = payloads.in_rows(
        propose(dossiers.situations()["options"]),
        {0: {"title": " Full\nrefund ", "financial_cost": "8k"}, 2: {"title": "Nothing", "financial_cost": "0"}},
    )

    drafts = option.parse_several(view, currency="USD")

    assert drafts == (OptionDraft("Full refund", "", Decimal("8000")), OptionDraft("Nothing", "", Decimal(0)))
    assert uuid_in(view) == UUID(int=9)


def test_an_empty_cost_is_unknown_and_effort_and_risk_have_defaults() -> None:
    view = payloads.in_rows(propose(dossiers.situations()["options"]), {0: {"title": "A"}})

    assert option.parse_several(view, currency="USD") == (OptionDraft("A", "", None, "medium", "medium"),)


def test_more_fields_unfold_beneath_each_option_and_come_back() -> None:
    folded = propose(dossiers.situations()["options"])
    given = {"title": "A", "description": "What we do.", "implementation_effort": "low", "risk_level": "high"}

    view = option.unfolded(folded)

    assert [b for b in view["blocks"] if b in folded["blocks"]] == folded["blocks"][:-1]
    drafts = option.parse_several(payloads.in_rows(view, {1: given}), currency="USD")
    assert drafts == (OptionDraft("A", "What we do.", None, "low", "high"),)


def test_a_refusal_of_one_of_several_options_stands_in_its_row() -> None:
    rows = {0: {"title": "A"}, 2: {"title": "B", "financial_cost": "a lot"}}
    view = payloads.in_rows(propose(dossiers.situations()["options"]), rows)

    with pytest.raises(Invalid) as refusal:
        option.parse_several(view, currency="USD")

    assert list(errors_for(view, refusal.value) or {}) == ["financial_cost:3:1"]


def test_an_option_survives_its_own_form() -> None:
    own = dossiers.OPTIONS[0]
    view = payloads.submitted(edit(own))

    draft = option.parse(view, currency="USD").draft

    assert (draft.title, draft.description, draft.financial_cost) == (own.title, own.description, own.financial_cost)
    assert (draft.implementation_effort, draft.risk_level) == (own.implementation_effort, own.risk_level)
    assert uuid_in(view, "option") == own.id


def test_removing_asks_for_nothing_else() -> None:
    view = edit(dossiers.OPTIONS[0])

    assert option.parse(payloads.submitted(view, remove=["yes"], title=""), currency="USD").remove


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"title": ""}, "title", "Write the title."),
        ({"title": "x" * 151}, "title", "The title is too long: 150 characters at most."),
        ({"description": "x" * 2001}, "description", "The description is too long: 2000 characters at most."),
        ({"implementation_effort": None}, "implementation_effort", "Choose the effort."),
        ({"risk_level": None}, "risk_level", "Choose the risk."),
        (
            {"financial_cost": "a lot"},
            "financial_cost",
            "That is not an amount that I can read. Type it like 1200 or 1,200.50.",
        ),
    ],
)
def test_a_refused_option_says_why_under_its_field(typed: dict[str, Any], field: str, sentence: str) -> None:
    own = dossiers.OPTIONS[0]
    view = payloads.submitted(edit(own), **{"title": "A", "description": "B", **typed})

    with pytest.raises(Invalid) as refusal:
        option.parse(view, currency="USD")

    assert errors_for(view, refusal.value) == {f"{field}:{own.id}:7": sentence}


def test_with_several_own_options_each_has_its_button() -> None:
    shown = option.mine(dossiers.situations()["options"], dossiers.OPTIONS)

    buttons = [b["accessory"] for b in shown["blocks"] if "accessory" in b]
    assert [b["value"] for b in buttons] == [str(o.id) for o in dossiers.OPTIONS]
    assert {b["action_id"] for b in buttons} == {"option.choose"}
    assert [b["accessibility_label"] for b in buttons] == ["Edit Full refund", "Edit Half refund", "Edit Credit note"]


def test_who_proposed_hears_how_many_scoring_needs() -> None:
    found = dossiers.situations()["options"]

    added = [OptionDraft("A voucher", "", Decimal(40))]

    def said(dossier: Dossier, member: Member) -> list[str]:
        return lines.lines_of(option.proposed(dossier, dossiers.by(member), drafts=added))

    alone = said(replace(found, options=found.options[:1]), dossiers.SARAH)
    several, owners = said(found, dossiers.MIKE), said(found, dossiers.SARAH)

    assert "1 option added to #42; it is the only one so far; scoring needs 2." in alone
    assert "[ Add more options* ] [ Show details ]" in alone
    assert "1 option added to #42; there are 3 now." in several
    assert "• *A voucher* · cost USD 40" in several
    assert "[ Add more options ] [ Show details ]" in several
    assert "[ Start scoring* ] [ Add more options ] [ Show details ]" in owners
