"""People at their screens: how each kind of act is done by whoever does it, with what lies before them."""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.action import Action
from sandbox import finder, inputs
from sandbox.inputs import Json
from sandbox.pressed import Pressed
from sandbox.seat import Seat
from sandbox.sending import Outcome, Sent
from sandbox.server import Sandbox
from sandbox.views import View
from tests.storm import acts, forms
from tests.storm.acts import Act
from tests.storm.quiet import under_way
from tests.support.week import Clock

HANDS = {"goes_on", "commands", "opens", "presses_old", "repeats", "repeats_old", "walks_away", "runs_team"}
MOST_OPEN = 2
"""With so many unfinished decisions nobody opens another one."""
LOADING = "One moment"
PATIENCE_SECONDS = 15.0
HURRY = {"primary": 5.0, "danger": 0.25}
"""How much likelier a button of this style is pressed."""
ON, MOST_STEPS = 0.95, 10
"""How likely somebody goes on at once in the window that comes next, and how often at most."""
LEADING = 30.0
"""And how much likelier what waits for this very person."""
RARELY = {"decision.show": 0.4, "reminder.snooze": 0.2, "card.post": 0.5,
          Action.VOID_ROUND.value: 0.2, Action.CANCEL.value: 0.1}  # fmt: skip
TO_DO = {"Active": 0.5, "May decide": 0.3}
"""What is changed of a member, how often."""
BY_ADMIN = 0.8
"""How often it is the workspace's admin who does it; most others are not let in."""
METHODS = ("chat.postMessage", "chat.update", "views.open", "views.update", "views.push", "views.publish", "users.info")
TROUBLES: tuple[dict[str, Any], ...] = (
    {"kind": "drop"}, {"kind": "drop_after"}, {"kind": "http_500"}, {"kind": "http_500_after"},
    {"kind": "ratelimited"}, {"kind": "error", "error": "internal_error"},
)  # fmt: skip
MOST_TROUBLES = 3
"""Failures in a row of one method; at eight a delivery is given up, as it should be."""


