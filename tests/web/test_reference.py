"""The API's description as a page: complete, for whoever comes, and bound like every other page."""

import re

from tests.support.browser import Browser
from tests.support.team import Team
from web.api.app import PREFIX, application


async def test_everybody_reads_every_endpoint_and_shape_and_every_link_of_the_page_leads_somewhere(
    team: Team, browser: Browser
) -> None:
    found = application().openapi()
    page = await browser.get("/api/docs")

    assert (page.status, page.path) == (200, "/api/docs")
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path} " in page.text
            assert f'id="{operation["operationId"]}"' in page.body
    links = set(re.findall(r'href="#([^"]+)"', page.body))
    names = re.findall(r'id="([^"]+)"', page.body)
    assert links <= set(names)
    assert len(names) == len(set(names))
    assert {"NewDecision", "DecisionOut", "Problem"} <= links
    assert f'href="{PREFIX}/openapi.json"' in page.body


async def test_the_page_runs_no_script_and_says_what_a_field_takes(team: Team, browser: Browser) -> None:
    page = await browser.get("/api/docs")

    assert "<script" not in page.body
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "urgency whole number, 1 to 5" in page.text
    assert "title text of at most 150 characters needed" in page.text
    assert "429 Too many requests of this token" in page.text
