"""How it turned out, by one press on the follow-up date; and the reply that a customer was promised."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot import jobs
from bot.domain.action import Action
from tests.support.hours import ALWAYS
from tests.support.steps import by, does, looks
from tests.support.team import Team

DUE = "UPDATE reminders SET next_at = now() - interval '1 second' WHERE kind = %s AND waiting_since IS NOT NULL"


@pytest.fixture
async def informed(team: Team) -> Team:
    """Lisa's decision is resolved by Mike, and the customer knows."""
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_resolved("lisa", "tom", "sarah", by="lisa")
    await does(team, "mike", Action.INFORMED)
    return team


async def asked(team: Team) -> str:
    """The follow-up date has come; what Lisa is asked."""
    await team.settled()
    await team.change("UPDATE decision_outcomes SET follow_up_date = timezone('UTC', now()) - interval '1 minute'")
    await team.change("UPDATE customer_decisions SET planned_revision = NULL")
    await team.tick()
    await team.settled()
    return [m.rendered for m in await team.house.person("lisa").messages("dm") if "Did it work?" in m.rendered][-1]


async def says(team: Team, words: str, told: str) -> None:
    lisa = team.house.person("lisa")
    assert (await lisa.click(words, channel="dm")).ok
    await lisa.see(told)
    await team.settled()


async def known(team: Team) -> str:
    """How many outcomes the learning page counts as known."""
    return (await page(team))[1]


async def learnt(team: Team) -> str:
    """The line of the decision at hand on the learning page."""
    return next(line for line in await page(team) if "#1" in line)


async def page(team: Team) -> list[str]:
    assert (await team.house.person("tom").slash("/decide learn")).ok
    text = (await team.modal("tom", at_least='"Worked" means')).text
    await team.house.person("tom").close(everything=True)
    return text.splitlines()


async def test_nobody_is_asked_before_the_follow_up_date_two_weeks_after_the_decision(informed: Team) -> None:
    ((after,),) = informed.sql(
        "SELECT o.follow_up_date - d.actual_resolution_date FROM decision_outcomes o "
        "JOIN customer_decisions d ON d.id = o.decision_id"
    )
    assert timedelta(days=13, hours=23) < after <= timedelta(days=14)
    for days, count in ((13, 0), (15, 1)):
        at = datetime.now(UTC) + timedelta(days=days)
        deps = replace(informed.house.bot.deps, clock=partial(datetime.fromtimestamp, at.timestamp(), UTC))
        await informed.settled()
        await jobs.tick(deps)
        planned = informed.sql("SELECT asked FROM reminders WHERE kind = 'outcome'")
        assert planned == [(count,)]


async def test_one_press_records_that_it_worked_and_another_takes_that_back(informed: Team) -> None:
    question = await asked(informed)
    assert "[ Worked ] [ Did not work ] [ Too early to say ] [ Never ask again ]" in question
    assert '"Worked" means: the customer stayed, nothing was escalated' in question
    assert await known(informed) == "Outcome known for 0 of 1 decision"

    await says(informed, "Worked", "Noted for #1: that it worked.")
    assert "Finished" in await informed.card()
    assert await known(informed) == "Outcome known for 1 of 1 decision"

    await says(informed, "Take the answer back", "Taken back: it is open again how #1 turned out.")
    assert "Finished" not in await informed.card()
    assert informed.sql("SELECT worked, recorded_at, answer FROM decision_outcomes") == [(None, None, None)]
    assert await known(informed) == "Outcome known for 0 of 1 decision"
    trail = informed.sql(
        "SELECT details FROM audit_logs WHERE action IN ('outcome.answered', 'answer.undone') ORDER BY seq"
    )
    assert trail == [({"answer": "worked"},), (None,)]


async def test_an_answer_older_than_seven_days_is_not_taken_back(informed: Team) -> None:
    await asked(informed)
    await says(informed, "Did not work", "Noted for #1: that it did not work.")
    await informed.change("UPDATE decision_outcomes SET answered_at = answered_at - interval '7 days'")

    said = await informed.told("lisa", Action.UNDO_ANSWER)

    assert "An answer can be taken back for 7 days." in said
    assert "Take the answer back" not in (await informed.window("lisa", "decision.show")).text
    assert informed.value("SELECT worked FROM decision_outcomes") is False


