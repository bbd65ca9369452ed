"""What a backup says about itself."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.backup import FORMAT, Contents, Manifest, fingerprints

MANIFEST = Manifest(
    made_at=datetime(2026, 11, 29, 12, 0, tzinfo=UTC),
    version="0.1.0",
    revision="learning",
    keys=("abc",),
    holds_open_ballots=False,
    tables={"teams": Contents(("id", "name"), 2, "00ff")},
    sequences={"outbox_id_seq": 7},
)


def test_a_manifest_is_read_as_it_was_written() -> None:
    body = json.loads(json.dumps(MANIFEST.to_json()))

    assert Manifest.from_json(body) == MANIFEST
    assert body["format"] == FORMAT == 1


@pytest.mark.parametrize("wrong", [{"tables": {"teams": {}}}, {"made_at": "noon"}, {"surprise": 1}, {"keys": None}])
def test_what_is_no_manifest_is_not_taken_for_one(wrong: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Manifest.from_json({**MANIFEST.to_json(), **wrong})


def test_keys_are_told_apart_by_fingerprints_that_tell_nothing_else() -> None:
    one, other = fingerprints(" first , second,, ")

    assert one != other
    assert fingerprints("first") == (one,)
    assert len(one) == 16
    assert fingerprints("") == ()
