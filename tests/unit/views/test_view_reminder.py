"""Nudges, letters and the Home tab: what they say, to whom, and that Slack takes them whatever people typed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config import Settings
from bot.domain.action import Action
from bot.domain.decision import Brief, Status
from bot.domain.home import Decided, Home, Stranger
from bot.domain.preference import Preferences
from bot.domain.reminder import reminders
from bot.domain.team import Actor
from bot.domain.waiting import Kind, Line, Waiting, action_for
from bot.errors import Invalid
from bot.views import home, letter, preference, reminder
from bot.views.reminder import Told
from bot.views.slack import ids, text
from slack_limits import message_problems, view_problems
from tests.support import dossiers, payloads
from tests.support.known import known

SAID = [kind for kind in Kind if not kind.is_invitation]

RULES = Settings(_env_file=None).rules


def told_of(brief: Brief, kind: Kind, *, takes: int = 1) -> Told:
    return Told(brief, Waiting(brief.decision.created_by, kind, action_for(kind, brief)), takes)


def all_told() -> list[Told]:
    return [told_of(dossier.brief, kind) for dossier in dossiers.situations().values() for kind in SAID]


def test_every_nudge_of_every_situation_fits_and_bears_known_buttons() -> None:
    pressed = set()
    for told in all_told():
        for items in ([told], [told] * 40):
            message = reminder.nudge(items, authority=4)
            assert message_problems(message) == [], told.waits.kind
            for block in message["blocks"]:
                elements = [*block.get("elements", []), block.get("accessory", {})]
                pressed |= {e["action_id"] for e in elements if "action_id" in e}
    assert pressed <= ids.ALL
    assert {Action.SCORE, Action.RESOLVE, Action.EXTEND_ROUND, ids.SNOOZE} <= pressed


def test_no_escalation_names_anybody_who_is_asked() -> None:
    for told in all_told():
        if not told.waits.kind.is_escalation:
            continue
        words = str(reminder.nudge([told], authority=5))
        for person in dossiers.PEOPLE:
            assert person.name not in words
            assert not person.slack_user_id or person.slack_user_id not in words


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["x", "<&>", "漢字", "*_~`", "a\x00\u202eb"])
def test_whatever_people_typed_fits(pattern: str) -> None:
    for told in all_told():
        decision = told.brief.decision
        case = replace(decision.case, title=(pattern * 500)[:500], customer_name=(pattern * 255)[:255])
        long = replace(told, brief=replace(told.brief, decision=replace(decision, case=case)))
        assert message_problems(reminder.nudge([long] * 30, authority=4)) == []


def test_nobody_is_told_that_they_have_an_authority_which_they_lack() -> None:
    published = dossiers.situations()["published"].brief

    words = str(reminder.nudge([told_of(published, Kind.BEYOND, takes=4)], authority=3))

    assert "it needs a decider up to USD 50,000, and nobody in the team is one who may resolve it" in words
    assert "You come closest: you may decide up to USD 10,000." in words
    assert "You can decide it" not in words
    assert Action.RESOLVE not in words
    assert "You can decide it now." in str(reminder.nudge([told_of(published, Kind.RESOLVE)], authority=4))


NEW = (Kind.SCORE, Kind.RESOLVE, Kind.RESULT, Kind.RESOLVED, Kind.CALLED_OFF)


def first_words() -> list[Told]:
    """What is said when something happens, with all that the message may lean on."""
    found = [replace(told_of(d.brief, k), dossier=d) for d in dossiers.situations().values() for k in NEW]
    return [replace(told, is_first=True, link="https://techcorp.slack.com/archives/C1/p1") for told in found]


def test_what_is_told_when_something_happens_fits_and_asks_nobody_to_type() -> None:
    for told in first_words():
        for items in ([told], [told, told]):
            message = reminder.nudge(items, authority=4)
            assert message_problems(message) == [], told.waits.kind
            assert ids.COMMAND not in str(message)
            assert ids.OPEN_SETTINGS in str(message)
            assert "https://techcorp.slack.com/archives/C1/p1" in str(message)
            assert (ids.SNOOZE in str(message)) is not told.waits.kind.is_news


def test_the_first_word_of_a_scoring_tells_the_case_and_a_reminder_does_not() -> None:
    open_ = dossiers.situations()["open"]
    told = told_of(open_.brief, Kind.SCORE)

    first, later = (
        reminder.nudge([replace(told, is_first=is_first)], authority=1)["blocks"][0]["text"]["text"]
        for is_first in (True, False)
    )

    case = open_.decision.case
    for part in (text.inline(case.description, 200), "at stake"):
        assert part in first
        assert part not in later
    assert "scoring closes" in first


def test_news_of_a_resolution_says_what_by_whom_and_why() -> None:
    act = dossiers.situations()["act"]

    words = str(reminder.nudge([replace(told_of(act.brief, Kind.RESOLVED), dossier=act)], authority=1))

    assert "Decided: #42" in words
    for part in ("by Mike Chen", "Trust matters more than the money."):
        assert part in words


def test_a_letter_says_the_same_as_plain_words() -> None:
    told = next(t for t in all_told() if t.waits.kind is Kind.SCORE and t.brief.round)

    found = letter.letter([told], name="Tom <Becker>", authority=1)

    assert found.subject == "Conclave: Score #42 Refund <six> weeks of outage"
    assert "Tom &lt;Becker&gt;" in found.html
    assert "Refund &lt;six&gt; weeks of outage" in found.html
    assert "https://slack.com/app_redirect?team=T1&amp;channel=C1" in found.html
    for mark in ("<!date", "&amp;lt;", "<script", "*"):
        assert mark not in found.html + found.plain
    assert len(found.plain) <= letter.SMS_LENGTH


def test_deciders_hear_rung_by_rung_and_the_owner_is_not_one_of_them() -> None:
    open_round = dossiers.situations()["open"]
    case = replace(open_round.decision.case, urgency_level=5, financial_impact=None)
    people = (dossiers.MIKE, *(replace(m, authority=3) for m in (dossiers.LISA, dossiers.TOM)), dossiers.SARAH)
    urgent = replace(open_round.brief, decision=replace(open_round.decision, case=case))

    told = [r for r in reminders(urgent, people, now=dossiers.NOW, rules=RULES) if r.item.kind is Kind.SCORING]

    scoring = known(urgent.round)
    half = (scoring.closes_at - scoring.opened_at) / 2
    assert [(r.item.member_id, r.first - half) for r in told] == [
        (dossiers.LISA.id, timedelta(0)),
        (dossiers.TOM.id, timedelta(0)),
        (dossiers.MIKE.id, timedelta(hours=1)),
    ]
    assert all(r.most == 1 for r in told)


def test_an_inactive_member_is_never_told() -> None:
    people = [replace(m, is_active=False) for m in dossiers.PEOPLE]

    for dossier in dossiers.situations().values():
        assert reminders(dossier.brief, people, now=dossiers.NOW, rules=RULES) == ()


@pytest.mark.parametrize("number", [0, 1, 25, 26, 400])
def test_home_fits_however_long_the_list_is(number: int) -> None:
    found = next(iter(dossiers.situations().values()))
    messages = dict(dossiers.messages(found))
    assert messages
    line = a_line()
    actor = Actor(dossiers.SARAH, dossiers.TEAM, "T1", "U1")
    decided = tuple(Decided(line.decision.id, 1, "x" * 500, "y" * 500, dossiers.NOW) for _ in range(5))
    for page in (0, 1, 99):
        view = home.home(Home(actor, (line,) * number, decided, 5, page, True), now=dossiers.NOW)
        assert view_problems(view) == []


def a_line() -> Line:
    case = replace(dossiers.CASE, title="x" * 500, customer_name="<&>" * 85, urgency_level=5)
    decision = dossiers.a_decision(Status.EVALUATING, 4, case=case)
    return Line(decision, Waiting(dossiers.LISA.id, Kind.SCORE, Action.SCORE))


def test_a_stranger_reads_why_and_nothing_else() -> None:
    view = home.home(Stranger(True, ("Sarah",)), now=dossiers.NOW)
    assert "Sarah or a workspace admin can add you" in str(view)
    assert view_problems(view) == []
    assert "Set up your team" in str(home.home(Stranger(False, ()), now=dossiers.NOW))


def settings_modal(**facts: object) -> dict[str, object]:
    given = {"zone": "Europe/Berlin", "ways": ("push", "email", "sms"), "email": "tom@x.example", "phone": None}
    return preference.settings(Preferences(), now=dossiers.NOW, revision="r1", **{**given, **facts})  # type: ignore[arg-type]


def test_settings_as_opened_are_the_settings_that_stand() -> None:
    view = settings_modal(ways=("push", "email"))

    form = preference.parse(payloads.submitted(view))

    assert view_problems(view) == []
    assert (form.starts, form.ends, form.days) == (540, 1080, frozenset(range(5)))
    assert (form.push, form.email, form.sms, form.snooze) == (True, True, False, "no")


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"starts": "18:00"}, "ends"), ({"days": []}, "days"), ({"ways": ["sms"]}, "phone"), ({"phone": "12"}, "phone")],
)
def test_settings_that_make_no_sense_are_refused_under_their_field(typed: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        preference.parse(payloads.submitted(settings_modal(), **typed))

    assert refusal.value.field == field


def test_settings_show_only_the_ways_that_exist() -> None:
    assert "SMS" not in str(settings_modal(ways=("push",)))
    assert "Phone for SMS" in str(settings_modal())
