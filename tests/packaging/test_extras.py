"""Where an extra is not installed, one sentence says how to install it; what does not need it works."""

import subprocess
import sys

import pytest

from bot import app
from bot.config import Settings
from bot.errors import StartError

WAY_OUT = "The local Slack is not installed. Install it with: pip install 'conclave[sandbox]'\n"


def conclave(*words: str, missing: str) -> subprocess.CompletedProcess[str]:
    """The command in a process that finds no such package."""
    code = f"import sys; sys.modules[{missing!r}] = None; from bot.cli.commands import main; main()"
    command = [sys.executable, "-c", code, *words]
    environment = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nowhere", "PYTHONUTF8": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("missing", ["sandbox", "yaml", "wsproto"])
@pytest.mark.parametrize("words", [("demo",), ("sandbox", "acme.yaml"), ("as", "sarah", "screen")], ids=" ".join)
def test_what_needs_the_sandbox_says_so_and_exits_1(words: tuple[str, ...], missing: str) -> None:
    done = conclave(*words, missing=missing)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", WAY_OUT)


def test_other_commands_do_without_it() -> None:
    ranked = conclave("rank", "docs/examples/refund.json", missing="sandbox")
    verified = conclave("verify", "1", missing="sandbox")

    assert ranked.returncode == 0
    assert (verified.returncode, verified.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("name", ["email_url", "sms_url"])
async def test_letters_without_apprise_keep_the_bot_from_starting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setenv(f"CONCLAVE_{name.upper()}", "mailtos://user:pass@smtp.example.com?to={email}")
    settings = Settings(_env_file=None, slack_bot_token="xoxb-1", slack_signing_secret="s3cret")

    with pytest.raises(StartError, match=r"pip install 'conclave\[letters\]'"):
        async with app.running(settings, database_url="postgresql://nobody@127.0.0.1:9/nowhere"):
            pass
