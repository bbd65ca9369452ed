"""Secrets that lie encrypted in rows of ours: made here, and by the keys of CONCLAVE_TOKEN_KEYS."""

import base64
import secrets

from bot.domain.hook import PREFIX
from bot.errors import Conflict
from bot.keyring import Keyring

NO_KEYS = (
    "Secrets lie encrypted in the database, and no key is set for that: CONCLAVE_TOKEN_KEYS is missing. Whoever runs "
    "Conclave makes one with conclave keys new, and sets it for every process."
)
_SECRET_BYTES = 32


def needed(keyring: Keyring | None) -> Keyring:
    """The keys, for whoever is about to seal a secret. Raises Conflict, with what is missing."""
    if keyring is None:
        raise Conflict(NO_KEYS)
    return keyring


def new_secret() -> str:
    """As the Standard Webhooks specification writes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
