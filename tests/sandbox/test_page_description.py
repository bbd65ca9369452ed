"""Any Bolt app in a sandbox that a small YAML file describes."""

from pathlib import Path

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import description
from sandbox.description import BadDescription
from sandbox.people import Person
from sandbox.server import running
from tests.support.desk import serving

FILE = """
name: Acme
mode: http
bot_url: http://127.0.0.1:3000
tokens: {bot: xoxb-acme, app: xapp-acme, signing_secret: s3cret}
app:
  name: starter
  commands: {/sample-command: "[words]"}
  shortcuts:
    - {callback_id: sample_shortcut, name: Run sample shortcut}
people:
  - ana
  - {name: bo, real_name: Bo Lind, tz: Europe/Stockholm, guest: true}
channels:
  - general
  - {name: plans, members: [ana, starter], private: true}
"""


def a_starter_app(token: str, secret: str, api_url: str) -> AsyncApp:
    """An app in the manner of Slack's own samples; nothing in it knows of the sandbox but the address."""
    app = AsyncApp(token=token, signing_secret=secret, client=AsyncWebClient(token=token, base_url=api_url))

    @app.message("hello")
    async def hello(message, say):  # type: ignore[no-untyped-def]
        await say(
            blocks=[
                {
                    "type": "section",
                    "text": {"type": "mrkdwn", "text": f"Hey there <@{message['user']}>!"},
                    "accessory": {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Click Me"},
                        "action_id": "button_click",
                    },
                }
            ]
        )

    @app.action("button_click")
    async def clicked(body, ack, say):  # type: ignore[no-untyped-def]
        await ack()
        await say(f"<@{body['user']['id']}> clicked the button")

    @app.command("/sample-command")
    async def command(ack, respond, command):  # type: ignore[no-untyped-def]
        await ack()
        await respond(f"Responding to: {command['text']}")

    @app.shortcut("sample_shortcut")
    async def shortcut(ack, shortcut, client):  # type: ignore[no-untyped-def]
        await ack()
        text = {"type": "plain_text", "text": "Sample modal"}
        block = {
            "type": "input",
            "block_id": "input",
            "label": {"type": "plain_text", "text": "Name"},
            "element": {"type": "plain_text_input", "action_id": "name"},
        }
        view = {"type": "modal", "callback_id": "sample_view", "title": text, "submit": text, "blocks": [block]}
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    @app.view("sample_view")
    async def submitted(ack, view, client, body):  # type: ignore[no-untyped-def]
        await ack()
        name = view["state"]["values"]["input"]["name"]["value"]
        await client.chat_postMessage(channel=body["user"]["id"], text=f"You are {name}")

    @app.event("app_home_opened")
    async def home(client, event):  # type: ignore[no-untyped-def]
        blocks = [{"type": "header", "text": {"type": "plain_text", "text": "Welcome home"}}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.event("app_mention")
    async def mentioned(say):  # type: ignore[no-untyped-def]
        await say("You called?")

    @app.event("message")
    async def other(ack):  # type: ignore[no-untyped-def]
        await ack()

    return app


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
async def test_an_app_of_slack_samples_shape_works_with_another_api_url_alone() -> None:
    found = description.parse(_loaded(FILE))
    async with running(found.spec) as sandbox:
        app = a_starter_app(found.spec.bot_token, found.spec.signing_secret, sandbox.api_url)
        async with serving(app) as url:
            sandbox.bot_url = url
            ana = sandbox.person("ana")

            await ana.say("hello", "general")
            await ana.see("Hey there @ana!")
            assert (await ana.click("Click Me")).ok
            await ana.see("@ana clicked the button")
            await ana.slash("/sample-command one two")
            await ana.see("Responding to: one two")
            await name_oneself(ana)
            await ana.see("You are Ana")
            await ana.open_home()
            await ana.see("Welcome home")
            await ana.say("@starter are you there?", "general")
            await ana.see("You called?")


async def name_oneself(person: Person) -> None:
    await person.shortcut("Run sample shortcut")
    await person.see("Sample modal")
    await person.fill({"Name": "Ana"})
    assert (await person.submit()).ok


def test_a_file_is_read_with_everything_it_says(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(FILE)

    found = description.read(path)

    assert found.mode == "http"
    assert found.spec.commands == ("/sample-command",)
    assert found.spec.usage == {"/sample-command": "[words]"}
    assert [person.real_name for person in found.spec.people] == ["Ana", "Bo Lind"]
    assert found.spec.people[1].is_restricted
    assert found.spec.channels[1].is_private
    assert "SLACK_BOT_TOKEN=xoxb-acme" in description.how_to_connect(found, url="http://127.0.0.1:1")


def test_people_are_enough() -> None:
    found = description.parse({"people": ["ana"]})

    assert found.spec.channels[0].members == ("ana", "app")
    assert "chat:write" in found.spec.scopes


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "must have the form"),
        ({"people": []}, "name at least one"),
        ({"people": ["ana"], "chanels": []}, "no 'chanels' here"),
        ({"people": ["ana"], "mode": "pigeon"}, "mode: must be http or socket"),
        ({"people": ["a na"]}, "no handle"),
        ({"people": [{"name": "ana", "tz": "Mars/Base"}]}, "no time zone 'Mars/Base'"),
        ({"people": ["ana"], "channels": [{"name": "x", "members": ["bo"]}]}, "nobody is called 'bo'"),
        ({"people": ["ana"], "app": {"shortcuts": [{"name": "x"}]}}, "each has a callback_id"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(given: object, complaint: str) -> None:
    with pytest.raises(BadDescription, match=complaint):
        description.parse(given)


def _loaded(text: str) -> object:
    import yaml

    return yaml.safe_load(text)
