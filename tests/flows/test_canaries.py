"""What people score and write is found nowhere but in the vault: not in logs, tables, ids or metadata.

Canaries are words that nothing else says; a score is found by the words that stand beside it on a page, or as a number
under a name that tells what it is. The bot is a process of its own at DEBUG, PostgreSQL one of this test alone.
"""

import asyncio
import contextlib
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bot import embedded
from bot.demo import sample
from bot.demo.process import BotProcess
from bot.demo.story.stage import Actor, Stage
from bot.demo.techcorp import techcorp
from bot.store import schema, vault
from sandbox.server import Sandbox, running
from sandbox.town import Mode
from tests.support.postbox import Postbox, open_postbox
from tests.support.sink import Sink, open_sink

COMMAND = (sys.executable, "-m", "bot")
TITLES = ("Zqkestrel answer", "Zqheron answer")
CRITERION = "Customer trust"
PEOPLE = ("sarah", "mike", "lisa")
COMMENTS = {name: f"zqcomment by nobody {number}" for number, name in enumerate(PEOPLE)}
CANARY = re.compile("zq(kestrel|heron|comment)", re.IGNORECASE)
COMMENT = re.compile("zqcomment", re.IGNORECASE)
SCORES = {"sarah": ("1", "10"), "mike": ("10", "2"), "lisa": ("3", "4")}
"""Too close to call, so that a second round is offered."""
SECOND_SCORES = {"sarah": ("2", "9"), "mike": ("1", "9"), "lisa": ("3", "10")}
ALWAYS = json.dumps({"push": True, "email": True, "starts": "00:00", "ends": "24:00", "days": [0, 1, 2, 3, 4, 5, 6]})
ABOUT_A_SCORE = re.compile(
    r"worst for us|very poor|just below the middle|just above the middle|rather good|very good|best for us"
    r"|guessing|fairly sure|selected_option|initial_option|initial_value"
    r"|score\w*[\"']?\s*[:=]\s*[\"']?\d|confidence\W+\d",
    re.IGNORECASE,
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VAULT = {"evaluations", "ballot_pages", "sealed_cells"}
STEP = re.compile(rf"nudge:{UUID.pattern}:{UUID.pattern}:score:\d+")
"""The key of a delivery: of which decision, to whom, about what, the how manieth. Its number is no score."""
SAID_AFTERWARDS = re.compile(
    r"\bResult\b|leads(?! right there)|[Tt]oo close to call|leans towards|is split|comes first"
    r"|share the first place|\babout \d|\b1\.  "
)
_TEXT_COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_name)
    WHERE columns.table_schema = 'public' AND table_type = 'BASE TABLE'
        AND data_type IN ('text', 'character varying', 'character', 'jsonb', 'json', 'ARRAY', 'bytea')
