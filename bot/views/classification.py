"""Suggestions from the text of a case: beside the fields that they fill, and the window in which a team chooses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.domain.classification import Choices, Reading
from bot.domain.decision import DECISION_TYPES, Case
from bot.domain.lexicon import words
from bot.domain.sketch import Model
from bot.errors import Invalid
from bot.views.slack import ids, kit, notice, text
from bot.views.slack.entry import checkbox, long_text
from bot.views.slack.field import Answers, Ask, Inputs
from bot.views.slack.form import Fields, View, field_of

SUGGESTED = "suggested"
"""Name of the block that says what was suggested."""
FILLED = ("decision_type", "financial_impact", "urgency", "expected_date")
"""Fields that the text may fill; the date goes with the urgency."""
MODEL = "model"
WORDS_LENGTH, MOST_PHRASES, PHRASE_LENGTH = 1000, 40, 60
_PARTS = re.compile(r"[,;\n]+")


def prefilled(case: Case, reading: Reading | None) -> Case:
    """The case as its form begins: with what the text says of it, as far as it says something."""
    if reading is None:
        return case
    return replace(
        case,
        decision_type=reading.type or case.decision_type,
        urgency_level=reading.urgency or case.urgency_level,
        financial_impact=reading.amount if reading.amount is not None else case.financial_impact,
    )


def suggested(reading: Reading | None, *, currency: str) -> list[kit.Block]:
    """What was filled in from the text, why, and the way back; nothing where nothing was."""
    if reading is None or reading.is_empty:
        return []
    found = [
        *([DECISION_TYPES[reading.type].lower()] if reading.type else []),
        *([f"urgency {reading.urgency}"] if reading.urgency else []),
        *([text.money(reading.amount, currency)] if reading.amount is not None else []),
    ]
    because = f" ({text.listing([f'“{text.inline(word, 60)}”' for word in reading.why])})" if reading.type else ""
    undo = kit.button("Undo", ids.NEW_UNDO, label="Undo what was suggested from the text")
    said = f"_Suggested from the text:_ {text.listing(found)}{because}. It decides nothing: change what does not fit."
    return [{**kit.section(said, accessory=undo), "block_id": SUGGESTED}]


def inserted(blocks: Sequence[kit.Block], suggestion: Sequence[kit.Block]) -> list[kit.Block]:
    """The form with the suggestion before the first field that it fills."""
    place = next(at for at, block in enumerate(blocks) if field_of(block["block_id"]) == FILLED[0])
    return [*blocks[:place], *suggestion, *blocks[place:]]


def emptied(view: View, blank: Sequence[kit.Block]) -> list[kit.Block]:
    """The blocks of a window without its suggestion. blank: the same form as it begins without one.

    A field that somebody has changed meanwhile is theirs, and stays.
    """
    fresh = {field_of(block["block_id"]): block for block in blank}
    shown = [block for block in view["blocks"] if block.get("block_id") != SUGGESTED]
    return [fresh[field_of(block["block_id"])] if _is_as_suggested(view, block) else block for block in shown]


def _is_as_suggested(view: View, block: Mapping[str, Any]) -> bool:
    name = field_of(block.get("block_id", ""))
    return name in FILLED and Fields(view).is_as_it_began(name)


def choices(chosen: Choices, *, team: str, model: Model | None = None) -> kit.View:
    """The window with the team's switches and its own words for each type. team: the team's id."""
    inputs = Inputs(team, 1)
    _choices(inputs, chosen, has_model=model is not None)
    explain = (
        "Type, urgency and amount of a new decision are suggested from its title and what happened. Words of your own, "
        "such as names of your products and fees, make that better. Nothing leaves this installation for it."
    )
    return kit.modal(
        "Suggestions",
        [kit.section(explain), *([kit.section(_said_of(model))] if model else []), *inputs.blocks],
        callback_id=ids.SUGGESTIONS,
        submit="Save",
        metadata={"team": team},
    )


def parse_choices(view: View) -> Choices:
    """Raises Invalid with the name of the field."""
    answers = Answers(view)
    found = _choices(answers, Choices(), has_model=MODEL in answers)
    for about, phrases in found.words.items():
        _check(phrases, about)
    return found


def chosen(now: Choices) -> kit.View:
    """Once they are saved."""
    state = "on" if now.is_on else "off"
    return notice.done("Suggestions", f"Saved. Suggestions from the text are {state} for your team.")


def _choices(ask: Ask, start: Choices, *, has_model: bool) -> Choices:
    """has_model: whether there is a language model to ask about."""
    is_on = ask(checkbox("suggests", "Suggestions", "Suggest type, urgency and amount from the text"), start.is_on)
    asks = ask(_ASKS, start.asks_model) if has_model else True
    return Choices(is_on, {about: found for about in DECISION_TYPES if (found := _words(ask, start, about))}, asks)


_ASKS = checkbox(MODEL, "Language model", "Let it read new cases")


def _said_of(model: Model) -> str:
    name, place = text.inline(model.name, 100), text.inline(model.place, 100)
    return (
        f"*Language model*: {name} at {place} is sent title and description of each new case, and what people reply in "
        "a long thread beneath a card, with names, addresses, numbers and amounts masked, and never anything of "
        "scores. It sums up and drafts options, which somebody has to add, and reads the type where the words leave it "
        "open."
    )


def _words(ask: Ask, start: Choices, about: str) -> tuple[str, ...]:
    label = f"Words for {DECISION_TYPES[about].lower()}"
    hint = "Words or phrases, with commas between them."
    typed = ask(long_text(about, label, length=WORDS_LENGTH, hint=hint), ", ".join(start.words.get(about, ())))
    return tuple(dict.fromkeys(text.one_line(part) for part in _PARTS.split(typed) if part.strip()))


def _check(phrases: Sequence[str], about: str) -> None:
    if len(phrases) > MOST_PHRASES:
        raise Invalid(f"These are {len(phrases)} words and phrases; {MOST_PHRASES} at most.", field=about)
    for phrase in phrases:
        if len(phrase) > PHRASE_LENGTH or not words(phrase):
            shown = text.cut(phrase, PHRASE_LENGTH)
            raise Invalid(f"“{shown}” is no word or short phrase. Write them with commas between.", field=about)
