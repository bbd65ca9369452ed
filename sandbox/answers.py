"""Owns the app's answers: what an ack body or a response_url changes, and how a failure looks."""

from typing import Any

from sandbox.channel import Channel
from sandbox.inputs import Json
from sandbox.modals import Modals
from sandbox.spec import PersonSpec
from sandbox.views import View
from sandbox.workspace import SLACKBOT, ResponseUrl, Workspace

TROUBLE = "We had some trouble connecting. Try again?"
_WORK = {"shortcut": "Shortcut", "message_action": "Shortcut", "block_actions": "Action"}


class Answers:
    def __init__(self, workspace: Workspace, modals: Modals) -> None:
        self.workspace = workspace
        self.modals = modals

    def take(self, person: PersonSpec, kind: str, place: Any, answer: Any) -> str | None:
        """Show an ack's body. Returns None, 'errors' when inputs were refused, or the failure's name."""
        if kind == "view_submission":
            return self.modals.take_submission(person.id, place, answer)
        if kind == "slash" and answer:
            return self._take_slash(person, place, answer)
        return None

    def _take_slash(self, person: PersonSpec, channel: Channel, answer: Any) -> str | None:
        body: Json = {"text": answer} if isinstance(answer, str) else answer
        if self.workspace.problems(body):
            return "dispatch_failed"
        self._post(person.id, channel, body)
        return None

    def show_failure(self, person: PersonSpec, kind: str, ident: str, place: Any, error: str) -> None:
        """Show what Slack shows when the app was late or refused: a private line, a stuck modal, a toast."""
        if kind == "slash":
            text = f'{ident} failed with the error "{error}"'
            self.workspace.post(place, user=SLACKBOT, text=text, only_for=person.id)
        elif kind == "view_submission" and isinstance(place, View):
            place.trouble = TROUBLE
        elif kind in _WORK:
            self.workspace.notices[person.id] = f"{_WORK[kind]} failed: {error}"

    def respond(self, key: str, body: Json) -> str | None:
        """Take one use of a response_url. Returns Slack's error name, None when it was shown."""
        url = self.workspace.response_urls.get(key)
        if url is None:
            return "used_url"
        if error := self._refusal(url, body):
            return error
        url.uses_left -= 1
        self._take_response(url, body)
        return None

    def _refusal(self, url: ResponseUrl, body: Json) -> str | None:
        if url.uses_left <= 0:
            return "used_url"
        if self.workspace.clock.time() > url.expires:
            return "expired_url"
        problems = self.workspace.problems(body)
        return problems[0].error if problems else None

    def _take_response(self, url: ResponseUrl, body: Json) -> None:
        """Delete the message that was answered, replace it, or post another one."""
        channel = self.workspace.channels[url.channel]
        original = channel.messages.get(url.message_ts or "")
        if body.get("delete_original"):
            channel.messages.pop(url.message_ts or "", None)
        elif body.get("replace_original") and original is not None:
            original.text = body.get("text") or ""
            original.blocks = self.workspace.with_block_ids(body.get("blocks") or [])
            original.edited_ts = self.workspace.next_ts()
        else:
            url.message_ts = self._post(url.user, channel, body, before=url.message_ts)

    def _post(self, user: str, channel: Channel, body: Json, *, before: str | None = None) -> str | None:
        """Post as the app, to one person unless in_channel. Returns what replace_original then means."""
        everybody = body.get("response_type") == "in_channel"
        message = self.workspace.post(
            channel,
            user=self.workspace.spec.bot_user_id,
            text=body.get("text") or "",
            blocks=body.get("blocks") or [],
            only_for=None if everybody else user,
            thread_ts=body.get("thread_ts"),
        )
        return before or message.ts
