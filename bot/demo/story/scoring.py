"""The story's middle: five people score in secret, and the bot dies at the worst moment."""

import contextlib
from collections.abc import AsyncIterator

from bot.demo.story.ballots import OPINIONS, TOM_AGAIN, Opinion
from bot.demo.story.opening import STALE
from bot.demo.story.stage import Actor, Stage, StoryFailed

LEASE_SECONDS = 60.0
"""Longer than a claimed delivery of a dead bot stays its own."""
_WAITS = """
    SELECT count(*) FROM pg_locks WHERE relation = 'round_results'::regclass AND NOT granted
"""
_OTHERS_AT_WORK = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        AND xact_start IS NOT NULL
"""


async def play(stage: Stage) -> None:
    await stage.chapter("5. Scoring, in secret")
    await starting(stage)
    await refusals(stage)
    await sarah_in_two_sittings(stage)
    await mike_asks_first(stage)
    await lisa_skips(stage)
    await tom_changes_his_ballot(stage)
    await stage.chapter("6. The last ballot, and a kill -9")
    await the_last_ballot(stage)
    await another_case_meanwhile(stage)
    await the_result(stage)


async def starting(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step("Sarah starts scoring: people, options, criteria and rules are frozen now.")
    await sarah.press("Start scoring", within="#1 ·", channel="customer-decisions", sees="Who scores")
    await stage.step("All five score, until the time that the bot proposes.")
    await sarah.submit(sees="Scoring of #1 has started. 5 people can score it.")
    await sarah.close()


async def refusals(stage: Stage) -> None:
    await stage.step("Eve sees the card too, and presses Score.")
    await stage.actor("eve").click("Score", within="#1 ·", sees="You are not a member")
    await stage.actor("eve").close()
    await stage.step("Lisa still has her copy from before, with buttons that belong to another time.")
    await stage.actor("lisa").click(STALE, sees=f'"{STALE}" is not possible now. #1 is being scored (phase 4 of 6)')
    await stage.actor("lisa").close()


async def sarah_in_two_sittings(stage: Stage) -> None:
    sarah, opinion = stage.actor("sarah"), OPINIONS["sarah"]
    await stage.step("Sarah scores first; the options stand in an order of her own.")
    await _open(sarah)
    typed = opinion.typed()
    await sarah.fill({label: typed[label] for label in list(typed)[:8]})
    await stage.step("The phone rings. She saves for later and closes the window.")
    await sarah.click("Save for later", sees="Saved, 2 of 4 criteria")
    await sarah.close()
    await stage.step("Back again, what she has typed stands there.")
    await _open(sarah)
    await _fill(sarah, opinion)
    await stage.step("She has read it once more and submits.")
    await sarah.submit(sees="Submitted in secret. 1 of 5 has scored.")
    await sarah.close()


async def mike_asks_first(stage: Stage) -> None:
    mike = stage.actor("mike")
    await stage.step("Mike wants to know who will see what, before he scores.")
    await _open(mike)
    await mike.click("What will be shown?", sees="of fewer than 3 people nothing")
    await mike.back()
    await _fill(mike, OPINIONS["mike"])
    await stage.step("Mike submits.")
    await mike.submit(sees="2 of 5 have scored")
    await mike.close()


async def lisa_skips(stage: Stage) -> None:
    await stage.step("Lisa cannot judge what is fair here, and says so instead of guessing.")
    await _whole_ballot(stage, "lisa", OPINIONS["lisa"], sees="3 of 5 have scored")


async def tom_changes_his_ballot(stage: Stage) -> None:
    await stage.step("Tom favours his own idea.")
    await _whole_ballot(stage, "tom", OPINIONS["tom"], sees="4 of 5 have scored")
    await stage.step("An hour later he thinks again. Until scoring closes his ballot is his to change.")
    await _whole_ballot(stage, "tom", TOM_AGAIN, sees="4 of 5 have scored")


async def _whole_ballot(stage: Stage, name: str, opinion: Opinion, *, sees: str) -> None:
    actor = stage.actor(name)
    await _open(actor)
    await _fill(actor, opinion)
    await stage.step(f"{actor.name} submits.")
    await actor.submit(sees=sees)
    await actor.close()


async def _open(actor: Actor) -> None:
    await actor.click("Score", within="#1 ·", channel="customer-decisions", sees="You are about to submit")


async def _fill(actor: Actor, opinion: Opinion) -> None:
    """All of it, not submitted yet."""
    for name in opinion.skipped:
        await actor.click(f"I can't judge {name}", sees=f"You can't judge {name}")
    if opinion.comments:
        await actor.click("Add a comment", sees="Comment on")
    await actor.fill(opinion.typed())


async def the_last_ballot(stage: Stage) -> None:
    """Closing is committed; publishing is held back by a lock of ours; there the bot is killed."""
    ana = stage.actor("ana")
    await stage.step("Ana is the last one. Her ballot closes the round, and the bot goes on to publish the result.")
    await _open(ana)
    await _fill(ana, OPINIONS["ana"])
    async with _publication_held_back(stage):
        await ana.submit(sees="Everybody has scored: scoring is closed and the result is on its way.")
        await _until(stage, _WAITS, 1, "The bot never came to publish.")
        await stage.bot.kill_9()
        stage.not_waited_for = [row[0] for row in await stage.fetch("SELECT id FROM outbox WHERE state = 'ready'")]
        stage.tell("\n(Between closing and publishing the bot is killed: kill -9, nothing is drained.)")
    await _until(stage, _OTHERS_AT_WORK, 0, "The dead bot's transaction does not end.")
    await _check_closed_unpublished(stage)
    await ana.close()
    await stage.bot.start()
    stage.tell("\n(It is started again. What it had in its hands belongs to the dead one until a lease ends.)")


@contextlib.asynccontextmanager
async def _publication_held_back(stage: Stage) -> AsyncIterator[None]:
    """Nobody can write a result meanwhile; everybody can read."""
    async with stage.database.transaction():
        await stage.database.execute("LOCK TABLE round_results IN SHARE MODE")
        stage.is_held_back = True
        yield
        stage.is_held_back = False


async def _until(stage: Stage, query: str, wanted: int, complaint: str, *, within: float = 20.0) -> None:
    try:
        await stage.wait_until(query, wanted, within=within)
    except TimeoutError:
        raise StoryFailed(complaint) from None


async def _check_closed_unpublished(stage: Stage) -> None:
    rows = await stage.fetch("SELECT closed_at IS NOT NULL, published_at IS NULL, voided_at IS NULL FROM rounds")
    stage.expect(rows == [(True, True, True)], f"After the kill the round should be closed, not published: {rows}")
    stage.expect(await stage.one("SELECT count(*) FROM round_results") == 0, "A result was published by a dead bot.")
    stage.tell("\n(In the database: the round is closed, and nothing is published.)")


async def another_case_meanwhile(stage: Stage) -> None:
    """A second decision, from a message; it is cancelled."""
    tom, lisa = stage.actor("tom"), stage.actor("lisa")
    await stage.step("Meanwhile, in another channel:")
    message = await tom.say("Globex asks whether they may pay in three parts. *I think* we never did that.", "general")
    await lisa.shortcut("Decide about this message", message=message, sees="Decide by")
    await lisa.fill(
        {
            "Type of decision": "Billing dispute",
            "Customer": "Globex",
            "Amount at stake": "30k",
            "Title": "May Globex pay in three parts?",
        }
    )
    await stage.step("Who they are is asked behind a button.")
    await lisa.click("More fields", sees="Customer tier")
    await lisa.fill(
        {
            "Customer tier": "Premium",
            "Customer value": "30,000",
            "Customer e-mail": "billing@globex.example",
            "Channel of the card": "customer-decisions",
        }
    )
    await stage.step("Lisa creates it.")
    await lisa.submit(sees="#2 created")
    await lisa.close()
    await stage.step("A moment later the customer has paid, so she cancels it, with the reason.")
    await lisa.press("Cancel decision", within="#2 ·", sees="cannot be taken up again")
    await lisa.fill({"Reason": "They have paid in full this morning."})
    await lisa.submit(sees="#2 is cancelled")
    await lisa.close()


async def the_result(stage: Stage) -> None:
    await stage.step("The lease has ended, and the result arrives, once, in the thread of the card.")
    stage.not_waited_for.clear()
    await _until(stage, "SELECT count(*) FROM round_results", 1, "No result was published.", within=LEASE_SECONDS)
    await stage.actor("mike").sees("Result of #1", within=LEASE_SECONDS)
