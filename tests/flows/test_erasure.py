"""Erasing a member, a customer, a team: nothing of them is found any more, what was counted stays, seals hold."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Conflict, Invalid, NotFound
from bot.services import decision as decisions
from bot.services import erasure
from bot.services import result as results
from bot.services import team as teams
from bot.store import db
from bot.store.db import Db
from tests.support.house import as_service
from tests.support.team import Team

MIKE, MAIL, SLACK = "Mike Chen", "mike@techcorp.com", "U0MIKE"
ABC = "ABC Corporation"


@pytest.fixture
async def owner(team: Team) -> AsyncIterator[Db]:
    """The database for the login that migrates."""
    opened = db.connect(team.house.database_url, budget_seconds=30)
    yield opened
    await opened.close()


TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


def found(team: Team, *words: str) -> dict[str, int]:
    """Tables, with the number of rows in which one of the words stands by itself."""
    either = "|".join(re.escape(word).replace("\\ ", r"\s+") for word in words)
    pattern = rf"(^|[^[:alnum:]-])({either})($|[^[:alnum:]-])"
    tables = [name for (name,) in team.sql(TABLES)]
    counts = {name: team.value(f"SELECT count(*) FROM {name} x WHERE x::text ~* %s", pattern) for name in tables}
    return {name: count for name, count in counts.items() if count}


COUNTED = (
    "SELECT round_id, body FROM round_results ORDER BY 1",
    "SELECT option_id, criteria_id, score, confidence FROM evaluations ORDER BY 1, 2, 3, 4",
    "SELECT id, team_id, created_by, decision_type, financial_impact, actual_resolution_date FROM customer_decisions "
    "ORDER BY 1",
    "SELECT decision_id, selected_option_id, resolved_by, worked FROM decision_outcomes ORDER BY 1",
    "SELECT id, weight FROM decision_criteria ORDER BY 1",
    "SELECT id, financial_cost FROM response_options ORDER BY 1",
    "SELECT user_id, action FROM audit_logs WHERE action NOT LIKE '%erased' AND action <> 'member.changed' "
    "ORDER BY seq",
)


def statistics(team: Team) -> list[Any]:
    """What is counted: places, totals, scores, money, dates, and who is who by their ids."""
    return [team.sql(query) for query in COUNTED]


async def conclave(team: Team, *words: str) -> tuple[int, str]:
    url = {"DATABASE_URL": as_service(team.house.database_url), "MIGRATION_DATABASE_URL": team.house.database_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, env={**os.environ, **url}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, (out + err).decode()


async def sealed(team: Team) -> bool:
    verified = await results.verify(team.db, number=1, team_name=None)
    return verified.order == "sealed" and verified.is_as_published


async def a_decision_with_mike(team: Team) -> None:
    """Mike opens it and decides; five comment, two of them on Mike."""
    await team.to_scoring(
        "sarah", "mike", "lisa", "tom", by="mike", title="Refund, asked by Mike Chen", description="zqmine: all of it"
    )
    await team.ballot("sarah", 8, 5, comment="Zoe would agree", share=True)
    await team.ballot("mike", 9, 5, comment="Aware of it all", share=True)
    await team.ballot("lisa", 7, 5, comment="Mike Chen promised it", share=True)
    await team.ballot("tom", 7, 4, comment="As Mike  chen says", share=True)
    await team.published()
    team.give("mike", 5)


async def test_a_member_is_found_only_where_it_was_listed_and_what_was_counted_stays(team: Team, owner: Db) -> None:
    await a_decision_with_mike(team)
    await decisions.cancel(team.db, team.by("mike"), team.decision_id, reason="zqmine, says Mike Chen")
    other = await team.open(by="sarah", description="Ask Mike Chen (mike@techcorp.com), <@U0MIKE>")
    await team.settled()
    before, shown = statistics(team), found(team, MIKE, MAIL, SLACK)
    assert {"team_members", "slack_identities", "customer_decisions", "evaluations"} <= shown.keys()

    plan = await erasure.plan_member(owner, MAIL)
    listed = sorted(map(str, plan.asked))
    await erasure.erase_member(owner, plan)
    await team.settled()

    assert listed == [
        f"customer_decisions.description of #{other.number}",
        "evaluations.anonymous_comment of #1",
        "evaluations.anonymous_comment of #1",
    ]
    # The words of a case lie beside it, for searching.
    assert found(team, MIKE, MAIL, SLACK) == {"customer_decisions": 1, "decision_words": 1, "evaluations": 2}
    assert found(team, "zqmine") == {}
    assert statistics(team) == before
    assert team.value("SELECT name FROM team_members WHERE id = %s", plan.subject) == plan.becomes
    assert team.value("SELECT count(*) FROM audit_logs WHERE user_id = %s", plan.subject) > 0
    assert await sealed(team)


@pytest.mark.parametrize("whom", ["the member", "the team"])
async def test_where_somebody_came_from_is_erased_with_them(team: Team, owner: Db, whom: str) -> None:
    await a_decision_with_mike(team)
    mike, sarah = (team.actors[name].member.id for name in ("mike", "sarah"))
    came = "UPDATE audit_logs SET ip_address = '203.0.113.7', user_agent = 'zqbrowser' WHERE user_id = ANY (%s)"
    await team.change(came, [mike, sarah])
    left = "SELECT DISTINCT user_id FROM audit_logs WHERE ip_address IS NOT NULL OR user_agent IS NOT NULL"
    assert {one for (one,) in team.sql(left)} == {mike, sarah}

    if whom == "the member":
        await erasure.erase_member(owner, await erasure.plan_member(owner, MAIL))
    else:
        await erasure.erase_workspace(team.db, "T0TECHCORP")

    assert {one for (one,) in team.sql(left)} == ({sarah} if whom == "the member" else set())


async def test_also_in_the_texts_of_others_and_comments_stay_sealed(team: Team, owner: Db) -> None:
    await a_decision_with_mike(team)
    await team.open(by="sarah", description="Ask Mike Chen (mike@techcorp.com), <@U0MIKE>")
    await team.settled()

    plan = await erasure.plan_member(owner, MAIL)
    await erasure.erase_member(owner, plan, also_free_text=True)

    assert found(team, MAIL, SLACK) == {}
    # What they wrote in what is not over stays until then, and was said to.
    assert plan.later == (1,)
    assert found(team, MIKE) == {}
    assert "zqmine" in str(team.sql("SELECT description FROM customer_decisions WHERE number = 1"))
    comments = team.sql("SELECT anonymous_comment FROM evaluations WHERE anonymous_comment IS NOT NULL")
    assert {one for (one,) in comments} == {
        "Zoe would agree", "Aware of it all", f"{plan.becomes} promised it", f"As {plan.becomes} says",
    }  # fmt: skip
    assert await sealed(team)


async def test_a_ballot_that_is_still_secret_keeps_its_author(team: Team, owner: Db) -> None:
    await team.to_scoring("sarah", "mike", "lisa")
    await team.ballot("mike", comment="Mike Chen was here")

    with pytest.raises(Conflict) as refusal:
        await erasure.plan_member(owner, MAIL)

    assert refusal.value.message == (
        "Mike Chen has scored in #1, whose result is not published yet. Publish it or start over first: nobody looks "
        "into scores before."
    )


async def test_the_card_in_slack_is_drawn_anew(team: Team, owner: Db) -> None:
    await team.to_resolved("sarah", "lisa", "tom", customer_name="Zqxy Ltd", title="Refund for Zqxy Ltd")
    assert "Zqxy Ltd" in await team.card()

    await erasure.erase_customer(owner, await erasure.plan_customer(owner, "zqxy ltd"))

    card = await team.card()
    assert "Zqxy Ltd" not in card
    assert "Refund request" in card


async def test_a_customer_is_found_nowhere_and_rankings_and_seals_stay(team: Team, owner: Db) -> None:
    await team.to_scoring("sarah", "mike", "lisa", customer_email="cfo@abc.example", description="zqcase", by="lisa")
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name, comment=f"zqsaid {name}", share=True)
    await team.published()
    await decisions.cancel(team.db, team.by("lisa"), team.decision_id, reason="zqover for ABC Corporation")
    await team.change("UPDATE rounds SET override_reason = 'zqlate', override_by = %s", team.actors["lisa"].member.id)
    other = await team.open(customer_name="Globex", description="Like ABC Corporation")
    await team.settled()
    before = statistics(team)

    plan = await erasure.plan_customer(owner, ABC)
    assert [str(hit) for hit in plan.asked] == [f"customer_decisions.description of #{other.number}"]
    await erasure.erase_customer(owner, plan, also_free_text=True)
    await team.settled()

    assert found(team, ABC, "cfo@abc.example", "zqcase", "zqsaid", "zqover", "zqlate") == {}
    assert statistics(team) == before
    assert await sealed(team)
    assert team.value("SELECT customer_name FROM customer_decisions WHERE number = 1") == plan.becomes


async def test_what_was_erased_is_in_the_trail_by_ids_alone(team: Team, owner: Db) -> None:
    await team.open()
    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="Over.")
    decision_id, mike, its_team = team.decision_id, team.actors["mike"].member.id, team.by("sarah").team.id
    await erasure.erase_customer(owner, await erasure.plan_customer(owner, ABC))
    await erasure.erase_member(owner, await erasure.plan_member(owner, MAIL))
    await team.open()
    await erasure.erase_team(team.db, its_team)

    columns = "action, decision_id, user_id, details"
    lines = team.sql(f"SELECT {columns} FROM audit_logs WHERE action LIKE '%erased' ORDER BY seq")
    assert lines == [
        ("customer.erased", decision_id, None, None),
        ("member.erased", None, None, {"member": str(mike)}),
        ("decision.erased", team.decision_id, None, None),
        ("team.erased", None, None, {"team": str(its_team)}),
    ]


async def test_a_customer_whom_nobody_decided_about_is_not_found(team: Team, owner: Db) -> None:
    with pytest.raises(NotFound, match="No decision is about a customer called Nobody, or with that id"):
        await erasure.plan_customer(owner, "Nobody")


async def test_a_decision_about_a_customer_that_is_not_over_is_named(team: Team, owner: Db) -> None:
    await team.open()

    with pytest.raises(Conflict, match=r"#1 is not over. Resolve or cancel it first, then erase ABC Corporation"):
        await erasure.plan_customer(owner, ABC)


async def test_the_command_says_beforehand_what_it_touches_asks_and_records_it(team: Team, tmp_path: Path) -> None:
    await a_decision_with_mike(team)
    await team.settled()

    code, said = await conclave(team, "erase", "member", MAIL, "--dry-run")
    assert code == 0, said
    assert "Mike Chen (mike@techcorp.com) becomes Former member " in said
    assert "evaluations.anonymous_comment of #1 (2 rows)" in said
    assert "Not over yet: #1." in said
    assert "Nothing was changed: this was a dry run." in said
    code, said = await conclave(team, "erase", "member", MAIL)
    assert (code, said.splitlines()[-1]) == (1, "Nothing was changed. Say --yes to erase.")
    assert team.value("SELECT count(*) FROM team_members WHERE name = %s", MIKE) == 1
    code, said = await conclave(team, "erase", "member", MAIL, "--yes", "--also-free-text")
    assert code == 0, said
    code, said = await conclave(team, "erase", "member", MAIL, "--yes")
    assert (code, said.strip()) == (1, f"There is no member with the address {MAIL}.")
    code, listed = await conclave(team, "erase", "list")
    assert MIKE not in listed
    assert '"kind": "member"' in listed

    # A backup of before is restored: the person is back, and goes again.
    file = tmp_path / "erasures.jsonl"
    file.write_text(listed)
    await team.change("UPDATE team_members SET name = %s, email = %s WHERE name LIKE 'Former member%%'", MIKE, MAIL)
    code, said = await conclave(team, "erase", "replay", str(file))
    assert (code, said.strip()) == (0, "1 of 1 erased again."), said
    assert MAIL not in str(team.sql("SELECT email FROM team_members"))
    file.write_text("{}")
    code, said = await conclave(team, "erase", "replay", str(file))
    assert (code, said.strip()) == (1, f"Line 1 of {file} is not one that conclave erase list has printed.")


async def test_a_team_goes_with_everybody_and_every_text_by_the_services_own_login(team: Team) -> None:
    await a_decision_with_mike(team)
    await team.open(customer_name="Globex", title="Still open")
    await team.settled()
    team_id, before = team.by("sarah").team.id, statistics(team)[1]

    assert await erasure.erase_workspace(team.db, "T0TECHCORP") == [team_id]

    for words in ((MIKE, MAIL, SLACK), ("Sarah Johnson", "U0SARAH"), (ABC, "Globex"), ("zqmine", "promised")):
        assert found(team, *words) == {}
    assert statistics(team)[1] == before
    assert {status for (status,) in team.sql("SELECT status FROM customer_decisions")} == {"cancelled"}
    assert await teams.who_can_add(team.db, "T0TECHCORP") == (False, [])


async def test_the_services_login_cannot_reword_comments(team: Team) -> None:
    await a_decision_with_mike(team)

    with pytest.raises(Exception, match="permission denied for function reword_comments"):
        await erasure.erase_customer(team.db, await _cancelled_plan(team))


async def _cancelled_plan(team: Team) -> erasure.Plan:
    await decisions.cancel(team.db, team.by("mike"), team.decision_id, reason="Over.")
    return await erasure.plan_customer(team.db, ABC)


async def test_a_customer_of_several_teams_is_asked_about(team: Team, owner: Db) -> None:
    await team.open()
    team.sql("INSERT INTO teams (name, company_name) VALUES ('Other', 'Other')")
    team.sql(
        "INSERT INTO team_members (team_id, name, email, password_hash, role) "
        "SELECT id, 'O', 'o@o.example', '!', 'support_manager' FROM teams WHERE name = 'Other'"
    )
    team.sql(
        "INSERT INTO customer_decisions (team_id, created_by, customer_name, title, description, decision_type) "
        "SELECT team_id, id, %s, 'T', 'D', 'refund_request' FROM team_members WHERE name = 'O'", ABC,
    )  # fmt: skip

    with pytest.raises(Invalid, match="Several teams have decisions about this customer; choose one with --team"):
        await erasure.plan_customer(owner, ABC)


async def test_also_what_a_member_was_called_before_and_whose_deputy_they_were(team: Team, owner: Db) -> None:
    team.house.sandbox.town.change("mike", real_name="Michael Zqold", email="zqold@techcorp.com")
    named = "SELECT name FROM team_members WHERE id = %s"
    mike, lisa, tom = (team.actors[name].member.id for name in ("mike", "lisa", "tom"))
    await team.until(named, "Michael Zqold", mike)
    for absent, deputy in ((lisa, mike), (mike, tom), (tom, lisa)):
        away = "INSERT INTO deputies (member_id, deputy_id, begins, until) VALUES (%s, %s, now(), now() + '1 day')"
        team.sql(away, absent, deputy)
    await team.settled()
    assert "audit_logs" in found(team, MIKE)
    assert "audit_logs" in found(team, "Michael Zqold")

    await erasure.erase_member(owner, await erasure.plan_member(owner, "zqold@techcorp.com"))

    assert found(team, MIKE, MAIL, SLACK, "Michael Zqold", "zqold@techcorp.com") == {}
    assert team.sql("SELECT member_id, deputy_id FROM deputies") == [(tom, lisa)]


async def test_a_choice_that_nobody_has_confirmed_goes_with_the_decision(team: Team, owner: Db) -> None:
    await team.to_result("sarah", "lisa", "tom")
    proposal = {"reason": "zqwhy ABC Corporation", "option_id": str(team.decision_id)}
    of_sarah = {
        **proposal,
        "proposed_by": str(team.actors["sarah"].member.id),
        "proposed_at": "2026-11-29T10:00:00+00:00",
    }
    await team.change("UPDATE customer_decisions SET proposal = %s", json.dumps(of_sarah))
    await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="Over.")

    await erasure.erase_customer(owner, await erasure.plan_customer(owner, ABC))

    assert found(team, ABC, "zqwhy") == {}
    assert team.value("SELECT count(*) FROM customer_decisions WHERE proposal IS NOT NULL") == 0


async def test_of_a_team_the_trail_forgets_names_and_the_channels_that_others_read(team: Team) -> None:
    team.house.sandbox.town.change("mike", real_name="Michael Zqold", email="zqold@techcorp.com")
    named = "SELECT name FROM team_members WHERE id = %s"
    await team.until(named, "Michael Zqold", team.actors["mike"].member.id)
    team_id = team.by("sarah").team.id
    team.sql("INSERT INTO shared_channels (team_id, channel_id) VALUES (%s, 'C0ZQ')", team_id)
    linked = json.dumps({"member": str(team.actors["mike"].member.id), "workspace": "T0TECHCORP", "user": SLACK})
    team.sql("INSERT INTO audit_logs (action, details) VALUES ('member.linked', %s)", linked)
    await team.settled()

    await erasure.erase_workspace(team.db, "T0TECHCORP")

    assert found(team, MIKE, MAIL, SLACK, "Michael Zqold", "zqold@techcorp.com", "C0ZQ") == {}


@pytest.mark.parametrize("kind", ["member", "customer", "team"])
async def test_threads_in_short_go_with_whoever_may_be_in_them(team: Team, owner: Db, kind: str) -> None:
    await team.open(by="sarah", customer_name=ABC)
    short = (
        "INSERT INTO thread_summaries (decision_id, ts, language, replies, body) VALUES (%s, '1.1', 'english', 12, '.')"
    )
    await team.change(short, team.decision_id)

    if kind == "member":
        await erasure.erase_member(owner, await erasure.plan_member(owner, MAIL))
    elif kind == "customer":
        await decisions.cancel(team.db, team.by("sarah"), team.decision_id, reason="Over.")
        await team.change(short + " ON CONFLICT DO NOTHING", team.decision_id)
        await erasure.erase_customer(owner, await erasure.plan_customer(owner, ABC))
    else:
        await erasure.erase_team(owner, team.actors["sarah"].team.id)

    assert team.value("SELECT count(*) FROM thread_summaries") == 0
