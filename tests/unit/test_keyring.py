"""Tokens lie encrypted, each bound to its row; keys come and go."""

import pytest
from typer.testing import CliRunner

from bot.cli.commands import cli
from bot.errors import StartError
from bot.keyring import KeyLost, Keyring, new_key, parse, told_of_lost

ROW = {"row": "1", "column": "bot_token"}


def test_a_token_comes_back_by_the_key_that_sealed_it_and_shows_nothing_meanwhile() -> None:
    keyring = parse(new_key())
    sealed = keyring.seal("xoxb-secret", **ROW)

    assert keyring.open(sealed, key_id=keyring.newest, **ROW) == "xoxb-secret"
    assert b"xoxb" not in sealed
    assert sealed != keyring.seal("xoxb-secret", **ROW)


@pytest.mark.parametrize("other", [{"row": "2", "column": "bot_token"}, {"row": "1", "column": "refresh_token"}])
def test_moved_to_another_row_or_column_it_does_not_open(other: dict[str, str]) -> None:
    keyring = parse(new_key())

    with pytest.raises(KeyLost):
        keyring.open(keyring.seal("xoxb-secret", **ROW), key_id=keyring.newest, **other)


def test_the_newest_key_seals_and_the_older_ones_still_open() -> None:
    old, new = new_key(), new_key()
    before, after = parse(old), parse(f"{new}, {old}")
    sealed = before.seal("xoxb-secret", **ROW)

    assert after.newest != before.newest
    assert after.open(sealed, key_id=before.newest, **ROW) == "xoxb-secret"
    with pytest.raises(KeyLost):
        parse(new).open(sealed, key_id=before.newest, **ROW)


@pytest.mark.parametrize("text", ["", " , ", "short", "ä" * 43, "A" * 44])
def test_what_is_no_key_is_refused_with_the_way_to_one(text: str) -> None:
    with pytest.raises(StartError, match="conclave keys new") as refused:
        parse(text)

    assert not text.strip(" ,") or text not in str(refused.value)


def test_no_key_shows_in_a_repr() -> None:
    key = new_key()

    assert key not in repr(parse(key))
    assert repr(parse(key)) == "Keyring()"
    assert isinstance(parse(key), Keyring)


def test_a_lost_key_is_named_with_both_ways_out() -> None:
    words = told_of_lost({"0a1b2c3d": 2})

    assert "lacks 0a1b2c3d" in words
    assert "2 installations" in words
    assert "conclave keys forget" in words


def test_the_command_makes_a_key_that_can_be_used_and_refuses_to_go_on_without_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CONCLAVE_TOKEN_KEYS", raising=False)
    made = CliRunner().invoke(cli, ["keys", "new"])
    assert parse(made.stdout).newest

    refused = CliRunner().invoke(cli, ["keys", "rotate"])
    assert refused.exit_code == 1
    assert "Set CONCLAVE_TOKEN_KEYS" in refused.stderr

    monkeypatch.setenv("CONCLAVE_TOKEN_KEYS", made.stdout)
    kept = CliRunner().invoke(cli, ["keys", "forget", parse(made.stdout).newest])
    assert kept.exit_code == 1
    assert "it is not lost" in kept.stderr
