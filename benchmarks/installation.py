"""The product as an operator runs it: a team, decisions opened by the use cases, `conclave web` and `worker`."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg

from benchmarks.forms import BALLOT, PAGE, PRESS, Form
from benchmarks.ground import Ground
from bot.config import Settings
from bot.demo.process import BotProcess
from bot.demo.techcorp import techcorp
from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.criterion import CriterionDraft
from bot.domain.decision import DECISION_TYPES, Case
from bot.domain.option import OptionDraft
from bot.domain.press import Press
from bot.domain.team import Actor, Profile
from bot.domain.template import CriteriaTemplates
from bot.services import decision, option, round, team
from bot.store.db import Db, connect
from sandbox.people import Modal, Person
from sandbox.server import Sandbox
from sandbox.server import running as running_sandbox
from sandbox.spec import ChannelSpec, PersonSpec, WorkspaceSpec

SNOOZE = "reminder.snooze"
CARDS = "CARD"
"""How the ids of channels begin to which nothing but cards goes."""
_ROLE = "support_manager"
_SCORE = "7"
_OPTIONS = ("Full refund", "Half of it", "A voucher", "A credit note", "One month free", "An apology")
_CRITERIA = ("Customer trust", "Cost to us", "Fairness to others", "Effort of the team", "What it sets as an example")
_ABOUT = "What we would do, in a sentence or two, so that everybody scores the same thing and nobody has to ask."

# Who has saved all that their form holds, by their id in Slack.
_KEPT = {
    PAGE: "SELECT i.slack_user_id FROM ballot_pages b JOIN slack_identities i USING (member_id) WHERE round_id = %s "
    "AND (SELECT count(*) FROM jsonb_object_keys(opened_page(page) -> 'scores')) = 6",
    BALLOT: "SELECT i.slack_user_id FROM round_members m JOIN slack_identities i USING (member_id) "
    "JOIN rounds r ON r.id = m.round_id JOIN evaluations e ON e.decision_id = r.decision_id "
    "AND e.evaluator_id = m.member_id WHERE m.round_id = %s AND m.submitted GROUP BY 1 HAVING count(*) = 12",
    PRESS: "SELECT i.slack_user_id FROM audit_logs a JOIN slack_identities i ON i.member_id = a.user_id "
    "WHERE a.action = 'reminders.snoozed' AND %s::uuid IS NOT NULL GROUP BY 1 HAVING count(*) = 1",
}
_CLEAR = """
DELETE FROM ballot_pages;
DELETE FROM evaluations;
UPDATE round_members SET submitted = false WHERE submitted;
DELETE FROM audit_logs WHERE action = 'reminders.snoozed';
DELETE FROM outbox;
"""


@dataclass
class Installation:
    ground: Ground
    sandbox: Sandbox
    db: Db
    """As the service, for use cases that are called without a port."""
    owner: Actor
    rounds: dict[str, UUID] = field(default_factory=dict)
    """By form."""
    forms: dict[str, Form] = field(default_factory=dict)

    @property
    def people(self) -> list[str]:
        """Ids in Slack of everybody who scores but the owner: so no round is ever complete."""
        return [person.id for person in self.sandbox.spec.people[1:]]

    def process(self, role: str, **more: str) -> BotProcess:
        log = self.ground.place / f"{role}-{uuid4().hex[:6]}.log"
        url = self.ground.server.service_url
        command = [sys.executable, "-m", "bot"]
        return BotProcess(
            command, sandbox=self.sandbox, database_url=url, log_path=log, log_level="WARNING", role=role, more=more
        )

    def kept(self, kind: str) -> set[str]:
        """Who has saved what this form holds, as the database has it."""
        with psycopg.connect(self.ground.server.url) as owner:
            return {str(row[0]) for row in owner.execute(_KEPT[kind].encode(), [self.rounds[kind]])}

    def clear(self) -> None:
        with psycopg.connect(self.ground.server.url, autocommit=True) as owner:
            owner.execute(_CLEAR)

    def by(self) -> By:
        rules = Settings(_env_file=None).rules
        templates = CriteriaTemplates(dict.fromkeys(DECISION_TYPES, ()))
        press = Press(uuid4().hex, uuid4().hex, uuid4().hex)
        return By(self.owner, datetime.now(UTC), replace(rules, templates=templates), press)

    async def open(self, title: str, *, channel: str, criteria: Sequence[str] = _CRITERIA) -> UUID:
        by = self.by()
        drafts = tuple(CriterionDraft(name, Decimal(2)) for name in criteria)
        rules = replace(by.rules, templates=CriteriaTemplates(dict.fromkeys(DECISION_TYPES, drafts)))
        case = Case("refund_request", "ABC Corporation", title, "They want everything back.", "enterprise")
        case = replace(case, expected_resolution_date=datetime.now(UTC).replace(microsecond=0) + timedelta(days=3))
        made, _ = await decision.open_decision(
            self.db, replace(by, rules=rules), case=case, channel_id=channel, permalink=None
        )
        return made.id

    async def start_round(
        self, title: str, *, options: int, criteria: int, roster: Sequence[UUID]
    ) -> tuple[UUID, UUID]:
        """A decision that is being scored: (its id, that of its round)."""
        made = await self.open(title, channel="C0DECISIONS", criteria=_CRITERIA[:criteria])
        for name in _OPTIONS[:options]:
            await option.propose(self.db, self.by(), made, drafts=[OptionDraft(name, _ABOUT, Decimal(500))])
        closes_at = datetime.now(UTC) + timedelta(days=3)
        found = await round.start(
            self.db, self.by(), made, member_ids=roster, closes_at=closes_at, is_two_confirmed=False
        )
        assert found.round is not None  # it was started just now
        return made, found.round.id


@asynccontextmanager
async def installed(ground: Ground, *, people: int) -> AsyncIterator[Installation]:
    """A team of so many and its owner, one decision of 6 x 5 and one of 4 x 3 being scored, and their forms."""
    spec = _workspace(people)
    db = connect(ground.server.service_url, budget_seconds=30)
    async with running_sandbox(spec) as sandbox:
        try:
            made = Installation(ground, sandbox, db, await _team(db, spec))
            await _take_forms(made)
            yield made
        finally:
            await db.close()


def _workspace(people: int) -> WorkspaceSpec:
    persons = tuple(
        PersonSpec(f"U{n:05d}", f"p{n}", f"Person {n}", f"p{n}@techcorp.com", "UTC", True) for n in range(people + 1)
    )
    channel = ChannelSpec("C0DECISIONS", "decisions", ("p0", "p1", "conclave"))
    return replace(techcorp(), people=persons, channels=(channel,))


async def _team(db: Db, spec: WorkspaceSpec) -> Actor:
    profiles = [
        Profile(spec.team_id, one.id, one.real_name, one.email, one.tz, is_admin=one.is_admin, is_person=True)
        for one in spec.people
    ]
    press = Press(uuid4().hex, uuid4().hex, uuid4().hex)
    fields = team.Fields("The Team", "TechCorp", None, 5, "USD")
    owner = await team.create(
        db, profile=profiles[0], fields=fields, role=_ROLE, domain=spec.domain, channel_id=None, press=press
    )
    by = By(owner, datetime.now(UTC), Settings(_env_file=None).rules, press)
    await team.add_people(db, by, profiles=profiles[1:], role=_ROLE)
    return owner


async def _take_forms(made: Installation) -> None:
    """Let the first person fill in everything once, and keep what Slack would have sent."""
    with psycopg.connect(made.ground.server.url) as owner:
        roster = [row[0] for row in owner.execute("SELECT member_id FROM slack_identities ORDER BY slack_user_id")]
    web = made.process("web")
    await web.start()
    try:
        page, made.rounds[PAGE] = await made.start_round("Refund", options=6, criteria=5, roster=roster)
        ballot, made.rounds[BALLOT] = await made.start_round("Voucher", options=4, criteria=3, roster=roster)
        made.rounds[PRESS] = made.rounds[PAGE]
        made.forms[PAGE] = await _scored(made, PAGE, page, "Criterion 2 of 5")
        made.forms[BALLOT] = await _scored(made, BALLOT, ballot, "Submitted in secret")
        made.forms[PRESS] = await _pressed(made, SNOOZE, "tomorrow")
    finally:
        await web.stop()
        made.clear()


async def _scored(made: Installation, kind: str, decision_id: UUID, marker: str) -> Form:
    person = made.sandbox.person("p1")
    await _click(made, Action.SCORE, str(decision_id))
    modal = await _window(person)
    await person.fill({label: _SCORE for label in modal.inputs if " · " in label})
    answered = await person.submit()
    sent = made.sandbox.deliveries("view_submission")[-1]
    if not answered.ok or marker not in str(sent.answer):
        raise SystemExit(f"The product did not save a {kind}: {answered}")
    await person.close(everything=True)
    return Form(
        kind, sent.payload["view"]["callback_id"], sent.payload["user"]["id"], sent.payload, sent.answer, marker
    )


async def _pressed(made: Installation, action: str, value: str) -> Form:
    await _click(made, action, value)
    sent = made.sandbox.deliveries("block_actions")[-1]
    return Form(PRESS, action, sent.payload["user"]["id"], sent.payload, sent.answer, "")


async def _click(made: Installation, action: str, value: str) -> None:
    """A button that only the first person sees, as in a card or a nudge."""
    town, label = made.sandbox.town, f"Press {uuid4().hex[:6]}"
    words = {"type": "plain_text", "text": label}
    button = {"type": "button", "text": words, "action_id": action, "value": value}
    channel = town.workspace.visible_channels("U00001")[0]
    blocks = [{"type": "actions", "elements": [button]}]
    town.workspace.post(channel, user=made.sandbox.spec.bot_user_id, text=label, blocks=blocks, only_for="U00001")
    answered = await made.sandbox.person("p1").click(label)
    if not answered.ok:
        raise SystemExit(f"The product refused {action}: {answered}")


async def _window(person: Person) -> Modal:
    """The open window, once it no longer says that it is loading."""
    while True:
        modal = await person.modal()
        if modal and any(" · " in label for label in modal.inputs):
            return modal
