"""`conclave as NAME WORDS...`: what a person types in a terminal, against the running house."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.people import CannotDo
from sandbox.speak import speak
from tests.support.house import House

SETUP = "fill Team=CS Team Company=TechCorp People to add=Mike Chen, Lisa Rodriguez Role of=Support Your own=Sales"


async def test_a_decision_is_opened_by_typed_words_alone(house: House) -> None:
    async def sarah(words: str) -> str:
        return await speak(house.sandbox.url, "sarah", words)

    setup = await sarah("/decide setup")
    filled = await sarah(SETUP)
    team = await sarah("submit")
    await sarah("close all")
    await sarah("/decide Refund for the outage")
    soon = datetime.now(UTC) + timedelta(days=30)
    case = (
        f"Type of decision=Refund Customer=ABC Corporation What happened=Down Urgency=4 Decide by={soon:%Y-%m-%d} 03:04"
    )
    await sarah(f"fill {case}")
    created = await sarah("submit")
    await sarah("close")
    looked = await sarah("")

    assert "=== Set up your team ===" in setup
    assert "Company: [ TechCorp ]" in filled
    assert "Mike Chen\nSupport manager" in team
    assert "#1 created." in created
    assert f"Decide by {soon:%b} {soon.day}, {soon.year} at 3:04 AM" in looked
    assert "===" not in looked


async def test_a_message_is_said_and_becomes_a_decision(house: House) -> None:
    url = house.sandbox.url
    await speak(url, "sarah", "/decide setup")
    await speak(url, "sarah", SETUP)
    await speak(url, "sarah", "submit")

    said = await speak(url, "mike", "say #general May Globex pay in three parts?")
    window = await speak(url, "mike", "shortcut Decide about this message on globex")
    await speak(url, "mike", "close")
    anywhere = await speak(url, "mike", "shortcut New customer decision")

    assert "mike: May Globex pay in three parts?" in said
    assert "What happened: [ May Globex pay in three parts? ]" in window
    assert "=== New decision ===" in anywhere


@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("bob", "screen", "bob"),
        ("sarah", "dance", "'dance' is nothing that a person can do here. Say one of:"),
        ("sarah", "click Resolve", "nothing called 'Resolve' in the messages"),
        ("sarah", "submit", "sarah has no modal open"),
        ("sarah", "fill Title=x", "sarah has no window open, so there is nothing to fill"),
        ("sarah", "say hello", "Name the channel first: say #general Good morning"),
        ("sarah", "say #nowhere hello", "nowhere"),
        ("sarah", "shortcut Nothing", "no such shortcut here: 'Nothing'"),
        ("sarah", "shortcut Decide about this message on xyz", "sarah sees no message with 'xyz'"),
        ("sarah", "/dance", "/dance is not a command of this workspace"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(house: House, name: str, words: str, sentence: str) -> None:
    with pytest.raises(CannotDo) as refused:
        await speak(house.sandbox.url, name, words)

    assert sentence in str(refused.value)


async def test_without_a_sandbox_the_way_to_one_is_said() -> None:
    with pytest.raises(CannotDo, match=r"No sandbox answers at http://127\.0\.0\.1:9\. Start one with: conclave demo"):
        await speak("http://127.0.0.1:9", "sarah", "screen", start_with="conclave demo")
