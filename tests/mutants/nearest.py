"""Which tests are asked about a module: those of its noun and those that import it. Far tests would find more, later.

For services and store, whose rules are seen from outside alone, the flows of their noun as well; a table where these
bear another name. Those of tests/llm and tests/semantic only count where these extras are installed.
"""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = "tests/unit"
FLOWS = {
    "attempt": ["tests/web/test_password.py"],
    "batch": ["tests/db/store/test_journeys.py"],
    "card": ["tests/flows/test_card.py", "tests/flows/test_delivery.py", "tests/flows/test_result.py"],
    "census": ["tests/flows/test_operations.py"],
    "closing": ["tests/flows/test_round.py"],
    "connection": ["tests/db/store/test_connection.py"],
    "dashboard": ["tests/web/test_pages.py"],
    "db": [
        "tests/flows/test_outage.py",
        "tests/secrecy/test_secrecy_telemetry.py",
        "tests/db/store/test_connection.py",
    ],
    "decision": [
        "tests/flows/test_decision.py",
        "tests/flows/test_home.py",
        "tests/flows/test_shared_channel.py",
    ],
    "direct": ["tests/db/store/test_direct.py", "tests/db/store/test_journeys.py"],
    "dossier": ["tests/flows/test_waiting.py", "tests/db/store/test_whole.py"],
    "draft": ["tests/flows/test_draft.py", "tests/web/test_hand_in.py"],
    "evaluation": ["tests/flows/test_evaluation.py", "tests/db/store/test_journeys.py"],
    "hook": ["tests/web/test_hand_in.py", "tests/web/test_hook_pages.py"],
    "housekeeping": ["tests/flows/test_operations.py", "tests/flows/test_retention.py"],
    "inner": ["tests/db/store/test_whole.py"],
    "installation": ["tests/flows/test_installing.py", "tests/flows/test_installations.py"],
    "kept_answer": ["tests/web/test_api.py"],
    "learning": ["tests/flows/test_learning.py", "tests/flows/test_home.py"],
    "link": ["tests/web/test_unfurl.py"],
    "lost": ["tests/flows/test_backup.py"],
    "meaning": ["tests/semantic/test_meaning.py"],
    "newcomer": ["tests/flows/test_team.py", "tests/flows/test_many_people.py"],
    "nudge": ["tests/flows/test_reminder.py", "tests/flows/test_letter.py"],
    "outcome": ["tests/flows/test_outcome.py", "tests/flows/test_result.py"],
    "outbox": ["tests/flows/test_operations.py", "tests/flows/test_delivery.py", "tests/db/test_fair_claims.py"],
    "password": ["tests/web/test_password.py"],
    "plan": ["tests/flows/test_plan.py", "tests/web/test_webhooks.py"],
    "precedent": ["tests/flows/test_precedent.py", "tests/semantic/test_meaning.py"],
    "preference": ["tests/flows/test_reminder.py", "tests/db/store/test_preference.py"],
    "press": ["tests/db/store/test_press.py"],
    "refusal": ["tests/flows/test_refusals.py"],
    "reply": ["tests/flows/test_outcome_by_one_press.py", "tests/flows/test_being_told.py"],
    "restore": ["tests/flows/test_backup.py"],
    "result": ["tests/db/store/test_result.py", "tests/flows/test_result.py", "tests/flows/test_second_round.py"],
    "round": ["tests/flows/test_round.py", "tests/flows/test_second_round.py", "tests/flows/test_waiting.py"],
    "sealing": ["tests/web/test_webhooks.py"],
    "schema": ["tests/test_preflight.py", "tests/test_rolling_upgrade.py"],
    "search": ["tests/web/test_pages.py"],
    "secrecy": ["tests/flows/test_operations.py", "tests/flows/test_second_round.py"],
    "server": ["tests/test_preflight.py"],
    "sketch": ["tests/llm/test_reading.py", "tests/llm/test_asking.py"],
    "sweep": ["tests/flows/test_reminder.py", "tests/flows/test_being_told.py", "tests/db/test_sweep_plans.py"],
    "team": ["tests/flows/test_team.py", "tests/flows/test_people_as_they_are.py", "tests/web/test_settings.py"],
    "thread": ["tests/llm/test_threads.py"],
    "token": ["tests/web/test_settings.py", "tests/web/test_sign_in.py", "tests/web/test_mcp.py"],
    "trail": ["tests/web/test_pages.py"],
    "vault": ["tests/db/store/test_vault_open.py", "tests/test_roles.py"],
    "webhook": ["tests/web/test_webhooks.py", "tests/secrecy/test_secrecy_repr.py"],
    "wording": ["tests/flows/test_learning.py"],
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
        found = [*FLOWS.get(noun, [f"tests/flows/test_{noun}.py"]), *found, *RACES]
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
