"""The pages: what they show, to whom, and what they keep to themselves."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from bot.domain.action import Action
from bot.services import outcome as outcomes
from bot.services.trail import PAGE_LINES
from tests.support.browser import Answer, Browser
from tests.support.bygone import decided
from tests.support.gallery import fill
from tests.support.statements import statements
from tests.support.team import Team
from tests.support.web import sign_in
from tests.web.conftest import URL, NewBrowser

PAGES = ("/", "/decisions", "/learning", "/customers", "/team", "/audit", "/settings")
NO_PAGE = "There is no such page for you."
CANARY = "xyzzy-what-tom-wrote"
COMMENTS = {"tom": CANARY, "lisa": "plugh-what-lisa-kept-to-herself"}
"""Tom shares his with the team."""


def path(team: Team) -> str:
    """Of the decision at hand."""
    number = team.value("SELECT number FROM customer_decisions WHERE id = %s", team.decision_id)
    return f"/d/{team.actors['sarah'].team.key}-{number}"


# --- Inbox.


async def test_the_inbox_says_what_slacks_list_says(team: Team, browser: Browser, new_browser: NewBrowser) -> None:
    await team.to_scoring("lisa", "tom")
    toms, mikes = await new_browser(), await new_browser()
    await sign_in(team, toms, "tom")
    await sign_in(team, mikes, "mike")

    tom, mike = await toms.get("/"), await mikes.get("/")

    assert "1 decision waits for you." in tom.text
    assert "#1 Refund for the outage" in tom.text
    assert "Score." in tom.text
    assert "https://app.slack.com/client/T0TECHCORP/" in tom.body
    assert "Nothing waits for you." in mike.text
    assert "Also open in the team" in mike.text


# --- Looking for decisions.


@pytest.fixture
async def three(team: Team, sarah: Browser) -> Browser:
    """Sarah's browser, and three decisions."""
    await team.open(title="Refund of the annual plan", customer_name="Globex", urgency_level=5, by="mike")
    await team.to_resolved(title="Service credit", description="The printers caught fire.")
    await team.open(title="Waive the fee", decision_type="policy_exception", customer_name="initech")
    return sarah


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("", [3, 2, 1]),
        ("q=printers+fire", [2]),
        ("q=GLOBEX", [1]),
        ("q=%22annual+plan%22", [1]),
        ("q=refund+-annual", []),
        ("state=open", [3, 1]),
        ("state=resolved", [2]),
        ("state=cancelled", []),
        ("type=policy_exception", [3]),
        ("customer=INITECH", [3]),
        ("urgency=5", [1]),
        ("since=2020-01-01&until=2020-02-01", []),
        ("since=2020-01-01", [3, 2, 1]),
        ("before=3", [2, 1]),
        ("state=nonsense&type=x&urgency=9&owner=me&since=soon&before=-1", [3, 2, 1]),
        ("before=99999999999999999999", [3, 2, 1]),
        ("q=%00%27%22%29%3B--", [3, 2, 1]),
    ],
)
async def test_decisions_are_found(three: Browser, asked: str, numbers: list[int]) -> None:
    found = await three.get(f"/decisions?{asked}")

    assert found.status == 200
    assert [int(n) for n in re.findall(r'class="title" href="/d/[0-9a-f]{8}-(\d+)"', found.body)] == numbers


async def test_decisions_are_found_by_the_days_between_which_they_were_opened(team: Team, three: Browser) -> None:
    opened = "UPDATE customer_decisions SET created_at = %s WHERE number = %s"
    for number, at in ((1, "2026-03-01 00:00:00+00"), (2, "2026-03-02 23:59:59+00"), (3, "2026-03-03 00:00:00+00")):
        await team.change(opened, at, number)

    found = await three.get("/decisions?since=2026-03-01&until=2026-03-02")

    assert re.findall(r'class="title" href="/d/[0-9a-f]{8}-(\d+)"', found.body) == ["2", "1"]


async def test_decisions_are_found_by_their_owner(team: Team, three: Browser) -> None:
    found = await three.get(f"/decisions?owner={team.actors['mike'].member.id}")

    assert "#1 Refund of the annual plan" in found.text
    assert "Waive the fee" not in found.text


async def test_a_number_leads_right_to_its_decision(three: Browser) -> None:
    assert "#2 Service credit" in (await three.get("/decisions?q=%232")).text
    assert (await three.get("/decisions?q=77")).status == 404


