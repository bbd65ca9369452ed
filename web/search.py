"""The team's decisions: found by words and filters, newest first."""

import re
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.domain.decision import DECISION_TYPES, URGENCY
from bot.domain.search import State, Wanted
from bot.services import search
from bot.services import team as teams
from web import person
from web.page import render

_NUMBER = re.compile(r"#?([0-9]{1,9})")
_WORDS_LENGTH = 200
_MOST_NUMBER = 2**31 - 1


async def show(request: Request) -> Response:
    """A number leads right to its decision."""
    who, typed = await person.by(request), request.query_params
    number = _NUMBER.fullmatch(typed.get("q", "").strip())
    if number:
        return RedirectResponse(f"/d/{who.team.key}-{number[1]}", HTTPStatus.SEE_OTHER)
    db = person.deps(request).db
    found = await search.find(db, who, wanted(typed))
    given = {name: value for name, value in typed.items() if value and name != "before"}
    return await render(
        request,
        "decisions.jinja",
        found=found,
        given=given,
        next=urlencode({**given, "before": found.before}) if found.before else None,
        members=await teams.members(db, who),
        zone=await person.zone(request),
        states=list(State),
        types=DECISION_TYPES,
        urgencies=URGENCY,
    )


def wanted(typed: Mapping[str, str]) -> Wanted:
    """What an address asks for. What cannot be read is not asked for: addresses are typed and cut off by hand."""
    state, kind = typed.get("state", ""), typed.get("type", "")
    return Wanted(
        words=typed.get("q", "").replace("\0", "").strip()[:_WORDS_LENGTH],
        state=State(state) if state in set(State) else None,
        decision_type=kind if kind in DECISION_TYPES else None,
        customer=typed.get("customer", "").replace("\0", "").strip()[:_WORDS_LENGTH] or None,
        urgency=_number(typed.get("urgency"), 5),
        owner=_id(typed.get("owner")),
        since=_day(typed.get("since")),
        until=_day(typed.get("until")),
        before=_number(typed.get("before"), _MOST_NUMBER),
    )


def _number(value: str | None, most: int) -> int | None:
    found = int(value) if value and re.fullmatch(r"[0-9]{1,10}", value) else 0
    return found if 1 <= found <= most else None


def _id(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


def _day(value: str | None) -> date | None:
    try:
        found = date.fromisoformat(value) if value else None
    except ValueError:
        return None
    return found if found and 2000 <= found.year < 3000 else None
