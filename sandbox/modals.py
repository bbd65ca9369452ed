"""Owns the modals and the Home before each person: open, push, update, publish, a submission's answer."""

import time
from typing import Any

from sandbox.inputs import Json
from sandbox.views import View
from sandbox.workspace import Trigger, Workspace
from slack_limits import view_problems

MOST_VIEWS = 3
FAILED = "dispatch_failed"


class Refused(Exception):
    """Slack's answer to a call that cannot be done: its error name, and messages that point to the fault."""

    def __init__(self, error: str, messages: list[str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.more = more


class Modals:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def open(self, trigger_id: str, given: Json) -> View:
        """Open a modal as a new stack, in place of whatever was open. Raises Refused."""
        self.check(given, kind="modal")
        self._refuse_used_name(given)
        trigger = self.exchange(trigger_id)
        view = self._new(trigger.user, given, here=trigger.channel)
        self.workspace.stacks[trigger.user] = [view]
        return view

    def push(self, trigger_id: str, given: Json) -> View:
        """Put a modal on top of the one that was pressed. Raises Refused."""
        self.check(given, kind="modal")
        self._refuse_used_name(given)
        trigger = self.workspace.triggers.get(trigger_id)
        if trigger is not None and trigger.view_id is None:
            raise Refused("invalid_trigger_id")
        if trigger is not None and all(v.id != trigger.view_id for v in self.workspace.stacks[trigger.user]):
            raise Refused("not_found")
        if trigger is not None and len(self.workspace.stacks[trigger.user]) >= MOST_VIEWS:
            raise Refused("push_limit_reached")
        trigger = self.exchange(trigger_id)
        return self._stack(trigger.user, given)

    def update(self, view_id: str, given: Json, *, expected_hash: str | None = None) -> View:
        """Replace an open view. Raises Refused."""
        view = self.workspace.find_view(view_id)
        self.check(given, kind=view.given["type"] if view else "modal")
        if view is None:
            raise Refused("not_found")
        if expected_hash and expected_hash != view.hash:
            raise Refused("hash_conflict")
        view.replace(given, self.workspace.with_block_ids(given["blocks"]))
        return view

    def publish(self, user: str, given: Json, *, expected_hash: str | None = None) -> View:
        """Show this person's Home. Raises Refused."""
        self.check(given, kind="home")
        view = self.workspace.homes.get(user)
        if view is None:
            view = self.workspace.homes[user] = self._new(user, given, here=None)
            return view
        return self.update(view.id, given, expected_hash=expected_hash)

    def check(self, given: Json, *, kind: str) -> None:
        problems = view_problems(given)
        if problems:
            raise Refused(
                problems[0].error,
                [f"[ERROR] {problem.message} [json-pointer:/view{problem.pointer}]" for problem in problems],
            )
        if given["type"] != kind:
            raise Refused("invalid_arguments", [f"[ERROR] must be {kind} [json-pointer:/view/type]"])

    def _refuse_used_name(self, given: Json) -> None:
        if given.get("external_id") and self.workspace.find_view(given["external_id"]):
            raise Refused("duplicate_external_id")

    def exchange(self, trigger_id: str) -> Trigger:
        """Use up a trigger: three seconds, once. Raises Refused."""
        trigger = self.workspace.triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if time.monotonic() > trigger.expires:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def _new(self, user: str, given: Json, *, here: str | None) -> View:
        spec = self.workspace.spec
        blocks = self.workspace.with_block_ids(given["blocks"])
        view_id = self.workspace.new_id("V")
        org = spec.enterprise_id if spec.is_org_install else None
        return View(view_id, user, spec.team_id, spec.app_id, spec.bot_id, given, blocks, here, installed_in=org)

    def _stack(self, user: str, given: Json) -> View:
        below = self.workspace.top(user)
        view = self._new(user, given, here=below.here if below else None)
        if below is not None:
            view.root_id, view.previous_id = below.root_id, below.id
        self.workspace.stacks[user].append(view)
        return view

    def take_submission(self, user: str, view: View, answer: Any) -> str | None:
        """Do what the app answered to Submit. Returns None, 'errors', or a failure that leaves the modal."""
        if answer is None or answer == {}:
            self._close(user, view)
            return None
        action = answer.get("response_action") if isinstance(answer, dict) else None
        if action == "clear":
            self.workspace.stacks[user] = []
            return None
        if action == "errors":
            return self._show_errors(view, answer.get("errors"))
        if action in ("update", "push"):
            return self._show_next(user, view, action, answer.get("view"))
        return FAILED

    def _close(self, user: str, view: View) -> None:
        self.workspace.stacks[user] = [other for other in self.workspace.stacks[user] if other is not view]

    def _show_errors(self, view: View, errors: Any) -> str | None:
        known = {block["block_id"] for block in view.input_blocks()}
        if not isinstance(errors, dict) or not errors or not set(errors) <= known:
            return FAILED
        view.errors = {str(key): str(text) for key, text in errors.items()}
        return "errors"

    def _show_next(self, user: str, view: View, action: str, given: Any) -> str | None:
        """Show the view that came with the answer; where Slack would refuse it, it is only trouble."""
        try:
            self.check(given or {}, kind="modal")
        except Refused:
            return FAILED
        if action == "update":
            if view not in self.workspace.stacks[user]:
                return None
            view.replace(given, self.workspace.with_block_ids(given["blocks"]))
            return None
        if len(self.workspace.stacks[user]) >= MOST_VIEWS:
            return FAILED
        self._stack(user, given)
        return None
