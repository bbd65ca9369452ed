"""Setting up a team, adding people to it, editing them."""

import dataclasses
from typing import Any

from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.domain.press import Press
from bot.services import team as teams
from sandbox.spec import PersonSpec
from tests.support.history import decided
from tests.support.house import living
from tests.support.known import known
from tests.support.team import Team

ASK_ANOTHER = "Ask somebody who may decide any amount, or a workspace admin."
FIELDS = {"Team": "CS Team", "Company": "TechCorp", "Your own role": "Customer success manager"}


async def set_up(team: Team, name: str, values: dict[str, Any]) -> Any:
    person = team.house.person(name)
    assert (await person.slash("/decide setup")).ok
    await team.modal(name, at_least="Team size")
    return await team.submit(name, values)


async def edit(team: Team, admin: str, who: str) -> Any:
    person = team.house.person(admin)
    await person.close(everything=True) if await person.modal() else None
    assert (await set_up(team, admin, {})).ok
    await team.modal(admin, at_least=who)
    assert (await person.click(f"Edit {who}")).ok
    return await team.modal(admin, at_least="May decide")


async def test_the_first_person_sets_up_the_team_gets_authority_five_and_the_channel_hears_of_it(
    newcomers: Team,
) -> None:
    answer = await set_up(newcomers, "mike", {**FIELDS, "Company": "TechCorp & Sons", "Industry": "Software"})
    assert answer.ok
    modal = await newcomers.modal("mike", at_least="Mike Chen")
    assert "may decide any amount" in modal.text
    await newcomers.house.person("lisa").see(
        "@mike set up the team CS Team (TechCorp & Sons) and may decide any amount in it. "
        "Its members can open a customer decision with /decide."
    )
    ((name, company, industry, size, currency),) = newcomers.sql(
        "SELECT name, company_name, industry, team_size, currency FROM teams"
    )
    assert (name, company, industry, size, currency) == ("CS Team", "TechCorp & Sons", "Software", 5, "USD")
    ((email, hash_),) = newcomers.sql("SELECT email, password_hash FROM team_members")
    assert (email, hash_) == ("mike@techcorp.com", "!")
    newcomers.check_deliveries()


async def test_a_second_person_cannot_set_up_a_team_and_learns_who_can_add_them(team: Team) -> None:
    eve = team.house.person("eve")
    await eve.slash("/decide setup")
    modal = await team.modal("eve")
    who = "Sarah Johnson or a workspace admin can add you to it with /decide setup."
    assert f"This workspace has a team already. {who}" in modal.text


async def test_a_member_without_the_authority_cannot_change_the_team(team: Team) -> None:
    await team.house.person("mike").slash("/decide setup")
    assert (
        "CS Team is set up already. Those of its members who may decide any amount, and the workspace's admins, can "
        "change it. Ask one of them."
    ) in (await team.modal("mike")).text


async def test_a_workspace_admin_changes_the_team_with_any_authority(team: Team) -> None:
    team.give("sarah", 1)
    assert (await set_up(team, "sarah", {"Team": "Care", "Currency": "eur"})).ok
    await team.modal("sarah", at_least="Care, TechCorp")
    assert team.sql("SELECT name, currency FROM teams") == [("Care", "EUR")]


async def test_the_language_of_the_team_is_chosen_in_setup_and_its_cases_are_read_by_it(team: Team) -> None:
    team_id = team.actors["sarah"].team.id
    decided(team.house.database_url, team_id, title="Rückerstattungen", description="Wegen der Ausfälle.")
    assert (await set_up(team, "sarah", {"Language of your decisions": "German"})).ok
    await team.until("SELECT language FROM teams", "german")

    assert "'ausfall'" in team.value("SELECT words::text FROM precedents")
    sarah = team.house.person("sarah")
    await sarah.close(everything=True)
    assert (await sarah.slash("/decide setup")).ok
    assert (await team.modal("sarah", at_least="Team size")).inputs["Language of your decisions"] == "German"
    assert team.sql("SELECT count(*) FROM outbox WHERE state = 'dead'") == [(0,)]


async def test_authority_five_changes_the_team_without_being_a_workspace_admin(team: Team) -> None:
    team.give("mike", 5)
    assert (await set_up(team, "mike", {"Team": "Care"})).ok
    assert "Care, TechCorp" in (await team.modal("mike", at_least="Mike Chen")).text


async def test_two_people_setting_up_at_once_make_one_team(newcomers: Team) -> None:
    for name in ("mike", "lisa"):
        await newcomers.house.person(name).slash("/decide setup")
        await newcomers.modal(name, at_least="Team size")
        await newcomers.house.person(name).fill(FIELDS)
    first, second = newcomers.house.person("mike"), newcomers.house.person("lisa")
    assert (await first.submit()).ok
    answer = await second.submit()
    who = "Mike Chen or a workspace admin can add you to it with /decide setup."
    assert answer.error == f"This workspace has a team already. {who}"
    assert newcomers.value("SELECT count(*) FROM teams") == 1


