"""`docs/words.md`: the words of the code that members do not read."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from bot.domain.action import ROWS, Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.home import Home
from bot.domain.permission import check, check_own, check_resolution, standing
from bot.domain.result import Result
from bot.domain.round import Thresholds
from bot.domain.stability import StabilityLabel
from bot.domain.waiting import Line, Waiting
from bot.errors import BotError
from bot.views import (
    authority,
    decision,
    details,
    export,
    headline,
    help,
    home,
    letter,
    more,
    outcome,
    promise,
    reminder,
    result,
    second_round,
)
from bot.views.waiting import WORDS
from tests.support import dossiers
from tests.support.known import known
from tests.unit.views.test_results_page import SITUATIONS, dossier_of
from tests.unit.views.test_view_reminder import all_told, first_words

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "words.md"
OLD = re.compile(r"\b(authority|quorum|void(ed)?|ballots?|roster|aggregated)\b", re.IGNORECASE)

_NOT_READ = re.compile(r'"(action_id|callback_id|block_id|value)": "[^"]*"|"private_metadata": "(\\\\.|[^"\\\\])*"')
"""What Slack carries and nobody reads."""


def _dossiers() -> Iterator[Dossier]:
    """Everything that a result may be: the six situations, second rounds, earlier versions, every label, nothing."""
    yield from map(dossier_of, SITUATIONS)
    for name in ("published", "second result", "act"):
        found = dossiers.situations()[name]
        for label in (None, *StabilityLabel):
            for version in (1, 2, 3):
                yield replace(found, result=replace(known(found.result), label=label, version=version))
        yield replace(found, result=dossiers.OLD_RESULT)
        yield replace(found, result=Result(3, 0, 5, Thresholds()))


def _said(found: Dossier) -> str:
    told = known(found.result)
    return json.dumps(
        [
            *result.messages(found),
            *result.summary(found),
            *result.lines(found),
            *second_round.first_on_card(found),
            *second_round.first_in_details(found),
            [headline.statement(found, told), headline.solidity(found, told), *headline.warnings(found, told)],
        ],
        ensure_ascii=False,
    )


def test_no_result_holds_a_word_that_members_do_not_read() -> None:
    for found in _dossiers():
        assert not (old := OLD.search(_said(found))), old


def _shown() -> Iterator[object]:
    """Every window and message of every situation, for everybody; list, Home tab and help; the labels of buttons."""
    for found in dossiers.situations().values():
        yield from (shown for _, shown in (*dossiers.modals(found), *dossiers.messages(found)))
        yield standing(found, dossiers.NOW)
        yield [promise.shown_afterwards(found.round), promise.secrecy()] if found.round else []
        for member in (dossiers.SARAH, dossiers.ANA):
            by = dossiers.by(member)
            yield [
                more.more(found, by),
                details.details(found, by, deciders=dossiers.PEOPLE),
                details.details(found, by),
            ]
            yield [hint(found, [member], by.rules.authority) for hint in (authority.cost_hint, authority.out_of_reach)]
    found = dossiers.situations()["open"]
    lines = [Line(found.decision, Waiting(dossiers.ANA.id, kind, action)) for kind, action in WORDS]
    yield home.home(Home(dossiers.by(dossiers.ANA).actor, tuple(lines), (), 5), now=dossiers.NOW)
    yield decision.decision_list(lines[:10], total=10, offset=0, now=dossiers.NOW)
    yield [help.help_message(), help.not_a_member(["Ana"], has_team=True), [*WORDS.values()]]
    yield [[row.label, row.again, row.window, str(row.confirm), row.takes] for row in ROWS.values()]
    yield [title for title, _ in export.COLUMNS]


def _nudges() -> Iterator[object]:
    """First words and reminders of everything, alone and as a digest, and as letters."""
    for told in [*first_words(), *all_told()]:
        yield [reminder.nudge(items, authority=4) for items in ([told], [told, told])]
        yield vars(letter.letter([told, told], name="Tom", authority=4))
    yield outcome.word(dossiers.situations()["act"])


def _refusals() -> Iterator[str]:
    """To everybody whatever they press, in every situation, and whatever option they would resolve with."""
    refused: list[Callable[[Dossier, By], object]] = [partial(check, action) for action in Action]
    refused += [partial(_resolves_with, n) for n in range(len(dossiers.OPTIONS))]
    refused += [lambda found, by: check_own(found, by, dossiers.PEOPLE)]
    for found, member in product(dossiers.situations().values(), dossiers.PEOPLE):
        for level, refuse in product((1, 3, 5), refused):
            try:
                refuse(found, dossiers.by(replace(member, authority=level)))
            except BotError as refusal:
                yield refusal.message


def _resolves_with(n: int, found: Dossier, by: By) -> None:
    for option in found.options[n : n + 1]:
        check_resolution(found, option, by)


def _sentences() -> Iterator[str]:
    """What stands in the code of services and handlers for somebody to read: strings with a space, begun as one."""
    for path in [*ROOT.glob("bot/services/*.py"), *ROOT.glob("handlers/*.py"), ROOT / "bot/domain/permission.py"]:
        tree = ast.parse(path.read_text())
        described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
                yield node.value if " " in node.value else ""


def _check(said: str) -> None:
    read = _NOT_READ.sub("", said)
    old = OLD.search(read)
    assert not old, read[max(0, old.start() - 60) : old.end() + 60]


def test_no_view_holds_a_word_that_members_do_not_read() -> None:
    for shown in _shown():
        _check(json.dumps(shown, ensure_ascii=False))


def test_no_nudge_and_no_letter_holds_a_word_that_members_do_not_read() -> None:
    for shown in _nudges():
        _check(json.dumps(shown, ensure_ascii=False))


def test_no_refusal_holds_a_word_that_members_do_not_read() -> None:
    refusals = set(_refusals())
    assert len(refusals) > 100
    for said in [*refusals, *_sentences()]:
        _check(said)


@pytest.mark.parametrize("word", ["authority 3", "quorum", "void", "ballot", "roster", "aggregated"])
def test_every_word_that_is_kept_out_is_on_the_page_with_what_to_say_instead(word: str) -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)

    assert OLD.search(word)
    assert [new for old, new in rows if word in old and not OLD.search(new)]
