"""Owns the plain text for who comes without a browser: what this is, and how to talk to it."""

from starlette.responses import PlainTextResponse, Response

from sandbox.spec import WorkspaceSpec


def how_to_talk(spec: WorkspaceSpec, *, base_url: str, command: str = "conclave as") -> str:
    """A few lines to copy: who is here, and acts of each kind."""
    people = ", ".join(person.name for person in spec.people)
    first, *others = [person.name for person in spec.people]
    other = others[0] if others else first
    slash = spec.commands[0] if spec.commands else "/help"
    port = base_url.rpartition(":")[2]
    lines = [
        f"People: {people}. Each sees their own screen; type in a second terminal:",
        "",
        f'  {command} {first} "{slash} help"',
        f'  {command} {first} "{slash} list"',
        f'  {command} {first} "{slash} Refund for ABC"',
        f'  {command} {first} fill "Customer=ABC Type of decision=Refund request Urgency=4"',
        f"  {command} {first} submit",
        f"  {command} {other} click Score",
        f"  {command} {other} close",
        f'  {command} {other} say "#general Good morning"',
        f'  {command} {other} "shortcut New customer decision"',
        f"  {command} {other} screen",
        "",
        f"Each prints what that person sees then. On another port than usual: --port {port}.",
    ]
    return "\n".join(lines)


def page(spec: WorkspaceSpec, *, base_url: str) -> Response:
    text = (
        f"{spec.name}: a Slack workspace on this machine, for trying {spec.app_name} without Slack.\n\n"
        f"{how_to_talk(spec, base_url=base_url)}\n\n"
        "For programs: GET /sandbox/people, GET /sandbox/people/NAME/screen, POST /sandbox/people/NAME/slash\n"
        '{"command": "..."}, and so on for click, fill, submit, close, say, shortcut.\n'
    )
    return PlainTextResponse(text)
