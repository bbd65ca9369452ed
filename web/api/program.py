"""Which program asks, for whom, and what its token lets it do."""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Header, Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from bot.domain.by import By
from bot.domain.press import Press
from bot.domain.token import AGENT_SCOPES, Bearer, Scope
from bot.errors import NotAllowed
from web import person

_NAMED = HTTPBearer(auto_error=False, description="A token from the settings page: conclave_...")
"""For the documentation; `door.Door` has looked at the token before any of this."""


def bearer(request: Request) -> Bearer:
    found: Bearer = request.state.bearer
    return found


def acting(request: Request, press: Press | None = None) -> By:
    """The token's owner, now, by the rules of this installation; the trail will name the token too."""
    who, d = bearer(request), person.deps(request)
    return By(who.actor, d.now, d.rules.of(who.actor.team.id), press=press, origin=person.origin(request, who))


def check_scope(who: Bearer, scope: Scope) -> None:
    """Raises NotAllowed where this token may not do what takes the scope."""
    if who.token.may(scope):
        return
    if who.token.for_agent and scope not in AGENT_SCOPES:
        raise NotAllowed("An agent's token opens decisions and never ends them. Ask a person to do this in Slack.")
    raise NotAllowed(f"This token lacks the scope {scope}. Make one that has it, under Settings.")


def _by(scope: Scope) -> Callable[..., Coroutine[Any, Any, By]]:
    async def acts(
        request: Request,
        named: Annotated[object, Security(_NAMED)],
        if_match: Annotated[
            str | None, Header(description='The ETag of the revision that is meant, such as "7".')
        ] = None,
        idempotency_key: Annotated[
            str | None,
            Header(min_length=1, max_length=100, description="The same key and body again is done once, for a day."),
        ] = None,
    ) -> By:
        who = bearer(request)
        check_scope(who, scope)
        press = await _press(request, who, idempotency_key) if idempotency_key else None
        by = acting(request, press)
        return replace(by, revision=_revision(if_match)) if if_match else by

    return acts


async def _press(request: Request, who: Bearer, key: str) -> Press:
    """So that the work itself is done once, even if this process dies before the answer is kept."""
    digest = hashlib.sha256(await request.body()).hexdigest()
    return Press(f"api:{who.token.id}", key, digest)


def _revision(if_match: str) -> int:
    """Of another shape than ours: no revision, which never fits."""
    digits = if_match.strip().removeprefix("W/").strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else 0


Reader = Annotated[By, Depends(_by(Scope.READ))]
Opener = Annotated[By, Depends(_by(Scope.OPEN))]
Actor = Annotated[By, Depends(_by(Scope.ACT))]
