"""A workspace installs the app in a browser, by way of Slack's page of consent: what comes of it, and what does not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from bot import jobs
from bot.demo.techcorp import globex, techcorp
from bot.domain.action import Action
from bot.oauth import COOKIE
from bot.services import installation as installations
from tests.support.country import Country, living
from tests.support.hands import modal_of
from tests.support.team import Team

NO_SUCH = "Your team has no such decision. /decide list shows those it has."
OURS, THEIRS = "T0TECHCORP", "T0GLOBEX"
NOTHING = "SELECT count(*) FROM workspace_installations WHERE status = 'active'"


@pytest.fixture
async def country(database_url: str) -> AsyncIterator[Country]:
    async with living(database_url, [techcorp(), globex()]) as found:
        yield found


def sql(country: Country, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(country.database_url, autocommit=True, options="-c lock_timeout=3s") as connection:
        cursor = connection.execute(query, arguments or None)
        return cursor.fetchall() if cursor.description else []


def installed(country: Country) -> int:
    ((count,),) = sql(country, NOTHING)
    return int(count)


async def test_who_installs_it_is_told_what_to_do_next_and_can_do_it(country: Country) -> None:
    page = await country.browser().install(OURS)

    assert (page.status, page.title) == (200, "Conclave is in TechCorp")
    assert "/decide setup" in page.text
    assert f"https://slack.com/app_redirect?app=A0CONCLAVE&amp;team={OURS}" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    sarah = country.house(OURS).person("sarah")
    await sarah.slash("/decide setup")
    await modal_of(sarah, at_least="Team size")


async def test_two_workspaces_play_at_the_same_time_and_never_meet(country: Country) -> None:
    await asyncio.gather(country.install(OURS), country.install(THEIRS))
    ours = await Team(country.house(OURS)).gather("mike", "lisa", "tom")
    theirs = await Team(country.house(THEIRS)).gather("homer", "priya", owner="hank")
    ours.give("mike", 4)
    theirs.give("homer", 4)
    opened = await ours.open(title="Ours alone"), await theirs.open(title="Theirs alone", by="hank")
    ours._decision_id, theirs._decision_id = opened[0].id, opened[1].id

    assert (await ours.card()).startswith("#1 · Ours alone")
    assert (await theirs.card("hank")).startswith("#1 · Theirs alone")
    for team, person, foreign in ((ours, "sarah", "Theirs alone"), (theirs, "hank", "Ours alone")):
        await team.house.person(person).slash("/decide list")
        screen = await team.house.person(person).see("1 open decision")
        assert foreign not in screen
        team.check_deliveries()
        assert [call for call in team.house.sandbox.calls() if call.answer and not call.answer.get("ok")] == []


async def test_five_workspaces_of_two_organisations_play_whole_decisions_at_once_among_others_rows(
    database_url: str,
) -> None:
    # Everybody is somebody else: the same id in two workspaces of an organisation would be one person.
    people = [tuple(replace(one, id=f"{one.id}{n}") for one in techcorp().people) for n in range(5)]
    specs = [
        replace(
            techcorp(),
            team_id=f"T0{n}",
            name=f"Company {n}",
            people=people[n],
            enterprise_id=f"E0{n % 2}",
            is_org_install=n > 2,
        )
        for n in range(5)
    ]
    async with living(database_url, specs, organisations={"E00": "Even", "E01": "Odd"}) as country:
        await country.install("E00", "E01", "T00", "T01", "T02")
        sql(
            country,
            "INSERT INTO outbox (kind, lane, dedupe_key) "
            "SELECT 'card', 'slack:T0GONE:C' || n, 'noise:' || n FROM generate_series(1, 500) n",
        )
        for spec in specs:  # of an organisation's workspaces we know those in which somebody has pressed something
            await country.house(spec.team_id).person("sarah").slash("/decide help")
        teams = [await Team(country.house(spec.team_id)).gather("mike", "lisa", "tom") for spec in specs]
        for n, team in enumerate(teams):
            team.give("mike", 4)
            await team.open(title=f"Nobody else's, {n}")
        await asyncio.gather(*(team.to_resolved(title=f"Of {n} alone") for n, team in enumerate(teams)))

        for n, team in enumerate(teams):
            lanes = f"slack:T0{n}:%"
            await team.until("SELECT count(*) FROM outbox WHERE lane LIKE %s AND state = 'ready'", 0, lanes)
            screen = await team.house.person("sarah").see(f"Of {n} alone")
            assert [m for m in range(5) if m != n and (f"Of {m} " in screen or f"Nobody else's, {m}" in screen)] == []
            assert [c for c in team.house.sandbox.calls() if c.answer and not c.answer.get("ok")] == []
        assert sql(country, "SELECT sum(attempts), count(*) FILTER (WHERE state = 'dead') FROM outbox "
                            "WHERE lane LIKE 'slack:T0GONE:%'") == [(0, 0)]  # fmt: skip


async def test_ids_of_another_workspace_are_refused_in_every_handler_like_ids_that_nobody_has(country: Country) -> None:
    await country.install(OURS, THEIRS)
    ours = await Team(country.house(OURS)).gather("mike", "lisa")
    theirs = await Team(country.house(THEIRS)).gather("homer", "priya", owner="hank")
    await theirs.to_scoring(by="hank")
    foreign = theirs.decision_id
    revision = sql(country, "SELECT revision FROM customer_decisions WHERE id = %s", foreign)

    for action in [*Action, "decision.show", "card.post", "card.shared", "round.take_in"]:
        assert NO_SUCH in await ours.told("sarah", action, foreign)
    foreign_member = theirs.actors["priya"].member.id
    assert "Your team has no such member." in await ours.told("sarah", "team.edit_member", foreign_member)
    assert sql(country, "SELECT revision FROM customer_decisions WHERE id = %s", foreign) == revision


async def test_the_same_ids_of_people_and_channels_in_two_workspaces_are_different_ones(database_url: str) -> None:
    """Slack's ids of people and channels are unique in a workspace, not in the world."""
    twin = replace(techcorp(), team_id="T0TWIN", name="Twin", domain="twin")
    async with living(database_url, [techcorp(), twin]) as country:
        await country.install(OURS, "T0TWIN")
        ours, theirs = Team(country.house(OURS)), Team(country.house("T0TWIN"))
        await ours.gather("mike", "lisa")
        await theirs.gather("tom")
        opened = await ours.open(title="Ours alone")
        ours._decision_id = opened.id

        assert (await ours.card()).startswith("#1 · Ours alone")
        assert country.house("T0TWIN").sandbox.calls("chat.postMessage") == []
        await theirs.house.person("sarah").slash("/decide list")
        await theirs.house.person("sarah").see("No open decisions")
        await theirs.house.person("mike").slash("/decide list")
        await theirs.house.person("mike").see("a workspace admin can add you")


