"""What every view owes: it passes the gate, tells screen readers, and lets nothing of a user come alive."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.domain.action import Action
from bot.views.slack import ids, kit
from slack_limits import message_problems
from tests.support import dossiers
from tests.support.known import known

LIVE = re.compile(r"<(![a-z]+|[@#][A-Z0-9]+)")
OURS = re.compile(r"<!date\^\d{10}\^\{date_short_pretty\}( at \{time\})?\|[^<>|]+>|<@U(1SARAH|2MIKE|1)>|<#C1>")
SITUATIONS = list(dossiers.situations())
PATTERNS = [
    pytest.param(name, marks=() if name == "mentions" else pytest.mark.slow, id=name) for name in dossiers.PATTERNS
]
"""All of them by `make test`; in the inner loop the one that breaks most."""


def _mrkdwn(value: Any) -> Iterator[str]:
    """Every text in the tree that Slack would parse."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for part in value.values():
            yield from _mrkdwn(part)
    elif isinstance(value, list):
        for part in value:
            yield from _mrkdwn(part)


@cache
def _messages(situation: str, pattern: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    dossier = dossiers.situations()[situation]
    if pattern is None:
        return list(dossiers.messages(dossier))
    wild = dossiers.PATTERNS[pattern]
    return list(dossiers.messages(dossiers.worst(dossier, wild), pattern=wild))


@cache
def _modals(situation: str, pattern: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    dossier = dossiers.situations()[situation]
    if pattern is None:
        return list(dossiers.modals(dossier))
    wild = dossiers.PATTERNS[pattern]
    return list(dossiers.modals(dossiers.worst(dossier, wild), pattern=wild))


def _everything(situation: str, pattern: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    return [*_modals(situation, pattern), *_messages(situation, pattern)]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_view_of_an_ordinary_decision_passes_the_gate(situation: str) -> None:
    shown = _everything(situation)

    assert len(shown) > 30  # builders raise LimitError themselves


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("situation", ["define", "open", "undecided", "second result", "learn", "cancelled"])
def test_the_longest_and_most_hostile_input_fits_and_stays_dead(situation: str, pattern: str) -> None:
    for name, shown in _everything(situation, pattern):
        json.dumps(shown).encode()
        texts = [*_mrkdwn(shown), shown.get("text", "")]
        alive = [found for text in texts for found in LIVE.findall(OURS.sub("", text))]
        assert not alive, name
        assert "\u202e" not in json.dumps(shown, ensure_ascii=False), name


@pytest.mark.parametrize("pattern", [None, *(pytest.param(name, marks=pytest.mark.slow) for name in dossiers.PATTERNS)])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_messages_speak_to_screen_readers_and_may_be_updates(situation: str, pattern: str | None) -> None:
    for name, shown in _messages(situation, pattern):
        assert shown["text"].strip(), name
        assert not message_problems({**shown, "ts": "1.2"}), name
        assert kit.size(shown["blocks"]) <= kit.MESSAGE_ROOM, name


@pytest.mark.parametrize("situation", ["define", "options", "open", "learn"])
def test_slack_s_own_models_find_nothing_wrong(situation: str) -> None:
    for _, shown in _modals(situation):
        View(**shown).to_dict()
    for _, shown in _messages(situation):
        for block in shown["blocks"]:
            if block["type"] != "data_visualization":  # they do not know it yet, and turn it into nothing
                assert known(Block.parse(block)).to_dict()["type"] == block["type"]


def test_the_customer_s_address_is_in_the_details_and_the_form_only() -> None:
    for situation in SITUATIONS:
        holding = {name for name, view in _everything(situation) if dossiers.EMAIL in json.dumps(view)}
        assert holding == {"details", "edit case"}


def test_every_id_that_is_shown_is_listed() -> None:
    pressed, submitted = set(), set()
    for situation in SITUATIONS:
        for _, shown in _everything(situation):
            submitted |= {shown["callback_id"]} if "callback_id" in shown else set()
            for block in shown["blocks"]:
                elements = [*block.get("elements", []), block.get("accessory", {})]
                pressed |= {e["action_id"] for e in elements if "action_id" in e}

    assert pressed | submitted <= ids.ALL
    assert set(Action) <= pressed, "an action without a button"


def test_buttons_that_read_the_same_say_which_decision_they_mean() -> None:
    for situation in SITUATIONS:
        blocks = dict(_messages(situation))["list"]["blocks"]
        labels = {block["accessory"]["accessibility_label"] for block in blocks if "accessory" in block}
        assert labels == {"Show: #42"}