async def test_the_same_setup_pressed_thrice_at_once_makes_one_team_of_the_same_people(newcomers: Team) -> None:
    sarah = newcomers.house.person("sarah")
    await sarah.slash("/decide setup")
    await newcomers.modal("sarah", at_least="Team size")
    people = {"People to add": ["mike", "lisa"], "Role of these people": "Support manager"}
    await sarah.fill({**FIELDS, **people})
    assert (await sarah.submit(copies=3)).ok
    await newcomers.modal("sarah", at_least="Lisa Rodriguez")
    await newcomers.settled()
    assert newcomers.value("SELECT count(*) FROM teams") == 1
    names = [name for (name,) in newcomers.sql("SELECT name FROM team_members ORDER BY name")]
    assert names == ["Lisa Rodriguez", "Mike Chen", "Sarah Johnson"]


async def test_setup_pressed_again_with_other_text_after_a_lost_answer_updates_the_team(newcomers: Team) -> None:
    sarah = newcomers.house.person("sarah")
    await sarah.slash("/decide setup")
    await newcomers.modal("sarah", at_least="Team size")
    await sarah.fill(FIELDS)
    assert not (await sarah.submit(lose_answer=True)).ok
    await newcomers.until("SELECT count(*) FROM teams", 1)
    if known(await sarah.modal()).inputs:  # the late answer of the first press may have replaced the form already
        assert (await newcomers.submit("sarah", {"Team": "Customer care"})).ok
        await newcomers.until("SELECT name FROM teams", "Customer care")
    assert newcomers.value("SELECT count(*) FROM teams") == 1


async def test_guests_deactivated_people_and_bots_are_skipped_and_named(database_url: str) -> None:
    people = (
        *techcorp().people,
        PersonSpec("U0GUEST", "gus", "Gus Guest", "gus@techcorp.com", is_restricted=True),
    )
    async with living(database_url, dataclasses.replace(techcorp(), people=people)) as house:
        team = Team(house)
        sarah = house.person("sarah")
        await sarah.slash("/decide setup")
        await team.modal("sarah", at_least="Team size")
        chosen = {"People to add": ["gus", "tom", "lisa"], "Role of these people": "Legal"}
        await sarah.fill({**FIELDS, **chosen})
        house.sandbox.deactivate("tom")
        assert (await sarah.submit()).ok
        modal = await team.modal("sarah", at_least="To know")
        for name in ("Gus Guest", "Tom Becker"):
            assert f"{name} was skipped: bots, guests and deactivated accounts cannot score." in modal.text
        assert "2 active of 2 members" in modal.text
        assert team.sql("SELECT role FROM team_members WHERE name = 'Lisa Rodriguez'") == [("legal_compliance",)]


async def test_a_guest_cannot_set_up_a_team(database_url: str) -> None:
    guest = PersonSpec("U0GUEST", "gus", "Gus Guest", "gus@techcorp.com", is_restricted=True)
    spec = techcorp()
    channel = dataclasses.replace(spec.channels[0], members=(*spec.channels[0].members, "gus"))
    spec = dataclasses.replace(spec, people=(*spec.people, guest), channels=(channel, *spec.channels[1:]))
    async with living(database_url, spec) as house:
        await house.person("gus").slash("/decide setup")
        modal = await Team(house).modal("gus")
        assert "Only full members of this workspace can be in a team, not guests or bots." in modal.text


async def test_somebody_in_another_team_is_skipped_and_named(team: Team) -> None:
    other = teams.Fields("Sales", "TechCorp", None, 3, "USD")
    await teams.create(
        team.db, profile=dataclasses.replace(team.profile("ana"), is_admin=True), fields=other, role="sales_manager",
        domain=None, channel_id=None, press=Press("V-other", "1", "1"),
    )  # fmt: skip
    people = {"People to add": ["ana", "eve"], "Role of these people": "Support manager"}
    assert (await set_up(team, "sarah", people)).ok
    modal = await team.modal("sarah", at_least="To know")
    assert "Ana Silva was skipped: in a team already." in modal.text
    assert "Eve Novak" in modal.text
    assert team.value("SELECT count(*) FROM team_members WHERE name = 'Ana Silva'") == 1


async def test_people_need_a_role(newcomers: Team) -> None:
    answer = await set_up(newcomers, "sarah", {**FIELDS, "People to add": ["mike"]})
    assert answer.error == "Choose the role of the people you add."
    assert (await newcomers.modal("sarah")).errors == {"Role of these people": answer.error}
    assert newcomers.value("SELECT count(*) FROM teams") == 0


