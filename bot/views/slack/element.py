"""What a person fills in, as functions named like Slack's elements; `bot.views.slack.field` puts them into forms.

What is prefilled is cut or left out where Slack would refuse the whole window for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from bot.views.slack.kit import Element, plain_text, with_given
from bot.views.slack.text import clean, cut, one_line

OPTION_TEXT, PLACEHOLDER, PLAIN_TEXT_INPUT = 75, 150, 3000
MOST_OPTIONS = 100
"""The most that Slack takes in one list, and the most it takes as preselected."""


def option(text: str, value: str, *, description: str | None = None) -> Element:
    shown = plain_text(description, OPTION_TEXT) if description else None
    return with_given({"text": plain_text(one_line(text), OPTION_TEXT), "value": value}, description=shown)


def options(words: Mapping[str, str] | Mapping[int, str]) -> list[Element]:
    """words: value -> what people read."""
    return [option(label, str(value)) for value, label in words.items()]


def select(
    action_id: str,
    options: Sequence[Element],
    *,
    initial: str | None = None,
    placeholder: str | None = None,
) -> Element:
    """`initial` is a value; one that is not among the options chooses nothing."""
    chosen = next((o for o in options if o["value"] == initial), None)
    element = {"type": "static_select", "action_id": action_id, "options": list(options)}
    return with_given(element, initial_option=chosen, placeholder=_placeholder(placeholder))


def multi_select(
    action_id: str,
    options: Sequence[Element],
    *,
    initial: Iterable[str] = (),
    placeholder: str | None = None,
) -> Element:
    """More than 100 options, the most that Slack takes in one list, become groups."""
    wanted = set(initial)
    chosen = [o for o in options if o["value"] in wanted]
    element: Element = {"type": "multi_static_select", "action_id": action_id}
    if len(options) <= MOST_OPTIONS:
        element["options"] = list(options)
    else:
        element["option_groups"] = _groups(options)
    return with_given(element, initial_options=chosen or None, placeholder=_placeholder(placeholder))


def _groups(options: Sequence[Element]) -> list[Element]:
    return [
        {
            "label": plain_text(f"{start + 1} to {min(start + MOST_OPTIONS, len(options))}"),
            "options": list(options[start : start + MOST_OPTIONS]),
        }
        for start in range(0, len(options), MOST_OPTIONS)
    ]


def user_select(action_id: str, *, initial: str | None = None) -> Element:
    return with_given({"type": "users_select", "action_id": action_id}, initial_user=initial)


def users_select(action_id: str, *, initial: Iterable[str] = (), placeholder: str | None = None) -> Element:
    element = {"type": "multi_users_select", "action_id": action_id}
    return with_given(element, initial_users=list(initial) or None, placeholder=_placeholder(placeholder))


def conversations_select(action_id: str, *, initial: str | None = None, placeholder: str | None = None) -> Element:
    """Channels only, public and private: a card has nothing to look for in a direct message."""
    element = {
        "type": "conversations_select",
        "action_id": action_id,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return with_given(element, initial_conversation=initial, placeholder=_placeholder(placeholder))


def checkboxes(action_id: str, options: Sequence[Element], *, initial: Iterable[str] = ()) -> Element:
    wanted = set(initial)
    chosen = [o for o in options if o["value"] in wanted]
    element = {"type": "checkboxes", "action_id": action_id, "options": list(options)}
    return with_given(element, initial_options=chosen or None)


def radio(action_id: str, options: Sequence[Element], *, initial: str | None = None) -> Element:
    chosen = next((o for o in options if o["value"] == initial), None)
    return with_given(
        {"type": "radio_buttons", "action_id": action_id, "options": list(options)}, initial_option=chosen
    )


def datetimepicker(action_id: str, *, initial: datetime | None = None) -> Element:
    """Slack shows and takes it in the person's own zone; what travels is seconds since 1970."""
    epoch = int(initial.timestamp()) if initial else 0
    epoch = epoch if 10**9 <= epoch < 10**10 else 0  # Slack takes ten digits: nothing before 2001
    return with_given({"type": "datetimepicker", "action_id": action_id}, initial_date_time=epoch or None)


def number_input(
    action_id: str,
    *,
    initial: Decimal | int | None = None,
    least: Decimal | int | None = None,
    most: Decimal | int | None = None,
    is_decimal: bool = False,
    placeholder: str | None = None,
) -> Element:
    element = {"type": "number_input", "action_id": action_id, "is_decimal_allowed": is_decimal}
    return with_given(
        element,
        initial_value=_digits(initial),
        min_value=_digits(least),
        max_value=_digits(most),
        placeholder=_placeholder(placeholder),
    )


def text_input(
    action_id: str,
    *,
    initial: str | None = None,
    length: int = PLAIN_TEXT_INPUT,
    is_long: bool = False,
    placeholder: str | None = None,
) -> Element:
    """A prefill that is too long is cut, as Slack would refuse the whole modal."""
    element = {"type": "plain_text_input", "action_id": action_id, "max_length": length, "multiline": is_long}
    typed = clean(initial or "") if is_long else one_line(initial or "")
    return with_given(element, initial_value=cut(typed, length) or None, placeholder=_placeholder(placeholder))


def email_input(action_id: str, *, initial: str | None = None, placeholder: str | None = None) -> Element:
    return with_given(
        {"type": "email_text_input", "action_id": action_id},
        initial_value=initial or None,
        placeholder=_placeholder(placeholder),
    )


def _placeholder(text: str | None) -> Element | None:
    return plain_text(text, PLACEHOLDER) if text else None


def _digits(value: Decimal | int | None) -> str | None:
    return None if value is None else f"{Decimal(value).normalize():f}"
