"""The modal of one's own settings: working hours, days, ways to be told, snooze."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.preference import MINUTES, WEEKDAYS, Preferences, clock
from bot.errors import Invalid
from bot.views.slack import ids, kit, notice, text
from bot.views.slack.form import Fields, View

HALF_HOUR = 30
CHANNELS = {"push": "Direct message in Slack", "email": "E-mail", "sms": "SMS"}
_SNOOZE = {"no": "Not snoozed", "tomorrow": "Quiet until my next working day", "week": "Quiet for a week"}


@dataclass(frozen=True)
class Form:
    """As chosen. snooze: 'no' | 'tomorrow' | 'week' | 'keep'; phone as typed, None where it was not asked for."""

    starts: int
    ends: int
    days: frozenset[int]
    push: bool
    email: bool
    sms: bool
    snooze: str
    phone: str | None = None


def settings(
    preferences: Preferences,
    *,
    zone: str | None,
    ways: Sequence[str],
    email: str,
    phone: str | None,
    now: datetime,
    revision: str,
) -> kit.View:
    """`ways`: the channels that this installation can use, 'push' always among them."""

    def at(field: str) -> str:
        return kit.block_id(field, "settings", revision)

    days = [kit.option(name, str(number)) for number, name in enumerate(WEEKDAYS)]
    chosen_days = [str(day) for day in preferences.days]
    channels = [kit.option(CHANNELS[way], way, description=_where(way, email)) for way in ways]
    chosen = [way for way in ways if getattr(preferences, way)]
    blocks = [
        kit.section(
            "You are told of what waits for you within these hours only; a critical decision comes at any hour."
        ),
        kit.context(_zone(zone)),
        kit.input_block("From", _times("starts", preferences.starts, last=False), block_id=at("starts")),
        kit.input_block("Until", _times("ends", preferences.ends, last=True), block_id=at("ends")),
        kit.input_block("Days", kit.checkboxes("days", days, initial=chosen_days), block_id=at("days")),
        kit.input_block(
            "Tell me by",
            kit.checkboxes("ways", channels, initial=chosen),
            block_id=at("ways"),
            optional=True,
            hint="Without any of them nobody reminds you; your Home tab and the list show what waits.",
        ),
    ]
    if "sms" in ways:
        element = kit.text_input("phone", initial=phone, length=20, placeholder="+14155550123")
        blocks.append(kit.input_block("Phone for SMS", element, block_id=at("phone"), optional=True))
    blocks.append(kit.input_block("Snooze", _snoozing(preferences, now), block_id=at("snooze")))
    if preferences.snoozed_until and preferences.snoozed_until > now:
        blocks.append(kit.context(f"Snoozed until {text.moment(preferences.snoozed_until)}"))
    return kit.modal("Your settings", blocks, callback_id=ids.SETTINGS, submit="Save")


def _where(way: str, email: str) -> str | None:
    return text.cut(email, kit.OPTION_TEXT) if way == "email" else None


def _zone(zone: str | None) -> str:
    if zone is None:
        return "Slack does not say what your time zone is, so these are hours in UTC."
    return f"Your time zone is {text.inline(zone, 60)}, from your Slack profile; change it there."


def _times(action_id: str, initial: int, *, last: bool) -> kit.Element:
    every = range(HALF_HOUR, MINUTES + 1, HALF_HOUR) if last else range(0, MINUTES, HALF_HOUR)
    minutes = sorted({*every, initial})
    return kit.select(action_id, [kit.option(clock(m), clock(m)) for m in minutes], initial=clock(initial))


def _snoozing(preferences: Preferences, now: datetime) -> kit.Element:
    is_snoozed = preferences.snoozed_until is not None and preferences.snoozed_until > now
    choices = ([kit.option("Leave it as it is", "keep")] if is_snoozed else []) + [
        kit.option(words, value) for value, words in _SNOOZE.items()
    ]
    return kit.select("snooze", choices, initial="keep" if is_snoozed else "no")


def parse(view: View) -> Form:
    """Raises Invalid with the name of the field."""
    fields = Fields(view)
    starts, ends = _minutes(fields.choice("starts")), _minutes(fields.choice("ends"))
    days = frozenset(int(d) for d in fields.choices("days") if d.isdecimal() and int(d) < len(WEEKDAYS))
    ways = fields.choices("ways")
    if starts is None or ends is None or ends <= starts:
        raise Invalid("The end has to be later than the beginning, on the same day.", field="ends")
    if not days:
        raise Invalid("Choose at least one day. To be left alone for a while, use Snooze.", field="days")
    phone = _phone(fields)
    if "sms" in ways and not phone:
        raise Invalid("SMS needs a phone number with its country code, as in +14155550123.", field="phone")
    snooze = fields.choice("snooze") or "no"
    return Form(starts, ends, days, "push" in ways, "email" in ways, "sms" in ways, snooze, phone)


def _minutes(chosen: str | None) -> int | None:
    hours, _, minutes = (chosen or "").partition(":")
    return int(hours) * 60 + int(minutes) if hours.isdecimal() and minutes.isdecimal() else None


def _phone(fields: Fields) -> str | None:
    if "phone" not in fields:
        return None
    digits = "".join(c for c in fields.text("phone") if c not in " -()/.")
    if not digits:
        return ""
    if not (digits.startswith("+") and digits[1:].isascii() and digits[1:].isdecimal() and 8 <= len(digits) <= 16):
        raise Invalid("Write the number with its country code, as in +14155550123.", field="phone")
    return digits


def saved(until: datetime | None) -> kit.View:
    sentence = "Saved."
    if until is not None:
        blocks = [kit.section(f"Saved. Quiet until {text.moment(until)}.")]
        return kit.modal("Your settings", blocks, callback_id=ids.NOTICE, close="Close")
    return notice.done("Your settings", sentence)
