"""What may stand as criteria and options, and the sentences that say otherwise."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.criterion import DESCRIPTION_LENGTH, NAME_LENGTH, CriterionDraft, check_criteria
from bot.domain.option import Option, OptionDraft, check_option, check_options
from bot.errors import BotError, Conflict, Invalid


def draft(name: str = "Cost", weight: str = "1", description: str = "") -> CriterionDraft:
    return CriterionDraft(name, Decimal(weight), description)


def an_option(title: str = "Full refund", number: int = 1) -> Option:
    return Option(UUID(int=number), UUID(int=99), None, title, "", Decimal(0), "low", "low")


def refusal_of(check: Callable[[], object]) -> tuple[type[BotError], str, str | None]:
    with pytest.raises(BotError) as refusal:
        check()
    return type(refusal.value), refusal.value.message, refusal.value.field


def test_criteria_come_back_with_spaces_collapsed_and_weights_in_hundredths() -> None:
    kept = UUID(int=7)
    typed = [replace(draft("  Customer\n impact ", "2.5", " What it does. "), id=kept), draft("Risk", "0.10")]

    checked = check_criteria(typed)

    assert checked == (
        CriterionDraft("Customer impact", Decimal("2.50"), "What it does.", kept),
        CriterionDraft("Risk", Decimal("0.10")),
    )
    assert [str(c.weight) for c in checked] == ["2.50", "0.10"]


@pytest.mark.parametrize("weight", ["0.1", "0.11", "1", "1.250", "4.99", "5", "5E0"])
def test_weights_from_a_tenth_to_five_with_two_decimals_stand(weight: str) -> None:
    assert check_criteria([draft(weight=weight)])[0].weight == Decimal(weight)


@pytest.mark.parametrize("weight", ["0", "0.09", "5.01", "50", "-1", "NaN", "sNaN", "Infinity", "-Infinity", "1E+50"])
def test_a_weight_outside_the_scale_is_refused_under_its_field(weight: str) -> None:
    assert refusal_of(lambda: check_criteria([draft(), draft("Risk", weight)])) == (
        Invalid,
        "A weight is a number from 0.1 to 5. Type it like 1.5.",
        "weight_1",
    )


@pytest.mark.parametrize("weight", ["1.001", "0.105", "4.999999", "1.0000000000000000000000000000000001"])
def test_a_weight_with_more_than_two_decimals_is_refused(weight: str) -> None:
    assert refusal_of(lambda: check_criteria([draft(weight=weight)])) == (
        Invalid,
        "A weight has at most 2 decimals. Type it like 1.25.",
        "weight_0",
    )


@pytest.mark.parametrize("twin", ["Cost", "cost", " COST ", "Co\u017ft"])
def test_two_criteria_with_the_same_name_are_refused_at_the_second(twin: str) -> None:
    assert refusal_of(lambda: check_criteria([draft("Cost"), draft("Risk"), draft(twin)])) == (
        Invalid,
        "Criterion 3 has the same name as criterion 1. Rename or clear one.",
        "name_2",
    )


def test_names_are_compared_with_spaces_collapsed() -> None:
    assert (
        refusal_of(lambda: check_criteria([draft("Customer impact"), draft("customer\u00a0  impact")]))[2] == "name_1"
    )


@pytest.mark.parametrize("name", ["", "  ", "\n\t"])
def test_a_criterion_without_a_name_is_refused(name: str) -> None:
    assert refusal_of(lambda: check_criteria([draft(), draft(name, description="Something")])) == (
        Invalid,
        "Criterion 2 has no name. Name it, or clear its row.",
        "name_1",
    )


def test_too_long_a_name_and_too_long_a_description_are_refused() -> None:
    long_name, long_text = draft("x" * (NAME_LENGTH + 1)), draft(description="x" * (DESCRIPTION_LENGTH + 1))

    assert refusal_of(lambda: check_criteria([long_name])) == (
        Invalid,
        "The name has 101 characters; 100 fit. Move the rest to the description.",
        "name_0",
    )
    assert refusal_of(lambda: check_criteria([long_text])) == (
        Invalid,
        "The description has 501 characters; 500 fit. Shorten it.",
        "description_0",
    )
    check_criteria([draft("x" * NAME_LENGTH, description="y" * DESCRIPTION_LENGTH)])


def test_a_decision_has_one_to_twelve_criteria() -> None:
    twelve = [draft(f"Criterion {i}") for i in range(12)]

    assert len(check_criteria(twelve)) == 12
    assert refusal_of(lambda: check_criteria([])) == (
        Invalid,
        "A decision needs at least 1 criterion. Fill in a name and a weight.",
        "name_0",
    )
    assert refusal_of(lambda: check_criteria([*twelve, draft("One"), draft("Two")])) == (
        Invalid,
        "At most 12 criteria fit into the scoring form. Merge or clear 2 of them.",
        "name_12",
    )


@given(st.lists(st.builds(CriterionDraft, st.text(max_size=120), st.decimals(), st.text(max_size=520)), max_size=14))
def test_criteria_are_refused_or_stand_as_they_are_when_checked_again(drafts: list[CriterionDraft]) -> None:
    try:
        checked = check_criteria(drafts)
    except Invalid:
        return
    assert check_criteria(checked) == checked


def test_an_option_comes_back_with_spaces_collapsed() -> None:
    checked = check_option(OptionDraft(" Full\n refund ", " All of it. "), others=[an_option("Credit")])

    assert checked == OptionDraft("Full refund", "All of it.")


def test_an_option_may_be_as_long_as_its_fields() -> None:
    longest = OptionDraft("x" * 150, "y" * 2000)

    assert check_option(longest) == longest


@pytest.mark.parametrize(
    ("typed", "sentence", "field"),
    [
        (
            OptionDraft(" ", ""),
            "An option needs a title. Say in a few words what the customer gets.",
            "title",
        ),
        (
            OptionDraft("x" * 151, ""),
            "The title has 151 characters; 150 fit. Move the rest to the description.",
            "title",
        ),
        (
            OptionDraft("Refund", "x" * 2001),
            "The description has 2001 characters; 2000 fit. Shorten it.",
            "description",
        ),
        (
            OptionDraft(" FULL  refund", ""),
            "An option has this title already. Say in the title what is different.",
            "title",
        ),
        (OptionDraft("Refund", "", risk_level="huge"), "Choose low, medium or high.", "risk_level"),
        (
            OptionDraft("Refund", "", implementation_effort=""),
            "Choose low, medium or high.",
            "implementation_effort",
        ),
    ],
)
def test_an_option_that_cannot_stand_is_refused_under_its_field(typed: OptionDraft, sentence: str, field: str) -> None:
    assert refusal_of(lambda: check_option(typed, others=[an_option("Full refund")])) == (
        Invalid,
        sentence,
        field,
    )


def test_a_thirteenth_option_is_refused() -> None:
    twelve = [an_option(f"Option {i}", i) for i in range(12)]

    assert refusal_of(lambda: check_option(OptionDraft("One more", ""), others=twelve)) == (
        Conflict,
        "There are 12 options already; no more fit into the form. Edit one instead.",
        None,
    )
    check_option(OptionDraft("Edited", ""), others=twelve[1:])


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, "Scoring needs at least 2 options; there are 0. Propose another one."),
        (1, "Scoring needs at least 2 options; there is 1. Propose another one."),
        (13, "At most 12 options fit into the form; there are 13. Merge or remove some."),
    ],
)
def test_scoring_starts_with_two_to_twelve_options_only(count: int, sentence: str) -> None:
    options = [an_option(f"Option {i}", i) for i in range(count)]

    assert refusal_of(lambda: check_options(options)) == (Conflict, sentence, None)


@pytest.mark.parametrize("count", [2, 12])
def test_scoring_may_start_with_as_few_as_two_and_as_many_as_twelve_options(count: int) -> None:
    check_options([an_option(f"Option {i}", i) for i in range(count)])
