"""`conclave erase`: a member, a customer, a team; what was erased, and doing it again after a backup was restored."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from bot.cli.terminal import print_line, sentences, settings

if TYPE_CHECKING:
    from bot.domain.erasure import Erasure
    from bot.services.erasure import Plan

cli = typer.Typer(
    help="Erase a member, a customer or a team: docs/erasure.md says what goes and what stays.", no_args_is_help=True
)
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be touched.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AlsoFreeText = Annotated[
    bool, typer.Option("--also-free-text", help="Also take the name out of texts that others wrote.")
]
SHOWN = 50


@cli.command()
def member(
    email: Annotated[str, typer.Argument(help="The member's address.")],
    dry_run: DryRun = False,
    yes: Yes = False,
    also_free_text: AlsoFreeText = False,
) -> None:
    """Take a member's name, address, Slack ids and texts out; scores and rankings stay, under a pseudonym."""
    from bot.cli import operations

    with sentences():
        plan = asyncio.run(operations.plan_member(settings(), email))
        _tell(plan, also_free_text=also_free_text)
        if _is_wanted(dry_run=dry_run, yes=yes):
            asyncio.run(operations.erase_member(settings(), plan, also_free_text=also_free_text))
            print_line(f"Erased. The audit trail calls them {plan.becomes}.")


@cli.command()
def customer(
    name: Annotated[str, typer.Argument(metavar="NAME-OR-ID", help="As decisions call the customer, or its id there.")],
    team: Annotated[str | None, typer.Option(help="The team's name, where several know the customer.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    also_free_text: AlsoFreeText = False,
) -> None:
    """Take all texts out of the decisions about a customer; numbers and rankings stay, under a pseudonym."""
    from bot.cli import operations

    with sentences():
        plan = asyncio.run(operations.plan_customer(settings(), name, team))
        _tell(plan, also_free_text=also_free_text)
        if _is_wanted(dry_run=dry_run, yes=yes):
            asyncio.run(operations.erase_customer(settings(), plan, also_free_text=also_free_text))
            print_line(f"Erased. Decisions call them {plan.becomes}.")


@cli.command()
def team(
    name: Annotated[str, typer.Argument(help="The team's name.")], dry_run: DryRun = False, yes: Yes = False
) -> None:
    """Take everybody and every text of a team out, and end what it has open; numbers stay, under a pseudonym."""
    from bot.cli import operations

    with sentences():
        plan = asyncio.run(operations.plan_team(settings(), name))
        _tell(plan, also_free_text=False)
        if _is_wanted(dry_run=dry_run, yes=yes):
            asyncio.run(operations.erase_team(settings(), plan.subject))
            print_line(f"Erased. It is called {plan.becomes} now, and is in no workspace any more.")


@cli.command("list")
def list_erasures() -> None:
    """What was erased, a line of JSON each, by ids alone. Keep it beside your backups, for `replay`."""
    from bot.cli import operations

    with sentences():
        for one in asyncio.run(operations.erasures(settings())):
            print_line(_line(one))


@cli.command()
def replay(
    file: Annotated[
        Path | None, typer.Argument(help="What `list` has printed; without it, what the database knows.")
    ] = None,
) -> None:
    """Erase again whoever a restored backup has brought back, or what was not over when they were erased."""
    from bot.cli import operations

    with sentences():
        known = list(_read(file)) if file else None
        again, of = asyncio.run(operations.repeat_erasures(settings(), known))
        print_line(f"{again} of {of} erased again.")


def _tell(plan: "Plan", *, also_free_text: bool) -> None:
    print_line(f"{plan.who} becomes {plan.becomes}.")
    print_line(f"Texts go in {_counted(len(plan.decisions), 'decision')}.")
    replaced = plan.to_replace(also_free_text=also_free_text)
    print_line(f"The name, the address or an id is taken out of {_counted(len(replaced), 'other place')}.")
    for line in _shown([str(hit) for hit in replaced]):
        print_line(f"  {line}")
    if plan.asked and not also_free_text:
        print_line("It stays in texts that others wrote, unless you say --also-free-text:")
        for line in _shown([str(hit) for hit in plan.asked]):
            print_line(f"  {line}")
    if plan.later:
        numbers = ", ".join(f"#{number}" for number in plan.later)
        print_line(f"Not over yet: {numbers}. What they wrote there stays; run conclave erase replay once these are.")
    print_line("What Slack keeps of messages that were sent is Slack's: cards are drawn anew, direct messages are not.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shown(lines: list[str]) -> list[str]:
    counts = {line: lines.count(line) for line in sorted(set(lines))}
    named = [f"{line} ({count} rows)" if count > 1 else line for line, count in counts.items()]
    return [*named[:SHOWN], *([f"... and {len(named) - SHOWN} more"] if len(named) > SHOWN else [])]


def _is_wanted(*, dry_run: bool, yes: bool) -> bool:
    """Whether to go on; asks whoever sits at a terminal. Without one nothing is done unasked."""
    if dry_run:
        print_line("Nothing was changed: this was a dry run.")
        return False
    if yes or (sys.stdin.isatty() and typer.confirm("Erase?")):
        return True
    print_line("Nothing was changed. Say --yes to erase.")
    raise typer.Exit(1)


def _line(one: "Erasure") -> str:
    body = {"kind": one.kind, "subject": str(one.subject), "decisions": list(map(str, one.decisions))}
    return json.dumps({**body, "also_free_text": one.also_free_text, "at": one.at.isoformat()})


def _read(file: Path) -> "Iterator[Erasure]":
    """Raises Invalid with the number of a line that cannot be read."""
    from datetime import datetime

    from bot.domain.erasure import Erasure
    from bot.errors import Invalid

    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Invalid(f"{file} cannot be read ({error.strerror}).") from None
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
            decisions = tuple(UUID(one) for one in found["decisions"])
            at, also = datetime.fromisoformat(found["at"]), bool(found["also_free_text"])
            yield Erasure(found["kind"], UUID(found["subject"]), decisions, also, at)
        except (ValueError, KeyError, TypeError):
            raise Invalid(f"Line {number} of {file} is not one that conclave erase list has printed.") from None
