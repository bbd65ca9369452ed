"""THE scoring modal: pages out, pages in, and no score where it does not belong."""
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
from bot.errors import Invalid
from bot.views import evaluation
from bot.views.slack.form import as_uuid, errors_for
from tests.support import dossiers, lines, payloads

OUT_OF_DATE = "This page is out of date. Close the window and press Score again; what you saved is still there."


@pytest.fixture
def page() -> dict[str, Any]:
    found = dossiers.situations()["open"]
    return evaluation.page(found, Ballot(), index=0, member_id=dossiers.LISA.id, revision="r1")


@pytest.fixture
def check() -> dict[str, Any]:
    found = dossiers.situations()["open"]
    return evaluation.check_page(found, dossiers.ballot_of(found), member_id=dossiers.LISA.id, revision="r2")


def scores(*given: int) -> dict[str, str]:
    return {f"score_{o.id}": str(score) for o, score in zip(dossiers.OPTIONS, given, strict=False)}


def test_a_scoring_page(page: dict[str, Any]) -> None:
    assert lines.lines_of(page) == snapshot(
        [
            "Score #42 (evaluation.page)",
            "# Criterion 1 of 2: Trust",
            "About trust",
            "~ Weight 3 (67 %) · 1 worst for us, 10 best",
            "~ Scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>",
            "Credit note: <static_select> (required)",
            "Full refund: <static_select> (required)",
            "Half refund: <static_select> (required)",
            "[ I can't judge this one ]",
            "How sure are you about this page?: <static_select>",
            "[ Save for later ]",
            "~ Closing this window loses what is new on this page; Next, Back and Save for later keep it. Pages that were saved but never submitted do not count and are deleted when scoring closes.",
            "~ While scoring is open nobody is shown a score. Once the result is published, nothing that links you to a score is kept. That you have scored is not secret; what you scored is. What the team sees after scoring closes: below 3 ballots nothing, and the decider resolves by reason only. With 3: the ranking and how solid it is, the criterion to talk about, and comments only of those who share them. With 4: also totals to the nearest half. From 5 on also totals and averages to one decimal (averages only of 5 scores or more), how far the scores agree, and all comments, without names. Where one criterion has more than 80 % of the weight, there are below 5 neither totals nor a criterion to talk about.",
            "{ Next }",
        ]
    )


def test_each_option_says_what_is_scored(page: dict[str, Any]) -> None:
    hints = {b["label"]["text"]: b["hint"]["text"] for b in page["blocks"] if "_" in b.get("block_id", "")}

    assert hints["Half refund"] == "Cost USD 4,000 · effort medium · risk low · Half refund, in full."
    assert len(hints) == 3


def test_a_long_description_is_cut_where_it_is_scored() -> None:
    found = dossiers.situations()["open"]
    options = tuple(replace(option, description="word " * 300) for option in found.options)

    view = evaluation.page(
        replace(found, options=options), Ballot(), index=0, member_id=dossiers.LISA.id, revision="r1"
    )

    hints = [b["hint"]["text"] for b in view["blocks"] if b.get("block_id", "").startswith("score_")]
    assert len(hints) == len(options)
    assert all(hint.endswith("…") and len(hint) < 300 for hint in hints)


def test_the_check_page(check: dict[str, Any]) -> None:
    assert lines.lines_of(check) == snapshot(
        [
            "Score #42 (evaluation.check)",
            "# Check your scores",
            "~ *Your submitted ballot stands until you submit again.*",
            "*Trust* · weight 3",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "*Cost* · weight 1.5",
            "Credit note: *7*",
            "Full refund: *7*",
            "Half refund: *7*",
            "_3 · fairly sure_",
            "---",
            "Comment on Credit note: <plain_text_input>",
            "Comment on Full refund: <plain_text_input>",
            "Comment on Half refund: <plain_text_input>",
            "My comments: <checkboxes>",
            "Before you submit: <checkboxes> (required)",
            "[ Back ] [ Save for later ]",
            "~ Closing this window loses what is new on this page; Next, Back and Save for later keep it. Pages that were saved but never submitted do not count and are deleted when scoring closes. Until scoring closes you may change your scores and submit again.",
            "~ While scoring is open nobody is shown a score. Once the result is published, nothing that links you to a score is kept. That you have scored is not secret; what you scored is. What the team sees after scoring closes: below 3 ballots nothing, and the decider resolves by reason only. With 3: the ranking and how solid it is, the criterion to talk about, and comments only of those who share them. With 4: also totals to the nearest half. From 5 on also totals and averages to one decimal (averages only of 5 scores or more), how far the scores agree, and all comments, without names. Where one criterion has more than 80 % of the weight, there are below 5 neither totals nor a criterion to talk about.",
            "{ Submit in secret }",
        ]
    )


