"""The card in every situation, as its readers see it: whole while options are collected, then what changes."""
# ruff: noqa: E501 - snapshots hold whole lines of what people read

import difflib
import json
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.decision import Status
from bot.domain.permission import offered
from bot.views import card, more
from bot.views.dossier import line_facts, standing_line, state_in_words
from bot.views.slack import ids
from tests.support import dossiers, lines
from tests.support.known import known


def shown(situation: str) -> list[str]:
    return lines.lines_of(card.card(dossiers.situations()[situation], now=dossiers.NOW))


def changed(situation: str) -> list[str]:
    """What differs from the card while options are collected: lines that went (-) and came (+), in their order.

    The text, the line of phases and the buttons are others in every situation: of them, only what came.
    """
    before = shown("options")
    always = {f"-{before[0]}", f"-{before[2]}", f"-{before[-1]}"}
    found = difflib.unified_diff(before, shown(situation), lineterm="", n=0)
    return [line for line in found if not line.startswith(("---", "+++", "@@")) and line not in always]


def test_card_options() -> None:
    assert shown("options") == snapshot(
        [
            "text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Collecting options.",
            "# #42 · Refund <six> weeks of outage",
            "~ *Collecting options* · Phase 3 of 6",
            "~ Owner: <@U1SARAH>  ·  Decide by <!date^1795780800^{date_short_pretty} at {time}|27 Nov 2026, 12:00 UTC>",
            "*Acme &amp; Sons* · Enterprise · Refund request · USD 8,000.50 at stake · urgency 4, high",
            "They were \xad*\xaddown\xad*\xad twice. They ask for everything back.",
            "*Options*",
            "• *Full refund* · cost USD 8,000 · effort medium · risk low",
            "• *Half refund* · cost USD 4,000 · effort medium · risk low",
            "• *Credit note* · cost USD 500 · effort medium · risk high",
            "~ Criteria: Trust 67\xa0%, Cost 33\xa0%",
            "[ Start scoring* ] [ Show details ] [ More ]",
        ]
    )


def test_card_define() -> None:
    assert changed("define") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Its case is not filled in yet.",
            "-~ Owner: <@U1SARAH>  ·  Decide by <!date^1795780800^{date_short_pretty} at {time}|27 Nov 2026, 12:00 UTC>",
            "+~ *Its case is not filled in yet* · Phase 1 of 6",
            "+~ Owner: <@U1SARAH>  ·  No date to decide by yet",
            "-They were \xad*\xaddown\xad*\xad twice. They ask for everything back.",
            "-*Options*",
            "-• *Full refund* · cost USD 8,000 · effort medium · risk low",
            "-• *Half refund* · cost USD 4,000 · effort medium · risk low",
            "-• *Credit note* · cost USD 500 · effort medium · risk high",
            "-~ Criteria: Trust 67\xa0%, Cost 33\xa0%",
            "+[ Fill in the case* ] [ Show details ] [ More ]",
        ]
    )


def test_card_criteria() -> None:
    assert changed("criteria") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Choosing criteria.",
            "+~ *Choosing criteria* · Phase 2 of 6",
            "-*Options*",
            "-• *Full refund* · cost USD 8,000 · effort medium · risk low",
            "-• *Half refund* · cost USD 4,000 · effort medium · risk low",
            "-• *Credit note* · cost USD 500 · effort medium · risk high",
            "+[ Edit criteria* ] [ Show details ] [ More ]",
        ]
    )


def test_proposing_leads_while_scoring_has_too_few_options() -> None:
    found = replace(dossiers.situations()["options"], options=dossiers.OPTIONS[:1])

    pressed = lines.lines_of(card.card(found, now=dossiers.NOW))[-1]

    assert pressed == "[ Add options* ] [ Show details ] [ More ]"


def test_card_open() -> None:
    assert changed("open") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Being scored: 2 of 5 have scored · scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>.",
            "+~ *Being scored* · Phase 4 of 6",
            "+*2 of 5 have scored* · scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>",
            "+At least 3 must score; from there on scoring can be closed early.",
            "+[ Score* ] [ Show details ] [ More ]",
        ]
    )


def test_card_quorum() -> None:
    assert changed("quorum") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Being scored: 4 of 5 have scored · scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>.",
            "+~ *Being scored* · Phase 4 of 6",
            "+*4 of 5 have scored* · scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>",
            "+Enough have scored: Sarah Johnson (owner) or a decider can close scoring now.",
            "+[ Score* ] [ Show details ] [ More ]",
        ]
    )


