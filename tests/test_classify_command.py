"""`conclave classify` as a process: lines in; lines or one sentence out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import words as counts


def classify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Without a token, a database or a home: none of them is needed."""
    bare = {"PATH": os.environ.get("PATH", ""), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "bot", "classify", *map(str, arguments)]
    return subprocess.run(command, env=bare, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)


def a_file(folder: Path, *lines: Any, name: str = "texts.jsonl") -> Path:
    path = folder / name
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
    return path


def test_each_text_is_a_line_of_json_and_the_type_is_null_where_it_abstains(tmp_path: Path) -> None:
    file = a_file(tmp_path, {"text": "I want my money back"}, {"text": "How do I reset my password?"}, {"text": ""})

    done = classify(file, "--json")

    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert list(first) == ["type", "best", "confidence", "why"]
    assert (first["type"], first["best"], first["why"]) == ("refund_request", "refund_request", ["money back"])
    assert first["confidence"] > 0.9 > second["confidence"]
    assert (second["type"], third["type"]) == (None, None)
    assert isinstance(second["best"], str)


def test_decided_cases_make_it_surer(tmp_path: Path) -> None:
    file = a_file(tmp_path, {"text": "wristband snapped"})
    case = {"text": "The wristband snapped at the gate", "type": "refund_request"}
    history = a_file(tmp_path, *[case] * 8, name="history.jsonl")

    alone = json.loads(classify(file, "--json").stdout)
    taught = json.loads(classify(file, "--json", "--history", history).stdout)

    assert taught["best"] == "refund_request"
    assert taught["confidence"] > alone["confidence"]


def test_people_read_a_table(tmp_path: Path) -> None:
    done = classify(a_file(tmp_path, {"text": "Charged twice\x1b[31m in March"}, {"text": "hm"}))

    assert "Billing dispute" in done.stdout
    assert "charged twice" in done.stdout
    assert "? perhaps" in done.stdout
    assert "no word that I know" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("refund", 'line 2 is no JSON object. Write it like {"text": "Refund for ABC"}.'),
        ("[1]", "line 2 is no JSON object."),
        ('{"text": 3}', "line 2 has no text."),
        ("{}", "line 2 has no text."),
    ],
)
def test_a_bad_line_is_named_and_nothing_else_is_said(tmp_path: Path, line: str, words: str) -> None:
    done = classify(a_file(tmp_path, {"text": "fine"}, line), "--json")

    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_line_of_the_history_is_named_with_the_types_there_are(tmp_path: Path) -> None:
    history = a_file(tmp_path, {"text": "a", "type": "complaint"}, name="history.jsonl")

    done = classify(a_file(tmp_path, {"text": "a"}), "--history", history)

    assert done.returncode == 1
    assert "history.jsonl, line 1 has no type that I know. It is one of refund_request, billing_dispute" in done.stderr


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    done = classify(tmp_path / "none.jsonl")

    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be read (No such file or directory)." in done.stderr


def test_the_counted_words_are_what_the_texts_give() -> None:
    assert counts.WORDS.read_text(encoding="utf-8") == counts.written_out(counts.counted())


def test_no_text_that_is_reported_is_one_that_was_tuned_by() -> None:
    for name in ("english", "off_topic"):
        parts = {part: {row["text"] for row in counts.texts(name, part=part)} for part in ("development", "held_out")}
        assert parts["held_out"]
        assert not parts["held_out"] & parts["development"]
