"""Where an extra is not installed, one sentence says how to install it; what does not need it works."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot import app
from bot.config import Settings
from bot.errors import StartError
from bot.llm import asking

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


def test_a_model_without_what_asks_it_is_told_in_a_sentence_and_the_words_alone_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "find_spec", lambda name: None)
    monkeypatch.setenv("CONCLAVE_MODEL", "openai:gpt-5-mini")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    settings = Settings(_env_file=None)

    found = asking.find(settings.rules.model, settings.model, **settings.model_access)

    assert settings.rules.model is None
    assert found.asker is None
    assert not found.is_fine
    assert "pip install 'conclave[llm]'" in found.words
    assert "cases are read by their words alone" in found.words
    assert "sk-canary" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "url", "key", "says"),
    [
        ("gpt-5", "", "sk", "openai: and the model's name"),
        ("anthropic:claude", "", "sk", "openai: and the model's name"),
        ("openai:", "", "sk", "openai: and the model's name"),
        ("openai:gpt-5", "localhost:1234", "", "openai: and the model's name"),
        ("openai:gpt-5", "", "", "CONCLAVE_MODEL_KEY"),
        ("openai:gpt-5", "", "sk", ""),
        ("openai-chat:llama", "http://localhost:1234/v1", "", ""),
    ],
)
def test_what_cannot_be_asked_is_told_with_the_way_out(
    name: str, url: str, key: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "find_spec", lambda name: object())

    told = asking.trouble(name, url=url, key=key)

    assert (says in told) if says else told == ""


def test_no_model_is_set_unless_somebody_sets_one() -> None:
    settings = Settings(_env_file=None)

    assert settings.rules.model is None
    assert asking.find(None, settings.model, **settings.model_access).is_fine


def test_the_key_of_a_model_may_come_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "CONCLAVE_MODEL_KEY").write_text("sk-of-a-file")

    assert Settings(_env_file=None, _secrets_dir=tmp_path).model_access["key"] == "sk-of-a-file"
