"""What opens the second front door, and for how long."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from bot.domain.token import (
    RENEWED_EVERY,
    SESSION_AGE,
    SESSION_IDLE,
    Kind,
    Scope,
    Token,
    check_days,
    check_label,
    check_scope,
    hashed,
    scopes_up_to,
)
from bot.errors import Invalid

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def a_session(*, idle_until: datetime | None) -> Token:
    return Token(uuid4(), Kind.SESSION, frozenset(), "", NOON, NOON + SESSION_AGE, idle_until)


def test_a_scope_holds_those_before_it() -> None:
    assert scopes_up_to(Scope.READ) == {Scope.READ}
    assert scopes_up_to(Scope.ACT) == set(Scope)
    token = Token(uuid4(), Kind.API, scopes_up_to(Scope.OPEN), "Bot", NOON, NOON)
    assert [scope for scope in Scope if token.may(scope)] == [Scope.READ, Scope.OPEN]


def test_an_agents_token_never_acts_whatever_its_row_says() -> None:
    token = Token(uuid4(), Kind.API, scopes_up_to(Scope.ACT), "Bot", NOON, NOON, for_agent=True)

    assert [scope for scope in Scope if token.may(scope)] == [Scope.READ, Scope.OPEN]
    assert check_scope(Scope.OPEN, for_agent=True) == {Scope.READ, Scope.OPEN}
    assert check_scope(Scope.ACT, for_agent=False) == set(Scope)
    with pytest.raises(Invalid) as refused:
        check_scope(Scope.ACT, for_agent=True)
    assert (refused.value.field, refused.value.message) == (
        "scope",
        "An agent's token may read and open: closing, resolving and cancelling are left to people. "
        "Choose read or open.",
    )


def test_a_session_lives_on_while_it_is_used_and_never_past_its_end() -> None:
    soon = NOON + RENEWED_EVERY
    session = a_session(idle_until=NOON + SESSION_IDLE)

    assert session.renewed(NOON) is None
    assert session.renewed(soon - timedelta(seconds=1)) is None
    assert session.renewed(soon) == soon + SESSION_IDLE
    late = NOON + SESSION_AGE - timedelta(minutes=30)
    assert a_session(idle_until=late).renewed(late) == NOON + SESSION_AGE
    assert a_session(idle_until=None).renewed(soon) is None


def test_the_database_holds_another_text_than_the_one_that_opens() -> None:
    assert hashed("conclave_x") != hashed("conclave_y")
    assert len(hashed("conclave_x")) == 64
    assert "conclave" not in hashed("conclave_x")


def test_a_token_has_a_name_that_can_be_read_and_an_end_among_those_offered() -> None:
    assert check_label("  Support \n bot ") == "Support bot"
    assert check_label("x" * 80) == "x" * 80
    for label in ("", "   ", "x" * 81):
        with pytest.raises(Invalid):
            check_label(label)
    assert [check_days(days).days for days in (30, 90, 365)] == [30, 90, 365]
    for days in (0, 29, 366):
        with pytest.raises(Invalid):
            check_days(days)
