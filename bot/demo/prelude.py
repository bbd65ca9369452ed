"""Owns what happens before a visitor comes: the sample team works through three cases, by the product's own use cases.

They press no buttons, so that it takes seconds; cards, results and messages are the bot's own, as after any press.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from bot.config import Settings
from bot.demo import history
from bot.demo.cases import COLLECTING, CRITERIA, DECIDED, SCORING, Told
from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Case, Decision, Dossier, Status
from bot.domain.evaluation import Comments, Page
from bot.domain.outcome import OutcomeDraft
from bot.domain.press import Press
from bot.domain.team import Actor, Profile, SlackUser
from bot.services import card, criterion, decision, dossier, evaluation, export, option, outcome, round, team
from bot.store.db import Db, connect
from sandbox.server import Sandbox

FIRST = 1
"""The number of the decision that the given schema holds."""
MOST_CARDS = 12
PUBLISHED_SECONDS = 30.0
_POLL_SECONDS = 0.05
_ROLE = "support_manager"
_DECIDER, _AUTHORITY = "mike", 4


async def play(sandbox: Sandbox, database_url: str) -> None:
    """Bring three decisions into the channel: one decided, one that collects options, one that is being scored.
    Behind them the team has a history of decided cases, without cards.

    In a database where this was done before, nothing is done anew but that the cards come back: a sandbox keeps no
    messages. The bot is running. Raises TimeoutError where it does not publish a result.
    """
    db = connect(database_url)
    try:
        office = _Office(sandbox, db)
        await office.gather("sarah", "mike", "lisa")
        if [one.status for one in await office.decisions()] == [Status.CREATED]:
            await office.work()
            # At the end: what a visitor sees first keeps the first numbers.
            await asyncio.to_thread(history.load, database_url, now=sandbox.clock.now())
        else:
            await office.bring_cards_back()
    finally:
        await db.close()


class _Office:
    """The sample team at work."""

    def __init__(self, sandbox: Sandbox, db: Db) -> None:
        self.sandbox = sandbox
        self.db = db
        self.rules = Settings(_env_file=None).rules
        self.actors: dict[str, Actor] = {}

    def by(self, name: str) -> By:
        press = Press(uuid4().hex, uuid4().hex, uuid4().hex)
        return By(self.actors[name], self.sandbox.clock.now(), self.rules, press)

    def profile(self, name: str) -> Profile:
        spec = self.sandbox.spec
        person = next(one for one in spec.people if one.name == name)
        return Profile(
            spec.team_id, person.id, person.real_name, person.email, person.tz, is_admin=person.is_admin, is_person=True
        )

    async def gather(self, *names: str) -> None:
        """Know these members of the team by their place in Slack."""
        for name in names:
            profile = self.profile(name)
            await team.link_by_email(self.db, profile)
            found = await team.find_actor(self.db, SlackUser(profile.workspace_id, profile.user_id))
            if found is not None:
                self.actors[name] = found

    async def work(self) -> None:
        await self._complete_the_team()
        await self._decide(DECIDED, await self._open(DECIDED))
        first = await dossier.close_due_and_get_by_number(self.db, self.by(COLLECTING.owner), FIRST)
        await self._complete(first)
        await self._propose(COLLECTING, first.decision.id)
        await self._score(SCORING, await self._open(SCORING), most_criteria=CRITERIA)

    async def _complete_the_team(self) -> None:
        """Sarah, an admin of the workspace, adds Tom and Ana, and lets Mike resolve."""
        sarah = self.by("sarah")
        await team.add_people(self.db, sarah, profiles=[self.profile("tom"), self.profile("ana")], role=_ROLE)
        mike = self.actors[_DECIDER].member
        fields = team.MemberFields(mike.name, mike.email, mike.role, _AUTHORITY, mike.expertise_areas, is_active=True)
        await team.edit_member(self.db, sarah, mike.id, fields=fields, is_workspace_admin=True)
        await self.gather("mike", "tom", "ana")

    async def _open(self, told: Told) -> UUID:
        channel = self.sandbox.spec.channels[0].id
        by = self.by(told.owner)
        case = self._dated(told.case)
        opened, _ = await decision.open_decision(self.db, by, case=case, channel_id=channel, permalink=None)
        return opened.id

    def _dated(self, case: Case) -> Case:
        return replace(case, expected_resolution_date=self._at_work(days=3))

    def _at_work(self, *, days: int) -> datetime:
        """So many days from now, when most of the team is at work."""
        return self.sandbox.clock.now().replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=days)

    async def _complete(self, first: Dossier) -> None:
        await decision.edit_case(
            self.db,
            self.by(COLLECTING.owner),
            first.decision.id,
            action=Action.COMPLETE_CASE,
            case=self._dated(COLLECTING.case),
            channel_id=self.sandbox.spec.channels[0].id,
        )

    async def _propose(self, told: Told, decision_id: UUID, *, most_criteria: int | None = None) -> None:
        drafts = self.rules.templates.of(told.case.decision_type)[:most_criteria]
        await criterion.submit(self.db, self.by(told.owner), decision_id, drafts=drafts)
        for name, draft in told.options:
            await option.propose(self.db, self.by(name), decision_id, drafts=[draft])

    async def _score(self, told: Told, decision_id: UUID, *, most_criteria: int | None = None) -> None:
        await self._propose(told, decision_id, most_criteria=most_criteria)
        owner = self.by(told.owner)
        everybody = [actor.member.id for actor in self.actors.values()]
        found = await round.start(
            self.db,
            owner,
            decision_id,
            member_ids=everybody,
            closes_at=self._at_work(days=1),
            is_two_confirmed=False,
        )
        for name in told.scores:
            await self._submit(told, found, name)

    async def _submit(self, told: Told, found: Dossier, name: str) -> None:
        assert found.round is not None  # it was started just now
        options = [next(o.id for o in found.options if o.title == draft.title) for _, draft in told.options]
        rows = zip(found.criteria, told.scores[name], strict=True)
        pages = {one.id: Page(dict(zip(options, row, strict=True))) for one, row in rows}
        await evaluation.submit(self.db, self.by(name), found.round.id, pages=pages, comments=Comments())

    async def _decide(self, told: Told, decision_id: UUID) -> None:
        await self._score(told, decision_id)
        found = await self._published(told, decision_id)
        chosen = next(o.id for o in found.options if o.title == told.options[0][1].title)
        resolver = self.by(told.resolver)
        await outcome.resolve(self.db, resolver, decision_id, option_id=chosen, reason=told.reason)
        await outcome.set_informed(self.db, self.by(told.resolver), decision_id)
        draft = OutcomeDraft(9, True, told.options[0][1].financial_cost, outcome_notes=told.outcome)
        await outcome.record(self.db, self.by(told.owner), decision_id, draft=draft)

    async def _published(self, told: Told, decision_id: UUID) -> Dossier:
        """All have scored: the bot's worker publishes what came of it. Raises TimeoutError."""
        async with asyncio.timeout(PUBLISHED_SECONDS):
            while True:
                found = await dossier.close_due_and_get(self.db, self.by(told.owner), decision_id)
                if found.result is not None:
                    return found
                await asyncio.sleep(_POLL_SECONDS)

    async def decisions(self) -> list[Decision]:
        """The team's newest, oldest first."""
        records = await export.page(self.db, team_id=self.by("sarah").team.id, before=None)
        return [one.decision for one in reversed(records)]

    async def bring_cards_back(self) -> None:
        """A sandbox that has just begun shows nothing of what there was."""
        shown = [one for one in await self.decisions() if one.channel_id]
        for one in shown[-MOST_CARDS:]:
            await card.post_again(self.db, self.by("sarah"), one.id)
