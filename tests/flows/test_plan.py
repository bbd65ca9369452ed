"""The limits of every plan, as people meet them: a sentence before anything is typed, and nothing typed is lost."""

import asyncio
import dataclasses
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.config import Settings
from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.domain.plan import TIERS
from bot.errors import StartError
from bot.services import dossier as dossiers
from bot.services import precedent as precedents
from tests.support.bygone import decided
from tests.support.house import House, as_service, living
from tests.support.team import Team

WHO = "Whoever runs Conclave for you can change the plan."
RULES = "\n".join(
    f"[plans.{tier}]\nmembers = 2\nopen_decisions = 1\nsuggestions = false\nretention_months = 24" for tier in TIERS
)


@pytest.fixture
async def narrow_house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """Where every plan is as small as it can be. The services of a test go by rules without limits."""
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    async with living(database_url, techcorp(), CONCLAVE_RULES=file) as house:
        yield house


@pytest.fixture
async def narrow(narrow_house: House) -> Team:
    """Sarah and Mike: the two members that any plan allows there."""
    return await Team(narrow_house).gather("mike")


def on(team: Team, tier: str) -> None:
    team.sql("UPDATE teams SET subscription_tier = %s", tier)


def no_decision(tier: str) -> str:
    return (
        f"The plan {tier} allows 1 open decision at once, and CS Team has 1. Resolve or cancel one first: /decide list "
        f"shows them. {WHO}"
    )


def no_member(tier: str) -> str:
    return (
        f"The plan {tier} allows 2 active members, and CS Team has 2. Make somebody inactive with /decide setup first. "
        f"{WHO}"
    )


async def setup(team: Team) -> Any:
    sarah = team.house.person("sarah")
    await sarah.close(everything=True) if await sarah.modal() else None
    assert (await sarah.slash("/decide setup")).ok
    return await team.modal("sarah", at_least="Team size")


@pytest.mark.parametrize("tier", TIERS)
async def test_no_more_decisions_than_the_plan_allows_and_the_words_are_not_lost(narrow: Team, tier: str) -> None:
    on(narrow, tier)
    await narrow.open()

    assert (await narrow.house.person("mike").slash("/decide refund for the outage in Lyon")).ok

    modal = await narrow.modal("mike", at_least="No room")
    assert no_decision(tier) in modal.text
    assert "What you typed, to copy: refund for the outage in Lyon" in modal.text
    narrow.check_deliveries()


async def test_what_was_typed_before_the_last_place_was_taken_is_opened_all_the_same(narrow: Team) -> None:
    assert (await narrow.house.person("mike").slash("/decide refund for ABC")).ok
    await narrow.modal("mike", at_least="Decide by")
    await narrow.open()

    values = {"Type of decision": "Refund request", "Customer": "ABC", "What happened": "Down for a day."}
    assert (await narrow.submit("mike", values)).ok

    assert narrow.value("SELECT count(*) FROM customer_decisions") == 2


async def test_a_decision_that_has_ended_makes_room(narrow: Team) -> None:
    await narrow.open()
    await narrow.tidy_up()

    assert (await narrow.house.person("mike").slash("/decide refund for ABC")).ok

    await narrow.modal("mike", at_least="Decide by")


@pytest.mark.parametrize("tier", TIERS)
async def test_no_more_people_than_the_plan_allows_and_setup_says_so_before(narrow: Team, tier: str) -> None:
    on(narrow, tier)
    modal = await setup(narrow)
    used = (
        f"Plan {tier}: 2 of 2 active members, 0 of 1 open decision, without suggestions, decisions are kept for 24 "
        "months after their end."
    )
    assert used in modal.text
    assert no_member(tier) in modal.text

    people = {"People to add": ["lisa"], "Role of these people": "Support manager"}
    assert (await narrow.submit("sarah", people)).ok

    modal = await narrow.modal("sarah", at_least="To know")
    assert f"Lisa Rodriguez was skipped. {no_member(tier)}" in modal.text
    assert narrow.value("SELECT count(*) FROM team_members") == 2


async def test_nobody_is_made_active_again_beyond_the_plan(narrow: Team) -> None:
    narrow.sql(
        "INSERT INTO team_members (team_id, email, name, password_hash, role, is_active) "
        "SELECT id, 'old@x.example', 'Old Hand', '!', 'support_manager', false FROM teams"
    )
    await setup(narrow)
    assert (await narrow.submit("sarah", {})).ok
    await narrow.modal("sarah", at_least="Old Hand")
    assert (await narrow.house.person("sarah").click("Edit Old Hand")).ok

    modal = await narrow.modal("sarah", at_least="May decide")
    assert no_member("starter") in modal.text
    answer = await narrow.submit("sarah", {"Active": True})

    assert no_member("starter") in str(answer)
    assert narrow.value("SELECT is_active FROM team_members WHERE name = 'Old Hand'") is False


