"""`conclave team`: which teams there are, how much of their plans they use, and which plan each has."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.terminal import print_line, sentences, settings

if TYPE_CHECKING:
    from bot.store.plan import Used

cli = typer.Typer(help="Teams and their plans: list, show, tier.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The team's name, whatever the case.")]


@cli.command("list")
def list_teams() -> None:
    """Every team with its plan, how much of it is used, and its id, by which CONCLAVE_RULES names it."""
    from bot.cli import operations

    with sentences():
        found = asyncio.run(operations.teams(settings()))
        for one in found:
            used = f"{one.usage.members} active members  {one.usage.open_decisions} open decisions"
            print_line(f"{one.team.name}  {one.team.tier}  {used}  {one.team.id}")
        print_line(f"{len(found)} teams." if len(found) != 1 else "1 team.")


@cli.command()
def show(name: Name) -> None:
    """What a team's plan allows, and how much of that is used."""
    from bot.cli import operations

    with sentences():
        _tell(asyncio.run(operations.team(settings(), name)))


@cli.command()
def tier(name: Name, plan: Annotated[str, typer.Argument(help="starter, professional or enterprise.")]) -> None:
    """Give a team another plan. Nothing that it has is taken from it; a lower limit keeps it from adding only."""
    from bot.cli import operations

    with sentences():
        _tell(asyncio.run(operations.set_tier(settings(), name, plan)))


def _tell(one: "Used") -> None:
    plan = settings().rules.plans.of(one.team)
    print_line(f"{one.team.name}, {one.team.company_name} ({one.team.id})")
    print_line(f"Plan {plan.in_words(one.usage)}.")
    for why in (plan.no_member(one.team, one.usage), plan.no_decision(one.team, one.usage)):
        if why:
            print_line(why)