"""


@dataclass(frozen=True)
class Cage:
    """A PostgreSQL of one's own: its log is this test's alone."""

    url: str
    service_url: str
    log_path: Path


@pytest.fixture
def cage(run_dir: Path, request: pytest.FixtureRequest) -> Iterator[Cage]:
    place = run_dir / f"canaries-{request.node.callspec.params['mode']}"
    server = embedded.start(place)
    try:
        schema.upgrade(server.url)
        vault.admit(server.url, server.service_url, is_new=True)
        sample.load(server.url, workspace_id="T0TECHCORP", domain="techcorp")
        yield Cage(server.url, server.service_url, server.log_path)
    finally:
        server.stop()
        shutil.rmtree(place)


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    with open_postbox(sender="bot@conclave.example") as found:
        yield found


@pytest.fixture
def telemetry() -> Iterator[Sink]:
    with open_sink() as found:
        yield found


@contextlib.asynccontextmanager
async def played(
    cage: Cage, mode: Mode, log_path: Path, more: Mapping[str, str]
) -> AsyncIterator[tuple[Stage, Sandbox, BotProcess]]:
    """The sample workspace, the bot beside it as a process at DEBUG, ticking every second."""
    async with running(techcorp(), mode=mode) as sandbox:
        bot = BotProcess(
            COMMAND, sandbox=sandbox, database_url=cage.service_url, log_path=log_path, log_level="DEBUG", more=more
        )
        try:
            await bot.start()
            async with Stage.built(sandbox, bot, cage.url, lambda _: None, None) as stage:
                yield stage, sandbox, bot
        finally:
            await bot.stop()


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_neither_comments_nor_titles_nor_scores_leave_the_vault(
    cage: Cage, mode: Mode, postbox: tuple[Postbox, str], telemetry: Sink, tmp_path: Path
) -> None:
    """From the first score to the last letter, each moment looked at before the next one begins."""
    log_path, (box, mail) = tmp_path / "bot.log", postbox
    more = {"CONCLAVE_EMAIL_URL": mail, "CONCLAVE_TICK_SECONDS": "1"}
    more |= {"CONCLAVE_SENTRY_DSN": telemetry.dsn, "CONCLAVE_OTLP_URL": telemetry.spans}
    leaks: dict[str, list[str]] = {}
    async with played(cage, mode, log_path, more) as (stage, sandbox, bot):
        await _until_scoring(stage)
        await _score(stage, "sarah")
        await _score(stage, "mike")
        await _save_for_later(stage, "lisa")
        homes = [await _home(stage, name) for name in PEOPLE]
        letters = await _a_letter(stage, box)
        leaks["open"] = _leaks(sandbox, cage, log_path) + _aggregates(sandbox, cage) + _in_texts(*homes, *letters)
        await _score(stage, "lisa", resumes=True)
        await stage.actor("mike").sees("Result of #1")
        await stage.actor("mike").click("Show details", within="#1 ·", sees="Decision #1")
        seen = await sandbox.person("mike").screen()
        await stage.actor("mike").close()
        leaks["published"] = _leaks(sandbox, cage, log_path)
        verdict = await bot.run("verify", "1")

        await _second_round(stage)
        await _score(stage, "sarah", again=True)
        await _score(stage, "mike", again=True)
        letters = await _a_letter(stage, box)
        leaks["second round open"] = [
            *_leaks(sandbox, cage, log_path),
            *_in_texts(*[await _home(stage, name) for name in PEOPLE], *letters),
            *(text for text in _said(sandbox) if "Result of the second round" in text),
        ]
        await _score(stage, "lisa", again=True)
        await stage.actor("mike").sees("Result of the second round of #1")
        again = await bot.run("verify", "1")

        await _resolve_and_learn(stage)
        table = await _export(stage)
        leaks["at the end"] = [
            *_leaks(sandbox, cage, log_path),
            *_in_texts(*[await _home(stage, name) for name in PEOPLE], table),
        ]
    leaks["logs of the stop"] = list(_in_logs(log_path, cage))
    leaks["telemetry"] = [*_in_texts(telemetry.text), *ABOUT_A_SCORE.findall(telemetry.text)]

    assert {moment: found for moment, found in leaks.items() if found} == {}
    assert "bot.store.evaluation" in telemetry.text or "bot.services.evaluation" in telemetry.text
    assert "statement SELECT" in telemetry.text
    assert all(comment in seen for comment in COMMENTS.values())
    assert (verdict[0], again[0]) == (0, 0)
    assert "#1: sealed" in verdict[1]
    assert "#1: sealed" in again[1]
    assert "It was settled" in table


async def test_the_search_finds_what_it_looks_for() -> None:
    """The nets have no holes: each finds its own canary."""
    assert ABOUT_A_SCORE.search('{"score_d3": "7"}')
    assert ABOUT_A_SCORE.search('{"score": 7}')
    assert ABOUT_A_SCORE.search('"selected_option": {"value": "7"}')
    assert list(_carried({"blocks": [{"block_id": "a:zqheron"}]})) == [("block_id", "a:zqheron")]
    assert [name for name, _ in _carried({"metadata": json.dumps({"event_payload": {"key": 7}})})] == ["metadata"]
    assert _numbers_in('{"round":"550e8400-e29b-41d4-a716-446655440000","page":"1","rev":"ab12cd"}') == []
    assert _in_texts("Zqcomment by nobody") == ["a text holds a canary: Zqcomment by nobody"]
    assert _numbers_in("score_550e8400-e29b-41d4-a716-446655440000:7") == ["7"]


# --- The decision ------------------------------------------------------------------------------------------


async def _until_scoring(stage: Stage) -> None:
    sarah = stage.actor("sarah")
    await sarah.slash("/decide show 1", sees="Fill in the case")
    await sarah.click("Fill in the case", sees="Channel of the card")
    await sarah.fill({"Decide by": datetime.now(UTC) + timedelta(days=3), "Channel of the card": "customer-decisions"})
    await sarah.submit(sees="#1 saved")
    await sarah.close()
    await sarah.press("Edit criteria", within="#1 ·", channel="customer-decisions", sees="Criterion 4")
    names = [f"Criterion {number}" for number in (2, 3, 4)]
    await sarah.fill({label: None for name in names for label in (name, f"What {name.lower()} means")})
    await sarah.submit(sees="The criteria of #1 are set")
    await sarah.close()
    for name, title in zip(("mike", "lisa"), TITLES, strict=True):
        actor = stage.actor(name)
        await actor.press("Add options", within="#1 ·", sees="Cost of option 1")
        await actor.fill({"Option 1": title, "Cost of option 1": "100"})
        await actor.submit(sees="1 option added")
        await actor.close()
    # So that whatever is told at the start, at the result and at the end is looked at as well, at any hour.
    await stage.fetch("UPDATE team_members SET notification_preferences = %s RETURNING 1", ALWAYS)
    await sarah.press("Start scoring", within="#1 ·", channel="customer-decisions", sees="Who scores")
    await sarah.submit(sees="3 people can score it")
    await sarah.close()


async def _page(stage: Stage, name: str, scores: Mapping[str, tuple[str, str]] = SCORES) -> Actor:
    actor = stage.actor(name)
    await actor.click("Score", within="#1 ·", channel="customer-decisions", sees="about to submit")
    labels = [f"{title} · {CRITERION}" for title in TITLES]
    await actor.fill({**dict(zip(labels, scores[name], strict=True)), "How sure": "1"})
    return actor


async def _score(stage: Stage, name: str, *, resumes: bool = False, again: bool = False) -> None:
    """A whole ballot; a second round has no comments."""
    if resumes:
        actor = stage.actor(name)
        await actor.click("Score", within="#1 ·", channel="customer-decisions", sees="Comment on")
    else:
        actor = await _page(stage, name, SECOND_SCORES if again else SCORES)
    if not again:
        await _unfold(actor)
        await actor.fill({f"Comment on {TITLES[0]}": COMMENTS[name], "My comments": True})
    await actor.submit(sees="Submitted in secret")
    await actor.close()


async def _unfold(actor: Actor) -> None:
    """Comments that were saved before are there at once."""
    if "Add a comment" in (await actor.window()).buttons:
        await actor.click("Add a comment", sees="Comment on")


async def _save_for_later(stage: Stage, name: str) -> None:
    """A draft with its comment, which counts as little as it may be read."""
    actor = await _page(stage, name)
    await actor.click(f"I can't judge {CRITERION}", sees=f"You can't judge {CRITERION}")
    await actor.click(f"I can judge {CRITERION}", sees=f"I can't judge {CRITERION}")
    await _unfold(actor)
    await actor.fill({f"Comment on {TITLES[1]}": "zqcomment in a draft"})
    await actor.click("Save for later", sees="Saved, 1 of 1 criterion")
    await actor.close()


async def _home(stage: Stage, name: str) -> str:
    """A person's Home tab, opened anew, once the decision stands in it."""
    person = stage.sandbox.person(name)
    await person.open_home()
    async with asyncio.timeout(30):
        while "#1 " not in (found := await person.home()):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.05)
    await stage.settle()
    return found


