"""What must be true of a house in every storm, after each step and at the end."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.analysis import analyse
from bot.domain.decision import TRANSITIONS, VALID_STATES, Dossier, Phase, State, Status, Transition
from bot.domain.publication import publish as publishable
from bot.domain.result import Result
from bot.domain.waiting import Kind, Waiting, step, waiting
from bot.services import card as cards
from bot.services import result as results
from bot.store import dossier, result
from bot.store import team as teams
from bot.store.db import run_tx
from bot.views import card as card_view
from sandbox.channel import Channel, Message
from sandbox.inputs import Json
from slack_limits import message_problems
from tests.storm.crowd import LOADING, Crowd
from tests.storm.forms import SAID
from tests.support.house import House
from tests.support.team import Team
from tests.support.week import Clock

MOVES: Mapping[str, Collection[Transition]] = {
    "decision.opened": {Transition.OPEN},
    "decision.defined": {Transition.DEFINE},
    "criteria.submitted": {Transition.SET_CRITERIA},
    "criteria.reopened": {Transition.REOPEN_CRITERIA},
    "round.opened": {Transition.START_SCORING, Transition.CLOSE_SCORING},
    "round.voided": {Transition.VOID_ROUND},
    "round.closed": {Transition.CLOSE_SCORING},
    "round.published": {Transition.PUBLISH},
    "decision.resolved": {Transition.RESOLVE},
    "customer.informed": {Transition.INFORM_CUSTOMER},
    "outcome.recorded": {Transition.RECORD_OUTCOME},
    "choice.reopened": {Transition.REOPEN_CHOICE},
    "decision.cancelled": {
        Transition.CANCEL_IN_DEFINE,
        Transition.CANCEL_IN_CRITERIA,
        Transition.CANCEL_IN_OPTIONS,
        Transition.CANCEL_IN_EVALUATE,
    },
}
"""A line of the trail -> the moves that it may stand for; a second round opens where the first one was published."""
TOLD_AGAIN = {"criteria.submitted", "decision.resolved"}
"""Lines that an edited press writes once more, where it replaces what it did the first time."""
WRONG = "Something went wrong"
MOVED = " has moved to another channel"
"""What is left of a card, where its decision was taken to another channel."""
AFTERWARDS = re.compile(r"\bResult\b|[Tt]oo close to call|comes first|share the first place|\bleads\b(?! right there)")
"""Words of a result; see test_canaries."""
Waits = Mapping[UUID, Mapping[UUID, set[str]]]
"""By member and decision, the kinds of what waits."""


class Broken(AssertionError):
    """Something that must be true is not."""


@dataclass
class Checks:
    house: House
    team: Team
    clock: Clock
    crowd: Crowd
    errors: list[str]
    _read: set[tuple[str, str, str | None]] = field(default_factory=set)
    _answered: int = 0

    async def after_step(self, before: Waits | None) -> None:
        """before: what waited for whom when a step began in which the clock ticked."""
        self._nothing_failed()
        self._every_answer_was_good()
        new = list(self._new_messages())
        for channel, message in new:
            self._is_fit_to_be_read(channel, message)
        for user, views in self.house.sandbox.town.workspace.stacks.items():
            for view in views:
                _insist(LOADING not in json.dumps(view.blocks), f"a window of {user} says that it loads, and does not")
                _insist(WRONG not in json.dumps(view.blocks), f"a window of {user} says that something went wrong")
        self._nobody_says_a_result_before_there_is_one(new)
        self._comments_are_kept(new)
        await self._nobody_is_nudged_for_nothing(new, before)

    async def at_the_end(self) -> None:
        self._messages_came_once()
        for (decision_id,) in self.clock.sql("SELECT id FROM customer_decisions ORDER BY number"):
            found = await cards.get(self.team.db, decision_id)
            self._trail_leads_here(found)
            self._trail_tells_of_its_options(found)
            self._has_its_card(found)
            await self._is_not_stranded(found)
            await self._verifies(found)
        await self._results_are_what_was_scored()
        self._members_are_as_the_trail_says()

    # After each step.

    def _nothing_failed(self) -> None:
        _insist(not self.errors, f"logged as errors: {self.errors}")
        dead = self.clock.sql("SELECT kind, last_error, payload FROM outbox WHERE state = 'dead'")
        _insist(not dead, f"given up: {dead}")

    def _every_answer_was_good(self) -> None:
        found = self.house.sandbox.deliveries()
        bad = [d.summary() for d in found[self._answered :] if d.status != 200 and d.error != "operation_timeout"]
        self._answered = len(found) if len(found) < 5000 else 0
        _insist(not bad, f"answered badly: {bad}")

    def _new_messages(self) -> Iterator[tuple[Channel, Message]]:
        """Those of the bot that are new, or show something else than before."""
        for channel in self.house.sandbox.town.workspace.channels.values():
            for message in channel.messages.values():
                key = (channel.id, message.ts, message.edited_ts)
                if key not in self._read and message.text != "an old card":
                    self._read.add(key)
                    yield channel, message

    def _is_fit_to_be_read(self, channel: Channel, message: Message) -> None:
        _insist(WRONG not in _all(message), f"in {channel.name}: {message.text}")
        problems = message_problems({"text": message.text, "blocks": message.blocks})
        _insist(not problems, f"Slack would not take {message.text!r}: {problems}")

    def _nobody_says_a_result_before_there_is_one(self, new: list[tuple[Channel, Message]]) -> None:
        published = {number for (number,) in self.clock.sql(PUBLISHED)}
        for _, message in new:
            about = re.match(r"\D{0,40}#(\d+)\b", message.text)
            if about and int(about[1]) not in published and not message.only_for:
                _insist(not AFTERWARDS.search(_all(message)), f"before there is a result: {_all(message)}")

    def _comments_are_kept(self, new: list[tuple[Channel, Message]]) -> None:
        """Nobody reads a comment before the result is there."""
        published = {
            str(round_id) for (round_id,) in self.clock.sql("SELECT id FROM rounds WHERE published_at IS NOT NULL")
        }
        texts = [_all(message) for _, message in new]
        texts += [str(row) for row in self.clock.sql("SELECT payload, last_error FROM outbox WHERE state = 'ready'")]
        for words in re.findall(rf"{SAID}\d+", " ".join(texts)):
            about = self.crowd.comments.get(words, "")
            _insist(any(round_id in about for round_id in published), f"{words} is read before the result")

    async def _nobody_is_nudged_for_nothing(self, new: list[tuple[Channel, Message]], before: Waits | None) -> None:
        nudges = [(channel, message, key) for channel, message in new if (key := _key(message)).startswith("nudge:")]
        if not nudges:
            return
        after = await self.waits()
        people = dict(self.clock.sql("SELECT slack_user_id, member_id FROM slack_identities"))
        for channel, message, _ in nudges:
            member = people[channel.person or ""]
            for decision_id in _decisions_in(message):
                kinds = after[member].get(decision_id, set()) | (before or after)[member].get(decision_id, set())
                _insist(bool(kinds), f"{channel.person} is nudged for nothing: {message.text}")

    async def leads(self) -> dict[str, set[tuple[str, str]]]:
        """By person of Slack, the buttons (id, value) that lead on for them, invitations among them."""
        people = self.clock.sql("SELECT member_id, slack_user_id FROM slack_identities")
        items = await self._waiting()
        return {
            user: {(str(item.action), str(d)) for d, item in items if item.member_id == member and item.action}
            for member, user in people
        }

    async def waits(self) -> Waits:
        """All that waits for members and may be said aloud."""
        found: dict[UUID, dict[UUID, set[str]]] = defaultdict(dict)
        for decision_id, item in await self._waiting():
            if not item.kind.is_invitation:
                found[item.member_id].setdefault(decision_id, set()).add(item.kind.value)
        return found

    async def _waiting(self) -> list[tuple[UUID, Waiting]]:
        """Everything that waits for anybody now, with its decision."""
        ids = [row[0] for row in self.clock.sql("SELECT id FROM customer_decisions")]
        team_id, workspace_id = self.team.actors["p0"].team.id, self.house.sandbox.spec.team_id

        async def read(c: AsyncConnection) -> list[tuple[UUID, Waiting]]:
            members = await teams.in_turn(c, team_id=team_id, workspace_id=workspace_id)
            now, rules = self.clock.now, self.house.bot.deps.rules
            briefs = (await dossier.get_briefs(c, ids)).items()
            items = ((d, one) for d, brief in briefs for one in waiting(brief, members, now=now, rules=rules))
            return [(decision_id, item) for decision_id, item in items if item.is_there(now)]

        return await run_tx(self.team.db, read)

    # At the end.

    def _messages_came_once(self) -> None:
        workspace = self.house.sandbox.town.workspace
        keys = Counter(
            (channel.id, key)
            for channel in workspace.channels.values()
            for message in channel.messages.values()
            if (key := _key(message)) and MOVED not in message.text
        )
        more = {key: count for key, count in keys.items() if count > 1}
        _insist(not more, f"came more than once: {more}")

    def _trail_leads_here(self, found: Dossier) -> None:
        """The lines of the trail that move the decision, one after the other, lead through the states that it had."""
        d, events = found.decision, self.clock.sql(EVENTS, found.decision.id)
        here: State | None = None
        told: dict[str, State] = {}
        for kind, _, at in events:
            ends = {TRANSITIONS[one][1] for one in MOVES.get(kind, ()) if TRANSITIONS[one][0] == here}
            is_told_again = kind in TOLD_AGAIN and here in {TRANSITIONS[one][1] for one in MOVES[kind]}
            _insist(bool(ends) or kind not in MOVES or is_told_again, f"{d.name}: {kind} in {here}")
            for end in ends - {here}:
                here = told[at] = end
        states = [((Status(details[0]), Phase(details[1])), at) for kind, details, at in events if kind == "state"]
        _insist({state for state, _ in states} <= VALID_STATES, f"{d.name} was in {states}")
        # A decision that is opened complete passes two phases in one transaction: only its end is seen by others.
        had, led = list({at: state for state, at in states}.values()), list(told.values())
        _insist(led == had, f"{d.name} was in {had}, and the trail leads through {led}")
        _insist(here == d.state, f"{d.name} is in {d.state}, and the trail leads to {here}")

    def _trail_tells_of_its_options(self, found: Dossier) -> None:
        events = self.clock.sql(EVENTS, found.decision.id)
        there = {details["option"] for kind, details, _ in events if kind == "option.proposed"}
        gone = {details["option"] for kind, details, _ in events if kind == "option.removed"}
        options = {str(option.id) for option in found.options}
        _insist(
            there - gone == options, f"{found.decision.name}: options {options}, by the trail {there} without {gone}"
        )

    def _has_its_card(self, found: Dossier) -> None:
        d = found.decision
        shown = [
            (channel, message)
            for channel in self.house.sandbox.town.workspace.channels.values()
            for message in channel.messages.values()
            if _key(message) == f"card:{d.id}" and MOVED not in message.text
        ]
        if d.channel_id is None:
            return
        _insist(len(shown) == 1, f"{d.name} has {len(shown)} cards")
        (channel, message), wanted = shown[0], card_view.card(found, now=self.clock.now)
        _insist(channel.id == d.channel_id, f"the card of {d.name} is in {channel.name}")
        if found.is_over and self.clock.sql(RENAMED):
            return  # what is over goes on naming people as they were called
        there, should = _timeless(message.blocks), _timeless(wanted["blocks"])
        _insist(there == should, f"the card of {d.name} shows\n{there}\nand should show\n{should}")

    async def _is_not_stranded(self, found: Dossier) -> None:
        """Whatever has a next step waits for somebody who is there."""
        d, now = found.decision, self.clock.now
        if step(found.brief, now) is None or found.is_finished:
            return
        waits = [kinds for theirs in (await self.waits()).values() for kinds in theirs.get(d.id, ())]
        somebody = [kind for kind in waits if not Kind(kind).is_news]
        nobody_is_left = not self.clock.sql("SELECT FROM team_members WHERE is_active LIMIT 1")
        _insist(bool(somebody) or nobody_is_left, f"{d.name} in {d.place} waits for nobody")

    async def _verifies(self, found: Dossier) -> None:
        verified = await results.verify(self.team.db, number=found.decision.number, team_name=None)
        _insist(verified.is_as_published and verified.order != "unsealed", f"{found.decision.name}: {verified}")

    async def _results_are_what_was_scored(self) -> None:
        for round_id, decision_id in self.clock.sql(
            "SELECT id, decision_id FROM rounds WHERE published_at IS NOT NULL"
        ):
            found = await cards.get(self.team.db, decision_id)
            published = await run_tx(self.team.db, lambda c: result.find(c, round_id))  # noqa: B023 - awaited at once
            if found.round is None or found.round.id != round_id:
                continue  # its snapshot of people is that of the first round
            again = self._computed_again(found, round_id)
            _insist(published == again, f"{found.decision.name}: published {published}, again {again}")

    def _computed_again(self, found: Dossier, round_id: UUID) -> Result:
        live = found.round
        assert live is not None
        cells: dict[UUID, dict[tuple[UUID, UUID], int]] = {}
        sure: dict[UUID, dict[tuple[UUID, UUID], int]] = {}
        for who, option, criterion, score, confidence in self.clock.sql(BALLOTS, round_id):
            cells.setdefault(who, {})[option, criterion] = score
            if confidence is not None:
                sure.setdefault(who, {})[option, criterion] = confidence
        ballots = list(cells.values())
        analysis = analyse(
            option_ids=live.option_ids, weights=live.weights, ballots=ballots,
            confidences=[sure.get(who, {}) for who in cells],
        )  # fmt: skip
        return publishable(
            analysis, weights=live.weights, ballots=len(ballots), people=live.people, thresholds=live.thresholds,
            is_second=live.follows is not None,
        )  # fmt: skip

    def _members_are_as_the_trail_says(self) -> None:
        told: dict[str, bool] = {}
        for details in self.clock.sql("SELECT details FROM storm.events WHERE kind LIKE 'member.%%' ORDER BY id"):
            if "is_active" in (details[0] or {}):
                told[details[0]["member"]] = details[0]["is_active"][-1]
        for member_id, is_active in self.clock.sql("SELECT id::text, is_active FROM team_members"):
            _insist(told.get(member_id, True) == is_active, f"{member_id} is active: {is_active}, not so by the trail")


PUBLISHED = (
    "SELECT d.number FROM customer_decisions d JOIN rounds r ON r.decision_id = d.id WHERE r.published_at IS NOT NULL"
)
RENAMED = "SELECT FROM audit_logs WHERE action = 'member.changed' AND jsonb_exists(details, 'name') LIMIT 1"
EVENTS = "SELECT kind, details, xid::text FROM storm.events WHERE decision_id = %s ORDER BY id"
BALLOTS = "SELECT evaluator_id, option_id, criteria_id, score, confidence FROM storm.ballots WHERE round_id = %s"


def _insist(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Broken(otherwise)


def _all(message: Message) -> str:
    return f"{message.text} {json.dumps(message.blocks, ensure_ascii=False)}"


def _key(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("key") or "")


def _decisions_in(message: Message) -> set[UUID]:
    """Those that its buttons lead to."""
    values = re.findall(r'"value": "([0-9a-f-]{36})"', json.dumps(message.blocks))
    return {UUID(value) for value in values}


def _timeless(blocks: list[Json]) -> str:
    """A card without what changes while the decision does not: whether it is overdue, which button leads on, and the
    authority of whoever resolved it (known: the card tells that of the moment when it was last brought up to date)."""
    text = json.dumps(blocks, ensure_ascii=False, sort_keys=True)
    text = re.sub(r'"block_id": "[^"]*", |, with authority \d', "", text)
    return text.replace("  ·  *overdue*", "").replace('"style": "primary", ', "")
