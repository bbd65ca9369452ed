"""What the exported table says of a choice."""

from dataclasses import replace
from uuid import UUID

from bot.domain.decision import Status
from bot.domain.export import Record
from tests.support.dossiers import OLD_RESULT, OPTIONS, OUTCOME, RESULT, a_decision

CHOSEN = Record(a_decision(Status.RESOLVED, 5), "Sarah", OPTIONS, (RESULT,), OUTCOME)


def chosen(option_id: UUID) -> Record:
    return replace(CHOSEN, outcome=replace(OUTCOME, selected_option_id=option_id))


def test_a_choice_follows_the_ranking_where_it_was_first() -> None:
    leader = RESULT.leaders[0]
    other = next(option.id for option in OPTIONS if option.id != leader)

    assert chosen(leader).follows_leader is True
    assert chosen(other).follows_leader is False
    assert [option.id for option in CHOSEN.leaders] == [leader]


def test_nothing_is_said_of_it_without_a_choice_or_without_a_first_place() -> None:
    unranked = replace(RESULT, rows=())

    assert replace(CHOSEN, outcome=None).follows_leader is None
    assert replace(CHOSEN, results=()).follows_leader is None
    assert replace(CHOSEN, results=(unranked,)).follows_leader is None


def test_the_latest_result_stands() -> None:
    assert replace(CHOSEN, results=(OLD_RESULT, RESULT)).result == RESULT
    assert replace(CHOSEN, results=()).result is None
