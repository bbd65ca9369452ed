"""A draft: told to its owner alone, opened by them in the window that it has filled, or put away; once each."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from bot import jobs
from bot.domain.draft import Content, Source, read
from bot.domain.option import OptionDraft
from bot.errors import Invalid
from bot.services import draft as drafts
from bot.services import erasure
from bot.store import db
from bot.store.db import Db
from bot.views.slack import ids
from tests.support.team import Team
from tests.support.trail import added, trail

SOURCE = Source(f"token:{UUID(int=7)}", "Support agent")
GIVEN: dict[str, Any] = {
    "title": "Refund for the outage",
    "description": "Two days without service.",
    "customer": "Northwind",
    "customer_email": "cfo@northwind.example",
    "customer_tier": "Premium",
    "type": "Refund request",
    "urgency": "high",
    "amount": "1,200.50",
    "channel": "C0DECISIONS",
}
OPTIONS = (OptionDraft("All of it", "By card.", Decimal(1200)), OptionDraft("A voucher", "", None))
OPEN, NOT_NEEDED = "Open as a decision", "Not needed"


@pytest.fixture
async def owner(team: Team) -> AsyncIterator[Db]:
    """The database for the login that migrates, which erases."""
    opened = db.connect(team.house.database_url, budget_seconds=30)
    yield opened
    await opened.close()


async def hand_in(
    team: Team, reference: str = "4711", *, content: Content | None = None, options: Any = (), **given: Any
) -> drafts.Made:
    """Lisa gets it."""
    return await drafts.make(
        team.db,
        team.actors["lisa"],
        source=SOURCE,
        reference=reference,
        content=content or read({**GIVEN, **given}, currency="USD", options=options),
        link="https://desk.example/tickets/4711",
    )


async def offered(team: Team, name: str = "lisa") -> list[str]:
    await team.settled()
    found = await team.house.person(name).messages()
    return [m.rendered for m in found if "asks for a decision" in m.rendered]


async def opening(team: Team, *, at_least: str = "Filled in from Support agent") -> Any:
    await offered(team)
    assert (await team.house.person("lisa").click(OPEN)).ok
    return await team.modal("lisa", at_least=at_least)


async def test_the_owner_alone_is_told_once_and_opens_it_in_the_window_that_it_filled(team: Team) -> None:
    before = trail(team)
    made = await hand_in(team, options=OPTIONS)

    (message,) = await offered(team)
    assert "Support agent asks for a decision: Refund for the outage" in message
    assert "Northwind · Refund request · USD 1,200.50 at stake · 2 options" in message
    assert "Two days without service." in message
    assert [await offered(team, name) for name in ("sarah", "mike", "tom")] == [[], [], []]
    assert team.value("SELECT count(*) FROM customer_decisions") == 0

    modal = await opening(team)
    assert "With the decision these options are added: All of it and A voucher." in modal.text
    answer = await team.house.person("lisa").submit()
    assert answer.ok, answer
    await team.modal("lisa", at_least="#1 created")
    await team.settled()
    case = (
        "SELECT m.name, title, description, customer_name, customer_email, customer_tier, decision_type, "
        "urgency_level, financial_impact, channel_id, permalink FROM customer_decisions d "
        "JOIN team_members m ON m.id = d.created_by"
    )
    assert team.sql(case) == [
        (
            *("Lisa Rodriguez", "Refund for the outage", "Two days without service.", "Northwind"),
            *("cfo@northwind.example", "premium", "refund_request", 4, Decimal("1200.50"), "C0DECISIONS"),
            "https://desk.example/tickets/4711",
        )
    ]
    options = "SELECT title, description, financial_cost, ai_generated FROM response_options ORDER BY position"
    assert team.sql(options) == [("All of it", "By card.", Decimal(1200), True), ("A voucher", "", None, True)]
    assert team.sql("SELECT id, status, body, decision_id FROM drafts") == [(made.id, "opened", {}, team.decision_id)]
    about = {"draft": str(made.id), "source": SOURCE.key}
    lines = added(team, before)
    assert ("draft.made", None, None, {"team": str(team.actors["lisa"].team.id), **about}) in lines
    assert ("draft.opened", team.actors["lisa"].member.id, team.decision_id, about) in lines
    suggested = [details["is_suggested"] for action, _, _, details in lines if action == "option.proposed"]
    assert suggested == [True, True]


async def test_the_same_reference_five_times_at_once_is_one_draft_and_one_message(team: Team) -> None:
    made = await asyncio.gather(*(hand_in(team) for _ in range(5)))

    assert len({one.id for one in made}) == 1
    assert sorted(one.is_new for one in made) == [False] * 4 + [True]
    assert len(await offered(team)) == 1
    other = await drafts.make(
        team.db, team.actors["lisa"], source=Source("hook:1", "Desk"), reference="4711", content=Content(title="B")
    )
    assert other.is_new, "another source may call its own so"


async def test_what_is_not_needed_is_put_away_with_its_text_and_its_ticket_makes_no_other(team: Team) -> None:
    made = await hand_in(team)
    before = trail(team)
    await offered(team)

    assert (await team.house.person("lisa").click(NOT_NEEDED)).ok

    await team.house.person("lisa").see("Not needed: Refund for the outage. Nothing was opened.")
    assert await offered(team) == []
    assert team.sql("SELECT status, body, link FROM drafts") == [("dismissed", {}, None)]
    assert added(team, before) == [
        ("draft.dismissed", team.actors["lisa"].member.id, None, {"draft": str(made.id)}),
    ]  # fmt: skip
    assert not (await hand_in(team)).is_new
    assert team.value("SELECT count(*) FROM customer_decisions") == 0


async def test_what_does_not_fit_stands_in_the_window_and_the_owner_chooses(team: Team) -> None:
    title, end = "A long story " * 20, "and the very end."
    await hand_in(
        team, title=title, description="x" * 3000 + end, type="Complaint", urgency="9", amount="lots",
        customer_email="nobody", customer_tier="gold", channel="#general", customer=["a", "list"],
    )  # fmt: skip

    text = (await opening(team)).text

    for sentence in (
        "The title was longer than 150 characters; the whole of it stands below.",
        "The text was longer than 3000 characters; its end stands below.",
        "“Complaint” is no type of decision; there are Refund request, Billing dispute,",
        "“9” is no urgency: 1 to 5, low, normal, high or urgent.",
        "“lots” was not taken as the amount at stake. That is not an amount that I can read.",
        "“nobody” is no e-mail address of a customer.",
        "“gold” is no tier of a customer; there are Basic, Standard, Premium, Enterprise.",
        "“#general” is no id of a channel, which looks like C0123456789.",
        "The field customer is neither a text nor a number.",
        title.strip(),
        end,
    ):
        assert sentence in text, sentence
    assert (await team.house.person("lisa").submit()).error == "Please complete this required field."
    await team.house.person("lisa").fill({"Type of decision": "Billing dispute", "Customer": "Northwind"})
    assert (await team.house.person("lisa").submit()).ok
    await team.modal("lisa", at_least="#1 created")


async def test_of_two_windows_and_of_copies_of_one_press_one_decision_comes(team: Team) -> None:
    await hand_in(team)
    lisa = team.house.person("lisa")
    await opening(team)
    await lisa.submit(copies=3)
    await team.until("SELECT count(*) FROM customer_decisions", 1)
    await lisa.close(everything=True)

    assert (await lisa.click(OPEN)).ok

    await lisa.see("This was opened as #1 already. Use /decide list to find it.")
    await lisa.close(everything=True)
    assert (await lisa.click(NOT_NEEDED)).ok
    await lisa.see("This was opened as #1 already.")
    assert team.value("SELECT count(*) FROM customer_decisions") == 1


async def test_only_the_owner_takes_it_and_another_teams_draft_is_none(team: Team) -> None:
    made = await hand_in(team)

    assert "This draft waits for Lisa Rodriguez. Ask them, or open the decision with /decide." in await team.told(
        "tom", ids.OPEN_DRAFT, made.id
    )
    assert "This draft waits for Lisa Rodriguez." in await team.told("tom", ids.DISMISS_DRAFT, made.id)
    gone = "This draft is gone: nobody took it within 14 days, or it was erased. Open the decision with /decide, or"
    assert gone in await team.told("lisa", ids.OPEN_DRAFT, uuid4())
    await team.change("UPDATE drafts SET status = 'dismissed'")
    away = "This was put away as not needed. If it is needed after all, open it with /decide."
    assert away in await team.told("lisa", ids.OPEN_DRAFT, made.id)
    assert team.value("SELECT count(*) FROM customer_decisions") == 0


async def test_options_wait_until_the_case_has_all_it_needs(team: Team) -> None:
    await hand_in(team, options=OPTIONS)
    await team.change("UPDATE team_members SET is_active = false WHERE name <> 'Lisa Rodriguez'")
    await opening(team)
    assert (await team.house.person("lisa").submit()).ok
    await team.modal("lisa", at_least="Still missing")
    assert team.state == ("created", 1)
    assert team.value("SELECT count(*) FROM response_options") == 0
    assert team.value("SELECT body ->> 'title' FROM drafts") == ""
    await team.house.person("lisa").close(everything=True)
    await team.change("UPDATE team_members SET is_active = true")

    await team.window("lisa", "decision.complete")
    assert (await team.house.person("lisa").submit()).ok

    await team.until("SELECT count(*) FROM response_options", 2)
    assert team.state == ("team_input", 3)
    assert team.value("SELECT body FROM drafts") == {}


async def test_options_that_cannot_be_are_refused_before_anything_is_kept(team: Team) -> None:
    with pytest.raises(Invalid, match="An option has this title already"):
        await hand_in(team, options=(OPTIONS[0], OPTIONS[0]))

    assert team.value("SELECT count(*) FROM drafts") == 0


async def test_nobody_takes_it_for_fourteen_days_and_it_is_gone(team: Team) -> None:
    for reference, age, status in (("old", 15, "waiting"), ("young", 13, "waiting"), ("put away", 31, "dismissed")):
        made = await hand_in(team, reference)
        await team.settled()
        await team.change(
            "UPDATE drafts SET status = %s, created_at = now() - make_interval(days => %s), "
            "ended_at = now() - make_interval(days => %s) WHERE id = %s",
            *(status, age, age, made.id),
        )

    await jobs.purge(team.house.bot.deps)

    assert team.sql("SELECT reference FROM drafts") == [("young",)]


async def test_erasing_reaches_drafts(team: Team, owner: Db) -> None:
    await team.to_resolved(customer_name="Northwind", customer_email="cfo@northwind.example")
    await hand_in(team, "of the customer")
    await hand_in(team, "of another", customer="Contoso", customer_email=None, description="Northwind told them.")
    await team.settled()

    await erasure.erase_customer(owner, await erasure.plan_customer(owner, "Northwind"))

    ((reference, body),) = team.sql("SELECT reference, body FROM drafts")
    assert reference == "of another"
    assert "Northwind" not in str(body)
    await team.settled()

    await erasure.erase_member(owner, await erasure.plan_member(owner, team.actors["lisa"].member.email))

    assert team.sql("SELECT * FROM drafts") == []
