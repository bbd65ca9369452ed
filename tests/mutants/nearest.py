"""Which tests are asked about a module: those of its noun and those that import it. Far tests would find more, later.

A table for whoever has neither; and for services, whose rules are only seen through Slack, the flows of their noun.
"""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = "tests/unit"
FLOWS = {
    "closing": ["tests/flows/test_round.py"],
    "housekeeping": ["tests/flows/test_operations.py"],
    "link": ["tests/web/test_unfurl.py"],
    "meaning": ["tests/semantic/test_meaning.py"],
    "outbox": ["tests/flows/test_operations.py", "tests/flows/test_delivery.py"],
    "preference": ["tests/flows/test_reminder.py"],
    "secrecy": ["tests/flows/test_operations.py", "tests/flows/test_second_round.py"],
    "refusal": ["tests/flows/test_refusals.py"],
    "round": ["tests/flows/test_round.py", "tests/flows/test_second_round.py"],
    "sealing": ["tests/web/test_webhooks.py"],
    "webhook": ["tests/web/test_webhooks.py"],
    "result": ["tests/flows/test_result.py", "tests/flows/test_second_round.py"],
}
"""By noun, where the flow bears another name or is not the only one."""
RACES = ["tests/flows/test_windows_left_open.py", "tests/flows/test_races.py", "tests/flows/test_audit.py"]
"""What a deleted check, lock or audit row of any service shows in."""


def is_seen_in_flows(module: Path) -> bool:
    """Whether its rules are seen through Slack alone."""
    return module.parts[:2] in (("bot", "services"), ("bot", "store"))


def nearest(module: Path) -> list[str]:
    """Test files for a module given from the root, nearest first; only those that exist."""
    noun = module.stem
    found = [*_named(f"test_domain_{noun}.py"), *_named(f"test_view_{noun}.py"), *_importing(_dotted(module))]
    if is_seen_in_flows(module):
        found = [*FLOWS.get(noun, [f"tests/flows/test_{noun}.py"]), *RACES]
    return [path for path in dict.fromkeys(found) if (ROOT / path).exists()]


def _dotted(module: Path) -> str:
    return ".".join(module.with_suffix("").parts)


def _named(name: str) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / UNIT).rglob(name))]


def _importing(dotted: str) -> list[str]:
    return [path for path, names in _imports().items() if dotted in names]


@cache
def _imports() -> dict[str, set[str]]:
    """Unit test -> the modules that it imports."""
    files = sorted((ROOT / UNIT).rglob("test_*.py"))
    return {str(path.relative_to(ROOT)): set(_imported(path)) for path in files}


def _imported(path: Path) -> list[str]:
    froms = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom) and node.module]
    return [name for node in froms for name in (node.module or "", *(f"{node.module}.{a.name}" for a in node.names))]
