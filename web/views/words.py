"""Words and numbers of pages, as templates call them. What both doors say comes from `bot.views`, without its marks."""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from urllib.parse import quote

from markupsafe import Markup

from bot.domain.decision import DECISION_TYPES, Decision, Status
from bot.domain.money import format_money
from bot.domain.rate import Rate
from bot.domain.team import ROLES
from bot.domain.todo import WORDS, button_words
from bot.domain.waiting import Line, Waiting
from bot.domain.webhook import Endpoint
from bot.views import dossier, learning, webhook
from bot.views.slack import text

STATUS = {
    Status.CREATED: ("being filled in", ""),
    Status.TEAM_INPUT: ("options", ""),
    Status.EVALUATING: ("scoring", "warn"),
    Status.RESOLVED: ("resolved", "good"),
    Status.CANCELLED: ("cancelled", "plain"),
}
"""A status in a word, and the look of its tag."""
plain = text.plain
count = text.count


def tag(status: str) -> Markup:
    word, look = STATUS[Status(status)]
    return Markup('<span class="tag {}">{}</span>').format(look, word)


def why_disabled(endpoint: Endpoint) -> str:
    return webhook.WHY[endpoint.disabled_why] if endpoint.disabled_why else ""


def state(line: Line, now: datetime) -> str:
    """ "being scored": where it stands, in the card's words."""
    return text.within_sentence(dossier.state(line.decision, line.round, now))


def money(amount: Decimal | None, currency: str) -> str:
    return "not known" if amount is None else format_money(amount, currency)


def kind(decision_type: str) -> str:
    return DECISION_TYPES.get(decision_type, decision_type)


def role(name: str) -> str:
    return ROLES.get(name, name)


def in_slack(decision: Decision) -> str | None:
    """Where the decision's conversation opens in Slack; None for one that has none."""
    if not (decision.workspace_id and decision.channel_id):
        return None
    return f"https://app.slack.com/client/{quote(decision.workspace_id)}/{quote(decision.channel_id)}"


def todo(waits: Waiting) -> str:
    """ "Score": what there is to do, as Slack's list says it."""
    why = f": {waits.gone}, its owner, is no longer active" if waits.gone else ""
    return text.sentence_case(f"{WORDS[waits.kind, waits.action]}{why}.")


def button(waits: Waiting) -> str:
    return button_words(waits) or "Open in Slack"


def day(at: datetime, zone: tzinfo = UTC) -> Markup:
    return _time(at, f"{at.astimezone(zone):%-d %b %Y}")


def moment(at: datetime, zone: tzinfo = UTC) -> Markup:
    """With the zone's name, as somebody may read it elsewhere."""
    local = at.astimezone(zone)
    return _time(at, f"{local:%-d %b %Y, %H:%M} {local.tzname()}")


def _time(at: datetime, words: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", words)


def hours(number: float | None) -> str:
    """ "40 minutes", "7.5 hours", "3.2 days"; a dash where nothing is known."""
    if number is None:
        return "–"
    if number < 1:
        return text.count("minute", round(number * 60))
    return f"{number:.1f} hours" if number < 48 else f"{number / 24:.1f} days"


def per_cent(share: float) -> str:
    return text.per_cent(round(share * 100))


def turned_out(rate: Rate | None) -> str:
    """ "worked in about 82 %, likely 73 to 90 %": as much as the number of cases supports."""
    if rate is None:
        return "few people have decided these: it would be about them"
    if rate.share is None:
        return "too few to say"
    if rate.low is None or rate.high is None:
        return "first signs: " + learning.in_words(rate.share)
    return f"worked in about {per_cent(rate.share)}, likely {per_cent(rate.low)} to {per_cent(rate.high)}"


def agent(value: str | None) -> str:
    """A browser's name of itself, short."""
    known = ("Firefox", "Edg", "Chrome", "Safari", "curl")
    found = next((name for name in known if name in (value or "")), None)
    return {"Edg": "Edge"}.get(found or "", found) or text.cut(value or "unknown", 40)
