"""What Slack shows below a message with a link to a decision's page: everybody in the conversation reads it."""

from collections.abc import Mapping

from bot.domain.decision import DECISION_TYPES, Status
from bot.domain.link import Told
from bot.views.slack import kit, text

_STATUS = {
    Status.CREATED: "being filled in",
    Status.TEAM_INPUT: "options are collected",
    Status.EVALUATING: "being scored",
    Status.RESOLVED: "resolved",
    Status.CANCELLED: "cancelled",
}


def unfurls(found: Mapping[str, Told]) -> dict[str, dict[str, list[kit.Block]]]:
    """As `chat.unfurl` takes them, by the address."""
    return {url: {"blocks": [kit.section(_line(one))]} for url, one in found.items()}


def _line(one: Told) -> str:
    """ "#42 · Refund request · being scored, until 3 May at 14:00" """
    kind = DECISION_TYPES.get(one.decision_type, text.inline(one.decision_type, 50))
    until = f", until {text.moment(one.closes_at)}" if one.closes_at else ""
    return f"*#{one.number}* · {kind} · {_STATUS[one.status]}{until}"