def test_card_undecided() -> None:
    assert changed("undecided") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Too few have scored: 2 of 5 have scored, and at least 3 of 5 must.",
            "+~ *Too few have scored* · Phase 4 of 6",
            "+*2 of 5 have scored*, and at least 3 of 5 must",
            "+Sarah Johnson (owner) or a decider can extend, publish anyway or cancel",
            "+[ Extend* ] [ Show details ] [ More ]",
        ]
    )


def test_card_published() -> None:
    assert changed("published") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Scored, to be decided.",
            "+~ *Scored, to be decided* · Phase 4 of 6",
            "-They were \xad*\xaddown\xad*\xad twice. They ask for everything back.",
            "+*Result*",
            "+The team leans towards *Half refund*.",
            "+1.  *Half refund* · about 7.4",
            "+2.  *Full refund* · about 7.4",
            "+–  Credit note · not ranked: needs scores on Cost",
            "+[ Resolve* ] [ Show details ] [ More ]",
        ]
    )


def test_card_second_round() -> None:
    assert changed("second round") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Being scored a second time: 2 of 5 have scored in the second round · scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>.",
            "+~ *Being scored a second time* · Phase 4 of 6",
            "+*First round*",
            "+1.  *Half refund* · about 7.4",
            "+2.  *Full refund* · about 7.4",
            "+–  Credit note · not ranked: needs scores on Cost",
            "+*2 of 5 have scored in the second round* · scoring closes <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>",
            "+At least 3 must score; from there on scoring can be closed early.",
            "+[ Score* ] [ Show details ] [ More ]",
        ]
    )


def test_card_second_result() -> None:
    assert changed("second result") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Scored, to be decided.",
            "+~ *Scored, to be decided* · Phase 4 of 6",
            "-They were \xad*\xaddown\xad*\xad twice. They ask for everything back.",
            "+*Result of the second round*",
            "+The team leans towards *Half refund*.",
            "+1.  *Half refund*",
            "+2.  *Full refund*",
            "+–  Credit note · not ranked: needs scores on Cost",
            "+*First round*",
            "+1.  *Half refund* · about 7.4",
            "+2.  *Full refund* · about 7.4",
            "+–  Credit note · not ranked: needs scores on Cost",
            "+[ Resolve* ] [ Show details ] [ More ]",
        ]
    )


def test_card_act() -> None:
    assert changed("act") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Decided, the customer is not told yet.",
            "-~ Owner: <@U1SARAH>  ·  Decide by <!date^1795780800^{date_short_pretty} at {time}|27 Nov 2026, 12:00 UTC>",
            "+~ *Decided, the customer is not told yet* · Phase 5 of 6",
            "+~ Owner: <@U1SARAH>",
            "-They were \xad*\xaddown\xad*\xad twice. They ask for everything back.",
            "-*Options*",
            "-• *Full refund* · cost USD 8,000 · effort medium · risk low",
            "-• *Half refund* · cost USD 4,000 · effort medium · risk low",
            "-• *Credit note* · cost USD 500 · effort medium · risk high",
            "-~ Criteria: Trust 67\xa0%, Cost 33\xa0%",
            "+*Decided: Full refund*",
            "+By <@U2MIKE>. This is not the leader of the ranking, which is Half refund.",
            "+> Trust matters more than the money.",
            "+Resolved within 25 hours",
            "+[ Customer informed* ] [ Show details ] [ More ]",
        ]
    )


def test_card_learn() -> None:
    assert changed("learn") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Decided, the customer knows.",
            "-~ Owner: <@U1SARAH>  ·  Decide by <!date^1795780800^{date_short_pretty} at {time}|27 Nov 2026, 12:00 UTC>",
            "+~ *Decided, the customer knows* · Finished",
            "+~ Owner: <@U1SARAH>",
            "-They were \xad*\xaddown\xad*\xad twice. They ask for everything back.",
            "-*Options*",
            "-• *Full refund* · cost USD 8,000 · effort medium · risk low",
            "-• *Half refund* · cost USD 4,000 · effort medium · risk low",
            "-• *Credit note* · cost USD 500 · effort medium · risk high",
            "-~ Criteria: Trust 67\xa0%, Cost 33\xa0%",
            "+*Decided: Full refund*",
            "+By <@U2MIKE>. This is not the leader of the ranking, which is Half refund.",
            "+> Trust matters more than the money.",
            "+Resolved within 25 hours · Customer informed <!date^1795435200^{date_short_pretty} at {time}|23 Nov 2026, 12:00 UTC> · It worked · Customer satisfaction: 9 of 10 · The customer stayed · Actual financial impact: USD -7,500 · It was escalated · Follow up <!date^1795521600^{date_short_pretty} at {time}|24 Nov 2026, 12:00 UTC>",
            "+[ Show details ] [ More ]",
        ]
    )


