"""What every command of `conclave` shares: the settings, plain lines, and refusals as sentences."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.config import Settings


def print_line(text: str = "") -> None:
    """Plain text as it stands: no markup, no wrapping, no colours."""
    from rich.console import Console

    Console(soft_wrap=True, markup=False, highlight=False, emoji=False).print(text)


def settings() -> "Settings":
    """Raises StartError where a variable cannot be read."""
    from pydantic import ValidationError

    from bot.config import Settings, told_of_settings
    from bot.errors import StartError

    try:
        return Settings()
    except ValidationError as error:
        raise StartError(told_of_settings(error)) from None


@contextmanager
def sentences() -> Iterator[None]:
    """What the operator can mend is one sentence on standard error and exit code 1, not a traceback."""
    from bot.embedded import EmbeddedError
    from bot.errors import BotError, StartError

    with told(StartError, EmbeddedError, BotError):
        yield


@contextmanager
def told(*mendable: type[Exception]) -> Iterator[None]:
    try:
        yield
    except mendable as error:
        complain(error)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def complain(error: Exception | str) -> None:
    sys.stderr.write(f"{error}\n")
