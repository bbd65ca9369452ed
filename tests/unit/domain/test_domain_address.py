"""Whose address a request comes from, and by what it is counted."""

from ipaddress import ip_network

import pytest

from bot.domain.address import address_of, home_of

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1, 10.1.1.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], None),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("", [], None),
    ],
)
def test_a_proxy_is_believed_only_where_it_is_trusted(peer: str, forwarded: list[str], found: str | None) -> None:
    assert address_of(peer=peer, forwarded=forwarded, trusted=OURS) == found


def test_an_address_of_the_new_kind_counts_as_its_network_and_an_old_one_as_itself() -> None:
    assert home_of("2001:db8:1:2:aaaa::1") == home_of("2001:db8:1:2:bbbb::9") == "2001:db8:1:2::/64"
    assert home_of("2001:db8:1:3::1") != home_of("2001:db8:1:2::1")
    assert home_of("198.51.100.1") == "198.51.100.1"
    assert home_of(None) == ""