@pytest.mark.parametrize("tier", TIERS)
async def test_a_plan_without_suggestions_suggests_nothing_and_says_so_where_they_are_set_up(
    narrow: Team, tier: str
) -> None:
    on(narrow, tier)
    mike = narrow.house.person("mike")
    assert (await mike.slash("/decide Acme was charged twice, $240 too much, urgent")).ok
    assert "Suggested from the text" not in (await narrow.modal("mike", at_least="Decide by")).text
    await mike.close(everything=True)

    await setup(narrow)
    assert (await narrow.house.person("sarah").click("Suggestions from the text")).ok

    modal = await narrow.modal("sarah", at_least="has no suggestions")
    assert f"The plan {tier} of CS Team has no suggestions. {WHO}" in modal.text


async def test_a_plan_without_suggestions_offers_no_options_of_similar_cases(narrow: Team) -> None:
    decided(narrow, at=datetime.now(UTC) - timedelta(days=9), customer="ABC Corporation", choice="A voucher", cost=30)
    await narrow.to_options(titles=())
    wide = narrow.by("sarah")
    narrowed = dataclasses.replace(wide, rules=narrow.house.bot.deps.rules)
    found = await dossiers.close_due_and_get(narrow.db, wide, narrow.decision_id)

    assert await precedents.suggest(narrow.db, wide, found)
    assert await precedents.suggest(narrow.db, narrowed, found) == ()


async def test_a_team_above_a_lowered_limit_keeps_working_and_only_adding_is_refused(narrow_house: House) -> None:
    team = await Team(narrow_house).gather("mike", "lisa", "tom")
    await team.open()
    await team.to_scoring("sarah", "lisa", "tom")

    window = await team.window("lisa", Action.SCORE)

    assert "Full refund" in window.text
    assert "4 of 2 active members, 2 of 1 open decision" in (await setup(team)).text


async def test_a_new_team_gets_the_plan_that_the_operator_chose_for_new_ones(database_url: str) -> None:
    async with living(database_url, techcorp(), CONCLAVE_DEFAULT_TIER="professional") as house:
        team = Team(house)
        assert (await house.person("sarah").slash("/decide setup")).ok
        await team.modal("sarah", at_least="Team size")
        fields = {"Team": "CS Team", "Company": "TechCorp", "Your own role": "Customer success manager"}
        assert (await team.submit("sarah", fields)).ok

        await team.modal("sarah", at_least="Sarah Johnson")
        assert team.value("SELECT subscription_tier FROM teams") == "professional"


async def test_rules_that_cannot_be_used_keep_the_bot_from_starting(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[plans.starter]\nseats = 3")
    settings = Settings(_env_file=None, slack_bot_token="xoxb-1", slack_signing_secret="s", CONCLAVE_RULES=file)

    with pytest.raises(StartError, match=r"plans\.starter\.seats: no such key"):
        async with app.running(settings, database_url=as_service(database_url)):
            pass


async def test_a_team_with_ceilings_of_its_own_reads_them_in_the_window(team: Team, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(f'[teams."{team.by("sarah").team.id}".authority]\nceilings = [5, 6, 7, 123456]')
    deps = team.house.bot.deps
    settings = deps.settings.model_copy(update={"rules_file": file})
    settings.__dict__.pop("rules", None)
    object.__setattr__(deps, "settings", settings)

    await setup(team)
    assert (await team.submit("sarah", {})).ok

    assert "may decide any amount" in (await team.modal("sarah", at_least="Mike Chen")).text
    assert "may decide up to USD 5" in (await team.modal("sarah", at_least="Mike Chen")).text


async def conclave(house: House, *words: str) -> tuple[int, str]:
    env = {**os.environ, "DATABASE_URL": as_service(house.database_url), "CONCLAVE_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bot", *words]
    done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def test_the_operator_lists_teams_and_gives_one_another_plan(team: Team) -> None:
    team_id = team.by("sarah").team.id

    code, said = await conclave(team.house, "team", "list")
    assert code == 0, said
    assert f"CS Team  starter  4 active members  0 open decisions  {team_id}" in said
    code, said = await conclave(team.house, "team", "tier", "cs team", "enterprise")
    assert code == 0, said
    assert "Plan enterprise: 4 active members, 0 open decisions, with suggestions" in said
    code, said = await conclave(team.house, "team", "show", "CS Team")
    assert code == 0
    assert "Plan enterprise:" in said
    code, said = await conclave(team.house, "team", "tier", "CS Team", "gold")
    assert (code, said.strip()) == (1, "There is no plan gold. Plans are starter, professional, enterprise.")
    assert "There is no team called Nobody." in (await conclave(team.house, "team", "show", "Nobody"))[1]
    code, said = await conclave(team.house, "doctor")
    assert "ok    plans: enterprise 1" in said, said

    details = team.value("SELECT details FROM audit_logs WHERE action = 'team.changed'")
    assert details == {"team": str(team_id), "tier": ["starter", "enterprise"]}