async def test_every_decision_is_on_one_page_of_the_list(team: Team, sarah: Browser) -> None:
    await asyncio.to_thread(fill, team.house.database_url)
    seen: list[str] = []
    address: str | None = "/decisions"
    while address:
        page = await sarah.get(address)
        seen += re.findall(r'class="title" href="/d/[0-9a-f]{8}-(\d+)"', page.body)
        older = re.search(r'href="(/decisions\?[^"]*before=\d+)">Older', page.body)
        address = older[1].replace("&amp;", "&") if older else None

    assert [int(one) for one in seen] == sorted(map(int, seen), reverse=True)
    assert len(seen) == len(set(seen)) == team.value("SELECT count(*) FROM customer_decisions")


async def test_what_people_typed_is_text_and_nothing_else(team: Team, sarah: Browser) -> None:
    nasty = "<script>alert(1)</script> \"&' {{ 7 * 7 }}"
    await team.to_options(title=nasty, customer_name=nasty, description=nasty)

    for page in ("/", "/decisions", "/customers", path(team), f"/decisions?q={nasty}"):
        body = (await sarah.get(page)).body
        assert "<script>alert" not in body


# --- One decision.


async def test_a_decision_shows_its_case_result_choice_and_timeline(team: Team, sarah: Browser) -> None:
    await team.to_resolved()

    page = (await sarah.get(path(team))).text

    for words in ("#1 Refund for the outage", "ABC Corporation", "USD 500", "Trust", "75 %", "Full refund leads"):
        assert words in page, words
    assert "Decided: Full refund" in page
    assert "It leads." in page
    assert "Mike Chen resolved the decision" in page
    assert "Somebody proposed an option" in page
    assert "cfo@abc.example" not in page


async def test_a_decision_is_there_as_markdown_and_as_data(team: Team, sarah: Browser) -> None:
    await team.to_resolved()

    text, data = await sarah.get(f"{path(team)}.md"), await sarah.get(f"{path(team)}.json")

    assert text.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert "| 1 | Full refund | 8.0 |" in text.body
    assert "**Full refund**, by Mike Chen." in text.body
    found = json.loads(data.body)
    assert (found["number"], found["status"], found["url"]) == (1, "resolved", URL + path(team))
    assert found["result"]["rows"][0]["total"] == "8.0"
    assert "cfo@abc.example" not in text.body + data.body


async def test_published_comments_are_there_without_names_as_in_slacks_result(team: Team, sarah: Browser) -> None:
    await team.to_scoring()
    for name in ("mike", "lisa", "tom"):
        await team.ballot(name, comment=COMMENTS.get(name, ""), share=name == "tom")
    await team.settled()
    before = [(await sarah.get(path(team) + more)).body for more in ("", ".md", ".json")]
    await team.ballot("sarah")
    await team.published()

    shown = [(await sarah.get(path(team) + more)).body for more in ("", ".md", ".json")]

    assert [CANARY in body for body in before] == [False, False, False]
    assert [body.count(CANARY) for body in shown] == [1, 1, 1]
    assert [COMMENTS["lisa"] in body for body in (*before, *shown)] == [False] * 6
    assert "Tom Becker" not in shown[1] + shown[2]


async def test_earlier_cases_are_named_and_what_was_chosen_in_them_only_after_publication(
    team: Team, sarah: Browser
) -> None:
    await team.to_resolved(title="Refund for the outage in March", description="Eight hours without any service.")
    await team.to_scoring(title="Refund for the outage in May", description="Six hours without any service.")
    there = [f"{path(team)}{more}" for more in ("/earlier", ".md", ".json")]

    before = [(await sarah.get(address)).text for address in there]
    for name in ("mike", "lisa", "tom", "sarah"):
        await team.ballot(name)
    await team.published()
    after = [(await sarah.get(address)).text for address in there]

    assert "in March" in before[0]
    assert "in March" in before[1]
    for page in before:
        assert "What was decided in them is shown here once this one's result is published." in page
        assert "Decided: 1 full refund" not in page
    for page in after:
        assert "Decided: 1 full refund" in page
    assert "Earlier cases like this one" in (await sarah.get(path(team))).text


