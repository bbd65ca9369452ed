"""What `conclave verify` says, and how it ends."""

import re
from pathlib import Path

import pytest

from bot.cli.verdict import FAULTS, RENAMED, exit_code, in_words
from bot.services.result import FINE, Verified

VAULT = Path(__file__).resolve().parents[2] / "migrations" / "vault.sql"
COMPARED = (("criteria", "same"), ("ranks", "same"), ("totals", "none"), ("sentences", "same"))


def test_sealed_and_as_published_names_what_was_compared_and_what_cannot_be() -> None:
    found = Verified("sealed", COMPARED)

    assert exit_code(found) == 0
    assert in_words(found).splitlines()[1:] == [
        "What was published agrees with the sealed scores and with what was frozen when scoring started: criteria, "
        "ranks, sentences.",
        "Share, label and topics came from whole ballots, which are no more: they cannot be checked.",
    ]


def test_every_fault_is_a_line_of_its_own_and_ends_with_1() -> None:
    found = Verified("sealed", (*COMPARED, ("weights", "differ"), ("totals", "differ"), ("totals", "differ")))

    assert exit_code(found) == 1
    assert [line for line in in_words(found).splitlines() if line.startswith("NOT")] == [
        "NOT as published: a weight is not the one that was frozen when scoring started.",
        "NOT as published: a total is not the one that the sealed scores give, or should not be shown.",
    ]


def test_another_name_is_told_and_is_no_fault() -> None:
    found = Verified("sealed", (*COMPARED, ("options", "renamed")))

    assert exit_code(found) == 0
    assert "An option has another title than when scoring started." in in_words(found)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Verified("none"), 2),
        (Verified("open"), 2),
        (Verified("open", COMPARED), 2),
        (Verified("open", (("ranks", "differ"),)), 1),
        (Verified("unsealed", COMPARED), 1),
    ],
)
def test_what_is_not_published_yet_ends_with_2_unless_an_earlier_round_is_wrong(found: Verified, code: int) -> None:
    assert exit_code(found) == code


def test_there_is_a_sentence_for_whatever_the_vault_may_answer() -> None:
    text = VAULT.read_text()
    body = text[text.index("CREATE FUNCTION verify_round") : text.index("COMMENT ON TABLE evaluations")]
    looked_at = set(
        re.findall(r"'(order|criteria|weights|options|result|ballots|thresholds|ranks|totals|means|labels)'", body)
    )
    answers = {answer for _, answer in FAULTS} | set(FINE)

    assert {"missing", "differ", "added", "swapped", "renamed", "same", "none"} <= answers
    assert looked_at - {"order"} <= {name for name, _ in FAULTS}
    assert set(RENAMED) == {"criteria", "options"}
