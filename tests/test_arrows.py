"""The drawing of the house: which room may know which, and what no room may do.

`HOUSE` is the drawing, walked with `ast` on every run. A new room, or a new arrow between two rooms, is a
change of `HOUSE`, and of the page that draws it for people.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILDINGS = ("benchmarks", "bot", "handlers", "migrations", "sandbox", "slack_limits", "web")

HOUSE: dict[str, tuple[str, ...]] = {
    # Outside: Slack comes in here.
    "handlers": (
        "handlers",
        "bot.services",
        "bot.views",
        "bot.domain",
        "bot.deps",
        "bot.metrics",
        "bot.tracing",
        "bot.client",
        "bot.nature",
        "bot.channel",
        "bot.profile",
        "bot.usergroup",
        "bot.errors",
    ),
    # The second front door: browsers and programs. Neither door knows the other. Of Slack's views it takes sentences,
    # so that both say the same of a result; its own views make pages of values.
    "web": ("web", "bot.services", "bot.views", "bot.domain", "bot.deps", "bot.errors"),
    # The rooms of one use case.
    "bot.services": (
        "bot.services",
        "bot.store",
        "bot.domain",
        "bot.keyring",
        "bot.nature",
        "bot.semantic",
        "bot.errors",
    ),
    "bot.store": ("bot.store", "bot.domain", "bot.errors"),
    "bot.views": ("bot.views", "bot.domain", "bot.errors", "slack_limits"),
    # The floor of the views: blocks, ids, words, forms, notices.
    "bot.views.slack": ("bot.views.slack", "bot.domain", "bot.errors", "slack_limits"),
    "bot.domain": ("bot.domain", "bot.errors"),
    "bot.errors": (),
    # The optional model, and its vectors.
    "bot.semantic": ("bot.semantic", "bot.errors"),
    # The optional language model: asks, and knows nothing of the database.
    "bot.llm": ("bot.llm", "bot.domain"),
    # How Slack is called.
    "bot.client": ("bot.payload",),
    # Its JSON.
    "bot.payload": (),
    # What Slack's answers mean, for whoever gets one.
    "bot.nature": ("bot.errors",),
    # What Slack tells of people, channels and groups, asked as they are needed.
    "bot.channel": ("bot.nature", "bot.errors"),
    "bot.profile": ("bot.domain", "bot.nature", "bot.errors"),
    "bot.usergroup": ("bot.domain", "bot.errors"),
    # The keys that tokens lie encrypted by.
    "bot.keyring": ("bot.errors",),
    # The rights that the app asks for.
    "bot.scopes": (),
    # What runs beside the requests.
    "bot.delivery": (
        "bot.delivery",
        "bot.services",
        "bot.views",
        "bot.domain",
        "bot.errors",
        "bot.nature",
        "bot.channel",
        "bot.profile",
        "bot.usergroup",
        "bot.deps",
        "bot.keyring",
        "bot.semantic",
        "bot.store.db",
        "bot.store.outbox",
        "bot.metrics",
        "bot.tracing",
    ),
    "bot.jobs": ("bot.services", "bot.deps", "bot.errors"),
    # The composition.
    "bot.config": ("bot.domain", "bot.keyring", "bot.llm", "bot.rulebook", "bot.errors"),
    # What decisions go by: its own file, and the operator's over it.
    "bot.rulebook": ("bot.domain", "bot.lexicon", "bot.errors"),
    # Its files alone, without the settings: the command line reads texts with nothing configured.
    "bot.lexicon": ("bot.domain",),
    "bot.deps": ("bot.config", "bot.domain", "bot.store.db", "bot.errors"),
    "bot.embedded": ("bot.errors",),
    "bot.preflight": ("bot.store", "bot.errors"),
    "bot.clock": ("bot.store.db", "bot.errors"),
    "bot.watch": ("bot.errors",),
    "bot.app": (
        "handlers",
        "web",
        "bot.services",
        "bot.store",
        "bot.domain",
        "bot.config",
        "bot.deps",
        "bot.http",
        "bot.metrics",
        "bot.tracing",
        "bot.identity",
        "bot.keyring",
        "bot.oauth",
        "bot.preflight",
        "bot.clock",
        "bot.socket_mode",
        "bot.watch",
        "bot.working",
        "bot.workspaces",
        "bot.errors",
    ),
    # What a process does beside requests, put together; one that only takes requests does not load it.
    "bot.working": (
        "bot.config",
        "bot.delivery",
        "bot.deps",
        "bot.domain",
        "bot.identity",
        "bot.jobs",
        "bot.llm",
        "bot.renewal",
        "bot.semantic",
        "bot.watch",
        "bot.workspaces",
    ),
    "bot.identity": (
        "bot.client",
        "bot.clock",
        "bot.config",
        "bot.deps",
        "bot.nature",
        "bot.store.outbox",
        "bot.errors",
    ),
    # Many workspaces: how they install the app, by whose token it speaks, and how that stays good.
    "bot.oauth": (
        "bot.services",
        "bot.store.db",
        "bot.views",
        "bot.domain",
        "bot.config",
        "bot.identity",
        "bot.keyring",
        "bot.scopes",
        "bot.errors",
    ),
    "bot.workspaces": (
        "bot.services",
        "bot.store.db",
        "bot.store.installation",
        "bot.domain",
        "bot.client",
        "bot.config",
        "bot.identity",
        "bot.keyring",
        "bot.errors",
    ),
    "bot.renewal": (
        "bot.services",
        "bot.domain",
        "bot.deps",
        "bot.identity",
        "bot.keyring",
        "bot.oauth",
        "bot.errors",
    ),
    "bot.socket_mode": ("bot.identity", "bot.intake", "bot.nature", "bot.errors"),
    "bot.http": (
        "bot.clock",
        "bot.deps",
        "bot.identity",
        "bot.intake",
        "bot.llm",
        "bot.metrics",
        "bot.port",
        "bot.services",
        "bot.socket_mode",
        "bot.store",
        "bot.watch",
        "bot.errors",
    ),
    # Several deployments behind one Slack app: the way to each, by what Slack has signed alone.
    "bot.cells": ("bot.cells", "bot.intake", "bot.errors"),
    "bot.intake": ("bot.payload",),
    "bot.port": (),
    "bot.log": (),
    "bot.metrics": ("bot.errors",),
    "bot.reports": ("bot.errors",),
    "bot.tracing": ("bot.errors",),
    # The `conclave` command.
    "bot.cli": (
        "bot.cli",
        "bot.app",
        "bot.cells",
        "bot.config",
        "bot.demo",
        "bot.domain",
        "bot.embedded",
        "bot.http",
        "bot.identity",
        "bot.keyring",
        "bot.lexicon",
        "bot.llm",
        "bot.log",
        "bot.port",
        "bot.preflight",
        "bot.reports",
        "bot.scopes",
        "bot.semantic",
        "bot.services",
        "bot.store",
        "bot.tracing",
        "bot.views",
        "bot.errors",
        "sandbox",
    ),
    "bot.__main__": ("bot.cli",),
    "bot": (),
    # The product beside its tool: the demo is the one place of `bot` but the command line that knows the sandbox.
    # What its team has done before a visitor comes goes through the use cases.
    "bot.demo": (
        "bot.demo",
        "bot.app",
        "bot.config",
        "bot.domain",
        "bot.errors",
        "bot.log",
        "bot.services",
        "bot.store.connection",
        "bot.store.db",
        "sandbox",
    ),
    # Apart: a Slack of one's own for any Bolt app, and what Slack accepts. They know nothing of the bot.
    "sandbox": ("sandbox", "slack_limits"),
    "slack_limits": ("slack_limits",),
    # What it all costs, beside other bots: starts the product as an operator does, and calls a few of its use cases.
    # Nothing imports it, and no wheel holds it.
    "benchmarks": (
        "benchmarks",
        "handlers",
        "bot.cli",
        "bot.config",
        "bot.demo",
        "bot.domain",
        "bot.embedded",
        "bot.identity",
        "bot.lexicon",
        "bot.semantic",
        "bot.services",
        "bot.store",
        "bot.errors",
        "sandbox",
    ),
    # The worker itself, without a bot around it.
    "benchmarks.fair": ("bot.delivery", "bot.deps", "bot.embedded", "bot.store"),
    # The web pages on a port, without a Slack.
    "benchmarks.pages": (
        "benchmarks.precedents",
        "bot.app",
        "bot.config",
        "bot.deps",
        "bot.domain",
        "bot.embedded",
        "bot.http",
        "bot.services",
        "bot.store",
        "web.app",
    ),
    # The other bots know nothing of this one.
    "benchmarks.contenders": ("benchmarks.contenders", "benchmarks.load"),
    "migrations": ("migrations", "bot.store.tables"),
    # A migration that imports living code breaks when that code changes.
    "migrations.versions": ("migrations",),
}
"""Room -> the rooms it may import, with all that is in them. Of several matching rooms the longest counts."""

FOREIGN: dict[str, tuple[str, ...]] = {
    "handlers": ("sqlalchemy", "psycopg", "alembic"),
    "web": ("sqlalchemy", "psycopg", "alembic", "slack_bolt"),
    "bot.services": ("slack_sdk", "slack_bolt"),
    "bot.store": ("slack_sdk", "slack_bolt"),
    "bot.views": ("slack_bolt", "sqlalchemy", "psycopg", "aiohttp", "asyncio"),
    # Whatever makes the same arguments give another answer.
    "bot.domain": ("asyncio", "os", "random", "secrets", "time"),
}
"""Room -> packages from outside that it never imports."""
ONLY_STDLIB = ("bot.domain", "bot.errors")
# Leniency of a big team in plain Python would take minutes. Imported inside functions: it costs 70 ms.
MAY_USE_NUMPY = ("bot.domain.leniency",)

MAY_TRY = ("handlers.errors", "handlers.after_ack", "handlers.private")
MAY_OPEN_TRANSACTIONS = ("bot.services", "bot.delivery", "bot.store.db")
MAY_READ_ENVIRONMENT = ("bot.config",)
NO_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "shared"}


@dataclass(frozen=True)
class Module:
    name: str
    nodes: tuple[ast.AST, ...]
    """All of its syntax tree, walked once for all rules; whether a name is read or written (`ctx`) no rule asks."""
    is_package: bool


@dataclass(frozen=True)
class House:
    """All modules below one folder, by name."""

    modules: dict[str, Module]

    @classmethod
    def read(cls, root: Path) -> "House":
        files = (file for building in BUILDINGS for file in sorted((root / building).rglob("*.py")))
        return cls({module.name: module for module in (_module(root, file) for file in files)})

    def imports(self, module: Module) -> Iterator[tuple[int, str]]:
        """(line, module name) of every import: in functions, under TYPE_CHECKING, relative, by name."""
        for node in module.nodes:
            match node:
                case ast.Import(names=names):
                    yield from ((node.lineno, alias.name) for alias in names)
                case ast.ImportFrom(module=start, names=names, level=level):
                    origin = _absolute(module, start, level)
                    yield from ((node.lineno, self._meant(origin, alias.name)) for alias in names)
                case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _called(node) in (
                    "import_module",
                    "__import__",
                ):
                    yield node.lineno, name

    def _meant(self, origin: str, name: str) -> str:
        # `from bot.store import team` means that module, `from bot.store.team import find` the one it is in.
        return f"{origin}.{name}" if f"{origin}.{name}" in self.modules or origin in BUILDINGS else origin


def _module(root: Path, file: Path) -> Module:
    parts = file.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, tuple(_walk(ast.parse(file.read_text(encoding="utf-8")))), is_package)


def _walk(tree: ast.AST) -> list[ast.AST]:
    """As `ast.walk`, in half of its time."""
    found = [tree]
    for node in found:
        for name in node._fields:
            part = getattr(node, name, None)
            if isinstance(part, list):
                found += [one for one in part if isinstance(one, ast.AST)]
            elif isinstance(part, ast.AST) and name != "ctx":
                found.append(part)
    return found


def _absolute(module: Module, start: str | None, level: int) -> str:
    if level == 0:
        return start or ""
    parts = module.name.split(".")
    package = parts[: len(parts) - level + module.is_package]
    return ".".join([*package, *([start] if start else [])])


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_in(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def room_of(name: str) -> str | None:
    rooms = (room for room in HOUSE if room != "bot" and _is_in(name, (room,)))
    return max(rooms, key=len, default="bot" if name == "bot" else None)


Rule = Callable[[House, Module], Iterator[str]]


def rooms_are_in_the_drawing(house: House, module: Module) -> Iterator[str]:
    if room_of(module.name) is None:
        yield f"{module.name} is not in the drawing"
    if NO_NAMES & set(module.name.split(".")):
        yield f"{module.name}: name it by what it does"


def arrows_are_those_of_the_drawing(house: House, module: Module) -> Iterator[str]:
    allowed = HOUSE.get(room_of(module.name) or "", ())
    for line, target in house.imports(module):
        if target.split(".")[0] in BUILDINGS and not _is_in(target, allowed):
            yield f"{module.name}:{line} imports {target}"


def strangers_stay_out(house: House, module: Module) -> Iterator[str]:
    strangers = next((never for room, never in FOREIGN.items() if _is_in(module.name, (room,))), ())
    for line, target in house.imports(module):
        top = target.split(".")[0]
        if top == "numpy" and _is_in(module.name, MAY_USE_NUMPY):
            continue
        if top in strangers:
            yield f"{module.name}:{line} imports {target}"
        elif _is_in(module.name, ONLY_STDLIB) and top not in {*sys.stdlib_module_names, *BUILDINGS}:
            yield f"{module.name}:{line} imports {target}, which is not in the standard library"


def domain_never_asks_for_the_time(house: House, module: Module) -> Iterator[str]:
    if not _is_in(module.name, ("bot.domain",)):
        return
    for node in module.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id="by"), attr="now"):
                continue  # the moment that the front door has put into `By`
            case ast.Attribute(attr="now" | "utcnow" | "today"):
                yield f"{module.name}:{node.lineno} asks for .{node.attr}: let it be an argument"


def handlers_never_try(house: House, module: Module) -> Iterator[str]:
    if not _is_in(module.name, ("handlers",)) or module.name in MAY_TRY:
        return
    for node in module.nodes:
        if isinstance(node, ast.Try | ast.TryStar) or (isinstance(node, ast.Call) and _called(node) == "suppress"):
            yield f"{module.name}:{node.lineno} catches: errors.py answers them all"


def views_never_wait(house: House, module: Module) -> Iterator[str]:
    if not _is_in(module.name, ("bot.views",)):
        return
    for node in module.nodes:
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
            yield f"{module.name}:{node.lineno} waits"


def transactions_open_in_one_kind_of_place(house: House, module: Module) -> Iterator[str]:
    if not _is_in(module.name, ("bot", "handlers", "web")) or _is_in(module.name, MAY_OPEN_TRANSACTIONS):
        return
    doors = {"run_tx", "autocommit", "direct"}
    for node in module.nodes:
        match node:
            case ast.ImportFrom(names=names) if doors & {alias.name for alias in names}:
                yield f"{module.name}:{node.lineno} imports a transaction"
            case ast.Call() if _called(node) in doors:
                yield f"{module.name}:{node.lineno} opens a transaction"


def services_leave_commit_to_the_door(house: House, module: Module) -> Iterator[str]:
    if not _is_in(module.name, ("bot.services", "bot.delivery", "bot.jobs", "handlers", "web")):
        return
    for node in module.nodes:
        if isinstance(node, ast.Call) and _called(node) in {"commit", "rollback", "begin"}:
            yield f"{module.name}:{node.lineno} calls {_called(node)}: run_tx does"


def only_config_reads_the_environment(house: House, module: Module) -> Iterator[str]:
    if _is_in(module.name, MAY_READ_ENVIRONMENT):
        return
    for node in module.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv" | "putenv"):
                yield f"{module.name}:{node.lineno} reads the environment"
            case ast.ImportFrom(module="os", names=names) if {"environ", "getenv"} & {a.name for a in names}:
                yield f"{module.name}:{node.lineno} reads the environment"


RULES: tuple[Rule, ...] = (
    rooms_are_in_the_drawing,
    arrows_are_those_of_the_drawing,
    strangers_stay_out,
    domain_never_asks_for_the_time,
    handlers_never_try,
    views_never_wait,
    transactions_open_in_one_kind_of_place,
    services_leave_commit_to_the_door,
    only_config_reads_the_environment,
)


def complaints(house: House, rule: Rule) -> list[str]:
    return [complaint for module in house.modules.values() for complaint in rule(house, module)]


@pytest.fixture(scope="module")
def the_house() -> House:
    return House.read(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_as_drawn(the_house: House, rule: Rule) -> None:
    assert complaints(the_house, rule) == []


def ring(house: House) -> list[str]:
    """Modules that import each other round and round, the first one also last; empty where there are none."""
    graph = {
        module.name: {t for _, t in house.imports(module) if t in house.modules and not _is_in(module.name, (t,))}
        for module in house.modules.values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_files_import_each_other_in_a_ring(the_house: House) -> None:
    assert ring(the_house) == []


def test_a_planted_ring_is_found(tmp_path: Path) -> None:
    back = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sandbox.a import A"
    house = a_house(tmp_path, sandbox__a="from sandbox.b import b", sandbox__b=back)

    assert set(ring(house)) == {"sandbox.a", "sandbox.b"}


def test_the_walk_has_seen_the_house(the_house: House) -> None:
    assert {"bot.domain.decision", "bot.errors", "handlers", "bot.store"} <= the_house.modules.keys()


def test_every_folder_of_the_bot_is_in_the_drawing() -> None:
    folders = {f"bot.{file.parent.name}" for file in (ROOT / "bot").glob("*/*") if file.parent.name != "__pycache__"}

    assert folders <= HOUSE.keys()


def test_the_rooms_that_the_drawing_names_as_neighbours_are_drawn_themselves() -> None:
    neighbours = {target for targets in HOUSE.values() for target in targets}

    assert {room_of(target) for target in neighbours} <= HOUSE.keys()


def test_only_the_composition_root_knows_the_handlers_and_the_command_line_the_sandbox_and_benchmarks_both() -> None:
    knows_handlers = {room for room, targets in HOUSE.items() if "handlers" in targets}
    knows_sandbox = {room for room, targets in HOUSE.items() if _is_in("sandbox", targets)}

    assert knows_handlers == {"handlers", "bot.app", "benchmarks"}
    assert knows_sandbox == {"sandbox", "bot.cli", "bot.demo", "benchmarks"}


def a_house(root: Path, **files: str) -> House:
    """files: path with "__" for "/" and without ".py" -> source."""
    for path, source in files.items():
        file = root / f"{path.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(source, encoding="utf-8")
    (root / "bot").mkdir(exist_ok=True)
    (root / "bot" / "__init__.py").touch()
    return House.read(root)


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (arrows_are_those_of_the_drawing, "bot__domain__team", "from bot.store import team"),
        (arrows_are_those_of_the_drawing, "bot__domain__team", "import bot.services.team as t"),
        (
            arrows_are_those_of_the_drawing,
            "bot__domain__team",
            "def f():\n    from bot.config import Settings",
        ),
        (
            arrows_are_those_of_the_drawing,
            "bot__views__team",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bot.store.db import Db",
        ),
        (arrows_are_those_of_the_drawing, "bot__services__team", "from ..views import team"),
        (arrows_are_those_of_the_drawing, "bot__services__team", "from .. import views"),
        (arrows_are_those_of_the_drawing, "bot__services__team", "from bot import views"),
        (arrows_are_those_of_the_drawing, "bot__services__team", "from bot import *"),
        (arrows_are_those_of_the_drawing, "bot__services__team", "from bot.config import Settings"),
        (arrows_are_those_of_the_drawing, "bot__services__team", "import handlers.team"),
        (arrows_are_those_of_the_drawing, "bot__services__team", "import bot"),
        (arrows_are_those_of_the_drawing, "bot__delivery__worker", "from bot.store.team import find"),
        (arrows_are_those_of_the_drawing, "bot__jobs", "from bot.store import outbox"),
        (arrows_are_those_of_the_drawing, "bot__errors", "from bot.domain import team"),
        (arrows_are_those_of_the_drawing, "bot__cli__commands", "def f():\n    import handlers.team"),
        (arrows_are_those_of_the_drawing, "slack_limits__blocks", "from bot.errors import Invalid"),
        (arrows_are_those_of_the_drawing, "bot__jobs", "from benchmarks import load"),
        (arrows_are_those_of_the_drawing, "benchmarks__contenders__limit", "from bot.store import db"),
        (arrows_are_those_of_the_drawing, "bot__app", "from sandbox import server"),
        (arrows_are_those_of_the_drawing, "sandbox__server", "from bot.views import text"),
        (arrows_are_those_of_the_drawing, "sandbox__server", "from bot.domain.team import Team"),
        (arrows_are_those_of_the_drawing, "handlers__team", "from bot.store.db import Db"),
        (
            arrows_are_those_of_the_drawing,
            "handlers__team",
            "from importlib import import_module\nimport_module('bot.store.team')",
        ),
        (arrows_are_those_of_the_drawing, "migrations__versions__first", "from bot.store import tables"),
        (strangers_stay_out, "bot__domain__team", "from pydantic import BaseModel"),
        (strangers_stay_out, "bot__domain__team", "import sqlalchemy.exc"),
        (strangers_stay_out, "bot__domain__team", "from time import time"),
        (strangers_stay_out, "bot__domain__team", "import numpy as np"),
        (strangers_stay_out, "bot__services__team", "from slack_sdk.errors import SlackApiError"),
        (strangers_stay_out, "bot__store__team", "import slack_bolt"),
        (strangers_stay_out, "handlers__team", "def f():\n    from sqlalchemy import select"),
        (strangers_stay_out, "web__team", "import slack_bolt"),
        (arrows_are_those_of_the_drawing, "web__team", "from handlers import person"),
        (arrows_are_those_of_the_drawing, "web__team", "from bot.store import team"),
        (arrows_are_those_of_the_drawing, "handlers__team", "from web import person"),
        (domain_never_asks_for_the_time, "bot__domain__team", "import datetime\ndatetime.datetime.now()"),
        (domain_never_asks_for_the_time, "bot__domain__team", "from datetime import date\ndate.today()"),
        (
            domain_never_asks_for_the_time,
            "bot__domain__team",
            "from datetime import datetime\nf = datetime.utcnow",
        ),
        (
            handlers_never_try,
            "handlers__team",
            "def f():\n    try:\n        pass\n    finally:\n        pass",
        ),
        (
            handlers_never_try,
            "handlers__team",
            "from contextlib import suppress\nwith suppress(OSError):\n    pass",
        ),
        (views_never_wait, "bot__views__team", "async def f():\n    pass"),
        (transactions_open_in_one_kind_of_place, "handlers__team", "async def f(db):\n    await db.run_tx()"),
        (transactions_open_in_one_kind_of_place, "web__team", "async def f(db):\n    await db.run_tx()"),
        (transactions_open_in_one_kind_of_place, "bot__store__team", "from bot.store.db import autocommit"),
        (services_leave_commit_to_the_door, "bot__services__team", "async def f(c):\n    await c.commit()"),
        (only_config_reads_the_environment, "bot__app", "import os\nos.environ['PORT']"),
        (only_config_reads_the_environment, "handlers__team", "import os\nos.getenv('PORT')"),
        (only_config_reads_the_environment, "bot__cli__commands", "from os import environ"),
        (rooms_are_in_the_drawing, "bot__plugins__team", ""),
        (rooms_are_in_the_drawing, "bot__models", ""),
        (rooms_are_in_the_drawing, "bot__views__utils", ""),
        (rooms_are_in_the_drawing, "bot__store__helpers__team", ""),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, rule: Rule, path: str, source: str) -> None:
    house = a_house(tmp_path, **{path: source, "bot__store__tables": "", "bot__domain__option": ""})

    found = complaints(house, rule)

    assert any(path.replace("__", ".") in complaint for complaint in found)


def test_a_house_as_drawn_passes(tmp_path: Path) -> None:
    house = a_house(
        tmp_path,
        bot__domain__team="from uuid import UUID\nfrom bot.errors import Invalid\nfrom . import option",
        bot__domain__option="from datetime import datetime\ndef f(now: datetime) -> None: ...",
        bot__domain__leniency="def f():\n    import numpy as np",
        bot__services__team="from ..domain import team as t\nfrom bot.store.db import run_tx",
        bot__services__option="from bot.store import db, team\nfrom bot.services import team as t",
        bot__store__db="async def run_tx(db): await db.commit()",
        bot__store__team="import sqlalchemy",
        bot__views__slack__kit="import slack_limits",
        sandbox__server="from slack_limits import check_view\nfrom sandbox import people",
        bot__app="import handlers.team\nfrom handlers import routes",
        bot__config="import os\nos.environ",
        handlers__team="from bot.deps import Deps\nfrom bot.services import team",
        handlers__errors="try:\n    pass\nfinally:\n    pass",
        bot__deps="from bot.config import Settings\nfrom bot.store.db import Db",
    )

    assert [complaint for rule in RULES for complaint in complaints(house, rule)] == []