async def test_what_the_result_says_of_the_choice_is_kept_beside_it(team: Team) -> None:
    await team.to_result()
    kept = "SELECT follows, chosen_total::text, chosen_means FROM decision_outcomes"
    for title, follows in (("Partial credit", False), ("Full refund", True)):
        await outcomes.resolve(
            team.db, team.by("mike"), team.decision_id, option_id=team.option_id(title), reason="So."
        )
        body = team.value("SELECT body FROM round_results")
        chosen = str(team.option_id(title))
        ((found, total, means),) = team.sql(kept)

        assert found is follows
        assert [total] == [row["total"] for row in body["rows"] if row["option"] == chosen]
        cells = {cell["criterion"]: float(cell["mean"]) for cell in body["cells"] if cell["option"] == chosen}
        assert (means or {}) == cells
        await outcomes.reopen(team.db, team.by("mike"), team.decision_id, reason="Once more.")


async def test_a_choice_against_the_ranking_says_so(team: Team, sarah: Browser) -> None:
    await team.to_result()
    await outcomes.resolve(
        team.db, team.by("mike"), team.decision_id, option_id=team.option_id("Partial credit"), reason="Precedent."
    )

    assert "This is not the leader of the ranking, which is Full refund." in (await sarah.get(path(team))).text


async def test_whoever_looks_at_a_round_past_its_time_closes_it(team: Team, sarah: Browser) -> None:
    await team.to_scoring()
    for name in ("mike", "lisa", "tom"):
        await team.ballot(name)
    await team.end_round_now()

    await sarah.get(path(team))

    assert team.value("SELECT closed_at IS NOT NULL FROM rounds WHERE id = %s", team.round_id)


async def test_the_count_of_those_who_have_scored_comes_alone(team: Team, sarah: Browser) -> None:
    await team.to_scoring()
    await team.ballot("tom")

    found = await sarah.get(f"{path(team)}/turnout")

    assert found.text.startswith("1 of 4 has scored")
    assert "hx-trigger" in found.body
    assert "<html" not in found.body


# --- Settings.


async def test_a_token_is_shown_once_and_can_be_taken_away(team: Team, sarah: Browser) -> None:
    made = await sarah.post("/settings/tokens", {"label": "Helpdesk", "scope": "open", "days": "30"})
    value = re.search(r"conclave_[\w-]{43}", made.body)
    assert value
    again = await sarah.get("/settings")
    assert "Helpdesk" in again.text
    assert "open, read" in again.text
    assert value[0] not in again.body

    token_id = team.value("SELECT id FROM auth_tokens WHERE kind = 'api'")
    await sarah.post(f"/settings/tokens/{token_id}")

    assert "Helpdesk" not in (await sarah.get("/settings")).text
    lines = [line for (line,) in team.sql("SELECT action FROM audit_logs WHERE action LIKE 'token%%' ORDER BY seq")]
    assert lines == ["token.made", "token.revoked"]


@pytest.mark.parametrize(
    "form",
    [{}, {"label": "x", "scope": "all", "days": "30"}, {"label": "x", "scope": "read", "days": "9999"}, {"label": " "}],
)
async def test_a_token_that_is_not_well_asked_for_is_refused_in_words(sarah: Browser, form: dict[str, str]) -> None:
    refused = await sarah.post("/settings/tokens", form)

    assert refused.status == 422
    assert 'role="alert"' in refused.body


async def test_a_token_for_an_agent_is_offered_no_scope_that_ends_a_decision(team: Team, sarah: Browser) -> None:
    offered = re.findall(r'name="scope" id="scope-agent-\w+" value="(\w+)"', (await sarah.get("/settings")).body)
    asked = {"for": "agent", "label": "Refund agent", "days": "30"}
    refused = await sarah.post("/settings/tokens", asked | {"scope": "act"})
    made = await sarah.post("/settings/tokens", asked | {"scope": "open"})

    assert offered == ["read", "open"]
    assert (refused.status, made.status) == (422, 200)
    assert "closing, resolving and cancelling are left to people" in refused.text
    assert "<details open><summary>Make a token for an agent" in refused.body
    assert team.sql("SELECT label, for_agent, scopes FROM auth_tokens WHERE kind = 'api'") == [
        ("Refund agent", True, ["open", "read"])
    ]
    with pytest.raises(psycopg.errors.CheckViolation):
        team.sql("UPDATE auth_tokens SET scopes = ARRAY['read', 'open', 'act'] WHERE for_agent")