@dataclass
class Crowd:
    """Everybody of the workspace, and the old buttons and payloads that they have kept."""

    sandbox: Sandbox
    clock: Clock
    tick: Any
    """A coroutine function: the tick of the bot's clock."""
    unfinished: Any
    """Tells how many decisions are not finished."""
    story: list[str] = field(default_factory=list)
    old: dict[str, tuple[Json, str]] = field(default_factory=dict)
    """By id and value, the buttons that anybody has ever seen, with the channel where."""
    sent: dict[str, list[Sent]] = field(default_factory=dict)
    leads: Mapping[str, set[tuple[str, str]]] = field(default_factory=dict)
    """By person, the buttons (id, value) that lead on for them: whoever looks at their list finds these."""
    comments: dict[str, str] = field(default_factory=dict)
    """Words of a comment -> the window in which they were typed."""

    def seat(self, act: Act) -> Seat:
        people = self.sandbox.spec.people
        return self.sandbox.town.seat(people[act.who % len(people)].name)

    async def do(self, act: Act) -> None:
        """Do it, if it can be done, and note in words what was done."""
        seat, dice = self.seat(act), random.Random(act.luck)
        if seat.person.deleted and act.kind in HANDS:
            return  # whose account is closed sees no screen
        self.look_around(seat)
        try:
            said = await getattr(self, act.kind)(seat, dice)
        except LookupError as error:
            said = f"cannot: {str(error)[:80]}"
        if said:
            together = "  together: " if act.joins else ""
            self.story.append(f"{together}{seat.person.name} {act.kind}: {said}")

    def look_around(self, seat: Seat) -> None:
        for pressed in self._on_screen(seat):
            if pressed.element["type"] == "button":
                key = f"{pressed.element['action_id']} {pressed.element.get('value')}"
                self.old[key] = (pressed.element, "")

    # What people do.

    async def goes_on(self, seat: Seat, dice: random.Random) -> str:
        """What lies before somebody: the window that is open, else a button anywhere; mostly up to its end."""
        if not self.unfinished():
            return await self.opens(seat, dice)
        seat = self._whose_turn(seat, dice)
        said = [seat.person.name, await self._takes_step(seat, dice)]
        for _ in range(MOST_STEPS):
            if dice.random() > ON:
                break
            view = await self._loaded(seat)
            if view is None or not view.given.get("submit"):
                break
            said.append(await self._in_window(seat, view, dice))
        return ", ".join(said)

    def _whose_turn(self, seat: Seat, dice: random.Random) -> Seat:
        """Mostly somebody who is filling in a form, or for whom something waits."""
        workspace = self.sandbox.town.workspace
        filling = [user for user, views in workspace.stacks.items() if views and views[-1].given.get("submit")]
        waited = [user for user, buttons in self.leads.items() if buttons]
        users = dice.choices((filling, waited, []), weights=(3, 4, 2))[0]
        users = [user for user in users if not workspace.people[user].deleted]
        return self.sandbox.town.seat(workspace.people[dice.choice(users)].name) if users else seat

    async def _takes_step(self, seat: Seat, dice: random.Random) -> str:
        view = seat.workspace.top(seat.person.id)
        if view is not None and (view.given.get("submit") or dice.random() < 0.4):
            return await self._in_window(seat, view, dice)
        await self._away(seat)
        found = self._on_screen(seat)
        if not found:
            return "sees nothing to press"
        mine = self.leads.get(seat.person.id, set())
        weights = [_likely(one) * (LEADING if _names(one) in mine else 1) for one in found]
        return await self._press(seat, dice.choices(found, weights=weights)[0], dice)

    async def commands(self, seat: Seat, dice: random.Random) -> str:
        number = dice.randint(1, 9)
        words = dice.choice(("list", f"show {number}", "settings", "export", "help", f"#{number}", "home", "new"))
        await self._away(seat)
        if words == "home":
            seat.acts.events.home_opened(seat.person)
            return "looks at Home"
        if words == "new":
            outcome = await seat.shortcut("decision.new")
        else:
            outcome = await seat.slash(f"/decide {words}", **_how(dice))
        self._keep(seat)
        return _told(f"/decide {words}", outcome)

    async def opens(self, seat: Seat, dice: random.Random) -> str:
        if self.unfinished() >= MOST_OPEN:
            return ""
        await self._away(seat)
        outcome = await seat.slash(f"/decide {' '.join(dice.sample(forms.WORDS, 2))}", **_how(dice))
        self._keep(seat)
        view = await self._loaded(seat)
        said = _told("/decide with a title", outcome)
        return f"{said}, {await self._in_window(seat, view, dice)}" if view and dice.random() < ON else said

    async def presses_old(self, seat: Seat, dice: random.Random) -> str:
        """A button that somebody has seen once, on a card that was never brought up to date."""
        if not self.old:
            return ""
        await self._away(seat)
        element, _ = self.old[dice.choice(sorted(self.old))]
        channel = dice.choice([one for one in seat.workspace.visible_channels(seat.person.id) if not one.is_dm])
        block = {"type": "actions", "elements": [element]}
        message = seat.workspace.post(
            channel, user=seat.workspace.spec.bot_user_id, text="an old card", blocks=[block], only_for=seat.person.id
        )
        (pressed,) = finder.pressables(message.blocks, user=seat.person.id)
        said = await self._press(seat, replace(pressed, channel=channel, message=message), dice)
        channel.messages.pop(message.ts, None)
        return said

    async def repeats(self, seat: Seat, dice: random.Random) -> str:
        """The last payload once more, byte for byte."""
        if seat.person.id not in seat.acts.sending.last:
            return ""
        return _told("the last payload again", await seat.acts.sending.again(seat.person))

    async def repeats_old(self, seat: Seat, dice: random.Random) -> str:
        """Any payload that this person has ever sent, its trigger and its window long gone."""
        kept = self.sent.get(seat.person.id)
        if not kept:
            return ""
        sent = dice.choice(kept)
        return _told(f"an old payload again, {sent.kind} {sent.ident}", await seat.acts.sending.send(seat.person, sent))

    async def walks_away(self, seat: Seat, dice: random.Random) -> str:
        """Leave whatever is open."""
        if seat.workspace.top(seat.person.id) is None:
            return ""
        await self._away(seat)
        return "closes the window"

    async def runs_team(self, seat: Seat, dice: random.Random) -> str:
        """Make somebody inactive or active, or give them another authority, by `/decide setup`."""
        seat = self.sandbox.town.seat(self.sandbox.spec.people[0].name) if dice.random() < BY_ADMIN else seat
        await self._away(seat)
        await seat.slash("/decide setup")
        view = await self._loaded(seat)
        if view is None or not view.given.get("submit"):
            return "is not let into setup"
        await seat.acts.submit(seat.person)
        view = await self._loaded(seat)
        people = [one for one in self._in_view(seat, view) if one.element["action_id"] == "team.edit_member"]
        if not people:
            return "finds nobody in setup"
        whom = dice.choice(people)
        await seat.acts.press(seat.person, whom)
        view = await self._loaded(seat)
        changed = [_change(view, label, dice) for label, share in TO_DO.items() if view and dice.random() < share]
        outcome = await seat.acts.submit(seat.person, **_how(dice))
        self._keep(seat)
        await self._away(seat)
        return _told(f"{whom.element.get('accessibility_label')}: {', '.join(changed) or 'nothing'}", outcome)

    async def leaves_slack(self, seat: Seat, dice: random.Random) -> str:
        """The account is closed, or open again."""
        people = self.sandbox.town.workspace.people
        person = people[seat.person.id]
        if person.is_admin:
            return ""
        people[person.id] = replace(person, deleted=not person.deleted)
        return "comes back to Slack" if person.deleted else "is gone from Slack"

    async def breaks_slack(self, seat: Seat, dice: random.Random) -> str:
        method, trouble = dice.choice(METHODS), dict(dice.choice(TROUBLES))
        if sum(fault.times for fault in self.sandbox.town.faults.waiting if fault.method == method) >= MOST_TROUBLES:
            return ""
        self.sandbox.fail(method, trouble.pop("kind"), times=dice.randint(1, 2), **trouble)
        return f"Slack's {method} will fail: {self.sandbox.town.faults.waiting[-1].kind}"

    async def time_moves(self, seat: Seat, dice: random.Random) -> str:
        minutes = dice.choice((1, 15, 61, 61, 4 * 60, 4 * 60, 9 * 60, 24 * 60, 3 * 24 * 60))
        await self.clock.leap(self.clock.now + minutes * acts.MINUTE)
        self.sandbox.clock.stand_at(self.clock.now)
        await self.tick()
        return f"{minutes} minutes later"

    async def ticks(self, seat: Seat, dice: random.Random) -> str:
        await asyncio.gather(*(self.tick() for _ in range(dice.randint(1, 2))))
        return "the bot's clock ticks"

    # How they do it.

    async def _in_window(self, seat: Seat, view: View, dice: random.Random) -> str:
        """Fill in and submit; at times press a button of the window, or close it."""
        buttons = self._in_view(seat, view)
        if buttons and dice.random() < (0.05 if view.given.get("submit") else 0.6):
            return await self._press(seat, dice.choice(buttons), dice)
        if not view.given.get("submit") or dice.random() < 0.03:
            await self._away(seat)
            return f"closes {_title(view)}"
        forms.fill(view, self._filling(seat, view, dice))
        outcome = await seat.acts.submit(seat.person, **_how(dice))
        self._keep(seat)
        if outcome.status in ("refused", "errors") and dice.random() < 0.4:
            await self._away(seat)
        return _told(f"submits {_title(view)}", outcome)

    def _filling(self, seat: Seat, view: View, dice: random.Random) -> forms.Filling:
        def comment() -> str:
            words = f"{forms.SAID}{dice.randrange(10**9)}"
            self.comments[words] = str(view.given.get("private_metadata"))
            return words

        channels = [one.id for one in seat.workspace.visible_channels(seat.person.id) if not one.is_dm]
        return forms.Filling(dice, self.clock.now, [p.id for p in self.sandbox.spec.people], channels, comment)

    async def _press(self, seat: Seat, pressed: Pressed, dice: random.Random) -> str:
        outcome = await seat.acts.press(seat.person, pressed, **_how(dice))
        self._keep(seat)
        return _told(f"presses {finder.label_of(pressed)} ({pressed.element['action_id']})", outcome)

    def _on_screen(self, seat: Seat) -> list[Pressed]:
        """Every button in messages and in the Home tab."""
        found = []
        for channel, message in seat.workspace.visible_messages(seat.person.id):
            pressables = finder.pressables(message.blocks, user=seat.person.id)
            found += [replace(one, channel=channel, message=message) for one in pressables]
        home = seat.workspace.homes.get(seat.person.id)
        return found + (self._in_view(seat, home) if home else [])

    def _in_view(self, seat: Seat, view: View | None) -> list[Pressed]:
        if view is None:
            return []
        return [replace(one, view=view) for one in finder.pressables(view.blocks, user=seat.person.id)]

    async def _away(self, seat: Seat) -> None:
        if seat.workspace.top(seat.person.id) is not None:
            await seat.acts.close(seat.person, everything=True)

    async def _loaded(self, seat: Seat) -> View | None:
        """The window on top, once it does not say any more that it loads; None where none comes."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            view = seat.workspace.top(seat.person.id)
            if view is not None and LOADING not in json.dumps(view.blocks):
                return view
            if view is None and not under_way():
                return None
            await asyncio.sleep(0.005)
        return None

    def _keep(self, seat: Seat) -> None:
        """The payload that was just sent, for whoever repeats it long afterwards."""
        sent = seat.acts.sending.last.get(seat.person.id)
        kept = self.sent.setdefault(seat.person.id, [])
        if sent is not None and (not kept or kept[-1] is not sent):
            kept.append(sent)


def _how(dice: random.Random) -> dict[str, Any]:
    """At times twice at once, at times with an answer that gets lost."""
    luck = dice.random()
    if luck < acts.TWICE:
        return {"copies": 2}
    return {"lose_answer": True} if luck < acts.TWICE + acts.LOST else {}


def _likely(pressed: Pressed) -> float:
    element = pressed.element
    likely = HURRY.get(element.get("style", ""), 1.0) * RARELY.get(element["action_id"], 1.0)
    return likely * (0.2 if pressed.view is not None else 1.0)


def _names(pressed: Pressed) -> tuple[str, str]:
    return str(pressed.element["action_id"]), str(pressed.element.get("value"))


def _change(view: View, label: str, dice: random.Random) -> str:
    block = finder.input_called(view.blocks, label)
    element, held = block["element"], inputs.value_of(view.held(block))
    offered = inputs.options_of(element)
    is_box = element["type"] == "checkboxes"
    value: Any = ([] if held else offered) if is_box else dice.choice(offered)
    view.states[(block["block_id"], element["action_id"])] = inputs.state(element, value)
    return f"{label} {'on' if value else 'off'}" if is_box else f"{label} {value['value']}"


def _title(view: View) -> str:
    return str((view.given.get("title") or {}).get("text"))


def _told(what: str, outcome: Outcome) -> str:
    return what if outcome.status == "ok" else f"{what} -> {outcome.status}: {(outcome.error or '')[:120]}"
