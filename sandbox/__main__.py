"""Owns the command line: `python -m sandbox run acme.yaml`, `... as ana "/hello"`, `... methods`."""

import argparse
import asyncio
import sys
from pathlib import Path

from sandbox import description
from sandbox.methods import table
from sandbox.people import CannotDo
from sandbox.server import serve
from sandbox.speak import HOW, speak

PORT = 8300


def main() -> None:
    """Run one command; what the caller can mend is one sentence and exit code 1."""
    given = _parser().parse_args()
    try:
        given.command(given)
    except (description.BadDescription, CannotDo) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Port {given.port} cannot be used ({error.strerror}). Choose another one with --port.")


def _run(given: argparse.Namespace) -> None:
    found = description.read(given.file)
    serve(
        found.spec,
        ready=lambda sandbox: _say(description.how_to_connect(found, url=sandbox.url)),
        bot_url=found.bot_url,
        mode=found.mode,
        port=given.port,
    )


def _act(given: argparse.Namespace) -> None:
    url = f"http://127.0.0.1:{given.port}"
    _say(asyncio.run(speak(url, given.name, " ".join(given.words), later=given.later)))


def _methods(given: argparse.Namespace) -> None:
    _say(table.markdown())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A Slack of one's own, for any Bolt app.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="open a workspace that a YAML file describes")
    run.add_argument("file", type=Path, metavar="FILE")
    run.set_defaults(command=_run)
    act = commands.add_parser("as", help="act as a person there, and print what they see then", epilog=HOW)
    act.add_argument("name")
    act.add_argument("words", nargs="*")
    act.add_argument("--later", default="", help="move the clock before: 1h, 1d, 1d12h")
    act.set_defaults(command=_act)
    for command in (run, act):
        command.add_argument("--port", type=int, default=PORT)
    methods = commands.add_parser("methods", help="print which Web API methods there are, as a table in Markdown")
    methods.set_defaults(command=_methods)
    return parser


if __name__ == "__main__":
    main()
