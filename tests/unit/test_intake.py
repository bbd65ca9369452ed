"""The door for Slack's requests against its models: the standard library's decoder, Slack's own check of signatures."""

import json
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import Clock, SignatureVerifier

from bot.intake import OLD_SECONDS, decode, is_signed

NOW = 1_800_000_000
SECRET = "8f742231b10e"
FIELDS = st.dictionaries(st.text(), st.text(), max_size=5)
PIECES = st.lists(
    st.sampled_from(["%", "%2", "%zz", "%C3", "%A9", "%E2%82%AC", "%00", "+", "&", "=", "a", "payload", "é"])
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def standard(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


@given(fields=FIELDS)
def test_a_form_is_read_as_the_standard_library_reads_it(fields: dict[str, str]) -> None:
    fields.pop("payload", None)
    body = urlencode(fields).encode()

    assert decode(body) == standard(body) == fields


@given(pieces=PIECES)
def test_a_form_that_nobody_would_write_is_read_as_the_standard_library_reads_it(pieces: list[str]) -> None:
    body = "".join(pieces).encode()
    fields = standard(body)
    if "payload" in fields or body.startswith(b"{"):
        return

    assert decode(body) == fields


@given(payload=st.dictionaries(st.text(), JSON, max_size=4), other=FIELDS)
def test_the_payload_of_an_interaction_is_read_as_the_standard_library_reads_it(
    payload: dict[str, Any], other: dict[str, str]
) -> None:
    body = urlencode({**other, "payload": json.dumps(payload)}).encode()

    assert decode(body) == json.loads(standard(body)["payload"]) == payload


@given(payload=st.dictionaries(st.text(), JSON, max_size=4))
def test_an_event_is_read_as_the_standard_library_reads_it(payload: dict[str, Any]) -> None:
    for text in (json.dumps(payload), json.dumps(payload, ensure_ascii=False)):
        assert decode(text.encode(), b"application/json") == decode(text.encode()) == payload


def test_half_an_emoji_is_read_as_it_comes() -> None:
    assert decode(b'{"text": "\\ud83d"}') == {"text": "\ud83d"}
    assert decode(b"payload=" + quote_plus('{"text": "\\ud83d"}').encode()) == {"text": "\ud83d"}


def test_a_command_whose_words_name_the_payload_keeps_them() -> None:
    assert decode(b"command=%2Fdecide&text=payload+lost") == {"command": "/decide", "text": "payload lost"}


@pytest.mark.parametrize(
    "body", [b"payload=[1]", b"payload=", b'payload="x"', b"payload={", b"{]", b"\xff=1", b"payload=%FF"]
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several kinds of it
        decode(body)


def verifier(secret: str, now: float) -> SignatureVerifier:
    class Stopped(Clock):
        def now(self) -> float:
            return now

    return SignatureVerifier(secret, clock=Stopped())


def signature(body: str, timestamp: str, secret: str = SECRET) -> bytes:
    found = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    assert found is not None
    return found.encode()


@given(
    body=st.text(),
    away=st.integers(-2 * OLD_SECONDS, 2 * OLD_SECONDS),
    secret=st.sampled_from([SECRET, SECRET[:-1], SECRET.upper(), ""]),
    tampered=st.sampled_from(["", " ", "x"]),
)
def test_a_signature_counts_exactly_where_slacks_own_check_says_so(
    body: str, away: int, secret: str, tampered: str
) -> None:
    timestamp = str(NOW - away)
    signed = signature(body, timestamp, secret or "other")
    came = body + tampered

    found = is_signed(SECRET.encode(), came.encode(), timestamp=timestamp.encode(), signature=signed, now=NOW)

    assert found == verifier(SECRET, NOW).is_valid(came, timestamp, signed.decode())
    assert found == (secret == SECRET and not tampered and abs(away) <= OLD_SECONDS)


@given(signature=st.binary(max_size=80), timestamp=st.binary(max_size=30))
def test_a_signature_made_up_never_counts_and_is_no_error(signature: bytes, timestamp: bytes) -> None:
    assert not is_signed(SECRET.encode(), b"body", timestamp=timestamp, signature=signature, now=NOW)


@pytest.mark.parametrize("timestamp", [b"", b"soon", b"-1", b"+1", b"1e9", "²".encode(), b"9" * 5000, b" 1800000000"])
def test_a_time_that_is_no_number_is_refused_however_well_it_is_signed(timestamp: bytes) -> None:
    signed = signature("body", timestamp.decode())

    assert not is_signed(SECRET.encode(), b"body", timestamp=timestamp, signature=signed, now=NOW)


def test_bytes_that_are_no_text_can_be_signed_and_are_refused_all_the_same_as_no_form() -> None:
    import hashlib
    import hmac

    signed = "v0=" + hmac.new(SECRET.encode(), b"v0:%d:\xff" % NOW, hashlib.sha256).hexdigest()

    assert is_signed(SECRET.encode(), b"\xff", timestamp=b"%d" % NOW, signature=signed.encode(), now=NOW)
