"""The keys that tokens of Slack and secrets of hooks lie encrypted by in the database: AES-GCM, each bound to its row
and column.

Bound, so that nobody who may write to the table can give one workspace the token of another: moved to another row it
does not open. The library is imported with the first key: a service of one workspace has none.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.errors import StartError

_KEY_BYTES = 32
_NONCE_BYTES = 12
MAKE_ONE = "Make one with: conclave keys new"


class KeyLost(Exception):
    """No key is there that opens a token."""


@dataclass(frozen=True)
class Keyring:
    """All keys, the newest first; new tokens are sealed by that one."""

    keys: tuple[bytes, ...] = field(repr=False)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """A name for each, by which nobody gets at it."""
        return tuple(hashlib.sha256(b"conclave-key-id:" + key).hexdigest()[:8] for key in self.keys)

    @property
    def newest(self) -> str:
        return self.ids[0]

    def seal(self, token: str, *, row: object, column: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed: bytes = _cipher(self.keys[0]).encrypt(nonce, token.encode(), _bound_to(row, column))
        return nonce + sealed

    def open(self, sealed: bytes, *, key_id: str, row: object, column: str) -> str:
        """Raises KeyLost where that key is not here, or what is there was not sealed by it for this row."""
        from cryptography.exceptions import InvalidTag

        if key_id not in self.ids:
            raise KeyLost(key_id)
        nonce, rest = bytes(sealed[:_NONCE_BYTES]), bytes(sealed[_NONCE_BYTES:])
        try:
            opened: bytes = _cipher(self.keys[self.ids.index(key_id)]).decrypt(nonce, rest, _bound_to(row, column))
        except InvalidTag:
            raise KeyLost(key_id) from None
        return opened.decode()


def parse(text: str) -> Keyring:
    """The keys of CONCLAVE_TOKEN_KEYS, separated by commas or blanks. Raises StartError where one is none."""
    keys = [_key(word) for word in text.replace(",", " ").split()]
    if not keys:
        raise StartError(f"Set CONCLAVE_TOKEN_KEYS: tokens of workspaces lie encrypted. {MAKE_ONE}")
    return Keyring(tuple(keys))


def new_key() -> str:
    """A key as CONCLAVE_TOKEN_KEYS takes it."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode().rstrip("=")


def told_of_lost(lost: Mapping[str, int]) -> str:
    """What an operator does where tokens lie sealed by keys that are not here. lost: key -> how many."""
    count = sum(lost.values())
    what = f"tokens of {count} {'installation lies' if count == 1 else 'installations lie'} encrypted"
    return _lost(lost, what, ": those workspaces have to install again, and keep their data.")


def told_of_lost_webhooks(lost: Mapping[str, int]) -> str:
    """The same for secrets of webhooks."""
    count = sum(lost.values())
    what = f"secrets of {count} {'webhook lie' if count == 1 else 'webhooks lie'} encrypted"
    return _lost(lost, what, ": they are disabled until their teams rotate the secrets.")


def told_of_lost_hooks(lost: Mapping[str, int]) -> str:
    """The same for secrets of hooks."""
    count = sum(lost.values())
    what = f"secrets of {count} {'hook lies' if count == 1 else 'hooks lie'} encrypted: nothing comes in by them"
    return _lost(lost, what, ", and let their teams make them anew.")


def _lost(lost: Mapping[str, int], what: str, then: str) -> str:
    return (
        f"CONCLAVE_TOKEN_KEYS lacks {' and '.join(sorted(lost))}, by which the {what}. Put it back behind the newest "
        f"key. If it is lost, run conclave keys forget with its name{then}"
    )


NONE = Keyring(())
"""Opens nothing."""


def _key(word: str) -> bytes:
    try:
        key = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise StartError(f"CONCLAVE_TOKEN_KEYS holds what is no key of {_KEY_BYTES} bytes. {MAKE_ONE}")
    return key


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _bound_to(row: object, column: str) -> bytes:
    return f"{row}:{column}".encode()
