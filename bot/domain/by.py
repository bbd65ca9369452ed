"""Who acts, when, under which rules, by which press: the one value that a use case is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from bot.domain.authority import AuthorityTable
from bot.domain.classification import Classifier
from bot.domain.plan import NO_LIMITS, Plan, Plans
from bot.domain.press import Press
from bot.domain.reply import NO_REPLIES, Replies
from bot.domain.sketch import Model
from bot.domain.team import Actor, Member, Team
from bot.domain.template import CriteriaTemplates


@dataclass(frozen=True)
class Own:
    """What the operator has settled for one team apart."""

    authority: AuthorityTable
    templates: CriteriaTemplates


@dataclass(frozen=True)
class Rules:
    """What the installation has settled; the bot's own work, which nobody presses, is given these alone."""

    authority: AuthorityTable
    templates: CriteriaTemplates
    classifier: Classifier
    replies: Replies = NO_REPLIES
    plans: Plans = NO_LIMITS
    teams: Mapping[UUID, Own] = field(default_factory=dict)
    """Teams that go by rules of their own."""
    model: Model | None = None
    """The language model that is asked about cases; None where none is set, or it cannot be asked."""

    def of(self, team_id: UUID) -> "Rules":
        """The rules that this team goes by."""
        own = self.teams.get(team_id)
        return replace(self, authority=own.authority, templates=own.templates) if own else self


@dataclass(frozen=True)
class Origin:
    """From where somebody acts who comes by the web; a click in Slack comes from Slack's servers, and has none."""

    address: str | None = None
    """Of the person's machine, as far as the trusted proxies tell."""
    agent: str | None = None
    """What the browser or program calls itself."""
    token: UUID | None = None
    """The API token, where one was used; its row may be gone by now."""


@dataclass(frozen=True)
class By:
    """Made at the front door, from a click; `now` is the one moment that the whole use case goes by."""

    actor: Actor
    now: datetime
    rules: Rules
    """Those that the actor's team goes by."""
    press: Press | None = None
    """The submission that it is, so that the same press twice does its work once; None for a button, and for scores."""
    origin: Origin | None = None
    """None for a click in Slack."""
    revision: int | None = None
    """The decision is to be at this revision, else nothing is done; None: at whichever it is."""

    @property
    def member(self) -> Member:
        return self.actor.member

    @property
    def team(self) -> Team:
        return self.actor.team

    @property
    def plan(self) -> Plan:
        return self.rules.plans.of(self.team)