async def test_another_browsers_session_can_be_ended(team: Team, sarah: Browser, new_browser: NewBrowser) -> None:
    lost = await new_browser()
    await sign_in(team, lost, "sarah")
    newest = team.value("SELECT id FROM auth_tokens WHERE kind = 'session' ORDER BY created_at DESC LIMIT 1")

    await sarah.post(f"/settings/tokens/{newest}")

    assert (await lost.get("/")).path == "/sign-in"
    assert (await sarah.get("/")).path == "/"


async def test_the_trail_shows_from_where_somebody_came(team: Team, sarah: Browser) -> None:
    await team.to_scoring()

    page = (await sarah.get("/audit")).text

    assert "Sarah Johnson signed in to the web pages" in page
    assert "127.0.0.1" in page
    assert "Sarah Johnson started scoring" in page


async def test_the_trail_goes_on_page_by_page(team: Team, sarah: Browser) -> None:
    await asyncio.to_thread(
        team.sql,
        "INSERT INTO audit_logs (user_id, action) SELECT %s, 'settings.changed' FROM generate_series(1, 120)",
        team.actors["sarah"].member.id,
    )
    lines, address = 0, "/audit"
    while address:
        body = (await sarah.get(address)).body
        lines += body.count("<tr>") - 1
        older = re.search(r'href="(/audit\?before=\d+)"', body)
        address = older[1] if older else ""

    key = team.actors["sarah"].team.id
    assert lines == team.value("SELECT count(*) FROM audit_logs WHERE team_id = %s", key)
    assert (await sarah.get("/audit?before=nonsense")).status == 200


async def test_a_trail_that_ends_with_its_page_leads_no_further(team: Team, sarah: Browser) -> None:
    key = team.actors["sarah"].team.id
    there = team.value("SELECT count(*) FROM audit_logs WHERE team_id = %s", key)
    line = (
        "INSERT INTO audit_logs (action, team_id, user_id) SELECT 'round.extended', %s, %s FROM generate_series(1, %s)"
    )
    await team.change(line, key, team.actors["sarah"].member.id, PAGE_LINES - there)

    assert "/audit?before=" not in (await sarah.get("/audit")).body
    await team.change(line, key, team.actors["sarah"].member.id, 1)
    assert "/audit?before=" in (await sarah.get("/audit")).body


# --- Learning and customers.


async def test_every_chart_is_named_described_and_has_its_table(team: Team, sarah: Browser) -> None:
    await asyncio.to_thread(fill, team.house.database_url)

    charts = (await sarah.get("/learning")).body + (await sarah.get("/customers")).body

    assert charts.count('<svg class="chart" role="img"') == 5
    assert charts.count("<desc") == 5
    assert len(re.findall(r"<svg class=\"chart\".*?</svg>.*?<details>.*?<table>", charts, re.DOTALL)) == 5
    assert "style=" not in charts


async def test_what_was_granted_more_than_a_year_ago_is_not_lately(team: Team, sarah: Browser) -> None:
    for customer, days in (("Of this year", 364), ("Of another", 366)):
        decided(team, at=datetime.now(UTC) - timedelta(days=days), customer=customer)

    shown = (await sarah.get("/customers")).text

    assert "Of this year" in shown
    assert "Of another" not in shown


async def test_a_team_without_a_past_is_told_so(sarah: Browser) -> None:
    assert "No decision is resolved yet" in (await sarah.get("/learning")).text
    assert "Nothing was granted yet." in (await sarah.get("/customers")).text


async def test_nobody_elses_forecast_is_on_any_page(team: Team, sarah: Browser) -> None:
    await team.to_result()
    await outcomes.resolve(
        team.db, team.by("mike"), team.decision_id, option_id=team.option_id("Full refund"), reason="So.", sure=95
    )

    for page in (*PAGES, path(team), f"{path(team)}.md", f"{path(team)}.json"):
        assert not re.search(r"\b95\b", re.sub(r"<(title|link|script)[^>]*>", "", (await sarah.get(page)).text)), page


# --- Who may see what.


@pytest.mark.parametrize("page", [*PAGES, "/d/00000000-1", "/d/00000000-1.md", "/d/00000000-1.json"])
async def test_nobody_sees_a_page_signed_out(team: Team, browser: Browser, page: str) -> None:
    await team.to_options()

    found = await browser.get(page)

    assert found.path.startswith("/sign-in")
    assert "Refund" not in found.text


