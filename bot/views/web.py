"""The way from Slack to the web pages: a link for one person."""

from bot.views.slack import ids, kit

TITLE = "Dashboard"


def door(url: str) -> kit.View:
    """url: signs in whoever opens it first, and confirms; Slack shows this window to one person."""
    words = "It works once, within 5 minutes, and signs in whoever opens it: keep it to yourself."
    blocks = [kit.section(f"<{url}|Open the dashboard>"), kit.context(words)]
    return kit.modal(TITLE, blocks, callback_id=ids.NOTICE, close="Close")


def button() -> kit.Element:
    return kit.button("Open dashboard", ids.OPEN_WEB)
