"""The route table and the table of buttons know the same buttons."""

import ast
import re
from pathlib import Path

import pytest

from bot.domain.action import ROWS, Action
from bot.domain.decision import Phase
from bot.views.slack import ids
from handlers import decision, routes

SHOWN_ONLY = {ids.SHOW, ids.CHOOSE_OPTION, ids.SAVED_TEAM, ids.NOTICE}
"""Windows without a form: nobody submits them."""
FORMS_OF_ITS_OWN = {Action.SCORE, Action.REPLY}
"""Scoring has several pages, with an id each; what there is to copy is only shown."""


def test_every_action_has_a_row_and_a_route() -> None:
    assert set(ROWS) == set(Action)
    assert set(Action) <= set(routes.ACTIONS)


def test_every_route_of_a_decisions_button_is_an_action() -> None:
    assert set(routes.ACTIONS) | set(routes.VIEWS) | set(routes.SHORTCUTS) <= ids.ALL


def test_every_id_leads_somewhere() -> None:
    routed = {*routes.ACTIONS, *routes.VIEWS, *routes.SHORTCUTS}

    assert routed >= ids.ALL - SHOWN_ONLY


def test_a_button_has_a_second_route_exactly_where_it_opens_a_form() -> None:
    opening = {action for action in Action if action.row.window} - FORMS_OF_ITS_OWN

    assert {Action(view) for view in routes.VIEWS if view in set(Action)} == opening


def test_every_button_is_offered_in_some_phase() -> None:
    assert all(row.phases and set(row.phases) <= set(Phase) for row in ROWS.values())


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        ("list", "list"),
        ("LIST", "list"),
        ("show 12", None),
        ("Show #12", None),
        ("#12", None),
        ("export", "export"),
        ("list.", "list"),
        ("\u201clist\u201d", "list"),
        ("show\u00a01.", None),
        ("\u2018show #1\u2019", None),
    ],
)
def test_a_word_of_the_command_has_its_own_handler(words: str, pattern: str | None) -> None:
    expected = routes.WORDS[pattern] if pattern else decision.show_by_number

    assert routes.by_words(words) is expected


@pytest.mark.parametrize("words", ["", "list of refunds", "show me", "show 1234567890", "12", "help!"])
def test_any_other_words_are_the_title_of_a_new_decision(words: str) -> None:
    assert routes.by_words(words) is decision.open_titled


def test_no_two_patterns_of_words_match_the_same() -> None:
    plain = [word for word in routes.WORDS if word.isalpha()]

    assert all(sum(bool(re.fullmatch(pattern, word)) for pattern in routes.WORDS) == 1 for word in plain)


def test_a_buttons_route_names_the_same_button_twice() -> None:
    """`Action.A: asks(Action.B, ...)` would ask for another button's permission, under another window's title."""
    source = Path(routes.__file__).read_text(encoding="utf-8")
    pairs = [
        (ast.unparse(key), ast.unparse(call.args[0]))
        for table in ast.walk(ast.parse(source))
        if isinstance(table, ast.Dict)
        for key, call in zip(table.keys, table.values, strict=True)
        if key and isinstance(call, ast.Call)
    ]

    assert len(pairs) > 10
    assert [pair for pair in pairs if pair[0] != pair[1]] == []
