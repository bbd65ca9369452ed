"""Vectors of meaning as they are stored: rows of float16, little-endian, one after the other. numpy comes late."""

from collections.abc import Sequence

DIMENSIONS = 384
ROW_BYTES = 2 * DIMENSIONS


def nearest(one: bytes, many: Sequence[bytes], *, most: int) -> list[tuple[int, float]]:
    """(place, cosine) of the nearest of many vectors, nearest first."""
    if not many:
        return []
    found = cosines(one, b"".join(many))
    return sorted(enumerate(found), key=lambda pair: -pair[1])[:most]


def cosines(one: bytes, many: bytes) -> Sequence[float]:
    """How near one vector is to each of many, -1..1; all of length 1."""
    import numpy as np

    vector = np.frombuffer(one, dtype="<f2").astype(np.float32)
    rows = np.frombuffer(many, dtype="<f2").reshape(-1, DIMENSIONS).astype(np.float32)
    found: list[float] = (rows @ vector).tolist()
    return found