def test_card_cancelled() -> None:
    assert changed("cancelled") == snapshot(
        [
            "+text: #42 Refund &lt;six&gt; weeks of outage. Refund request, customer Acme &amp; Sons. Cancelled.",
            "-~ Owner: <@U1SARAH>  ·  Decide by <!date^1795780800^{date_short_pretty} at {time}|27 Nov 2026, 12:00 UTC>",
            "+~ *Cancelled in phase 2 of 6 (Criteria)*",
            "+~ Owner: <@U1SARAH>",
            "-They were \xad*\xaddown\xad*\xad twice. They ask for everything back.",
            "-*Options*",
            "-• *Full refund* · cost USD 8,000 · effort medium · risk low",
            "-• *Half refund* · cost USD 4,000 · effort medium · risk low",
            "-• *Credit note* · cost USD 500 · effort medium · risk high",
            "-~ Criteria: Trust 67\xa0%, Cost 33\xa0%",
            "+*Cancelled*",
            "+> The customer withdrew.",
            "+[ Show details ]",
        ]
    )


def test_the_card_never_shows_the_address_the_proposer_or_an_unpublished_number() -> None:
    for name in ("options", "open", "quorum", "undecided"):
        seen = json.dumps(card.card(dossiers.situations()[name], now=dossiers.NOW))
        assert dossiers.EMAIL not in seen
        assert "Lisa" not in seen
        assert "*Result*" not in seen


def test_cancelling_and_starting_over_ask_back_in_the_window_and_are_red() -> None:
    shown = more.more(dossiers.situations()["quorum"], dossiers.by(dossiers.MIKE))

    buttons = {b["action_id"]: b for b in shown["blocks"][-1]["elements"]}
    assert {b["value"] for b in buttons.values()} == {str(UUID(int=9))}
    for name in ("decision.cancel", "round.void"):
        assert buttons[name]["style"] == "danger"
        assert buttons[name]["confirm"]["style"] == "danger"
    assert "confirm" in buttons["round.close"]
    assert buttons["evaluation.open"]["style"] == "primary"


def test_dates_are_in_no_header_and_on_no_button() -> None:
    for found in dossiers.situations().values():
        for block in card.card(found, now=dossiers.NOW)["blocks"]:
            if block["type"] in ("header", "actions"):
                assert "<!date" not in json.dumps(block)
                assert "2026" not in json.dumps(block)


def test_a_decision_past_its_date_says_so_until_it_is_resolved() -> None:
    late = dossiers.NOW + timedelta(days=30)

    assert "*overdue*" in json.dumps(card.card(dossiers.situations()["options"], now=late))
    assert "*overdue*" not in json.dumps(card.card(dossiers.situations()["act"], now=late))


def test_following_the_leader_needs_no_note() -> None:
    found = dossiers.situations()["act"]
    leader = replace(known(found.outcome), selected_option_id=known(found.result).leaders[0])

    assert "not the leader" not in json.dumps(card.card(replace(found, outcome=leader), now=dossiers.NOW))


def test_without_a_ranking_the_card_says_that_the_reason_decided() -> None:
    found = dossiers.situations()["act"]
    silent = replace(found, result=replace(known(found.result), ballots=2, rows=()))

    seen = json.dumps(card.card(silent, now=dossiers.NOW))
    assert "Decided by its reason alone: there is no ranking." in seen


@pytest.mark.parametrize("situation", [*dossiers.situations()])
def test_a_card_has_three_buttons_at_most_and_every_person_finds_the_rest_in_a_window(situation: str) -> None:
    found = dossiers.situations()[situation]

    pressed = [b["action_id"] for b in card.card(found, now=dossiers.NOW)["blocks"][-1]["elements"]]

    assert len(pressed) <= 3
    for member in dossiers.PEOPLE:
        window = more.more(found, dossiers.by(member))["blocks"][-1]
        elsewhere = {e["action_id"] for e in window.get("elements", [])}
        assert elsewhere <= set(offered(found, dossiers.NOW))
        assert (ids.MORE in pressed) or elsewhere <= set(pressed)
        assert elsewhere or window["text"]["text"] == "There is nothing for you to do here now."


