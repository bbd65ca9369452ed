"""Slack's JSON, both ways: by orjson, but for half a pair of surrogates, which to orjson is no JSON.

Slack sends one where it cuts a text in the midst of an emoji, and what is sent on may hold it.
"""

import json
from collections.abc import Mapping
from typing import Any

import orjson


def read(text: bytes | str) -> dict[str, Any]:
    """Raises ValueError for what is no object in JSON, and RecursionError for JSON in JSON in JSON."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("The payload is no object.")
    return found


def written(value: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()
