"""The published result in words."""
# ruff: noqa: E501 - snapshots hold whole lines of what people read

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from inline_snapshot import snapshot

from bot.domain.agreement import Agreement
from bot.domain.result import Result, ResultRow, ShownCell, WeightLimit, from_body, to_body
from bot.domain.round import Thresholds
from bot.domain.stability import StabilityLabel
from bot.views import card, headline, outcome, result
from tests.support import dossiers, lines
from tests.support.known import known


def told_of(dossier: Any, **more: Any) -> dict[str, Any]:
    """The message in its richest look."""
    return result.messages(dossier, **more)[0]


def test_a_ranking_reads_with_places_totals_and_needs() -> None:
    found = dossiers.situations()["published"]

    assert result.ranking_lines(found, known(found.result)) == [
        "1.  *Half refund* · about 7.4",
        "2.  *Full refund* · about 7.4",
        "–  Credit note · not ranked: needs scores on Cost",
    ]


def test_ties_are_printed_as_ties() -> None:
    found = dossiers.situations()["published"]
    a, b, c = (o.id for o in found.options)
    tied = replace(known(found.result), rows=(ResultRow(a, 1, "7.5"), ResultRow(b, 1, "7.5"), ResultRow(c, 3, None)))

    assert result.ranking_lines(found, tied) == [
        "1=  *Full refund* · 7.5",
        "1=  *Half refund* · 7.5",
        "3.  *Credit note*",
    ]
    assert [result.standing_of(tied, o) for o in (a, c)] == ["place 1=", "place 3"]
    told = told_of(replace(found, result=replace(tied, label=StabilityLabel.TOO_CLOSE)))["text"]
    assert "Too close to call: Full refund and Half refund share the first place." in told


def test_the_thread_is_told_who_leads_how_solid_that_is_and_what_comes_next() -> None:
    told = told_of(dossiers.situations()["published"])

    assert lines.lines_of(told) == snapshot(
        [
            "text: Result of #42 Refund &lt;six&gt; weeks of outage: The team leans towards Half refund. Next: hear both sides on Cost; then a decider presses Resolve or Second round. 1. Half refund · about 7.4. 2. Full refund · about 7.4. – Credit note · not ranked: needs scores on Cost. 5 of 5 scored.",
            "# Result of #42 · Refund <six> weeks of outage",
            "The team leans towards *Half refund*.",
            "*Next:* hear both sides on *Cost*; then a decider presses *Resolve* or *Second round*.",
            "1.  *Half refund* · about 7.4",
            "2.  *Full refund* · about 7.4",
            "–  Credit note · not ranked: needs scores on Cost",
            "[chart] Score of each option, from 1 to 10: Half refund 7.4, Full refund 7.4",
            "• Had other colleagues scored, *Half refund* would probably lead too: in about 75 of 100 cases.",
            "• *Where to talk:* the team is in two camps on *Cost* (Half refund).",
            "• *Careful:* Half refund leads, but averages 3 or less on *Cost*.",
            "*Half refund*: Trust\u00a08.2\u00a0· Cost\u00a03.0 (split)",
            "*Full refund*: Trust\u00a0≥ 9.5",
            "*Credit note*: not shown",
            "~ 5 of 5 scored. Each option's score is your team's average 1-10 rating on every criterion, weighted by how much that criterion matters; everyone counts the same. The ranking advises; it does not decide. Averages per criterion, of at least 5 scores each. \"split\" means two camps; elsewhere the scores are close together. What is missing has fewer than 5 scores, or would give such an average away.",
        ]
    )


