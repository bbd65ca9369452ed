"""What a step of Workflow Builder is given, and what it gives back."""

from datetime import UTC, datetime

import pytest

from bot.domain.workflow import INPUTS, Request
from bot.errors import Invalid

LATER = datetime(2026, 12, 3, 12, tzinfo=UTC)
GIVEN = {
    "title": " Refund\nfor the outage ",
    "customer": "Northwind",
    "type": "refund REQUEST",
    "urgency": 4,
    "channel": "C1",
    "owner": "U1",
}


def request(**changes: object) -> Request:
    return Request.of("Fx1", "T1", {**GIVEN, **changes})


def test_the_case_is_as_the_step_was_filled_in() -> None:
    case = request().case(LATER)

    assert (case.title, case.customer_name, case.decision_type) == (
        "Refund for the outage",
        "Northwind",
        "refund_request",
    )
    assert (case.urgency_level, case.expected_resolution_date, case.description) == (4, LATER, case.title)
    assert request(type="churn_prevention").decision_type == "churn_prevention"


def test_without_urgency_it_is_normal_and_a_direct_message_is_no_place_for_a_card() -> None:
    assert request(urgency=None).urgency_level == 3
    assert (request().channel_id, request(channel="D1").channel_id, request(channel=None).channel_id) == (
        "C1",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": " "}, "The step needs a title."),
        ({"customer": None}, "The step needs a customer."),
        ({"type": "gift"}, "The type of the step has to be one of: Refund request, Billing dispute,"),
        ({"urgency": "soon"}, "The urgency of the step has to be a whole number from 1 (whenever) to 5 (critical)."),
        ({"urgency": 6}, "The urgency of the step has to be a whole number"),
    ],
)
def test_what_is_missing_or_unknown_is_said(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        request(**changes).case(LATER)

    assert refusal.value.message.startswith(sentence)


def test_the_inputs_are_those_of_the_request() -> None:
    assert set(INPUTS) == set(vars(request())) - {"execution_id", "workspace_id"}
