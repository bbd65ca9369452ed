"""What a list of decisions asks for, and gives."""

from dataclasses import fields

from bot.domain.search import PAGE_LINES, Results, State, Wanted


def test_nothing_given_asks_for_everything() -> None:
    everything = Wanted()

    assert everything.words == ""
    assert {getattr(everything, field.name) for field in fields(Wanted) if field.name != "words"} == {None}


def test_people_tell_four_states_apart_and_read_25_lines_a_page() -> None:
    assert [state.value for state in State] == ["open", "scoring", "resolved", "cancelled"]
    assert PAGE_LINES == 25
    assert Results((), None).before is None
