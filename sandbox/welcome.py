"""Owns the plain text for who comes without a browser: what this is, and how to talk to it."""

from collections.abc import Iterator

from starlette.responses import PlainTextResponse, Response

from sandbox.spec import WorkspaceSpec


def how_to_talk(spec: WorkspaceSpec, *, base_url: str, command: str = "") -> str:
    """A few lines to copy: who is here, and acts of each kind. command: as this terminal finds the spec's."""
    people = ", ".join(person.name for person in spec.people)
    port = base_url.rpartition(":")[2]
    lines = [
        f"People: {people}. Each sees their own screen; type in a second terminal:",
        "",
        *(f"  {command or spec.command} {who} {words}" for who, words in spec.examples or _usual(spec)),
        "",
        f"Each prints what that person sees then. On another port than usual: --port {port}.",
    ]
    return "\n".join(lines)


def _usual(spec: WorkspaceSpec) -> Iterator[tuple[str, str]]:
    """One act of each kind, where the description of the workspace gives no examples."""
    first, other = spec.people[0].name, spec.people[-1].name
    if spec.commands:
        yield first, f'"{spec.commands[0]}"'
    yield first, 'fill "LABEL=VALUE LABEL=VALUE"'
    yield first, "submit"
    yield other, 'click "TEXT OF A BUTTON"'
    yield other, f'say "#{spec.channels[0].name} Good morning"'
    yield other, "screen"
    yield other, "--later 1d"


def page(spec: WorkspaceSpec, *, base_url: str) -> Response:
    text = (
        f"{spec.name}: a Slack workspace on this machine, for trying {spec.app_name} without Slack.\n\n"
        f"{how_to_talk(spec, base_url=base_url)}\n\n"
        "For programs: GET /sandbox/people, GET /sandbox/people/NAME/screen, POST /sandbox/people/NAME/slash\n"
        '{"command": "..."}, and so on for click, fill, submit, close, say, shortcut.\n'
    )
    return PlainTextResponse(text)