async def test_a_currency_that_is_none_is_refused_under_its_field(newcomers: Team) -> None:
    answer = await set_up(newcomers, "sarah", {**FIELDS, "Currency": "€"})
    assert (await newcomers.modal("sarah")).errors == {
        "Currency": "Write the currency as three letters, for example EUR."
    }
    assert answer.status == "errors"


async def test_an_admin_edits_a_member_and_it_is_audited(team: Team) -> None:
    await edit(team, "sarah", "Lisa Rodriguez")
    values = {
        "Role": "Legal & compliance",
        "May decide": "up to USD 10,000",
        "Knows about": ["Refund request"],
        "Other expertise": "pricing, data protection",
        "E-mail": "Lisa.R@TechCorp.com",
    }
    assert (await team.submit("sarah", values)).ok
    modal = await team.modal("sarah", at_least="may decide up to USD 10,000")
    assert "Knows about Refund request, pricing and data protection" in modal.text
    ((role, authority, areas, email),) = team.sql(
        "SELECT role, escalation_authority, expertise_areas, email FROM team_members WHERE name = 'Lisa Rodriguez'"
    )
    assert (role, authority, email) == ("legal_compliance", 3, "lisa.r@techcorp.com")
    assert list(areas) == ["refund_request", "pricing", "data protection"]
    ((details,),) = team.sql("SELECT details FROM audit_logs WHERE action = 'member.changed'")
    assert details["authority"] == [1, 3]


async def test_nobody_raises_their_own_authority(team: Team) -> None:
    team.give("sarah", 3)  # a workspace admin all the same
    modal = await edit(team, "sarah", "Sarah Johnson")
    assert modal.options["May decide"] == ["up to USD 100", "up to USD 1,000", "up to USD 10,000"]
    view = known(team.house.sandbox.town.workspace.top("U0SARAH"))
    (block,) = [b for b in view.blocks if b["block_id"].startswith("authority")]
    view.states[(block["block_id"], "authority")]["selected_option"] = {"text": {}, "value": "5"}
    answer = await team.house.person("sarah").submit()
    assert answer.error == f"Nobody raises what they may decide themselves. {ASK_ANOTHER}"
    assert team.value("SELECT escalation_authority FROM team_members WHERE name = 'Sarah Johnson'") == 3


async def test_nobody_makes_themselves_inactive(team: Team) -> None:
    await edit(team, "sarah", "Sarah Johnson")
    answer = await team.submit("sarah", {"Active": False})
    assert answer.error == f"You cannot make yourself inactive. {ASK_ANOTHER}"


async def test_an_address_used_elsewhere_gets_one_sentence_wherever_it_is_used(team: Team) -> None:
    team.sql("INSERT INTO teams (name, company_name) VALUES ('Other', 'Elsewhere')")
    team.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role) "
        "SELECT id, 'hidden@elsewhere.com', 'H', 'x', 'sales_manager' FROM teams WHERE name = 'Other'"
    )
    said = set()
    for email in ("hidden@elsewhere.com", "Mike@TechCorp.com"):
        await edit(team, "sarah", "Lisa Rodriguez")
        said.add((await team.submit("sarah", {"E-mail": email})).error)
    assert said == {"This address cannot be used here. Leave the one that stands, or use another."}


async def test_a_missing_and_an_elsewhere_used_address_become_the_same_placeholder(database_url: str) -> None:
    spec = techcorp()
    people = tuple(dataclasses.replace(p, email=None) if p.name == "mike" else p for p in spec.people)
    async with living(database_url, dataclasses.replace(spec, people=people)) as house:
        team = Team(house)
        team.sql("INSERT INTO teams (name, company_name) VALUES ('Other', 'Elsewhere')")
        team.sql(
            "INSERT INTO team_members (team_id, email, name, password_hash, role) "
            "SELECT id, 'lisa@techcorp.com', 'H', 'x', 'sales_manager' FROM teams WHERE name = 'Other'"
        )
        chosen = {"People to add": ["mike", "lisa"], "Role of these people": "Support manager"}
        assert (await set_up(team, "sarah", {**FIELDS, **chosen})).ok
        modal = await team.modal("sarah", at_least="Lisa Rodriguez")
        assert "u0mike.t0techcorp@slack.invalid" in modal.text
        assert "u0lisa.t0techcorp@slack.invalid" in modal.text
        assert "To know" not in modal.text


