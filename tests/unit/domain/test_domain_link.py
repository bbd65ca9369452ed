"""Which addresses lead to a decision's page."""

import pytest

from bot.domain.link import MOST, place_of, places

PAGES = "https://conclave.example"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("3f2a9c1e-42", ("3f2a9c1e", 42)),
        ("3f2a9c1e-0000000042", None),
        ("3F2A9C1E-42", None),
        ("3f2a9c1-42", None),
        ("3f2a9c1e-", None),
        ("3f2a9c1e-42.md", None),
        ("3f2a9c1e-42/turnout", None),
        ("3f2a9c1e-४२", None),
        ("", None),
    ],
)
def test_a_place_is_the_key_of_a_team_and_a_number(text: str, place: tuple[str, int] | None) -> None:
    assert place_of(text) == place


def test_of_many_addresses_those_of_decisions_here_are_found_each_once() -> None:
    ours = f"{PAGES}/d/3f2a9c1e-42"
    others = [f"{PAGES}/team", f"{PAGES}.evil.example/d/3f2a9c1e-1", "https://other.example/d/3f2a9c1e-2", "nonsense"]

    assert places([*others, ours, ours], pages=PAGES) == {ours: ("3f2a9c1e", 42)}


def test_no_more_are_told_about_than_a_message_bears() -> None:
    many = [f"{PAGES}/d/3f2a9c1e-{number}" for number in range(1, 20)]

    assert list(places(many, pages=PAGES)) == many[:MOST]
