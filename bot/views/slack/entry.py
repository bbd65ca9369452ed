"""The usual kinds of fields, from a line of text to a channel; `field` says how a form is made of them.

name: what the field is called in block ids and refusals. label, hint: what people read beside it. called: its name in
a refusal; the label in lower case where none is given. missing: the refusal where nothing was entered.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from bot.domain.ahead import check_ahead
from bot.domain.money import format_money, parse_money
from bot.errors import Invalid
from bot.views.slack import element, kit
from bot.views.slack.field import Field
from bot.views.slack.form import Fields
from bot.views.slack.text import one_line

Key = TypeVar("Key", str, int)

EMAIL_LENGTH, MONEY_LENGTH = 254, 40
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;.\"]+\Z")
_NO_EMAIL = "That is no e-mail address. One looks like name@example.com."
_TICKED = "yes"


def line(name: str, label: str, *, length: int, called: str | None = None) -> Field[str]:
    """A text that must be there, on one line. called: its name in a refusal, "Write the <called>."."""

    def read(fields: Fields) -> str:
        text = one_line(_within(fields, name, called or label.lower(), length))
        if not text:
            raise Invalid(f"Write the {called or label.lower()}.", field=name)
        return text

    return Field(name, label, lambda start: element.text_input(name, initial=start, length=length), read)


def optional_line(name: str, label: str, *, length: int) -> Field[str | None]:
    """A text on one line; None where nothing is written."""
    return Field(
        name,
        label,
        lambda start: element.text_input(name, initial=start, length=length),
        lambda fields: one_line(_within(fields, name, label.lower(), length)) or None,
        is_optional=True,
    )


def long_text(
    name: str,
    label: str,
    *,
    length: int,
    called: str | None = None,
    missing: str | None = None,
    hint: str | None = None,
) -> Field[str]:
    """A text of several lines. missing: the refusal of an empty one; None lets it be empty."""

    def read(fields: Fields) -> str:
        text = _within(fields, name, called or label.lower(), length)
        if missing and not text:
            raise Invalid(missing, field=name)
        return text

    return Field(
        name,
        label,
        lambda start: element.text_input(name, initial=start, length=length, is_long=True),
        read,
        hint,
        is_optional=missing is None,
    )


def money(
    name: str, label: str, currency: str, *, allow_negative: bool = False, hint: str | None = None
) -> Field[Decimal | None]:
    """An amount in `currency`, None where nothing is written."""

    def draw(amount: Decimal | None) -> kit.Element:
        typed = format_money(amount, currency).removeprefix(currency).strip() if amount is not None else None
        return element.text_input(name, initial=typed, length=MONEY_LENGTH, placeholder="for example 1,200.50")

    def read(fields: Fields) -> Decimal | None:
        text = fields.text(name)
        return parse_money(text, currency=currency, allow_negative=allow_negative, field=name) if text else None

    return Field(name, f"{label} ({currency})", draw, read, hint, is_optional=True)


def number(
    name: str, label: str, *, least: int, most: int, called: str | None = None, empty: int | None = None
) -> Field[int]:
    """A whole number from `least` to `most`. empty: what an empty field counts as; None demands a number."""

    def draw(start: int | None) -> kit.Element:
        return element.number_input(name, initial=None if start == empty else start, least=least, most=most)

    def read(fields: Fields) -> int:
        if empty is not None and not fields.text(name):
            return empty
        value = fields.integer(name)
        if value is None or not least <= value <= most:
            raise Invalid(f"Write the {called or label.lower()} as a whole number from {least} to {most}.", field=name)
        return value

    return Field(name, label, draw, read, is_optional=empty is not None)


def email(name: str, label: str, *, missing: str) -> Field[str]:
    """An e-mail address that must be there. missing: what to say where it is not."""

    def read(fields: Fields) -> str:
        address = _address(fields, name)
        if not address:
            raise Invalid(missing, field=name)
        return address

    return Field(name, label, lambda start: element.email_input(name, initial=start), read)


def optional_email(name: str, label: str, *, hint: str | None = None) -> Field[str | None]:
    """An e-mail address, None where nothing is written."""
    return Field(
        name,
        label,
        lambda start: element.email_input(name, initial=start),
        lambda fields: _address(fields, name) or None,
        hint,
        is_optional=True,
    )


def choice(
    name: str,
    label: str,
    words: Mapping[Key, str],
    *,
    missing: str,
    hint: str | None = None,
    placeholder: str | None = None,
) -> Field[Key]:
    """One of `words` (value -> what people read). missing: what to say where none of them was chosen."""

    def read(fields: Fields) -> Key:
        value = _key(fields.choice(name), words)
        if value is None:
            raise Invalid(missing, field=name)
        return value

    return Field(name, label, lambda start: _select(name, words, start, placeholder), read, hint)


def optional_choice(
    name: str,
    label: str,
    words: Mapping[Key, str],
    *,
    hint: str | None = None,
    placeholder: str | None = None,
) -> Field[Key | None]:
    """One of `words` or None."""
    return Field(
        name,
        label,
        lambda start: _select(name, words, start, placeholder),
        lambda fields: _key(fields.choice(name), words),
        hint,
        is_optional=True,
    )


def optional_radio(name: str, label: str, words: Mapping[str, str]) -> Field[str | None]:
    """`optional_choice` as radio buttons, all in sight, instead of a menu."""
    return Field(
        name,
        label,
        lambda start: element.radio(name, element.options(words), initial=start),
        lambda fields: _key(fields.choice(name), words),
        is_optional=True,
    )


def checkbox(name: str, label: str, words: str, *, about: str | None = None) -> Field[bool]:
    """One box that may be ticked; `words` stand beside it, `about` beneath.

    Raises ValueError for more than Slack shows of either: our own words are not cut off.
    """
    if max(len(words), len(about or "")) > element.OPTION_TEXT:
        raise ValueError(f"the words of the box {name!r} have more than {element.OPTION_TEXT} characters")
    box = element.option(words, _TICKED, description=about)
    return Field(
        name,
        label,
        lambda start: element.checkboxes(name, [box], initial=[_TICKED] if start else []),
        lambda fields: bool(fields.choices(name)),
        is_optional=True,
    )


def optional_moment(
    name: str, label: str, *, called: str, now: datetime | None, hint: str | None = None
) -> Field[datetime | None]:
    """A date and time ahead of `now` by a year at most, aware UTC, or None; one that was prefilled may stay as it is.

    called: its name in a refusal, "<Called> is in the past"; now: None while the form is only shown.
    """

    def read(fields: Fields) -> datetime | None:
        at = fields.moment(name)
        if at and now and not fields.is_unchanged(name):
            check_ahead(at, now, name, called)
        return at

    return Field(name, label, lambda start: element.datetimepicker(name, initial=start), read, hint, is_optional=True)


def moment(name: str, label: str, *, called: str, missing: str, now: datetime | None = None) -> Field[datetime]:
    """A date and time that must be there and lie ahead of `now`, prefilled or not; else as `optional_moment`."""

    def read(fields: Fields) -> datetime:
        at = fields.moment(name)
        if at is None:
            raise Invalid(missing, field=name)
        if now:
            check_ahead(at, now, name, called)
        return at

    return Field(name, label, lambda start: element.datetimepicker(name, initial=start), read)


def users(name: str, label: str, *, hint: str, placeholder: str) -> Field[tuple[str, ...]]:
    """Slack ids of any number of people, each once."""
    return Field(
        name,
        label,
        lambda start: element.users_select(name, initial=start or (), placeholder=placeholder),
        lambda fields: fields.users(name),
        hint,
        is_optional=True,
    )


def channel(name: str, label: str, *, missing: str, hint: str | None = None) -> Field[str]:
    """The Slack id of a channel. missing: what to say where none was chosen."""

    def draw(start: str | None) -> kit.Element:
        return element.conversations_select(name, initial=start if start and _is_channel(start) else None)

    def read(fields: Fields) -> str:
        chosen = fields.conversation(name) or ""
        if not _is_channel(chosen):
            raise Invalid(missing, field=name)
        return chosen

    return Field(name, label, draw, read, hint)


def optional_channel(name: str, label: str, *, hint: str | None = None) -> Field[str | None]:
    """The Slack id of a channel or None; prefilled with the channel in which the window was opened."""
    return Field(
        name,
        label,
        lambda _: {**element.conversations_select(name), "default_to_current_conversation": True},
        lambda fields: fields.conversation(name),
        hint,
        is_optional=True,
    )


def _is_channel(slack_id: str) -> bool:
    return slack_id.startswith(("C", "G"))


def _within(fields: Fields, name: str, called: str, length: int) -> str:
    text = fields.text(name)
    if len(text) > length:
        raise Invalid(f"The {called} is too long: {length} characters at most.", field=name)
    return text


def _address(fields: Fields, name: str) -> str:
    text = fields.text(name)
    if text and (len(text) > EMAIL_LENGTH or not _EMAIL.match(text)):
        raise Invalid(_NO_EMAIL, field=name)
    return text


def _select(name: str, words: Mapping[Key, str], start: Key | None, placeholder: str | None) -> kit.Element:
    initial = None if start is None else str(start)
    return element.select(name, element.options(words), initial=initial, placeholder=placeholder)


def _key(chosen: str | None, words: Mapping[Key, str]) -> Key | None:
    """The key of `words` whose text was sent back; None for anything else."""
    return next((key for key in words if str(key) == chosen), None)