def test_a_page_comes_back(page: dict[str, Any]) -> None:
    form = evaluation.parse(payloads.submitted(page, confidence="2", **scores(1, 10, 5)))

    assert form.round_id == UUID(int=400)
    assert (form.index, form.revision, form.is_last) == (0, "r1", False)
    assert form.criterion_id == dossiers.CRITERIA[0].id
    assert form.page == Page(dict(zip((o.id for o in dossiers.OPTIONS), (1, 10, 5), strict=True)), 2, False)
    evaluation.require_complete(form)


def test_what_was_saved_is_prefilled() -> None:
    found = dossiers.situations()["open"]
    saved = Page({dossiers.OPTIONS[0].id: 4}, 1)
    ballot = Ballot({dossiers.CRITERIA[1].id: saved})

    view = evaluation.page(found, ballot, index=1, member_id=dossiers.LISA.id, revision="r1")

    assert evaluation.parse(payloads.submitted(view)).page == saved


def test_an_unfinished_page_may_be_saved_but_not_left_by_next(page: dict[str, Any]) -> None:
    view = payloads.submitted(page, **scores(3, 4))
    form = evaluation.parse(view)

    with pytest.raises(Invalid) as refusal:
        evaluation.require_complete(form)

    missing = dossiers.OPTIONS[2].id
    sentence = 'Choose a score, or press "I can\'t judge this one" below.'
    assert form.page is not None
    assert len(form.page.scores) == 2
    assert errors_for(view, refusal.value) == {f"score_{missing}:{dossiers.CRITERIA[0].id}:r1": sentence}


def test_the_first_missing_option_is_the_first_that_its_reader_sees(page: dict[str, Any]) -> None:
    form = evaluation.parse(payloads.submitted(page))
    order = shuffled([o.id for o in dossiers.OPTIONS], round_id=form.round_id, member_id=dossiers.LISA.id)

    with pytest.raises(Invalid) as refusal:
        evaluation.require_complete(form)

    assert form.option_ids == order
    assert refusal.value.field == f"score_{order[0]}"


def test_abstaining_lets_go_what_was_chosen_and_leads_on(page: dict[str, Any]) -> None:
    button = next(b for b in page["blocks"] if b["type"] == "actions")["elements"][0]

    form, index = evaluation.parse_turn(payloads.submitted(page, **scores(7)), button["value"])

    assert (form.page, index) == (Page(abstain=True), 1)


def test_back_keeps_what_was_chosen() -> None:
    found = dossiers.situations()["open"]
    view = evaluation.page(found, Ballot(), index=1, member_id=dossiers.LISA.id, revision="r1")
    back = next(
        e for b in view["blocks"] if b["type"] == "actions" for e in b["elements"] if e["text"]["text"] == "Back"
    )

    form, index = evaluation.parse_turn(payloads.submitted(view, **scores(7)), back["value"])

    assert (form.page, index) == (Page({dossiers.OPTIONS[0].id: 7}), 0)


def test_which_button_was_pressed_is_in_no_id() -> None:
    """Ids are logged and counted; that somebody abstained is as secret as a score."""
    found = dossiers.situations()["open"]
    view = evaluation.page(found, Ballot(), index=1, member_id=dossiers.LISA.id, revision="r1")

    pressed = {
        e["text"]["text"]: e["action_id"] for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]
    }

    assert pressed["Back"] == pressed["I can't judge this one"]


def test_a_page_that_cannot_be_judged_says_so_and_shows_no_scores() -> None:
    found = dossiers.situations()["open"]
    ballot = Ballot({dossiers.CRITERIA[0].id: Page({dossiers.OPTIONS[0].id: 4}, abstain=True)})

    view = evaluation.page(found, ballot, index=0, member_id=dossiers.LISA.id, revision="r1")

    assert "You can't judge this one; it does not count." in json.dumps(view)
    page = evaluation.parse(payloads.submitted(view)).page
    assert page is not None
    assert page.is_blank


