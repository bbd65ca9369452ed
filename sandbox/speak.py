"""Owns acting as a person by typed words: what `python -m sandbox as ana ...` does."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from sandbox.people import Answer, CannotDo, Modal, Person

SETTLE_SECONDS = 5.0
_QUIET_SECONDS = 0.3
_QUIET_AFTER_MOVING_SECONDS = 3.0
"""An app has to notice by itself that it is later: Slack tells nobody."""
_LOADING = ("One moment", "Loading")
"""With these words a window of many apps opens, to be filled as soon as they have looked up what belongs there."""
_YES, _NO = ("yes", "true", "on", "x"), ("no", "false", "off")
HOW = (
    'Say one of: "/command words", click LABEL, fill LABEL=VALUE LABEL=VALUE, submit, close, '
    "say #channel TEXT, shortcut NAME, shortcut NAME on TEXT OF A MESSAGE, home, screen."
)


async def speak(
    sandbox_url: str, name: str, words: str, *, later: str = "", start_with: str = "python -m sandbox run FILE"
) -> str:
    """Do what the words say as this person and return their screen then.

    later: move the clock before, by "1h", "1d" or the like. start_with: how one starts a sandbox, said where none runs.
    Raises CannotDo with a sentence for an unknown person, label or word, and where no sandbox runs.
    """
    try:
        async with await Person.connect(sandbox_url, name) as person:
            moved = await _move_clock(person, sandbox_url, later) if later else ""
            return moved + await _do(person, words.strip(), sandbox_url)
    except aiohttp.ClientConnectionError as error:
        raise CannotDo(f"No sandbox answers at {sandbox_url}. Start one with: {start_with}") from error


async def _move_clock(person: Person, sandbox_url: str, later: str) -> str:
    before, zone = await person.screen(), await _zone(person, sandbox_url)
    url = f"{sandbox_url.rstrip('/')}/sandbox/clock"
    async with aiohttp.ClientSession() as session, session.post(url, json={"later": later}) as answer:
        found = await answer.json()
    if "error" in found:
        raise CannotDo(str(found["error"]))
    await _settled(person, before, quiet=_QUIET_AFTER_MOVING_SECONDS)
    return f"(It is {datetime.fromisoformat(found['now']).astimezone(zone):%A, %d %B %Y, %H:%M} now.)\n\n"


async def _do(person: Person, words: str, sandbox_url: str) -> str:
    before = await person.screen()
    answer = await _act(person, words or "screen", sandbox_url)
    if answer is None:
        return before
    screen = await _settled(person, before)
    return screen if answer.ok else f"({answer.status}: {answer.error})\n\n{screen}"


async def _act(person: Person, words: str, sandbox_url: str) -> Answer | None:
    """None where nothing is done but looking."""
    verb, _, rest = words.partition(" ")
    rest = rest.strip()
    if verb.startswith("/"):
        return await person.slash(words)
    match verb.lower():
        case "screen":
            return None
        case "click" if rest:
            return await _click(person, rest)
        case "fill" if rest:
            return await _fill(person, rest, sandbox_url)
        case "submit":
            return await person.submit()
        case "close":
            return await person.close(everything=rest == "all")
        case "say" if rest:
            return await _say(person, rest)
        case "shortcut" if rest:
            return await _shortcut(person, rest)
        case "home":
            return await person.open_home()
    raise CannotDo(f"{words!r} is nothing that a person can do here. {HOW}")


async def _click(person: Person, label: str) -> Answer:
    """`Edit`, or `Edit #2` for the second of several."""
    found = re.fullmatch(r"(.+) #(\d+)", label)
    return await (person.click(found[1], nth=int(found[2])) if found else person.click(label))


async def _say(person: Person, rest: str) -> Answer:
    channel, _, text = rest.partition(" ")
    if not channel.startswith("#") or not text.strip():
        raise CannotDo("Name the channel first: say #general Good morning")
    await person.say(text.strip(), channel.removeprefix("#"))
    return Answer("ok")


async def _shortcut(person: Person, rest: str) -> Answer:
    name, _, text = rest.partition(" on ")
    if not text:
        return await person.shortcut(name)
    messages = [m for m in await person.messages() if text.lower() in m.rendered.lower()]
    if not messages:
        raise CannotDo(f"{person.name} sees no message with {text!r}")
    return await person.shortcut(name, message=max(messages, key=lambda m: m.ts))


async def _fill(person: Person, rest: str, sandbox_url: str) -> Answer:
    modal = await person.modal()
    if modal is None:
        raise CannotDo(f"{person.name} has no window open, so there is nothing to fill")
    zone = await _zone(person, sandbox_url)
    kinds = _kinds(modal)
    pairs = split_pairs(rest, list(modal.inputs))
    return await person.fill({label: _value(text, kinds[label], zone) for label, text in pairs.items()})


async def _zone(person: Person, sandbox_url: str) -> ZoneInfo:
    """People type times of their own zone."""
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox_url.rstrip('/')}/sandbox/people") as answer:
        people = await answer.json()
    return ZoneInfo(next((p["tz"] for p in people if person.name in (p["name"], p["id"], p["real_name"])), "UTC"))


def split_pairs(text: str, labels: list[str]) -> dict[str, str]:
    """Split "Title=Refund for ABC Urgency=4" at the labels that the window has; values need no quotes.

    A label is known by how it begins, whatever its case, where only one begins so. Raises CannotDo.
    """
    starts: list[tuple[int, int, str]] = []
    for equals in (m.start() for m in re.finditer("=", text)):
        least = starts[-1][1] if starts else 0
        found = _label_before(text[least:equals], labels)
        if found:
            starts.append((least + found[0], equals + 1, found[1]))
    if not starts or text[: starts[0][0]].strip():
        raise CannotDo(f"Write LABEL=VALUE; the labels here: {'; '.join(labels) or 'none'}")
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    return {label: text[begin:end].strip() for (_, begin, label), end in zip(starts, ends, strict=True)}


def _label_before(text: str, labels: list[str]) -> tuple[int, str] | None:
    """(where it starts, label) of the longest run of words at the end of `text` that means one label."""
    for word in re.finditer(r"(?:^|(?<=\s))\S", text):
        typed = text[word.start() :].strip().lower()
        exact = [label for label in labels if label.lower() == typed]
        meant = exact or [label for label in labels if label.lower().startswith(typed)]
        if len(meant) == 1:
            return word.start(), meant[0]
    return None


def _kinds(modal: Modal) -> Mapping[str, str]:
    elements = [block["element"]["type"] for block in modal.blocks if block["type"] == "input"]
    return dict(zip(modal.inputs, elements, strict=True))


def _value(text: str, kind: str, zone: ZoneInfo) -> Any:
    if not text:
        return None
    if kind.startswith("multi_"):
        return [part.strip() for part in text.split(",")]
    if kind == "checkboxes" and text.lower() in _YES + _NO:
        return text.lower() in _YES
    if kind == "datetimepicker":
        return _moment(text, zone)
    return text


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotDo(f"{text!r} is no date and time; one looks like 2026-11-30 17:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


async def _settled(person: Person, before: str, *, quiet: float = _QUIET_SECONDS) -> str:
    """The screen once it has rested for `quiet` seconds, and no window is loading; after `SETTLE_SECONDS` as it is."""
    screen, deadline = before, asyncio.get_running_loop().time() + SETTLE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(quiet)
        now = await person.screen()
        if now == screen and not any(words in now for words in _LOADING):
            break
        screen = now
    return screen
