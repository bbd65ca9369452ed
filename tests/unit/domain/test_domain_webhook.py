"""Webhooks: which addresses are let through, when an attempt is repeated, which lines of the trail are told."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from bot.domain import webhook
from bot.domain.outcome import Answer
from bot.domain.trail import SAID
from bot.domain.webhook import Event, Wall
from bot.errors import Invalid

OPEN, CLOSED = Wall(), Wall((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1"),
        *("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.88.99.1", "198.18.0.1"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "203.0.113.7"),
        *("::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2002:808:808::"),
    ],
)
def test_an_address_that_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not OPEN.lets(ip_address(address), is_https=True)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is_let_through_with_tls_alone(address: str) -> None:
    assert OPEN.lets(ip_address(address), is_https=True)
    assert not OPEN.lets(ip_address(address), is_https=False)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd12::1"])
def test_what_the_operator_allows_is_let_through_also_without_tls(address: str) -> None:
    assert CLOSED.lets(ip_address(address), is_https=False)
    assert not CLOSED.lets(ip_address("192.168.0.1"), is_https=True)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.com/", "Use https://. Without it webhooks go only where CONCLAVE_WEBHOOK_ALLOW leads."),
        ("https://127.0.0.1/", "This address is not one of the public internet."),
        ("https://[::1]/", "This address is not one of the public internet."),
        ("https://user@example.com/", "Leave out what stands before @ or behind #: requests are signed."),
        ("https://example.com/#here", "Leave out what stands before @ or behind #: requests are signed."),
        *(
            (url, "Give an address such as https://example.com/conclave, of at most 2000 characters.")
            for url in (
                *(
                    "",
                    "example.com",
                    "ftp://example.com/",
                    "https://",
                    "https:///x",
                    "https://[::1",
                    "https://a b.com/",
                ),
                *("https://example.com:0/", "https://example.com:x/", "https://exämple.com/", "https://a.com/\n"),
                "https://example.com/" + "x" * 1981,
            )
        ),
    ],
)
def test_what_cannot_be_an_address_is_refused_when_it_is_typed(url: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        OPEN.checked(url)

    assert (refused.value.field, refused.value.message[: len(says)]) == ("url", says)


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/x?key=1", "https://8.8.8.8/", "https://" + "e" * 1992]
)
def test_an_address_of_the_public_internet_is_taken(url: str) -> None:
    assert OPEN.checked(url) == url


def test_a_name_without_tls_is_taken_where_anything_is_allowed() -> None:
    assert CLOSED.checked("http://helpdesk.internal/") == "http://helpdesk.internal/"
    with pytest.raises(Invalid):
        CLOSED.checked("http://192.168.0.1/")


def test_attempts_are_ten_within_three_and_a_half_days() -> None:
    waits = [webhook.wait(n, retries=webhook.RETRIES, asked=None) for n in range(1, 11)]

    assert waits[:4] == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]
    assert waits[4:] == [*(timedelta(hours=hours) for hours in (5, 10, 14, 20, 24)), None]


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=9), timedelta(days=1)),
    ],
)
def test_retry_after_makes_a_wait_longer_but_not_longer_than_a_day(asked: timedelta, waits: timedelta) -> None:
    assert webhook.wait(1, retries=webhook.RETRIES, asked=asked) == waits


def test_a_draft_has_a_name_and_events_in_their_order() -> None:
    how: dict[str, Any] = {"url": " https://example.com/ ", "wall": OPEN}

    made = webhook.check_draft(label="  Help  desk ", events=["outcome.recorded", "decision.created"], **how)

    assert made == webhook.Draft("Help desk", "https://example.com/", (Event.CREATED, Event.RECORDED))
    for label in ("", "x" * 81):
        with pytest.raises(Invalid, match="Give the webhook a name of 1 to 80 characters: what it leads to"):
            webhook.check_draft(label=label, events=list(Event), **how)
    for events in ([], ["decision.created", "ballot.submitted"]):
        with pytest.raises(Invalid, match=r"^Choose at least one of these events: decision.created, round.opened,"):
            webhook.check_draft(label="x" * 80, events=events, **how)


def test_no_line_about_a_ballot_or_a_page_is_told() -> None:
    told = {line: webhook.event_of(line, {}) for line in [*SAID, "round.recused", "round.excused", "option.proposed"]}

    assert {line for line, event in told.items() if event} == {
        *("round.opened", "round.closed", "decision.resolved", "decision.cancelled")
    }
    assert webhook.event_of("round.published", {}) is Event.PUBLISHED
    assert webhook.event_of("decision.opened", {}) is Event.CREATED


@pytest.mark.parametrize("answer", list(Answer))
def test_too_early_to_say_is_no_outcome(answer: Answer) -> None:
    event = webhook.event_of("outcome.answered", {"answer": answer.value})

    assert event is (None if answer is Answer.EARLY else Event.RECORDED)