def test_values_of_an_earlier_page_are_ignored(page: dict[str, Any]) -> None:
    found = dossiers.situations()["open"]
    earlier = payloads.submitted(
        evaluation.page(found, Ballot(), index=1, member_id=dossiers.LISA.id, revision="r0"),
        **scores(9, 9, 9),
    )
    view = payloads.submitted(page, **scores(3))
    view["state"]["values"].update(earlier["state"]["values"])

    form = evaluation.parse(view)

    assert form.page == Page({dossiers.OPTIONS[0].id: 3})


def test_blocks_of_another_revision_are_not_read(page: dict[str, Any]) -> None:
    view = payloads.submitted(page)
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


@pytest.mark.parametrize("value", ["0", "11", "7.5", "²", "seven", ""])
def test_a_score_off_the_scale_counts_as_none(page: dict[str, Any], value: str) -> None:
    view = payloads.submitted(page, **scores(7))
    block = next(b for b in view["state"]["values"] if str(dossiers.OPTIONS[0].id) in b)
    view["state"]["values"][block]["score"]["selected_option"] = {"value": value}

    assert evaluation.parse(view).page == Page()


def test_the_last_page_brings_comments_and_whether_to_share(check: dict[str, Any]) -> None:
    first, second, third = (o.id for o in dossiers.OPTIONS)
    typed = {f"comment_{first}": " Fair. ", f"comment_{second}": "", f"comment_{third}": None}

    form = evaluation.parse(payloads.submitted(check, share=None, checked=["yes"], **typed))

    assert form.is_last
    assert form.comments == Comments({first: "Fair."}, share=False)
    evaluation.require_complete(form)


def test_saved_comments_are_prefilled(check: dict[str, Any]) -> None:
    saved = dossiers.ballot_of(dossiers.situations()["open"]).comments

    form = evaluation.parse(payloads.submitted(check))

    assert form.comments.share
    assert form.comments.texts == {option: comment.strip() for option, comment in saved.texts.items()}


def test_submitting_needs_the_tick(check: dict[str, Any]) -> None:
    view = payloads.submitted(check)

    with pytest.raises(Invalid) as refusal:
        evaluation.require_complete(evaluation.parse(view))

    sentence = "Tick this box once you have read your scores."
    assert errors_for(view, refusal.value) == {f"checked:{UUID(int=400)}:r2": sentence}


def test_a_comment_that_is_too_long_is_refused_without_repeating_it(check: dict[str, Any]) -> None:
    option = dossiers.OPTIONS[1].id
    view = payloads.submitted(check, **{f"comment_{option}": "secret" * 100})

    with pytest.raises(Invalid) as refusal:
        evaluation.parse(view)

    assert refusal.value.message == "Keep the comment within 500 characters."
    assert list(errors_for(view, refusal.value) or {}) == [f"comment_{option}:check:r2"]


def test_a_form_hides_what_was_scored_and_written(
    page: dict[str, Any],
    check: dict[str, Any],
) -> None:
    scored = evaluation.parse(payloads.submitted(page, confidence="4", **scores(8, 8, 8)))
    written = evaluation.parse(payloads.submitted(check, **{f"comment_{dossiers.OPTIONS[0].id}": "canary"}))

    shown = repr(scored) + str(scored) + repr(written) + str(written)
    assert "canary" not in shown
    assert "scores" not in shown
    assert ": 8" not in shown


@settings(max_examples=30, deadline=None)
@given(given_scores=st.lists(st.integers(1, 10), min_size=3, max_size=3), sure=st.integers(1, 5))
def test_ids_and_metadata_are_the_same_whatever_was_scored(given_scores: list[int], sure: int) -> None:
    found = dossiers.situations()["open"]
    options = [o.id for o in dossiers.OPTIONS]
    ballot = Ballot({c.id: Page(dict(zip(options, given_scores, strict=True)), sure) for c in dossiers.CRITERIA})

    def skeleton(scored: Ballot) -> list[Any]:
        pages = [
            evaluation.page(found, scored, index=0, member_id=dossiers.LISA.id, revision="r1"),
            evaluation.check_page(found, scored, member_id=dossiers.LISA.id, revision="r1"),
        ]
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
    assert json.loads(page["private_metadata"]) == {
        "round": str(as_uuid("0" * 29 + "190")),
        "page": "0",
        "rev": "r1",
    }


