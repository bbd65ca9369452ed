"""Earlier cases like this one: what is shown of them before publication, and what after it; options from them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.domain.choice import KINDS, NOUNS, Kind
from bot.domain.decision import DECISION_TYPES, Decision, Dossier
from bot.domain.precedent import (
    MOST,
    SHOWN,
    Answer,
    Precedent,
    Precedents,
    Recommendation,
    Suggestion,
    costs,
    is_told,
)
from bot.views.dossier import cost_fact
from bot.views.slack import ids, kit, text
from bot.views.slack.form import View

RATE = "rate"
SUGGESTED = "suggested"
_ADDED = "✓ Added: "
_KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata")
"""What of a window that Slack sends along may be sent back."""
NOTHING = "Nothing similar yet."
FROM_EARLIER = "*From earlier cases* · by the alphabet, not a recommendation; Add puts one in at once"
FROM_MODEL = "*Drafted by a language model* from the text of this case alone · nobody has checked them"
NOT_YET = "What was decided in them is shown here once this one's result is published."


def panel(found: Precedents, dossier: Dossier, *, now: datetime) -> list[kit.Block]:
    """That there are such cases; with the result published also what was chosen in them, and what they speak for.

    Whatever `found` holds, nothing of a choice is shown before that.
    """
    if not found.cases:
        return [kit.section(f"*Earlier cases*\n{NOTHING}")]
    lines = [f"• {line(case)}" for case in found.cases[:SHOWN]]
    blocks = [kit.section("\n".join([f"*{how_many(found, now)}*", *lines]))]
    if found.answers is None or not is_told(dossier):
        return [*blocks, kit.context(NOT_YET)]
    blocks.append(kit.section(chosen(found.answers, dossier.decision)))
    return blocks + (_recommendation(found.recommendation, dossier.decision) if found.recommendation else [])


def how_many(found: Precedents, now: datetime) -> str:
    """ "6 cases like this since March", with the year where it is another one."""
    count, since = len(found.cases), found.since
    cases = f"{MOST} cases or more" if count >= MOST else text.count("case", count)
    month = f"{since:%B}" if since and since.year == now.year else f"{since:%B %Y}"
    return f"{cases} like this since {month}"


def line(case: Precedent) -> str:
    kind = DECISION_TYPES.get(case.decision_type, text.inline(case.decision_type, 50))
    stake = "amount not known" if case.amount is None else f"{text.money(case.amount, case.currency)} at stake"
    return f"#{case.number} {text.inline(case.title, 150)} · {text.day(case.decided_at)} · {kind} · {stake}"


def chosen(answers: Sequence[Answer], decision: Decision) -> str:
    """ "4 partial refund (median USD 310), 1 full, 1 none. Outcome known for 5: 4 kept the customer." """
    counts = Counter(answer.kind for answer in answers)
    noun = NOUNS.get(decision.case.decision_type, "answer")
    ranked = sorted((kind for kind in (*KINDS, Kind.OTHER) if counts[kind]), key=lambda kind: -counts[kind])
    nouns = [noun] + [""] * len(ranked)
    said = [_counted(kind, answers, decision.currency, word) for kind, word in zip(ranked, nouns, strict=False)]
    known = [answer.stayed for answer in answers if answer.stayed is not None]
    outcome = f"Outcome known for {len(known)}: {sum(known)} kept the customer." if known else "No outcome is known."
    return f"Decided: {', '.join(said)}. {outcome}"


def _counted(kind: Kind, answers: Sequence[Answer], currency: str, noun: str) -> str:
    count = sum(answer.kind is kind for answer in answers)
    middle = costs(answers, kind, currency)
    cost = f" ({'median ' if count > 1 else ''}{text.money(middle, currency)})" if middle else ""
    return f"{count} {_named(kind, noun)}{cost}"


def _named(kind: Kind, noun: str) -> str:
    if not noun:
        return kind.value
    return f"no {noun}" if kind is Kind.NONE else f"{kind.value} {noun}"


def favoured(found: Recommendation) -> str:
    """ "*They favour: partial refund.* 4 of 6 were answered so; ... Confidence: 65 %." """
    counts = found.counts
    same, total = counts[found.kind], sum(counts.values())
    ended = f"of {found.known} it is known how they ended, and {found.stayed} kept the customer"
    known = ended if found.known else "of none it is known how it ended"
    against = f" Against it: {'; '.join(found.against)}." if found.against else ""
    return (
        f"*They favour: {_named(found.kind, found.noun)}.* {same} of {total} were answered so; {known}.{against} "
        f"Confidence: {text.per_cent(round(found.confidence * 20) * 5)}."
    )


def _recommendation(found: Recommendation, decision: Decision) -> list[kit.Block]:
    buttons = [
        kit.button("Useful", ids.USEFUL, value=str(decision.id), label="This recommendation is useful"),
        kit.button("Not useful", ids.NOT_USEFUL, value=str(decision.id), label="This recommendation is not useful"),
    ]
    return [kit.section(favoured(found)), kit.actions(buttons, block_id=RATE)]


def rated(view: View) -> kit.View:
    """The window once somebody has said whether it was useful; what was typed in it stays."""
    thanks = kit.context("Noted, thank you. Only how many said so is kept.")
    return _again(view, [thanks if block.get("block_id") == RATE else block for block in view["blocks"]])


def _again(view: View, blocks: Sequence[kit.Block]) -> kit.View:
    """The window with other blocks, as it may be sent back to Slack."""
    return {name: view[name] for name in _KEPT if view.get(name)} | {"blocks": list(blocks)}


def suggestions(found: Sequence[Suggestion], decision: Decision) -> list[kit.Block]:
    """Options of earlier cases, and drafted ones, each with a button that adds it; their order tells nothing."""
    earlier, drafted = [one for one in found if not one.is_drafted], [one for one in found if one.is_drafted]
    return [*_suggested(FROM_EARLIER, earlier, decision), *_suggested(FROM_MODEL, drafted, decision)]


def _suggested(about: str, found: Sequence[Suggestion], decision: Decision) -> list[kit.Block]:
    if not found:
        return []
    return [kit.divider(), kit.section(about), *(_suggestion(one, decision) for one in found)]


def _suggestion(one: Suggestion, decision: Decision) -> kit.Block:
    cost = cost_fact(one.draft.financial_cost, decision.currency)
    scaled = ", scaled to the amount at stake here" if one.is_scaled else ""
    button = kit.button("Add", ids.ADD_SUGGESTED, value=str(one.source), label=f"Add {one.draft.title}")
    title = text.inline(one.draft.title, 150)
    return kit.section(f"*{title}*\n{cost}{scaled}", accessory=button, block_id=f"{SUGGESTED}:{one.source}")


def added(view: View, source: str) -> kit.View:
    """The window once a suggestion was added: its button is gone, what was typed stays, and nothing has to be typed."""
    place = f"{SUGGESTED}:{source}"
    blocks = [_without_button(block) if block.get("block_id") == place else block for block in view["blocks"]]
    free = [{**block, "optional": True} if block["type"] == "input" else block for block in blocks]
    return _again(view, free) | {"close": kit.plain_text("Close", kit.TITLE)}


def has_added(view: View) -> bool:
    """Whether a suggestion was added in this window, so that nothing has to be typed."""
    return any(block["type"] == "section" and block["text"]["text"].startswith(_ADDED) for block in view["blocks"])


def _without_button(block: kit.Block) -> kit.Block:
    return kit.section(f"{_ADDED}{block['text']['text']}", block_id=block["block_id"])
