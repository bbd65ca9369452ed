"""`conclave rank` as a process: a file in; tables, JSON or one sentence out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

OPTIONS = ("Full refund", "Partial credit", "Escalate")
CRITERIA = {"Cost": 3.0, "Customer impact": 2.0, "Risk": 2.5, "Effort": 1.0}
TEAM = (
    ((8, 5, 7, 6), (6, 8, 6, 7), (4, 6, 9, 8)),
    ((9, 6, 2, 6), (7, 7, 8, 6), (5, 6, 8, 7)),
    ((7, 6, 8, 5), (5, 9, 6, 8), (3, 7, 9, 9)),
    ((8, 4, 3, 7), (7, 8, 7, 6), (6, 5, 8, 8)),
    ((9, 7, 8, 6), (6, 7, 6, 7), (5, 6, 7, 6)),
)


def a_file(folder: Path, **changes: Any) -> Path:
    case = {
        "options": OPTIONS,
        "criteria": [{"name": name, "weight": weight} for name, weight in CRITERIA.items()],
        "scores": {
            f"Person {i}": {o: dict(zip(CRITERIA, row, strict=True)) for o, row in zip(OPTIONS, rows, strict=True)}
            for i, rows in enumerate(TEAM)
        },
    }
    path = folder / "case.json"
    path.write_text(json.dumps(case | changes), encoding="utf-8")
    return path


def rank(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Without a token, a database or a home: none of them is needed."""
    bare = {"PATH": os.environ.get("PATH", ""), "PYTHONIOENCODING": "utf-8"} | environment
    command = [sys.executable, "-m", "bot", "rank", *map(str, arguments)]
    return subprocess.run(command, env=bare, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)


def test_json_holds_the_full_result_unrounded(tmp_path: Path) -> None:
    done = rank(a_file(tmp_path), "--json")

    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == [
        "ranking",
        "weight_intervals",
        "stability",
        "label",
        "consensus",
        "agreement",
        "discuss",
        "dominated",
        "warnings",
    ]
    assert found["ranking"] == [
        {"option": "Partial credit", "score": pytest.approx(6.764706, abs=1e-6), "rank": 1, "ranked": True},
        {"option": "Full refund", "score": pytest.approx(6.564706, abs=1e-6), "rank": 2, "ranked": True},
        {"option": "Escalate", "score": pytest.approx(6.341176, abs=1e-6), "rank": 3, "ranked": True},
    ]
    assert found["weight_intervals"] == {
        "Cost": [0.75, 3.85],
        "Customer impact": [pytest.approx(1.227273, abs=1e-6), None],
        "Risk": [0.8, 4.75],
        "Effort": [None, 5.5],
    }
    assert found["stability"] == {
        "Partial credit": pytest.approx(0.555622, abs=1e-6),
        "Full refund": pytest.approx(0.304878, abs=1e-6),
        "Escalate": pytest.approx(0.139500, abs=1e-6),
    }
    assert len(done.stdout.splitlines()) == 1
    assert found["label"] == "too close to call"
    assert found["consensus"]["Full refund"]["Risk"] == pytest.approx(0.5265, abs=1e-4)
    assert found["agreement"]["Full refund"] == {
        "Cost": "aligned",
        "Customer impact": "aligned",
        "Risk": "split",
        "Effort": "aligned",
    }
    assert next(iter(found["discuss"].items())) == ("Risk", pytest.approx(0.758686, abs=1e-6))
    assert (found["dominated"], found["warnings"]) == ({}, [])
    assert rank(a_file(tmp_path), "--json").stdout == done.stdout


def test_piped_it_prints_plain_lines(tmp_path: Path) -> None:
    done = rank(a_file(tmp_path), COLUMNS="20")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    lines = done.stdout.splitlines()
    assert lines[1:5] == [
        "Place  Option          Score  First in",
        "1.     Partial credit  6.76   about 55 %",
        "2.     Full refund     6.56   about 30 %",
        "3.     Escalate        6.34   about 15 %",
    ]
    assert lines[6] == (
        "Too close to call: had other colleagues scored, Partial credit would lead in about 55 of 100 cases."
    )
    assert "Partial credit stays first unless Cost drops below 0.75 or rises above 3.85 (now 3)." in lines
    assert "Talk about Risk first (76 % of the disagreement)." in lines
    assert "Full refund         8.2 aligned  5.6 aligned      5.6 split    6.0 aligned" in lines


