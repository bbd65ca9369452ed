"""What `conclave verify` says: how the scores lie, and whether what was published fits them. Words, never a score."""

from collections.abc import Iterator

from bot.services.result import FINE, Verified

ORDERS = {
    "sealed": "sealed. What is stored depends on the scores of each cell alone, not on who gave them. "
    "(This shows the order of the rows, not that no copy was made elsewhere.)",
    "unsealed": "NOT sealed. The stored rows are not in the order that sealing leaves; something changed them.",
    "open": "scoring is open; ballots are sealed when the result is published.",
    "closed": "scoring is closed, the result not published yet.",
    "voided": "the round was voided and its ballots deleted.",
    "none": "scoring has not started.",
}
AGREES = "What was published agrees with the sealed scores and with what was frozen when scoring started: {}."
NOT_CHECKED = "Share, label and topics came from whole ballots, which are no more: they cannot be checked."
FAULTS = {
    ("criteria", "missing"): "a criterion that was scored is missing from the decision",
    ("criteria", "added"): "the decision has a criterion that was not scored",
    ("criteria", "swapped"): "two criteria have swapped their names since scoring started",
    ("weights", "differ"): "a weight is not the one that was frozen when scoring started",
    ("options", "missing"): "an option that was scored is missing from the decision",
    ("options", "added"): "the decision has an option that was not scored",
    ("options", "swapped"): "two options have swapped their titles since scoring started",
    ("result", "missing"): "there is no stored result",
    ("ballots", "differ"): "the number of ballots is not the one in the result",
    ("thresholds", "differ"): "the result was made by other thresholds than those that were frozen",
    ("ranks", "differ"): "the places are not those that the sealed scores give",
    ("ranks", "missing"): "places are missing",
    ("totals", "differ"): "a total is not the one that the sealed scores give, or should not be shown",
    ("totals", "missing"): "a total is missing",
    ("means", "differ"): "an average is not the one that the sealed scores give, or should not be shown",
    ("means", "missing"): "averages are missing",
    ("labels", "differ"): "how far people agree on a criterion is not what the sealed scores say",
    ("sentences", "differ"): "what is said of single options or weights does not follow from the printed averages",
    ("sentences", "unreadable"): "the stored result cannot be read",
}
RENAMED = {
    "criteria": "A criterion has another name than when scoring started.",
    "options": "An option has another title than when scoring started.",
}
OPEN = 2


def in_words(found: Verified) -> str:
    """One paragraph, or one line per fault."""
    return "\n".join([ORDERS[found.order], *_comparison(found)])


def exit_code(found: Verified) -> int:
    """0 = sealed and as published, 1 = not, 2 = nothing is published yet."""
    if found.order not in ("sealed", "unsealed"):
        return OPEN if found.is_as_published else 1
    return 0 if found.order == "sealed" and found.is_as_published else 1


def _comparison(found: Verified) -> Iterator[str]:
    faults = [FAULTS[finding] for finding in dict.fromkeys(found.findings) if finding[1] not in FINE]
    if faults:
        yield from (f"NOT as published: {fault}." for fault in faults)
    elif found.findings:
        compared = dict.fromkeys(looked_at for looked_at, answer in found.findings if answer != "none")
        yield AGREES.format(", ".join(compared))
    yield from (RENAMED[looked_at] for looked_at, answer in dict.fromkeys(found.findings) if answer == "renamed")
    if found.findings:
        yield NOT_CHECKED
