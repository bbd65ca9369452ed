"""Whom a restored backup asks to score again: whoever is still missing, and is in Slack."""

from dataclasses import replace
from uuid import UUID

import pytest

from bot.domain.decision import Dossier
from bot.domain.team import SlackUser
from bot.services.lost import _asked
from tests.support import dossiers
from tests.support.known import known


def missing(found: Dossier) -> tuple[UUID, UUID]:
    """(the round, somebody who has not scored)."""
    live = known(found.round)
    return live.id, next(m.member_id for m in live.roster if not m.submitted)


@pytest.fixture
def found() -> Dossier:
    """In a workspace, as everybody on its roster."""
    found = dossiers.situations()["open"]
    live = known(found.round)
    members = tuple(replace(m, slack_user_id=f"U{n}") for n, m in enumerate(live.members))
    decision = replace(found.decision, workspace_id="T1")
    return replace(found, decision=decision, round=replace(live, members=members))


def test_whoever_is_missing_is_asked(found: Dossier) -> None:
    round_id, member_id = missing(found)
    person = next(m for m in known(found.round).members if m.member_id == member_id)
    assert _asked(found, round_id=round_id, member_id=member_id) == SlackUser("T1", known(person.slack_user_id))


def test_nobody_is_asked_who_has_scored_or_is_in_another_round(found: Dossier) -> None:
    round_id, member_id = missing(found)
    scored = next(m.member_id for m in known(found.round).roster if m.submitted)
    assert _asked(found, round_id=round_id, member_id=scored) is None
    assert _asked(found, round_id=UUID(int=0), member_id=member_id) is None
    ended = replace(known(found.round), closed_at=dossiers.NOW)
    assert _asked(replace(found, round=ended), round_id=round_id, member_id=member_id) is None


def test_nobody_is_asked_whom_slack_does_not_know(found: Dossier) -> None:
    round_id, member_id = missing(found)
    live = known(found.round)
    unlinked = tuple(replace(m, slack_user_id=None) for m in live.members)
    assert _asked(replace(found, round=replace(live, members=unlinked)), round_id=round_id, member_id=member_id) is None
    nowhere = replace(found, decision=replace(found.decision, workspace_id=None))
    assert _asked(nowhere, round_id=round_id, member_id=member_id) is None
