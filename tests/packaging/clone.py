"""A copy of what a clone of the repository holds, to build from: what a build leaves behind stays in the copy."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HELD = (
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "setup.py",
    "bot",
    "handlers",
    "migrations",
    "sandbox",
    "slack_limits",
    "web",
)
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")


def clone(into: Path) -> Path:
    """Copy the files into a new folder and return it."""
    for name in _HELD:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, into / name, ignore=_LEFT_OUT)
        else:
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, into / name)
    return into
