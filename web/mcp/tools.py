"""The tools: what each takes, and the use case that answers it. Every rule and refusal is the service's own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from bot.deps import Deps
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.draft import Content, Source
from bot.domain.option import OptionDraft
from bot.domain.search import State, Wanted
from bot.domain.team import Actor
from bot.domain.token import Scope, Token
from bot.errors import Invalid
from bot.services import decision as decisions
from bot.services import dossier as dossiers
from bot.services import draft as drafts
from bot.services import precedent as earlier
from bot.services import search
from bot.services import team as teams
from web.api import said as api
from web.api import shapes
from web.mcp import said

Words = Annotated[str, StringConstraints(max_length=200)]
MOST_WAITING = 25


@dataclass(frozen=True)
class Hand:
    """With what a tool works: for whom, by which token, now."""

    deps: Deps
    by: By
    token: Token


class Nothing(shapes.Sent):
    """Takes nothing."""


class Sought(shapes.Sent):
    """All that is given has to hold."""

    words: Words = Field(default="", description="Words of title, customer or description.")
    state: State | None = None
    type: shapes.Kind | None = None
    customer: Words | None = Field(default=None, description="The whole name.")
    before: shapes.Number | None = Field(default=None, description="`next` of the page before.")


class Numbered(shapes.Sent):
    number: shapes.Number = Field(description="The decision's number, as in #42.")


async def my_waiting(hand: Hand, _: Nothing) -> said.WaitingOut:
    lines = [line for line in await decisions.unfinished(hand.deps.db, hand.by) if line.waits]
    return said.waiting(lines[:MOST_WAITING], len(lines), team=hand.by.team, url=hand.deps.settings.url)


async def find_decisions(hand: Hand, sought: Sought) -> shapes.Rows:
    wanted = Wanted(
        words=sought.words.replace("\0", ""),
        state=sought.state,
        decision_type=sought.type,
        customer=sought.customer.replace("\0", "") if sought.customer else None,
        before=sought.before,
    )
    found = await search.find(hand.deps.db, hand.by, wanted)
    return shapes.Rows(items=[api.row(line) for line in found.lines], next=found.before)


async def get_decision(hand: Hand, asked: Numbered) -> said.DecisionOut:
    return said.decision(await _found(hand, asked.number), hand.by.now, url=hand.deps.settings.url)


async def precedents(hand: Hand, asked: Numbered) -> shapes.PrecedentsOut:
    return api.precedents(await earlier.find(hand.deps.db, hand.by, await _found(hand, asked.number)))


async def start_decision(hand: Hand, proposed: shapes.Proposed) -> said.DraftOut:
    """Nothing is opened: a person does that, or puts it away."""
    owner = await _owner(hand, proposed.owner)
    made = await drafts.make(
        hand.deps.db,
        owner,
        source=Source(f"token:{hand.token.id}", hand.token.label),
        reference=proposed.reference,
        content=_content(proposed),
        origin=hand.by.origin,
        made_by=hand.by.member.id,
    )
    return said.draft(owner.member, is_new=made.is_new)


async def _owner(hand: Hand, email: str | None) -> Actor:
    """Raises Invalid for nobody, and for somebody who has never met Conclave in Slack: no message would reach them."""
    if email is None:
        return hand.by.actor
    people = await teams.active_members(hand.deps.db, hand.by)
    found = next((one for one in people if one.email.lower() == email.lower()), None)
    if found is None or found.slack_user_id is None:
        raise Invalid("No active member of your team whom Slack knows has this address.", field="owner")
    return Actor(found, hand.by.team, hand.by.actor.workspace_id, found.slack_user_id)


def _content(proposed: shapes.Proposed) -> Content:
    return Content(
        title=proposed.title,
        description=proposed.description,
        customer=proposed.customer,
        customer_email=proposed.customer_email,
        decision_type=proposed.type or "",
        urgency=proposed.urgency,
        amount=proposed.financial_impact,
        channel_id=proposed.channel,
        options=tuple(OptionDraft(one.title, one.description, one.cost) for one in proposed.options),
    )


async def _found(hand: Hand, number: int) -> Dossier:
    """Raises NotFound for another team's as for one that there is not."""
    return await dossiers.close_due_and_get_by_number(hand.deps.db, hand.by, number)


@dataclass(frozen=True)
class Tool:
    words: str
    """What an agent is told of it."""
    takes: type[BaseModel]
    does: Callable[[Hand, Any], Awaitable[BaseModel]]
    scope: Scope = Scope.READ


TOOLS = {
    "my_waiting": Tool("What waits for the person whose token this is, the nearest first.", Nothing, my_waiting),
    "find_decisions": Tool("The team's decisions by words and filters, newest first.", Sought, find_decisions),
    "get_decision": Tool(
        "One decision: where it stands, its options, its published result, and once it is resolved the choice with its "
        "reason and its limits.",
        Numbered,
        get_decision,
    ),
    "start_decision": Tool(
        "Propose a decision with its options. Opens nothing: its owner gets a message in Slack and opens it, or not.",
        shapes.Proposed,
        start_decision,
        Scope.OPEN,
    ),
    "precedents": Tool(
        "Earlier cases like a decision's; what was chosen in them only once its own result is published.",
        Numbered,
        precedents,
    ),
}
