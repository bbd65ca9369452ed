"""Secrets that lie encrypted in rows of ours: sealed for one row and column, by the keys of CONCLAVE_TOKEN_KEYS."""

from bot import keyring as keyrings
from bot.errors import Conflict, StartError
from bot.keyring import Keyring

NO_KEYS = (
    "Secrets lie encrypted in the database, and no key is set for that: CONCLAVE_TOKEN_KEYS is missing. Whoever runs "
    "Conclave makes one with conclave keys new, and sets it for every process."
)


def find_keyring(keys: str) -> Keyring | None:
    """The keys as the setting has them; None where there is none, or one that is none."""
    try:
        return keyrings.parse(keys)
    except StartError:
        return None


def keyring(keys: str) -> Keyring:
    """The same for whoever is about to make a secret. Raises Conflict, with what is missing."""
    found = find_keyring(keys)
    if found is None:
        raise Conflict(NO_KEYS)
    return found
