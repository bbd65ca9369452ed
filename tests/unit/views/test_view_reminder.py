"""Nudges, letters and the Home tab: what they say, to whom, and that Slack takes them whatever people typed."""

from dataclasses import replace
from datetime import timedelta
from types import ModuleType

import pytest

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.home import Decided, Home, Stranger
from bot.domain.preference import Preferences
from bot.domain.reminder import ESCALATIONS, Kind, rungs, waiting
from bot.domain.team import Actor
from bot.errors import Invalid
from bot.views import home, letter, preference, reminder
from bot.views.reminder import Told
from bot.views.slack import ids
from slack_limits import message_problems, view_problems


def all_told(dossiers: ModuleType) -> list[Told]:
    return [Told(dossier, kind) for dossier in dossiers.situations().values() for kind in Kind]


def test_every_nudge_of_every_situation_fits_and_bears_known_buttons(dossiers: ModuleType) -> None:
    pressed = set()
    for told in all_told(dossiers):
        for items in ([told], [told] * 40):
            message = reminder.nudge(items, authority=4)
            assert message_problems(message) == [], told.kind
            for block in message["blocks"]:
                elements = [*block.get("elements", []), block.get("accessory", {})]
                pressed |= {e["action_id"] for e in elements if "action_id" in e}
    assert pressed <= ids.ALL
    assert {Action.SCORE, Action.RESOLVE, Action.EXTEND_ROUND, ids.SNOOZE} <= pressed


def test_no_escalation_names_anybody_who_is_asked(dossiers: ModuleType) -> None:
    for told in all_told(dossiers):
        if told.kind not in ESCALATIONS:
            continue
        words = str(reminder.nudge([told], authority=5))
        for person in dossiers.PEOPLE:
            assert person.name not in words
            assert not person.slack_user_id or person.slack_user_id not in words


@pytest.mark.parametrize("pattern", ["x", "<&>", "漢字", "*_~`", "a\x00\u202eb"])
def test_whatever_people_typed_fits(dossiers: ModuleType, pattern: str) -> None:
    for told in all_told(dossiers):
        case = replace(told.dossier.decision.case, title=(pattern * 500)[:500], customer_name=(pattern * 255)[:255])
        long = replace(told.dossier, decision=replace(told.dossier.decision, case=case))
        assert message_problems(reminder.nudge([Told(long, told.kind)] * 30, authority=4)) == []


def test_nobody_is_told_that_they_have_an_authority_which_they_lack(dossiers: ModuleType) -> None:
    told = next(t for t in all_told(dossiers) if t.kind is Kind.RESOLVE and t.dossier.result)

    words = str(reminder.nudge([replace(told, takes=4)], authority=3))

    assert "resolving takes authority 4, which nobody who may resolve it has; you come closest with 3." in words
    assert "you have the authority" not in words
    assert Action.RESOLVE not in words
    assert "you have the authority to decide" in str(reminder.nudge([replace(told, takes=4)], authority=4))


def test_a_letter_says_the_same_as_plain_words(dossiers: ModuleType) -> None:
    told = next(t for t in all_told(dossiers) if t.kind is Kind.SCORE and t.dossier.round)

    found = letter.letter([told], name="Tom <Becker>", authority=1)

    assert found.subject == "Conclave: Score #42 Refund <six> weeks of outage"
    assert "Tom &lt;Becker&gt;" in found.html
    assert "Refund &lt;six&gt; weeks of outage" in found.html
    assert "https://slack.com/app_redirect?team=T1&amp;channel=C1" in found.html
    for mark in ("<!date", "&amp;lt;", "<script", "*"):
        assert mark not in found.html + found.plain
    assert len(found.plain) <= letter.SMS_LENGTH


