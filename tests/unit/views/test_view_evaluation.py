"""THE scoring windows: pages out, pages in, and no score where it does not belong."""
# ruff: noqa: E501 - snapshots hold whole lines of what people read

import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.evaluation import Ballot, Comments, Page, shuffled
from bot.domain.questions import questions_of
from bot.errors import Invalid
from bot.views import evaluation
from bot.views.slack.form import as_uuid, errors_for
from tests.support import dossiers, lines, payloads
from tests.support.dossiers import score_window

OUT_OF_DATE = "This page is out of date. Close the window and press Score again; what you saved is still there."
OFF_THE_SCALE = "Scores are whole numbers from 1 to 10. If you can't judge this criterion, say so beside its name."
TRUST, COST = (criterion.id for criterion in dossiers.CRITERIA)


@pytest.fixture
def page() -> dict[str, Any]:
    """All on one page."""
    return score_window(dossiers.situations()["open"])


@pytest.fixture
def one_of_many() -> dict[str, Any]:
    """The second page of seven."""
    return score_window(dossiers.on_many_pages(), index=1)


@pytest.fixture
def check() -> dict[str, Any]:
    """The last one, where there are many."""
    found = dossiers.on_many_pages()
    return score_window(found, dossiers.ballot_of(found), index=7, revision="r2")


def scores(*given: int, of: UUID | None = None) -> dict[str, str]:
    """For the options in their usual order; of: on this criterion, else on every one."""
    thing = f":{of}" if of else ""
    return {f"score_{o.id}{thing}": str(score) for o, score in zip(dossiers.OPTIONS, given, strict=False)}


def typed(*given: int) -> dict[UUID, int]:
    return dict(zip((o.id for o in dossiers.OPTIONS), given, strict=False))


