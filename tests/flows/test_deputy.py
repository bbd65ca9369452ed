"""Somebody is away, and a deputy decides in their place: named in both windows, told to both, over when the time is."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.action import Action
from bot.services import export as exports
from bot.services import reminder as reminders
from bot.services import sweep as sweeps
from bot.views import export as export_view
from tests.support.hours import ALWAYS
from tests.support.steps import FULL, NAMES, does, names_a_deputy, resolved
from tests.support.team import Team

NEXT_WEEK = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(days=7)
RESOLVE = {"Option": FULL, "Reason": "It leads."}
LARGE: Any = {"financial_impact": 20_000}
"""Takes authority 4: Mike's, and Sarah's."""


async def is_deputy(team: Team) -> None:
    """Tom stands in for Mike."""
    await names_a_deputy(team, "mike", "tom", until=NEXT_WEEK)


def waiting(team: Team) -> dict[str, set[str]]:
    rows = team.sql(
        "SELECT m.name, array_agg(r.kind) FROM reminders r JOIN team_members m ON m.id = r.member_id "
        "WHERE r.waiting_since IS NOT NULL AND r.decision_id = %s GROUP BY m.name",
        team.decision_id,
    )
    return {name: set(kinds) for name, kinds in rows}


async def in_export(team: Team, *columns: str) -> list[str]:
    """Cells of the only line of the team's table."""
    (record,) = await exports.page(team.db, team_id=team.actors["lisa"].team.id, before=None)
    heading, line = csv.reader(io.StringIO(export_view.heading() + export_view.line(record)))
    return [line[heading.index(column)] for column in columns]


async def plan(team: Team) -> None:
    await reminders.plan(team.db, decision_id=team.decision_id, now=team.now, rules=team.rules)


async def test_both_are_told_and_the_deputy_decides_with_the_absent_persons_authority(team: Team) -> None:
    await team.to_result("lisa", "tom", "sarah", by="lisa", **LARGE)
    assert "Resolving #1 needs a decider up to USD 50,000" in await team.told("tom", Action.RESOLVE)

    await is_deputy(team)

    await team.house.person("tom").see("You stand in for Mike Chen from")
    await team.house.person("mike").see("Tom Becker stands in for you from")
    await plan(team)
    assert waiting(team) == {"Tom Becker": {"resolve"}, "Lisa Rodriguez": {"news.result"}}
    tom = team.house.person("tom")
    await tom.slash("/decide list")
    await tom.see("resolve, in the place of Mike Chen, who is away")
    modal = await team.window("tom", Action.RESOLVE)
    assert "You may decide up to USD 50,000, in the place of Mike Chen, who is away." in modal.text
    details = (await team.window("lisa", "decision.show")).text
    assert "Tom Becker (up to USD 50,000, in the place of Mike Chen)" in details
    assert "Mike Chen (up to USD 50,000, away)" in details

    await does(team, "tom", Action.RESOLVE, RESOLVE)

    assert "By @tom, in the place of Mike Chen" in await team.card("lisa")
    details = team.value("SELECT details FROM audit_logs WHERE action = 'decision.resolved'")
    assert details["for"] == str(team.actors["mike"].member.id)
    assert await in_export(team, "Resolved by", "Resolved in the place of") == ["Tom Becker", "Mike Chen"]
    team.check_deliveries()


async def test_the_customer_is_informed_by_the_resolvers_deputy_and_by_nobody_of_less_authority(team: Team) -> None:
    await resolved(team)
    await is_deputy(team)
    await plan(team)

    assert waiting(team)["Tom Becker"] == {"inform"}
    assert "is for Mike Chen, who resolved it" in await team.told("lisa", Action.INFORMED)
    await does(team, "tom", Action.INFORMED)
    details = team.value("SELECT details FROM audit_logs WHERE action = 'customer.informed'")
    assert details == {"for": str(team.actors["mike"].member.id)}


async def test_what_a_deputy_decided_is_not_changed_by_somebody_of_their_own_authority(team: Team) -> None:
    await team.to_result("lisa", "tom", "sarah", by="lisa", **LARGE)
    await is_deputy(team)
    await does(team, "tom", Action.RESOLVE, RESOLVE)

    told = await team.told("lisa", Action.CHANGE_CHOICE)

    assert "is for Tom Becker, who resolved it, or a decider up to USD 50,000" in told


async def test_nothing_is_lent_for_a_deputys_own_decision_nor_more_than_the_absent_owner_may(team: Team) -> None:
    await team.to_result("lisa", "tom", "sarah", by="tom", **LARGE)
    await is_deputy(team)
    assert "needs a decider up to USD 50,000; you may decide up to USD 100" in await team.told("tom", Action.RESOLVE)

    await team.to_result("lisa", "tom", "sarah", by="mike", **LARGE)
    assert "needs a decider up to USD 50,000; you may decide up to USD 1,000" in await team.told("tom", Action.RESOLVE)


