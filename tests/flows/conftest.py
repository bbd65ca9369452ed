"""A whole Conclave for one test: its own database, its own Slack, the bot between them, people who click."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from bot import app, http, log
from bot.config import Settings
from bot.demo.techcorp import techcorp
from bot.deps import Clock
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
from sandbox.people import Answer, Message, Modal, Person
from sandbox.server import Sandbox
from sandbox.server import running as running_sandbox
from sandbox.spec import PersonSpec, WorkspaceSpec


@dataclass
class House:
    """What a flow test has in its hands."""

    sandbox: Sandbox
    bot: app.Bot
    database_url: str

    def person(self, name: str) -> Person:
        return self.sandbox.person(name)


def settings_for(spec: WorkspaceSpec, api_url: str, *, mode: str = "http", **more: Any) -> Settings:
    return Settings(
        _env_file=None,
        slack_bot_token=spec.bot_token,
        slack_signing_secret=spec.signing_secret,
        slack_app_token=(spec.app_token or "") if mode == "socket" else "",
        slack_api_url=api_url,
        **more,
    )


def as_service(database_url: str) -> str:
    """The same database for the login that the bot has in tests (tests/conftest.py makes it)."""
    return make_url(database_url).set(username="conclave_test_service").render_as_string(hide_password=False)


@asynccontextmanager
async def living(
    database_url: str,
    spec: WorkspaceSpec,
    *,
    mode: Literal["http", "socket"] = "http",
    clock: Clock | None = None,
    **settings_of_bot: Any,
) -> AsyncIterator[House]:
    """Sandbox and bot for `spec`, talking over real HTTP (or a real websocket) on loopback."""
    async with running_sandbox(spec, mode=mode) as sandbox:
        settings = settings_for(spec, sandbox.api_url, mode=mode, **settings_of_bot)
        async with (
            app.running(settings, database_url=as_service(database_url), clock=clock) as bot,
            http.serving(bot.asgi, host="127.0.0.1", port=0) as port,
        ):
            sandbox.bot_url = f"http://127.0.0.1:{port}"
            yield House(sandbox, bot, database_url)


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    log.configure("INFO")


@pytest.fixture(params=["http"])
async def house(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[House]:
    async with living(database_url, techcorp(), mode=request.param) as house:
        yield house


@pytest.fixture
def living_in() -> Callable[..., Any]:
    """`async with living_in(database_url, spec, ...) as house`: for a house of another kind than usual."""
    return living


# --- A team at work ---------------------------------------------------------------------------------------

PATIENCE_SECONDS = 30.0
"""For what a slow machine does late; what is promised within a time says so where it is tested."""
OWNER = "sarah"
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


class Team:
    """Sarah's team in a house. What a test is not about is done by the services; the rest through Slack."""

    def __init__(self, house: House) -> None:
        self.house = house
        # The bot's own pool, without its haste: nobody waits three seconds for a step that a test takes.
        self.db = dataclasses.replace(house.bot.deps.db, budget_seconds=PATIENCE_SECONDS)
        self.table = house.bot.deps.rules.authority
        self.rules = Rules(self.table, CriteriaTemplates(dict.fromkeys(DECISION_TYPES, CRITERIA)))
        self.actors: dict[str, Actor] = {}
        self._decision_id: UUID | None = None

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def by(self, name: str, press: Press | None = None) -> By:
        """This person, now, who has just filled in a form."""
        return By(self.actors[name], self.now, self.rules, press or a_press())

    # What stands in the database.

    def sql(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        # A lock that the bot holds would be waited for in the bot's own loop, for ever.
        in_time: dict[str, Any] = {"autocommit": True, "options": "-c lock_timeout=3s"}
        with psycopg.connect(self.house.database_url, **in_time) as connection:
            cursor = connection.execute(query, arguments or None)
            return cursor.fetchall() if cursor.description else []

    async def change(self, query: str, *arguments: object) -> None:
        """Change rows that the bot may be working on."""
        await asyncio.to_thread(self.sql, query, *arguments)

    def value(self, query: str, *arguments: object) -> Any:
        ((found,),) = self.sql(query, *arguments)
        return found

    @property
    def state(self) -> tuple[str, int]:
        ((status, phase),) = self.sql(
            "SELECT status, current_phase FROM customer_decisions WHERE id = %s", self.decision_id
        )
        return status, phase

    async def until(self, query: str, expected: Any, *arguments: object, timeout: float = PATIENCE_SECONDS) -> None:
        """Wait until the query's one value is `expected`."""
        end = time.monotonic() + timeout
        while (found := self.value(query, *arguments)) != expected:
            assert time.monotonic() < end, f"{query}: {found!r}, not {expected!r}"
            await asyncio.sleep(0.03)

    async def waiting_for_locks(self, number: int) -> None:
        """Wait until so many of the bot's statements wait for a lock."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        await self.until(query, number)

    async def settled(self) -> None:
        """Wait until nothing waits in the outbox."""
        await self.until("SELECT count(*) FROM outbox WHERE state = 'ready'", 0)

    @property
    def decision_id(self) -> UUID:
        """The decision at hand: the last that was opened."""
        found: UUID = self._decision_id or self.value("SELECT id FROM customer_decisions ORDER BY number DESC LIMIT 1")
        return found

    # Steps by the services.

    def _slack(self, name: str) -> PersonSpec:
        return self.house.sandbox.town.workspace.person(name)

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

    async def open(self, *, by: str = OWNER, channel_id: str | None = "", **case: Any) -> Decision:
        """A decision in phase 2, or 1 where the case lacks something. channel_id '': the first channel."""
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

    async def to_options(self, titles: Sequence[str] = TITLES, *, by: str = OWNER, **case: Any) -> Self:
        """A decision in phase 3 with these options."""
        await self.open(by=by, **case)
        await criteria.submit(self.db, self.by(by), self.decision_id, drafts=CRITERIA)
        for title in titles:
            draft = OptionDraft(title, "What we would do.", Decimal(100))
            await options.propose(self.db, self.by(by), self.decision_id, draft=draft)
        return self

    async def to_scoring(self, *names: str, by: str = OWNER, **case: Any) -> Self:
        """A decision in phase 4 that these people score; all of the team by default."""
        await self.to_options(by=by, **case)
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
        for (criterion_id,) in self.sql("SELECT id FROM decision_criteria WHERE decision_id = %s", self.decision_id):
            await evaluations.save_page(self.db, self.by(name), self.round_id, criterion_id=criterion_id, page=page)

    async def ballot(self, name: str, *scores: int, comment: str = "", share: bool = False) -> evaluations.Submitted:
        await self.save_pages(name, *scores)
        texts = {self.option_id(TITLES[0]): comment} if comment else {}
        return await evaluations.submit(self.db, self.by(name), self.round_id, comments=Comments(texts, share))

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

    # Hands in Slack.

    def offer(self, name: str, action: str, value: object) -> str:
        """Lay a message with one button before a person, as an old card (or a forger) would; returns its label."""
        workspace = self.house.sandbox.town.workspace
        label = f"stale {uuid4().hex[:6]}"
        button = {
            "type": "button",
            "text": {"type": "plain_text", "text": label},
            "action_id": action,
            "value": str(value),
        }
        person = self._slack(name)
        workspace.post(
            workspace.visible_channels(person.id)[0],
            user=self.house.sandbox.spec.bot_user_id,
            text="an old card",
            blocks=[{"type": "actions", "elements": [button]}],
            only_for=person.id,
        )
        return label

    async def press(self, name: str, action: str, value: object = None, **how: Any) -> Answer:
        """Press a button that may be long out of date; about the decision at hand by default."""
        person = self.house.person(name)
        if await person.modal():
            await person.close(everything=True)
        label = self.offer(name, action, self.decision_id if value is None else value)
        return await person.click(label, **how)

    async def told(self, name: str, action: str, value: object = None) -> str:
        """Press, and return the sentence that came back: in the window, or as a private message."""
        person = self.house.person(name)
        before = {m.ts for m in await person.messages()}
        answer = await self.press(name, action, value)
        assert answer.ok, answer
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            modal = await person.modal()
            if modal and WAITING not in modal.text:
                assert modal.callback_id == "notice", modal.text
                await person.close(everything=True)
                return modal.text
            new = [m for m in await person.messages() if m.ts not in before and m.text != "an old card" and m.ephemeral]
            if new:
                return new[-1].rendered
            await asyncio.sleep(0.02)
        raise AssertionError(f"{name} was told nothing. {await person.screen()}")

    async def window(self, name: str, action: str, value: object = None) -> Modal:
        """Press a button that opens a modal, and wait until it stands there."""
        answer = await self.press(name, action, value)
        assert answer.ok, answer
        return await self.modal(name)

    async def modal(self, name: str, *, at_least: str = "") -> Modal:
        """The top modal, once it has stopped loading (and shows this text)."""
        return await modal_of(self.house.person(name), at_least=at_least)

    async def submit(self, name: str, values: Mapping[str, Any], **how: Any) -> Answer:
        person = self.house.person(name)
        await person.fill(values)
        return await person.submit(**how)

    async def card(self, name: str = OWNER) -> str:
        """The card in the channel once all is delivered; there is exactly one."""
        await self.settled()
        (card,) = await self.cards(name)
        return card.rendered

    async def cards(self, name: str = OWNER) -> list[Message]:
        number = self.value("SELECT number FROM customer_decisions WHERE id = %s", self.decision_id)
        found = await self.house.person(name).messages()
        return [m for m in found if m.rendered.startswith(f"#{number} · ") and not m.ephemeral and not m.thread_ts]

    def check_deliveries(self) -> None:
        """Every payload was answered in time and well."""
        bad = [d.summary() for d in self.house.sandbox.deliveries() if d.status != 200 or d.error]
        assert bad == []


WAITING = "One moment"


async def modal_of(person: Person, *, at_least: str = "", timeout: float = PATIENCE_SECONDS) -> Modal:
    """A person's top modal, once it has stopped loading (and shows this text)."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        modal = await person.modal()
        if modal and WAITING not in modal.text and at_least in modal.text:
            return modal
        await asyncio.sleep(0.02)
    raise AssertionError(f"{person.name} has no such window. {await person.screen()}")


@pytest.fixture
def modal_for() -> Callable[..., Awaitable[Modal]]:
    """`await modal_for(person, at_least=...)`: the top modal, once it has stopped loading."""
    return modal_of


@pytest.fixture
def newcomers(house: House) -> Team:
    """Nobody has set anything up yet."""
    return Team(house)


@pytest.fixture
async def team(house: House) -> Team:
    """Sarah (authority 5, workspace admin), Mike (4), Lisa and Tom (1); Ana and Eve are not in it."""
    found = await Team(house).gather("mike", "lisa", "tom")
    found.give("mike", 4)
    return found


@pytest.fixture
def team_in() -> Callable[[House], Team]:
    """A team (still without people) in any house."""
    return Team


@pytest.fixture
def alive() -> Callable[..., Any]:
    """`living`, for tests that need more than one house or an unusual one."""
    return living