async def test_somebody_is_linked_by_address_only_in_a_workspace_of_the_team(team: Team) -> None:
    team.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role) "
        "SELECT id, 'Eve@techcorp.com', 'Eve N', '!', 'sales_manager' FROM teams"
    )
    await team.house.person("eve").slash("/decide list")
    await team.house.person("eve").see("No open decisions. Open one with /decide.")

    team.sql("INSERT INTO teams (name, company_name) VALUES ('Other', 'Elsewhere')")
    team.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role) "
        "SELECT id, 'ana@techcorp.com', 'Ana S', '!', 'sales_manager' FROM teams WHERE name = 'Other'"
    )
    await team.house.person("ana").slash("/decide list")
    await team.house.person("ana").see("Sarah Johnson or a workspace admin can add you")


async def test_an_address_that_is_twice_in_the_data_is_the_active_member_written_just_so(team: Team) -> None:
    team.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role, is_active, created_at) "
        "SELECT id, email, known, '!', 'sales_manager', active, '2020-01-01'::timestamp + years FROM teams, (VALUES "
        "('Eve@techcorp.com', 'Eve, capital', true, interval '0'), ('eve@techcorp.com', 'Eve, small', true, '1 year'), "
        "('EVE@techcorp.com', 'Eve, gone', false, '-1 year')) AS doubles (email, known, active, years)"
    )
    answer = await team.house.person("eve").slash("/decide list")
    assert answer.ok
    linked = "SELECT max(name) FROM team_members JOIN slack_identities ON member_id = id WHERE slack_user_id = 'U0EVE'"
    await team.until(linked, "Eve, small")
    assert "Something went wrong" not in await team.house.person("eve").screen()


async def test_an_inactive_member_is_told_who_can_change_that(team: Team) -> None:
    team.sql("UPDATE team_members SET is_active = false WHERE name = 'Tom Becker'")
    await team.house.person("tom").slash("/decide list")
    await team.house.person("tom").see(
        "You are an inactive member of CS Team. Somebody there who may decide any amount can make you active "
        "again with "
        "/decide setup."
    )


async def test_making_the_last_one_missing_inactive_excuses_them_and_closes_the_round(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await edit(team, "sarah", "Tom Becker")
    assert (await team.submit("sarah", {"Active": False})).ok
    assert team.value("SELECT count(*) FROM round_members WHERE excused_at IS NOT NULL") == 1
    await team.published()
    assert "Phase 4 of 6" in await team.card()
    assert team.value("SELECT body ->> 'people' FROM round_results") == "3"


async def test_making_the_missing_one_inactive_publishes_a_round_that_had_closed_without_quorum(team: Team) -> None:
    await team.to_scoring("sarah", "mike", "tom")
    for name in ("sarah", "mike"):
        await team.ballot(name)
    await team.end_round_now()
    await team.told("mike", Action.SCORE)
    assert team.value("SELECT closed_at IS NOT NULL AND published_at IS NULL FROM rounds")
    await edit(team, "sarah", "Tom Becker")
    assert (await team.submit("sarah", {"Active": False})).ok
    await team.published()
    assert team.value("SELECT body ->> 'people' FROM round_results") == "2"
    assert team.value("SELECT count(*) FROM evaluations") == 0


async def test_an_excused_person_cannot_score_any_more(team: Team) -> None:
    await team.to_scoring()
    await edit(team, "sarah", "Tom Becker")
    await team.submit("sarah", {"Active": False})
    team.sql("UPDATE team_members SET is_active = true WHERE name = 'Tom Becker'")
    assert (
        "You were excused from scoring #1 when you became inactive. Sarah Johnson can start over with you."
    ) in await team.told("tom", Action.SCORE)


async def test_members_are_listed_twenty_a_page(team: Team) -> None:
    team.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role) "
        "SELECT id, 'm' || n || '@techcorp.com', 'Member ' || to_char(n, 'FM00'), '!', 'sales_manager' "
        "FROM teams, generate_series(1, 40) n"
    )
    assert (await set_up(team, "sarah", {})).ok
    sarah = team.house.person("sarah")
    modal = await team.modal("sarah", at_least="44 active of 44 members")
    assert modal.buttons.count("Edit") == 20
    await sarah.click("Next")
    modal = await team.modal("sarah", at_least="Member 25")
    assert {"Previous", "Next"} <= set(modal.buttons)
    await sarah.click("Next")
    modal = await team.modal("sarah", at_least="Tom Becker")
    assert modal.buttons.count("Edit") == 4
    assert "Next" not in modal.buttons


async def test_who_is_not_a_member_may_not_open_the_form_of_one(team: Team) -> None:
    member = team.actors["tom"].member.id
    assert "CS Team is set up already." in await team.told("mike", "team.edit_member", member)
    assert "You are not a member of a team here yet." in await team.told("eve", "team.edit_member", member)