@pytest.mark.parametrize(
    "form", ["/sign-out-everywhere", "/settings/tokens", "/settings/password", "/settings/passwords"]
)
async def test_nobody_sends_a_form_signed_out(team: Team, browser: Browser, form: str) -> None:
    assert (await browser.post(form, {"label": "x", "scope": "act", "days": "30"})).status == 401
    assert team.value("SELECT count(*) FROM auth_tokens") == 0


async def test_another_teams_decision_is_answered_like_one_that_does_not_exist(
    team: Team, sarah: Browser, theirs: Team
) -> None:
    await theirs.to_options(by="hank", title="Theirs alone")
    await team.settled()
    key = theirs.actors["hank"].team.key
    mine = team.actors["sarah"].team.key
    answers: list[tuple[int, str]] = []
    asked: list[list[str]] = []
    for place in (f"{key}-1", f"{mine}-999", "00000000-1", "nonsense"):
        with statements(team) as heard:
            found = await sarah.get(f"/d/{place}")
        answers.append((found.status, found.body))
        asked.append([one for one in heard if "customer_decisions.number" in one])

    assert len(set(answers)) == 1
    assert answers[0][0] == 404
    assert NO_PAGE in answers[0][1]
    assert asked[0] == asked[1] == asked[2] == asked[3] != []


async def test_nothing_of_another_team_is_on_any_page(team: Team, sarah: Browser, theirs: Team) -> None:
    await theirs.to_resolved(by="hank", title="Theirs alone", customer_name="Theircustomer", resolver="hank")
    await team.to_options()

    for page in (*PAGES, "/decisions?q=theirs", "/decisions?customer=theircustomer", path(team)):
        found = await sarah.get(page)
        assert found.status == 200
        for word in ("Theirs alone", "Theircustomer", "Hank", "Homer"):
            assert word not in re.sub(r'value="[^"]*"', "", found.body), (page, word)


async def test_a_link_leads_into_the_team_of_whoever_got_it(team: Team, sarah: Browser, theirs: Team) -> None:
    await team.to_options(title="Ours alone")

    await sign_in(theirs, sarah, "hank")

    assert "Hank" in (await sarah.get("/")).text
    assert "Ours alone" not in (await sarah.get("/decisions")).text
    assert (await sarah.get(path(team))).status == 404


# --- Secrecy.


async def test_nothing_of_a_ballot_is_on_any_page_before_and_after_the_end(team: Team, sarah: Browser) -> None:
    """Scores that nobody else gives, and a comment that is not shared; the averages of four people hide the scores."""
    await team.to_scoring()
    await team.ballot("tom", 9, 3, comment=CANARY)
    await team.ballot("lisa", 9, 3)
    places = (*PAGES, path(team), f"{path(team)}.md", f"{path(team)}.json", f"{path(team)}/turnout")

    before = [await sarah.get(page) for page in places]
    await team.ballot("mike", 9, 3)
    await team.ballot("sarah", 9, 3)
    await team.published()
    after = [await sarah.get(page) for page in places]

    for page in before:
        assert CANARY not in page.body
        assert "Full refund leads" not in page.body
        assert '"rows": [' not in page.body
        assert not re.search(r"(?<!\d)9\.0(?!\d)", page.text)  # a mean; moments have microseconds
    for page in after:
        assert CANARY not in page.body
        assert not re.search(r"Tom Becker[^.]{0,40}\b[39]\b", _without_dates(page)), page.path
    assert "Full refund leads" in after[len(PAGES)].body


async def test_a_decision_that_is_being_scored_again_shows_nothing_of_the_new_round(team: Team, sarah: Browser) -> None:
    await team.to_scoring()
    await team.ballot("tom", 9, 3)

    page = json.loads((await sarah.get(f"{path(team)}.json")).body)

    assert (page["result"], page["comments"]) == (None, [])
    assert set(page) == {
        *("number", "url", "status", "phase", "state", "currency", "owner", "opened_at", "resolved_at", "case"),
        *("criteria", "options", "result", "choice", "comments", "earlier"),
    }


def _without_dates(page: Answer) -> str:
    return re.sub(r"\d{1,2} \w{3} \d{4}(, \d\d:\d\d \w+)?", "", page.text)


async def test_no_button_of_slack_is_offered_here(team: Team, sarah: Browser) -> None:
    """Looking is all that these pages do with a decision."""
    await team.to_scoring()

    body = (await sarah.get(path(team))).body

    assert re.findall(r'<form method="post" action="([^"]*)"', body) == ["/sign-out"]
    assert [action for action in Action if action.value in body] == []
