"""A team at work in a house: steps by the services, for what a test is not about."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID, uuid4

from bot import jobs, lexicon
from bot.domain.action import Action
from bot.domain.by import By, Rules
from bot.domain.criterion import CriterionDraft
from bot.domain.decision import DECISION_TYPES, Case, Decision
from bot.domain.evaluation import Comments, Page
from bot.domain.option import OptionDraft
from bot.domain.press import Press
from bot.domain.team import Actor, Profile, SlackUser
from bot.domain.template import CriteriaTemplates
from bot.services import criterion as criteria
from bot.services import decision as decisions
from bot.services import dossier as dossiers
from bot.services import evaluation as evaluations
from bot.services import option as options
from bot.services import outcome as outcomes
from bot.services import round as rounds
from bot.services import team as teams
from tests.support.hands import OWNER, Hands
from tests.support.house import House
from tests.support.records import PATIENCE_SECONDS

ROLE = "support_manager"
CASE = Case(
    decision_type="refund_request",
    customer_name="ABC Corporation",
    title="Refund for the outage",
    description="They want everything back.",
    customer_tier="enterprise",
    customer_email="cfo@abc.example",
    financial_impact=Decimal(500),
    expected_resolution_date=datetime.now(UTC).replace(microsecond=0) + timedelta(days=3),
)
TITLES = ("Full refund", "Partial credit")
CRITERIA = (CriterionDraft("Trust", Decimal(3)), CriterionDraft("Cost", Decimal(1)))


def a_press() -> Press:
    return Press(uuid4().hex, uuid4().hex, uuid4().hex)


class Team(Hands):
    """Sarah's team in a house. What a test is not about is done by the services; the rest through Slack."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        # The bot's own pool, without its haste: nobody waits three seconds for a step that a test takes.
        self.db = dataclasses.replace(house.bot.deps.db, budget_seconds=PATIENCE_SECONDS)
        self.table = house.bot.deps.rules.authority
        self.rules = Rules(self.table, CriteriaTemplates(dict.fromkeys(DECISION_TYPES, CRITERIA)), lexicon.authored())
        self.actors: dict[str, Actor] = {}

    def by(self, name: str, press: Press | None = None) -> By:
        """This person, now, who has just filled in a form."""
        return By(self.actors[name], self.now, self.rules, press or a_press())

    # Steps by the services.

    def profile(self, name: str) -> Profile:
        person = self._slack(name)
        workspace = self.house.sandbox.spec.team_id
        return Profile(
            workspace, person.id, person.real_name, person.email, person.tz, is_admin=person.is_admin, is_person=True
        )

    async def gather(self, *names: str, owner: str = OWNER) -> Self:
        """The owner (authority 5) and these people (authority 1) are a team."""
        fields = teams.Fields("CS Team", "TechCorp", None, 5, "USD")
        made = await teams.create(
            self.db, profile=self.profile(owner), fields=fields, role=ROLE, domain="techcorp", channel_id=None,
            press=a_press(),
        )  # fmt: skip
        who = By(made, self.now, self.rules)
        await teams.add_people(self.db, who, profiles=[self.profile(n) for n in names], role=ROLE)
        for name in (owner, *names):
            found = await teams.find_actor(self.db, SlackUser(made.workspace_id, self._slack(name).id))
            assert found is not None
            self.actors[name] = found
        return self

    def give(self, name: str, authority: int) -> None:
        self.sql(
            "UPDATE team_members SET escalation_authority = %s WHERE id = %s",
            authority,
            self.actors[name].member.id,
        )
        member = dataclasses.replace(self.actors[name].member, authority=authority)
        self.actors[name] = dataclasses.replace(self.actors[name], member=member)

    def take_two(self, level: int | None) -> None:
        """From this authority on a choice takes two people, as an operator's defaults say it."""
        self.table = dataclasses.replace(self.table, two_persons_from=level)
        self.rules = dataclasses.replace(self.rules, authority=self.table)
        settings = self.house.bot.deps.settings
        settings.__dict__["rules"] = dataclasses.replace(settings.rules, authority=self.table)

    async def open(self, *, by: str = OWNER, channel_id: str | None = "", **case: Any) -> Decision:
        """A decision in phase 3, or 1 where the case lacks something. channel_id '': the first channel."""
        decision, _ = await decisions.open_decision(
            self.db,
            self.by(by),
            case=dataclasses.replace(CASE, **case),
            channel_id=self.house.sandbox.spec.channels[0].id if channel_id == "" else channel_id,
            permalink=None,
        )
        self._decision_id = decision.id
        return decision

    async def retitle(self, title: str) -> None:
        """An edit of the case at hand by Sarah."""
        sarah = self.by("sarah")
        found = await dossiers.close_due_and_get(self.db, sarah, self.decision_id)
        case = dataclasses.replace(found.decision.case, title=title)
        await decisions.edit_case(self.db, sarah, self.decision_id, action=Action.EDIT_CASE, case=case)

    async def to_options(
        self,
        titles: Sequence[str] = TITLES,
        *,
        by: str = OWNER,
        drafts: Sequence[CriterionDraft] = CRITERIA,
        **case: Any,
    ) -> Self:
        """A decision in phase 3 with these options and criteria."""
        await self.open(by=by, **case)
        await criteria.submit(self.db, self.by(by), self.decision_id, drafts=drafts)
        for title in titles:
            draft = OptionDraft(title, "What we would do.", Decimal(100))
            await options.propose(self.db, self.by(by), self.decision_id, drafts=[draft])
        return self

    async def to_scoring(self, *names: str, by: str = OWNER, titles: Sequence[str] = TITLES, **case: Any) -> Self:
        """A decision in phase 4 that these people score; all of the team by default. case: also its `drafts`."""
        await self.to_options(titles, by=by, **case)
        return await self.starts(*names, by=by)

    async def starts(self, *names: str, by: str = OWNER) -> Self:
        """Scoring of the decision at hand starts."""
        people = names or tuple(self.actors)
        await rounds.start(
            self.db,
            self.by(by),
            self.decision_id,
            member_ids=[self.actors[n].member.id for n in people],
            closes_at=self.now + timedelta(days=1),
            is_two_confirmed=True,
        )
        return self

    @property
    def round_id(self) -> UUID:
        found: UUID = self.value(
            "SELECT id FROM rounds WHERE decision_id = %s ORDER BY number DESC LIMIT 1", self.decision_id
        )
        return found

    def option_id(self, title: str) -> UUID:
        found: UUID = self.value(
            "SELECT id FROM response_options WHERE decision_id = %s AND title = %s", self.decision_id, title
        )
        return found

    async def save_pages(self, name: str, *scores: int) -> None:
        """Save every page: these scores for the options, in the order in which they were proposed."""
        ids = [self.option_id(title) for title in TITLES]
        page = Page(dict(zip(ids, scores or (8, 5), strict=True)), 4)
        criteria_ids = self.sql("SELECT id FROM decision_criteria WHERE decision_id = %s", self.decision_id)
        pages = {criterion_id: page for (criterion_id,) in criteria_ids}
        await evaluations.save(self.db, self.by(name), self.round_id, pages=pages)

    async def ballot(self, name: str, *scores: int, comment: str = "", share: bool = False) -> evaluations.Submitted:
        await self.save_pages(name, *scores)
        texts = {self.option_id(TITLES[0]): comment} if comment else {}
        said = Comments(texts, share)
        return await evaluations.submit(self.db, self.by(name), self.round_id, pages={}, comments=said)

    async def to_result(self, *names: str, by: str = OWNER, **case: Any) -> Self:
        """A decision whose round is published; everybody preferred the first option."""
        await self.to_scoring(*names, by=by, **case)
        for name in names or tuple(self.actors):
            await self.ballot(name)
        await self.published()
        return self

    async def published(self) -> None:
        await self.until("SELECT published_at IS NOT NULL FROM rounds WHERE id = %s", True, self.round_id)

    async def to_resolved(self, *names: str, by: str = OWNER, resolver: str = "mike", **case: Any) -> Self:
        await self.to_result(*names, by=by, **case)
        await outcomes.resolve(
            self.db,
            self.by(resolver),
            self.decision_id,
            option_id=self.option_id(TITLES[0]),
            reason="It leads.",
        )
        return self

    async def end_round_now(self) -> None:
        """Let the closing time be past, without anybody having noticed."""
        await self.change("UPDATE rounds SET closes_at = now() - interval '1 minute' WHERE id = %s", self.round_id)

    async def tick(self) -> None:
        """The clock looks. It leaves alone what somebody holds, so no delivery may be under way."""
        await self.settled()
        assert await jobs.tick(self.house.bot.deps)

    # One team for many tests.

    def forget(self) -> None:
        """The decision at hand is whatever is opened next, also by hand."""
        self._decision_id = None

    async def tidy_up(self) -> None:
        """Nothing of what was done is open or on a screen any more, and everybody is who they are in `actors`."""
        self.take_two(None)
        workspace = self.house.sandbox.town.workspace
        for windows in workspace.stacks.values():
            windows.clear()
        for actor in self.actors.values():
            restored = "UPDATE team_members SET escalation_authority = %s, is_active = true WHERE id = %s"
            await self.change(restored, actor.member.authority, actor.member.id)
        open_rounds = "published_at IS NULL AND voided_at IS NULL"
        await self.change(f"SELECT void_round(id, opened_by, 'The test is over.') FROM rounds WHERE {open_rounds}")
        await self.change("UPDATE customer_decisions SET status = 'cancelled' WHERE status <> 'resolved'")
        for channel in workspace.channels.values():
            channel.messages.clear()


async def sarahs_team(house: House) -> Team:
    """Sarah (authority 5, workspace admin), Mike (4), Lisa and Tom (1); Ana and Eve are not in it."""
    found = await Team(house).gather("mike", "lisa", "tom")
    found.give("mike", 4)
    return found
