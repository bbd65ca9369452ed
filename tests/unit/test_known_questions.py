"""What rounds ask is kept by a process for so many of them: the one asked about longest ago goes first."""

from collections import OrderedDict
from dataclasses import replace
from uuid import UUID

import pytest

from bot.domain.questions import questions_of
from bot.store import evaluation
from tests.support import dossiers


def test_the_round_asked_about_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MOST_KNOWN", 2)
    monkeypatch.setattr(evaluation, "_KNOWN", OrderedDict())
    some = questions_of(dossiers.situations()["open"])
    first, second, third = (replace(some, round_id=UUID(int=n)) for n in (1, 2, 3))

    for one in (first, second, first, third):
        evaluation._keep(one)

    known = [evaluation.known_questions(UUID(int=n)) for n in (1, 2, 3)]
    assert known == [first, None, third]
