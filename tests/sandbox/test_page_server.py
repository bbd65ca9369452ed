"""The page's server: who sees what, how it hears of changes, and what the inspector keeps to itself."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from sandbox.page import inspector, pulse
from sandbox.page.routes import Page
from sandbox.page.scene import Scene
from sandbox.pointing import rich_text_of, typed_text
from sandbox.server import Sandbox
from sandbox.spec import HintSpec
from sandbox.workspace import Workspace
from tests.support.desk import Desk

Json = dict[str, Any]
BROWSER = {"Accept": "text/html"}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


async def get(sandbox: Sandbox, path: str) -> tuple[int, str, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{sandbox.url}{path}", headers=BROWSER, allow_redirects=False) as answer,
    ):
        return answer.status, await answer.text(), answer.headers


async def act(sandbox: Sandbox, who: str, name: str, **body: Any) -> Json:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/sandbox/people/{who}/{name}", json=body) as answer,
    ):
        found: Json = await answer.json()
        return found


async def test_who_opens_the_address_chooses_a_person(sandbox: Sandbox) -> None:
    status, text, _ = await get(sandbox, "/")

    assert status == 200
    assert "Who do you want to be?" in text
    assert 'href="/as/sarah"' in text
    assert "their page leads you on step by step" in text


async def test_who_comes_without_a_browser_gets_plain_text(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session, session.get(sandbox.url) as answer:
        assert answer.content_type == "text/plain"
        assert "conclave as sarah" in await answer.text()


async def test_the_time_is_on_every_page_and_moves(sandbox: Sandbox) -> None:
    _, before, _ = await get(sandbox, "/as/sarah")
    version = pulse.version(sandbox.town, "U0SARAH")
    await sandbox.clock.move(timedelta(days=1, hours=2))
    _, after, _ = await get(sandbox, "/as/sarah/home")

    tomorrow = sandbox.clock.now().astimezone(ZoneInfo("America/New_York"))
    assert "+1 day" in before
    assert " ahead" not in before
    assert "1 d 2 h ahead" in after
    assert f"{tomorrow:%a}, {tomorrow:%b} {tomorrow.day}, " in after
    assert pulse.version(sandbox.town, "U0SARAH") != version


@pytest.mark.parametrize("path", ["/", "/as/sarah", "/as/sarah/home", "/as/sarah/inspector", "/as/sarah/dm"])
async def test_every_page_forbids_what_is_not_its_own(sandbox: Sandbox, path: str) -> None:
    status, text, headers = await get(sandbox, path)

    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text
    assert " style=" not in text
    assert " onclick=" not in text


async def test_a_person_or_place_that_is_not_there_leads_back(sandbox: Sandbox) -> None:
    assert (await get(sandbox, "/as/nobody"))[0] == 303
    assert (await get(sandbox, "/as/eve/leadership"))[0] == 303


@pytest.mark.parametrize("name", ["page.css", "page.js", "live.js", "icon.svg"])
async def test_static_files_are_served(sandbox: Sandbox, name: str) -> None:
    status, _, headers = await get(sandbox, f"/page/any/{name}")

    assert status == 200
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["routes.py", "..%2froutes.py", "%2e%2e%2f%2e%2e%2fcli.py"])
async def test_nothing_else_is_served(sandbox: Sandbox, name: str) -> None:
    assert (await get(sandbox, f"/page/any/{name}"))[0] == 404


async def test_an_ephemeral_message_is_on_its_readers_page_only(sandbox: Sandbox) -> None:
    channel = sandbox.town.channel("general")
    sandbox.town.workspace.post(channel, user="U0CONCLAVE", text="For you alone", only_for="U0LISA")

    assert "For you alone" in (await get(sandbox, "/as/lisa/general"))[1]
    assert "For you alone" not in (await get(sandbox, "/as/tom/general"))[1]


async def test_a_message_is_text_whatever_is_in_it(sandbox: Sandbox) -> None:
    await sandbox.person("tom").say("<script>alert(1)</script> & *so*", "general")

    text = (await get(sandbox, "/as/lisa/general"))[1]

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; <b>so</b>" in text
    assert "<script>alert" not in text


async def test_the_page_hears_of_a_change_and_of_whose_page_it_is(sandbox: Sandbox) -> None:
    beats = pulse.beats(sandbox.town)
    before = json.loads((await anext(beats)).removeprefix("data: "))

    sandbox.town.workspace.post(sandbox.town.channel("leadership"), user="U0MIKE", text="Between us")

    after = json.loads((await asyncio.wait_for(anext(beats), 2)).removeprefix("data: "))
    assert {name for name in before if before[name] != after[name]} == {"sarah", "mike"}
    await beats.aclose()  # type: ignore[attr-defined]


async def test_parts_carry_the_version_they_show(sandbox: Sandbox) -> None:
    answer = json.loads((await get(sandbox, "/page/parts/sarah/general"))[1])

    assert answer["version"] == pulse.versions(sandbox.town)["sarah"]
    assert set(answer["parts"]) == {"sidebar", "top", "hints", "main", "thread", "modal", "notice"}


async def sidebar(sandbox: Sandbox, who: str) -> str:
    return str(json.loads((await get(sandbox, f"/page/parts/{who}/general"))[1])["parts"]["sidebar"])


async def test_a_badge_counts_what_notifies_until_it_is_looked_at(sandbox: Sandbox) -> None:
    sarah = sandbox.person("sarah")
    await sarah.say("Hello @mike", "customer-decisions")
    badge = '<span class="count">1<span class="unseen"> unread notification</span></span>'

    assert badge in (await sidebar(sandbox, "mike")).partition("Act as")[0]
    assert badge in (await sidebar(sandbox, "lisa")).partition("Act as")[2]  # beside Mike's name
    assert badge not in (await sidebar(sandbox, "lisa")).partition("Act as")[0]
    assert "is-new" in await sidebar(sandbox, "lisa")

    await sandbox.person("mike").read("customer-decisions")
    assert badge not in await sidebar(sandbox, "mike")
    assert "is-new" not in await sidebar(sandbox, "mike")


async def test_a_reply_in_a_thread_that_nobody_follows_makes_nothing_new(sandbox: Sandbox) -> None:
    message = await sandbox.person("sarah").say("Shall we?", "customer-decisions")
    for name in ("mike", "lisa"):
        await sandbox.person(name).read("customer-decisions")

    await sandbox.person("lisa").say("Yes", "customer-decisions", thread_ts=message.ts)

    assert "is-new" not in (await sidebar(sandbox, "mike")).partition("Act as")[0]
    assert "is-new" in (await sidebar(sandbox, "sarah")).partition("Channels")[0]  # Activity


async def test_the_activity_lists_what_has_notified_and_leads_to_it(sandbox: Sandbox) -> None:
    message = await sandbox.person("mike").say("Shall we?", "customer-decisions")
    await sandbox.person("lisa").say("Yes, <b>do</b>", "customer-decisions", thread_ts=message.ts)

    _, page, _ = await get(sandbox, "/as/mike/activity")

    assert "Thread you follow · #customer-decisions" in page
    assert "<strong>Lisa Rodriguez</strong> Yes, &lt;b&gt;do&lt;/b&gt;" in page
    assert f'href="/as/mike/C0DECISIONS?thread={message.ts}"' in page


async def test_a_read_only_conversation_has_no_box_to_type_in(sandbox: Sandbox) -> None:
    _, page, _ = await get(sandbox, "/as/mike/dm")

    assert "Sending messages to this app has been turned off." in page
    assert "<textarea" not in page


async def test_a_hint_is_marked_once_somebody_has_done_it_and_the_app_refused_nothing(
    sandbox: Sandbox, desk: Desk
) -> None:
    hint = HintSpec("Save a form.", "Type `/decide`.", ("view_submission", "form"))
    sandbox.town.spec = replace(sandbox.spec, hints=(hint,))
    mike = sandbox.person("mike")
    await mike.slash("/decide form")
    await mike.fill({"Name": "Lamp"})
    desk.submission = {"response_action": "errors", "errors": {"name": "Too short"}}
    await mike.submit()
    assert [one.is_done for one in Scene(sandbox.town, "sarah").hints] == [False]

    desk.submission = {}
    await mike.submit()

    assert [one.is_done for one in Scene(sandbox.town, "sarah").hints] == [True]
    assert "First steps: 1 of 1 done" in (await get(sandbox, "/as/sarah"))[1]


async def test_a_thread_shows_its_root_and_replies(sandbox: Sandbox) -> None:
    tom = sandbox.person("tom")
    root = await tom.say("Root", "general")
    await tom.say("Reply", "general", thread_ts=root.ts)

    outside = (await get(sandbox, "/as/lisa/general"))[1]
    inside = json.loads((await get(sandbox, f"/page/parts/lisa/general?thread={root.ts}"))[1])["parts"]["thread"]

    assert "1 reply" in outside
    assert ">Reply</div>" not in outside
    assert ">Root</div>" in inside
    assert ">Reply</div>" in inside


async def test_a_control_is_held_and_pressed_by_its_ids(sandbox: Sandbox, desk: Desk) -> None:
    person = sandbox.person("sarah")
    await person.slash("/decide")
    await sandbox.idle()
    view = sandbox.town.workspace.stacks["U0SARAH"][-1]
    at = {"view_id": view.id}

    await act(sandbox, "sarah", "hold", at=at, values=[{"block_id": "name", "action_id": "value", "value": "Ann"}])
    desk.submission = {"response_action": "errors", "errors": {"name": "Taken"}}
    outcome = await act(sandbox, "sarah", "submit", at=at)

    assert outcome["status"] == "errors"
    assert desk.bodies[-1]["view"]["state"]["values"]["name"]["value"]["value"] == "Ann"
    page = json.loads((await get(sandbox, "/page/parts/sarah/general"))[1])["parts"]["modal"]
    assert "Taken" in page
    assert 'value="Ann"' in page


async def test_what_is_not_on_ones_own_screen_cannot_be_pressed(sandbox: Sandbox, desk: Desk) -> None:
    await sandbox.person("sarah").slash("/decide")
    await sandbox.idle()
    view = sandbox.town.workspace.stacks["U0SARAH"][-1]

    answer = await act(sandbox, "tom", "press", at={"view_id": view.id}, block_id="name", action_id="value")

    assert answer == {"error": "this window is not open any more"}


async def test_a_date_time_is_taken_in_the_persons_zone(sandbox: Sandbox) -> None:
    workspace: Workspace = sandbox.town.workspace
    picker = {"type": "datetimepicker", "action_id": "when"}
    blocks = [{"type": "actions", "block_id": "b", "elements": [picker]}]
    message = workspace.post(sandbox.town.channel("general"), user="U0CONCLAVE", text="When?", blocks=blocks)
    at = {"ts": message.ts, "channel_id": "C0GENERAL"}

    values = [{"block_id": "b", "action_id": "when", "value": "2026-12-01T10:00"}]
    await act(sandbox, "sarah", "hold", at=at, values=values)

    held = sandbox.town.seat("sarah").acts.message_states("U0SARAH", message)
    assert held[("b", "when")]["selected_date_time"] == 1_796_137_200  # 15:00 UTC
    assert 'value="2026-12-01T10:00"' in (await get(sandbox, "/as/sarah/general"))[1]


def test_rich_text_is_read_from_marks_and_written_back() -> None:
    typed = "Hello *bold* and `code`\n- one\n- _two_"

    rich = rich_text_of(typed)

    assert [element["type"] for element in rich["elements"]] == ["rich_text_section", "rich_text_list"]
    assert {"type": "text", "text": "bold", "style": {"bold": True}} in rich["elements"][0]["elements"]
    assert typed_text(rich) == typed


async def test_the_inspector_shows_bodies_but_none_of_a_view_that_scores(sandbox: Sandbox, desk: Desk) -> None:
    canary = "canary-7-of-10"
    desk.next_view = {
        "type": "modal",
        "callback_id": "evaluation.page",
        "title": plain("Score"),
        "blocks": [{"type": "section", "text": plain(canary)}],
    }
    await sandbox.person("sarah").slash("/decide open")
    await sandbox.idle()
    await sandbox.person("sarah").slash("/decide hello")

    found = inspector.entries(sandbox.town, tz="UTC")
    page = (await get(sandbox, "/as/tom/inspector"))[1]

    opened = next(entry for entry in found if entry.name == "views.open")
    assert opened.request == opened.answer == sandbox.spec.hidden
    assert canary not in page
    assert "Hello &lt;@U0SARAH&gt;" in page
    assert sandbox.spec.bot_token not in page
    assert "evaluation.page" not in opened.request


async def test_an_invitation_is_typed_as_in_slack(sandbox: Sandbox) -> None:
    bot = sandbox.spec.bot_user_id
    assert bot not in sandbox.town.channel("general").members

    await sandbox.person("sarah").slash("/invite @conclave", channel="general")
    assert bot in sandbox.town.channel("general").members

    await sandbox.person("sarah").slash("/kick @Conclave", channel="general")
    assert bot not in sandbox.town.channel("general").members


async def test_the_next_trigger_can_be_made_late(sandbox: Sandbox, desk: Desk) -> None:
    sandbox.town.workspace.spoil_triggers()

    await sandbox.person("sarah").slash("/decide open")
    await sandbox.idle()

    assert [call.answer["error"] for call in sandbox.calls("views.open") if call.answer] == ["expired_trigger_id"]


async def test_a_person_comes_back(sandbox: Sandbox) -> None:
    sandbox.deactivate("tom")
    assert "Bring Tom Becker back" in (await get(sandbox, "/as/sarah/inspector"))[1]

    sandbox.town.activate("tom")
    assert "Deactivate Tom Becker" in (await get(sandbox, "/as/sarah/inspector"))[1]


async def test_an_external_select_asks_the_app(sandbox: Sandbox, desk: Desk) -> None:
    async def offered(ack: Any, payload: Json) -> None:
        await ack(options=[{"text": plain(f"{payload['value']}!"), "value": "1"}])

    desk.app.options("pick")(offered)
    select = {"type": "external_select", "action_id": "pick"}
    desk.next_view = {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Pick"),
        "submit": plain("Save"),
        "blocks": [{"type": "input", "block_id": "b", "label": plain("Which"), "element": select}],
    }
    await sandbox.person("sarah").slash("/decide open")
    await sandbox.idle()
    at = {"view_id": sandbox.town.workspace.stacks["U0SARAH"][-1].id}

    async with aiohttp.ClientSession() as session:
        url = f"{sandbox.url}/sandbox/people/sarah/suggest"
        body = {"at": at, "block_id": "b", "action_id": "pick", "typed": "abc"}
        async with session.post(url, json=body) as answer:
            options = await answer.json()
    assert [option["text"]["text"] for option in options] == ["abc!"]
    await act(sandbox, "sarah", "submit", at=at, values=[{"block_id": "b", "action_id": "pick", "value": options[0]}])

    chosen = desk.bodies[-1]["view"]["state"]["values"]["b"]["pick"]["selected_option"]
    assert chosen["value"] == "1"


def test_the_page_of_every_place_can_be_drawn_for_everybody(sandbox: Sandbox) -> None:
    page = Page(sandbox.town)

    for person in sandbox.spec.people:
        for place in (None, "home", "inspector", "dm"):
            assert person.real_name in page.full(Scene(sandbox.town, person.name, place))
