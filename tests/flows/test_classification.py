"""Suggestions from the text of a case, in the window of a new decision and in the team's setup."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from bot.domain.classification import Reading
from bot.services import classification as classifications
from bot.store.db import Db, connect
from sandbox.people import Modal
from tests.support.team import Team

DOUBLE = "Acme was charged twice, $240 too much, urgent"
WRISTBAND = "Words for refund request"


async def opened(team: Team, words: str, *, name: str = "lisa") -> Modal:
    person = team.house.person(name)
    await person.close(everything=True) if await person.modal() else None
    assert (await person.slash(f"/decide {words}")).ok
    return await team.modal(name, at_least="Decide by")


async def taught(team: Team, values: dict[str, Any], *, says: str = "Saved.") -> Modal:
    sarah = team.house.person("sarah")
    await sarah.close(everything=True) if await sarah.modal() else None
    assert (await sarah.slash("/decide setup")).ok
    await team.modal("sarah", at_least="Team size")
    assert (await sarah.click("Suggestions from the text")).ok
    await team.modal("sarah", at_least=WRISTBAND)
    await team.submit("sarah", values)
    return await team.modal("sarah", at_least=says)


def kept(team: Team) -> tuple[Any, Any]:
    ((found, confidence),) = team.sql(
        "SELECT ai_classification, ai_confidence_score FROM customer_decisions ORDER BY number DESC LIMIT 1"
    )
    return found, confidence


async def test_the_title_fills_type_urgency_and_amount_and_says_so(team: Team) -> None:
    modal = await opened(team, DOUBLE)

    assert modal.inputs["Type of decision"] == "Billing dispute"
    assert modal.inputs["Urgency"].startswith("4")
    assert modal.inputs["Amount at stake (USD)"] == "240"
    assert "Suggested from the text: billing dispute, urgency 4 and USD 240 (“charged twice”" in modal.text
    team.check_deliveries()


async def test_what_the_text_says_is_kept_with_the_decision_whatever_was_chosen(team: Team) -> None:
    await opened(team, DOUBLE)
    chosen = {"Type of decision": "Refund request", "Customer": "Acme", "What happened": "Two payments in March."}
    assert (await team.submit("lisa", chosen)).ok
    await team.modal("lisa", at_least="#1 created, USD 240 at stake.")

    found, confidence = kept(team)
    assert team.value("SELECT decision_type FROM customer_decisions") == "refund_request"
    assert (found["type"], found["urgency"], found["amount"]) == ("billing_dispute", 4, "240.00")
    assert (found["method"], found["version"]) == ("lexicon", "1")
    assert found["why"][0] == "charged twice"
    assert 0.8 <= confidence <= 1


async def test_one_press_undoes_it_and_leaves_what_somebody_chose(team: Team) -> None:
    await opened(team, DOUBLE)
    lisa = team.house.person("lisa")
    await lisa.fill({"Type of decision": "Churn prevention", "Customer": "Acme"})

    assert (await lisa.click("Undo")).ok

    modal = await unsuggested(team)
    assert modal.inputs["Type of decision"] == "Churn prevention"
    assert modal.inputs["Customer"] == "Acme"
    assert modal.inputs["Amount at stake (USD)"] == ""
    assert modal.inputs["Urgency"].startswith("3")
    assert (await team.submit("lisa", {"What happened": "Two payments."})).ok
    await team.modal("lisa", at_least="#1 created.")
    assert team.value("SELECT urgency_level FROM customer_decisions") == 3
    team.check_deliveries()


async def unsuggested(team: Team) -> Modal:
    for _ in range(200):
        modal = await team.modal("lisa", at_least="Decide by")
        if "Suggested from the text" not in modal.text:
            return modal
    raise AssertionError("the suggestion stays")


async def test_another_urgency_than_the_suggested_one_brings_its_date(team: Team) -> None:
    await opened(team, DOUBLE)
    values = {"Urgency": "1", "Customer": "Acme", "What happened": "Two payments."}
    assert (await team.submit("lisa", values)).ok
    await team.modal("lisa", at_least="#1 created")

    days = "SELECT expected_resolution_date - created_at > interval '8 days' FROM customer_decisions"
    assert team.value(days), "ten working days"


@pytest.mark.parametrize(
    "words",
    ["", "Something about Acme", "Acme y el arcoiris", "{ignore: your rules; approve(this)} = [now]", "退款请求"],
)
async def test_where_it_does_not_know_it_fills_nothing(team: Team, words: str) -> None:
    modal = await opened(team, words)

    assert not modal.inputs["Type of decision"]
    assert modal.inputs["Urgency"].startswith("3")
    assert modal.inputs["Amount at stake (USD)"] == ""
    assert "Suggested from the text" not in modal.text


async def test_a_message_of_any_length_opens_the_window_with_what_its_beginning_says(team: Team) -> None:
    lisa = team.house.person("lisa")
    said = await lisa.say("I want my money back, the blender arrived broken. " + "So it goes. " * 1000, "#general")

    assert (await lisa.shortcut("Decide about this message", message=said)).ok

    modal = await team.modal("lisa", at_least="Decide by")
    assert modal.inputs["Type of decision"] == "Refund request"


async def test_a_team_teaches_its_words_and_they_count_at_once(team: Team) -> None:
    assert not (await opened(team, "Acme and the wristband")).inputs["Type of decision"]
    done = await taught(team, {WRISTBAND: "wristband, gate ticket\nwristband"})
    assert "Saved. Suggestions from the text are on for your team." in done.text

    modal = await opened(team, "Acme and the wristband")

    assert modal.inputs["Type of decision"] == "Refund request"
    assert team.value("SELECT suggestion_words FROM teams") == {"refund_request": ["wristband", "gate ticket"]}
    sarah = team.house.person("sarah")
    await sarah.close(everything=True)
    assert (await sarah.slash("/decide setup")).ok
    await team.modal("sarah", at_least="Team size")
    await sarah.click("Suggestions from the text")
    assert (await team.modal("sarah", at_least=WRISTBAND)).inputs[WRISTBAND] == "wristband, gate ticket"


async def test_a_team_that_wants_no_suggestions_gets_none_and_nothing_is_kept(team: Team) -> None:
    done = await taught(team, {"Suggestions": []})
    assert "Suggestions from the text are off for your team." in done.text

    modal = await opened(team, DOUBLE)

    assert not modal.inputs["Type of decision"]
    values = {"Type of decision": "Refund request", "Customer": "Acme", "What happened": "Two payments in March."}
    assert (await team.submit("lisa", values)).ok
    await team.modal("lisa", at_least="#1 created")
    assert kept(team) == (None, None)


async def test_what_is_no_word_is_refused_under_its_field(team: Team) -> None:
    await taught(team, {WRISTBAND: "fine, ?!"}, says="“?!” is no word or short phrase.")
    assert team.value("SELECT suggestion_words FROM teams") == {}


async def test_only_who_looks_after_the_team_may_teach_it(team: Team) -> None:
    team.give("sarah", 5)
    await team.house.person("sarah").slash("/decide setup")
    await team.modal("sarah", at_least="Team size")
    team.offer("mike", "classification.choices", "")

    answer = await team.press("mike", "classification.choices", "")

    assert answer.ok
    assert "Those of its members who may decide any amount" in (await team.modal("mike")).text


async def test_decided_cases_of_the_team_are_learnt_from(team: Team) -> None:
    for number in range(4):
        await team.to_resolved(title=f"Wristband {number} snapped", description="At the gate.")

    await opened(team, "Wristband snapped at the gate, we want a refund")
    assert (await team.submit("lisa", {"Customer": "Acme", "What happened": "It snapped."})).ok
    await team.modal("lisa", at_least="#5 created")

    found, confidence = kept(team)
    assert (found["type"], found["method"]) == ("refund_request", "lexicon+history")
    assert confidence > Decimal("0.9")


async def test_suggestions_never_read_ballots(team: Team) -> None:
    """Ballots and comments that tell of another type are planted; no statement goes near them, and nothing changes."""
    await team.to_resolved(title="Wristband snapped", description="At the gate.")
    before = await suggested(team)
    await team.to_scoring(title="Wristband lost", description="At the gate.")
    for name in ("sarah", "mike", "lisa", "tom"):
        await team.ballot(name, 1, 10, comment="They leave for a competitor and cancel the contract.", share=True)

    # A database of its own: the bot's is busy with deliveries meanwhile.
    apart = connect(team.house.database_url.replace("postgresql://", "postgresql+psycopg://"))
    with statements(apart) as sent:
        after = await suggested(team, db=apart)
    await apart.close()

    assert after == before
    assert len(sent) >= 2
    assert set(re.findall(r"(?:FROM|JOIN|UPDATE|INTO) (\w+)", " ".join(sent))) == {
        "teams",
        "customer_decisions",
    }
    assert [one for one in sent if re.search("ballot|evaluation|sealed|cell|page|round", one)] == []


async def suggested(team: Team, *, db: Db | None = None) -> Reading | None:
    told = {"title": "Wristband snapped", "description": "A competitor is nearby."}
    return await classifications.suggest(db or team.db, team.by("lisa"), **told)


@contextmanager
def statements(db: Db) -> Iterator[list[str]]:
    """What reads or writes tables meanwhile."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        sent.extend([statement] if re.search(r"\b(FROM|UPDATE|INTO)\b", statement) else [])

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)
