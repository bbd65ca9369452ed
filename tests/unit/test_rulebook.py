"""The operator's own rules: what they change, and the sentence about what cannot be used."""

from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from bot import rulebook
from bot.domain.by import Rules
from bot.domain.plan import TIERS, Usage
from bot.domain.team import Team
from bot.errors import StartError
from bot.services.plan import in_words
from bot.store.plan import Used

TEAM = UUID("0b0b0b0b-0000-4000-8000-000000000001")
CHEAP = """
[[criteria.refund_request]]
name = "Cost"
weight = 1
description = "What it costs."
"""


def a_file(folder: Path, text: str) -> Path:
    file = folder / "rules.toml"
    file.write_text(text)
    return file


def test_without_a_file_every_plan_is_there_and_the_first_one_is_wide() -> None:
    plans = rulebook.read(None).plans.by_tier

    assert tuple(plans) == TIERS
    assert plans["starter"].members >= 100
    assert plans["starter"].open_decisions >= 500
    assert all(plan.suggestions and not plan.retention_months for plan in plans.values())


def test_the_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    rules = rulebook.read(
        a_file(tmp_path, f"[authority]\nceilings = [50, 500.5]\n[plans.starter]\nmembers = 3\n{CHEAP}")
    )
    usual = rulebook.read(None)

    assert rules.authority.ceilings == (Decimal(50), Decimal("500.5"))
    assert [k.name for k in rules.templates.of("refund_request")] == ["Cost"]
    assert rules.templates.of("billing_dispute") == usual.templates.of("billing_dispute")
    assert rules.plans.by_tier["starter"].members == 3
    assert rules.plans.by_tier["starter"].open_decisions == usual.plans.by_tier["starter"].open_decisions
    assert rules.plans.by_tier["enterprise"] == usual.plans.by_tier["enterprise"]


def test_a_team_may_go_by_rules_of_its_own_over_those_of_the_installation(tmp_path: Path) -> None:
    own = CHEAP.replace("[[criteria", f'[[teams."{TEAM}".criteria')
    rules = rulebook.read(a_file(tmp_path, f"[authority]\nceilings = [7]\n{own}"))

    mine, others = rules.of(TEAM), rules.of(UUID(int=5))

    assert [k.name for k in mine.templates.of("refund_request")] == ["Cost"]
    assert mine.authority == others.authority == rules.authority
    assert others.templates == rulebook.read(None).templates
    assert mine.of(TEAM) == mine


def test_from_which_authority_on_a_choice_takes_two_is_settled_for_all_and_for_a_team(tmp_path: Path) -> None:
    team = f'[teams."{TEAM}".authority]\n'
    for_all = rulebook.read(a_file(tmp_path, f"[authority]\ntwo_persons_from = 4\n{team}ceilings = [7]"))
    for_one = rulebook.read(a_file(tmp_path, f"{team}two_persons_from = 2"))
    but_one = rulebook.read(a_file(tmp_path, f"[authority]\ntwo_persons_from = 4\n{team}two_persons_from = 0"))

    def told(rules: Rules) -> list[int | None]:
        return [rules.of(of).authority.two_persons_from for of in (UUID(int=5), TEAM)]

    assert told(rulebook.read(None)) == [None, None]
    assert (told(for_all), told(for_one), told(but_one)) == ([4, 4], [None, 2], [4, None])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[plan.starter]\nmembers = 3", "plan: no such key, there are authority, criteria, plans, teams"),
        ("[plans.gold]\nmembers = 3", "plans.gold: no such plan, there are starter, professional, enterprise"),
        ("[plans.starter]\nseats = 3", "plans.starter.seats: no such key"),
        ("[plans.starter]\nmembers = -1", "plans.starter.members: has to be a whole number from 0 (no limit)"),
        ("[plans.starter]\nmembers = true", "plans.starter.members: has to be a whole number"),
        ("[plans.starter]\nsuggestions = 1", "plans.starter.suggestions: has to be true or false"),
        ("plans = 3", "plans: has to be a table"),
        ("[plans]\nstarter = 3", "plans.starter: has to be a table"),
        ("[authority]\nceilings = [3, 2]", "authority.ceilings: each amount has to be larger"),
        ("[authority]\nceilings = [1, 2, 3, 4, 5]", "authority.ceilings: has to be a list of 1 to 4 amounts"),
        ('[authority]\nceilings = ["much"]', "authority.ceilings: has to hold amounts"),
        ("[authority]\ncellings = [3]", "authority.cellings: no such key"),
        ("[authority]\ntwo_persons_from = 6", "authority.two_persons_from: has to be an authority from 1 to 5, or 0"),
        ("[authority]\ntwo_persons_from = true", "authority.two_persons_from: has to be"),
        ("[teams.Care.authority]\nceilings = [3]", "teams.Care: a team is named by its id"),
        (f'[teams."{TEAM}".authority]\nceilings = []', f"teams.{TEAM}.authority.ceilings: has to be a list"),
        (f'[teams."{TEAM}".plans]\nx = 1', f"teams.{TEAM}.plans: no such key, there are authority, criteria"),
        (CHEAP.replace("1", '"heavy"'), "criteria.refund_request[0].weight: has to be a number"),
        ("[authority", "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_told_by_its_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(StartError) as refusal:
        rulebook.read(a_file(tmp_path, text))

    assert str(refusal.value).startswith("CONCLAVE_RULES: ")
    assert complaint in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"none\.toml cannot be read \(No such file"):
        rulebook.read(tmp_path / "none.toml")


def test_the_operator_reads_plans_in_one_line_and_who_is_above_a_limit() -> None:
    plans = rulebook.read(None).plans
    team = Team(TEAM, "Care", "TechCorp", None, 5, "USD")

    assert in_words([], plans) == "no team yet"
    assert in_words([Used(team, Usage(3, 2))], plans) == "starter 1"
    for above in (Usage(3000, 2), Usage(3, 3000), Usage(3, 2, 6)):
        assert in_words([Used(team, above)], plans) == (
            "starter 1; above a limit, and going on with what they have: Care"
        )


def test_a_team_with_webhooks_reads_how_many_of_its_plan_it_has() -> None:
    starter = rulebook.read(None).plans.by_tier["starter"]

    assert starter.in_words(Usage(3, 2, 1)) == (
        "starter: 3 of 250 active members, 2 of 1,000 open decisions, 1 of 5 webhooks, with suggestions, "
        "decisions are kept for good"
    )
    assert "webhook" not in starter.in_words(Usage(3, 2))