async def _a_letter(stage: Stage, box: Postbox) -> list[str]:
    """The letters, after Lisa, who wants them at any hour, was nudged to score; subjects, HTML and text."""
    before = len(box.letters)
    await stage.fetch(
        "UPDATE team_members SET notification_preferences = %s WHERE email LIKE 'lisa@%%' RETURNING 1", ALWAYS
    )
    due = (
        "WITH due AS (UPDATE reminders SET next_at = now() WHERE kind = 'score' AND next_at IS NOT NULL RETURNING 1) "
        "SELECT count(*) > 0 FROM due"
    )
    async with asyncio.timeout(30):
        await stage.wait_until(due, True, within=30)
        while len(box.letters) == before:  # noqa: ASYNC110 - the post does not ring
            await asyncio.sleep(0.05)
    return [letter.as_string() for _, letter in box.letters] + [
        part.get_content()
        for _, letter in box.letters
        for part in letter.walk()
        if part.get_content_maintype() == "text"
    ]


async def _second_round(stage: Stage) -> None:
    mike = stage.actor("mike")
    await mike.press("Second round", within="#1 ·", channel="customer-decisions", sees="second round")
    await mike.submit(sees="second round")
    await mike.close()


async def _resolve_and_learn(stage: Stage) -> None:
    mike, sarah = stage.actor("mike"), stage.actor("sarah")
    await mike.click("Resolve", within="#1 ·", channel="customer-decisions", sees="Option")
    await mike.fill({"Option": TITLES[1], "Reason": "It was settled."})
    await mike.submit(sees="#1 is resolved")
    await mike.close()
    await mike.click("Customer informed", within="#1 ·", channel="customer-decisions", sees="Noted: the customer of #1")
    await sarah.click("Record outcome", within="#1 ·", channel="customer-decisions", sees="Customer satisfaction")
    await sarah.fill({"Did the customer stay": "Yes", "Notes": "All is well."})
    await sarah.submit(sees="The outcome of #1 is recorded")
    await sarah.close()


async def _export(stage: Stage) -> str:
    """The table that Sarah is sent."""
    sarah = stage.sandbox.person("sarah")
    assert (await sarah.slash("/decide export")).ok
    await stage.settle()
    (file,) = [file for message in await sarah.messages("dm") for file in message.files]
    return (await sarah.download(file["path"])).decode()