def test_on_a_terminal_it_prints_tables_with_rules_and_takes_names_as_they_are(tmp_path: Path) -> None:
    scores = {name: {"[red]A": {"Cost": 7}, "B": {"Cost": 3}} for name in ("Ana", "Bo", "Cy")}
    path = a_file(tmp_path, options=["[red]A", "B"], criteria=[{"name": "Cost", "weight": 1}], scores=scores)

    done = rank(path, FORCE_COLOR="1", TERM="xterm", COLUMNS="60")

    assert (done.returncode, done.stderr) == (0, "")
    assert "───" in done.stdout
    assert "\x1b[1m" in done.stdout
    assert "1.      [red]A   7.00    about 100 %" in done.stdout


SURE = {name: {"Cost": level, "Legal": level} for name, level in (("Ana", 5), ("Bo", 3), ("Cy", 3))}
"""Three have to have said so of every criterion."""


def test_warnings_say_who_is_not_ranked_and_why(tmp_path: Path) -> None:
    scores = {
        "Ana": {"Full refund": {"Cost": 9, "Legal": 2}, "Partial credit": {"Cost": 5, "Legal": 2}},
        "Bo": {"Full refund": {"Cost": 9, "Legal": 3}, "Escalate": {"Cost": 1, "Legal": 1}},
        "Cy": {"Full refund": {"Cost": 8, "Legal": 3}, "Partial credit": {"Cost": 4, "Legal": 9}},
    }
    criteria = [{"name": "Cost", "weight": 60}, {"name": "Legal", "weight": 3}]
    path = a_file(tmp_path, scores=scores, criteria=criteria, confidence=SURE, title="x")

    found = json.loads(rank(path, "--json").stdout)
    text = rank(path).stdout

    assert found["ranking"][2] == {"option": "Escalate", "score": None, "rank": None, "ranked": False}
    assert found["consensus"]["Escalate"] == {"Cost": None, "Legal": None}
    assert found["warnings"] == [
        "Escalate is not ranked: needs scores on Cost and Legal.",
        "Full refund leads, but averages 3 or less on Legal.",
        "Ana, Bo and Cy scored only some of the options: how generous each person scores is subtracted, "
        "so that nobody's absence lifts or lowers an option.",
        "Cost weighs 60; Conclave's form takes 0.1 to 5.",
        'The file\'s "title" is not used.',
    ]
    assert all(f"! {warning}\n" in text for warning in found["warnings"])
    assert "With confidence weighting: same leader." in text


def test_one_persons_matrix_ranks_with_a_warning(tmp_path: Path) -> None:
    scores = {"p": {"A": {"x": 7}, "B": {"x": 4}}}
    path = a_file(tmp_path, options=["A", "B"], criteria=[{"name": "x", "weight": 1}], scores=scores)

    found = json.loads(rank(path, "--json").stdout)

    assert [(row["option"], row["rank"]) for row in found["ranking"]] == [("A", 1), ("B", 2)]
    assert found["warnings"] == ["1 person scored: too few to speak of a team."]


def test_two_people_of_whom_one_scored_nothing_are_one(tmp_path: Path) -> None:
    scores = {"p": {"A": {"x": 7}, "B": {"x": 4}}, "q": {}}
    path = a_file(tmp_path, options=["A", "B"], criteria=[{"name": "x", "weight": 1}], scores=scores)

    assert [row["rank"] for row in json.loads(rank(path, "--json").stdout)["ranking"]] == [1, 2]


def test_where_nobody_scored_nothing_ranks(tmp_path: Path) -> None:
    path = a_file(tmp_path, scores={"p": {}, "q": {}})

    found, text = json.loads(rank(path, "--json").stdout), rank(path).stdout

    assert [row["rank"] for row in found["ranking"]] == [None, None, None]
    assert "Nothing can be ranked yet." in text


def test_another_scale_and_weights_in_per_cent_say_the_same_in_their_own_units(tmp_path: Path) -> None:
    criteria = [{"name": name, "weight": f"{10 * weight}%"} for name, weight in CRITERIA.items()]
    scores = {
        f"Person {i}": {
            o: dict(zip(CRITERIA, (x - 1 for x in row), strict=True)) for o, row in zip(OPTIONS, rows, strict=True)
        }
        for i, rows in enumerate(TEAM)
    }
    usual = json.loads(rank(a_file(tmp_path), "--json").stdout)

    found = json.loads(rank(a_file(tmp_path, scale=[0, 9], scores=scores, criteria=criteria), "--json").stdout)

    assert [row["score"] + 1 for row in found["ranking"]] == pytest.approx([row["score"] for row in usual["ranking"]])
    assert found["weight_intervals"]["Cost"] == [7.5, 38.5]
    same = ("stability", "label", "consensus", "agreement", "warnings")
    assert {key: found[key] for key in same} == {key: usual[key] for key in same}


