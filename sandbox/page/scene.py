"""Owns what one person's page shows: the places of the sidebar, one of them open, a thread, the modal."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from sandbox.channel import Channel, Message
from sandbox.inputs import Json
from sandbox.mrkdwn import escape
from sandbox.notifications import Notification
from sandbox.page.eyes import Eyes
from sandbox.page.markup import mrkdwn
from sandbox.page.sight import Sight
from sandbox.spec import HintSpec, PersonSpec, ShortcutSpec, StepSpec
from sandbox.town import Town
from sandbox.views import View
from sandbox.workspace import SLACKBOT

TINTS = 6
HOME, ACTIVITY, INSPECTOR = "home", "activity", "inspector"
_NO_CHANNEL = (HOME, ACTIVITY, INSPECTOR)
_WHY = {
    "dm": "Direct message",
    "mention": "Mentioned you",
    "thread": "Thread you follow",
    "channel": "Every message here notifies you",
}
_ABOUT = {
    HOME: "Only you see your Home",
    ACTIVITY: "What has notified you",
    INSPECTOR: "Between the app and this Slack",
}
_GROUP_SECONDS = 300.0


@dataclass(frozen=True)
class Line:
    """A message as its reader sees it. is_follow: the same author's, just after the one above."""

    message: Message
    sight: Sight
    name: str
    initials: str
    tint: int
    is_app: bool
    is_follow: bool
    is_private: bool
    day: str
    time: str
    replies: int = 0
    last_reply: str = ""


@dataclass(frozen=True)
class Place:
    """A line of the sidebar. is_new: something there is not read yet; badge: how many unread notifications."""

    key: str
    name: str
    sign: str
    is_new: bool = False
    badge: int = 0


@dataclass(frozen=True)
class Notice:
    """A notification in the list of them. href: of the page that shows the message."""

    ts: str
    why: str
    where: str
    name: str
    initials: str
    tint: int
    time: str
    text: str
    href: str
    is_read: bool


@dataclass(frozen=True)
class Hint:
    """A step of the first visit. is_next: the first that is not done."""

    spec: HintSpec
    is_done: bool
    is_next: bool


@dataclass(frozen=True)
class Window:
    """An open modal. depth: how many windows lie in the stack; key: changes whenever it is to be drawn anew."""

    view: View
    sight: Sight
    depth: int
    key: str


