"""The classifier that comes with the product, from its two files: words that people chose, and words that were counted.

Files of their own, read without the settings: `conclave classify` needs no configuration and starts at once.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from bot.domain.classification import Classifier
from bot.domain.lexicon import Lexicon
from bot.domain.vocabulary import Vocabulary


@cache
def authored() -> Classifier:
    return Classifier(Lexicon.from_dict(_read("lexicon.toml")), Vocabulary.from_dict(_read("words.toml")))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("bot").joinpath(name).read_text(encoding="utf-8"))
