"""What a language model made of a case, in its details: marked as that, and decides nothing."""

from bot.domain.decision import DECISION_TYPES, Case
from bot.domain.sketch import Sketch
from bot.views.slack import kit, text

TITLE = "*Read by a language model* · nobody has checked it, and it decides nothing"


def read(sketch: Sketch, case: Case) -> list[kit.Block]:
    """Its summary, and what it would have filled in otherwise; nothing where it has nothing to add."""
    facts = _facts(sketch, case)
    said = [*([text.inline(sketch.summary, 1500)] if sketch.summary else []), *([" · ".join(facts)] if facts else [])]
    return [kit.section("\n".join([TITLE, *said]))] if said else []


def _facts(sketch: Sketch, case: Case) -> list[str]:
    """Type and urgency where they are others than those chosen, and the tags."""
    is_other = sketch.type and sketch.type != case.decision_type
    return [
        *([f"type: {DECISION_TYPES[sketch.type].lower()}"] if sketch.type and is_other else []),
        *([f"urgency: {sketch.urgency}"] if sketch.urgency and sketch.urgency != case.urgency_level else []),
        *([f"about: {text.listing(sketch.tags)}"] if sketch.tags else []),
    ]
