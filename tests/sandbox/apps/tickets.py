"""A small app in the manner of Slack's own samples: synchronous Bolt, HTTP or Socket Mode. It knows of no sandbox.

What is particular to where it runs is in the environment, as for any app: the Web API's address and the tokens.
"""

import os
import time
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

app = App(
    client=WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]),
    signing_secret=os.environ.get("SLACK_SIGNING_SECRET"),
)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(text: str, action_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def field(label: str, name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    element = {**element, "action_id": "value"}
    return {"type": "input", "block_id": name, "label": plain(label), "element": element, **more}


def ticket_form(title: str, origin: str) -> dict[str, Any]:
    urgencies = [{"text": plain(words), "value": words.lower()} for words in ("Low", "High")]
    return {
        "type": "modal",
        "callback_id": "ticket",
        "private_metadata": origin,
        "title": plain("New ticket"),
        "submit": plain("File"),
        "blocks": [
            field("Title", "title", {"type": "plain_text_input", "initial_value": title} if title else
                  {"type": "plain_text_input"}),
            field("Assignee", "assignee", {"type": "users_select"}),
            field("Urgency", "urgency", {"type": "static_select", "options": urgencies}),
            {"type": "actions", "block_id": "more", "elements": [button("What is urgent?", "explain")]},
        ],
    }  # fmt: skip


@app.command("/ticket")
def open_form(ack, body, client):  # type: ignore[no-untyped-def]
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=ticket_form(body["text"], body["channel_id"]))


@app.command("/where")
def where(ack, respond, client, command):  # type: ignore[no-untyped-def]
    ack()
    team, me = client.team_info()["team"]["name"], client.auth_test()
    people = [one["name"] for one in client.users_list()["members"] if not one["is_bot"]]
    rooms = [one["name"] for one in client.conversations_list(types="public_channel,private_channel")["channels"]]
    inside = client.conversations_members(channel=command["channel_id"])["members"]
    bot = client.bots_info(bot=me["bot_id"])["bot"]["name"]
    respond(f"{team}: {', '.join(people)}; {', '.join(rooms)}; {len(inside)} here; I am {bot}")


@app.command("/room")
def make_room(ack, respond, client, command):  # type: ignore[no-untyped-def]
    ack()
    room = client.conversations_create(name=command["text"])["channel"]["id"]
    client.conversations_setTopic(channel=room, topic="Made by an app")
    client.conversations_invite(channel=room, users=command["user_id"])
    client.chat_postMessage(channel=room, text="Welcome to your room")
    try:
        client.api_call("rooms.paint", json={"channel": room})
    except SlackApiError as refusal:
        respond(f"No paint: {refusal.response['error']}")


@app.command("/later")
def later(ack, client, command):  # type: ignore[no-untyped-def]
    ack("In a moment")
    client.chat_scheduleMessage(channel=command["channel_id"], post_at=int(time.time()) + 2, text=command["text"])


@app.action("explain")
def explain(ack, body, client):  # type: ignore[no-untyped-def]
    ack()
    view = {"type": "modal", "title": plain("Urgency"), "blocks": [section("One moment")]}
    pushed = client.views_push(trigger_id=body["trigger_id"], view=view)["view"]
    client.views_update(view_id=pushed["id"], hash=pushed["hash"], view={**view, "blocks": [section("High is today")]})


@app.view("ticket")
def filed(ack, body, view, client, logger):  # type: ignore[no-untyped-def]
    values = view["state"]["values"]
    title, assignee = values["title"]["value"]["value"], values["assignee"]["value"]["selected_user"]
    if len(title) < 5:
        ack(response_action="errors", errors={"title": "Say a little more"})
        return
    ack()
    name = client.users_info(user=assignee)["user"]["profile"]["real_name"]
    urgency = values["urgency"]["value"]["selected_option"]["value"]
    buttons = {"type": "actions", "elements": [button("Done", "done", value=title, style="primary")]}
    posted = client.chat_postMessage(
        channel=view["private_metadata"],
        text=f"Ticket: {title}",
        blocks=[section(f"*{title}* ({urgency}) for {name}"), buttons],
    )
    client.reactions_add(channel=posted["channel"], timestamp=posted["ts"], name="eyes")
    client.chat_postMessage(channel=assignee, text=f"<@{body['user']['id']}> has a ticket for you: {title}")
    logger.info("filed")


@app.action("done")
def done(ack, body, action, client, respond, say):  # type: ignore[no-untyped-def]
    ack()
    message, channel = body["message"], body["channel"]["id"]
    client.chat_update(channel=channel, ts=message["ts"], text="Done", blocks=[section(f"~{action['value']}~ done")])
    respond("Thank you", replace_original=False, response_type="ephemeral")
    say(f"<@{body['user']['id']}> did it", thread_ts=message["ts"])


@app.shortcut("ticket_from_message")
def from_message(ack, shortcut, client):  # type: ignore[no-untyped-def]
    ack()
    form = ticket_form(shortcut["message"]["text"], shortcut["channel"]["id"])
    client.views_open(trigger_id=shortcut["trigger_id"], view=form)


@app.event("app_home_opened")
def home(client, event):  # type: ignore[no-untyped-def]
    name = client.users_info(user=event["user"])["user"]["real_name"]
    client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section(f"Welcome home, {name}")]})


@app.event("app_mention")
def mentioned(event, say):  # type: ignore[no-untyped-def]
    say("You called?", thread_ts=event["ts"])


@app.message("hello")
def hello(message, say, client):  # type: ignore[no-untyped-def]
    say(f"Hey there <@{message['user']}>!")
    client.chat_postEphemeral(channel=message["channel"], user=message["user"], text="Just between us: hello")


@app.event("message")
def other() -> None:
    """Messages that nothing above has a use for."""


if __name__ == "__main__":
    if os.environ.get("SLACK_APP_TOKEN"):
        SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start()
    else:
        app.start(port=int(os.environ["PORT"]))
