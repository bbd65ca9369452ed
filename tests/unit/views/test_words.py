"""`docs/words.md`: the words of the code that members do not read."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.decision import Dossier
from bot.domain.result import Result
from bot.domain.round import Thresholds
from bot.domain.stability import StabilityLabel
from bot.views import headline, outcome, reminder, result, second_round
from tests.support import dossiers
from tests.support.known import known
from tests.unit.views.test_results_page import SITUATIONS, dossier_of
from tests.unit.views.test_view_reminder import first_words

PAGE = Path(__file__).resolve().parents[3] / "docs" / "words.md"
OLD = re.compile(r"\b(authority|quorum|void(ed)?|ballots?|roster|aggregated)\b", re.IGNORECASE)


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
