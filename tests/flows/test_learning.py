"""What outcomes teach: exceptions by customer and quarter, policies to write, words to copy, how sure somebody was."""

import json
from datetime import UTC, datetime, timedelta

from bot.domain.action import Action
from bot.domain.outcome import FOLLOW_UP
from bot.services import learning
from bot.store import learning as store
from bot.store.db import run_tx
from bot.views.slack import ids
from tests.support.bygone import decided
from tests.support.steps import FULL, by, does
from tests.support.team import Team

CANARY = "Voucher of former days"
"""What the customer was granted before."""


async def learn(team: Team, name: str) -> str:
    """What the learning page says to this person."""
    person = team.house.person(name)
    await person.close(everything=True) if await person.modal() else None
    assert (await person.slash("/decide learn")).ok
    return (await team.modal(name, at_least='"Worked" means')).text


async def seen_by(team: Team, name: str) -> str:
    """All that somebody is shown of the decision at hand, on every way to it."""
    person = team.house.person(name)
    said = [await team.card(name)]
    for action in ("decision.show", "card.more"):
        said.append((await team.window(name, action)).text)
        await person.close(everything=True)
    await person.slash("/decide list")
    await person.slash(f"/decide show {team.value('SELECT max(number) FROM customer_decisions')}")
    await team.settled()
    return "\n".join([*said, await person.screen(), await person.home()])


# --- Exceptions of one customer.


async def test_a_third_request_is_counted_from_the_start_and_what_was_granted_is_told_once_the_result_is_there(
    team: Team,
) -> None:
    now = datetime.now(UTC)
    for days in (200, 90):
        decided(team, at=now - timedelta(days=days), customer="abc corporation", choice=CANARY, cost=300)
    decided(team, at=now - timedelta(days=400), customer="ABC Corporation", choice=CANARY)
    decided(team, at=now - timedelta(days=30), customer="Somebody else", choice=CANARY)

    await team.to_options(by="lisa")
    for name in ("lisa", "sarah", "mike"):
        said = await seen_by(team, name)
        assert "third request in 12 months" in said
        assert CANARY not in said.replace(await recently(team, name), "")
    await team.starts("lisa", "tom", "sarah", by="lisa")
    for name in ("lisa", "tom"):
        await team.ballot(name)
        assert CANARY not in (await seen_by(team, name)).replace(await recently(team, name), "")
    await team.ballot("sarah")
    await team.published()
    await team.settled()

    card = await team.card("tom")
    assert f"{CANARY}, USD 300" in card
    assert card.count(CANARY) == 2
    details = (await team.window("tom", "decision.show")).text
    assert f"{CANARY}, USD 300" in details
    assert "worked" in details


async def recently(team: Team, name: str) -> str:
    """The part of the Home tab that lists earlier decisions, each under its own number: no way from the one at hand."""
    home = await team.house.person(name).home()
    return home[home.find("Recently decided") :] if "Recently decided" in home else "\0"


async def test_a_second_round_hides_again_what_was_granted(team: Team) -> None:
    decided(team, at=datetime.now(UTC) - timedelta(days=90), customer="ABC Corporation", choice=CANARY)
    await team.to_scoring("lisa", "tom", "sarah", by="lisa")
    for name, scores in (("lisa", (9, 3)), ("tom", (3, 9)), ("sarah", (6, 6))):
        await team.ballot(name, *scores)
    await team.published()
    await team.settled()
    assert CANARY in await team.card("tom")

    await does(team, "mike", Action.SECOND_ROUND, {})

    assert CANARY not in await team.card("tom")
    assert CANARY not in (await team.window("mike", "decision.show")).text


# --- Drift, and policies.


async def test_a_rising_line_of_exceptions_proposes_to_look_at_the_policy_again(team: Team) -> None:
    quarter = datetime.now(UTC).replace(day=15)
    for back, granted in ((15, 1), (12, 1), (9, 2), (6, 4), (3, 7)):
        at = quarter - timedelta(days=30.5 * back)
        for number in range(granted):
            decided(team, at=at, customer=f"Customer {back} {number}", title=f"Case {number}", worked=None)

    said = await learn(team, "tom")

    assert "Exceptions granted, by quarter" in said
    assert "7 of 7" in said
    assert "This is rising." in said
    assert "Look at the policy again. Exceptions for refund requests have become more frequent" in said


async def test_six_similar_cases_propose_a_policy_that_one_press_opens_as_a_decision(team: Team) -> None:
    for days in range(10, 60, 10):
        decided(team, at=datetime.now(UTC) - timedelta(days=days), amount=days, cost=5)
    await team.to_resolved("lisa", "tom", "sarah", by="lisa", title="Refund for the outage", financial_impact=None)
    await team.settled()
    await team.change("UPDATE customer_decisions SET financial_impact = 90 WHERE id = %s", team.decision_id)
    await team.change("UPDATE response_options SET title = 'Half of it', financial_cost = 40 WHERE title = %s", FULL)
    await by("mike", Action.INFORMED)(team)
    assert "Write a policy?" not in await learn(team, "sarah")

    await by("lisa", Action.RECORD_OUTCOME, {"Did it work?": "Yes"})(team)
    await team.settled()

    assert await learning.find_proposal(team.db, team.by("mike").team.id, "another", now=team.now) is None
    sarah = team.house.person("sarah")
    await sarah.close(everything=True) if await sarah.modal() else None
    (note,) = [m for m in await sarah.messages("dm") if "Write a policy?" in m.rendered]
    assert "Refund requests up to USD 90: 6 cases within a year, each answered in part" in note.rendered
    for name in ("mike", "tom"):
        assert not [m for m in await team.house.person(name).messages("dm") if "Write a policy?" in m.rendered]
    for _ in range(2):
        assert (await sarah.click("Open as a decision", channel="dm")).ok
        await sarah.see("is open: A policy for refund requests up to USD 90.")
    assert team.sql(
        "SELECT title, decision_type, status, count(*) OVER () FROM customer_decisions WHERE customer_name = %s",
        "All customers",
    ) == [("A policy for refund requests up to USD 90", "policy_exception", "team_input", 1)]
    assert "It is #7 now." in await learn(team, "sarah")


