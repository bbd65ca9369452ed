"""Who was faster, and with what: said to whoever pressed second."""

from datetime import timedelta
from uuid import UUID

import pytest

from bot.domain.action import Action
from bot.domain.trail import Deed, ago, outran
from tests.support import dossiers


def said(line: str, action: Action, situation: str, *, to: UUID = dossiers.ANA.id, option: UUID | None = None) -> str:
    deed = Deed(line, dossiers.MIKE.id, "Mike Chen", dossiers.NOW - timedelta(minutes=1), option)
    return outran(deed, action, dossiers.situations()[situation], member_id=to, now=dossiers.NOW) or ""


def test_a_resolution_names_the_choice() -> None:
    half = dossiers.OPTIONS[1].id

    found = said("decision.resolved", Action.RESOLVE, "act", option=half)

    assert found == "Resolved by Mike Chen a minute ago: Half refund."
    assert said("choice.reopened", Action.INFORMED, "published", option=half) == (
        "Choice taken back by Mike Chen a minute ago."
    )


def test_a_cancelled_decision_says_why() -> None:
    assert said("decision.cancelled", Action.RESOLVE, "cancelled") == (
        "Cancelled by Mike Chen a minute ago: The customer withdrew."
    )


def test_whoever_was_faster_than_themselves_reads_you() -> None:
    assert said("round.opened", Action.START_SCORING, "open", to=dossiers.MIKE.id) == (
        "Scoring started by you a minute ago."
    )


def test_nobody_was_faster_where_the_time_of_a_button_is_still_to_come() -> None:
    assert said("criteria.submitted", Action.RESOLVE, "options") == ""
    assert said("round.voided", Action.RESOLVE, "options") == "Started over by Mike Chen a minute ago."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "a moment ago"),
        (59, "a moment ago"),
        (60, "a minute ago"),
        (119, "a minute ago"),
        (120, "2 minutes ago"),
        (3600, "an hour ago"),
        (7200, "2 hours ago"),
        (86_400, "a day ago"),
        (3 * 86_400, "3 days ago"),
    ],
)
def test_a_span_is_said_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert ago(timedelta(seconds=seconds)) == words
