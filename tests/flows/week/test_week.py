"""One week of a team: docs/a-week-of-nudges.md is its transcript, and what the team would insist on holds in it."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.hands import modal_of
from tests.support.week import Told, Week

PAGE = Path(__file__).resolve().parents[3] / "docs" / "a-week-of-nudges.md"


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """That time, UTC, of a day counted from the Monday on which the week begins."""
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC) + timedelta(days=day)


async def before_the_week(week: Week) -> None:
    week.says("Liam works from 07:00 to 15:00, Dana from Sunday to Thursday, Priya wants e-mail too: their settings.")
    settings: dict[str, dict[str, Any]] = {
        "liam": {"From": "07:00", "Until": "15:00"},
        "dana": {"Days": ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday"]},
        "priya": {"Tell me by": ["Direct message in Slack", "E-mail"]},
    }
    for who, chosen in settings.items():
        assert (await week.person(who).slash("/decide settings")).ok
        await modal_of(week.person(who), at_least="Tell me by")
        await week.submit(who, chosen, sees="Saved")
        await week.done(who)


async def monday(week: Week) -> None:
    await week.until(0, "09:00")
    week.says("Amara opens #1: Harbour Bank was down for six hours. Critical; 30,000 at stake; due tomorrow.")
    await week.opens(
        "amara", "Six hours of downtime", Type_of_decision="Service escalation", Customer="Harbour Bank",
        Urgency="5 · critical", Amount_at_stake="30,000", Decide_by=on(1, 9),
    )  # fmt: skip
    await week.until(0, "09:08")
    week.says("She sets the criteria and proposes an answer; Priya proposes another one.")
    await week.sets_criteria("amara", 1)
    await week.proposes("amara", 1, "Refund the month", "30,000")
    await week.proposes("priya", 1, "Credit of two months", "20,000")
    await week.until(0, "09:20")
    week.says("Amara starts the scoring of #1: all seven, until 21:20. She scores.")
    await week.starts_scoring("amara", 1, ["grace", "ben", "dana", "amara", "priya", "liam", "tom"], on(0, 21, 20))
    await week.scores("amara", 1)
    await week.until(0, "09:30")
    week.says("Priya scores from the card, before anybody reminds her.")
    await week.scores("priya", 1)
    await week.until(0, "09:41")
    week.says("Liam, still up, and Tom score from their messages. Dana has a workshop all day, and snoozes.")
    await week.scores("liam", 1, channel="dm")
    await week.scores("tom", 1, channel="dm")
    await week.click("dana", "Snooze until tomorrow", channel="dm")
    await week.until(0, "11:50")
    week.says("In New York the day begins early: Grace scores, then Ben.")
    await week.scores("grace", 1, channel="dm")
    await week.scores("ben", 1, channel="dm")
    await week.until(0, "14:30")
    week.says("Grace opens #2, how to answer questions about prices, and leaves it at that. Whenever.")
    await week.opens(
        "grace", "How we answer price questions", Type_of_decision="Policy exception", Customer="All of them",
        Urgency="1 · whenever", Amount_at_stake="0", Decide_by=on(18, 15),
    )  # fmt: skip
    await week.until(0, "15:31")
    week.says("Ben closes the scoring of #1 with the button of his message, and the result is published.")
    await week.click("ben", "Close scoring", within="#1 ", channel="dm")
    await week.done("ben")
    await week.until(0, "15:50")
    week.says("Ben resolves #1.")
    await week.click("ben", "Resolve", within="#1 ", channel="dm", sees="Option")
    await week.submit("ben", {"Option": "Credit of two months", "Reason": "They asked for it."}, sees="is resolved")
    await week.done("ben")
    await week.until(0, "16:10")
    week.says("He has called the bank, and says so with the button of that message.")
    await week.click("ben", "Customer informed", within="#1 ", channel="dm")
    await week.done("ben")


async def tuesday(week: Week) -> None:
    await week.until(1, "05:00")
    week.says("Priya opens #3, a disputed bill of 4,000. Urgent; she wants it done by Thursday.")
    await week.opens(
        "priya", "The November bill", Type_of_decision="Billing dispute", Customer="Lumen",
        Urgency="4 · high", Amount_at_stake="4,000", Decide_by=on(3, 12),
    )  # fmt: skip
    await week.sets_criteria("priya", 3)
    await week.proposes("priya", 3, "Correct the bill", "4,000")
    await week.proposes("priya", 3, "Explain the bill", "0")
    await week.until(1, "06:10")
    week.says("Priya starts the scoring of #3: Amara, Priya, Liam and Tom, for a day. She scores.")
    await week.starts_scoring("priya", 3, ["amara", "priya", "liam", "tom"], on(2, 6, 10))
    await week.scores("priya", 3)
    await week.until(1, "06:30")
    week.says("Priya opens #4, a voucher of 80, for herself and Tom to score until Friday: two are enough for that.")
    await week.opens(
        "priya", "A voucher that expired", Type_of_decision="Refund request", Customer="Ms Shah",
        Urgency="3 · normal", Amount_at_stake="80", Decide_by=on(4, 12),
    )  # fmt: skip
    await week.sets_criteria("priya", 4)
    await week.proposes("priya", 4, "Pay it out", "80")
    await week.proposes("priya", 4, "A new voucher", "40")
    await week.click("priya", "Start scoring", within="#4 ", channel="customer-decisions", sees="Who scores")
    values = {"Who scores": ["Priya Nair", "Tom Fischer"], "Scoring closes": on(4, 11), "Only if you choose": True}
    await week.submit("priya", values, sees="has started")
    await week.done("priya")
    await week.until(1, "09:30")
    week.says("Amara scores #3 from her message.")
    await week.scores("amara", 3, channel="dm")
    await week.until(1, "10:00")
    week.says("Amara opens #5, a refund of 600, normal, for Friday; she, Priya, Liam and Ben score.")
    await week.opens(
        "amara", "Two months paid twice", Type_of_decision="Refund request", Customer="Quay Hotel",
        Urgency="3 · normal", Amount_at_stake="600", Decide_by=on(4, 17),
    )  # fmt: skip
    await week.sets_criteria("amara", 5)
    await week.proposes("amara", 5, "Pay back both", "600")
    await week.proposes("amara", 5, "Pay back one", "300")
    await week.starts_scoring("amara", 5, ["amara", "priya", "liam", "ben"], on(4, 15))
    await week.scores("amara", 5)
    await week.until(1, "15:10")
    week.says("Ben opens #6, a discount for an old customer: low, until next Monday; everybody but Tom scores.")
    await week.opens(
        "ben", "Ten years with us", Type_of_decision="Churn prevention", Customer="Old Mill",
        Urgency="2 · low", Amount_at_stake="900", Decide_by=on(7, 18),
    )  # fmt: skip
    await week.sets_criteria("ben", 6)
    await week.proposes("ben", 6, "A tenth off", "900")
    await week.proposes("ben", 6, "A dinner", "200")
    await week.starts_scoring("ben", 6, ["grace", "ben", "dana", "amara", "priya", "liam"], on(7, 14))
    await week.scores("ben", 6)


async def wednesday(week: Week) -> None:
    await week.until(2, "06:30")
    week.says("Priya extends #3 until Thursday 02:00, so that Liam has a morning for it.")
    await week.click("priya", "Extend", within="#3 ", channel="dm", sees="Scoring closes")
    await week.submit("priya", {"Scoring closes": on(3, 2)}, sees="")
    await week.done("priya")
    await week.until(2, "08:30")
    week.says("Tom has left Harbour; his account is closed.")
    people = week.team.house.sandbox.town.workspace.people
    people["U0TOM"] = replace(people["U0TOM"], deleted=True)
    await week.until(2, "10:30")
    week.says("Priya starts #4 over with the button, and asks Amara and Liam beside herself. She scores.")
    await week.click("priya", "Start over", within="#4 ", channel="dm", sees="Reason")
    await week.submit("priya", {"Reason": "Tom has left, so others score."}, sees="")
    await week.done("priya")
    await week.starts_scoring("priya", 4, ["amara", "priya", "liam"], on(4, 11))
    await week.scores("priya", 4)
    await week.until(2, "15:00")
    week.says("Ben scores #5.")
    await week.scores("ben", 5, channel="dm")
    await week.until(2, "20:20")
    week.says("Liam scores what waits for him: #3, which closes it, and #5.")
    await week.scores("liam", 3, channel="dm")
    await week.scores("liam", 5, channel="dm")


async def thursday(week: Week) -> None:
    await week.until(3, "07:20")
    week.says("Dana resolves #3.")
    await week.click("dana", "Resolve", within="#3 ", channel="dm", sees="Option")
    await week.submit("dana", {"Option": "Correct the bill", "Reason": "It was wrong."}, sees="is resolved")
    await week.done("dana")
    await week.until(3, "08:40")
    week.says("She has told Lumen.")
    await week.click("dana", "Customer informed", within="#3 ", channel="dm")
    await week.done("dana")
    await week.until(3, "10:50")
    week.says("Priya scores #5, which closes it; Amara scores #4.")
    await week.scores("priya", 5)
    await week.scores("amara", 4)
    await week.until(3, "12:30")
    week.says("Amara resolves #5, as she may up to 1,000, and tells the hotel.")
    await week.click("amara", "Resolve", within="#5 ", sees="Option")
    await week.submit("amara", {"Option": "Pay back both", "Reason": "Both were our mistake."}, sees="is resolved")
    await week.done("amara")
    await week.until(3, "12:40")
    await week.click("amara", "Customer informed", within="#5 ")
    await week.done("amara")
    await week.until(3, "16:40")
    week.says("Amara records how #1 turned out, with a follow-up tomorrow at 15:00.")
    await week.click("amara", "Record outcome", within="#1 ", sees="Customer satisfaction")
    await week.submit("amara", {"Customer satisfaction": "8", "Follow up": on(4, 15)}, sees="recorded")
    await week.done("amara")
    await week.until(3, "20:30")
    week.says("Liam scores #4, which closes it, and #6.")
    await week.scores("liam", 4)
    await week.scores("liam", 6)


async def friday_and_after(week: Week) -> None:
    await week.until(4, "04:00")
    week.says("Priya resolves #4 and pays the voucher out.")
    await week.click("priya", "Resolve", within="#4 ", channel="dm", sees="Option")
    await week.submit("priya", {"Option": "Pay it out", "Reason": "It is a small thing."}, sees="is resolved")
    await week.done("priya")
    await week.click("priya", "Customer informed", within="#4 ")
    await week.done("priya")
    await week.until(6, "07:30")
    week.says("Dana scores #6.")
    await week.scores("dana", 6, channel="dm")
    await week.until(7, "15:00")


async def test_a_week_reads_as_the_team_would_wish(week: Week) -> None:
    await before_the_week(week)
    for part in (monday, tuesday, wednesday, thursday, friday_and_after):
        await part(week)

    nobody_is_told_outside_their_hours_but_of_the_critical_one(week)
    nobody_is_asked_for_what_they_have_done(week)
    nobody_reads_the_same_twice_but_a_reminder_at_its_pace(week)
    no_message_names_anybody(week)
    no_day_is_full_of_messages(week)
    nothing_that_a_team_relies_on_stays_unsaid(week)
    assert [one for one in told(week, "tom") if one.at >= on(2, 8, 30)] == []
    assert [one for one in told(week, "dana") if on(0, 9, 41) <= one.at < on(1, 7)] == []
    is_as_on_the_page(week.markdown())


def told(week: Week, *people: str) -> list[Told]:
    return [one for one in week.told if one.way == "dm" and (not people or one.reader.handle in people)]


def nobody_is_told_outside_their_hours_but_of_the_critical_one(week: Week) -> None:
    late = [one for one in week.told if one.who and not one.who.is_at_work(one.at)]
    assert late != []
    for one in late:
        assert one.way == "dm"
        assert set(re.findall(r"#\d", one.text)) == {"#1"}, one


def nobody_is_asked_for_what_they_have_done(week: Week) -> None:
    assert len(week.scored) == 19
    for (who, number), at in week.scored.items():
        assert [one for one in told(week, who) if one.at > at and f"Score #{number} " in one.text] == []


def nobody_reads_the_same_twice_but_a_reminder_at_its_pace(week: Week) -> None:
    """The pace less what a message may take along: who is written to anyhow also reads what is due that soon."""
    least = {
        "#1": timedelta(hours=1) - timedelta(minutes=30),
        "#2": timedelta(weeks=1) - timedelta(hours=4),
        "#3": timedelta(hours=4) - timedelta(hours=2),
        "#6": timedelta(days=2) - timedelta(hours=4),
    }
    heard: dict[tuple[str, str], datetime] = {}
    again = []
    for one in told(week):
        for words, number in re.findall(r"^(\D+)(#\d) ", one.text, re.MULTILINE):
            before = heard.get((one.reader.handle, words + number))
            heard[one.reader.handle, words + number] = one.at
            if before is not None:
                again.append((number, words))
                assert one.at - before >= least.get(number, timedelta(days=1) - timedelta(hours=4)), one
                assert "Urgent" not in words, f"escalated twice: {one}"
    assert {number for number, _ in again} >= {"#1", "#3"}, again


def no_message_names_anybody(week: Week) -> None:
    names = {name for one in told(week) for name in (one.reader.first_name, one.reader.name.split()[1])}
    assert len(names) == 14
    for one in told(week):
        # Who has decided, and who is asked to, is no secret; who has not scored is.
        said = re.sub(r", by [A-Z]\w+ [A-Z]\w+|[A-Z]\w+ [A-Z]\w+ is asked to decide", "", one.text)
        assert [name for name in names if name in said] == [], one


def no_day_is_full_of_messages(week: Week) -> None:
    """Four a day are the most for what is not critical."""
    calm = [(one.reader.handle, one.at.date()) for one in told(week) if "#1 " not in one.text]
    assert max(calm.count(day) for day in calm) <= 4


def nothing_that_a_team_relies_on_stays_unsaid(week: Week) -> None:
    everything = "\n".join(one.text for one in told(week))
    for words in (
        *("Find options for #2", "Start scoring #3", "Score #1", "Score #6", "3 things wait for you"),
        *("Urgent and still being scored: #1", "Urgent and still being scored: #3", "Too few have scored: #3"),
        *("Too few left to score #4", "Resolve #1", "Resolve #6", "Tell the customer: #3"),
        "Follow up on #1",
        *("2 of 3 have scored, and at least 3 must", "You hear of it because you may decide any amount."),
    ):
        assert words in everything, words
    assert {one.reader.handle for one in week.told if one.way == "e-mail"} == {"priya"}
    results = [one.text.split(" · ")[0] for one in week.told if one.who is None and one.text.startswith("Result of")]
    assert results == [f"Result of #{n}" for n in (1, 3, 5, 4, 6)]


def is_as_on_the_page(page: str) -> None:
    if os.environ.get("WRITE_THE_WEEK"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, f"{PAGE.name} is stale: run `make week`, and read what has changed."