def test_the_order_of_options_is_the_reader_s_own_on_every_page() -> None:
    found = dossiers.situations()["open"]

    def order(member: Any, index: int, revision: str) -> list[str]:
        view = evaluation.page(found, Ballot(), index=index, member_id=member.id, revision=revision)
        return [b["label"]["text"] for b in view["blocks"] if b.get("block_id", "").startswith("score_")]

    assert order(dossiers.LISA, 0, "r1") == order(dossiers.LISA, 1, "r7")
    assert len({tuple(order(dossiers.a_member(n, "x"), 0, "r1")) for n in range(40)}) == 6


def test_resuming_starts_at_the_first_open_page_and_a_submitted_ballot_at_the_first() -> None:
    found = dossiers.situations()["open"]
    full = dossiers.ballot_of(found).pages
    half = {dossiers.CRITERIA[0].id: full[dossiers.CRITERIA[0].id]}

    assert evaluation.pages(found) == 2
    assert evaluation.first_page(found, Ballot()) == 0
    assert evaluation.first_page(found, Ballot(half)) == 1
    assert evaluation.first_page(found, Ballot(full)) == 2
    assert evaluation.first_page(found, Ballot(full, is_submitted=True)) == 0


def test_there_is_no_back_on_the_first_page(page: dict[str, Any], check: dict[str, Any]) -> None:
    def buttons(view: dict[str, Any]) -> list[str]:
        return [e["action_id"] for b in view["blocks"] if b["type"] == "actions" for e in b["elements"]]

    assert buttons(page) == ["evaluation.turn", "evaluation.save"]  # the one that abstains
    assert buttons(check) == ["evaluation.turn", "evaluation.save"]


def test_a_submitted_ballot_is_said_to_stand() -> None:
    found = dossiers.situations()["open"]
    ballot = dossiers.ballot_of(found, is_submitted=True)

    view = evaluation.page(found, ballot, index=0, member_id=dossiers.LISA.id, revision="r1")

    assert "Your submitted ballot stands until you submit again." in json.dumps(view)


def test_an_incomplete_criterion_is_marked_on_the_last_page() -> None:
    found = dossiers.situations()["open"]
    ballot = Ballot({dossiers.CRITERIA[0].id: Page(abstain=True)})

    said = lines.lines_of(evaluation.check_page(found, ballot, member_id=dossiers.LISA.id, revision="r1"))

    assert "You can't judge this one; it does not count." in said
    assert "*Not complete yet: press Back to score it.*" in said
    assert "Full refund: *no score yet*" in said


def test_saving_for_later_says_how_far_and_how_to_go_on() -> None:
    found = dossiers.situations()["open"]
    one = {dossiers.CRITERIA[0].id: Page(abstain=True)}

    def sentence(ballot: Ballot) -> str:
        return str(evaluation.saved(found, ballot)["blocks"][0]["text"]["text"])

    begin = "Saved, 1 of 2 criteria complete. Close this window; Score on #42 resumes here."
    assert sentence(Ballot(one)) == f"{begin} It counts once you submit it."
    assert sentence(Ballot(one, is_submitted=True)) == f"{begin} Your submitted ballot stands until you submit again."


def test_after_submitting_only_counts_are_told() -> None:
    found = dossiers.situations()["open"]

    def sentence(closed: bool) -> str:
        view = evaluation.submitted(found, submitted=4, roster=5, closed=closed)
        return str(view["blocks"][0]["text"]["text"])

    assert sentence(False) == (
        "Submitted in secret. 4 of 5 have scored. Until scoring closes you may change it: press Score on #42 again."
    )
    assert sentence(True) == (
        "Submitted in secret. 4 of 5 have scored. Everybody has scored: scoring is closed and the result is on its way."
    )


def test_without_a_round_there_is_nothing_to_score() -> None:
    with pytest.raises(Invalid, match=re.escape("Scoring of #42 has not started.")):
        evaluation.pages(dossiers.situations()["options"])
