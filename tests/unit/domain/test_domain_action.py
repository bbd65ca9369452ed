"""What a button's window is called while it loads."""

from bot.domain.action import Action


def test_a_window_has_a_title_of_its_own_or_the_words_of_its_button() -> None:
    assert (Action.EDIT_CRITERIA.label, Action.EDIT_CRITERIA.window) == ("Edit criteria", "Criteria")
    assert (Action.INFORMED.label, Action.INFORMED.window) == ("Customer informed", "Customer informed")
