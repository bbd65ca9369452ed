"""Signing in to the web pages as people do: by the link that Slack shows them."""

import re

from tests.support.browser import Browser
from tests.support.team import Team

_LINK = re.compile(r"/link/([\w-]{20,})")


async def link_for(team: Team, name: str) -> str:
    """The path of the link that `/decide web` shows this person."""
    person = team.house.person(name)
    assert (await person.slash("/decide web")).ok
    modal = await team.modal(name, at_least="Open the dashboard")
    found = _LINK.search(str(modal.blocks))
    assert found, modal.text
    await person.close(everything=True)
    return found[0]


async def sign_in(team: Team, browser: Browser, name: str) -> None:
    link = await link_for(team, name)
    assert (await browser.post(link)).status == 200
