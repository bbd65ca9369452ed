"""Who stands behind a request: addresses through proxies, tokens of programs."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from bot.config import Settings
from bot.deps import Deps
from bot.domain.team import SlackUser
from bot.domain.token import Scope
from bot.errors import Invalid, NotAllowed, NotFound
from bot.services import team as teams
from bot.services import token as tokens
from tests.support.team import Team
from web import person


def a_request(deps: Any, *, peer: str = "203.0.113.9", **headers: str) -> Request:
    app = Starlette()
    app.state.deps = deps
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": sent, "client": (peer, 1), "app": app})


def _behind(proxies: str, **how: str) -> str | None:
    settings = Settings(_env_file=None, CONCLAVE_TRUSTED_PROXIES=proxies)
    return person.address(a_request(Deps(None, None, settings, None), **how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        ("", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "10.4.4.4", "10.4.4.4"),
        ("10.0.0.0/8", "10.1.2.3", "nonsense", None),
        ("10.0.0.0/8", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.1.2.3", "", "10.1.2.3"),
        ("::1/128", "::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_proxies_are_believed_as_far_as_they_are_trusted(
    proxies: str, peer: str, forwarded: str, expected: str | None
) -> None:
    how = {"x_forwarded_for": forwarded} if forwarded else {}
    assert _behind(proxies, peer=peer, **how) == expected


async def test_a_program_acts_for_whoever_made_its_token_and_the_trail_names_both(team: Team) -> None:
    made = await tokens.issue_api_token(team.db, team.by("mike"), label=" Support  bot ", scope=Scope.OPEN, days=30)

    who = await person.by_token(a_request(team.house.bot.deps, authorization=f"Bearer {made.value}"), Scope.READ)

    assert who.member.name == "Mike Chen"
    assert who.actor.user_id == team.actors["mike"].user_id
    assert who.origin
    assert who.origin.token == made.about.id
    assert (made.about.label, made.value.startswith("conclave_"), made.value in repr(made)) == (
        "Support bot",
        True,
        False,
    )


async def test_a_token_does_no_more_than_its_scopes(team: Team) -> None:
    made = await tokens.issue_api_token(team.db, team.by("mike"), label="Bot", scope=Scope.OPEN, days=30)
    request = a_request(team.house.bot.deps, authorization=f"Bearer {made.value}")

    with pytest.raises(NotAllowed, match="lacks the scope act"):
        await person.by_token(request, Scope.ACT)


async def test_no_token_and_wrong_ones_open_nothing(team: Team, database_url: str) -> None:
    deps = team.house.bot.deps
    made = await tokens.issue_api_token(team.db, team.by("mike"), label="Bot", scope=Scope.ACT, days=30)
    link = await tokens.issue_link(team.db, team.by("mike"))

    for header in ("", "Bearer", "Bearer conclave_x", f"Basic {made.value}", f"Bearer {link}", f"Bearer {made.value}x"):
        with pytest.raises(person.SignedOut):
            await person.by_token(a_request(deps, authorization=header), Scope.READ)
    await person.by_token(a_request(deps, authorization=f"bearer {made.value}"), Scope.READ)


@pytest.mark.parametrize("why", ["revoked", "too old", "deactivated"])
async def test_a_token_that_is_over_opens_nothing_any_more(team: Team, why: str) -> None:
    made = await tokens.issue_api_token(team.db, team.by("mike"), label="Bot", scope=Scope.READ, days=30)
    request = a_request(team.house.bot.deps, authorization=f"Bearer {made.value}")
    await person.by_token(request, Scope.READ)

    if why == "revoked":
        await tokens.revoke(team.db, team.by("mike"), made.about.id)
    elif why == "too old":
        await team.change("UPDATE auth_tokens SET expires_at = created_at")
    else:
        mike = team.actors["mike"]
        await teams.deactivate(team.db, user=SlackUser(mike.workspace_id, mike.user_id), cause="test")

    with pytest.raises(person.SignedOut):
        await person.by_token(request, Scope.READ)


async def test_nobody_takes_away_somebody_elses_token(team: Team) -> None:
    made = await tokens.issue_api_token(team.db, team.by("mike"), label="Bot", scope=Scope.READ, days=30)

    with pytest.raises(NotFound, match="no such token among yours"):
        await tokens.revoke(team.db, team.by("lisa"), made.about.id)

    assert [one.label for one in await tokens.mine(team.db, team.by("mike"))] == ["Bot"]
    assert await tokens.mine(team.db, team.by("lisa")) == []


@pytest.mark.parametrize(("label", "days", "field"), [("", 30, "label"), ("x" * 81, 30, "label"), ("Bot", 0, "days")])
async def test_a_token_has_a_name_and_an_end(team: Team, label: str, days: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await tokens.issue_api_token(team.db, team.by("mike"), label=label, scope=Scope.READ, days=days)

    assert refused.value.field == field


async def test_use_is_known_to_the_day_and_written_once_a_day(team: Team) -> None:
    made = await tokens.issue_api_token(team.db, team.by("mike"), label="Bot", scope=Scope.READ, days=30)
    request = a_request(team.house.bot.deps, authorization=f"Bearer {made.value}")

    await person.by_token(request, Scope.READ)
    version = team.value("SELECT xmin::text FROM auth_tokens")
    await person.by_token(request, Scope.READ)

    assert team.value("SELECT xmin::text FROM auth_tokens") == version
    assert team.value("SELECT last_used = timezone('UTC', now())::date FROM auth_tokens")
