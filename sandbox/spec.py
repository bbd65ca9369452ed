"""Owns the description of a workspace before it lives: people, channels, the app and its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LEAST_SCOPES = ("commands", "chat:write", "im:write", "users:read", "users:read.email")


@dataclass(frozen=True)
class PersonSpec:
    """A member of the workspace; `name` is the handle by which tests and channels call them."""

    id: str
    name: str
    real_name: str
    email: str | None = None
    tz: str = "UTC"
    is_admin: bool = False
    is_restricted: bool = False
    deleted: bool = False
    about: str = ""
    """Who this is in the story, for whoever chooses whom to be."""


@dataclass(frozen=True)
class ChannelSpec:
    """A channel; `members` are handles of people, and the app's own handle where the bot is in."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    is_private: bool = False
    archived: bool = False
    shared_with: Literal["", "another company", "our company"] = ""
    """Who else reads it, from a workspace of their own."""


@dataclass(frozen=True)
class GroupSpec:
    """A user group, called by its handle as in @care; `members` are handles of people."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True)
class ShortcutSpec:
    callback_id: str
    name: str
    kind: Literal["global", "message"] = "global"


@dataclass(frozen=True)
class StepSpec:
    """A step that the app offers to Workflow Builder: one of the manifest's `functions`."""

    callback_id: str
    name: str
    example: Mapping[str, str] = field(default_factory=dict)
    """What the page's button runs it with, by input; "@me" is the person who runs it, "#here" where they are."""


@dataclass(frozen=True)
class HintSpec:
    """A step for whoever comes for the first time. title: what to do, in few words; text: how, in mrkdwn.

    done_by: (kind, ident) of what people send the app, as in the inspector, for example ("slash", "/hello") or
    ("view_submission", "form"): the step is done once somebody has, and the app has refused nothing of it.
    """

    title: str
    text: str
    done_by: tuple[str, str]


@dataclass(frozen=True)
class WorkspaceSpec:
    """One workspace with one installed app. The three durations are Slack's own; tests may shorten them.

    The first channel that a person is in is where that person types slash commands unless told otherwise.
    """

    team_id: str
    name: str
    domain: str
    people: tuple[PersonSpec, ...]
    channels: tuple[ChannelSpec, ...]
    bot_token: str
    signing_secret: str
    app_token: str | None = None
    scopes: tuple[str, ...] = LEAST_SCOPES
    groups: tuple[GroupSpec, ...] = ()
    commands: tuple[str, ...] = ()
    shortcuts: tuple[ShortcutSpec, ...] = ()
    steps: tuple[StepSpec, ...] = ()
    events: tuple[str, ...] = ("app_home_opened",)
    unfurl_domains: tuple[str, ...] = ()
    """Hosts of which the app hears when somebody posts a link there: the manifest's `features.unfurl_domains`."""
    usage: Mapping[str, str] = field(default_factory=dict)
    """Command -> what may follow it, shown as one types."""
    begin_as: str = ""
    """Handle of the person to be first, where it matters."""
    first_steps: str = ""
    """What the page tells who opens it for the first time, in mrkdwn."""
    hints: tuple[HintSpec, ...] = ()
    """In its place: steps in order, each marked once somebody has done it."""
    messages_tab_read_only: bool = False
    """Whether people read the app's direct messages but cannot write there: the manifest's
    `app_home.messages_tab_read_only_enabled`."""
    needs_text: bool = True
    """Refuse a message of blocks alone: Slack takes it and warns, screen readers then have nothing to say."""
    secret_views: tuple[str, ...] = ()
    """How callback ids begin whose views and submissions the inspector never shows."""
    hidden: str = "Hidden: the description of this workspace keeps this view secret."
    """What the inspector says in place of such a view."""
    command: str = "python -m sandbox as"
    """What one types in a terminal before a handle and words."""
    examples: tuple[tuple[str, str], ...] = ()
    """(handle, words as a shell takes them): what to type in a terminal, where the usual examples say too little."""
    enterprise_id: str | None = None
    """The organisation that the workspace belongs to."""
    is_org_install: bool = False
    """Whether the organisation has installed the app as a whole: payloads then name the workspace in fewer places."""
    app_id: str = "A0SANDBOX"
    app_name: str = "app"
    bot_user_id: str = "U0SANDBOXBOT"
    bot_id: str = "B0SANDBOX"
    trigger_seconds: float = 3.0
    deadline_seconds: float = 3.0
    event_retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
