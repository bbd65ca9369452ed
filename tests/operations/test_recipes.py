"""The recipes of Dockerfile, compose.yaml and contrib: the programs that read them do, and they fit the settings."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from bot.config import Settings

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".venv" / "operations" / "bin"
UNITS = sorted((ROOT / "contrib" / "systemd").glob("*.service"))
SERVICES = [unit for unit in UNITS if "migrate" not in unit.name]
READ = """
import json
from bot.config import Settings
settings = Settings()
print(json.dumps([settings.slack_bot_token.get_secret_value(), settings.is_socket_mode, settings.letter_urls]))
"""


def tool(name: str) -> str:
    """The path of a program. Skips where it is missing, fails where `make operations-test` demands it."""
    found = shutil.which(name, path=f"{TOOLS}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        if os.environ.get("OPERATIONS_TESTS") == "required":
            pytest.fail(f"{name} is not installed.")
        pytest.skip(f"{name} is not installed; `make operations-test` installs what pip has.")
    return found


def accepts(*command: str, at: Path = ROOT) -> None:
    done = subprocess.run(
        [tool(command[0]), *command[1:]], cwd=at, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, done.stderr


def secrets() -> set[str]:
    """The variables that hold a secret, by the name that they have in the environment, in small letters."""
    fields = Settings.model_fields.items()
    return {(field.alias or name).lower() for name, field in fields if field.annotation is SecretStr}


def lines(unit: Path, key: str) -> list[str]:
    """The values of a key of the section [Service], in order: such a key may stand several times."""
    return [line.split("=", 1)[1] for line in unit.read_text().splitlines() if line.startswith(f"{key}=")]


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return read


def test_the_image_is_built_by_the_book() -> None:
    accepts("hadolint", "--failure-threshold=info", "Dockerfile")


def test_what_the_image_copies_is_sent_to_the_builder() -> None:
    copied = {
        name.removeprefix("./").rstrip("/")
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    }
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)


def test_the_bill_of_materials_names_all_that_the_image_is_built_from(tmp_path: Path) -> None:
    bom = tmp_path / "bom.json"
    accepts("cyclonedx-py", "requirements", "requirements-run.lock", "--of=JSON", f"--output-file={bom}")
    named = {(part["name"], part["version"]) for part in json.loads(bom.read_text())["components"]}
    lock = (ROOT / "requirements-run.lock").read_text()
    assert named == {(name, version) for name, version in re.findall(r"^([\w.-]+)(?:\[\w+\])?==([\w.]+)", lock, re.M)}


def test_compose_reads_its_file() -> None:
    accepts("check-jsonschema", "--quiet", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_compose_hands_on_every_secret() -> None:
    services = compose()["services"]
    handed = {name.lower() for service in ("web", "migrate") for name in services[service]["environment"]}
    assert secrets() <= handed
    assert services["worker"]["environment"] == services["web"]["environment"]


def test_compose_starts_the_service_with_the_restricted_login_and_after_the_migration() -> None:
    services = compose()["services"]
    for name in ("web", "worker"):
        service = services[name]
        assert service["command"] == [name]
        assert "//conclave_service:" in service["environment"]["DATABASE_URL"]
        assert "MIGRATION_DATABASE_URL" not in service["environment"]
        assert service["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert service["read_only"]


def test_only_what_slack_calls_is_reachable_through_caddy() -> None:
    text = (ROOT / "contrib" / "compose" / "Caddyfile").read_text()
    assert "handle /slack/events {" in text
    assert "respond 404" in text
    assert text.count("reverse_proxy") == 1


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_reads_each_unit(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace("/opt/conclave/bin/conclave", f"{Path(sys.executable).parent}/conclave"))
    accepts("systemd-analyze", "verify", "--recursive-errors=no", str(here), at=tmp_path)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_gets_every_secret_but_the_owners_login_as_a_file(unit: Path) -> None:
    loaded = {line.split(":")[0] for line in lines(unit, "LoadCredential")}
    assert loaded == secrets() - {"migration_database_url"}
    assert {line.split(":")[0] for line in lines(unit, "SetCredential")} == loaded
    assert lines(unit, "User") == ["conclave"]
    assert lines(unit, "ProtectSystem") == ["strict"]


def test_both_services_can_run_on_one_machine() -> None:
    ports = [line for unit in SERVICES for line in lines(unit, "Environment")]
    assert sorted(ports) == ["PORT=3000", "PORT=3001"]


def test_secrets_are_read_from_the_files_that_systemd_lays_out_and_the_environment_goes_first(tmp_path: Path) -> None:
    (tmp_path / "slack_bot_token").write_text("xoxb-from-a-file\n")
    (tmp_path / "slack_app_token").write_text("\n")
    (tmp_path / "conclave_email_url").write_text("mailtos://user@smtp.example.com?to={email}\n")
    (tmp_path / "conclave_sms_url").write_text("sms://a-file\n")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "CONCLAVE_"))}
    said = _read(mine | {"CREDENTIALS_DIRECTORY": str(tmp_path), "CONCLAVE_SMS_URL": "sms://{phone}"}, at=tmp_path)
    assert said == [
        "xoxb-from-a-file",
        False,
        {"CONCLAVE_EMAIL_URL": "mailtos://user@smtp.example.com?to={email}", "CONCLAVE_SMS_URL": "sms://{phone}"},
    ]


def _read(environment: dict[str, str], *, at: Path) -> Sequence[object]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ],
        cwd=at, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    read: Sequence[object] = json.loads(done.stdout)
    return read
