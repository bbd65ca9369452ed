"""Who stands behind a request: addresses through proxies, tokens of programs."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from bot.config import Settings
from bot.deps import Deps
from web import person


def a_request(deps: Any, *, peer: str = "203.0.113.9", **headers: str) -> Request:
    app = Starlette()
    app.state.deps = deps
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": sent, "client": (peer, 1), "app": app})


def _behind(proxies: str, **how: str) -> str | None:
    settings = Settings(_env_file=None, CONCLAVE_TRUSTED_PROXIES=proxies)
    return person.address(a_request(Deps(None, None, settings, None), **how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        ("", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "10.4.4.4", "10.4.4.4"),
        ("10.0.0.0/8", "10.1.2.3", "nonsense", None),
        ("10.0.0.0/8", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.0/8", "10.1.2.3", "", "10.1.2.3"),
        ("::1/128", "::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_proxies_are_believed_as_far_as_they_are_trusted(
    proxies: str, peer: str, forwarded: str, expected: str | None
) -> None:
    how = {"x_forwarded_for": forwarded} if forwarded else {}
    assert _behind(proxies, peer=peer, **how) == expected
