"""bot/words.toml, counted anew from the texts that may be tuned by: `python -m benchmarks.words`; `--check` only looks.

Run it after the texts of the part `development` have changed. A word of one text alone is left away.
"""

import json
import sys
from collections.abc import Collection
from pathlib import Path

from bot.domain.classification import read_part
from bot.domain.lexicon import CLASSES, NONE, words
from bot.domain.vocabulary import LEAST_TEXTS, Vocabulary

TEXTS = Path(__file__).parent / "texts"
WORDS = Path(__file__).resolve().parents[1] / "bot" / "words.toml"
HEAD = (
    "# In how many of our texts a word stands, by class; made by `python -m benchmarks.words`. Order of the classes:\n"
)


def main() -> None:
    written = written_out(counted())
    if "--check" in sys.argv:
        sys.exit(0 if WORDS.read_text(encoding="utf-8") == written else "bot/words.toml is not what the texts give.")
    WORDS.write_text(written, encoding="utf-8")


def counted(*, without: Collection[str] = ()) -> Vocabulary:
    """without: rounds whose texts are left out."""
    rows = [row for name in ("english", "off_topic") for row in texts(name, part="development")]
    kept = [row for row in rows if row.get("written") not in without]
    return Vocabulary.of((words(read_part(row["text"])), row["type"] or NONE) for row in kept)


def texts(name: str, *, part: str | None = None) -> list[dict[str, str]]:
    """The lines of benchmarks/texts/NAME.jsonl, of one part or of all."""
    lines = (TEXTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    return [row for row in rows if part in (None, row.get("part"))]


def written_out(vocabulary: Vocabulary) -> str:
    kept = {stem: counts for stem, counts in vocabulary.counts.items() if sum(counts) >= LEAST_TEXTS}
    lines = [f"{json.dumps(stem, ensure_ascii=False)} = {list(counts)}" for stem, counts in kept.items()]
    return f"{HEAD}# {', '.join(CLASSES)}\ntexts = {list(vocabulary.texts)}\n\n[counts]\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
