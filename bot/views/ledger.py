"""A customer's requests, and what came of them: counts from the start, grants once the result is there."""

from collections.abc import Iterable

from bot.domain.decision import Dossier
from bot.domain.ledger import Entry
from bot.views.slack import kit, text

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ON_CARD = 3


def requests(dossier: Dossier) -> str:
    """ "third request in 12 months"; empty for a customer's first."""
    number = dossier.ledger.requests
    if number < 2:
        return ""
    return f"{_ORDINALS[number - 1] if number <= len(_ORDINALS) else f'{number}th'} request in 12 months"


def before_on_card(dossier: Dossier) -> list[kit.Block]:
    """What this customer got before, in one line; empty until the result is published."""
    lines = [entry(one, room=60) for one in (dossier.ledger.entries or ())[:ON_CARD]]
    return [kit.context(f"Before, for this customer: {'; '.join(lines)}")] if lines else []


def before_in_details(dossier: Dossier) -> list[kit.Block]:
    """The same, a line each."""
    lines = bullets(entry(one) for one in dossier.ledger.entries or ())
    return [kit.section(f"*Before, for this customer*\n{text.fit(lines, 2800)}")] if lines else []


def bullets(lines: Iterable[str]) -> list[str]:
    return [f"• {line}" for line in lines]


def entry(one: Entry, *, room: int = 120) -> str:
    """ "#12 Half refund, USD 300, 3 May, worked"."""
    cost = [text.money(one.cost, one.currency)] if one.cost is not None else []
    facts = [f"#{one.number} {text.inline(one.choice, room)}", *cost, text.day(one.resolved_at), OUTCOMES[one.worked]]
    return ", ".join(facts)


OUTCOMES = {True: "worked", False: "did not work", None: "outcome not known"}
