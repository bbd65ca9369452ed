"""What is read of a message, wherever its app put the words."""

from typing import Any

import pytest

from bot.views.slack.message import flattened

RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "They want "},
                {"type": "text", "text": "all", "style": {"bold": True}},
                {"type": "text", "text": " back, "},
                {"type": "user", "user_id": "U1"},
                {"type": "link", "url": "https://a.example", "text": " see"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "two months"}]}],
        },
    ],
}
HEADER = {"type": "header", "text": {"type": "plain_text", "text": "New ticket"}}
FIELDS = {
    "type": "section",
    "fields": [{"type": "mrkdwn", "text": "*Plan*\nPro"}, {"type": "plain_text", "text": "Seats 40"}],
}
TICKET = {
    "fallback": "Ticket 7",
    "pretext": "From the helpdesk",
    "title": "Ticket 7",
    "text": "Six hours down",
    "fields": [{"title": "Priority", "value": "High"}, {"value": "EU"}],
}
BUTTONS = {
    "type": "actions",
    "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Open"}}],
}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"text": "They want *all* back &amp; now"}, "They want all back & now"),
        ({"text": "They want *all* back", "blocks": [RICH]}, "They want all back"),
        ({"text": "", "blocks": [RICH]}, "They want all back, @somebody see (https://a.example)\ntwo months"),
        ({"text": "New ticket", "blocks": [HEADER, section("*ABC* is down")]}, "New ticket\nABC is down"),
        ({"text": "", "blocks": [FIELDS]}, "Plan\nPro\nSeats 40"),
        ({"text": "", "attachments": [TICKET]}, "From the helpdesk\nTicket 7\nSix hours down\nPriority: High\nEU"),
        ({"text": "", "attachments": [{"fallback": "Only this"}]}, "Only this"),
        ({"text": "", "attachments": [{"blocks": [section("In blocks")]}]}, "In blocks"),
        ({"text": "", "blocks": [BUTTONS]}, ""),
        ({"text": None, "blocks": None, "attachments": None}, ""),
        ({"blocks": ["no block"], "attachments": ["none"]}, ""),
    ],
)
def test_a_message_is_flattened(message: dict[str, Any], said: str) -> None:
    assert flattened(message) == said
