"""`docs/words.md`: the words of the code that members do not read."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.action import ROWS
from bot.domain.decision import Dossier
from bot.domain.home import Home
from bot.domain.permission import standing
from bot.domain.result import Result
from bot.domain.round import Thresholds
from bot.domain.stability import StabilityLabel
from bot.domain.waiting import Line, Waiting
from bot.views import (
    authority,
    card,
    decision,
    details,
    headline,
    help,
    home,
    more,
    outcome,
    reminder,
    result,
    second_round,
)
from bot.views.waiting import WORDS
from tests.support import dossiers
from tests.support.known import known
from tests.unit.views.test_results_page import SITUATIONS, dossier_of
from tests.unit.views.test_view_reminder import first_words

PAGE = Path(__file__).resolve().parents[3] / "docs" / "words.md"
OLD = re.compile(r"\b(authority|quorum|void(ed)?|ballots?|roster|aggregated)\b", re.IGNORECASE)

_NOT_READ = re.compile(r'"(action_id|callback_id|block_id)": "[^"]*"|What the team sees after [^"]*"')
"""What Slack carries and nobody reads; and the promise about secrecy, whose numbers are exact."""


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


def _windows() -> Iterator[object]:
    """Card, More, Details, Home and list, of every situation and for everybody."""
    for found in dossiers.situations().values():
        yield card.card(found, now=dossiers.NOW)
        yield standing(found, dossiers.NOW)
        for member in (dossiers.SARAH, dossiers.ANA):
            by = dossiers.by(member)
            yield more.more(found, by)
            yield details.details(found, by, deciders=dossiers.PEOPLE)
            yield details.details(found, by)
            yield [hint(found, [member], by.rules.authority) for hint in (authority.cost_hint, authority.out_of_reach)]
    found = dossiers.situations()["open"]
    lines = [Line(found.decision, Waiting(dossiers.ANA.id, kind, action)) for kind, action in WORDS]
    yield home.home(Home(dossiers.by(dossiers.ANA).actor, tuple(lines), (), 5), now=dossiers.NOW)
    yield decision.decision_list(lines[:10], total=10, offset=0, now=dossiers.NOW)
    yield [help.help_message(), help.not_a_member(["Ana"], has_team=True), [*WORDS.values()]]
    yield [[row.label, row.again, row.window, str(row.confirm)] for row in ROWS.values()]


def test_no_card_window_tab_or_list_holds_a_word_that_members_do_not_read() -> None:
    for shown in _windows():
        said = _NOT_READ.sub("", json.dumps(shown, ensure_ascii=False))
        assert not (old := re.search(rf".{{0,60}}{OLD.pattern}.{{0,60}}", said, re.IGNORECASE)), old[0]


def test_no_word_about_what_happened_holds_a_word_that_members_do_not_read() -> None:
    for told in first_words():
        message = reminder.nudge([told], authority=4)
        assert not (old := OLD.search(json.dumps(message, ensure_ascii=False))), (told.waits.kind, old)
    assert not OLD.search(json.dumps(outcome.word(dossiers.situations()["act"]), ensure_ascii=False))


@pytest.mark.parametrize("word", ["authority 3", "quorum", "void", "ballot", "roster", "aggregated"])
def test_every_word_that_is_kept_out_is_on_the_page_with_what_to_say_instead(word: str) -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)

    assert OLD.search(word)
    assert [new for old, new in rows if word in old and not OLD.search(new)]