def buttons(view: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that can be pressed, from top to bottom."""
    beside = ([block["accessory"]] if "accessory" in block else block.get("elements", []) for block in view["blocks"])
    return [element for elements in beside for element in elements if element["type"] == "button"]


def button(view: dict[str, Any], words: str) -> dict[str, Any]:
    return next(found for found in buttons(view) if found["text"]["text"] == words)


# --- What people see -------------------------------------------------------------------------------------------------


def test_a_ballot_on_one_page(page: dict[str, Any]) -> None:
    assert lines.lines_of(page) == snapshot(
        [
            "Score #42 (evaluation.ballot)",
            "*Refund &lt;six&gt; weeks of outage* · Acme &amp; Sons",
            "Score every option on every criterion. Scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>.",
            "*Credit note* · cost USD 500 · effort medium · risk high",
            "Credit note, in full.",
            "*Full refund* · cost USD 8,000 · effort medium · risk low",
            "Full refund, in full.",
            "*Half refund* · cost USD 4,000 · effort medium · risk low",
            "Half refund, in full.",
            "---",
            "*Trust* · weight 3 (67\xa0%) · 1 worst for us, 10 best",
            "About trust",
            "[ I can't judge Trust ]",
            "Credit note · Trust: <number_input> (required)",
            "Full refund · Trust: <number_input> (required)",
            "Half refund · Trust: <number_input> (required)",
            "How sure are you about Trust?: <static_select>",
            "---",
            "*Cost* · weight 1.5 (33\xa0%) · 1 worst for us, 10 best",
            "About cost",
            "[ I can't judge Cost ]",
            "Credit note · Cost: <number_input> (required)",
            "Full refund · Cost: <number_input> (required)",
            "Half refund · Cost: <number_input> (required)",
            "How sure are you about Cost?: <static_select>",
            "[ Add a comment ]",
            "You are about to submit 6 scores.",
            "[ Save for later ] [ What will be shown? ] [ I should not score this one ]",
            "~ Secret: your team never sees who scored what. Until scoring closes you may change your scores.",
            "{ Submit in secret }",
        ]
    )


def test_a_page_of_many(one_of_many: dict[str, Any]) -> None:
    assert lines.lines_of(one_of_many) == snapshot(
        [
            "Score #42 (evaluation.page)",
            "# Criterion 2 of 7",
            "*Refund &lt;six&gt; weeks of outage* · Acme &amp; Sons",
            "Score every option on every criterion. Scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>.",
            "*Credit note* · cost USD 500 · effort medium · risk high",
            "Credit note, in full.",
            "*Full refund* · cost USD 8,000 · effort medium · risk low",
            "Full refund, in full.",
            "*Half refund* · cost USD 4,000 · effort medium · risk low",
            "Half refund, in full.",
            "---",
            "*Criterion no. 2* · weight 1 (14\xa0%) · 1 worst for us, 10 best",
            "About criterion no. 2",
            "[ I can't judge Criterion no. 2 ]",
            "Credit note · Criterion no. 2: <number_input> (required)",
            "Full refund · Criterion no. 2: <number_input> (required)",
            "Half refund · Criterion no. 2: <number_input> (required)",
            "How sure are you about Criterion no. 2?: <static_select>",
            "[ Back ] [ Save for later ] [ What will be shown? ] [ I should not score this one ]",
            "~ Secret: your team never sees who scored what. Until scoring closes you may change your scores.",
            "{ Next }",
        ]
    )


def test_the_check_page() -> None:
    found = dossiers.sized(dossiers.on_many_pages(), 3, 7)
    ballot = replace(dossiers.ballot_of(found), comments=Comments())

    assert lines.lines_of(score_window(found, ballot, index=7)) == snapshot(
        [
            "Score #42 (evaluation.check)",
            "# Check your scores",
            "*Refund &lt;six&gt; weeks of outage* · Acme &amp; Sons",
            "Score every option on every criterion. Scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>.",
            "*What you submitted stands until you submit again.*",
            "*Criterion no. 1* · weight 1 (14\xa0%)",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "*Criterion no. 2* · weight 1 (14\xa0%)",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "*Criterion no. 3* · weight 1 (14\xa0%)",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "*Criterion no. 4* · weight 1 (14\xa0%)",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "*Criterion no. 5* · weight 1 (14\xa0%)",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "*Criterion no. 6* · weight 1 (14\xa0%)",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "*Criterion no. 7* · weight 1 (14\xa0%)",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "[ Add a comment ]",
            "You are about to submit 21 scores.",
            "[ Back ] [ Save for later ] [ What will be shown? ]",
            "~ Secret: your team never sees who scored what. Until scoring closes you may change your scores.",
            "{ Submit in secret }",
        ]
    )


def test_what_will_be_shown_is_a_window_of_its_own() -> None:
    assert lines.lines_of(evaluation.will_be_shown(dossiers.situations()["open"])) == snapshot(
        [
            "What will be shown? (notice)",
            "While scoring is open nobody is shown a score. Once the result is published, nothing that links you to a score is kept. That you have scored is not secret; what you scored is.",
            "What the team sees after scoring closes: of fewer than 3 people nothing, and the decider resolves by reason only. With 3: the ranking and how solid it is, the criterion to talk about, and comments only of those who share them. With 4: also totals to the nearest half. From 5 on also totals and averages to one decimal (averages only of 5 scores or more), how far the scores agree, and all comments, without names. Where one criterion has more than 80 % of the weight, there are below 5 neither totals nor a criterion to talk about.",
            "What was saved but never submitted does not count, and is deleted when scoring closes.",
        ]
    )


def test_a_long_description_is_cut_where_it_is_scored() -> None:
    found = dossiers.situations()["open"]
    options = tuple(replace(option, description="word " * 300) for option in found.options)

    said = lines.lines_of(score_window(replace(found, options=options)))

    cut = [line for line in said if line.startswith("word ")]
    assert len(cut) == len(options)
    assert all(line.endswith("…") and len(line) < 300 for line in cut)


def test_scores_are_typed_as_whole_numbers_from_one_to_ten(page: dict[str, Any]) -> None:
    elements = [b["element"] for b in page["blocks"] if b.get("block_id", "").startswith("score_")]

    assert len(elements) == 6
    for element in elements:
        assert (element["type"], element["is_decimal_allowed"]) == ("number_input", False)
        assert (element["min_value"], element["max_value"]) == ("1", "10")


def test_every_field_is_named_by_its_option_and_its_criterion(page: dict[str, Any]) -> None:
    """Who hears the page instead of seeing it has no heading above."""
    labels = [block["label"]["text"] for block in page["blocks"] if block["type"] == "input"]

    assert len(set(labels)) == len(labels)
    assert {"Half refund · Trust", "Half refund · Cost", "How sure are you about Cost?"} <= set(labels)


def test_up_to_twenty_scores_are_one_page_and_more_are_several() -> None:
    found = dossiers.worst(dossiers.situations()["open"], "x")

    for options, criteria, pages in ((10, 2, 1), (4, 5, 1), (2, 10, 1), (7, 3, 3), (2, 11, 11), (12, 12, 12)):
        sized = dossiers.sized(found, options, criteria)
        assert evaluation.pages(questions_of(sized)) == pages
        assert (score_window(sized)["callback_id"] == "evaluation.ballot") is (pages == 1)


def test_a_second_round_says_so_and_asks_for_no_comments() -> None:
    view = score_window(dossiers.situations()["second round"])

    assert "*Second round:*" in json.dumps(view)
    assert "Add a comment" not in [found["text"]["text"] for found in buttons(view)]


def test_comments_are_unfolded_on_demand_and_where_there_are_some(page: dict[str, Any]) -> None:
    found = dossiers.situations()["open"]
    written = Ballot(comments=Comments({dossiers.OPTIONS[0].id: "Fair."}))

    unfolded = [score_window(found, shows_comments=True), score_window(found, written)]

    assert not [block for block in page["blocks"] if "comment" in block.get("block_id", "")]
    for view in unfolded:
        assert "Comment on Half refund: <plain_text_input>" in lines.lines_of(view)
        assert "Add a comment" not in json.dumps(view)


def test_a_criterion_that_cannot_be_judged_says_so_and_asks_nothing() -> None:
    found = dossiers.situations()["open"]
    ballot = Ballot({TRUST: Page({dossiers.OPTIONS[0].id: 4}, 2, abstain=True)})

    view = score_window(found, ballot)

    said = lines.lines_of(view)
    assert "_You can't judge Trust: it does not count._" in said
    assert "[ I can judge Trust ]" in said
    assert "You are about to submit 3 scores. Left out: Trust." in said
    assert not [line for line in said if "· Trust:" in line or "about Trust?" in line]
    assert evaluation.parse(payloads.submitted(view)).pages[TRUST] == Page(abstain=True)


def test_an_incomplete_criterion_is_marked_on_the_last_page() -> None:
    found = dossiers.on_many_pages()

    said = lines.lines_of(score_window(found, Ballot({found.criteria[0].id: Page(abstain=True)}), index=7))

    assert "_You can't judge Criterion no. 1: it does not count._" in said
    assert "*Not complete yet: press Back to score it.*" in said
    assert "Full refund: *no score yet*" in said


def test_a_submitted_ballot_is_said_to_stand() -> None:
    found = dossiers.situations()["open"]

    view = score_window(found, dossiers.ballot_of(found, is_submitted=True))

    assert "What you submitted stands until you submit again." in json.dumps(view)


def test_the_order_of_options_is_the_reader_s_own_everywhere() -> None:
    found = dossiers.situations()["open"]

    def order(member: Any, revision: str) -> list[str]:
        view = score_window(found, member_id=member.id, revision=revision)
        fields = [b["label"]["text"] for b in view["blocks"] if b.get("block_id", "").startswith("score_")]
        facts = [b["text"]["text"].split("*")[1] for b in view["blocks"][1:4]]
        assert [name.partition(" · ")[0] for name in fields] == facts * 2
        return facts

    assert order(dossiers.LISA, "r1") == order(dossiers.LISA, "r7")
    assert len({tuple(order(dossiers.a_member(n, "x"), "r1")) for n in range(40)}) == 6


# --- What comes back -------------------------------------------------------------------------------------------------


def test_a_page_comes_back(page: dict[str, Any]) -> None:
    view = payloads.submitted(
        page, **{f"confidence:{COST}": "2"}, **scores(1, 10, 5, of=TRUST), **scores(2, 3, 4, of=COST)
    )

    form = evaluation.parse(view)

    assert (form.round_id, form.index, form.revision) == (UUID(int=400), 0, "r1")
    assert form.pages == {TRUST: Page(typed(1, 10, 5)), COST: Page(typed(2, 3, 4), 2)}
    assert (form.comments, form.shows_comments) == (Comments(), False)
    evaluation.require_complete(form)


def test_a_page_of_many_comes_back_alone(one_of_many: dict[str, Any]) -> None:
    form = evaluation.parse(payloads.submitted(one_of_many, confidence="2", **scores(1, 10, 5)))

    assert form.pages == {dossiers.on_many_pages().criteria[1].id: Page(typed(1, 10, 5), 2)}
    assert (form.index, form.comments) == (1, None)


def test_what_was_saved_is_prefilled() -> None:
    saved = {TRUST: Page(), COST: Page({dossiers.OPTIONS[0].id: 4}, 1)}

    view = score_window(dossiers.situations()["open"], Ballot(saved))

    assert evaluation.parse(payloads.submitted(view)).pages == saved


def test_an_unfinished_page_may_be_saved_but_not_submitted(page: dict[str, Any]) -> None:
    view = payloads.submitted(page, **scores(3, 4, of=TRUST), **scores(1, 2, 3, of=COST))
    form = evaluation.parse(view)

    with pytest.raises(Invalid) as refusal:
        evaluation.require_complete(form)

    evaluation.require_readable(form)
    assert form.pages[TRUST] == Page(typed(3, 4))
    assert errors_for(view, refusal.value) == {f"score_{dossiers.OPTIONS[2].id}:{TRUST}:r1": OFF_THE_SCALE}


def test_the_first_missing_option_is_the_first_that_its_reader_sees(page: dict[str, Any]) -> None:
    form = evaluation.parse(payloads.submitted(page))
    order = shuffled([o.id for o in dossiers.OPTIONS], round_id=form.round_id, member_id=dossiers.LISA.id)

    with pytest.raises(Invalid) as refusal:
        evaluation.require_complete(form)

    assert refusal.value.field == f"score_{order[0]}:{TRUST}:r1"


@pytest.mark.parametrize("value", ["0", "11", "7.5", "²", "seven", "-3", "1e1", "100", "7 8"])
def test_what_is_no_score_is_refused_at_its_field_and_never_saved_as_one(page: dict[str, Any], value: str) -> None:
    first = dossiers.OPTIONS[0].id
    view = payloads.submitted(page, **{**scores(7, 7, 7), f"score_{first}:{COST}": value})
    form = evaluation.parse(view)

    assert form.pages[COST] == Page({o.id: 7 for o in dossiers.OPTIONS[1:]})
    with pytest.raises(Invalid) as refusal:
        evaluation.require_complete(form)
    assert errors_for(view, refusal.value) == {f"score_{first}:{COST}:r1": OFF_THE_SCALE}
    with pytest.raises(Invalid, match="Nothing is saved yet: correct or clear what is none"):
        evaluation.require_readable(form)


@pytest.mark.parametrize(("value", "score"), [("07", 7), ("10", 10), (" 1 ", 1)])
def test_a_score_may_be_typed_in_more_than_one_way(page: dict[str, Any], value: str, score: int) -> None:
    view = payloads.submitted(page, **{f"score_{dossiers.OPTIONS[0].id}": value})

    assert evaluation.parse(view).pages[TRUST] == Page({dossiers.OPTIONS[0].id: score})


def test_menus_of_a_window_from_before_scores_were_typed_are_read() -> None:
    """Left open over an upgrade; its block for the confidence says which criterion it is of."""
    view = payloads.submitted(score_window(dossiers.on_many_pages(), index=1), **scores(1, 10, 5))
    criterion = dossiers.on_many_pages().criteria[1].id
    view["blocks"] = [block for block in view["blocks"] if block["type"] == "input"]
    for block in view["blocks"]:
        held = view["state"]["values"][block["block_id"]]
        if block["block_id"].startswith("score_"):
            held["score"] = {"type": "static_select", "selected_option": {"value": held["score"]["value"]}}

    form = evaluation.parse(view)

    assert form.pages == {criterion: Page(typed(1, 10, 5))}
    evaluation.require_complete(form)


def test_values_of_an_earlier_page_are_ignored(page: dict[str, Any]) -> None:
    earlier = payloads.submitted(score_window(dossiers.situations()["open"], revision="r0"), **scores(9, 9, 9))
    view = payloads.submitted(page, **scores(3))
    view["state"]["values"].update(earlier["state"]["values"])

    assert evaluation.parse(view).pages[TRUST] == Page({dossiers.OPTIONS[0].id: 3})


def test_blocks_of_another_revision_are_not_read(one_of_many: dict[str, Any]) -> None:
    view = payloads.submitted(one_of_many)
    view["private_metadata"] = view["private_metadata"].replace("r1", "r9")

    with pytest.raises(Invalid) as refusal:
        evaluation.parse(view)

    assert refusal.value.message == OUT_OF_DATE


@pytest.mark.parametrize("metadata", ["", "{}", "[]", '{"round": "x", "page": "0"}', '{"page": "-1"}'])
def test_a_view_that_is_no_page_is_refused(page: dict[str, Any], metadata: str) -> None:
    view = {**payloads.submitted(page), "private_metadata": metadata}

    with pytest.raises(Invalid) as refusal:
        evaluation.parse(view)

    assert refusal.value.message == OUT_OF_DATE


# --- Comments --------------------------------------------------------------------------------------------------------


def test_a_page_brings_comments_and_whether_to_share(check: dict[str, Any]) -> None:
    first, second, third = (o.id for o in dossiers.OPTIONS)
    words = {f"comment_{first}": " Fair. ", f"comment_{second}": "", f"comment_{third}": None}

    form = evaluation.parse(payloads.submitted(check, share=None, **words))

    assert form.pages == {}
    assert form.comments == Comments({first: "Fair."}, share=False)
    evaluation.require_complete(form)


def test_saved_comments_are_prefilled(check: dict[str, Any]) -> None:
    saved = dossiers.ballot_of(dossiers.situations()["open"]).comments

    form = evaluation.parse(payloads.submitted(check))

    assert form.comments is not None
    assert form.comments.share
    assert form.comments.texts == {option: comment.strip() for option, comment in saved.texts.items()}


def test_a_comment_that_is_too_long_is_refused_without_repeating_it(check: dict[str, Any]) -> None:
    option = dossiers.OPTIONS[1].id
    view = payloads.submitted(check, **{f"comment_{option}": "secret" * 100})

    with pytest.raises(Invalid) as refusal:
        evaluation.parse(view)

    assert refusal.value.message == "Keep the comment within 500 characters."
    assert list(errors_for(view, refusal.value) or {}) == [f"comment_{option}:check:r2"]


# --- Buttons ---------------------------------------------------------------------------------------------------------


def test_the_button_beside_a_criterion_turns_that_one_and_keeps_the_page(page: dict[str, Any]) -> None:
    pressed = button(page, "I can't judge Cost")

    turn = evaluation.parse_turn(payloads.submitted(page, **scores(7)), pressed["value"])

    assert (turn.index, turn.criterion_id) == (0, COST)
    assert turn.form.pages[COST] == Page({dossiers.OPTIONS[0].id: 7})


def test_asking_for_comments_keeps_the_page(page: dict[str, Any]) -> None:
    turn = evaluation.parse_turn(payloads.submitted(page), button(page, "Add a comment")["value"])

    assert (turn.index, turn.criterion_id, turn.form.shows_comments) == (0, None, True)


def test_back_keeps_what_was_typed(one_of_many: dict[str, Any]) -> None:
    turn = evaluation.parse_turn(payloads.submitted(one_of_many, **scores(7)), button(one_of_many, "Back")["value"])

    assert (turn.index, turn.criterion_id) == (0, None)
    assert list(turn.form.pages.values()) == [Page({dossiers.OPTIONS[0].id: 7})]


def test_back_over_something_that_is_no_score_is_refused(one_of_many: dict[str, Any]) -> None:
    view = payloads.submitted(one_of_many, **{f"score_{dossiers.OPTIONS[0].id}": "11"})

    with pytest.raises(Invalid, match="whole numbers"):
        evaluation.parse_turn(view, button(one_of_many, "Back")["value"])


@pytest.mark.parametrize("value", ["on", "", str(UUID(int=1))])
def test_a_button_of_another_version_or_round_is_out_of_date(page: dict[str, Any], value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        evaluation.parse_turn(payloads.submitted(page), value)

    assert refusal.value.message == OUT_OF_DATE


def test_which_button_was_pressed_is_in_no_id(page: dict[str, Any], one_of_many: dict[str, Any]) -> None:
    """Ids are logged and counted; that somebody abstained is as secret as a score."""
    on_one = {found["text"]["text"]: found["action_id"] for found in buttons(page)}
    on_many = {found["text"]["text"]: found["action_id"] for found in buttons(one_of_many)}

    assert on_one["I can't judge Cost"] == on_one["Add a comment"]
    assert on_many["I can't judge Criterion no. 2"] == on_many["Back"]


def test_there_is_no_back_on_the_first_page(page: dict[str, Any], check: dict[str, Any]) -> None:
    first = score_window(dossiers.on_many_pages())

    assert "Back" not in [found["text"]["text"] for view in (page, first) for found in buttons(view)]
    assert button(check, "Back")


# --- Secrecy ---------------------------------------------------------------------------------------------------------


def test_a_form_hides_what_was_scored_and_written(page: dict[str, Any], check: dict[str, Any]) -> None:
    scored = evaluation.parse(payloads.submitted(page, confidence="4", **scores(8, 8, 8)))
    written = evaluation.parse(payloads.submitted(check, **{f"comment_{dossiers.OPTIONS[0].id}": "canary"}))
    turn = evaluation.parse_turn(payloads.submitted(page, **scores(8, 8, 8)), "comment")

    shown = "".join(repr(form) + str(form) for form in (scored, written, turn))
    assert "canary" not in shown
    assert "scores" not in shown
    assert ": 8" not in shown
    assert "'8'" not in shown


@settings(max_examples=30, deadline=None)
@given(given_scores=st.lists(st.integers(1, 10), min_size=3, max_size=3), sure=st.integers(1, 5))
def test_ids_and_metadata_are_the_same_whatever_was_scored(given_scores: list[int], sure: int) -> None:
    options = [o.id for o in dossiers.OPTIONS]
    found, many = dossiers.situations()["open"], dossiers.on_many_pages()
    page = Page(dict(zip(options, given_scores, strict=True)), sure)
    ballot = Ballot({c.id: page for c in many.criteria})

    def skeleton(scored: Ballot) -> list[Any]:
        pages = [score_window(found, scored), *(score_window(many, scored, index=index) for index in (0, 7))]
        return [(p["private_metadata"], p["callback_id"], *_ids(p["blocks"])) for p in pages]

    assert skeleton(ballot) == skeleton(Ballot())


def _ids(tree: Any) -> list[str]:
    """Everything that Slack would carry back: block ids, action ids, values of buttons."""
    if isinstance(tree, list):
        return [i for part in tree for i in _ids(part)]
    if not isinstance(tree, dict):
        return []
    own = [str(tree[k]) for k in ("block_id", "action_id") if k in tree]
    own += [str(tree.get("value"))] if tree.get("type") == "button" else []
    parts = [part for key, part in tree.items() if key not in ("options", "initial_option", "initial_options")]
    return own + [i for part in parts for i in _ids(part)]


def test_private_metadata_holds_round_page_and_revision_only(page: dict[str, Any]) -> None:
    assert json.loads(page["private_metadata"]) == {"round": str(as_uuid("0" * 29 + "190")), "page": "0", "rev": "r1"}


# --- Resuming, and what is said afterwards ---------------------------------------------------------------------------


def test_resuming_starts_at_the_first_open_page_and_a_submitted_ballot_at_the_first() -> None:
    found = dossiers.on_many_pages()
    full = dossiers.ballot_of(found).pages
    half = {found.criteria[0].id: full[found.criteria[0].id]}

    assert evaluation.first_page(questions_of(found), Ballot()) == 0
    assert evaluation.first_page(questions_of(found), Ballot(half)) == 1
    assert evaluation.first_page(questions_of(found), Ballot(full)) == 7
    assert evaluation.first_page(questions_of(found), Ballot(full, is_submitted=True)) == 0
    assert evaluation.first_page(questions_of(dossiers.situations()["open"]), Ballot(full)) == 0


def test_saving_for_later_says_how_far_and_how_to_go_on() -> None:
    found = dossiers.situations()["open"]
    one = {TRUST: Page(abstain=True)}

    def sentence(ballot: Ballot) -> str:
        return str(evaluation.saved(questions_of(found), ballot)["blocks"][0]["text"]["text"])

    begin = "Saved, 1 of 2 criteria complete. Close this window; Score on #42 resumes here."
    assert sentence(Ballot(one)) == f"{begin} It counts once you submit it."
    assert sentence(Ballot(one, is_submitted=True)) == f"{begin} What you submitted stands until you submit again."


def test_after_submitting_only_counts_are_told() -> None:
    found = dossiers.situations()["open"]

    def sentence(closed: bool) -> str:
        view = evaluation.submitted(found.decision.name, submitted=4, roster=5, closed=closed)
        return str(view["blocks"][0]["text"]["text"])

    assert sentence(False) == (
        "Submitted in secret. 4 of 5 have scored. Until scoring closes you may change it: press Score on #42 again."
    )
    assert sentence(True) == (
        "Submitted in secret. 4 of 5 have scored. Everybody has scored: scoring is closed and the result is on its way."
    )


def test_without_a_round_there_is_nothing_to_score() -> None:
    with pytest.raises(Invalid, match=re.escape("Scoring of #42 has not started.")):
        questions_of(dossiers.situations()["options"])
