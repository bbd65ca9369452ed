"""Starting a round, ending it, and what can be done when it did not go as planned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from bot.domain.action import Action
from bot.errors import NotFound
from bot.services import dossier as dossiers
from tests.support.hours import ALWAYS
from tests.support.scoring import typed
from tests.support.team import Team


async def test_the_owner_starts_scoring_and_the_card_says_who_how_many_until_when(team: Team) -> None:
    await team.change("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_options()
    modal = await team.window("sarah", Action.START_SCORING)
    assert modal.inputs["Who scores"] == "Lisa Rodriguez, Mike Chen, Sarah Johnson, Tom Becker"
    assert "of fewer than 3 people nothing" in modal.text
    assert (await team.submit("sarah", {"Who scores": ["Mike Chen", "Lisa Rodriguez", "Tom Becker"]})).ok
    assert "Scoring of #1 has started. 3 people can score it." in (await team.modal("sarah")).text
    card = await team.card("lisa")
    assert "0 of 3 have scored" in card
    assert "At least 3 must score; from there on scoring can be closed early." in card
    ((opened, closes),) = team.sql("SELECT opened_at, closes_at FROM rounds")
    assert timedelta(hours=53) < closes - opened < timedelta(hours=55)  # 3/4 of 3 days


async def test_scoring_needs_two_options(team: Team) -> None:
    await team.to_options(["Only one"])
    assert "Scoring needs at least 2 options; there is 1. Propose another one." in await team.told(
        "sarah", Action.START_SCORING
    )


async def test_one_person_alone_cannot_score(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.START_SCORING)
    answer = await team.submit("sarah", {"Who scores": ["Mike Chen"]})
    assert answer.error == "Choose at least two people: one opinion needs no scoring."


async def test_two_people_have_to_be_confirmed(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.START_SCORING)
    answer = await team.submit("sarah", {"Who scores": ["Mike Chen", "Lisa Rodriguez"]})
    assert answer.error == ("With two people no ranking will be shown. Tick the box if that is enough, or add people.")
    assert (await team.submit("sarah", {"Only if you choose": True})).ok
    assert team.state == ("evaluating", 4)


async def test_a_closing_time_in_the_past_is_refused(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.START_SCORING)
    answer = await team.submit("sarah", {"Scoring closes": datetime(2020, 1, 1, tzinfo=UTC)})
    assert answer.error == "The closing time is in the past; choose a later one."


async def test_somebody_made_inactive_meanwhile_cannot_be_put_on_the_roster(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.START_SCORING)
    team.sql("UPDATE team_members SET is_active = false WHERE name = 'Tom Becker'")
    answer = await team.house.person("sarah").submit()
    assert answer.error == "One of these people is not an active member any more. Choose again."


async def test_the_same_start_pressed_twice_at_once_opens_one_round(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.START_SCORING)
    assert (await team.house.person("sarah").submit(copies=2)).ok
    assert team.value("SELECT count(*) FROM rounds") == 1
    team.check_deliveries()


async def test_a_start_edited_after_a_lost_answer_asks_the_people_named_last(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.START_SCORING)
    await team.house.person("sarah").submit(lose_answer=True)
    await team.until("SELECT count(*) FROM rounds", 1)
    three = ["Mike Chen", "Lisa Rodriguez", "Tom Becker"]
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    assert (await team.submit("sarah", {"Who scores": three, "Scoring closes": later})).ok
    assert team.value("SELECT count(*) FROM rounds") == 1
    assert team.value("SELECT count(*) FROM round_members") == 3
    assert team.value("SELECT closes_at FROM rounds") == later
    assert "0 of 3 have scored" in await team.card()


async def test_a_start_edited_after_somebody_has_scored_is_refused(team: Team) -> None:
    await team.to_options()
    await team.window("sarah", Action.START_SCORING)
    await team.house.person("sarah").submit(lose_answer=True)
    await team.until("SELECT count(*) FROM rounds", 1)
    await team.ballot("mike")
    answer = await team.submit("sarah", {"Who scores": ["Mike Chen", "Lisa Rodriguez", "Tom Becker"]})
    assert answer.error is not None
    assert answer.error.startswith(
        "Scoring has started as you first asked for. #1 is being scored (phase 4 of 6): 1 of 4"
    )


async def test_a_late_click_of_anybody_closes_the_round(team: Team) -> None:
    await team.to_scoring()
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name)
    await team.end_round_now()
    told = await team.told("tom", Action.SCORE)
    assert '"Score" is not possible now. Scoring of #1 is closed (phase 4 of 6)' in told
    await team.published()
    assert team.value("SELECT close_cause FROM rounds") == "closing_time"


async def test_whoever_looks_closes_a_round_in_which_nobody_is_missing(team: Team) -> None:
    """As a process that died between the last ballot and the closing would leave it."""
    await team.to_scoring("sarah", "lisa", "tom")
    for name in ("sarah", "lisa"):
        await team.ballot(name)
    await team.settled()
    assert "being scored" in (await team.window("tom", "decision.show")).text.lower()
    assert team.value("SELECT closed_at FROM rounds") is None
    await team.house.person("tom").close(everything=True)

    await team.change("UPDATE round_members SET submitted = true")
    await team.window("tom", "decision.show")

    await team.until("SELECT closed_at IS NOT NULL FROM rounds", True)


async def test_a_round_that_there_is_not_is_refused_as_that_of_another_team(team: Team) -> None:
    await team.to_scoring("sarah", "lisa", "tom")
    by, round_id = team.by("sarah"), team.value("SELECT id FROM rounds")
    stranger = replace(by, actor=replace(by.actor, team=replace(by.team, id=uuid4())))

    for who, asked in ((by, uuid4()), (stranger, round_id)):
        with pytest.raises(NotFound, match=r"^Your team has no such round of scoring\."):
            await dossiers.close_due_and_get_by_round(team.db, who, asked)


async def test_closing_by_hand_past_the_closing_time_closes_even_where_quorum_is_missing(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike")
    await team.end_round_now()
    told = await team.told("tom", Action.CLOSE_SCORING)
    assert told == (
        '"Close scoring" is not possible now. Scoring of #1 closed with too few: 1 of 4 has scored, and at '
        "least 3 must. Sarah Johnson or a decider can extend it, publish what there is, or cancel."
    )
    assert team.value("SELECT close_cause FROM rounds") == "closing_time"


async def test_without_quorum_the_owner_extends_and_the_ballots_stand(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike")
    await team.end_round_now()
    await team.house.person("lisa").slash("/decide show 1")
    await team.house.person("lisa").see("Too few have scored")
    card = await team.card()
    assert "1 of 4 has scored, and at least 3 of 4 must" in card
    for label in ("[ Extend ]", "[ More ]"):
        assert label in card
    assert team.value("SELECT published_at FROM rounds") is None
    await team.window("sarah", Action.EXTEND_ROUND)
    past = await team.submit("sarah", {"Scoring closes": datetime(2020, 1, 1, tzinfo=UTC)})
    assert past.error == "The closing time is in the past; choose a later one."
    assert (await team.submit("sarah", {"Scoring closes": datetime.now(UTC) + timedelta(days=1)})).ok
    assert "Scoring of #1 goes on; the scores so far stand." in (await team.modal("sarah")).text
    for name in ("lisa", "tom", "sarah"):
        await team.ballot(name)
    await team.published()
    assert team.value("SELECT ballots FROM round_results") == 4


async def test_proceeding_without_quorum_takes_a_reason_and_shows_it(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike")
    await team.end_round_now()
    assert "for its owner, Sarah Johnson, or a decider up to USD 1,000" in await team.told("lisa", Action.PROCEED)
    await team.window("mike", Action.PROCEED)
    assert (await team.submit("mike", {"Reason": "It cannot wait."})).ok
    assert "#1 goes on although too few have scored. The result follows." in (await team.modal("mike")).text
    await team.published()
    assert "No ranking: 1 person scored" in await team.card()
    await team.press("lisa", "decision.show")
    assert "It cannot wait." in (await team.modal("lisa", at_least="Description")).text
    assert team.value("SELECT count(*) FROM evaluations") == 0


async def test_voiding_deletes_every_ballot_and_opens_the_options_again(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike", comment="Hidden")
    await team.save_pages("lisa")
    await team.window("sarah", Action.VOID_ROUND)
    assert (await team.submit("sarah", {"Reason": "An option was missing."})).ok
    assert (
        "#1 starts over: all scores are deleted, and its options can be edited again."
        in (await team.modal("sarah")).text
    )
    assert team.state == ("team_input", 3)
    for table in ("evaluations", "ballot_pages"):
        assert team.value(f"SELECT count(*) FROM {table}") == 0
    assert "[ Start scoring ]" in await team.card()
    await team.window("sarah", Action.START_SCORING)
    assert (await team.house.person("sarah").submit()).ok
    assert team.value("SELECT max(number) FROM rounds") == 2
    assert "0 of 4 have scored" in await team.card()


async def test_the_same_void_sent_again_does_not_void_the_next_round(team: Team) -> None:
    await team.to_scoring()
    await team.window("mike", Action.VOID_ROUND)
    assert (await team.submit("mike", {"Reason": "Once."})).ok
    await team.window("sarah", Action.START_SCORING)
    assert (await team.house.person("sarah").submit()).ok
    assert (await team.house.person("mike").again()).ok
    assert team.state == ("evaluating", 4)


async def test_a_page_of_a_voided_round_is_refused(team: Team) -> None:
    await team.to_scoring()
    await team.window("lisa", Action.SCORE)
    await team.house.person("lisa").fill(typed(7, 7))
    await team.window("sarah", Action.VOID_ROUND)
    await team.submit("sarah", {"Reason": "Again."})
    answer = await team.house.person("lisa").submit()
    assert answer.error == (
        "Scoring is closed; this page was not saved. #1 is collecting options (phase 3 of 6); propose one, or Sarah "
        "Johnson can start scoring."
    )
    await team.window("sarah", Action.START_SCORING)
    await team.house.person("sarah").submit()
    answer = await team.house.person("lisa").submit()
    assert answer.error == "This page belongs to an earlier round of #1, which is over. Press Score again."
    assert team.value("SELECT count(*) FROM ballot_pages") == 0


async def refuse_in_the_vault(team: Team, signature: str, word: str) -> None:
    """Let the vault see another state than the one the decision was read in."""
    await team.change(f"CREATE OR REPLACE FUNCTION {signature} RETURNS text LANGUAGE sql AS $$ SELECT '{word}' $$")


async def test_the_vault_has_the_last_word_on_closing_and_voiding(team: Team) -> None:
    await team.to_scoring()
    for name in ("mike", "lisa", "tom"):
        await team.ballot(name)
    standing = "#1 is being scored (phase 4 of 6): 3 of 4 have scored, at least 3 must, and scoring closes "
    await refuse_in_the_vault(team, "close_round(p_round uuid, p_by uuid)", "no_quorum")
    assert f"Scoring cannot be closed yet. {standing}" in await team.told("sarah", Action.CLOSE_SCORING)
    await refuse_in_the_vault(team, "void_round(p_round uuid, p_by uuid, p_reason text)", "published")
    await team.window("sarah", Action.VOID_ROUND)
    assert f"Scoring cannot start over. {standing}" in str((await team.submit("sarah", {"Reason": "Late."})).error)
    assert team.state == ("evaluating", 4)


async def test_the_vault_has_the_last_word_on_extending_and_proceeding(team: Team) -> None:
    await team.to_scoring()
    await team.ballot("mike")
    await team.end_round_now()
    await team.told("lisa", Action.SCORE)
    standing = (
        "Scoring of #1 closed with too few: 1 of 4 has scored, and at least 3 must. Sarah Johnson or a decider can "
        "extend it, publish what there is, or cancel."
    )
    await refuse_in_the_vault(team, "extend_round(p_round uuid, p_closes_at timestamptz)", "published")
    await team.window("sarah", Action.EXTEND_ROUND)
    refused = await team.submit("sarah", {"Scoring closes": datetime.now(UTC) + timedelta(days=1)})
    assert refused.error == f"Scoring cannot be extended. {standing}"
    await refuse_in_the_vault(team, "override_round(p_round uuid, p_by uuid, p_reason text)", "published")
    await team.house.person("sarah").close(everything=True)
    await team.window("sarah", Action.PROCEED)
    refused = await team.submit("sarah", {"Reason": "It cannot wait."})
    assert refused.error == f"That is not possible now. {standing}"