async def test_who_says_no_at_slack_is_told_that_nothing_was_installed(country: Country) -> None:
    page = await country.browser().install("")

    assert (page.status, page.title) == (200, "Nothing was installed")
    assert installed(country) == 0


async def test_an_address_that_begins_without_end_is_let_in_thirty_times_a_minute_and_leaves_so_many_rows(
    country: Country,
) -> None:
    browser, begin = country.browser(), f"{country.url}/slack/install"
    pages = [await browser.get(begin) for _ in range(installations.MOST_BEGUN + 3)]

    assert {page.status for page in pages[: installations.MOST_BEGUN]} == {302}
    assert {page.status for page in pages[installations.MOST_BEGUN :]} == {429}
    assert "So many installations were begun from your network within a minute" in pages[-1].text
    assert sql(country, "SELECT count(*) FROM install_states") == [(installations.MOST_BEGUN,)]

    sql(country, "UPDATE attempts SET began_at = now() - interval '61 seconds'")
    assert (await browser.get(begin)).status == 302


async def test_what_has_expired_is_deleted_an_hour_later(country: Country) -> None:
    for _ in range(2):
        await country.browser().begin()
    sql(country, "UPDATE install_states SET expires_at = now() - interval '61 minutes' "
        "WHERE digest = (SELECT min(digest) FROM install_states)")  # fmt: skip

    await jobs.purge(country.bot.deps)

    assert sql(country, "SELECT count(*) FROM install_states") == [(1,)]


async def test_the_address_works_once(country: Country) -> None:
    browser = country.browser()
    back = await browser.decide(await browser.begin(), place=OURS)
    first, second = await browser.get(back), await browser.get(back)

    assert (first.status, second.status, second.title) == (200, 400, "This was done before")
    assert sql(country, "SELECT generation FROM workspace_installations") == [(1,)]


