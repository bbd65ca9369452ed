"""What opens something is not printed with what holds it: a traceback, or a line of the log, would show it."""

import ast
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from uuid import UUID

import pytest

import bot
import handlers
import web
from bot.domain.evaluation import Ballot, Comments, Page
from bot.domain.team import SlackUser
from bot.store.evaluation import Sent

ROOT = Path(__file__).resolve().parents[2]
OPENS = re.compile(r"secret|password|passphrase|csrf|(^|_)token$")
OPTIONAL = ("bot.llm", "bot.semantic")


def modules(top: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
        if not found.name.endswith("__main__") and not found.name.startswith(OPTIONAL):
            yield importlib.import_module(found.name)


def fields(top: ModuleType) -> Iterator[tuple[str, "dataclasses.Field[object]"]]:
    """("module.Class.field", field) of every dataclass that holds something in clear that opens something."""
    for module in modules(top):
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__ and dataclasses.is_dataclass(one):
                for field in dataclasses.fields(one):
                    if OPENS.search(field.name) and field.type in (str, str | None, "str", "str | None"):
                        yield f"{module.__name__}.{one.__name__}.{field.name}", field


@pytest.mark.parametrize("top", [bot, handlers, web], ids=lambda top: top.__name__)
def test_no_secret_in_clear_is_in_a_repr(top: ModuleType) -> None:
    assert [name for name, field in fields(top) if field.repr] == []


def test_nor_is_what_somebody_scored_or_wrote() -> None:
    page = Page({UUID(int=1): 9}, confidence=4, abstain=False)
    comments = Comments({UUID(int=1): "zqcomment"}, share=False)
    sent = Sent(SlackUser("T1", "U1"), {UUID(int=2): page}, comments)

    for one in (sent, page, comments, Ballot({UUID(int=2): page}, comments, is_submitted=True), (sent,)):
        assert "zqcomment" not in repr(one)
        assert "9" not in repr(one)


def test_there_are_some() -> None:
    assert {"bot.services.webhook.Made.secret", "bot.domain.installation.Installation.bot_token"} <= {
        name for name, _ in fields(bot)
    }


def test_no_engine_prints_the_parameters_of_a_statement_that_failed() -> None:
    made = [
        (path.name, {word.arg: ast.unparse(word.value) for word in call.keywords})
        for room in ("bot", "migrations")
        for path in (ROOT / room).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("create_engine", "create_async_engine")
    ]

    assert len(made) >= 3
    assert [name for name, words in made if words.get("hide_parameters") != "True"] == []