def test_a_result_published_before_results_said_how_solid_they_are_shows_what_it_has() -> None:
    found = replace(dossiers.situations()["published"], result=dossiers.OLD_RESULT)

    *_, plainest = result.messages(found)

    assert lines.lines_of(plainest) == snapshot(
        [
            "text: Result of #42 Refund &lt;six&gt; weeks of outage: Half refund leads. Next: a decider presses Resolve. 1. Half refund · about 7.4. 2. Full refund · about 7.4. – Credit note · not ranked: needs scores on Cost. 5 of 5 scored.",
            "# Result of #42 · Refund <six> weeks of outage",
            "*Half refund* leads.",
            "*Next:* a decider presses *Resolve*.",
            "1.  *Half refund* · about 7.4",
            "2.  *Full refund* · about 7.4",
            "–  Credit note · not ranked: needs scores on Cost",
            "~ 5 of 5 scored. Each option's score is your team's average 1-10 rating on every criterion, weighted by how much that criterion matters; everyone counts the same. The ranking advises; it does not decide.",
        ]
    )
    assert "*Half refund* leads." in outcome.resolve(found, dossiers.by(dossiers.MIKE))["blocks"][0]["text"]["text"]


def test_each_look_is_plainer_than_the_one_before_and_says_the_same() -> None:
    found = dossiers.situations()["published"]

    looks = result.messages(found)

    kinds = [{block["type"] for block in look["blocks"]} for look in looks]
    assert ["data_visualization" in kind for kind in kinds] == [True, False]
    assert not any("table" in kind for kind in kinds), "a table is wider than a phone"
    assert len({look["text"] for look in looks}) == 1
    for look in looks:
        seen = json.dumps(look, ensure_ascii=False)
        for fact in ("about 7.4", "Trust\u00a08.2", "Cost\u00a03.0 (split)", "Trust\u00a0≥ 9.5", "not shown"):
            assert fact in seen


def test_without_figures_there_is_one_look() -> None:
    found = dossiers.situations()["published"]

    assert len(result.messages(replace(found, result=Result(2, 2, 2, Thresholds())))) == 1


def test_below_three_ballots_nothing_aggregated_is_told_and_why() -> None:
    found = dossiers.situations()["published"]

    said = lines.lines_of(told_of(replace(found, result=Result(2, 2, 2, Thresholds()))))

    assert said == snapshot(
        [
            "text: Result of #42 Refund &lt;six&gt; weeks of outage: No ranking: 2 people scored, and at least 3 must, or it would give away who scored what. Next: talk it over; then a decider presses Resolve. 2 of 2 scored.",
            "# Result of #42 · Refund <six> weeks of outage",
            "No ranking: 2 people scored, and at least 3 must, or it would give away who scored what.",
            "*Next:* talk it over; then a decider presses *Resolve*.",
            "~ 2 of 2 scored.",
        ]
    )


def test_a_second_round_says_why_it_shows_the_ranking_only() -> None:
    found = dossiers.situations()["published"]
    rows = tuple(replace(row, total=None, share=None, is_about=False) for row in known(found.result).rows)
    bare = Result(2, 5, 5, Thresholds(), rows, StabilityLabel.CLEAR)
    second = replace(found, result=bare, round=replace(known(found.round), follows=UUID(int=1)))

    (only,) = result.messages(second)

    assert lines.lines_of(only) == snapshot(
        [
            "text: Result of the second round of #42 Refund &lt;six&gt; weeks of outage: Half refund leads, and the lead is clear. Next: a decider presses Resolve. 1. Half refund. 2. Full refund. – Credit note · not ranked: needs scores on Cost. 5 of 5 scored.",
            "# Result of the second round of #42 · Refund <six> weeks of outage",
            "*Half refund* leads, and the lead is clear.",
            "*Next:* a decider presses *Resolve*.",
            "1.  *Half refund*",
            "2.  *Full refund*",
            "–  Credit note · not ranked: needs scores on Cost",
            "• *Half refund* comes first in nearly all cases when we vary who scored and how much each criterion weighs.",
            "~ 5 of 5 scored. A second round shows the ranking only: two tables of averages could be subtracted from each other. Options are ranked by your team's average 1-10 rating on every criterion, weighted by how much that criterion matters; everyone counts the same. The ranking advises; it does not decide.",
        ]
    )


