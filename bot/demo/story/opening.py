"""The story's first half: the team, the case, its criteria, the options."""

from datetime import UTC, datetime, timedelta

from bot.demo.story.stage import Stage

CREDIT, REFUND, FREE = "Half a month as credit", "Full refund of the month", "Refund and six months free"
DROPPED, FIRST_IDEA = "Apology only", "Half the month back"
STALE = "Start scoring"


async def play(stage: Stage) -> None:
    await stage.chapter("1. The team")
    await setting_up(stage)
    await giving_authority(stage)
    await a_stranger_asks(stage)
    await stage.chapter("2. The case")
    await finding_the_case(stage)
    await completing_the_case(stage)
    await stage.chapter("3. What matters")
    await setting_criteria(stage)
    await stage.chapter("4. What we could answer")
    await proposing(stage)
    await changing_ones_mind(stage)


async def setting_up(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step(
        "Sarah Johnson, Mike Chen and Lisa Rodriguez are a team already. Sarah, an admin of the workspace, adds "
        "two colleagues, Tom and Ana."
    )
    await sarah.slash("/decide setup", sees="Set up your team")
    await sarah.fill(
        {
            "Industry": "Software as a service",
            "Team size": "12",
            "Currency": "USD",
            "People to add": ["Tom Becker", "Ana Silva"],
            "Role of": "Operations manager",
        }
    )
    await stage.step("She saves; the bot reads the profiles of both.")
    await sarah.submit(sees="Ana Silva")


async def giving_authority(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step("Mike may decide about larger amounts from now on: up to USD 50,000.")
    await sarah.click("Edit", within="Mike Chen", sees="May decide")
    await sarah.fill(
        {"May decide": "up to USD 50,000", "Knows about": ["Refund request"], "Other expertise": "pricing, outages"}
    )
    await stage.step("Sarah saves, and the list shows it.")
    await sarah.submit(sees="may decide up to USD 50,000")
    await sarah.close()


async def a_stranger_asks(stage: Stage) -> None:
    await stage.step("Eve is in the channel, but not in the team.")
    await stage.actor("eve").slash("/decide list", sees="You are not a member")


async def finding_the_case(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step("ABC Corporation wants its money back. The decision is there, but only as a first note.")
    await sarah.slash("/decide list", sees="#1 Refund Request for Service Outage")
    await stage.step("Sarah looks at it.")
    await sarah.slash("/decide show 1", sees="Fill in the case")


async def completing_the_case(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step("She opened it, so it is hers to complete.")
    await sarah.click("Fill in the case", sees="Customer for (months)")
    await sarah.fill(
        {
            "Urgency": "4",
            "Amount at stake": "12k",
            "Decide by": datetime.now(UTC) + timedelta(days=3),
            "Customer id": "ABC-0017",
            "Customer for": "26",
            "Channel of the card": "customer-decisions",
        }
    )
    await stage.step("From here on the decision has a card in the channel, one message that is kept up to date.")
    await sarah.submit(sees="#1 saved. Next: add the options")
    await sarah.close()
    await stage.actor("mike").sees("#1 · Refund Request for Service Outage")


async def setting_criteria(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await stage.step("The type of the decision has brought four criteria. Sarah replaces the last one.")
    await sarah.press("Edit criteria", within="#1 ·", channel="customer-decisions", sees="Criterion 4")
    await sarah.fill(
        {
            "Criterion 1": "Customer trust",
            "Weight of criterion 1": "3",
            "Criterion 4": None,
            "What criterion 4 means": None,
            "Criterion 5": "Speed",
            "Weight of criterion 5": "1.5",
            "What criterion 5 means": "How soon the customer has something in hand. 10 is today.",
        }
    )
    await stage.step("She saves them; until scoring starts they can be edited.")
    await sarah.submit(sees="The criteria of #1 are set")
    await sarah.close()


async def proposing(stage: Stage) -> None:
    await stage.step("Mike proposes the obvious.")
    await _propose(stage, "mike", REFUND, "The whole month is paid back.", "10,000", effort="Low", risk="Medium")
    await stage.step("Lisa, the account manager, has a cheaper idea.")
    await _propose(stage, "lisa", FIRST_IDEA, "Two weeks, paid back.", "5,000", effort="Medium", risk="Low")
    await stage.step("Tom wants to be generous, or else just say sorry.")
    await _two_at_once(stage)


async def _propose(stage: Stage, name: str, title: str, description: str, cost: str, *, effort: str, risk: str) -> None:
    actor = stage.actor(name)
    await actor.press("Add options", within="#1 ·", sees="Cost of option 3")
    await actor.fill({"Option 1": title, "Cost of option 1": cost})
    await actor.click("More fields", sees="Risk of option 1")
    await actor.fill({"Description of option 1": description, "Effort of option 1": effort, "Risk of option 1": risk})
    await actor.submit(sees="1 option added to #1")
    await actor.close()


async def _two_at_once(stage: Stage) -> None:
    tom = stage.actor("tom")
    await tom.press("Add options", within="#1 ·", sees="Cost of option 3")
    await tom.fill({"Option 1": FREE, "Cost of option 1": "40k", "Option 2": DROPPED, "Cost of option 2": "0"})
    await tom.click("More fields", sees="Risk of option 1")
    await tom.fill(
        {
            "Description of option 1": "Refund the month, then half a year free.",
            "Effort of option 1": "High",
            "Risk of option 1": "High",
            "Description of option 2": "A letter by the head of support.",
            "Effort of option 2": "Low",
            "Risk of option 2": "High",
        }
    )
    await tom.submit(sees="2 options added to #1")
    await tom.close()


async def changing_ones_mind(stage: Stage) -> None:
    lisa, tom = stage.actor("lisa"), stage.actor("tom")
    await stage.step("Lisa turns the money into credit: that is worth the same to the customer and costs less.")
    await lisa.press("Edit my option", within="#1 ·", sees="Remove this option")
    await lisa.fill({"Title": CREDIT, "Description": "Two weeks as credit on the next bill.", "Cost": "4,500"})
    await stage.step("She saves it.")
    await lisa.submit(sees="Your option is changed")
    await lisa.close()
    await stage.step("Tom takes the apology back; of his two options he chooses which.")
    await tom.press("Edit my option", within="#1 ·", sees="Which one?")
    await tom.click("Edit", within=DROPPED, sees="Remove this option")
    await tom.fill({"Remove": True})
    await stage.step("One press, and it is gone.")
    await tom.submit(sees="Your option is removed")
    await tom.close()
    await stage.step("Lisa keeps a private copy of the card for later.")
    await lisa.slash("/decide show 1", sees="(only visible to you): #1")
