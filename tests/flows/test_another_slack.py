"""A whole decision in a Slack that is not the sandbox: nothing leans on what only that one answers or sends."""

import json
from collections.abc import AsyncIterator

import pytest

from bot import app, http
from bot.config import Settings
from tests.support.another_slack import CHANNEL, SECRET, AnotherSlack, button, labels
from tests.support.house import served

PEOPLE = {who: f"{who.lower()}@another.example" for who in ("U1ADA", "U2BOB", "U3CLEO", "U4DAN")}
OWNER, *OTHERS = PEOPLE


@pytest.fixture
async def slack(database_url: str) -> AsyncIterator[AnotherSlack]:
    there, urls = AnotherSlack(PEOPLE), served(database_url)
    async with http.serving(there.asgi, host="127.0.0.1", port=0) as slack_port:
        settings = Settings(
            _env_file=None,
            slack_bot_token="xoxb-another",
            slack_signing_secret=SECRET,
            slack_api_url=f"http://127.0.0.1:{slack_port}/api",
            **urls,
        )
        async with (
            app.running(settings, database_url=urls["database_url"]) as bot,
            http.serving(bot.asgi, host="127.0.0.1", port=0) as port,
        ):
            there.bot_url = f"http://127.0.0.1:{port}"
            yield there


async def set_up(slack: AnotherSlack) -> None:
    await slack.slash(OWNER, "setup")
    await slack.until(lambda: "Team" in labels(slack.window))
    team = {"Team": "Ops", "Company": "Another", "Team size": "4", "Currency": "USD"}
    roles = {"Your own role": "Customer success manager", "Role of these people": "Support manager"}
    await slack.submit(OWNER, {**team, **roles, "People to add": OTHERS})
    await slack.until(lambda: "4 active of 4 members" in json.dumps(slack.window))
    slack.close()


async def open_and_score(slack: AnotherSlack) -> None:
    await slack.slash(OWNER, "Refund for Ultra")
    await slack.until(lambda: "What happened" in labels(slack.window))
    case = {"What happened": "Late.", "Customer": "Ultra", "Amount at stake (USD)": "80"}
    await slack.submit(OWNER, {**case, "Type of decision": "Refund request"})
    await slack.until(lambda: slack.card)
    await press_card(slack, OWNER, "Add options", "Option 1")
    await slack.submit(OWNER, {"Option 1": "Pay all", "Option 2": "Pay half", "Cost of option 1 (USD)": "80"})
    await press_card(slack, OWNER, "Start scoring", "Who scores")
    await slack.submit(OWNER, {})
    for who in (OWNER, *OTHERS[:2]):
        await press_card(slack, who, "Score", "Pay all · Cost")
        await slack.submit(who, {cell: "8" if "all" in cell else "5" for cell in labels(slack.window) if " · " in cell})
        await slack.until(lambda: "Submitted in secret" in json.dumps(slack.window))


async def press_card(slack: AnotherSlack, who: str, words: str, field: str) -> None:
    """Press, and wait for the window with this field."""
    slack.close()
    await slack.press(who, words)
    await slack.until(lambda: field in labels(slack.window))


async def test_a_decision_goes_through_a_slack_that_answers_and_sends_the_least(slack: AnotherSlack) -> None:
    await set_up(slack)
    await open_and_score(slack)
    slack.close()
    await slack.press(OWNER, "More")
    await slack.until(lambda: button(slack.window, "Close scoring"))
    await slack.press(OWNER, "Close scoring")
    result = await slack.until(lambda: [m for m in slack.messages if m.get("thread_ts")])
    assert "Pay all leads" in result[0]["text"]
    assert "reply_broadcast" not in result[0]  # nobody says that no other company reads the channel

    await slack.until(lambda: button(slack.card, "Resolve"))
    await press_card(slack, OTHERS[0], "Resolve", "Reason")
    await slack.submit(OTHERS[0], {"Option": "Pay all", "Reason": "It leads."})
    await slack.until(lambda: "Decided: Pay all" in json.dumps(slack.card))
    slack.close()
    await slack.press(OTHERS[0], "Customer informed")
    await slack.until(lambda: button(slack.card, "Record outcome"))

    await slack.slash(OTHERS[2], "list")
    told = await slack.until(
        lambda: [m for m in slack.messages if m["channel"] == OTHERS[2] and "No open" in m["text"]]
    )
    assert len(told) == 1  # without a response_url by direct message
    assert {m["channel"] for m in slack.messages} <= {CHANNEL, *PEOPLE}
