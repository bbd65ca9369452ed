"""Owns the pytest plugin: the fixture `slack`, a workspace whose people click, beside the app that a test starts.

Installing the package is enough; nothing is imported but pytest before a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.spec import WorkspaceSpec
    from sandbox.threaded import Slack
    from sandbox.town import Mode


@pytest.fixture
def slack_workspace() -> WorkspaceSpec | Path | str:
    """What the workspace is like; a test module overrides it with a WorkspaceSpec or the path of a YAML file."""
    from sandbox import description

    return description.parse({"people": ["ana", "bo"]}).spec


@pytest.fixture
def slack_mode() -> Mode | None:
    """How the app is reached, "http" or "socket"; None: as the YAML file says, else "http"."""
    return None


@pytest.fixture
def slack(slack_workspace: WorkspaceSpec | Path | str, slack_mode: Mode | None) -> Iterator[Slack]:
    """A Slack of this test's own. Tell the app `slack.api_url` and its tokens, and over HTTP set `slack.bot_url`."""
    from sandbox import description, threaded
    from sandbox.spec import WorkspaceSpec

    mode: Mode = "http"
    if isinstance(slack_workspace, WorkspaceSpec):
        spec = slack_workspace
    else:
        found = description.read(Path(slack_workspace))
        spec, mode = found.spec, found.mode
    with threaded.slack(spec, mode=slack_mode or mode) as living:
        yield living
