"""The one message in the channel that shows a decision, and what happens where it cannot be posted."""

import pytest

from bot.demo.story.pressing import press
from bot.domain.action import Action
from tests.support.team import Team

MEANWHILE = "Until then everything works from /decide show 1."


async def test_the_card_is_one_message_that_is_updated_in_place(team: Team) -> None:
    await team.open()
    assert "Phase 3 of 6" in await team.card()
    (before,) = await team.cards()
    await team.window("sarah", Action.EDIT_CRITERIA)
    await team.house.person("sarah").submit()
    assert "Phase 3 of 6" in await team.card()
    (after,) = await team.cards("tom")
    assert (after.ts, after.edited) == (before.ts, True)
    assert after.text.startswith(
        "#1 Refund for the outage. Refund request, customer ABC Corporation. Collecting options."
    )
    assert len(team.house.sandbox.calls("chat.postMessage")) == 1
    await team.settled()
    link = f"https://techcorp.slack.com/archives/C0DECISIONS/p{after.ts.replace('.', '')}"
    assert team.sql("SELECT ts, permalink FROM card_messages") == [(after.ts, link)]


async def test_a_burst_of_changes_is_sent_as_fewer_updates_and_the_last_one_arrives(team: Team) -> None:
    await team.to_options()
    await team.card()
    team.house.sandbox.fail("chat.update", "ratelimited", retry_after=4)
    before = len(team.house.sandbox.calls("chat.update"))
    for n in range(6):
        await team.window("sarah", Action.EDIT_CASE)
        assert (await team.submit("sarah", {"Title": f"Title {n}"})).ok
    assert (await team.card()).startswith("#1 · Title 5")
    sent = [c for c in team.house.sandbox.calls("chat.update")[before:] if c.status == 200]
    assert len(sent) <= 2
    assert team.value("SELECT count(*) FROM outbox WHERE kind = 'card' AND state <> 'done'") == 0


async def test_a_deleted_card_is_posted_anew_at_the_next_change(team: Team) -> None:
    await team.open()
    await team.card()
    (old,) = await team.cards()
    team.house.sandbox.town.channel("customer-decisions").messages.pop(old.ts)
    await team.window("sarah", Action.EDIT_CRITERIA)
    await team.house.person("sarah").submit()
    assert "Phase 3 of 6" in await team.card()


async def test_the_bot_outside_the_channel_tells_the_owner_and_posts_once_it_is_invited(team: Team) -> None:
    team.house.sandbox.kick_bot("customer-decisions")
    await team.open()
    await team.settled()
    sarah = team.house.person("sarah")
    (message,) = await sarah.messages("dm")
    assert "The card of #1 Refund for the outage could not be posted. I am not in #customer-decisions yet." in (
        message.rendered
    )
    assert "Type /invite @Conclave in that channel, then press the button." in message.rendered
    assert MEANWHILE in message.rendered
    assert "could not be posted" not in await team.house.person("mike").screen()

    await sarah.click("Post the card", channel="dm")
    await sarah.see("Posting the card of #1. If the channel still refuses it, you will hear from me again.")
    await team.settled()
    assert sum("could not be posted" in m.rendered for m in await sarah.messages("dm")) == 2

    team.house.sandbox.invite_bot("customer-decisions")
    await sarah.click("Post the card", channel="dm")
    assert "Phase 3 of 6" in await team.card("lisa")


async def test_everything_works_from_show_while_the_card_cannot_be_posted(team: Team) -> None:
    team.house.sandbox.kick_bot("customer-decisions")
    await team.open()
    sarah = team.house.person("sarah")
    await sarah.slash("/decide show 1")
    await sarah.see("Phase 3 of 6")
    assert (await press(sarah, "Edit criteria", channel="customer-decisions")).ok
    await team.modal("sarah", at_least="Weight")
    assert (await sarah.submit()).ok
    await team.settled()
    assert sum("could not be posted" in m.rendered for m in await sarah.messages("dm")) == 1


@pytest.mark.parametrize(
    ("channel", "why", "way_out"),
    [
        ("private", "I cannot see #leadership: it is private, or it is gone.", "Type /invite @Conclave"),
        ("archived", "#customer-decisions is archived.", "Unarchive it, then press the button."),
        ("gone", "it is private, or it is gone.", "Type /invite @Conclave"),
    ],
)
async def test_a_channel_that_is_closed_to_the_bot_is_explained_to_the_owner(
    team: Team, channel: str, why: str, way_out: str
) -> None:
    if channel == "archived":
        team.house.sandbox.archive("customer-decisions")
    await team.open(channel_id={"private": "C0LEADERSHIP", "archived": "C0DECISIONS", "gone": "C0NOWHERE"}[channel])
    await team.settled()
    (message,) = await team.house.person("sarah").messages("dm")
    for words in (why, way_out, MEANWHILE):
        assert words in message.rendered
    assert team.value("SELECT count(*) FROM outbox WHERE state = 'dead'") == 0


async def test_a_channel_archived_after_the_card_was_posted_is_explained_to_the_owner(team: Team) -> None:
    await team.open()
    await team.card()
    team.house.sandbox.archive("customer-decisions")
    await team.press("sarah", "decision.show")
    await team.modal("sarah", at_least="Description")
    await team.house.person("sarah").click("Edit criteria")
    await team.modal("sarah", at_least="Weight")
    await team.house.person("sarah").submit()
    await team.settled()
    (message,) = await team.house.person("sarah").messages("dm")
    assert "#customer-decisions is archived." in message.rendered


async def test_a_rate_limited_channel_gets_its_card_later(team: Team) -> None:
    team.house.sandbox.fail("chat.postMessage", "ratelimited", retry_after=1)
    await team.open()
    assert "Phase 3 of 6" in await team.card()
    assert team.value("SELECT max(attempts) FROM outbox") == 1


async def test_a_card_that_slack_could_not_take_is_tried_again(team: Team) -> None:
    team.house.sandbox.fail("chat.postMessage", "http_500")
    await team.open()
    await team.until("SELECT count(*) FROM outbox WHERE state = 'ready'", 0, timeout=15)
    assert len(await team.cards()) == 1
