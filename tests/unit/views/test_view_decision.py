"""Opening, editing and listing decisions."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.by import By
from bot.domain.decision import Case, Status
from bot.domain.team import Member
from bot.domain.waiting import Kind, Line, Waiting
from bot.errors import Conflict, Invalid
from bot.views import decision
from bot.views.slack.form import errors_for, uuid_in
from tests.support import dossiers, lines, payloads
from tests.support.known import known


@pytest.fixture
def filled() -> Any:
    """A filled "New decision", with what a test changes."""

    def fill(**typed: Any) -> dict[str, Any]:
        view = decision.new_decision(team=dossiers.TEAM, title="Refund", permalink="https://x.slack.com/p1")
        given: dict[str, Any] = {
            "decision_type": "refund_request",
            "customer_name": "Acme",
            "description": "Down.",
            "channel": "C9",
        }
        given |= {"expected_date": dossiers.TOMORROW}
        return payloads.submitted(decision.unfolded(view), **{**given, **typed})

    return fill


def test_what_is_typed_comes_back_as_a_case(filled: Any) -> None:
    later = dossiers.TOMORROW
    view = filled(
        customer_tier="premium",
        customer_value="12,000",
        customer_email="Jane@Acme.example",
        customer_id=" A-1 ",
        relationship_months="14",
        description="Down\x00 twice",
        urgency="5",
        financial_impact="-300",
        expected_date=later,
    )

    form = decision.parse_new(view, currency="USD", now=dossiers.NOW)

    assert (form.channel_id, form.permalink) == ("C9", "https://x.slack.com/p1")
    assert form.case.title == "Refund"
    assert form.case.description == "Down twice"
    assert (form.case.customer_value, form.case.financial_impact) == (Decimal("12000.00"), Decimal("-300.00"))
    assert (form.case.customer_id, form.case.relationship_duration_months) == ("A-1", 14)
    assert (form.case.customer_tier, form.case.urgency_level) == ("premium", 5)
    assert form.case.expected_resolution_date == later


def test_what_is_left_empty_has_its_default(filled: Any) -> None:
    case = decision.parse_new(filled(), currency="USD", now=dossiers.NOW).case

    assert (case.customer_email, case.customer_id, case.customer_value) == (None, None, None)
    assert (case.customer_tier, case.urgency_level, case.relationship_duration_months) == ("standard", 3, 0)
    assert case.financial_impact is None


DATES = {urgency: dossiers.NOW + timedelta(days=6 - urgency) for urgency in range(1, 6)}


def folded(**typed: Any) -> dict[str, Any]:
    """A filled "New decision" as it opens in a channel."""
    view = decision.new_decision(team=dossiers.TEAM, title="Refund", channel_id="C1", proposals=DATES)
    given = {"decision_type": "refund_request", "customer_name": "Acme", "description": "Down.", **typed}
    return payloads.submitted(view, **given)


def test_the_window_asks_for_seven_things_and_the_card_goes_where_it_was_opened() -> None:
    view = folded(financial_impact="48k")

    form = decision.parse_new(view, currency="USD", now=dossiers.NOW)

    assert sum(block["type"] == "input" for block in view["blocks"]) == 7
    assert (form.channel_id, form.case.financial_impact) == ("C1", Decimal(48_000))
    assert (form.case.customer_tier, form.case.expected_resolution_date) == ("standard", DATES[3])


def test_more_fields_leave_every_block_that_was_there() -> None:
    view = folded()

    whole = decision.unfolded(view)

    assert [b for b in whole["blocks"] if b in view["blocks"]] == view["blocks"][:-1]
    assert whole["private_metadata"] == view["private_metadata"]
    nowhere = payloads.submitted(
        whole, decision_type="refund_request", customer_name="Acme", description="Down.", nowhere=["yes"]
    )
    assert decision.parse_new(nowhere, currency="USD", now=dossiers.NOW).channel_id is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"financial_impact": "48k"}, "USD 48,000: needs a decider up to USD 50,000."),
        ({"financial_impact": ""}, "Amount unknown: needs a decider up to USD 10,000; give the amount to lower it."),
        ({"financial_impact": "1.234k"}, "With k or m this could be two amounts. Write it out, like 1,200,000."),
        ({"financial_impact": "", "decision_type": "churn_prevention"}, None),
    ],
)
def test_what_the_amount_takes_stands_beneath_it_while_one_types(typed: dict[str, Any], said: str | None) -> None:
    given = {"decision_type": "refund_request", **typed}
    view = decision.retold(folded(**given), AuthorityTable())
    again = decision.retold(payloads.submitted(view, **given), AuthorityTable())

    for shown in (view, again):
        names = [b.get("block_id", "").partition(":")[0] for b in shown["blocks"]]
        if said is None:
            assert "said" not in names
        else:
            assert names[names.index("financial_impact") + 1] == "said"
            assert shown["blocks"][names.index("said")]["elements"][0]["text"] == said


def test_another_urgency_brings_another_date_but_not_in_place_of_a_chosen_one() -> None:
    urgent, chosen = folded(urgency="5"), folded(urgency="5", expected_date=dossiers.TOMORROW)

    dates = [
        decision.parse_new(v, currency="USD", now=dossiers.NOW).case.expected_resolution_date for v in (urgent, chosen)
    ]

    assert dates == [DATES[5], dossiers.TOMORROW]
    assert "Then it is to be decided by" in json.dumps(decision.retold(urgent, AuthorityTable()))
    assert "Then it is to be decided by" not in json.dumps(decision.retold(chosen, AuthorityTable()))


def test_what_is_said_while_one_types_touches_no_field() -> None:
    view = folded(urgency="5", financial_impact="48k")

    shown = decision.retold(view, AuthorityTable())

    assert [b for b in shown["blocks"] if b["type"] == "input"] == [b for b in view["blocks"] if b["type"] == "input"]


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"decision_type": None}, "decision_type", "Choose the type of decision."),
        ({"customer_name": " "}, "customer_name", "Write the customer's name."),
        ({"customer_tier": None}, "customer_tier", "Choose the customer's tier."),
        ({"title": "\n"}, "title", "Write the title."),
        ({"title": "x" * 151}, "title", "The title is too long: 150 characters at most."),
        ({"description": "x" * 3001}, "description", "The description is too long: 3000 characters at most."),
        ({"customer_id": "x" * 101}, "customer_id", "The customer id is too long: 100 characters at most."),
        ({"urgency": None}, "urgency", "Choose how urgent it is, from 1 to 5."),
        ({"customer_email": "jane"}, "customer_email", "That is no e-mail address. One looks like name@example.com."),
        (
            {"relationship_months": "1.5"},
            "relationship_months",
            "Write the months as a whole number from 0 to 1200.",
        ),
        (
            {"customer_value": "a lot"},
            "customer_value",
            "That is not an amount that I can read. Type it like 1200 or 1,200.50.",
        ),
        ({"customer_value": "-1"}, "customer_value", "This amount cannot be below 0. Type it like 1200 or 1,200.50."),
        (
            {"financial_impact": "€5"},
            "financial_impact",
            "Amounts here are in USD: convert it, type the number. Type it like 1200 or 1,200.50.",
        ),
        ({"description": " "}, "description", "Say in a sentence or two what happened."),
        ({"expected_date": None}, "expected_date", "Choose by when it has to be decided."),
        (
            {"expected_date": datetime.fromisoformat("2026-11-23T11:59:00+00:00")},
            "expected_date",
            "The date to decide by is in the past; choose a later one.",
        ),
    ],
)
def test_a_refusal_stands_under_its_field(filled: Any, typed: dict[str, Any], field: str, sentence: str) -> None:
    view = filled(**typed)

    with pytest.raises(Invalid) as refusal:
        decision.parse_new(view, currency="USD", now=dossiers.NOW)

    assert refusal.value.message == sentence
    assert errors_for(view, refusal.value) == {f"{field}:new:1": sentence}


def test_a_form_never_shows_its_input_in_an_error() -> None:
    with pytest.raises(ValueError, match="case") as refused:
        decision.NewDecision(case="secret words", channel_id="C1")

    assert "secret words" not in str(refused.value)


def test_words_that_are_too_long_for_the_form_are_cut_with_a_sign() -> None:
    view = decision.new_decision(team=dossiers.TEAM, title="t" * 400, description="d" * 9000)

    typed = {b["block_id"]: b["element"].get("initial_value") for b in view["blocks"] if "element" in b}
    assert typed["title:new:1"] == "t" * 149 + "…"
    assert typed["description:new:1"] == "d" * 2999 + "…"


def test_the_case_survives_its_own_form() -> None:
    found = dossiers.situations()["criteria"]
    view = payloads.submitted(decision.edit_case(found))

    assert (
        decision.parse_case(view, currency="USD", now=dossiers.NOW, before=found.decision.case) == found.decision.case
    )
    assert uuid_in(view) == found.decision.id


def test_a_date_that_passed_meanwhile_may_stay() -> None:
    found = dossiers.situations()["criteria"]
    due = known(found.decision.case.expected_resolution_date)
    now = due + timedelta(days=1)

    kept = payloads.submitted(decision.edit_case(found), title="New title")
    moved = payloads.submitted(decision.edit_case(found), expected_date=due + timedelta(hours=1))

    case = decision.parse_case(kept, currency="USD", now=now, before=found.decision.case)
    assert (case.title, case.expected_resolution_date) == ("New title", due)
    with pytest.raises(Invalid, match="is in the past"):
        decision.parse_case(moved, currency="USD", now=now, before=found.decision.case)


def test_a_date_to_resolve_by_more_than_a_year_ahead_is_refused_but_one_that_stands_may_stay() -> None:
    found = dossiers.situations()["criteria"]
    far = datetime(2286, 11, 20, tzinfo=UTC)
    stands = replace(found.decision, case=replace(found.decision.case, expected_resolution_date=far))
    typed = payloads.submitted(decision.edit_case(found), expected_date=far)
    kept = payloads.submitted(decision.edit_case(replace(found, decision=stands)), title="New title")

    with pytest.raises(Invalid) as refusal:
        decision.parse_case(typed, currency="USD", now=dossiers.NOW, before=found.decision.case)
    assert refusal.value.message == "The date to decide by is more than a year ahead; choose an earlier one."
    case = decision.parse_case(kept, currency="USD", now=dossiers.NOW, before=stands.case)
    assert case.expected_resolution_date == far


def test_a_text_that_the_form_could_only_show_cut_stays_whole() -> None:
    found = dossiers.situations()["criteria"]
    long = replace(found.decision.case, title="t" * 400, customer_name="c" * 200)
    view = payloads.submitted(decision.edit_case(replace(found, decision=replace(found.decision, case=long))))

    assert decision.parse_case(view, currency="USD", now=dossiers.NOW, before=long) == long


def test_the_form_bears_the_id_of_the_button_that_opened_it() -> None:
    found = dossiers.situations()["define"]

    assert decision.edit_case(found)["callback_id"] == "decision.edit"
    assert decision.edit_case(found, action=Action.COMPLETE_CASE)["callback_id"] == "decision.complete"


def test_urgency_and_reason_come_back() -> None:
    found = dossiers.situations()["open"]

    assert decision.parse_urgency(payloads.submitted(decision.urgency(found))) == 4
    assert decision.parse_urgency(payloads.submitted(decision.urgency(found), urgency="1")) == 1
    assert decision.parse_reason(payloads.submitted(decision.cancel(found), reason=" Withdrawn. ")) == "Withdrawn."


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("  ", "Write a reason: the team reads it on the card."),
        ("x" * 1001, "The reason is too long: 1000 characters at most."),
    ],
)
def test_a_reason_is_needed_and_short(reason: str, sentence: str) -> None:
    view = payloads.submitted(decision.cancel(dossiers.situations()["open"]), reason=reason)

    with pytest.raises(Invalid) as refusal:
        decision.parse_reason(view)

    assert (refusal.value.message, refusal.value.field) == (sentence, "reason")


def test_after_creating_the_next_step_is_one_button_away() -> None:
    made = dossiers.situations()["options"].decision
    bare = dossiers.situations()["define"].decision

    assert lines.lines_of(decision.created(made, currency="USD", criteria=4)) == [
        "#42 created (notice)",
        "#42 created, USD 8,000.50 at stake. Next: add the options, at least two.",
        "4 criteria from the refund request template.",
        "[ Edit ]",
        "[ Add options* ] [ Show details ]",
    ]
    unknown = replace(bare, case=replace(bare.case, financial_impact=None))
    lacking = decision.created(unknown, currency="USD", criteria=4, missing=("a description", "a date"))
    assert lines.lines_of(lacking)[1:] == [
        "#42 created. Next: fill in the case. Still missing: a description and a date.",
        "[ Fill in the case* ] [ Show details ]",
    ]


def a_line(number: int, status: Status = Status.EVALUATING, waits: Waiting | None = None, **facts: Any) -> Line:
    case = replace(dossiers.CASE, title=f"Case {number}", **{"expected_resolution_date": dossiers.TOMORROW, **facts})
    return Line(replace(dossiers.a_decision(status, 4, case=case), number=number), waits)


def test_a_list_shows_ten_and_leads_to_the_next_and_the_previous() -> None:
    everything = [a_line(n) for n in range(1, 26)]

    middle = decision.decision_list(everything, total=25, offset=10, now=dossiers.NOW)

    values = [e["value"] for b in middle["blocks"] for e in b.get("elements", []) if "value" in e]
    titles = [b["text"]["text"].split("\n")[0] for b in middle["blocks"] if b["type"] == "section"]
    assert titles == [f"*#{n} Case {n}*" for n in range(11, 21)]
    assert values == ["0", "20"]
    assert middle["text"] == "25 open decisions, 11 to 20 shown; 0 waiting for you. First: #11 Case 11"


def test_a_page_that_was_cut_already_is_shown_as_it_is() -> None:
    page = [a_line(n) for n in range(21, 26)]

    shown = decision.decision_list(page, total=25, offset=20, now=dossiers.NOW)

    assert sum(block["type"] == "section" for block in shown["blocks"]) == 5


def test_a_list_says_what_waits_and_what_is_late() -> None:
    late = dossiers.NOW - timedelta(hours=1)
    score = Waiting(dossiers.LISA.id, Kind.SCORE, Action.SCORE)
    waiting = a_line(1, waits=score, expected_resolution_date=late)
    resolved = a_line(2, status=Status.RESOLVED, expected_resolution_date=late)

    shown = decision.decision_list([waiting, resolved], total=2, offset=0, now=dossiers.NOW)

    first, second = (b["text"]["text"] for b in shown["blocks"] if b["type"] == "section")
    assert "*Waiting for you: score*" in first
    assert "*overdue*" in first
    assert "*overdue*" not in second
    assert "1 waiting for you" in shown["text"]


def test_an_empty_list_says_how_to_begin() -> None:
    shown = decision.decision_list([], total=0, offset=0, now=dossiers.NOW)

    assert shown["text"] == "No open decisions. Open one with /decide."


def test_details_hide_the_proposer_until_scoring_has_closed() -> None:
    def seen(situation: str) -> str:
        found = dossiers.situations()[situation]
        shown = decision.details(found, dossiers.by(dossiers.MIKE))
        return json.dumps(shown)

    assert "proposed by" not in seen("options")
    assert "proposed by" not in seen("open")
    assert "proposed by Tom Becker" in seen("published")


def test_details_name_who_has_scored_and_who_may_resolve() -> None:
    found = dossiers.situations()["open"]

    shown = decision.details(found, dossiers.by(dossiers.ANA), deciders=dossiers.PEOPLE)

    said = lines.lines_of(shown)
    assert said[said.index("*Have scored*") + 1] == "Sarah Johnson, Mike Chen"
    assert said[said.index("*Have not scored*") + 1] == "Lisa Rodriguez, Tom Becker, Ana Silva"
    needs = "*Needs a decider up to USD 10,000, for some options up to USD 50,000.* You may decide up to USD 100."
    assert needs in said
    assert "Who may resolve: Mike Chen (up to USD 50,000)." in said
    assert "[ Score* ]" in said


def test_details_offer_what_this_person_may_do_and_nothing_else() -> None:
    def offered(situation: str, member: Member) -> list[str]:
        shown = decision.details(dossiers.situations()[situation], dossiers.by(member), deciders=dossiers.PEOPLE)
        return [line for line in lines.lines_of(shown) if line.startswith("[ ")]

    assert offered("options", dossiers.ANA) == ["[ Add options ]"]
    assert offered("options", dossiers.TOM) == ["[ Add options ] [ Edit my option ]"]
    assert offered("quorum", dossiers.MIKE) == ["[ Score* ] [ Close scoring ] [ Start over! ] [ Cancel decision! ]"]
    assert offered("published", dossiers.ANA) == []
    assert offered("learn", dossiers.SARAH) == ["[ Amend outcome ] [ Take the answer back ] [ Words to copy ]"]


def test_details_say_nothing_that_is_over() -> None:
    def seen(situation: str) -> str:
        return json.dumps(decision.details(dossiers.situations()[situation], dossiers.by(dossiers.MIKE)))

    assert "What the team sees after scoring closes" in seen("open")
    assert "What the team sees after scoring closes" not in seen("published")
    for over in ("act", "learn", "cancelled"):
        assert "needs a decider" not in seen(over)
        assert "Who may resolve" not in seen(over)
        assert "Decide by" not in seen(over)


def test_of_many_people_every_two_names_are_parted_by_a_comma() -> None:
    people = [dossiers.a_member(n, f"Person {n}") for n in range(6)]
    found = replace(dossiers.situations()["open"], round=dossiers.a_round(submitted=0, people=people))

    said = lines.lines_of(decision.details(found, dossiers.by(dossiers.ANA)))

    begins = said.index("*Have not scored*") + 1
    assert said[begins : begins + 2] == ["Person 0, Person 1, Person 2, Person 3,", "Person 4, Person 5"]


def test_details_hold_every_published_comment_that_fits() -> None:
    found = dossiers.situations()["published"]
    comments = [(found.options[0].id, f"{n} " + "c" * 480) for n in range(30)]

    shown = decision.details(found, dossiers.by(dossiers.ANA), comments=comments)

    assert all(f"> {n} c" in json.dumps(shown) for n in range(30))


def test_a_view_without_the_decision_asks_to_open_it_again() -> None:
    with pytest.raises(Invalid, match=r"This window is out of date\. Close it and open it again\."):
        uuid_in({"private_metadata": "{broken"})


def test_a_refusal_without_a_field_goes_under_the_first_input(filled: Any) -> None:
    assert errors_for(filled(), Conflict("Moved on.")) == {"title:new:1": "Moved on."}
    assert errors_for(filled(), Invalid("No.", field="elsewhere")) == {"title:new:1": "No."}


def test_a_view_without_inputs_has_no_place_for_a_refusal() -> None:
    shown = decision.created(dossiers.situations()["criteria"].decision, currency="USD", criteria=4)

    assert errors_for(shown, Conflict("Moved on.")) is None


def test_details_show_every_field_of_the_case() -> None:
    """A field that nobody can look up might as well not be asked for."""
    found = dossiers.situations()["options"]
    texts: dict[str, Any] = {
        f.name: f"the {f.name.replace('_', ' ')}" for f in fields(Case) if f.type in (str, str | None)
    }
    chosen: dict[str, Any] = {"decision_type": "billing_dispute", "customer_tier": "premium", "urgency_level": 5}
    amounts = {"customer_value": Decimal(71_001), "financial_impact": Decimal(71_002)}
    case = replace(found.decision.case, **{**texts, **chosen, **amounts, "relationship_duration_months": 71})

    said = json.dumps(decision.details(replace(found, decision=replace(found.decision, case=case)), by_sarah()))

    shown = {**texts, "decision_type": "Billing dispute", "customer_tier": "Premium", "urgency_level": "critical"}
    shown |= {"customer_value": "71,001", "financial_impact": "71,002", "relationship_duration_months": "71 months"}
    assert [words for words in shown.values() if words not in said] == []
    # The date is in a form of Slack's own, which every reader sees in their zone.
    assert {*shown, "expected_resolution_date", "promised_by"} == {f.name for f in fields(Case)}


def by_sarah() -> By:
    return dossiers.by(dossiers.SARAH)