# --- The search --------------------------------------------------------------------------------------------


def _leaks(sandbox: Sandbox, cage: Cage, log_path: Path) -> list[str]:
    return [*_in_logs(log_path, cage), *_in_tables(cage), *_in_what_slack_carries(sandbox)]


def _in_logs(log_path: Path, cage: Cage) -> Iterator[str]:
    for path in (log_path, cage.log_path):
        text = path.read_text(errors="replace")
        assert text, f"{path.name} is empty: nothing was looked at"
        for net in (CANARY, ABOUT_A_SCORE):
            yield from (f"{path.name}: {found.group()}" for found in net.finditer(_without_ids(text)))


def _in_tables(cage: Cage) -> Iterator[str]:
    with psycopg.connect(cage.url) as connection:
        for table, column in connection.execute(_TEXT_COLUMNS).fetchall():
            if table in VAULT:
                continue
            query = sql.SQL("SELECT {}::text FROM {}").format(sql.Identifier(column), sql.Identifier(table))
            for (text,) in connection.execute(query).fetchall():
                # The titles' own place is open: everybody sees them.
                net = COMMENT if (table, column) == ("response_options", "title") else CANARY
                if text and net.search(text):
                    yield f"{table}.{column} holds a canary"
                if text and table != "round_results" and ABOUT_A_SCORE.search(_without_ids(text)):
                    yield f"{table}.{column} speaks of a score: {text}"
                if text and table != "round_results" and _option_numbers(text):
                    yield f"{table}.{column} ties a number to an option: {text}"


def _option_numbers(text: str) -> bool:
    """Whether a JSON object has a number, or a text of one, under an id."""
    return bool(re.search(rf'"{UUID.pattern}"\s*:\s*"?\d', text))


def _in_what_slack_carries(sandbox: Sandbox) -> Iterator[str]:
    """Ids, values and metadata travel with every click and may be logged by anybody on the way."""
    for where, text in _everything_carried(sandbox):
        if CANARY.search(text) or ABOUT_A_SCORE.search(_bare(text)):
            yield f"{where}: {text}"
        is_of_scoring = text.startswith(("score_", "confidence", "abstain", "comment_")) or '"round"' in text
        if is_of_scoring and _numbers_in(text):
            yield f"{where} carries a number: {text}"


def _numbers_in(text: str) -> list[str]:
    """Numbers but for ids and the index of a page."""
    return re.findall(r"\d+", re.sub(r'"page":"\d"', "", _bare(text)))


def _without_ids(text: str) -> str:
    return UUID.sub("", STEP.sub("", text))


def _bare(text: str) -> str:
    """Without ids and without the revision of a page, six hex digits at the end."""
    return re.sub(r"(?<=[:\"])[0-9a-f]{6}(?=\"|$)", "", _without_ids(text))


def _everything_carried(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    for call in sandbox.calls():
        yield from _carried(call.arguments)
    for delivery in sandbox.deliveries():
        yield from _carried(delivery.answer)


def _carried(thing: Any) -> Iterator[tuple[str, str]]:
    """(name, text) of all that nobody sees but that comes back: within dicts, lists and JSON in texts."""
    match thing:
        case str() if thing.startswith(("{", "[")):
            yield from _carried(json.loads(thing))
        case list():
            for part in thing:
                yield from _carried(part)
        case dict():
            for name, value in thing.items():
                if name in ("private_metadata", "block_id", "action_id", "callback_id", "external_id", "metadata"):
                    yield name, value if isinstance(value, str) else json.dumps(value)
                elif name == "value" and thing.get("type") == "button":
                    yield name, value
                else:
                    yield from _carried(value)


def _in_texts(*texts: str) -> list[str]:
    """Canaries in what somebody reads: titles are everybody's, comments and scores are not."""
    return [
        *(f"a text holds a canary: {text}" for text in texts if COMMENT.search(text)),
        *(f"a text speaks of a score: {text}" for text in texts if ABOUT_A_SCORE.search(_without_ids(text))),
    ]


def _aggregates(sandbox: Sandbox, cage: Cage) -> list[str]:
    """What only a published round may have: a result in the tables, or words of one in anything sent."""
    with psycopg.connect(cage.url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM round_results) + count(published_at) FROM rounds"
        ).fetchone()
    found = [] if row == (0,) else ["a result is stored"]
    return found + [text for text in _said(sandbox) if SAID_AFTERWARDS.search(text)]


def _said(sandbox: Sandbox) -> list[str]:
    """What everybody may read: posted and updated messages, and Home tabs; a window of one's own pages is one's own."""
    ways = ("chat.postMessage", "chat.update", "chat.postEphemeral", "response_url", "views.publish")
    return [json.dumps(call.arguments, ensure_ascii=False) for call in sandbox.calls() if call.method in ways]