def test_bars_are_told_apart_by_what_differs_in_their_names() -> None:
    found = dossiers.situations()["published"]
    long = "A full refund of everything they paid"
    options = tuple(replace(o, title=f"{long} {i}") for i, o in enumerate(found.options))
    rows = tuple(ResultRow(o.id, i + 1, "≤ 1.5") for i, o in enumerate(options))

    told = told_of(replace(found, options=options, result=replace(known(found.result), rows=rows)))

    (chart,) = [block["chart"] for block in told["blocks"] if block["type"] == "data_visualization"]
    (series,) = chart["series"]
    assert series["data"] == [
        {"label": "…they paid 0", "value": 1.5},
        {"label": "…they paid 1", "value": 1.5},
        {"label": "…they paid 2", "value": 1.5},
    ]
    assert chart["axis_config"]["categories"] == [point["label"] for point in series["data"]]


def test_one_total_alone_is_no_chart() -> None:
    found = dossiers.situations()["published"]
    alone = tuple(row if row.place == 1 else replace(row, total=None) for row in known(found.result).rows)

    told = told_of(replace(found, result=replace(known(found.result), rows=alone)))

    assert "data_visualization" not in {block["type"] for block in told["blocks"]}


def test_what_follows_from_the_means_is_said_in_sentences() -> None:
    found = dossiers.situations()["published"]
    half, full, credit = found.options[1].id, found.options[0].id, found.options[2].id
    trust, cost = (criterion.id for criterion in found.criteria)
    more = replace(
        known(found.result),
        dominated=((credit, (half, full)),),
        weight_limits=(WeightLimit(trust, "3", above="3.5"), WeightLimit(cost, "1.5", "1.45", "4.75")),
        confident_leaders=(full,),
    )

    solid = "• Had other colleagues scored, *Half refund* would probably lead too: in about 75 of 100 cases."
    assert headline.notes(found, more) == [
        solid,
        "• *Where to talk:* the team is in two camps on *Cost* (Half refund).",
        "• *Careful:* Half refund leads, but averages 3 or less on *Cost*.",
        "• Half refund stays first unless the weight of *Cost* drops below about 1.45 or rises above about 4.75 "
        "(now 1.5).",
        "• Half refund stays first unless the weight of *Trust* rises above about 3.5 (now 3).",
        "• If surer scores counted more, *Full refund* would lead.",
    ]
    agreed = replace(more, cells=tuple(replace(c, agreement=Agreement.ALIGNED) for c in known(found.result).cells))
    where = "• *Where to talk:* opinions on *Half refund* and *Full refund* differ most on *Cost*: "
    assert f"{where}about 60\u00a0% of the difference." in headline.notes(found, replace(more, cells=()))
    aside = "• You can leave Credit note aside: Half refund is rated at least as high on every criterion."
    assert aside in headline.notes(found, agreed)
    for label in (StabilityLabel.TOO_CLOSE, StabilityLabel.SPLIT):
        assert aside not in headline.notes(found, replace(agreed, label=label))
    split_third = ShownCell(credit, cost, "5.0", Agreement.SPLIT)
    assert aside not in headline.notes(found, replace(agreed, cells=(*agreed.cells, split_third)))
    steady = replace(more, weight_limits=(), confident_leaders=(half,), topics=(), cells=(), low=(), dominated=())
    assert headline.notes(found, steady) == [
        solid,
        "• No single weight, moved between 0.1 and 5, would change who leads.",
        "• If surer scores counted more, the leader would be the same.",
    ]


def test_what_explains_the_scale_in_parentheses_is_left_to_those_who_score() -> None:
    found = dossiers.situations()["published"]
    names = ("Trust (10 = fully restored)", "Cost (10 = cheapest)")
    criteria = tuple(replace(c, name=name) for c, name in zip(found.criteria, names, strict=True))

    blocks = result.messages(replace(found, criteria=criteria))[0]["blocks"]

    assert blocks == result.messages(found)[0]["blocks"]


