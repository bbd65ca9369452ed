"""The committed description of the API is the one that is served, and every endpoint has its refusals in it."""

import json
import os
from pathlib import Path

from tests.support.program import API
from tests.support.team import Team
from tests.web.conftest import NewBrowser
from web.api.app import application

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


async def test_the_committed_description_is_the_one_that_is_served(team: Team, new_browser: NewBrowser) -> None:
    """WRITE_OPENAPI=1 writes it anew."""
    served = json.loads((await (await new_browser()).get(f"{API}/openapi.json")).body)
    if os.environ.get("WRITE_OPENAPI"):
        FILE.write_text(json.dumps(served, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert json.loads(FILE.read_text(encoding="utf-8")) == served


def test_every_endpoint_names_its_refusals_and_none_asks_for_a_score() -> None:
    found = application().openapi()
    assert found["openapi"].startswith("3.1")
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert {"401", "403", "404", "409", "422", "429", "503"} <= operation["responses"].keys(), (method, path)
    assert "evaluator" not in json.dumps(found)