def test_somebody_excused_with_a_ballot_still_counts() -> None:
    round_ = dossiers.a_round(submitted=3)
    members = tuple(replace(m, is_excused=i < 2) for i, m in enumerate(round_.members))
    found = dossiers.a_dossier(Status.EVALUATING, 4, round=replace(round_, members=members))

    assert "*3 of 5 have scored*" in json.dumps(card.card(found, now=dossiers.NOW))


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "not_in_channel",
            "I am not in <#C1> yet. Type `/invite @Conclave` in that channel, then press the button.",
        ),
        (
            "channel_not_found",
            "I cannot see <#C1>: it is private, or it is gone. Type `/invite @Conclave` in that channel, "
            "then press the button.",
        ),
        ("is_archived", "<#C1> is archived. Unarchive it, then press the button."),
        (
            "restricted_action",
            "Slack did not let me post in <#C1>. Type `/invite @Conclave` in that channel, then press the button.",
        ),
    ],
)
def test_the_owner_learns_why_there_is_no_card_and_what_to_do(reason: str, sentence: str) -> None:
    told = card.unreachable(dossiers.situations()["open"], reason=reason, bot_name="Conclave")

    button = told["blocks"][-1]["elements"][0]
    assert told["text"].endswith(sentence)
    assert sentence in told["blocks"][0]["text"]["text"]
    assert "`/decide show 42`" in told["blocks"][0]["text"]["text"]
    assert (button["action_id"], button["value"]) == ("card.post", str(UUID(int=9)))


@settings(max_examples=40, deadline=None)
@given(words=st.text(alphabet=st.characters(codec=None), max_size=150))
def test_any_words_make_a_card_that_slack_accepts(words: str) -> None:
    found = dossiers.situations()["learn"]
    case = replace(found.decision.case, title=words, customer_name=words, description=words * 20)
    options = tuple(replace(o, title=words) for o in found.options)
    outcome = replace(known(found.outcome), reason=words * 6, outcome_notes=words)
    wild = replace(found, decision=replace(found.decision, case=case), options=options, outcome=outcome)

    json.dumps(card.card(wild, now=dossiers.NOW), ensure_ascii=False).encode()


def test_what_is_read_out_ends_its_sentences_once_and_knows_neither_phases_nor_utc() -> None:
    for found in dossiers.situations().values():
        decision = replace(found.decision, case=replace(found.decision.case, title="What do we owe them?"))
        asked = replace(found, decision=decision)
        for _, message in dossiers.messages(asked):
            assert not re.search(r"[.?!]\.", message["text"])
        said = re.sub(r"<!date[^>]*>", "", card.card(asked, now=dossiers.NOW)["text"])
        assert "phase" not in said.lower()
        assert "UTC" not in said


def test_a_list_says_by_when_to_decide_only_of_what_is_not_decided() -> None:
    found = {name: dossiers.situations()[name] for name in ("published", "act")}
    lines = {name: line_facts(one.decision, one.round, dossiers.NOW) for name, one in found.items()}

    assert " · by <!date^" in lines["published"]
    assert " · by " not in lines["act"]


def test_a_list_says_where_a_decision_stands_in_the_words_of_its_card() -> None:
    for found in dossiers.situations().values():
        words = re.search(r"\*([^*]+)\*", state_in_words(found, dossiers.NOW))
        line = line_facts(found.decision, found.round, dossiers.NOW)
        if found.decision.status is not Status.CANCELLED and words:
            assert f" · {words[1][0].lower()}{words[1][1:]}" in line
        assert "hase" not in line


def test_what_the_card_asks_back_says_first_whom_it_is_for() -> None:
    asked = {}
    for name, found in dossiers.situations().items():
        for button in card.card(found, now=dossiers.NOW)["blocks"][-1]["elements"]:
            if "confirm" in button:
                asked[name] = button["confirm"]["text"]["text"]

    assert asked["act"].startswith(
        "This is for Mike Chen, who resolved it, or a decider who may decide as much. This n"
    )
    assert all(question.startswith("This is for ") for question in asked.values())


def test_a_question_of_a_card_fits_however_long_a_name_is() -> None:
    found = dossiers.situations()["act"]
    assert found.resolver
    long = replace(found, resolver=replace(found.resolver, name="N" * 255))

    (button, *_) = card.card(long, now=dossiers.NOW)["blocks"][-1]["elements"]

    assert button["confirm"]["text"]["text"].endswith("The choice can no longer be changed after it.")


def test_where_it_stands_is_said_in_the_time_of_who_reads_it() -> None:
    line = standing_line(dossiers.situations()["open"], dossiers.NOW)

    assert "scoring closes <!date^" in line
