"""What is looked at before a process serves anybody: the schema, and what the database keeps secret."""

import asyncio
from collections.abc import Sequence

from bot.errors import StartError
from bot.store import schema

NO_APPRISE = "CONCLAVE_EMAIL_URL and CONCLAVE_SMS_URL need apprise. Install it with: pip install 'conclave[letters]'"


async def check_schema(database_url: str) -> None:
    try:
        found = await asyncio.to_thread(schema.current, database_url)
    except StartError:
        raise
    except Exception as error:
        raise StartError(f"The database does not answer ({type(error).__name__}). Check DATABASE_URL.") from error
    if found != schema.head():
        raise StartError(
            f"The database's schema is {found or 'empty'}, this version needs {schema.head()}. Run: conclave migrate"
        )


def told_of_secrecy(ways: Sequence[str]) -> str:
    """What the database's roles keep from the service's own login, in one or two sentences."""
    if not ways:
        return "the service's login reaches ballots through the vault's functions only"
    return (
        f"the service's login could read ballots past the vault's functions: it {', it '.join(ways)}. The product "
        "never does. To close that way give it a login of its own: docs/secrecy.md"
    )