def test_names_that_differ_in_their_parentheses_only_stay_whole() -> None:
    found = dossiers.situations()["published"]
    names = ("Cost (this year)", "Cost (next year)")
    criteria = tuple(replace(c, name=name) for c, name in zip(found.criteria, names, strict=True))

    notes = headline.notes(replace(found, criteria=criteria), known(found.result))

    assert any("two camps on *Cost (next year)*" in note for note in notes)


@pytest.mark.parametrize(
    ("label", "share", "said"),
    [
        (StabilityLabel.CLEAR, 100, "*Half refund* would very probably lead too: in practically all cases."),
        (StabilityLabel.CLEAR, 90, "*Half refund* would very probably lead too: in about 90 of 100 cases."),
        (StabilityLabel.CLEAR, None, "*Half refund* would very probably lead too."),
        (StabilityLabel.LEANING, 85, "*Half refund* would probably lead too: in about 85 of 100 cases."),
        (StabilityLabel.LEANING, None, "*Half refund* would probably lead too."),
        (
            StabilityLabel.TOO_CLOSE,
            45,
            "another option might well lead: *Half refund* leads in only about 45 of 100 cases.",
        ),
        (
            StabilityLabel.SPLIT,
            45,
            "another option might well lead: *Half refund* leads in only about 45 of 100 cases.",
        ),
        (StabilityLabel.TOO_CLOSE, None, "another option might well lead."),
    ],
)
def test_a_label_is_explained_by_other_colleagues_with_and_without_a_number(
    label: StabilityLabel, share: int | None, said: str
) -> None:
    found = dossiers.situations()["published"]
    first, *others = known(found.result).rows
    shown = replace(known(found.result), label=label, rows=(replace(first, share=share), *others))

    assert headline.solidity(found, shown) == f"Had other colleagues scored, {said}"


def test_a_split_team_is_called_split_with_the_size_of_its_camps() -> None:
    found = dossiers.situations()["published"]
    half, cost = found.options[1].id, found.criteria[1].id
    cell = ShownCell(half, cost, "3.0", Agreement.SPLIT, camps=(2, 3))
    one = replace(known(found.result), label=StabilityLabel.SPLIT, cells=(cell,))
    both = replace(one, cells=(cell, replace(cell, criterion_id=found.criteria[0].id, camps=(1, 4))))

    assert headline.statement(found, one) == "The team is split on *Cost*: 3 and 2."
    assert headline.statement(found, both) == "The team is split on *Cost* (3 and 2) and *Trust* (4 and 1)."
    assert headline.statement(found, replace(one, cells=())) == "The team is split."
    where = "• *Where to talk:* the team is in two camps on *Cost* (Half refund: 3 and 2)."
    assert where in headline.notes(found, one)
    assert known(headline.next_step(found, one)).startswith("*Next:* hear both sides; then a decider")


def test_camps_that_differ_between_the_options_are_told_beside_each() -> None:
    found = dossiers.situations()["published"]
    half, full, cost = found.options[1].id, found.options[0].id, found.criteria[1].id
    cells = [ShownCell(o, cost, "5.0", Agreement.SPLIT, camps) for o, camps in ((half, (2, 4)), (full, (3, 3)))]
    split = replace(known(found.result), label=StabilityLabel.SPLIT, cells=tuple(cells))

    assert headline.statement(found, split) == "The team is split on *Cost*."
    assert any("*Cost* (Half refund: 4 and 2; Full refund: 3 and 3)." in note for note in headline.notes(found, split))


def test_where_to_talk_is_not_said_of_a_criterion_on_which_all_agree() -> None:
    found = dossiers.situations()["published"]
    cost = known(found.result).topics[0].criterion_id
    agreed = tuple(ShownCell(o.id, cost, "7.0", Agreement.ALIGNED) for o in found.options[:2])
    close = replace(known(found.result), label=StabilityLabel.TOO_CLOSE, cells=agreed)
    mixed = replace(close, cells=(agreed[0], replace(agreed[1], agreement=Agreement.MIXED)))

    assert not any("Where to talk" in note for note in headline.notes(found, close))
    assert "talk it over; then" in known(headline.next_step(found, close))
    assert any("Where to talk" in note for note in headline.notes(found, mixed))
    assert "talk about *Cost*; then" in known(headline.next_step(found, mixed))


