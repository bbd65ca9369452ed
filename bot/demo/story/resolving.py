"""The story's end: somebody with the authority decides, the customer hears it, the team learns from it."""

from datetime import UTC, datetime, timedelta

from bot.demo.story.opening import CREDIT, FREE, REFUND
from bot.demo.story.stage import Stage


async def play(stage: Stage) -> None:
    await stage.chapter("7. Deciding")
    await too_little_authority(stage)
    await mike_resolves(stage)
    await mike_changes_the_choice(stage)
    await stage.chapter("8. Telling the customer, and learning")
    await informing(stage)
    await recording(stage)
    await tom_moves_on(stage)


async def too_little_authority(stage: Stage) -> None:
    lisa = stage.actor("lisa")
    await stage.step("Lisa would like to settle it at once, but that is more than she may decide.")
    await lisa.click(
        "Resolve",
        within="#1 ·",
        channel="customer-decisions",
        sees="needs a decider up to USD 50,000; you may decide up to USD 100",
    )
    await lisa.close()


async def mike_resolves(stage: Stage) -> None:
    mike = stage.actor("mike")
    await stage.step("Mike has it; though not for everything.")
    await mike.click("Resolve", within="#1 ·", channel="customer-decisions", sees="Option")
    await mike.fill({"Option": FREE, "Reason": "They are worth it."})
    await mike.submit_in_vain(sees="This option needs a decider for any amount; you may decide up to USD 50,000.")
    await stage.step("So he resolves with the refund, although it does not lead, and says why.")
    await mike.fill({"Option": REFUND, "Reason": "The customer insists on money, says their lawyer."})
    await mike.submit(sees="#1 is resolved")
    await mike.close()


async def mike_changes_the_choice(stage: Stage) -> None:
    mike = stage.actor("mike")
    await stage.step("Before the customer knows, their lawyer writes again: credit is welcome.")
    await mike.press("Change the choice", within="#1 ·", channel="customer-decisions", sees="Reason")
    await mike.fill({"Reason": "Their lawyer accepts credit after all."})
    await mike.submit(sees="The choice of #1 is open again")
    await mike.close()
    await stage.step("The scores stay as they were published; only the choice is made again.")
    await mike.click("Resolve", within="#1 ·", channel="customer-decisions", sees="Option")
    await mike.fill({"Option": CREDIT, "Reason": "It leads the ranking, and the customer accepts it."})
    await mike.submit(sees="#1 is resolved")
    await mike.close()


async def informing(stage: Stage) -> None:
    await stage.step("Mike calls the customer.")
    await stage.actor("mike").click(
        "Customer informed", within="#1 ·", channel="customer-decisions", sees="Noted: the customer of #1 knows"
    )


async def recording(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step("A week later Sarah records how it turned out, and when to ask again.")
    await sarah.click("Record outcome", within="#1 ·", channel="customer-decisions", sees="Customer satisfaction")
    await sarah.fill(
        {
            "Customer satisfaction": "9",
            "Did the customer stay": "Yes",
            "Actual financial impact": "4,500",
            "Escalation": True,
            "Notes": "They renewed for a year. Their head of IT had called ours first.",
            "Follow up": datetime.now(UTC) + timedelta(days=30),
        }
    )
    await stage.step("She saves it: the decision is done.")
    await sarah.submit(sees="The outcome of #1 is recorded")
    await sarah.close()
    await stage.step("What does the team have open now?")
    await sarah.slash("/decide list", sees="No open decisions")
    await stage.step("Everything about it stays to be read.")
    await sarah.slash("/decide show 1", sees="(only visible to you): #1")


async def tom_moves_on(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step("Tom moves to another team; he stays in the records, but is not asked any more.")
    await sarah.slash("/decide setup", sees="Set up your team")
    await sarah.submit(sees="Tom Becker")
    await sarah.click("Edit", within="Tom Becker", sees="Is asked to score")
    await sarah.fill({"Active": False})
    await sarah.submit(sees="inactive")
    await sarah.close()
