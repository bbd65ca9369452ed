"""One week of a team: docs/a-week-of-nudges.md is its transcript, and what the team would insist on holds in it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

# apprise 2.2 tries the standard library's imghdr, which Python 3.13 removes; it has a shim of its own for then.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

PAGE = Path(__file__).resolve().parents[3] / "docs" / "a-week-of-nudges.md"
REWRITE = "make week"
ALL_DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday"]


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """That time, UTC, of a day counted from the Monday on which the week begins."""
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC) + timedelta(days=day)


async def before_the_week(week: Any) -> None:
    week.says("Liam sets his working hours to 07:00 to 15:00, Dana her days to Sunday to Thursday; Priya wants e-mail too.")
    for who, chosen in {
        "liam": {"From": "07:00", "Until": "15:00"},
        "dana": {"Days": ALL_DAYS},
        "priya": {"Tell me by": ["Direct message in Slack", "E-mail"]},
    }.items():
        assert (await week.person(who).slash("/decide settings")).ok
        await week.modal_for(week.person(who), at_least="Tell me by")
        await week.submit(who, chosen, sees="Saved")
        await week.done(who)


async def monday(week: Any) -> None:
    await week.until(0, "09:00")
    week.says("Amara opens #1: Harbour Bank was down for six hours. Critical, 30,000 at stake, to be resolved by tomorrow.")
    await week.opens(
        "amara", "Six hours of downtime", Type_of_decision="Service escalation", Customer="Harbour Bank",
        Urgency="5 · critical", Financial_impact="30,000", Resolve_by=on(1, 9),
    )  # fmt: skip
    await week.until(0, "09:08")
    week.says("She sets the criteria, and proposes an answer; so does Priya.")
    await week.sets_criteria("amara", 1)
    await week.proposes("amara", 1, "Refund the month", "30,000")
    await week.proposes("priya", 1, "Credit of two months", "20,000")
    await week.until(0, "09:20")
    week.says("She starts scoring: all seven, until 21:20.")
    await week.starts_scoring("amara", 1, ["grace", "ben", "dana", "amara", "priya", "liam", "tom"], on(0, 21, 20))
    await week.scores("amara", 1)
    await week.until(0, "09:30")
    week.says("Priya scores from the card.")
    await week.scores("priya", 1)
    await week.until(0, "09:41")
    week.says("Liam, still up, and Tom score from their messages. Dana is in a workshop all day and snoozes.")
    await week.scores("liam", 1, channel="dm")
    await week.scores("tom", 1, channel="dm")
    await week.click("dana", "Snooze until tomorrow", channel="dm")
    await week.until(0, "12:10")
    week.says("In New York the day begins early: Grace scores, then Ben.")
    await week.scores("grace", 1, channel="dm")
    await week.scores("ben", 1, channel="dm")
    await week.until(0, "14:30")
    week.says("Grace opens #2, how to answer questions about prices, and leaves it at that. Whenever.")
    await week.opens(
        "grace", "How we answer price questions", Type_of_decision="Policy exception", Customer="All of them",
        Urgency="1 · whenever", Financial_impact="0", Resolve_by=on(18, 15),
    )  # fmt: skip
    await week.until(0, "15:31")
    week.says("Ben closes the scoring of #1 with the button of his message; the result is published.")
    await week.click("ben", "Close scoring", within="#1 ", channel="dm")
    await week.done("ben")
    await week.until(0, "15:50")
    week.says("He resolves it.")
    await week.click("ben", "Resolve", within="#1 ", channel="dm", sees="Option")
    await week.submit("ben", {"Option": "Credit of two months", "Reason": "They asked for it."}, sees="is resolved")
    await week.done("ben")
    await week.until(0, "16:10")
    week.says("He calls the bank, and says so with the button of the next message.")
    await week.click("ben", "Customer informed", within="#1 ", channel="dm")
    await week.done("ben")


async def tuesday(week: Any) -> None:
    await week.until(1, "05:00")
    week.says("Priya opens #3, a disputed bill of 4,000. Urgent; she wants it done by Thursday.")
    await week.opens(
        "priya", "The November bill", Type_of_decision="Billing dispute", Customer="Lumen",
        Urgency="4 · high", Financial_impact="4,000", Resolve_by=on(3, 12),
    )  # fmt: skip
    await week.sets_criteria("priya", 3)
    await week.proposes("priya", 3, "Correct the bill", "4,000")
    await week.proposes("priya", 3, "Explain the bill", "0")
    await week.until(1, "06:00")
    week.says("Scoring of #3 starts: Amara, Priya, Liam and Tom, for a day. Priya scores at once.")
    await week.starts_scoring("priya", 3, ["amara", "priya", "liam", "tom"], on(2, 6))
    await week.scores("priya", 3)
    await week.until(1, "06:30")
    week.says("Priya opens #4, a refund of 80, for herself and Tom to score until Friday. Two are enough for that.")
    await week.opens(
        "priya", "A voucher that expired", Type_of_decision="Refund request", Customer="Ms Shah",
        Urgency="3 · normal", Financial_impact="80", Resolve_by=on(4, 12),
    )  # fmt: skip
    await week.sets_criteria("priya", 4)
    await week.proposes("priya", 4, "Pay it out", "80")
    await week.proposes("priya", 4, "A new voucher", "40")
    await week.click("priya", "Start scoring", within="#4 ", sees="Who scores")
    values = {"Who scores": ["Priya Nair", "Tom Fischer"], "Scoring closes": on(4, 11), "Only if you choose": True}
    await week.submit("priya", values, sees="has started")
    await week.done("priya")
    await week.until(1, "09:30")
    week.says("Amara scores #3 from her message.")
    await week.scores("amara", 3, channel="dm")
    await week.until(1, "10:00")
    week.says("Amara opens #5, a refund of 600, normal, for Friday; scoring by four starts within the hour.")
    await week.opens(
        "amara", "Two months paid twice", Type_of_decision="Refund request", Customer="Quay Hotel",
        Urgency="3 · normal", Financial_impact="600", Resolve_by=on(4, 17),
    )  # fmt: skip
    await week.sets_criteria("amara", 5)
    await week.proposes("amara", 5, "Pay back both", "600")
    await week.proposes("amara", 5, "Pay back one", "300")
    await week.until(1, "10:50")
    await week.starts_scoring("amara", 5, ["amara", "priya", "liam", "ben"], on(4, 15))
    await week.scores("amara", 5)
    await week.until(1, "15:00")
    week.says("Ben opens #6, a discount for an old customer: low, until next Monday, everybody but Tom scores.")
    await week.opens(
        "ben", "Ten years with us", Type_of_decision="Churn prevention", Customer="Old Mill",
        Urgency="2 · low", Financial_impact="900", Resolve_by=on(7, 18),
    )  # fmt: skip
    await week.sets_criteria("ben", 6)
    await week.proposes("ben", 6, "A tenth off", "900")
    await week.proposes("ben", 6, "A dinner", "200")
    await week.starts_scoring("ben", 6, ["grace", "ben", "dana", "amara", "priya", "liam"], on(7, 14))
    await week.scores("ben", 6)


async def wednesday(week: Any) -> None:
    await week.until(2, "06:20")
    week.says("Priya extends #3 until Thursday 02:00, so that Liam has a morning for it.")
    await week.click("priya", "Extend", within="#3 ", channel="dm", sees="Scoring closes")
    await week.submit("priya", {"Scoring closes": on(3, 2)}, sees="")
    await week.done("priya")
    await week.until(2, "08:30")
    week.says("Tom has left; his account is closed.")
    people = week.team.house.sandbox.town.workspace.people
    import dataclasses

    people["U0TOM"] = dataclasses.replace(people["U0TOM"], deleted=True)
    await week.until(2, "09:30")
    week.says("Priya voids the round of #4.")
    await week.click("priya", "Void and edit", within="#4 ", sees="Reason")
    await week.submit("priya", {"Reason": "Tom has left, so others score."}, sees="")
    await week.done("priya")
    await week.starts_scoring("priya", 4, ["amara", "priya", "liam"], on(4, 11))
    await week.scores("priya", 4)
    await week.until(2, "15:00")
    week.says("Ben scores #5.")
    await week.scores("ben", 5, channel="dm")
    await week.until(2, "20:20")
    week.says("Liam scores what waits for him, one after the other: #3, which closes it, and #5. #4 can wait.")
    await week.scores("liam", 3, channel="dm")
    await week.scores("liam", 5, channel="dm")


async def thursday(week: Any) -> None:
    await week.until(3, "07:20")
    week.says("Dana resolves #3.")
    await week.click("dana", "Resolve", within="#3 ", channel="dm", sees="Option")
    await week.submit("dana", {"Option": "Correct the bill", "Reason": "It was wrong."}, sees="is resolved")
    await week.done("dana")
    await week.until(3, "08:40")
    week.says("She tells Lumen.")
    await week.click("dana", "Customer informed", within="#3 ", channel="dm")
    await week.done("dana")
    await week.until(3, "09:40")
    week.says("Priya scores #5, the last one; Amara #4.")
    await week.scores("priya", 5)
    await week.scores("amara", 4)
    await week.until(3, "16:40")
    week.says("Amara records how #1 turned out, with a follow-up tomorrow at 15:00.")
    await week.click("amara", "Record outcome", within="#1 ", channel="dm", sees="Customer satisfaction")
    await week.submit("amara", {"Customer satisfaction": "8", "Follow up": on(4, 15)}, sees="recorded")
    await week.done("amara")
    await week.until(3, "20:30")
    week.says("Liam scores #4, which closes it, and #6.")
    await week.scores("liam", 4)
    await week.scores("liam", 6)


async def friday_and_after(week: Any) -> None:
    await week.until(4, "10:00")
    week.says("Amara resolves #5 herself, as she may up to 1,000, and tells the hotel.")
    await week.click("amara", "Resolve", within="#5 ", sees="Option")
    await week.submit("amara", {"Option": "Pay back both", "Reason": "Both were our mistake."}, sees="is resolved")
    await week.done("amara")
    await week.until(4, "10:05")
    await week.click("amara", "Customer informed", within="#5 ")
    await week.done("amara")
    await week.until(7, "15:00")


async def test_a_week_reads_as_the_team_would_wish(week: Any) -> None:
    await before_the_week(week)
    try:
        for part in (monday, tuesday, wednesday, thursday, friday_and_after):
            await part(week)
    finally:
        Path("/tmp/week.md").write_text(week.markdown())