def test_that_people_agree_is_said_once_and_only_the_others_are_marked() -> None:
    found = dossiers.situations()["published"]
    agreed = replace(
        known(found.result), cells=tuple(replace(c, agreement=Agreement.ALIGNED) for c in dossiers.RESULT.cells)
    )

    some, all_ = (json.dumps(told_of(replace(found, result=r))) for r in (found.result, agreed))

    assert some.count("elsewhere the scores are close together") == 1
    assert all_.count("The scores behind each of them are close together.") == 1
    assert "aligned" not in some + all_


def test_the_only_option_with_enough_scores_is_not_said_to_lead() -> None:
    found = dossiers.situations()["published"]
    first, *others = known(found.result).rows
    alone = replace(
        known(found.result), label=None, rows=(first, *(replace(row, place=None, total=None) for row in others))
    )

    assert headline.statement(found, alone) == "Only *Half refund* has enough scores to be ranked."


def test_of_three_ballots_no_number_is_told_anywhere() -> None:
    """Neither from a result of today, nor from one that was stored with totals."""
    found = dossiers.situations()["published"]
    stored = to_body(replace(known(found.result), ballots=3, cells=(), low=(), topics=(), version=2))
    seen = replace(found, result=from_body(stored))
    screens = [*result.messages(seen), card.card(seen, now=dossiers.NOW), {"details": result.lines(seen)}]

    said = json.dumps(screens)

    assert "7.4" not in said
    assert "data_visualization" not in said
    assert "With 3 people no totals are shown: they would give away what single people scored." in said


@pytest.mark.parametrize(
    ("label", "share", "said"),
    [
        (StabilityLabel.CLEAR, 100, "*Half refund* comes first in practically all cases when we vary"),
        (StabilityLabel.CLEAR, 90, "*Half refund* comes first in about 90 % of the cases when we vary"),
        (StabilityLabel.CLEAR, None, "*Half refund* comes first in nearly all cases when we vary"),
        (StabilityLabel.LEANING, None, "*Half refund* comes first in most cases, not in all, when we vary"),
        (StabilityLabel.TOO_CLOSE, 45, "*Half refund* comes first in only about 45 % of the cases when we vary"),
        (StabilityLabel.TOO_CLOSE, None, "*Half refund* often does not come first when we vary"),
    ],
)
def test_what_was_published_before_is_explained_by_what_it_was_computed_from(
    label: StabilityLabel, share: int | None, said: str
) -> None:
    first, *others = dossiers.RESULT.rows
    stored = replace(dossiers.RESULT, version=2, rows=(replace(first, share=share), *others), label=label)

    assert known(headline.solidity(dossiers.situations()["published"], stored)).startswith(said)


def test_comments_stand_by_option_in_the_order_given() -> None:
    found = dossiers.situations()["published"]
    a, b, _ = (o.id for o in found.options)

    said = lines.lines_of(told_of(found, comments=[(a, "Fair."), (b, "Cheap\n& good."), (a, "<!here>")]))

    start = said.index("*Comments on Full refund*")
    assert said[start : start + 3] == ["*Comments on Full refund*", "> Fair.", "> &lt;!here&gt;"]
    assert "> Cheap &amp; good." in said


def test_comments_that_do_not_fit_are_counted() -> None:
    found = dossiers.situations()["published"]
    option = found.options[0].id

    seen = json.dumps(told_of(found, comments=[(option, "c" * 500)] * 200), ensure_ascii=False)

    shown = seen.count("> ccc")
    assert shown >= 10
    assert f"… and {200 - shown} more comments" in seen


def test_nothing_is_told_before_publication() -> None:
    found = dossiers.situations()["open"]

    assert result.lines(found) == result.summary(found) == []
    with pytest.raises(ValueError, match="only once it is published"):
        result.messages(found)