async def test_of_two_that_come_back_at_once_with_one_address_one_is_let_in(country: Country) -> None:
    browser = country.browser()
    back = await browser.decide(await browser.begin(), place=OURS)
    pages = await asyncio.gather(*(browser.get(back) for _ in range(5)))

    assert sorted(page.status for page in pages) == [200, 400, 400, 400, 400]


async def test_after_ten_minutes_one_has_to_begin_again(country: Country) -> None:
    browser = country.browser()
    back = await browser.decide(await browser.begin(), place=OURS)
    sql(country, "UPDATE install_states SET expires_at = expires_at - interval '10 minutes'")
    page = await browser.get(back)

    assert (page.status, page.title) == (400, "That took too long")
    assert installed(country) == 0


async def test_somebody_elses_link_installs_nothing_and_does_not_use_it_up(country: Country) -> None:
    admin, victim = country.browser(), country.browser()
    back = await admin.decide(await admin.begin(), place=OURS)
    await victim.begin()
    page = await victim.get(back)

    assert (page.status, page.title) == (400, "Begun somewhere else")
    assert installed(country) == 0
    assert (await admin.get(back)).status == 200


@pytest.mark.parametrize(
    "query",
    ["", "?state=x", "?code=x", "?state=x&code=y", "?state=%00&error=access_denied", "?state=x&code=%00&team=%00"],
)
async def test_what_slack_never_sends_is_turned_away(country: Country, query: str) -> None:
    page = await country.browser().get(f"{country.url}/slack/oauth_redirect{query}")

    assert page.status == 400
    assert page.title in ("Nothing to do here", "Begun somewhere else")
    assert installed(country) == 0


async def test_the_wrong_workspace_is_not_installed_and_its_access_given_back(country: Country) -> None:
    page = await country.browser().install(THEIRS, team=OURS)

    assert (page.status, page.title) == (409, "That was another workspace")
    assert installed(country) == 0
    assert {token.state for token in country.land.consents.tokens.values()} == {"revoked"}


@pytest.mark.parametrize("team", ["%00", "T1'--", "Ü"])
async def test_a_workspace_that_cannot_be_one_is_left_out_of_the_question(country: Country, team: str) -> None:
    page = await country.browser().get(f"{country.url}/slack/install?team={team}")

    assert page.status == 302
    assert "team=" not in page.headers["location"]


async def test_what_slack_refuses_installs_nothing(country: Country) -> None:
    browser = country.browser()
    back = await browser.decide(await browser.begin(), place=OURS)
    country.land.consents.codes.clear()
    page = await browser.get(back)

    assert (page.status, page.title) == (502, "Slack did not confirm it")
    assert "invalid_code" in page.text
    assert installed(country) == 0


async def test_the_cookie_is_for_this_service_alone_and_out_of_reach_of_scripts(country: Country) -> None:
    page = await country.browser().get(f"{country.url}/slack/install")
    asked = parse_qs(urlsplit(page.headers["location"]).query)
    said = page.headers["set-cookie"]

    assert said.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=600"} <= set(said.split("; "))
    assert "user_scope" not in asked
    ((digest,),) = sql(country, "SELECT digest FROM install_states")
    assert len(digest) == 32
    assert asked["state"][0].encode() not in bytes(digest)


async def test_a_workspace_that_has_not_installed_it_is_told_so_and_nothing_is_done(country: Country) -> None:
    await country.install(OURS)
    hank = country.house(THEIRS).person("hank")
    answer = await hank.slash("/decide refund")

    assert answer.ok
    screen = await hank.see("Conclave is not installed in this workspace any more, so nothing was done.")
    assert "http://127.0.0.1:1/slack/install" in screen
    assert country.house(THEIRS).sandbox.calls() == []


async def test_a_new_installation_takes_the_place_of_the_old_one(country: Country) -> None:
    await country.install(OURS)
    await country.install(OURS)

    assert sql(country, "SELECT generation, status FROM workspace_installations") == [(2, "active")]
    await country.house(OURS).person("sarah").slash("/decide help")
    await country.house(OURS).person("sarah").see("/decide list")