async def test_a_deputy_does_not_score_for_the_absent_and_lends_nothing_on(team: Team) -> None:
    await team.to_scoring("lisa", "mike", "sarah", by="lisa", **LARGE)
    await is_deputy(team)
    assert "You are not asked to score #1" in await team.told("tom", Action.SCORE)

    await names_a_deputy(team, "tom", "lisa", until=NEXT_WEEK)
    for name in ("lisa", "mike", "sarah"):
        await team.ballot(name)
    await team.published()

    assert "Resolving #1 needs a decider" in await team.told("lisa", Action.RESOLVE)
    assert "Mike Chen is away then, and what is lent is not passed on. Choose somebody else." in await refused(
        team, {"Deputy": "mike", "Until": NEXT_WEEK}
    )


async def test_an_admin_names_a_deputy_for_somebody_else_but_never_themselves(team: Team) -> None:
    sarah = team.house.person("sarah")

    async def names(deputy: str) -> Any:
        assert (await sarah.slash("/decide setup")).ok
        await team.modal("sarah", at_least="Team size")
        assert (await sarah.submit()).ok
        await team.modal("sarah", at_least=NAMES["mike"])
        assert (await sarah.click(f"Edit {NAMES['mike']}")).ok
        await team.modal("sarah", at_least="Knows about")
        assert (await sarah.click("Deputy")).ok
        await team.modal("sarah", at_least="Mike Chen is away.")
        return await team.submit("sarah", {"Deputy": deputy, "Until": NEXT_WEEK})

    said = (await names("sarah")).error
    assert "Nobody makes themselves a deputy. Ask Mike Chen, or another team admin, to do it." in said
    await sarah.close(everything=True)
    assert "Nobody stands in for themselves." in (await names("mike")).error
    await sarah.close(everything=True)
    assert "A deputy is an active member of the team, and no guest." in (await names("ana")).error
    await sarah.close(everything=True)

    assert (await names("tom")).ok

    await team.house.person("tom").see("You stand in for Mike Chen from")
    await team.house.person("tom").see("Sarah Johnson has named you.")
    await team.house.person("mike").see("Sarah Johnson has named your deputy.")
    ((details, who),) = team.sql("SELECT details, user_id FROM audit_logs WHERE action = 'deputy.appointed'")
    assert who == team.actors["sarah"].member.id
    assert details["member"] == str(team.actors["mike"].member.id)
    assert details["deputy"] == [None, str(team.actors["tom"].member.id)]


async def refused(team: Team, values: dict[str, Any]) -> str:
    """What Sarah reads under her own form."""
    sarah = team.house.person("sarah")
    assert (await sarah.slash("/decide settings")).ok
    await team.modal("sarah", at_least="Tell me by")
    assert (await sarah.click("I will be away")).ok
    await team.modal("sarah", at_least="Nobody scores for somebody else")
    answer = await team.submit("sarah", values)
    await sarah.close(everything=True)
    return str(answer.error)


async def test_what_makes_no_sense_is_refused_under_its_field(team: Team) -> None:
    assert "Say until when." in await refused(team, {"Deputy": "tom"})
    span = {"From": NEXT_WEEK, "Until": NEXT_WEEK - timedelta(days=1)}
    assert "The end has to be later than the beginning." in await refused(team, {"Deputy": "tom", **span})
    assert "Nobody stands in for themselves." in await refused(team, {"Deputy": "sarah", "Until": NEXT_WEEK})


async def test_whoever_comes_back_earlier_ends_it_and_the_deputy_hears_so(team: Team) -> None:
    await team.to_result("lisa", "tom", "sarah", by="lisa", **LARGE)
    await is_deputy(team)

    await names_a_deputy(team, "mike", None)

    await team.house.person("tom").see("You stand in for Mike Chen no more.")
    await plan(team)
    assert waiting(team)["Mike Chen"] == {"resolve"}
    assert "Resolving #1 needs a decider" in await team.told("tom", Action.RESOLVE)


async def test_an_absence_begins_and_ends_by_itself(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_result("lisa", "tom", "sarah", by="lisa", **LARGE)
    await names_a_deputy(team, "mike", "tom", begins=NEXT_WEEK - timedelta(days=2), until=NEXT_WEEK)
    await plan(team)
    assert "Tom Becker" not in waiting(team)

    await team.change("UPDATE deputies SET begins = now() - interval '1 minute'")
    await sweeps.sweep(team.db, now=team.now, rules=team.rules)
    assert waiting(team)["Tom Becker"] == {"resolve"}
    assert team.value("SELECT is_running FROM deputies"), "and no later sweep plans it again"
    await team.house.person("tom").open_home()
    await team.house.person("tom").see("You stand in for Mike Chen until")

    await team.change("UPDATE deputies SET begins = now() - interval '1 hour', until = now() - interval '1 minute'")
    await sweeps.sweep(team.db, now=team.now, rules=team.rules)
    assert waiting(team)["Mike Chen"] == {"resolve"}
    assert "Tom Becker" not in waiting(team)
    assert team.value("SELECT count(*) FROM deputies") == 0


async def test_escalation_goes_to_the_deputy_and_says_why(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await is_deputy(team)
    await team.open(by="lisa", urgency_level=5, **LARGE)
    await team.settled()
    await plan(team)

    assert waiting(team)["Tom Becker"] >= {"escalation.stalled"}
    assert "escalation.stalled" not in waiting(team).get("Mike Chen", set())
    await sweeps.sweep(team.db, now=team.now + timedelta(days=2), rules=team.rules)
    await team.house.person("tom").see("You hear of it because you stand in for Mike Chen, who is away.")
