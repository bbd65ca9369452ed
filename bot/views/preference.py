"""The modal of one's own settings: working hours, days, ways to be told, snooze."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.preference import MINUTES, WEEKDAYS, Preferences, clock
from bot.errors import Invalid
from bot.views.slack import element, ids, kit, notice, text
from bot.views.slack.entry import checkbox
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import Fields, View

HALF_HOUR = 30
CHANNELS = {"push": "Direct message in Slack", "email": "E-mail", "sms": "SMS"}
_SNOOZE = {"no": "Not snoozed", "tomorrow": "Quiet until my next working day", "week": "Quiet for a week"}
_ORDER = "The end has to be later than the beginning, on the same day."
_PHONE_NUMBER = re.compile(r"\+[0-9]{7,15}\Z")


@dataclass(frozen=True)
class Form:
    """As chosen. snooze: 'no' | 'tomorrow' | 'week' | 'keep'; phone as typed, None where it was not asked for."""

    starts: int
    ends: int
    days: frozenset[int]
    ways: frozenset[str]
    snooze: str
    phone: str | None = None
    news: bool = True

    @property
    def push(self) -> bool:
        return "push" in self.ways

    @property
    def email(self) -> bool:
        return "email" in self.ways

    @property
    def sms(self) -> bool:
        return "sms" in self.ways


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
    is_snoozed = preferences.snoozed_until is not None and preferences.snoozed_until > now
    offered = [element.option(CHANNELS[way], way, description=_where(way, email)) for way in ways]
    inputs = Inputs("settings", revision)
    _form(inputs, _start(preferences, phone, is_snoozed=is_snoozed), offered=offered, asks_phone="sms" in ways)
    blocks = [
        kit.section(
            "You are told within these hours only; scoring, result and resolution of a critical decision come at any "
            "hour."
        ),
        kit.context(_zone(zone)),
        *inputs.blocks,
    ]
    if preferences.snoozed_until and is_snoozed:
        blocks.append(kit.context(f"Snoozed until {text.moment(preferences.snoozed_until)}"))
    return kit.modal("Your settings", blocks, callback_id=ids.SETTINGS, submit="Save")


def _where(way: str, email: str) -> str | None:
    return text.cut(email, element.OPTION_TEXT) if way == "email" else None


def _zone(zone: str | None) -> str:
    if zone is None:
        return "Slack does not say what your time zone is, so these are hours in UTC."
    return f"Your time zone is {text.inline(zone, 60)}, from your Slack profile; change it there."


def parse(view: View) -> Form:
    """Raises Invalid with the name of the field."""
    answers = Answers(view)
    form = _form(answers, _start(Preferences(), None), asks_phone="phone" in answers)
    if form.ends <= form.starts:
        raise Invalid(_ORDER, field="ends")
    if form.sms and not form.phone:
        raise Invalid("SMS needs a phone number with its country code, as in +14155550123.", field="phone")
    return form


def _start(preferences: Preferences, phone: str | None, *, is_snoozed: bool = False) -> Form:
    ways = frozenset(way for way in CHANNELS if getattr(preferences, way))
    snooze = "keep" if is_snoozed else "no"
    hours = preferences.starts, preferences.ends, preferences.days
    return Form(*hours, ways, snooze, phone, preferences.news)


def _form(ask: Ask, start: Form, *, offered: Sequence[kit.Element] = (), asks_phone: bool) -> Form:
    """The form of one's settings. offered: the ways that can be chosen while it is shown."""
    return Form(
        starts=ask(_time("starts", "From", range(0, MINUTES, HALF_HOUR)), start.starts),
        ends=ask(_time("ends", "Until", range(HALF_HOUR, MINUTES + 1, HALF_HOUR)), start.ends),
        days=ask(_DAYS, start.days),
        ways=ask(_ways(offered), start.ways),
        news=ask(_NEWS, start.news),
        phone=ask(_PHONE, start.phone) if asks_phone else None,
        snooze=ask(_snooze(start.snooze), start.snooze),
    )


def _time(name: str, label: str, every: range) -> Field[int]:
    """A time of day in minutes, one of `every` or the one that was chosen before."""

    def draw(start: int | None) -> kit.Element:
        chosen = clock(start or 0)
        times = sorted({*map(clock, every), chosen})
        return element.select(name, element.options({time: time for time in times}), initial=chosen)

    def read(fields: Fields) -> int:
        hours, _, minutes = (fields.choice(name) or "").partition(":")
        if not (hours.isdecimal() and minutes.isdecimal()):
            raise Invalid(_ORDER, field="ends")
        return int(hours) * 60 + int(minutes)

    return Field(name, label, draw, read)


def _draw_days(days: frozenset[int] | None) -> kit.Element:
    names = element.options(dict(enumerate(WEEKDAYS)))
    return element.checkboxes("days", names, initial=[str(day) for day in days or ()])


def _read_days(fields: Fields) -> frozenset[int]:
    days = frozenset(int(day) for day in fields.choices("days") if day.isdecimal() and int(day) < len(WEEKDAYS))
    if not days:
        raise Invalid("Choose at least one day. To be left alone for a while, use Snooze.", field="days")
    return days


_DAYS = Field("days", "Days", _draw_days, _read_days)


def _ways(offered: Sequence[kit.Element]) -> Field[frozenset[str]]:
    return Field(
        "ways",
        "Tell me by",
        lambda ways: element.checkboxes("ways", offered, initial=ways or ()),
        lambda fields: frozenset(fields.choices("ways")),
        hint="Without any of them nobody reminds you; your Home tab and the list show what waits.",
        is_optional=True,
    )


_NEWS = checkbox("news", "News", "Also tell me what asks nothing of me: results, decisions, cancellations")


def _draw_phone(phone: str | None) -> kit.Element:
    return element.text_input("phone", initial=phone, length=20, placeholder="+14155550123")


def _read_phone(fields: Fields) -> str:
    digits = "".join(c for c in fields.text("phone") if c not in " -()/.")
    if digits and not _PHONE_NUMBER.match(digits):
        raise Invalid("Write the number with its country code, as in +14155550123.", field="phone")
    return digits


_PHONE: Field[str | None] = Field("phone", "Phone for SMS", _draw_phone, _read_phone, is_optional=True)


def _snooze(start: str) -> Field[str]:
    """To leave it as it is can be chosen where it is snoozed."""
    words = {"keep": "Leave it as it is", **_SNOOZE} if start == "keep" else _SNOOZE
    return Field(
        "snooze",
        "Snooze",
        lambda chosen: element.select("snooze", element.options(words), initial=chosen),
        lambda fields: fields.choice("snooze") or "no",
    )


def saved(until: datetime | None) -> kit.View:
    sentence = "Saved."
    if until is not None:
        blocks = [kit.section(f"Saved. Quiet until {text.moment(until)}.")]
        return kit.modal("Your settings", blocks, callback_id=ids.NOTICE, close="Close")
    return notice.done("Your settings", sentence)
