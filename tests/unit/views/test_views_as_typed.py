"""Whatever marks people type into a title, a name or a comment: every message and window shows these very characters.

Each view is built twice: with words full of marks and with a calm word as long. Rendered, the two differ in that word
and in nothing else: what was typed is there, and no format of it leaks into the words around.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from markupsafe import escape

from bot.domain.action import Action
from bot.domain.decision import Dossier
from bot.domain.home import Decided, Home
from bot.domain.round import Round
from bot.domain.team import Actor
from bot.domain.waiting import Kind, Line, Waiting, action_for
from bot.views import export, home, letter, reminder
from bot.views.reminder import Told
from bot.views.slack import text
from sandbox.mrkdwn import Reader, plain
from sandbox.page.eyes import Eyes
from sandbox.page.markup import mrkdwn
from tests.support import dossiers
from tests.support.dossiers import NOW, TEAM

READER = Reader()
EYES = Eyes(READER)
TYPED = ["*a* `b`", "_a_ ~b~ c_", "> a <!b>", "@here *a", "``` _*b*", "__init__ &amp;", "＊a＊ *"]
SITUATIONS = ["define", "open", "published", "second result", "learn", "cancelled"]


def _calm(typed: str) -> str:
    return "Q" * len(text.escape(typed))


def _every(situation: str, typed: str) -> Iterator[tuple[str, dict[str, Any]]]:
    dossier = _named(dossiers.situations()[situation], typed)
    yield from dossiers.modals(dossier, pattern=typed)
    yield from dossiers.messages(dossier, pattern=typed)
    yield from _nudges(dossier)
    yield "home", _home(dossier, typed)
    team = replace(TEAM, name=typed)
    for number in (1, export.MOST_PARTS):
        yield f"export {number}", export.part(team, (), number=number, decisions=3, has_more=number > 1)[0]


def _nudges(dossier: Dossier) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in Kind:
        if not kind.is_invitation:
            waits = Waiting(dossier.owner.id, kind, action_for(kind, dossier.brief))
            yield f"nudge {kind}", reminder.nudge([Told(dossier.brief, waits, 1)] * 2, authority=4)


def _home(dossier: Dossier, typed: str) -> dict[str, Any]:
    line = Line(dossier.decision, Waiting(dossier.owner.id, Kind.SCORE, Action.SCORE))
    decided = Decided(dossier.decision.id, 1, typed, typed, NOW)
    team = replace(TEAM, name=typed, industry=typed)
    actor = Actor(replace(dossier.owner, name=typed), team, "T1", "U1")
    return home.home(Home(actor, (line,), (decided,), 5, 0, True), now=NOW)


def _named(dossier: Dossier, typed: str) -> Dossier:
    """The same decision, with everything that people name called `typed`."""
    found = dossier.decision
    case = replace(found.case, title=typed, description=typed, customer_name=typed, customer_id=typed)
    return replace(
        dossier,
        decision=replace(found, case=case, cancel_reason=found.cancel_reason and typed),
        owner=replace(dossier.owner, name=typed),
        resolver=dossier.resolver and replace(dossier.resolver, name=typed, slack_user_id=None),
        criteria=tuple(replace(c, name=typed, description=typed) for c in dossier.criteria),
        options=tuple(replace(o, title=typed, description=typed) for o in dossier.options),
        round=dossier.round and _of_people_named(dossier.round, typed),
        outcome=dossier.outcome and replace(dossier.outcome, reason=typed, outcome_notes=typed),
    )


def _of_people_named(round_: Round, typed: str) -> Round:
    people = tuple(replace(m, name=typed, slack_user_id=None) for m in round_.members)
    return replace(round_, members=people, override_reason=typed if round_.closed_at else None)


def _parsed(value: Any) -> Iterator[str]:
    """Every text in the tree in which Slack looks for marks."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for part in value.values():
            yield from _parsed(part)
    elif isinstance(value, list):
        for part in value:
            yield from _parsed(part)


def _texts(shown: dict[str, Any]) -> list[str]:
    return [*_parsed(shown), *([shown["text"]] if "text" in shown else [])]


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text as typed instead of filled to its limit, so that nothing of it is cut off."""
    monkeypatch.setattr(dossiers, "filled", lambda pattern, length: pattern)


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize("typed", [pytest.param(t, marks=pytest.mark.slow if n else ()) for n, t in enumerate(TYPED)])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_marks_that_people_type_are_shown_as_typed_everywhere(situation: str, typed: str) -> None:
    calm = _calm(typed)
    seen = 0
    for (name, wild), (_, tame) in zip(_every(situation, typed), _every(situation, calm), strict=True):
        for shown, expected in zip(_texts(wild), _texts(tame), strict=True):
            assert plain(shown, READER) == plain(expected, READER).replace(calm, typed), name
            assert _tags(shown) == _tags(expected), name
            seen += calm in expected
    assert seen > 20


def _tags(shown: str) -> list[str]:
    """What the page makes of it, without the words."""
    return re.findall(r"</?\w+[^>]*>", str(mrkdwn(shown, EYES, verbatim=True)))


@pytest.mark.parametrize("typed", TYPED)
def test_a_letter_has_the_very_characters_too(typed: str) -> None:
    brief = _named(dossiers.situations()["open"], typed).brief
    told = Told(brief, Waiting(brief.decision.created_by, Kind.SCORE, Action.SCORE), 1)

    found = letter.letter([told], name=typed, authority=4)

    assert typed in found.subject
    assert typed in found.plain
    assert str(escape(typed)) in found.html
