"""Proposing and editing options."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bot.domain.decision import Dossier
from bot.domain.option import Option, OptionDraft
from bot.errors import Invalid
from bot.views import option
from bot.views.slack.form import errors_for, uuid_in
from tests.support import dossiers, lines, payloads


def propose(found: Dossier) -> dict[str, Any]:
    return option.propose(found, dossiers.by(dossiers.MIKE), members=dossiers.PEOPLE)


def edit(own: Option) -> dict[str, Any]:
    return option.edit(dossiers.situations()["options"], dossiers.by(dossiers.MIKE), own, members=dossiers.PEOPLE)


def test_a_proposal_comes_back() -> None:
    view = payloads.submitted(
        propose(dossiers.situations()["options"]),
        title=" Full\nrefund ",
        description="Everything.",
        financial_cost="8,000",
        implementation_effort="low",
        risk_level="high",
    )

    form = option.parse(view, currency="USD")

    assert form.draft == OptionDraft("Full refund", "Everything.", Decimal("8000.00"), "low", "high")
    assert not form.remove
    assert uuid_in(view) == UUID(int=9)


def test_cost_effort_and_risk_have_defaults() -> None:
    view = payloads.submitted(propose(dossiers.situations()["options"]), title="A", description="B")

    assert option.parse(view, currency="USD").draft == OptionDraft("A", "B", Decimal(0), "medium", "medium")


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
        ({"description": " "}, "description", "Describe the option in a sentence or two."),
        ({"description": "x" * 2001}, "description", "The description is too long: 2000 characters at most."),
        ({"implementation_effort": None}, "implementation_effort", "Choose the effort."),
        ({"risk_level": None}, "risk_level", "Choose the risk."),
        (
            {"financial_cost": "12k"},
            "financial_cost",
            "That is not an amount that I can read. Type it like 1200 or 1,200.50.",
        ),
    ],
)
def test_a_refused_option_says_why_under_its_field(typed: dict[str, Any], field: str, sentence: str) -> None:
    found = dossiers.situations()["options"]
    view = payloads.submitted(propose(found), **{"title": "A", "description": "B", **typed})

    with pytest.raises(Invalid) as refusal:
        option.parse(view, currency="USD")

    assert errors_for(view, refusal.value) == {f"{field}:{found.decision.id}:7": sentence}


def test_with_several_own_options_each_has_its_button() -> None:
    shown = option.mine(dossiers.situations()["options"], dossiers.OPTIONS)

    buttons = [b["accessory"] for b in shown["blocks"] if "accessory" in b]
    assert [b["value"] for b in buttons] == [str(o.id) for o in dossiers.OPTIONS]
    assert {b["action_id"] for b in buttons} == {"option.choose"}
    assert [b["accessibility_label"] for b in buttons] == ["Edit Full refund", "Edit Half refund", "Edit Credit note"]


def test_who_proposed_hears_how_many_scoring_needs() -> None:
    found = dossiers.situations()["options"]

    alone = lines.lines_of(option.proposed(replace(found, options=found.options[:1]), dossiers.by(dossiers.SARAH)))
    several = lines.lines_of(option.proposed(found, dossiers.by(dossiers.MIKE)))
    owners = lines.lines_of(option.proposed(found, dossiers.by(dossiers.SARAH)))

    assert "Your option for #42 is proposed, the only one so far; scoring needs 2." in alone
    assert "[ Propose option* ] [ Show details ]" in alone
    assert "Your option for #42 is proposed, one of 3 now." in several
    assert "[ Propose option ] [ Show details ]" in several
    assert "[ Propose option ] [ Start scoring* ] [ Show details ]" in owners
