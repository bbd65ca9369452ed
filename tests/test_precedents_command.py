"""`conclave precedents`: old cases from files, found without a database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.retrieval import CASES, ndcg
from bot.cli.precedentfile import History, Line, Query, read_history

HISTORY = (
    Line("1", "Their invoice was paid twice in October", "billing_dispute", "full"),
    Line("2", "Wants a discount since a competitor is cheaper", "churn_prevention", "partial"),
    Line("3", "Was billed two times, both invoices were paid", "billing_dispute", "full"),
    Line("4", "The late fee on their invoice is unfair", "billing_dispute", "none"),
    Line("5", "Paid their invoices twice and wants the money back", "refund_request", "full"),
)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "precedents", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def written(folder: Path, case: object, history: object = None) -> tuple[Path, str, Path]:
    file, lines = folder / "case.json", folder / "history.jsonl"
    file.write_text(case if isinstance(case, str) else json.dumps(case))
    rows: Any = [vars(line) for line in HISTORY] if history is None else history
    lines.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return file, "--history", lines


def test_the_nearest_of_the_same_type_come_first(tmp_path: Path) -> None:
    case = {"text": "They paid two invoices for October, we billed twice", "type": "billing_dispute"}

    answer = run(*written(tmp_path, case), "--json")

    found = json.loads(answer.stdout)
    assert answer.returncode == 0
    assert {found[0]["id"], found[1]["id"]} == {"1", "3"}
    assert [one["id"] for one in found].index("4") < [one["id"] for one in found].index("5")
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)


def test_without_json_they_are_lines_for_people(tmp_path: Path) -> None:
    answer = run(*written(tmp_path, {"text": "billed twice", "type": "billing_dispute"}))

    assert "full  Was billed two times, both invoices were paid" in answer.stdout
    assert answer.stdout.endswith("found.\n")


@pytest.mark.parametrize(
    ("case", "history"),
    [({"text": "", "type": "refund_request"}, None), ({"text": "Ganz etwas anderes"}, None), ({"text": "x"}, [])],
    ids=["empty text", "no type, no word known", "no history"],
)
def test_nothing_similar_is_an_answer(tmp_path: Path, case: object, history: object) -> None:
    files = written(tmp_path, case, history)

    assert json.loads(run(*files, "--json").stdout) == []
    assert run(*files).stdout == "Nothing similar yet.\n"


@pytest.mark.parametrize(
    ("case", "history", "words"),
    [
        ("{", None, "case.json: it is not JSON."),
        ("[]", None, "case.json: it has to be an object"),
        ({"type": "refund_request"}, None, '"text" has to be a text'),
        ({"text": "x", "type": "gift"}, None, '"type" has to be one of refund_request'),
        ({"text": "x"}, ['{"id": "1"}'], 'history.jsonl, line 1: "text" has to be a text'),
        ({"text": "x"}, ["", '{"id": 7, "text": "x", "type": 1, "choice": "c"}'], "line 2"),
    ],
)
def test_a_faulty_file_is_refused_in_a_sentence(tmp_path: Path, case: object, history: object, words: str) -> None:
    answer = run(*written(tmp_path, case, history))

    assert answer.returncode == 1
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_same_files_give_the_same_order_in_every_process() -> None:
    """Sets of words have another order in each: sums of floats must not."""
    code = (
        "from benchmarks.retrieval import CASES; from bot.cli.precedentfile import *;"
        "print(History(read_history(CASES)).search(Query('The outage cost them a day of sales', 'refund_request')))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }

    assert len(told) == 1


def test_the_measure_counts_same_type_and_same_answer() -> None:
    lines = read_history(CASES)
    asked = next(line for line in lines if line.type == "refund_request")
    alike = [x.id for x in lines if (x.type, x.choice) == (asked.type, asked.choice) and x.id != asked.id]
    others = [line.id for line in lines if line.type != asked.type]

    assert ndcg(alike[:5], asked, lines) == pytest.approx(1)
    assert 0 < ndcg([others[0], alike[0]], asked, lines) < ndcg([alike[0], others[0]], asked, lines)
    assert ndcg(others[:5], asked, lines) == 0


def test_a_case_of_the_history_finds_itself_first() -> None:
    lines = read_history(CASES)

    found = History(lines).search(Query(lines[3].text, lines[3].type))

    assert len(lines) >= 120
    assert found[0][0] == lines[3].id
