"""`conclave keys`: the keys that tokens and secrets lie encrypted by. Heavy imports live inside, as in `commands`."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.config import Settings


def commands(
    settings: "Callable[[], Settings]",
    sentences: Callable[[], AbstractContextManager[None]],
    print_line: Callable[[str], None],
) -> typer.Typer:
    """The group, with what `commands` does for every command."""
    keys = typer.Typer(help="The keys that tokens and secrets lie encrypted by.", no_args_is_help=True)

    @keys.command()
    def new() -> None:
        """A new key. Put it before the others in CONCLAVE_TOKEN_KEYS, start every process with it, then rotate."""
        from bot.keyring import new_key

        print_line(new_key())

    @keys.command()
    def rotate() -> None:
        """Encrypt every token and secret by the newest key, while the service runs. Exit 1 where a key is missing."""
        from bot.cli import operations

        with sentences():
            done, words = asyncio.run(operations.rotate_keys(settings()))
            print_line(f"{done} encrypted anew. {words}")

    @keys.command()
    def forget(key: Annotated[str, typer.Argument(help="The name of a lost key, as conclave doctor says it.")]) -> None:
        """Give up what only a lost key opens: workspaces install anew, keeping data; hooks are made anew."""
        from bot.cli import operations

        with sentences():
            print_line(f"{asyncio.run(operations.forget_key(settings(), key))} given up.")

    return keys
