"""What an operator reads of the plans that teams have."""

from dataclasses import replace

from bot.domain.plan import Plan, Plans, Usage
from bot.services.plan import in_words
from bot.store.plan import Used
from tests.support import dossiers

TIERS = (Plan("starter", members=3), Plan("professional"), Plan("enterprise"))
PLANS = Plans({plan.tier: plan for plan in TIERS})


def used(name: str, tier: str, members: int) -> Used:
    return Used(replace(dossiers.TEAM, name=name, tier=tier), Usage(members=members, open_decisions=0))


def test_each_plan_is_named_with_its_teams_and_who_has_more_than_it_allows() -> None:
    every = [used("One", "starter", 3), used("Two", "starter", 4), used("Three", "enterprise", 400)]

    assert in_words(every[:1], PLANS) == "starter 1"
    assert in_words(every, PLANS) == "starter 2, enterprise 1; above a limit, and going on with what they have: Two"
    assert in_words([], PLANS) == "no team yet"
