"""Owns the order of the chapters."""

from collections.abc import Awaitable, Callable

from bot.demo.process import BotProcess
from bot.demo.story import ledger, opening, resolving, scoring
from bot.demo.story.stage import Stage
from sandbox.server import Sandbox


async def play(
    sandbox: Sandbox,
    bot: BotProcess,
    database_url: str,
    out: Callable[[str], None],
    *,
    between: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Play the story in a workspace where nothing has happened yet but the loading of the sample team.

    between: called between any two steps. Raises StoryFailed or CannotDo where something is not as told.
    """
    async with Stage.built(sandbox, bot, database_url, out, between) as stage:
        stage.title("One decision of TechCorp's customer success team, from the case to its outcome")
        await opening.play(stage)
        await scoring.play(stage)
        await resolving.play(stage)
        await ledger.check(stage)
        stage.title("\nThe story is told.")
