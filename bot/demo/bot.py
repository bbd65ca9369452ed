"""Owns the demo's bot: all that `conclave run` does, by the time of its database. `python -m bot.demo.bot run`."""

import asyncio
import contextlib

from bot import app, log
from bot.config import Settings
from bot.demo.clock import DatabaseClock


def main() -> None:
    settings = Settings()
    log.configure(settings.log_level)
    url = settings.database_url.get_secret_value()
    with contextlib.closing(DatabaseClock(url)) as clock:
        asyncio.run(app.serve(settings, database_url=url, clock=clock.now))


if __name__ == "__main__":
    main()
