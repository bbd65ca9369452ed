"""The published result in words."""

import json
from dataclasses import replace
from types import ModuleType

import pytest

from bot.domain.result import ResultRow
from bot.views import result


def test_a_ranking_reads_with_places_totals_and_needs(dossiers: ModuleType) -> None:
    found = dossiers.situations()["published"]

    assert result.ranking_lines(found, found.result) == [
        "1.  *Half refund* · about 7.4",
        "2.  *Full refund* · about 7.4",
        "–  Credit note · not ranked: needs scores on Cost",
    ]


def test_ties_are_printed_as_ties(dossiers: ModuleType) -> None:
    found = dossiers.situations()["published"]
    a, b, c = (o.id for o in found.options)
    tied = replace(found.result, rows=(ResultRow(a, 1, "7.5"), ResultRow(b, 1, "7.5"), ResultRow(c, 3, None)))

    assert result.ranking_lines(found, tied) == [
        "1=  *Full refund* · 7.5",
        "1=  *Half refund* · 7.5",
        "3.  *Credit note*",
    ]
    assert [result.standing_of(tied, o) for o in (a, c)] == ["place 1=", "place 3"]
    told = result.message(replace(found, result=tied))["text"]
    assert "Full refund and Half refund share the first place." in told


def test_the_thread_is_told_who_leads_how_many_scored_and_what_comes_next(
    dossiers: ModuleType, lines: ModuleType
) -> None:
    told = result.message(dossiers.situations()["published"])

    said = lines.lines_of(told)
    assert told["text"] == "Result of #42 Refund &lt;six&gt; weeks of outage: Half refund leads. 5 of 5 scored."
    assert said[-1] == "*Next:* a decider resolves, with a reason. The ranking advises; it does not decide."
    assert said[-2] == (
        "~ 5 of 5 scored. Each option's score is your team's average 1-10 rating on every criterion, weighted by how "
        "much that criterion matters; everyone counts the same."
    )


def test_below_three_ballots_nothing_aggregated_is_told_and_why(dossiers: ModuleType, lines: ModuleType) -> None:
    found = dossiers.situations()["published"]
    two = replace(found, result=replace(found.result, ballots=2, people=2, rows=()))

    said = lines.lines_of(result.message(two))

    why = (
        "Nothing aggregated is shown: 2 ballots, and below 3 a ranking would give away who scored what. "
        "A decider resolves by reason only."
    )
    assert said == [
        f"text: Result of #42 Refund &lt;six&gt; weeks of outage: {why} 2 of 2 scored.",
        "# Result of #42 · Refund <six> weeks of outage",
        why,
        "~ 2 of 2 scored.",
        "*Next:* a decider resolves, with a reason.",
    ]


def test_comments_stand_by_option_in_the_order_given(dossiers: ModuleType, lines: ModuleType) -> None:
    found = dossiers.situations()["published"]
    a, b, _ = (o.id for o in found.options)

    said = lines.lines_of(result.message(found, comments=[(a, "Fair."), (b, "Cheap\n& good."), (a, "<!here>")]))

    start = said.index("*Comments on Full refund*")
    assert said[start : start + 3] == ["*Comments on Full refund*", "> Fair.", "> &lt;!here&gt;"]
    assert "> Cheap &amp; good." in said


def test_comments_that_do_not_fit_are_counted(dossiers: ModuleType) -> None:
    found = dossiers.situations()["published"]
    option = found.options[0].id

    seen = json.dumps(result.message(found, comments=[(option, "c" * 500)] * 200), ensure_ascii=False)

    shown = seen.count("> ccc")
    assert shown >= 10
    assert f"… and {200 - shown} more comments" in seen


def test_nothing_is_told_before_publication(dossiers: ModuleType) -> None:
    found = dossiers.situations()["open"]

    assert result.lines(found) == result.summary(found) == []
    with pytest.raises(ValueError, match="only once it is published"):
        result.message(found)
