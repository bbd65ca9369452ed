"""`conclave backup` and `conclave restore`: what is checked before, and what the operator is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot import preflight
from bot.cli import operations
from bot.config import Settings
from bot.domain.backup import Manifest, fingerprints
from bot.errors import StartError
from bot.store import backup, schema, server
from bot.store import restore as restoring
from bot.store.restore import Restored
from bot.views.slack import text


def back_up(settings: Settings, file: Path, *, with_open_ballots: bool) -> str:
    """Write the file; returns what is in it. Raises StartError."""
    keys = fingerprints(settings.token_keys.get_secret_value())
    with _owners_database(settings) as (url, name):
        server.check(url, name=name)
        standing = schema.standing(url)
        preflight.check_standing(standing)
        if standing.revision != schema.head():
            raise StartError(
                f"The schema is between two versions ({standing.revision}), so no version could restore a backup of "
                "it. Make it before conclave migrate --expand, or after --contract."
            )
        made = backup.write(url, file, keys=keys, with_open_ballots=with_open_ballots, name=name)
    rows = sum(contents.rows for contents in made.tables.values())
    ballots = _WITH_BALLOTS if with_open_ballots else "The scores of rounds that are not published are not in it."
    return f"{file} has {rows} rows of {len(made.tables)} tables, schema {made.revision}. {ballots}"


_WITH_BALLOTS = (
    "Who scored what in rounds that are not published can be read in it: encrypt it, show it to nobody, and delete it "
    "once those rounds are over."
)


@contextmanager
def _owners_database(settings: Settings) -> Iterator[tuple[str, str]]:
    """The database's URL for the login that owns it, and the variable that has it."""
    if settings.uses_embedded_database:
        with operations.embedded_server(settings) as embedded:
            yield embedded.url, "DATABASE_URL"
        return
    url, name = operations.owners_url(settings)
    preflight.check_direct(url, name="MIGRATION_DATABASE_URL")
    yield url, name


def restore(settings: Settings, file: Path) -> str:
    """Put the file's rows into the database, migrated before; returns what else was done. Raises StartError."""
    manifest = restoring.read_manifest(file)
    _check(manifest, fingerprints(settings.token_keys.get_secret_value()))
    if not settings.uses_embedded_database:
        operations.migrate(settings)
    with _owners_database(settings) as (url, name):
        restored = restoring.load(url, file, manifest, name=name)
    return _told(manifest, restored)


def _check(manifest: Manifest, keys: tuple[str, ...]) -> None:
    if manifest.revision != schema.head():
        raise StartError(
            f"The backup has the schema {manifest.revision}, of Conclave {manifest.version}; this version has "
            f"{schema.head()}. Restore it with the version that wrote it, then upgrade."
        )
    missing = [key for key in manifest.keys if key not in keys]
    if missing:
        raise StartError(
            f"The backup holds tokens that are encrypted with a key that CONCLAVE_TOKEN_KEYS lacks (fingerprint "
            f"{', '.join(missing)}). Set the keys of the installation that was backed up."
        )


def _told(manifest: Manifest, restored: Restored) -> str:
    left_out = f"Left out of it: {text.count('ballot', restored.lost)}, whose authors are asked to score again."
    sentences = [
        f"Restored as it was on {manifest.made_at:%-d %B %Y at %H:%M} UTC.",
        left_out if restored.lost else "",
        f"Taking scores again: {text.count('round', restored.reopened)}." if restored.reopened else "",
        f"Closing later than planned: {text.count('round', restored.postponed)}." if restored.postponed else "",
        "Nothing that was on its way is sent again. Start the processes now.",
    ]
    return " ".join(filter(None, sentences))