class Scene:
    """One person's page, read from the living workspace. Raises KeyError for a person or place that is not there."""

    def __init__(self, town: Town, who: str, place: str | None = None, thread: str | None = None) -> None:
        self.town = town
        self.workspace = town.workspace
        self.seat = town.seat(who)
        self.person: PersonSpec = self.seat.person
        self.dm = self.workspace.dm(self.person.id)
        self.place = place or self.channels[0].id
        self.thread_ts = thread
        reader = replace(self.seat.reader, tz=self.person.tz)
        self.eyes = Eyes(reader, self.person.name, self.person.id, town.spec.domain)
        if self.place not in _NO_CHANNEL:
            self.place = self.channel_of(self.place).id

    @property
    def channels(self) -> list[Channel]:
        """The channels this person is in, without DMs."""
        return [c for c in self.workspace.visible_channels(self.person.id) if not c.is_dm] or [self.dm]

    def channel_of(self, which: str) -> Channel:
        return self.workspace.channel(which, user=self.person.id)

    @property
    def channel(self) -> Channel | None:
        """The open channel; None where Home, the activity or the inspector is open."""
        return None if self.place in _NO_CHANNEL else self.workspace.channels[self.place]

    @property
    def heading(self) -> str:
        channel = self.channel
        if channel is None:
            return {HOME: f"{self.town.spec.app_name}: Home", ACTIVITY: "Activity", INSPECTOR: "Inspector"}[self.place]
        return self.town.spec.app_name if channel.is_dm else channel.name

    @property
    def about(self) -> str:
        """A few words under the heading."""
        channel, bot = self.channel, self.town.spec.bot_user_id
        if channel is None:
            return _ABOUT[self.place]
        if channel.is_dm:
            return "Direct messages between you and the app"
        people = [user for user in channel.members if user != bot]
        apart = "" if bot in channel.members else f" · {self.town.spec.app_name} is not in this channel"
        topic = f" · {channel.topic}" if channel.topic else ""
        return f"{len(people)} people{apart}{' · archived' if channel.archived else ''}{topic}"

    @property
    def places(self) -> list[tuple[str, list[Place]]]:
        """The sidebar: (heading, places)."""
        channels = [self._place(c, c.name, "lock" if c.is_private else "hash") for c in self.channels if not c.is_dm]
        app, in_threads = self.town.spec.app_name, [one for one in self.unread if one.message.reply_to]
        return [
            ("You", [Place(ACTIVITY, "Activity", "bell", badge=len(in_threads))]),
            ("Channels", channels),
            ("Apps", [self._place(self.dm, app, "app"), Place(HOME, f"{app}: Home", "home")]),
        ]

    def _place(self, channel: Channel, name: str, sign: str) -> Place:
        """A reply is read in its thread: it neither makes the channel new nor counts in its badge."""
        badge = sum(one.place == channel.id for one in self.unread)
        others = [m for m in self._visible(channel) if m.user != self.person.id and m.only_for is None]
        new = [m for m in others if m.is_in_channel and not self.workspace.is_read(self.person.id, channel.id, m.ts)]
        return Place(channel.id, name, sign, bool(new), badge)

    @property
    def unread(self) -> list[Notification]:
        return self.workspace.unread(self.person.id)

    def badge_of(self, person: PersonSpec) -> int:
        """How many notifications somebody has not read."""
        return len(self.workspace.unread(person.id))

    @property
    def activity(self) -> list[Notice]:
        """All notifications, newest first."""
        mine = [one for one in self.workspace.notifications if one.user == self.person.id]
        told = zip(mine, self.seat.notifications(), strict=True)
        return [self._notice(one, shown) for one, shown in reversed(list(told))]

    def _notice(self, one: Notification, shown: Json) -> Notice:
        name, reply_to = self._name(one.message.user), one.message.reply_to
        place = f"/as/{quote(self.person.name)}/{one.channel}"
        return Notice(
            one.message.ts,
            _WHY[one.why],
            self.town.spec.app_name if shown["channel"] == "dm" else shown["channel"],
            name,
            initials(name),
            self._tint(one.message.user),
            _clock(self._moment(one.message.ts)),
            shown["text"],
            f"{place}?thread={reply_to}" if reply_to else f"{place}#m{one.message.ts}",
            shown["is_read"],
        )

    @property
    def is_read_only(self) -> bool:
        """Whether there is no box to type in."""
        return self.channel is not None and self.channel.is_dm and self.town.spec.messages_tab_read_only

    @property
    def hints(self) -> list[Hint]:
        """The steps of the first visit, each with how it stands."""
        steps = [(spec, spec.done_by in self.workspace.done) for spec in self.town.spec.hints]
        coming = next((spec for spec, is_done in steps if not is_done), None)
        return [Hint(spec, is_done, spec is coming) for spec, is_done in steps]

    def words(self, text: str) -> Markup:
        """Mrkdwn as HTML."""
        return mrkdwn(text, self.eyes)

    @property
    def others(self) -> list[PersonSpec]:
        return list(self.workspace.people.values())

    @property
    def shortcuts(self) -> list[ShortcutSpec]:
        return [s for s in self.town.spec.shortcuts if s.kind == "global"]

    @property
    def steps(self) -> tuple[StepSpec, ...]:
        return self.town.spec.steps

    @property
    def message_shortcuts(self) -> list[ShortcutSpec]:
        return [s for s in self.town.spec.shortcuts if s.kind == "message"]

    @property
    def lines(self) -> list[Line]:
        """The open channel's messages, oldest first; of replies only those that were sent to the channel too."""
        channel = self.channel
        if channel is None:
            return []
        roots = [m for m in self._visible(channel) if m.is_in_channel]
        return self._lines(channel, roots)

    @property
    def thread(self) -> list[Line]:
        """The open thread: its root and the replies."""
        channel = self.channel
        if channel is None or self.thread_ts not in channel.messages:
            return []
        found = [m for m in self._visible(channel) if self.thread_ts in (m.ts, m.thread_ts)]
        return self._lines(channel, found)

    @property
    def is_thread_new(self) -> bool:
        """Whether the open thread holds a reply that has notified this person and was not read."""
        return any(one.message.reply_to == self.thread_ts for one in self.unread if one.message.reply_to)

    def _visible(self, channel: Channel) -> list[Message]:
        return sorted(
            (m for m in channel.messages.values() if m.only_for in (None, self.person.id)), key=lambda m: m.ts
        )

    def _lines(self, channel: Channel, messages: Sequence[Message]) -> list[Line]:
        lines: list[Line] = []
        for message in messages:
            above = lines[-1] if lines else None
            lines.append(self._line(channel, message, above))
        return lines

    def _line(self, channel: Channel, message: Message, above: Line | None) -> Line:
        name, day = self._name(message.user), self._day(message)
        replies = [m.ts for m in self._visible(channel) if m.thread_ts == message.ts and m.ts != message.ts]
        states = self.seat.acts.message_states(self.person.id, message)
        return Line(
            message,
            self._sight({"channel_id": channel.id, "ts": message.ts}, states),
            name,
            initials(name),
            self._tint(message.user),
            message.user in (self.town.spec.bot_user_id, SLACKBOT),
            above is not None and _follows(message, above.message),
            message.only_for is not None,
            day if above is None or self._day(above.message) != day else "",
            _clock(self._moment(message.ts)),
            len(replies),
            _clock(self._moment(replies[-1])) if replies else "",
        )

    def _moment(self, ts: str) -> datetime:
        """When that was, in this person's zone."""
        return datetime.fromtimestamp(float(ts), ZoneInfo(self.person.tz))

    def _day(self, message: Message) -> str:
        moment = self._moment(message.ts)
        return f"{moment:%A}, {moment:%B} {moment.day}"

    def _sight(self, at: Json, states: object = None, errors: object = None) -> Sight:
        active = [p for p in self.workspace.people.values() if not p.deleted]
        channels = [(c.id, ("" if c.is_private else "#") + c.name) for c in self.channels if not c.is_dm]
        return Sight(
            self.eyes,
            at,
            states if isinstance(states, dict) else {},
            errors if isinstance(errors, dict) else {},
            [(p.id, p.real_name) for p in active],
            channels,
        )

    def _name(self, user: str) -> str:
        if user == self.town.spec.bot_user_id:
            return self.town.spec.app_name
        person = self.workspace.people.get(user)
        return "Slackbot" if user == SLACKBOT else person.real_name if person else user

    def _tint(self, user: str) -> int:
        ids = list(self.workspace.people)
        return ids.index(user) % TINTS if user in ids else TINTS

    def tint(self, person: PersonSpec) -> int:
        return self._tint(person.id)

    @property
    def home(self) -> tuple[View, Sight] | None:
        view = self.workspace.homes.get(self.person.id)
        return None if view is None else (view, self._sight({"view_id": view.id}, view.states, view.errors))

    @property
    def window(self) -> Window | None:
        view = self.workspace.top(self.person.id)
        if view is None:
            return None
        depth = len(self.workspace.stacks[self.person.id])
        key = f"{view.id} {view.hash} {depth} {crc((sorted(view.errors.items()), view.trouble))}"
        return Window(view, self._sight({"view_id": view.id}, view.states, view.errors), depth, key)

    @property
    def notice(self) -> str:
        return self.workspace.notices.get(self.person.id, "")

    @property
    def now(self) -> datetime:
        """The workspace's time, in this person's zone."""
        return self.town.clock.now().astimezone(ZoneInfo(self.person.tz))

    @property
    def now_words(self) -> str:
        return f"{self.now:%a}, {self.now:%b} {self.now.day}, {_clock(self.now)}"

    @property
    def ahead_words(self) -> str:
        """How far the workspace's clock was moved; '' where it is the machine's."""
        days, seconds = self.town.clock.ahead.days, self.town.clock.ahead.seconds
        parts = [(days, "d"), (seconds // 3600, "h"), (seconds // 60 % 60, "min")]
        moved = " ".join(f"{count} {unit}" for count, unit in parts if count)
        return f"{moved} ahead" if moved else ""

    @property
    def first_steps(self) -> str:
        """What to do first, in mrkdwn."""
        spec = self.town.spec
        who = f"You are looking at Slack as *{escape(self.person.real_name)}*. "
        first = f"Type `{spec.commands[0]}` in the box below and press Enter." if spec.commands else ""
        return who + (spec.first_steps or first)

    @property
    def commands(self) -> Iterable[tuple[str, str]]:
        """Slash commands and what may follow them, the app's first."""
        spec = self.town.spec
        for command in spec.commands:
            yield command, spec.usage.get(command, "")
        yield "/invite", f"@{spec.app_name}"
        yield "/kick", f"@{spec.app_name}"


def _follows(message: Message, before: Message) -> bool:
    """Whether the same author goes on, before everybody, so that name and picture need not be said again."""
    if message.user != before.user or message.only_for is not None or before.only_for is not None:
        return False
    return float(message.ts) - float(before.ts) < _GROUP_SECONDS


def initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _clock(moment: datetime) -> str:
    return f"{moment:%I:%M %p}".lstrip("0")


def crc(value: object) -> str:
    return f"{zlib.crc32(repr(value).encode()):08x}"
