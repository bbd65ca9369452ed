"""What everybody's window of a round says alike, put into words once: only the scores, the order and the ids differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID
from weakref import WeakKeyDictionary

from bot.domain.evaluation import MAX_SCORE, MIN_SCORE
from bot.domain.option import Option
from bot.domain.questions import Questions
from bot.views.dossier import option_facts, short_names
from bot.views.slack import kit, text

DESCRIPTION_ROOM = 200


@dataclass(frozen=True)
class OptionWords:
    title: str
    """For labels, which are plain text."""
    name: str
    """The same in mrkdwn."""
    line: kit.Block
    """What is scored: the window hides the card, and a title alone says little."""


@dataclass(frozen=True)
class ScoreWords:
    """Of the field for one score."""

    name: str
    """Of its block, all but the revision: "score_<option>:<criterion>"."""
    label: kit.Element
    """It has both names: who hears the page, or has scrolled the heading away, knows what the number is of."""


@dataclass(frozen=True)
class CriterionWords:
    name: str
    """Without what stands in parentheses at its end, where that tells the criteria apart."""
    weighed: str
    """ "*Trust* · weight 3 (67 %)"."""
    heading: str
    fields: Mapping[UUID, ScoreWords]
    """By option."""


@dataclass(frozen=True)
class Words:
    case: str
    """The case, and what is asked: one line each."""
    options: Mapping[UUID, OptionWords]
    criteria: Mapping[UUID, CriterionWords]


_KEPT: "WeakKeyDictionary[Questions, Words]" = WeakKeyDictionary()


def words_of(questions: Questions) -> Words:
    """The words, kept as long as the questions are. Nobody may change them: windows share them."""
    found = _KEPT.get(questions)
    if found is None:
        found = _KEPT[questions] = _words_of(questions)
    return found


def _words_of(questions: Questions) -> Words:
    options = {option_id: _option(questions, questions.option(option_id)) for option_id in questions.option_ids}
    criteria = {criterion: _criterion(questions, options, criterion) for criterion in questions.criterion_ids}
    return Words(_case(questions), options, criteria)


def _case(questions: Questions) -> str:
    lines = [
        f"*{text.inline(questions.title, 150)}* · {text.inline(questions.customer_name, 80)}",
        f"Score every option on every criterion. Scoring closes {text.moment(questions.closes_at)}.",
    ]
    if questions.is_second:
        lines.append("*Second round:* the same options afresh. What you scored in the first is set aside.")
    return "\n".join(lines)


def _option(questions: Questions, option: Option | None) -> OptionWords:
    if option is None:
        return OptionWords("Option", "an option that is gone", kit.section("an option that is gone"))
    name, facts = text.inline(option.title, 150), option_facts(option, questions.currency)
    line = kit.section(f"*{name}* · {facts}\n{text.inline(option.description, DESCRIPTION_ROOM)}")
    return OptionWords(text.cut(text.one_line(option.title), 150), name, line)


def _criterion(questions: Questions, options: Mapping[UUID, OptionWords], criterion_id: UUID) -> CriterionWords:
    found, name = questions.criterion(criterion_id), short_names(questions.criteria).get(criterion_id, "Criterion")
    weighed = _weighed(questions, criterion_id)
    has_anchor = found is not None and str(MAX_SCORE) in found.name  # "Cost (10 = cheapest)" says what 10 is
    heading = weighed if has_anchor else f"{weighed} · {MIN_SCORE} worst for us, {MAX_SCORE} best"
    if found and found.description:
        heading = f"{heading}\n{text.inline(found.description, DESCRIPTION_ROOM)}"
    fields = {
        option: ScoreWords(f"score_{option}:{criterion_id}", kit.plain_text(f"{words.title} · {name}", kit.LABEL))
        for option, words in options.items()
    }
    return CriterionWords(name, weighed, heading, fields)


def _weighed(questions: Questions, criterion_id: UUID) -> str:
    found, weights = questions.criterion(criterion_id), dict(questions.weights)
    total = sum(weights.values(), Decimal(0)) or Decimal(1)
    name = text.inline(found.name, 200) if found else "Criterion"
    share = text.per_cent(weights[criterion_id] / total * 100)
    return f"*{name}* · weight {text.number(weights[criterion_id])} ({share})"
