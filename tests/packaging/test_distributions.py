"""What the two distributions hold and ask for, read from wheels built here; no network."""

import email
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.clone import ROOT, clone

ONLY_THE_SANDBOX_NEEDS = {"markupsafe", "pyyaml", "wsproto", "conclave-sandbox"}


@dataclass(frozen=True)
class Wheel:
    """files: paths in the wheel; requires: its Requires-Dist; entry_points: the text of that file."""

    files: frozenset[str]
    requires: tuple[str, ...]
    entry_points: str

    @property
    def packages(self) -> set[str]:
        return {file.split("/")[0] for file in self.files if file.endswith(".py")}

    def needs(self, extra: str = "") -> set[str]:
        """Names of what it asks for, without extras or by this extra."""
        mark = f'extra == "{extra}"'
        asked = [one for one in self.requires if (mark in one if extra else "extra ==" not in one)]
        return {_name(one) for one in asked}


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found, requirement
    return found[0].lower().replace("_", "-")


def _run(*command: str, at: Path) -> None:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _build(folder: Path, into: Path) -> Wheel:
    # Without isolation and dependencies: setuptools is here already, and nothing is fetched.
    how = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
    _run(sys.executable, "-m", "pip", "wheel", *how, "--wheel-dir", str(into), str(folder), at=folder)
    (path,) = into.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        read = {name.rpartition("/")[2]: wheel.read(name).decode() for name in names if ".dist-info/" in name}
    metadata = email.message_from_string(read["METADATA"])
    return Wheel(frozenset(names), tuple(metadata.get_all("Requires-Dist") or ()), read.get("entry_points.txt", ""))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone(tmp_path_factory.mktemp("clone") / "conclave")


@pytest.fixture(scope="module")
def conclave(here: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return _build(here, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sandbox(here: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return _build(here / "sandbox", tmp_path_factory.mktemp("wheel"))


def test_conclave_holds_the_product_and_no_sandbox(conclave: Wheel) -> None:
    assert conclave.packages == {"bot", "handlers", "migrations", "slack_limits", "web"}
    assert {"bot/demo/sample.sql", "migrations/vault.sql", "bot/defaults.toml", "bot/llm/case.md"} <= conclave.files
    assert {"web/templates/page.jinja", "web/static/web.css", "web/static/htmx-LICENSE.txt"} <= conclave.files


def test_conclave_alone_asks_for_nothing_that_only_the_sandbox_needs(conclave: Wheel) -> None:
    assert conclave.needs() & ONLY_THE_SANDBOX_NEEDS == set()
    assert "slack-bolt" in conclave.needs()


def test_in_a_clone_the_extra_is_the_folder_beside(conclave: Wheel, here: Path) -> None:
    assert conclave.needs("sandbox") == {"conclave-sandbox"}
    assert any((here / "sandbox").as_uri() in one for one in conclave.requires)


def test_letters_are_an_extra(conclave: Wheel) -> None:
    assert conclave.needs("letters") == {"apprise"}


def test_what_asks_a_language_model_is_an_extra(conclave: Wheel) -> None:
    assert {name for name in conclave.needs("llm") if name.startswith(("pydantic-ai", "openai"))} == {
        "pydantic-ai-slim"
    }
    assert not {name for name in conclave.needs() if name.startswith(("pydantic-ai", "openai"))}


def test_what_the_web_pages_need_is_an_extra(conclave: Wheel) -> None:
    assert {"argon2-cffi", "fastapi", "joserfc", "standardwebhooks"} <= conclave.needs("web")


def test_what_the_tools_of_agents_need_is_an_extra(conclave: Wheel) -> None:
    assert conclave.needs("mcp") == {"mcp"}
    assert "mcp" not in conclave.needs() | conclave.needs("web")


def test_the_sandbox_holds_itself_with_its_page_and_announces_its_fixture(sandbox: Wheel) -> None:
    modules = {f"sandbox/{path.relative_to(ROOT / 'sandbox')}" for path in (ROOT / "sandbox").rglob("*.py")}

    assert sandbox.packages == {"sandbox"}
    assert modules <= sandbox.files
    assert {"sandbox/page/templates/page.html", "sandbox/page/static/page.js"} <= sandbox.files
    assert "[pytest11]" in sandbox.entry_points
    assert "slack_sandbox = sandbox.pytest_plugin" in sandbox.entry_points


def test_the_sandbox_asks_for_all_that_it_imports(sandbox: Wheel) -> None:
    assert sandbox.needs() >= {"aiohttp", "conclave", "jinja2", "starlette", "uvicorn", *ONLY_THE_SANDBOX_NEEDS} - {
        "conclave-sandbox"
    }


def test_a_source_distribution_names_the_sandbox_by_its_version(here: Path, tmp_path: Path) -> None:
    _run(sys.executable, "-c", f"from setuptools import build_meta as b; b.build_sdist({str(tmp_path)!r})", at=here)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as unpacked:
        unpacked.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()

    built = _build(folder, tmp_path / "wheel")

    assert 'conclave-sandbox==0.1.0; extra == "sandbox"' in built.requires
    assert not (folder / "sandbox").exists()


def _project(folder: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    return found


def _names(requirements: Sequence[str]) -> set[str]:
    return {_name(one) for one in requirements}


def test_both_have_one_version_and_the_lock_holds_what_both_need() -> None:
    product, tool = _project(ROOT), _project(ROOT / "sandbox")
    locked = _names(product["project"]["dependencies"]) | _names(product["dependency-groups"]["dev"])

    assert product["project"]["version"] == tool["project"]["version"]
    assert f"conclave=={product['project']['version']}" in tool["project"]["dependencies"]
    assert _names(tool["project"]["dependencies"]) - {"conclave"} <= locked
    assert "apprise" in locked
