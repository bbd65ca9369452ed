"""Words to copy: for the customer nothing that was typed about the case, for the ticket nothing of why and who."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from bot.config import Settings
from bot.domain.choice import KINDS, Kind
from bot.domain.decision import DECISION_TYPES, Dossier, Status
from bot.domain.option import Option
from bot.domain.outcome import Outcome
from bot.domain.reply import CUSTOMER, Replies, check_wording, choice_of, kit
from bot.errors import Invalid
from tests.support.dossiers import CASE, MIKE, NOW, PEOPLE, RESULT, SARAH, a_decision, a_dossier

REPLIES = Settings(_env_file=None).rules.replies
CHOSEN = {Kind.FULL: "Full refund CANARY-OPTION", Kind.PARTIAL: "Half of it CANARY-OPTION", Kind.NONE: "No refund"}
CANARIES = ("CANARY", "4242", "777", "8.2", *(word for m in (SARAH, MIKE, *PEOPLE) for word in m.name.split()))
"""Typed texts, amounts, an average of the published result, and the names of everybody."""


def a_case(decision_type: str, grant: Kind) -> Dossier:
    """Resolved, with a canary in everything that was typed."""
    option = Option(
        UUID(int=7), UUID(int=9), SARAH.id, CHOSEN[grant], "CANARY-ABOUT", Decimal("4242.42"), "medium", "low"
    )
    case = replace(
        CASE,
        decision_type=decision_type,
        title="CANARY-TITLE for Mike",
        description="CANARY-DESCRIPTION",
        customer_email="canary@example.com",
        customer_id="CANARY-ID",
        customer_value=Decimal("777777"),
        financial_impact=None,
    )
    outcome = Outcome(UUID(int=9), option.id, "CANARY-REASON, says Mike", MIKE.id, outcome_notes="CANARY-NOTES")
    link = "https://techcorp.slack.com/archives/C1/p1"
    decision = replace(a_decision(Status.RESOLVED, 5, case=case), resolved_at=NOW, permalink=link)
    return a_dossier(
        Status.RESOLVED, 5, decision=decision, options=(option,), outcome=outcome, resolver=MIKE, result=RESULT
    )


@pytest.mark.parametrize("decision_type", DECISION_TYPES)
@pytest.mark.parametrize("grant", KINDS)
def test_what_the_customer_reads_holds_their_name_and_nothing_else_of_the_case(decision_type: str, grant: Kind) -> None:
    wordings = {one: REPLIES.of(decision_type, one) for one in KINDS}
    found = kit(a_case(decision_type, grant), wordings=wordings)

    assert found.grant is grant
    assert CASE.customer_name in found.reply
    assert CUSTOMER not in found.reply
    assert [canary for canary in CANARIES if canary in found.reply] == []


def test_the_ticket_holds_what_was_decided_and_its_cost_and_not_why_nor_who() -> None:
    found = kit(a_case("refund_request", Kind.FULL), wordings=dict.fromkeys(Kind, "Hello"))

    assert "Full refund CANARY-OPTION" in found.ticket
    assert "4,242.42" in found.ticket
    assert "It began here: https://techcorp.slack.com/archives/C1/p1" in found.ticket
    assert [word for word in ("CANARY-REASON", "CANARY-NOTES", "777", "8.2", "Chen", "@") if word in found.ticket] == []


def test_all_eighteen_wordings_are_there_and_differ() -> None:
    texts = {REPLIES.of(kind, grant) for kind in DECISION_TYPES for grant in KINDS}

    assert len(texts) == 18
    with pytest.raises(ValueError, match=r"replies\.refund_request\.full"):
        Replies.from_dict({})


def test_a_wording_that_says_nothing_or_too_much_is_refused() -> None:
    assert check_wording("  Hello  ") == "Hello"
    for typed in (" ", "x" * 2001):
        with pytest.raises(Invalid) as refusal:
            check_wording(typed)
        assert refusal.value.field == "wording"


def test_a_choice_that_is_gone_gives_nothing() -> None:
    assert choice_of(a_dossier(Status.EVALUATING, 4)) is Kind.NONE
