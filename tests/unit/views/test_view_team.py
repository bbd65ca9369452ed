"""Setting up a team; the other small answers."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.authority import AuthorityTable
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views import help, team
from bot.views.slack import notice
from bot.views.slack.form import errors_for
from tests.support import dossiers, lines, payloads


@pytest.fixture
def setup() -> Any:
    """A filled first set-up, with what a test changes."""

    def fill(**typed: Any) -> dict[str, Any]:
        given = {"name": "Care", "company": "TechCorp", "own_role": "support_manager", **typed}
        return payloads.submitted(team.setup(team=None, is_first=True, channel_id="C1"), **given)

    return fill


def test_a_set_up_comes_back(setup: Any) -> None:
    form = team.parse_setup(
        setup(industry="Software", team_size="12", currency="eur", people=["U1", "U2", "U1"], role="account_manager")
    )

    assert (form.name, form.company_name, form.industry) == ("Care", "TechCorp", "Software")
    assert (form.team_size, form.currency) == (12, "EUR")
    assert (form.user_ids, form.role, form.own_role) == (("U1", "U2"), "account_manager", "support_manager")
    assert form.channel_id == "C1"


def test_a_set_up_needs_little(setup: Any) -> None:
    form = team.parse_setup(setup())

    assert (form.industry, form.team_size, form.currency, form.user_ids, form.role) == (None, 5, "USD", (), None)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": ""}, "name", "Write the team's name."),
        ({"company": " "}, "company", "Write the company's name."),
        ({"name": "x" * 256}, "name", "The team's name is too long: 255 characters at most."),
        ({"industry": "x" * 101}, "industry", "The industry is too long: 100 characters at most."),
        ({"team_size": "0"}, "team_size", "Write the team size as a whole number from 1 to 100000."),
        ({"team_size": None}, "team_size", "Write the team size as a whole number from 1 to 100000."),
        ({"currency": "€"}, "currency", "Write the currency as three letters, for example EUR."),
        ({"currency": "ＥＵＲ"}, "currency", "Write the currency as three letters, for example EUR."),
        ({"people": ["U1"]}, "role", "Choose the role of the people you add."),
        ({"own_role": None}, "own_role", "Choose your own role."),
    ],
)
def test_a_refused_set_up_says_why_under_its_field(
    setup: Any, typed: dict[str, Any], field: str, sentence: str
) -> None:
    view = setup(**typed)

    with pytest.raises(Invalid) as refusal:
        team.parse_setup(view)

    assert errors_for(view, refusal.value) == {f"{field}:setup:1": sentence}


def test_a_team_that_stands_is_prefilled_and_does_not_ask_for_one_s_role() -> None:
    view = team.setup(team=dossiers.TEAM, is_first=False)

    form = team.parse_setup(payloads.submitted(view))

    assert (form.name, form.company_name, form.industry) == ("Care", "TechCorp", "Software")
    assert form.own_role is None


def test_members_are_shown_twenty_a_page() -> None:
    people = [dossiers.a_member(n, f"Person {n}") for n in range(45)]

    def page(number: int) -> tuple[list[str], list[str]]:
        view = team.members(dossiers.TEAM, people, table=AuthorityTable(), page=number)
        names = [b["text"]["text"].split("\n")[0] for b in view["blocks"] if "accessory" in b]
        turns = [e["value"] for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]]
        return names, turns

    assert page(0) == ([f"*Person {n}*" for n in range(20)], ["1"])
    assert page(1) == ([f"*Person {n}*" for n in range(20, 40)], ["0", "2"])
    assert page(2) == ([f"*Person {n}*" for n in range(40, 45)], ["1"])
    assert page(99) == page(2)


def test_people_who_were_skipped_are_named() -> None:
    view = team.members(
        dossiers.TEAM,
        dossiers.PEOPLE,
        table=AuthorityTable(),
        notes=["Eve is in a team already", "Bot <b> is no person"],
    )

    said = lines.lines_of(view)
    assert said[3:6] == ["*To know*", "• Eve is in a team already", "• Bot &lt;b&gt; is no person"]


def test_a_member_survives_their_own_form() -> None:
    member = replace(dossiers.MIKE, expertise_areas=("refund_request", "pricing", "Data protection"))
    view = payloads.submitted(team.edit_member(member, dossiers.by(dossiers.SARAH)))

    form = team.parse_member(view)

    assert (form.member_id, form.name, form.email) == (member.id, member.name, member.email)
    assert (form.role, form.authority, form.is_active) == (member.role, 4, True)
    assert form.expertise_areas == member.expertise_areas


def test_a_changed_member_comes_back() -> None:
    view = payloads.submitted(
        team.edit_member(dossiers.MIKE, dossiers.by(dossiers.SARAH)),
        role="legal_compliance",
        authority="5",
        expertise=["billing_dispute"],
        tags="Pricing; pricing ,  data   protection",
        active=None,
        email="Mike@New.example",
    )

    form = team.parse_member(view)

    assert (form.role, form.authority, form.is_active) == ("legal_compliance", 5, False)
    assert form.expertise_areas == ("billing_dispute", "pricing", "data protection")
    assert form.email == "mike@new.example"
    assert "new.example" not in repr(form)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": ""}, "name", "Write the name."),
        ({"email": ""}, "email", "Write the e-mail address. One looks like name@example.com."),
        ({"email": "mike"}, "email", "That is no e-mail address. One looks like name@example.com."),
        ({"role": None}, "role", "Choose the role."),
        ({"authority": None}, "authority", "Choose up to what amount this person may decide."),
        (
            {"tags": "x" * 41},
            "tags",
            "At most 10 words or phrases of 40 characters each, with commas between.",
        ),
        (
            {"tags": ",".join("abcdefghijk")},
            "tags",
            "At most 10 words or phrases of 40 characters each, with commas between.",
        ),
    ],
)
def test_a_refused_member_says_why(typed: dict[str, Any], field: str, sentence: str) -> None:
    view = payloads.submitted(team.edit_member(dossiers.MIKE, dossiers.by(dossiers.SARAH)), **typed)

    with pytest.raises(Invalid) as refusal:
        team.parse_member(view)

    assert errors_for(view, refusal.value) == {f"{field}:{dossiers.MIKE.id}:1": sentence}


def test_nobody_is_offered_more_authority_for_themselves() -> None:
    def levels(who: Member) -> list[str]:
        view = team.edit_member(dossiers.LISA, dossiers.by(who))
        return [o["value"] for o in view["blocks"][2]["element"]["options"]]

    assert levels(dossiers.LISA) == ["1", "2"]
    assert levels(dossiers.TOM) == ["1", "2", "3", "4", "5"]


def test_the_channel_learns_who_set_the_team_up() -> None:
    told = team.announcement(replace(dossiers.TEAM, name="<!here>"), slack_user_id="U1")

    assert told["text"] == (
        "<@U1> set up the team &lt;!here&gt; (TechCorp) and may decide any amount in it. "
        "Its members can open a customer decision with `/decide`."
    )


def test_help_names_every_call_and_both_shortcuts() -> None:
    said = str(help.help_message(bot_name="Conclave"))

    calls = ("`/decide`", "`/decide list`", "`/decide show 42`", "`/decide setup`", "`/decide help`")
    assert all(call in said for call in calls)
    assert "New customer decision" in said
    assert "Decide about this message" in said
    assert "`/invite @Conclave`" in said


@pytest.mark.parametrize(
    ("admins", "has_team", "sentence"),
    [
        (
            [],
            False,
            "There is no team here yet. Any full member of this workspace can set one up with /decide setup; it "
            "takes a minute.",
        ),
        (
            ["Ana"],
            True,
            "You are not a member of a team here yet. Ana or a workspace admin can add you with /decide setup.",
        ),
        (
            ["Ana", "Bo", "Cy", "Di"],
            True,
            "You are not a member of a team here yet. Ana, Bo, Cy or a workspace admin can add you with /decide setup.",
        ),
        ([], True, "You are not a member of a team here yet. A workspace admin can add you with /decide setup."),
    ],
)
def test_somebody_unknown_learns_who_can_add_them(admins: list[str], has_team: bool, sentence: str) -> None:
    assert help.not_a_member(admins, has_team=has_team) == sentence


def test_a_notice_has_no_inputs_and_says_all_of_a_long_sentence() -> None:
    short, long = notice.notice("Conclave", "No."), notice.notice("Conclave", "No. " * 100)

    assert [b["type"] for b in short["blocks"]] == ["alert"]
    assert [b["type"] for b in long["blocks"]] == ["alert", "section"]
    assert long["blocks"][1]["text"]["text"] == ("No. " * 100).strip()
    assert "submit" not in short


def test_a_private_sentence_is_shown_as_it_stands() -> None:
    said = notice.private("Ask <Ana> & Bo.")

    assert said["blocks"][0]["text"] == {"type": "plain_text", "text": "Ask <Ana> & Bo.", "emoji": True}
    assert said["text"] == "Ask &lt;Ana&gt; &amp; Bo."