def test_deciders_hear_rung_by_rung_and_the_owner_is_not_one_of_them(dossiers: ModuleType) -> None:
    open_round = next(d for d in dossiers.situations().values() if d.round and d.round.closed_at is None)
    case = replace(open_round.decision.case, urgency_level=5)
    urgent = replace(open_round, decision=replace(open_round.decision, case=case))
    table = AuthorityTable()

    told = [i for i in waiting(urgent, dossiers.PEOPLE, now=dossiers.NOW, table=table) if i.kind is Kind.SCORING]

    levels = [rung[0].authority for rung in rungs(urgent, dossiers.PEOPLE, table)]
    assert levels == sorted(levels)
    assert urgent.decision.created_by not in {i.member_id for i in told}
    assert len({i.member_id for i in told}) == len(told)
    half = (urgent.round.closes_at - urgent.round.opened_at) / 2
    assert min(i.first for i in told) == half
    assert {i.first - half for i in told} <= {timedelta(hours=n) for n in range(5)}
    assert all(i.most == 1 for i in told)


def test_an_inactive_member_is_never_told(dossiers: ModuleType) -> None:
    people = [replace(m, is_active=False) for m in dossiers.PEOPLE]

    for dossier in dossiers.situations().values():
        assert waiting(dossier, people, now=dossiers.NOW, table=AuthorityTable()) == ()


@pytest.mark.parametrize("number", [0, 1, 25, 26, 400])
def test_home_fits_however_long_the_list_is(dossiers: ModuleType, number: int) -> None:
    found = next(iter(dossiers.situations().values()))
    messages = dict(dossiers.messages(found))
    assert messages
    line = a_line(dossiers)
    actor = Actor(dossiers.SARAH, dossiers.TEAM, "T1", "U1")
    decided = tuple(Decided(line.decision_id, 1, "x" * 500, "y" * 500, dossiers.NOW) for _ in range(5))
    for page in (0, 1, 99):
        view = home.home(Home(actor, (line,) * number, decided, 5, page, True), now=dossiers.NOW)
        assert view_problems(view) == []


def a_line(dossiers: ModuleType) -> object:
    from bot.domain.decision import Line, Status

    d = dossiers.a_decision(Status.EVALUATING, 4)
    return Line(
        d.id,
        42,
        "x" * 500,
        "<&>" * 85,
        "refund_request",
        5,
        d.status,
        d.phase,
        dossiers.NOW,
        "score",
        Action.SCORE.value,
    )


def test_a_stranger_reads_why_and_nothing_else() -> None:
    view = home.home(Stranger(True, ("Sarah",)), now=None)
    assert "Sarah can add you" in str(view)
    assert view_problems(view) == []
    assert "Set up your team" in str(home.home(Stranger(False, ()), now=None))


def settings_modal(dossiers: ModuleType, **facts: object) -> dict[str, object]:
    given = {"zone": "Europe/Berlin", "ways": ("push", "email", "sms"), "email": "tom@x.example", "phone": None}
    return preference.settings(Preferences(), now=dossiers.NOW, revision="r1", **{**given, **facts})  # type: ignore[arg-type]


def test_settings_as_opened_are_the_settings_that_stand(dossiers: ModuleType, payloads: ModuleType) -> None:
    view = settings_modal(dossiers, ways=("push", "email"))

    form = preference.parse(payloads.submitted(view))

    assert view_problems(view) == []
    assert (form.starts, form.ends, form.days) == (540, 1080, frozenset(range(5)))
    assert (form.push, form.email, form.sms, form.snooze) == (True, True, False, "no")


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"starts": "18:00"}, "ends"), ({"days": []}, "days"), ({"ways": ["sms"]}, "phone"), ({"phone": "12"}, "phone")],
)
def test_settings_that_make_no_sense_are_refused_under_their_field(
    dossiers: ModuleType, payloads: ModuleType, typed: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        preference.parse(payloads.submitted(settings_modal(dossiers), **typed))

    assert refusal.value.field == field


def test_settings_show_only_the_ways_that_exist(dossiers: ModuleType) -> None:
    assert "SMS" not in str(settings_modal(dossiers, ways=("push",)))
    assert "Phone for SMS" in str(settings_modal(dossiers))
