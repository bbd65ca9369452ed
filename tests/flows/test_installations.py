"""Installed workspaces from day to day: found without a look-up, in an organisation, taken out, renewed, encrypted."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from bot import app, keyring
from bot.cli import operations
from bot.demo.techcorp import globex, techcorp
from bot.domain.installation import Grant
from bot.errors import StartError
from bot.renewal import Renewal
from bot.services import erasure, housekeeping
from bot.services import installation as installations
from bot.services import team as teams
from bot.store import installation as store
from sandbox.consent import AppSpec
from sandbox.spec import PersonSpec, WorkspaceSpec
from tests.support.country import KEY, Country, living, settings_for
from tests.support.hands import modal_of
from tests.support.house import living as living_alone
from tests.support.records import PATIENCE_SECONDS
from tests.support.team import Team

OURS, THEIRS, ACME = "T0TECHCORP", "T0GLOBEX", "E0ACME"
UNINSTALLED = {"type": "app_uninstalled"}


@pytest.fixture
async def country(database_url: str) -> AsyncIterator[Country]:
    async with living(database_url, [techcorp(), globex()]) as found:
        await found.install(OURS, THEIRS)
        yield found


def in_acme() -> list[WorkspaceSpec]:
    """The two workspaces in one organisation that has installed the app as a whole; its people have W ids."""
    people = tuple(replace(person, id=f"W{person.id[1:]}") for person in techcorp().people)
    ours = replace(techcorp(), people=people, bot_user_id="U0ORGBOT")
    return [replace(one, enterprise_id=ACME, is_org_install=True) for one in (ours, globex())]


def sql(country: Country, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(country.database_url, autocommit=True, options="-c lock_timeout=3s") as connection:
        cursor = connection.execute(query, arguments or None)
        return cursor.fetchall() if cursor.description else []


def status(country: Country, place: str) -> str:
    ((found,),) = sql(
        country, "SELECT status FROM workspace_installations WHERE coalesce(team_id, enterprise_id) = %s", place
    )
    return str(found)


async def until(country: Country, query: str, expected: object, *, timeout: float = 30.0) -> None:
    end = time.monotonic() + timeout
    while (found := (await asyncio.to_thread(sql, country, query))[0][0]) != expected:
        assert time.monotonic() < end, f"{query}: {found!r}, not {expected!r}"
        await asyncio.sleep(0.02)


# The hot path.


async def _cost(house: Any, name: str) -> tuple[int, int]:
    """(statements, calls of Slack) of one `/decide list` after another has been answered. The least of three: what the
    bot does by its own clocks comes on top, now and then."""
    await _list(house, name)
    return min([await _cost_once(house, name) for _ in range(3)])


async def _cost_once(house: Any, name: str) -> tuple[int, int]:
    statements: list[str] = []
    engine = house.bot.deps.db.engine.sync_engine

    def note(*how: Any) -> None:
        if "outbox" not in how[2] and "sweep" not in how[2]:
            statements.append(how[2])

    calls = len(house.sandbox.calls())
    event.listen(engine, "before_cursor_execute", note)
    try:
        await _list(house, name)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(statements), len(house.sandbox.calls()) - calls


async def _list(house: Any, name: str) -> None:
    """Ask, and wait for the answer."""
    person = house.person(name)
    before = len(await person.messages())
    await person.slash("/decide list")
    end = time.monotonic() + PATIENCE_SECONDS
    while len(await person.messages()) == before:
        assert time.monotonic() < end, await person.screen()
        await asyncio.sleep(0.02)
    await house.sandbox.idle()


async def test_a_request_costs_no_statement_and_no_call_more_than_with_one_workspace(
    database_url: str, fresh_database: Any
) -> None:
    with fresh_database() as other:
        async with living_alone(other, techcorp()) as house:
            await Team(house).gather("mike")
            alone = await _cost(house, "sarah")
    async with living(database_url, [techcorp(), globex()]) as found:
        await found.install(OURS)
        await Team(found.house(OURS)).gather("mike")
        among_many = await _cost(found.house(OURS), "sarah")

    assert among_many == alone
    assert alone[0] > 0


async def test_what_is_known_is_bounded_and_read_anew_after_a_minute(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.workspaces.MOST_KEPT", 3)
    many: Any = country.bot.deps.workspaces
    for n in range(10):
        assert await many.find(enterprise_id=None, team_id=f"T{n}") is None
    assert len(many._kept) == 3
    found = await many.find(enterprise_id=None, team_id=OURS)
    assert found is await many.find(enterprise_id=None, team_id=OURS)
    later = time.monotonic() + 61
    monkeypatch.setattr("bot.workspaces.time.monotonic", lambda: later)
    again = await many.find(enterprise_id=None, team_id=OURS)

    assert again == found
    assert again is not found
    assert found.bot_token not in repr(found)


async def test_who_cannot_be_looked_up_in_time_is_told_so_and_whom_we_know_is_served(country: Country) -> None:
    hank, sarah = country.house(THEIRS).person("hank"), country.house(OURS).person("sarah")
    await sarah.slash("/decide help")
    with psycopg.connect(country.database_url) as connection:
        connection.execute("LOCK TABLE workspace_installations")
        country.bot.deps.workspaces._kept.pop((None, THEIRS), None)  # type: ignore[union-attr]
        answer = await hank.slash("/decide help")
        assert answer.ok
        await hank.see("The database did not answer in time. Try it once more in a moment.")
        assert (await sarah.slash("/decide help")).ok
        await sarah.see("/decide list")


# Taken out.


async def test_after_an_uninstall_nothing_more_is_sent_within_a_second(country: Country) -> None:
    team = await Team(country.house(OURS)).gather("mike", "lisa")
    await team.open(title="Before")
    await team.settled()
    await country.land.uninstall(OURS)
    calls = len(country.land.sandboxes[OURS].calls())
    await team.open(title="After")
    waiting = "SELECT count(*) FROM outbox WHERE lane LIKE 'slack:T0TECHCORP:%' AND state = 'ready' AND attempts = 0"
    await until(country, f"SELECT ({waiting}) > 0", True)
    other = await Team(country.house(THEIRS)).gather("homer", owner="hank")
    opened = await other.open(title="Elsewhere", by="hank")
    other._decision_id = opened.id

    assert (await _card_of(other, "hank")).startswith("#1 · Elsewhere")
    assert status(country, OURS) == "uninstalled"
    assert len(country.land.sandboxes[OURS].calls()) == calls
    assert sql(country, f"SELECT ({waiting}) > 0") == [(True,)]
    kept = "SELECT bot_token, refresh_token, key_id FROM workspace_installations WHERE team_id = %s"
    assert sql(country, kept, OURS) == [(None, None, None)]


async def test_long_after_an_uninstall_its_teams_are_erased_where_the_operator_wants_that(country: Country) -> None:
    ours = await Team(country.house(OURS)).gather("mike", "lisa")
    await ours.open(title="Of those who left", customer_name="Wayne Enterprises")
    theirs = await Team(country.house(THEIRS)).gather("homer", owner="hank")
    await theirs.open(title="Of those who stay", by="hank", customer_name="Stark Industries")
    await country.land.uninstall(OURS)
    await until(country, "SELECT status FROM workspace_installations WHERE team_id = 'T0TECHCORP'", "uninstalled")
    db, month = country.house(OURS).bot.deps.patient_db, timedelta(days=30)

    assert await erasure.erase_gone(db, after=month) == 0
    sql(country, "UPDATE workspace_installations SET ended_at = now() - interval '31 days' WHERE ended_at IS NOT NULL")
    assert await erasure.erase_gone(db, after=month) == 1

    customers = sorted(name for (name,) in sql(country, "SELECT customer_name FROM customer_decisions"))
    assert "Wayne Enterprises" not in customers
    assert "Stark Industries" in customers
    assert await erasure.erase_gone(db, after=month) == 0


async def _card_of(team: Team, person: str) -> str:
    """`card`, while deliveries of another workspace stay where they are."""
    await team.until("SELECT count(*) FROM outbox WHERE lane LIKE 'slack:T0GLOBEX:%' AND state = 'ready'", 0)
    (card,) = await team.cards(person)
    return card.rendered


async def test_an_uninstall_that_comes_after_a_new_installation_changes_nothing(country: Country) -> None:
    await country.land.uninstall(OURS)
    await country.install(OURS)
    for seconds_ago in (0.0, 30.0, 3600.0):
        assert await country.land.tell(OURS, UNINSTALLED, seconds_ago=seconds_ago, copies=2) == [200, 200]
        assert status(country, OURS) == "active"

    await country.house(OURS).person("sarah").slash("/decide help")
    await country.house(OURS).person("sarah").see("/decide list")


async def test_what_waited_is_delivered_once_the_workspace_has_installed_it_again(country: Country) -> None:
    team = await Team(country.house(OURS)).gather("mike")
    await country.land.uninstall(OURS, copies=3)
    await team.open(title="Meanwhile")
    await country.install(OURS)

    assert (await team.card()).startswith("#1 · Meanwhile")


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [({"bot": ["U0CONCLAVE"]}, "revoked"), ({"bot": ["U0OTHER"], "oauth": ["U0SARAH"]}, "active"), ({}, "active")],
)
async def test_tokens_revoked_counts_where_our_own_bot_is_named(
    country: Country, tokens: dict[str, list[str]], expected: str
) -> None:
    sql(country, "UPDATE workspace_installations SET installed_at = installed_at - interval '1 hour'")
    await country.land.tell(OURS, {"type": "tokens_revoked", "tokens": tokens})

    assert status(country, OURS) == expected
    assert status(country, THEIRS) == "active"


async def test_a_token_that_slack_refuses_leaves_a_tombstone_although_no_event_came(country: Country) -> None:
    team = await Team(country.house(OURS)).gather("mike")
    await country.land.uninstall(OURS, tells=False)
    await team.open()

    await until(country, f"SELECT status FROM workspace_installations WHERE team_id = '{OURS}'", "revoked")
    assert sql(country, "SELECT count(*) FROM outbox WHERE state = 'dead'") == [(0,)]


async def test_what_waits_for_a_workspace_that_is_gone_is_given_up_after_a_day(country: Country) -> None:
    await country.land.uninstall(OURS)
    rows = "INSERT INTO outbox (kind, lane, dedupe_key, created_at) VALUES ('card', %s, %s, now() - interval '2 days')"
    sql(country, rows, f"slack:{OURS}:C1", "gone")
    sql(country, "UPDATE workspace_installations SET ended_at = now() - interval '2 days' WHERE team_id = %s", OURS)
    await housekeeping.purge(country.bot.deps.patient_db)

    assert sql(country, "SELECT state, last_error FROM outbox WHERE dedupe_key = 'gone'") == [("dead", "not_installed")]


# An organisation.


async def test_what_waits_for_a_workspace_that_an_organisation_left_is_given_up_after_a_day(database_url: str) -> None:
    async with living(database_url, in_acme(), organisations={ACME: "Acme"}) as country:
        await country.browser().install(ACME)
        await country.house(OURS).person("sarah").slash("/decide help")
        await country.house(OURS).person("sarah").see("/decide list")
        await country.land.tell(ACME, {"type": "team_access_revoked", "team_ids": [OURS]})
        gone = f"SELECT left_at IS NOT NULL FROM enterprise_workspaces WHERE workspace_id = '{OURS}'"
        await until(country, gone, True)
        row = "INSERT INTO outbox (kind, lane, dedupe_key, created_at) "
        sql(country, f"{row} VALUES ('card', %s, 'it', now() - interval '2 days')", f"slack:{OURS}:C1")

        for left, expected in (("23 hours", "ready"), ("25 hours", "dead")):
            change = "UPDATE enterprise_workspaces SET left_at = now() - %s::interval WHERE workspace_id = %s"
            sql(country, change, left, OURS)
            await housekeeping.purge(country.bot.deps.patient_db)
            assert sql(country, "SELECT state FROM outbox WHERE dedupe_key = 'it'") == [(expected,)]


async def test_an_organisation_installs_it_once_and_each_of_its_workspaces_works(database_url: str) -> None:
    async with living(database_url, in_acme(), organisations={ACME: "Acme"}) as country:
        page = await country.browser().install(ACME)
        assert page.title == "Conclave is in Acme"
        assert "//acme.enterprise.slack.com/manage/organization/apps/profile/A0CONCLAVE/workspaces/add" in page.text

        sarah, hank = country.house(OURS).person("sarah"), country.house(THEIRS).person("hank")
        for person in (sarah, hank):
            await person.slash("/decide setup")
            await modal_of(person, at_least="Team size")
        await sarah.fill({"Team": "Ours", "Company": "Acme", "Your own role": "Customer success manager"})
        answer = await sarah.submit()
        assert answer.ok, answer
        await until(country, f"SELECT count(*) FROM team_workspaces WHERE workspace_id = '{OURS}'", 1)
        assert sql(country, "SELECT workspace_id, slack_user_id FROM slack_identities") == [(OURS, "W0SARAH")]
        await until(country, "SELECT count(*) FROM outbox WHERE state = 'ready'", 0)
        for team_id in (OURS, THEIRS):
            calls = country.land.sandboxes[team_id].calls()
            assert calls
            assert [c for c in calls if c.answer and not c.answer.get("ok")] == []
            assert {c.arguments.get("team_id") for c in calls if c.method != "response_url"} == {team_id}


@pytest.mark.parametrize(("organisation", "is_known"), [(ACME, True), ("E0OTHER", False)])
async def test_a_person_of_two_workspaces_of_one_organisation_has_one_seat_and_two_organisations_never_meet(
    database_url: str, organisation: str, is_known: bool
) -> None:
    ours, theirs = in_acme()
    sarah = next(person for person in ours.people if person.name == "sarah")
    first, *others = theirs.channels
    theirs = replace(
        theirs,
        enterprise_id=organisation,
        people=(*theirs.people, sarah),
        channels=(replace(first, members=(*first.members, "sarah")), *others),
    )
    organisations = {ACME: "Acme", organisation: "Acme" if is_known else "Other"}
    async with living(database_url, [ours, theirs], organisations=organisations) as country:
        await country.install(*organisations)
        here, there = country.house(OURS).person("sarah"), country.house(THEIRS).person("sarah")
        await here.slash("/decide setup")
        await modal_of(here, at_least="Team size")
        await here.fill({"Team": "Ours", "Company": "Acme", "Your own role": "Customer success manager"})
        assert (await here.submit()).ok
        await until(country, "SELECT count(*) FROM slack_identities", 1)

        await there.slash("/decide list")

        await there.see("No open decisions." if is_known else "/decide setup")
        rows = sql(country, "SELECT workspace_id, slack_user_id FROM slack_identities ORDER BY workspace_id")
        assert rows == [(place, "W0SARAH") for place in ((THEIRS, OURS) if is_known else (OURS,))]
        assert sql(country, "SELECT count(*) FROM team_members") == [(1,)]
        assert sql(country, "SELECT count(*) FROM audit_logs WHERE action = 'member.linked'") == [(int(is_known),)]


async def test_a_workspaces_own_installation_goes_before_its_organisations(database_url: str) -> None:
    async with living(database_url, in_acme(), organisations={ACME: "Acme"}) as country:
        await country.install(ACME, OURS)
        many: Any = country.bot.deps.workspaces
        assert (await many.find(enterprise_id=ACME, team_id=OURS)).team_id == OURS
        assert (await many.find(enterprise_id=ACME, team_id=THEIRS)).is_org

        await country.land.uninstall(OURS)
        assert (await many.find(enterprise_id=ACME, team_id=OURS)).is_org
        assert await many.client_of(THEIRS) is not None
        await country.land.tell(ACME, {"type": "team_access_revoked", "team_ids": [THEIRS]})
        assert await many.client_of(OURS) is not None
        assert await many.client_of(THEIRS) is None
        await country.land.uninstall(ACME)
        assert await many.find(enterprise_id=ACME, team_id=OURS) is None


# Tokens that end.


async def test_two_workers_renew_fifty_tokens_and_spend_each_refresh_token_once(database_url: str) -> None:
    small = replace(globex(), people=(PersonSpec("U1", "ana", "Ana"),), channels=())
    specs = [replace(small, team_id=f"T{n:03}") for n in range(50)]
    async with living(database_url, specs, app_spec=AppSpec(rotates=True)) as country:
        for spec in specs:
            await country.install(spec.team_id)
            sql(country, "DELETE FROM attempts")  # as if each came from elsewhere
        before = set(country.land.consents.refresh)
        sql(country, "UPDATE workspace_installations SET expires_at = now() + interval '1 hour'")
        found: Any = country.bot.deps.workspaces
        workers = [Renewal(country.bot.deps, found.keyring, found.session) for _ in range(2)]
        done = await asyncio.gather(*(worker.renew_due() for worker in workers))

        assert sum(done) == 50
        assert country.land.consents.spent == dict.fromkeys(before, 1)
        assert sql(country, "SELECT count(*), count(previous_token) FROM workspace_installations") == [(50, 0)]
        ((soonest,),) = sql(country, "SELECT min(expires_at) - now() FROM workspace_installations")
        assert soonest > timedelta(hours=11)
        client = await found.client_of("T000")
        assert (await client.auth_test())["ok"]


@pytest.fixture
async def rotating(database_url: str) -> AsyncIterator[tuple[Country, Renewal]]:
    async with living(database_url, [techcorp()], app_spec=AppSpec(rotates=True)) as country:
        await country.install(OURS)
        sql(country, "UPDATE workspace_installations SET expires_at = now() + interval '1 hour'")
        found: Any = country.bot.deps.workspaces
        yield country, Renewal(country.bot.deps, found.keyring, found.session)


@pytest.mark.parametrize("change", ["status = 'uninstalled', bot_token = NULL", "refresh_token = NULL"])
async def test_what_ended_while_its_turn_came_is_not_renewed(rotating: tuple[Country, Renewal], change: str) -> None:
    country, renewal = rotating
    ((id_,),) = sql(country, "SELECT id FROM workspace_installations")
    sql(country, f"UPDATE workspace_installations SET {change}")

    async def nobody_is_asked(refresh_token: str) -> Grant:
        raise AssertionError

    found: Any = country.bot.deps.workspaces
    assert await installations.renew(country.bot.deps.db, found.keyring, id_, nobody_is_asked, {}) is None
    assert await renewal.renew_due() == 0


async def test_what_slack_answered_is_not_lost_when_the_database_could_not_save_it(
    rotating: tuple[Country, Renewal], monkeypatch: pytest.MonkeyPatch
) -> None:
    country, renewal = rotating
    write, failures = store.write, [1]

    async def fails_once(*args: Any) -> None:
        if failures.pop():
            failures.append(0)
            raise RuntimeError("no room")
        failures.append(0)
        await write(*args)

    monkeypatch.setattr(store, "write", fails_once)
    with pytest.raises(RuntimeError):
        await renewal.renew_due()
    assert await renewal.renew_due() == 1
    assert set(country.land.consents.spent.values()) == {1}


async def test_after_a_crash_between_answer_and_commit_the_old_token_goes_on_and_the_operator_is_told(
    rotating: tuple[Country, Renewal],
) -> None:
    country, renewal = rotating
    (refresh_token,) = country.land.consents.refresh
    country.land.consents.access(
        {"grant_type": "refresh_token", "refresh_token": refresh_token},
        client_id=country.land.app.client_id,
        client_secret=country.land.app.client_secret,
    )
    assert await renewal.renew_due() == 0

    await country.house(OURS).person("sarah").slash("/decide help")
    await country.house(OURS).person("sarah").see("/decide list")
    settings = settings_for(country.land, database_url=country.database_url)
    said = [finding.words for finding in await operations.examine(settings) if not finding.is_fine]
    assert any("has to be installed there again by then" in words for words in said), said


async def test_a_new_token_that_slack_refuses_gives_way_to_the_old_one(rotating: tuple[Country, Renewal]) -> None:
    country, renewal = rotating
    many: Any = country.bot.deps.workspaces
    old = (await many.find(enterprise_id=None, team_id=OURS)).bot_token
    country.land.sandboxes[OURS].fail("auth.test", "error", error="invalid_auth")
    await renewal.renew_due()
    many.forget()

    assert (await many.find(enterprise_id=None, team_id=OURS)).bot_token == old


# Keys, and what a thief of the database sees.


async def test_keys_are_rotated_under_two_hundred_deliveries_and_none_is_lost(country: Country) -> None:
    team = await Team(country.house(OURS)).gather("mike")
    keys = f"{keyring.new_key()},{KEY}"
    many: Any = country.bot.deps.workspaces
    many.keyring = keyring.parse(keys)
    settings = settings_for(country.land, database_url=country.database_url, CONCLAVE_TOKEN_KEYS=keys)
    channel = techcorp().channels[0].id
    announced = {"team": str(team.actors["sarah"].team.id), "user": "U0SARAH", "channel": channel, "workspace": OURS}

    sql(
        country,
        "INSERT INTO outbox (kind, lane, dedupe_key, payload) SELECT %s, %s || n %% 20, 'many:' || n, %s "
        "FROM generate_series(1, 200) n",
        teams.ANNOUNCE,
        f"slack:{OURS}:lane",
        psycopg.types.json.Jsonb(announced),
    )
    done, words = await operations.rotate_keys(settings)
    await until(country, "SELECT count(*) FROM outbox WHERE state = 'ready'", 0)

    assert done == 2
    assert keyring.parse(KEY).newest in words
    ended = "SELECT state, count(*) FROM outbox WHERE starts_with(dedupe_key, 'many:') GROUP BY 1"
    assert sql(country, ended) == [("done", 200)]
    assert sql(country, "SELECT DISTINCT key_id FROM workspace_installations") == [(keyring.parse(keys).newest,)]


async def test_without_its_key_a_service_does_not_start_and_says_what_to_do(country: Country) -> None:
    other = settings_for(country.land, database_url=country.database_url, CONCLAVE_TOKEN_KEYS=keyring.new_key())
    lost = keyring.parse(KEY).newest
    with pytest.raises(StartError, match=f"lacks {lost}.*conclave keys forget"):
        async with app.running(other, database_url=country.database_url):
            pass
    assert any(f"lacks {lost}" in finding.words for finding in await operations.examine(other))
    with pytest.raises(StartError, match=f"lacks {lost}"):
        await operations.rotate_keys(other)

    assert await operations.forget_key(other, lost) == 2
    async with app.running(other, database_url=country.database_url):
        pass


async def test_a_dump_of_every_table_shows_no_token(database_url: str) -> None:
    async with living(database_url, [techcorp(), globex()], app_spec=AppSpec(rotates=True)) as country:
        await country.install(OURS, THEIRS)
        team = await Team(country.house(OURS)).gather("mike")
        await team.open()
        await team.settled()
        secrets = {*country.land.consents.tokens, *country.land.consents.refresh, *country.land.consents.codes, KEY}
        names = [name for (name,) in sql(country, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                                                  "'public'::regnamespace")]  # fmt: skip
        with psycopg.connect(country.database_url) as connection:
            dump = b"".join(_copied(connection, name) for name in names)

        assert len(secrets) == 7
        assert b"T0TECHCORP" in dump
        assert [secret for secret in secrets if secret.encode() in dump or secret.encode().hex().encode() in dump] == []
        assert b"xox" not in dump


def _copied(connection: "psycopg.Connection[Any]", table: str) -> bytes:
    with connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(bytes(piece) for piece in copy)


async def test_doctor_says_who_has_it_and_what_each_missing_scope_costs(country: Country) -> None:
    sql(
        country,
        "UPDATE workspace_installations SET scopes = array_remove(scopes, 'files:write') WHERE team_id = %s",
        OURS,
    )
    findings = await operations.examine(settings_for(country.land, database_url=country.database_url))
    said = {finding.subject: finding.words for finding in findings}

    assert said["workspaces"] == "2 have the app installed; others install it at http://127.0.0.1:1/slack/install"
    assert said[f"{OURS} TechCorp"] == "without files:write an export comes as messages, not as a file"
    assert f"{THEIRS} Globex" not in said