async def test_too_early_moves_the_date_once(informed: Team) -> None:
    await asked(informed)
    await says(informed, "Too early to say", "Noted for #1: that it is too early to say; you are asked once more on")
    ((ahead, recorded),) = informed.sql(
        "SELECT follow_up_date > timezone('UTC', now()) + interval '13 days', recorded_at FROM decision_outcomes"
    )
    assert (ahead, recorded) == (True, None)
    assert informed.sql("SELECT asked, next_at > now() + interval '13 days' FROM reminders WHERE kind = 'outcome'") == [
        (0, True)
    ]

    again = await asked(informed)

    assert "[ Worked ] [ Did not work ] [ Never ask again ]" in again
    assert "[ Too early to say ]" not in again


async def test_never_again_ends_the_asking_and_stays_unknown(informed: Team) -> None:
    await asked(informed)
    await says(informed, "Never ask again", "Noted for #1: that nobody asks again; how it turned out stays unknown.")

    assert await known(informed) == "Outcome known for 0 of 1 decision"
    await informed.tick()
    assert informed.sql("SELECT 1 FROM reminders WHERE waiting_since IS NOT NULL AND kind <> 'promise'") == []
    lisa = informed.house.person("lisa")
    await lisa.slash("/decide list")
    await lisa.see("No open decisions.")


async def test_whoever_neither_owns_nor_resolved_it_cannot_answer(informed: Team) -> None:
    said = await informed.told("tom", "outcome.answer.worked")

    assert "is for its owner, Lisa Rodriguez, or its resolver, Mike Chen" in said
    assert informed.value("SELECT worked FROM decision_outcomes") is None


async def test_details_alone_tell_whether_it_worked_as_far_as_they_do(informed: Team) -> None:
    for values, told in (({"Notes": "No word yet."}, 0), ({"Did the customer stay?": "Yes, the customer stayed"}, 1)):
        await by("lisa", Action.RECORD_OUTCOME, values)(informed)
        assert await known(informed) == f"Outcome known for {told} of 1 decision"
    assert (await learnt(informed)).endswith("worked")

    await by("lisa", Action.RECORD_OUTCOME, {"Escalation": True})(informed)

    assert (await learnt(informed)).endswith("did not work")


# --- The customer's clock.


async def test_a_promised_reply_is_on_card_list_and_home_marked_when_late_and_asked_for(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    lisa = team.house.person("lisa")
    assert (await lisa.slash("/decide Refund for the outage")).ok
    await team.modal("lisa", at_least="More fields")
    assert (await lisa.click("More fields")).ok
    await team.modal("lisa", at_least="Reply promised by")
    values = {
        "Type of decision": "Refund request",
        "Customer": "ABC Corporation",
        "What happened": "They want everything back.",
        "Reply promised by": datetime.now(UTC) + timedelta(hours=6),
    }
    assert (await team.submit("lisa", values)).ok
    await lisa.close(everything=True)
    await lisa.open_home()
    await team.settled()
    await lisa.slash("/decide list")
    await lisa.see("reply promised by")
    assert "Reply promised by" in await team.card()
    assert "reply promised by" in await lisa.home()
    assert team.sql("SELECT 1 FROM reminders WHERE kind = 'promise' AND next_at > now() + interval '2 hours'") == [(1,)]

    await team.change(
        "UPDATE customer_decisions SET promised_by = timezone('UTC', now()) - interval '1 second', "
        "created_at = created_at - interval '6 hours', planned_revision = NULL"
    )
    await team.tick()
    await team.settled()

    assert "late: reply promised by" in (await team.card()).lower()
    assert "late: reply promised by" in (await lisa.home()).lower()
    drawn = team.value("SELECT revision FROM customer_decisions")
    await team.tick()
    await team.settled()
    assert team.value("SELECT revision FROM customer_decisions") == drawn
    (told,) = [m for m in await lisa.messages("dm") if "A reply was promised" in m.rendered]
    assert "ABC Corporation was promised a reply by" in told.rendered


async def test_the_resolver_is_reminded_of_the_promise_until_the_customer_knows(team: Team) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_resolved("lisa", "tom", "sarah", by="lisa", promised_by=datetime.now(UTC) + timedelta(seconds=1))
    await team.tick()
    await team.settled()
    await team.change("UPDATE customer_decisions SET planned_revision = NULL")
    await team.tick()
    await team.settled()
    assert team.sql(
        "SELECT m.name FROM reminders r JOIN team_members m ON m.id = r.member_id "
        "WHERE r.kind = 'promise' AND r.waiting_since IS NOT NULL"
    ) == [("Mike Chen",)]
    assert "reply promised by" in (await team.card()).lower()

    await does(team, "mike", Action.INFORMED)

    assert "promised" not in await team.card()
    await team.tick()
    assert team.sql("SELECT 1 FROM reminders WHERE kind = 'promise' AND waiting_since IS NOT NULL") == []
    await looks(team, "tom")
