"""Owns one view: its blocks, its hash and what was typed into it, kept across updates as Slack keeps it."""

import secrets
import time
from dataclasses import dataclass, field

from sandbox.inputs import Json, Key, carry_over, complaint, initial_states

_PARTS = ("title", "submit", "close")
_FLAGS = ("clear_on_close", "notify_on_close")
_TEXTS = ("private_metadata", "callback_id", "external_id")


@dataclass(eq=False)
class View:
    """A modal or Home as one person has it before them."""

    id: str
    user: str
    team_id: str
    app_id: str
    bot_id: str
    given: Json
    blocks: list[Json]
    here: str | None = None
    root_id: str = ""
    previous_id: str | None = None
    hash: str = ""
    states: dict[Key, Json] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    installed_in: str | None = None
    """The organisation that has installed the app as a whole."""

    def __post_init__(self) -> None:
        self.root_id = self.root_id or self.id
        self.states = initial_states(self.blocks, here=self.here)
        self.hash = new_hash()

    @property
    def external_id(self) -> str:
        return str(self.given.get("external_id") or "") or "\0"

    def replace(self, given: Json, blocks: list[Json]) -> None:
        """Show another content under the same view id: input under unchanged ids stays, the hash moves."""
        self.states = carry_over(self.states, blocks, here=self.here)
        self.given, self.blocks = given, blocks
        self.errors, self.trouble = {}, None
        self.hash = new_hash()

    def input_blocks(self) -> list[Json]:
        return [block for block in self.blocks if block["type"] == "input"]

    def held(self, block: Json) -> Json:
        return self.states[(block["block_id"], block["element"]["action_id"])]

    def complaints(self) -> dict[str, str]:
        """Find what Slack's client refuses to send: block_id -> sentence."""
        found = {block["block_id"]: complaint(block, self.held(block)) for block in self.input_blocks()}
        return {block_id: sentence for block_id, sentence in found.items() if sentence}

    def payload(self) -> Json:
        """The view as Slack sends it to the app."""
        values: dict[str, Json] = {}
        for (block_id, action_id), held in self.states.items():
            values.setdefault(block_id, {})[action_id] = held
        shape: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "type": self.given["type"],
            "blocks": self.blocks,
            "state": {"values": values},
            "hash": self.hash,
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": self.app_id,
            "app_installed_team_id": self.installed_in or self.team_id,
            "bot_id": self.bot_id,
        }
        shape |= {part: self.given.get(part) for part in _PARTS}
        shape |= {part: bool(self.given.get(part)) for part in _FLAGS}
        return shape | {part: self.given.get(part) or "" for part in _TEXTS}


def new_hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"