def test_a_low_mean_is_told_on_the_files_own_scale(tmp_path: Path) -> None:
    scores = {name: {"A": {"x": 5, "y": 1}, "B": {"x": 1, "y": 2}} for name in "pqr"}
    criteria = [{"name": "x", "weight": 3}, {"name": "y", "weight": 1}]
    path = a_file(tmp_path, options=["A", "B"], criteria=criteria, scores=scores, scale=[0, 5])

    assert "A leads, but averages 1.1 or less on y." in json.loads(rank(path, "--json").stdout)["warnings"]
    assert "1.     A       4.00" in rank(path).stdout


def test_several_files_are_a_line_each_and_a_faulty_one_does_not_stop_the_others(tmp_path: Path) -> None:
    good, other, bad = tmp_path / "good.json", tmp_path / "other.json", tmp_path / "bad.json"
    for path in (good, other):
        a_file(tmp_path).rename(path)
    bad.write_text("{")

    done = rank(good, bad, tmp_path / "none.json", other, "--json")

    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(good), str(other)]
    assert all(line["ranking"][0]["option"] == "Partial credit" for line in lines)
    assert [line.split(": ")[:2] for line in done.stderr.splitlines()] == [
        [str(bad), "this is not JSON"],
        [str(tmp_path / "none.json"), "no such file or directory."],
    ]
    assert rank(good, other).stdout.count("Too close to call") == 2


def test_of_many_dominated_options_five_sentences_are_enough(tmp_path: Path) -> None:
    options = [f"Option {n}" for n in range(12)]
    scores = {name: {o: {"x": 10 - n if n < 9 else 1} for n, o in enumerate(options)} for name in "pqr"}
    path = a_file(tmp_path, options=options, criteria=[{"name": "x", "weight": 1}], scores=scores)

    text, found = rank(path).stdout, json.loads(rank(path, "--json").stdout)

    told = [line for line in text.splitlines() if "nowhere better" in line or "Likewise" in line]
    assert len(told) == 5
    assert told[0] == "Option 1 is nowhere better than Option 0, and somewhere worse."
    assert told[-1] == "Likewise another one is at least as good everywhere as each of 7 more."
    assert len(found["dominated"]) == 11


def test_a_tie_is_printed_as_a_tie(tmp_path: Path) -> None:
    row = {"Cost": 7, "Customer impact": 7, "Risk": 7, "Effort": 7}
    path = a_file(tmp_path, scores={name: dict.fromkeys(OPTIONS, row) for name in "AB"})

    found, text = json.loads(rank(path, "--json").stdout), rank(path).stdout

    assert [row["rank"] for row in found["ranking"]] == [1, 1, 1]
    assert found["stability"] == dict.fromkeys(OPTIONS, pytest.approx(1 / 3))
    assert found["warnings"] == [
        "2 people scored: too few to speak of a team.",
        "Full refund, Partial credit and Escalate tie for the first place.",
    ]
    assert text.splitlines()[2] == "1=     Full refund     7.00   about 35 %"
    assert "Too close to call: Full refund, Partial credit and Escalate tie." in text


def test_a_name_that_the_terminal_cannot_show_is_no_reason_to_fail(tmp_path: Path) -> None:
    scores = {"Ana": {"Größe": {"Cost": 7}, "[red]B": {"Cost": 3}}}
    path = a_file(tmp_path, options=["Größe", "[red]B"], criteria=[{"name": "Cost", "weight": 1}], scores=scores)

    done = rank(path, PYTHONIOENCODING="ascii")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Gr??e" in done.stdout
    assert "[red]B" in done.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty."),
        (b"{", "this is not JSON: Expecting property name enclosed in double quotes, line 1, column 2."),
        (
            b'{"options": ["A", "A"], "criteria": [], "scores": {}}',
            'in "options" > number 2: the name "A" appears twice.',
        ),
    ],
)
def test_a_bad_file_is_one_sentence_and_exit_code_1(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(content)

    done = rank(path, "--json")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{path}: {sentence}\n")


def test_no_file_is_a_usage_error(tmp_path: Path) -> None:
    missing, none = rank(tmp_path / "none.json"), rank()

    assert (missing.returncode, missing.stderr) == (1, f"{tmp_path / 'none.json'}: no such file or directory.\n")
    assert none.returncode == 2
    assert "Traceback" not in none.stderr
