"""Owns a channel with its messages and their files."""

from dataclasses import dataclass, field
from urllib.parse import quote

from sandbox.inputs import Json
from sandbox.spec import PersonSpec


@dataclass(eq=False)
class File:
    """A file of the app. `content` is None until it is uploaded; shared with nobody until a message holds it."""

    id: str
    name: str
    length: int
    ticket: str
    title: str = ""
    content: bytes | None = None

    def path_for(self, person: PersonSpec) -> str:
        """Where this person downloads it."""
        return f"/files/{quote(person.name, safe='')}/{self.id}/{quote(self.name, safe='')}"


@dataclass(eq=False)
class Message:
    """A message in a channel; `only_for` makes it ephemeral."""

    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    edited_ts: str | None = None
    only_for: str | None = None
    is_broadcast: bool = False
    """A reply that the channel sees as well."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji -> who reacted with it."""
    files: list[File] = field(default_factory=list)
    unfurls: dict[str, list[Json]] = field(default_factory=dict)
    """A link in it -> the blocks that the app has put below it."""

    @property
    def reply_to(self) -> str | None:
        """The thread that it is a reply in."""
        return self.thread_ts if self.thread_ts != self.ts else None

    @property
    def is_in_channel(self) -> bool:
        """Whether it stands in the channel itself, not in a thread alone."""
        return self.reply_to is None or self.is_broadcast


@dataclass(eq=False)
class Channel:
    id: str
    name: str
    members: set[str]
    is_private: bool = False
    archived: bool = False
    shared_with: str = ""
    """Who else reads it, from a workspace of their own; see `spec.ChannelSpec`."""
    person: str | None = None  # whose DM with the app this is
    messages: dict[str, Message] = field(default_factory=dict)
    topic: str = ""
    notifies_all: set[str] = field(default_factory=set)
    """Ids of those whom every message here notifies, as they chose."""

    @property
    def is_dm(self) -> bool:
        return self.person is not None
