"""What is looked at before a process serves anybody: the schema, and what the database keeps secret."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StartError
from bot.store import schema, server
from bot.store.connection import is_pooled

_NOT_ALLOWED, _LOCKED = "42501", "55P03"
_LETTER_URLS = {
    "CONCLAVE_EMAIL_URL": "mailtos://user:pass@smtp.example.com?to={email}",
    "CONCLAVE_SMS_URL": "twilio://SID:token@sender/{phone}",
}
NO_APPRISE = "CONCLAVE_EMAIL_URL and CONCLAVE_SMS_URL need apprise. Install it with: pip install 'conclave[letters]'"

NO_WEB = (
    "CONCLAVE_URL needs argon2-cffi, fastapi, joserfc and standardwebhooks. Install them with: pip install "
    "'conclave[web]'"
)


async def check_schema(database_url: str) -> None:
    """Raise StartError where the database cannot be worked with as it stands: a sentence with the way out."""
    await asyncio.to_thread(server.check, database_url)
    try:
        found = await asyncio.to_thread(schema.standing, database_url)
    except SQLAlchemyError as error:
        raise StartError(_told_of_schema(error, name="DATABASE_URL")) from error
    check_standing(found)


def check_standing(found: schema.Standing) -> None:
    """Raise StartError where this code does not run on the schema that was found."""
    if found.is_ours:
        return
    _check_not_newer(found.revision)
    raise StartError(
        f"The database's schema is {found.revision or 'empty'}, this version needs {schema.head()}. Run: conclave "
        "migrate"
    )


def check_direct(url: str, *, name: str = "DIRECT_DATABASE_URL") -> None:
    """Raise StartError where what needs a session of its own, LISTEN or migrations, would go through a pooler."""
    if is_pooled(url):
        raise StartError(
            f"DATABASE_URL leads to a pooler in transaction mode. Set {name} to the PostgreSQL server itself, for what "
            "needs a session of its own."
        )


def migrate(owner_url: str, *, name: str, step: Callable[[str], None] = schema.upgrade) -> None:
    """Bring the schema up to date. Blocks. Raises StartError.

    name: the variable with the owner's URL. step: all of it, or one half: `schema.expand`, `schema.contract`.
    """
    check_direct(owner_url, name="MIGRATION_DATABASE_URL")
    server.check(owner_url, name=name)
    try:
        _check_not_newer(schema.current(owner_url))
        step(owner_url)
    except SQLAlchemyError as error:
        raise StartError(_told_of_schema(error, name=name)) from error


def _check_not_newer(revision: str | None) -> None:
    if revision and not schema.knows(revision):
        raise StartError(
            f"The database's schema is {revision}, of a newer version of Conclave; this one knows it up to "
            f"{schema.head()}. Install the newer version again, or restore a backup made before the upgrade."
        )


def _told_of_schema(error: SQLAlchemyError, *, name: str) -> str:
    """Why a migration, or a look at the schema, did not go through; what PostgreSQL undid is as it was."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state == _NOT_ALLOWED:
        return (
            f"The user in {name} may not do that: the tables belong to another one. Run conclave migrate with "
            "MIGRATION_DATABASE_URL set to their owner's."
        )
    if state == _LOCKED:
        return "Somebody holds a table that has to be changed. Nothing was changed. Run it again in a moment."
    return f"The database refused ({type(error).__name__}, SQLSTATE {state}). Nothing was changed."


def check_letters(urls: Mapping[str, str]) -> None:
    """Raise StartError where letters go to what is no URL of apprise's. urls: name of the variable -> what it holds."""
    if not urls:
        return
    if find_spec("apprise") is None:
        raise StartError(NO_APPRISE)
    import apprise  # a quarter of a second, and only where an operator asked for letters

    for name, url in urls.items():
        if not apprise.Apprise().add(url.replace("{email}", "a%40example.com").replace("{phone}", "%2B4915112345678")):
            raise StartError(f"{name} is no URL that apprise knows. Write one like {_LETTER_URLS[name]}.")


def check_web() -> None:
    """Raise StartError where what the web pages need is not installed."""
    if any(find_spec(name) is None for name in ("argon2", "fastapi", "joserfc", "standardwebhooks")):
        raise StartError(NO_WEB)


def told_of_secrecy(ways: Sequence[str]) -> str:
    """What the database's roles keep from the service's own login, in one or two sentences."""
    if not ways:
        return "the service's login reaches ballots through the vault's functions only"
    return (
        f"the service's login could read ballots past the vault's functions: it {', it '.join(ways)}. The product "
        "never does. To close that way give it a login of its own: docs/secrecy.md"
    )