# --- Words to copy.


async def test_words_to_copy_hold_nothing_of_scores_comments_amounts_or_people(team: Team) -> None:
    await team.to_scoring("lisa", "tom", "sarah", by="lisa", title="Mike wants 4242", financial_impact=4242)
    for name in ("lisa", "tom", "sarah"):
        await team.ballot(name, 9, 2, comment=f"COMMENT of {name}", share=True)
    await team.published()
    await team.window("mike", Action.RESOLVE)
    assert (await team.submit("mike", {"Option": FULL, "Reason": "REASON, as Tom says 9"})).ok
    await team.modal("mike", at_least="Words to copy")
    mike = team.house.person("mike")
    assert (await mike.click("Words to copy")).ok
    said = (await team.modal("mike", at_least="For the ticket")).text

    customer, ticket = said.split("For the ticket")
    assert "Hello ABC Corporation," in customer
    assert "You get your money back in full: [amount]." in customer
    names = [word for actor in team.actors.values() for word in actor.member.name.split()]
    for canary in ("COMMENT", "REASON", "4242", "4,242", "9", "100", *names):
        assert canary not in customer, canary
    for canary in ("COMMENT", "REASON", "Tom", "Johnson"):
        assert canary not in ticket, canary
    assert FULL in ticket

    assert (await mike.click("Change the team's wording")).ok
    await team.modal("mike", at_least="What the customer reads")
    assert (await team.submit("mike", {"What the customer reads": " "})).error == "Write what the customer is to read."
    assert (await team.submit("mike", {"What the customer reads": "Dear {customer}, as agreed."})).ok
    assert "Dear ABC Corporation, as agreed." in (await team.modal("mike", at_least="For the ticket")).text
    await mike.close(everything=True)
    assert "Dear ABC Corporation, as agreed." in (await team.window("tom", Action.REPLY)).text
    ((details,),) = team.sql("SELECT details FROM audit_logs WHERE action = 'wording.changed'")
    assert details == {"type": "refund_request", "choice": "full"}


async def test_there_are_no_words_to_copy_and_no_policy_to_open_before_their_time(team: Team) -> None:
    await team.to_options(by="lisa")

    assert '"Words to copy" is not possible now. #1 is collecting options' in await team.told("tom", Action.REPLY)
    assert "The cases do not support this proposal any more." in await team.told("tom", ids.OPEN_POLICY, "write:it")


async def test_the_home_tab_says_of_how_many_the_outcome_is_known(team: Team) -> None:
    for days, worked in ((10, True), (20, False), (30, None), (400, True)):
        decided(team, at=datetime.now(UTC) - timedelta(days=days), worked=worked)
    key = team.by("mike").team.id

    assert await run_tx(team.db, lambda c: store.counts(c, key, now=team.now)) == (2, 3)


# --- How sure somebody was.


async def test_how_sure_somebody_was_is_shown_to_them_alone_and_a_changed_choice_asks_anew(team: Team) -> None:
    await team.to_result("lisa", "tom", "sarah", by="lisa")
    asked = await team.window("mike", Action.RESOLVE)
    assert "How sure are you that this will have worked by" in asked.text
    assert "Only you will ever see it." in asked.text
    values = {"Option": FULL, "Reason": "It leads.", "How sure are you": "95 %"}
    assert (await team.submit("mike", values)).ok
    await team.settled()
    await team.house.person("mike").close(everything=True)

    asked_in = "SELECT round(extract(epoch FROM due - created_at) / 86400) FROM forecasts"
    assert team.value(asked_in) == FOLLOW_UP.days

    mine = (await team.window("mike", "decision.show")).text
    assert "Only you see this: you were 95 % sure" in mine.replace("\u00a0", " ")
    await team.house.person("mike").close(everything=True)
    for name in ("sarah", "lisa", "tom"):
        assert "95" not in (await team.window(name, "decision.show")).text
        await team.house.person(name).close(everything=True)
    assert (await team.house.person("sarah").slash("/decide export")).ok
    await team.settled()
    for table in ("audit_logs", "decision_outcomes", "outbox", "customer_decisions"):
        told = json.dumps(team.sql(f"SELECT to_jsonb(x) FROM {table} x"), default=str)
        assert '"sure"' not in told
        assert "per_cent" not in told

    await does(team, "mike", Action.CHANGE_CHOICE, {"Reason": "A new offer."})
    assert team.sql("SELECT * FROM forecasts") == []
    again = await team.window("mike", Action.RESOLVE)
    assert not [value for label, value in again.inputs.items() if label.startswith("How sure are you") and value]
