"""Escaping, cutting, flattening."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.slack import text

AT = datetime(2026, 5, 3, 14, 5, tzinfo=UTC)


G = text.GUARD


def test_an_escaped_text_calls_nobody_and_opens_nothing() -> None:
    assert text.escape("a < b & c") == "a &lt; b &amp; c"
    assert "<!" not in text.escape("<!channel>")
    assert text.escape("@here @Channel") == f"{G}@{G}here {G}@{G}Channel"
    assert (
        text.escape("mail@hereford.uk, :tada: 2*3 snake_case 10:30") == "mail@hereford.uk, :tada: 2*3 snake_case 10:30"
    )


@pytest.mark.parametrize(
    ("typed", "escaped"),
    [
        ("*a*", f"{G}*{G}a{G}*{G}"),
        ("a*", f"a{G}*{G}"),
        ("5 * 3", f"5 {G}*{G} 3"),
        ("a*~b", f"a{G}*{G}{G}~{G}b"),
        ("a`b", f"a{G}`{G}b"),
        ("> a > b", f"{G}&gt;{G} a {G}&gt;{G} b"),
        ("a->b", "a-&gt;b"),
        ("＊a＊", f"{G}＊{G}a{G}＊{G}"),
    ],
)
def test_a_mark_is_guarded_where_slack_would_take_it_for_one(typed: str, escaped: str) -> None:
    assert text.escape(typed) == escaped
    assert text.plain(f"*{escaped}*") == typed


def test_a_mark_that_is_cut_off_leaves_no_half_behind() -> None:
    assert text.safe("ab*cd*ef *", 9) == "ab*cd*ef…"
    assert text.safe("abcd *fg*", 8) == "abcd…"
    assert text.safe("abcde &&", 12) == "abcde &amp;…"


@pytest.mark.parametrize(
    ("typed", "length", "shown"), [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("ab def", 4, "ab…")]
)
def test_a_cut_is_seen(typed: str, length: int, shown: str) -> None:
    assert text.cut(typed, length) == shown


@given(st.text(max_size=80), st.integers(min_value=1, max_value=60))
def test_a_safe_text_fits_and_no_entity_is_cut_in_two(typed: str, length: int) -> None:
    shown = text.safe(typed, length)

    bare = shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert len(shown) <= length
    assert not set(bare) & set("&<>")
    whole = text.escape(typed)
    assert shown == whole if len(whole) <= length else shown.endswith("…")


@given(st.text(max_size=300), st.integers(min_value=20, max_value=200))
def test_a_quotation_fits(typed: str, length: int) -> None:
    assert len(text.quote(typed, length)) <= length


@given(st.lists(st.text(alphabet="abc ", min_size=1, max_size=30), max_size=20), st.integers(20, 200))
def test_lines_that_do_not_fit_are_counted(lines: list[str], length: int) -> None:
    shown = text.fit(lines, length)

    assert len(shown) <= length
    whole = "\n".join(lines)
    assert shown == whole if len(whole) <= length else "…" in shown


def test_counting_and_listing_read_like_sentences() -> None:
    assert [text.count("option", n) for n in (0, 1, 2)] == ["0 options", "1 option", "2 options"]
    assert (text.count("criterion", 3), text.count("person", 2)) == ("3 criteria", "2 people")
    assert [text.listing("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_dates_are_tokens_with_a_fallback_for_old_clients() -> None:
    assert text.moment(AT) == "<!date^1777817100^{date_short_pretty} at {time}|3 May 2026, 14:05 UTC>"
    assert text.day(AT) == "<!date^1777817100^{date_short_pretty}|3 May 2026>"


def test_a_mention_is_alive_only_for_a_real_user_id() -> None:
    assert text.mention("U123", "Ana") == "<@U123>"
    assert text.mention(None, "<!here>") == "&lt;!here&gt;"
    assert text.mention("U1><!here", "Ana") == "Ana"


@pytest.mark.parametrize(
    ("target", "is_link"),
    [
        ("https://acme.slack.com/archives/C1/p1?thread_ts=1.2&cid=C1", True),
        ("http://127.0.0.1:8000/p1", True),
        ("!channel", False),
        ("https://a.example/|<!here>", False),
        ("https://a.example/ b", False),
        ("https://a.example/é", False),
        ("javascript:alert(1)", False),
        ("https://a.example/" + "x" * 2000, False),
    ],
)
def test_only_a_plain_address_becomes_a_link(target: str, is_link: bool) -> None:
    assert text.is_link(target) is is_link


def test_weights_and_money_read_plainly() -> None:
    assert [text.number(Decimal(n)) for n in ("1.50", "2.00", "0.1")] == ["1.5", "2", "0.1"]
    assert text.money(None, "EUR") == "not known"
    assert text.money(Decimal("1200.5"), "EUR") == "EUR 1,200.50"


@pytest.mark.parametrize(
    ("message", "flat"),
    [
        ("*Bold* and _slanted_ and `code` and ~gone~", "Bold and slanted and code and gone"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("<@U1|ana> and <@U2> in <#C1|general>", "@ana and @somebody in #general"),
        ("<!here|here> <!channel> <!subteam^S1|@support>", "here channel @support"),
        ("<https://a.example|our page>, <https://b.example>", "our page (https://a.example), https://b.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<!date^1^{date}|3 May> &lt;b&gt; &amp;amp;", "3 May <b> &amp;"),
        ("```\nif a &lt; b:\n```", "if a < b:"),
    ],
)
def test_a_message_is_flattened_to_what_its_reader_saw(message: str, flat: str) -> None:
    assert text.plain(message) == flat


@given(st.text())
def test_flattening_takes_anything(message: str) -> None:
    assert isinstance(text.plain(message), str)


@pytest.mark.parametrize(
    ("titles", "shown"),
    [
        (["Half refund", "Full refund"], ["Half refund", "Full refund"]),
        (
            ["Refund of the money by card", "Refund of the money by cheque"],
            ["…the money by card", "…the money by cheque"],
        ),
        (["Refund of the money", "Refund of the money, later"], ["Refund of the money", "Refund of the money…"]),
        (["Refund of the whole sum", "Refund of the whole sum"], ["Refund of the w… (1)", "Refund of the w… (2)"]),
        (["", ""], ["– (1)", "– (2)"]),
        (["x" * 40 + "1", "x" * 40 + "2"], ["…" + "x" * 10 + "1", "…" + "x" * 10 + "2"]),
    ],
)
def test_titles_that_begin_alike_show_what_differs(titles: list[str], shown: list[str]) -> None:
    assert text.distinct(titles, 20) == shown


@given(titles=st.lists(st.text(alphabet="ab …", max_size=60).map(text.one_line), max_size=12))
def test_no_two_titles_are_shown_alike_and_none_too_long(titles: list[str]) -> None:
    shown = text.distinct(titles, 20)

    assert len(set(shown)) == len(titles)
    assert all(0 < len(one) <= 20 for one in shown)
