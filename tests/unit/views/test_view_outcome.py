"""Resolving and recording."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bot.domain.outcome import OutcomeDraft
from bot.domain.result import ResultRow
from bot.domain.stability import StabilityLabel
from bot.errors import Invalid
from bot.views import outcome
from bot.views.slack.form import errors_for
from tests.support import dossiers, lines, payloads
from tests.support.known import known


def resolve(**facts: Any) -> dict[str, Any]:
    found = replace(dossiers.situations()["published"], **facts)
    return outcome.resolve(found, dossiers.by(dossiers.LISA))


def test_a_choice_and_its_reason_come_back() -> None:
    option = dossiers.OPTIONS[1].id

    form = outcome.parse_resolve(payloads.submitted(resolve(), option=str(option), reason="Fair."))

    assert (form.option_id, form.reason) == (option, "Fair.")


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"reason": "Fair."}, "option", "Choose the option to resolve with."),
        ({"option": str(0)}, "reason", "Write a reason: the team reads it on the card."),
    ],
)
def test_a_choice_without_option_or_reason_is_refused(typed: dict[str, str], field: str, sentence: str) -> None:
    chosen = {"option": str(dossiers.OPTIONS[0].id)} if "option" in typed else {}
    view = payloads.submitted(resolve(), **{**typed, **chosen})

    with pytest.raises(Invalid) as refusal:
        outcome.parse_resolve(view)

    assert errors_for(view, refusal.value) == {f"{field}:{UUID(int=9)}:7": sentence}


def test_the_modal_says_who_leads_and_what_each_option_takes() -> None:
    said = lines.lines_of(resolve())

    assert (
        "The team leans towards *Half refund*. Had other colleagues scored, *Half refund* would probably lead too: in "
        "about 75 of 100 cases. Half refund leads, but averages 3 or less on *Cost*."
    ) in said
    assert "• *Half refund* · place 1 · needs a decider up to USD 10,000" in said
    assert "• *Credit note* · not ranked · needs a decider up to USD 50,000" in said
    assert "~ You may decide up to USD 1,000." in said


def test_the_choices_stand_in_the_order_of_the_ranking() -> None:
    blocks = resolve()["blocks"]

    assert [o["text"]["text"] for o in blocks[3]["element"]["options"]] == ["Half refund", "Full refund", "Credit note"]
    assert blocks[1]["text"]["text"].startswith("• *Half refund* · place 1")


def test_each_choice_says_whom_it_needs() -> None:
    element = resolve()["blocks"][3]["element"]

    assert [o["description"]["text"] for o in element["options"]] == [
        "needs a decider up to USD 10,000",
        "needs a decider up to USD 10,000",
        "needs a decider up to USD 50,000",
    ]


def test_a_tie_and_a_missing_leader_are_said() -> None:
    a, b, _ = (o.id for o in dossiers.OPTIONS)
    tied = replace(
        dossiers.RESULT,
        rows=(ResultRow(a, 1, "7"), ResultRow(b, 1, "7")),
        label=StabilityLabel.TOO_CLOSE,
        low=(),
    )
    empty = replace(dossiers.RESULT, rows=(), ballots=2)

    assert (
        "Too close to call: *Full refund* and *Half refund* share the first place. The order says little here: your "
        "reason carries the choice."
    ) in lines.lines_of(resolve(result=tied))
    assert "The ranking has no leader: your reason alone carries the choice." in lines.lines_of(resolve(result=empty))


def test_an_outcome_comes_back() -> None:
    view = payloads.submitted(
        outcome.record(dossiers.situations()["act"]),
        satisfaction="10",
        retained="no",
        impact="-1,200.50",
        escalation=["yes"],
        notes=" Left anyway. ",
        follow_up=dossiers.TOMORROW,
    )

    assert outcome.parse_record(view, currency="USD", now=dossiers.NOW) == OutcomeDraft(
        10, False, Decimal("-1200.50"), True, dossiers.TOMORROW, "Left anyway."
    )


def test_an_outcome_that_tells_nothing_is_refused() -> None:
    view = payloads.submitted(outcome.record(dossiers.situations()["act"]))

    with pytest.raises(Invalid, match=r"Tell at least one thing about how it turned out\.") as refused:
        outcome.parse_record(view, currency="USD", now=dossiers.NOW)

    assert refused.value.field == "satisfaction"


def test_what_was_recorded_survives_its_own_form_even_when_the_follow_up_has_passed() -> None:
    found = dossiers.situations()["learn"]
    later = dossiers.TOMORROW + timedelta(days=9)

    draft = outcome.parse_record(payloads.submitted(outcome.record(found)), currency="USD", now=later)

    saved = known(found.outcome)
    assert draft == OutcomeDraft(
        saved.customer_satisfaction_score,
        saved.customer_retained,
        saved.financial_impact_actual,
        saved.escalation_occurred,
        saved.follow_up_date,
        saved.outcome_notes,
        saved.worked,
    )


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"impact": "much"}, "impact", "That is not an amount that I can read. Type it like 1200 or 1,200.50."),
        ({"notes": "x" * 2001}, "notes", "The note is too long: 2000 characters at most."),
    ],
)
def test_a_refused_outcome_says_why(typed: dict[str, str], field: str, sentence: str) -> None:
    view = payloads.submitted(outcome.record(dossiers.situations()["act"]), **typed)

    with pytest.raises(Invalid) as refusal:
        outcome.parse_record(view, currency="USD", now=dossiers.NOW)

    assert errors_for(view, refusal.value) == {f"{field}:{UUID(int=9)}:7": sentence}


def test_a_follow_up_in_the_past_is_refused() -> None:
    view = payloads.submitted(outcome.record(dossiers.situations()["act"]), follow_up=dossiers.NOW)

    with pytest.raises(Invalid, match=r"The follow-up date is in the past; choose a later one\."):
        outcome.parse_record(view, currency="USD", now=dossiers.NOW)


def test_a_follow_up_more_than_a_year_ahead_is_refused() -> None:
    far = dossiers.NOW + timedelta(days=400)
    view = payloads.submitted(outcome.record(dossiers.situations()["act"]), follow_up=far)

    with pytest.raises(Invalid, match=r"The follow-up date is more than a year ahead; choose an earlier one\."):
        outcome.parse_record(view, currency="USD", now=dossiers.NOW)


def test_reopening_says_that_the_ballots_stay() -> None:
    view = outcome.reopen(dossiers.situations()["act"])

    assert "nobody scores again" in view["blocks"][1]["text"]["text"]
    assert view["callback_id"] == "outcome.reopen"
    assert outcome.parse_reason(payloads.submitted(view, reason="New facts.")) == "New facts."
