"""What a published result says, in sentences: who leads, how solid that is, what to do next, what to know."""

from collections.abc import Iterator, Sequence
from math import log
from uuid import UUID

from bot.domain.agreement import Agreement
from bot.domain.analysis import LOW
from bot.domain.criterion import MAX_WEIGHT, MIN_WEIGHT
from bot.domain.decision import Dossier
from bot.domain.result import OF_COLLEAGUES, Result, ShownCell, WeightLimit
from bot.domain.stability import UNDECIDED, StabilityLabel
from bot.views.dossier import short_names, title_of
from bot.views.slack import text

CRITERION_ROOM = 60
MOST_NAMED = 3
MOST_SPLITS = 3
MOST_WEIGHTS = 2
COLLEAGUES = "Had other colleagues scored,"
AGAIN = {
    StabilityLabel.CLEAR: "it would very probably lead too",
    StabilityLabel.LEANING: "it would probably lead too",
    StabilityLabel.TOO_CLOSE: "another option might well lead",
    StabilityLabel.SPLIT: "another option might well lead",
}
VARIED = "when we vary who scored and how much each criterion weighs"
UNMEASURED = {
    StabilityLabel.CLEAR: "comes first in nearly all cases",
    StabilityLabel.LEANING: "comes first in most cases, not in all,",
    StabilityLabel.TOO_CLOSE: "often does not come first",
}
"""What shares and labels stood for before version 3 of results; the words for where no share may be shown."""
RESOLVES = "a decider presses *Resolve* on the card and gives a reason"
ADVICE = "The ranking advises; it does not decide."


def statement(dossier: Dossier, result: Result, *, room: int = 150) -> str:
    """Who leads and how solid that is, in one short sentence of mrkdwn."""
    leaders = _options(dossier, result.leaders, room)
    if not result.rows:
        return nothing(result)
    if not leaders:
        return "Nothing can be ranked: every option needs more scores."
    if len(result.leaders) > 1:
        tie = f"{leaders} share the first place"
        return f"{tie}." if result.label is None else f"{_undecided(dossier, result)}: {tie}."
    match result.label:
        case StabilityLabel.CLEAR:
            return f"{leaders} leads, and the lead is clear."
        case StabilityLabel.LEANING:
            return f"The team leans towards {leaders}: it leads, but not firmly."
        case StabilityLabel.TOO_CLOSE | StabilityLabel.SPLIT:
            just = f"{leaders} is only just ahead{_of_whom(dossier, result, room)}"
            return f"{_undecided(dossier, result)}: {just}."
    return f"{leaders} leads."


def _undecided(dossier: Dossier, result: Result) -> str:
    """ "Too close to call", or "The team is split on *Trust* (3 and 2)"."""
    if result.label is not StabilityLabel.SPLIT:
        return "Too close to call"
    parted = [cell for cell in result.cells if cell.camps]
    criteria = list(dict.fromkeys(cell.criterion_id for cell in parted))
    sizes = f" ({_sizes(parted[0])})" if len(parted) == 1 else ""
    return f"The team is split{f' on {_criteria(dossier, criteria)}' if criteria else ''}{sizes}"


def _sizes(cell: ShownCell) -> str:
    return text.listing(map(str, cell.camps or ()))


def solidity(result: Result) -> str | None:
    """What the label means, in plain words; None for ties and where nothing is known of it."""
    if len(result.leaders) != 1 or result.label is None:
        return None
    share = next((row.share for row in result.rows if row.place == 1), None)
    return _varied(result.label, share) if result.version < OF_COLLEAGUES else _of_colleagues(result.label, share)


def _of_colleagues(label: StabilityLabel, share: int | None) -> str:
    if share is None:
        return f"{COLLEAGUES} {AGAIN[label]}."
    often = "in practically all cases" if share == 100 else f"in about {share} of 100 cases"
    if label in UNDECIDED:
        return f"{COLLEAGUES} {AGAIN[label]}: this one leads {often.replace('in about', 'in only about')}."
    return f"{COLLEAGUES} {AGAIN[label]}: {often}."


def _varied(label: StabilityLabel, share: int | None) -> str | None:
    """Of a result published before there was a label for split teams."""
    if label is StabilityLabel.SPLIT:
        return None
    often = UNMEASURED[label] if share is None else _comes_first(share, label)
    return f"It {often} {VARIED}."


def _comes_first(share: int, label: StabilityLabel) -> str:
    cases = f"about {text.per_cent(share)} of the cases" if share < 100 else "practically all cases"
    return f"comes first in {'only ' if label is StabilityLabel.TOO_CLOSE else ''}{cases}"


def next_step(dossier: Dossier, result: Result) -> str:
    """What the team should do now."""
    if not result.rows:
        return f"*Next:* talk it over; then {RESOLVES}."
    if not result.leaders:
        return f"*Next:* {RESOLVES}."
    topics = _criteria(dossier, _first_topics(result))
    resolves = f"{RESOLVES}{_or_once_more(dossier, result)}"
    hear = _hear_both_sides(dossier, result)
    match result.label:
        case StabilityLabel.CLEAR if hear:
            return f"*Next:* {hear}, where the team is split; then {resolves}. {ADVICE}"
        case StabilityLabel.LEANING:
            talk = hear or f"talk {f'about {topics}' if topics else 'it over'} once more"
            return f"*Next:* {talk}; then {resolves}. {ADVICE}"
        case StabilityLabel.TOO_CLOSE | StabilityLabel.SPLIT:
            talk = hear or f"talk about {topics or 'what speaks for each'}"
            return f"*Next:* do not rely on the order: {talk}. Then {resolves}."
    return f"*Next:* {RESOLVES}. {ADVICE}"


def _hear_both_sides(dossier: Dossier, result: Result) -> str | None:
    names = _split_criteria(dossier, result)
    return f"hear both sides on {text.listing(names)}" if names else None


def _or_once_more(dossier: Dossier, result: Result) -> str:
    """The other way, where the card offers it."""
    is_offered = result.invites_second_round and not dossier.is_second_round
    return ", or *Second round* to ask the team once more" if is_offered else ""


def notes(dossier: Dossier, result: Result) -> list[str]:
    """Where to talk, what to be careful with, what else would change the lead: one line each."""
    return [
        *_where_to_talk(dossier, result),
        *(f"• *Careful:* {line}" for line in warnings(dossier, result)),
        *(f"• {line}" for line in _asides(dossier, result)),
        *(f"• {line}" for line in _weights(dossier, result)),
        *(f"• {line}" for line in _confidence(dossier, result)),
    ]


def warnings(dossier: Dossier, result: Result) -> list[str]:
    """What speaks against those who lead: one line each."""
    low: dict[UUID, list[UUID]] = {}
    for option, criterion in result.low:
        low.setdefault(option, []).append(criterion)
    return [
        f"{title_of(dossier, option, room=80)} leads, but averages {LOW} or less on {_criteria(dossier, criteria)}."
        for option, criteria in list(low.items())[:MOST_NAMED]
    ]


def splits(dossier: Dossier, result: Result) -> str | None:
    """On what the team is in two camps, in one sentence; None where it is not, or where that may not be told."""
    names = _split_criteria(dossier, result)
    return f"On {text.listing(names)} the team is in two camps." if names else None


def nothing(result: Result) -> str:
    least = result.thresholds.ranking
    return (
        f"Nothing aggregated is shown: {text.count('ballot', result.ballots)}, and below {least} a ranking "
        "would give away who scored what. A decider resolves by reason only."
    )


def turnout(result: Result) -> str:
    return f"{result.ballots} of {result.people} scored."


def criterion_name(dossier: Dossier, criterion_id: UUID, *, room: int = CRITERION_ROOM) -> str:
    name = short_names(dossier.criteria).get(criterion_id)
    return text.inline(name, room) if name else "a criterion that is gone"


def _where_to_talk(dossier: Dossier, result: Result) -> Iterator[str]:
    contested = _options(dossier, (*result.leaders, *result.runners_up)[:MOST_NAMED], 80)
    if result.topics:
        share = result.topics[0].share
        how_much = f": about {text.per_cent(share)} of the difference" if share else ""
        topics = _criteria(dossier, _first_topics(result))
        yield f"• *Where to talk:* opinions on {contested} part most on {topics}{how_much}."
    for cell in _split_cells(result)[:MOST_SPLITS]:
        criterion, option = _criteria(dossier, [cell.criterion_id]), title_of(dossier, cell.option_id, room=80)
        sizes = f": {_sizes(cell)}" if cell.camps else ""
        yield f"• *Split:* on {criterion} of {option} the team is in two camps{sizes}."


def _first_topics(result: Result) -> list[UUID]:
    """The first topic, and those that weigh the same."""
    return [topic.criterion_id for topic in result.topics if topic.share == result.topics[0].share]


def _split_criteria(dossier: Dossier, result: Result) -> list[str]:
    """The names of the first few of them, each once."""
    return list(dict.fromkeys(_criteria(dossier, [cell.criterion_id]) for cell in _split_cells(result)[:MOST_SPLITS]))


def _split_cells(result: Result) -> list[ShownCell]:
    """On what leaders or runners-up have two camps."""
    contested = (*result.leaders, *result.runners_up)
    return [cell for cell in result.cells if cell.agreement is Agreement.SPLIT and cell.option_id in contested]


def _asides(dossier: Dossier, result: Result) -> Iterator[str]:
    """Only where it is said who leads, and the team agrees enough on these options to leave one of them aside."""
    split = {cell.option_id for cell in result.cells if cell.agreement is Agreement.SPLIT}
    if result.label in UNDECIDED or not split.isdisjoint(result.leaders):
        return
    for option, by in [pair for pair in result.dominated if pair[0] not in split][:MOST_NAMED]:
        better = title_of(dossier, by[0], room=80)
        yield (
            f"You can leave {title_of(dossier, option, room=80)} aside: {better} is rated at least as high on every "
            "criterion."
        )


def _weights(dossier: Dossier, result: Result) -> Iterator[str]:
    if result.weight_limits is None:
        return
    leader = title_of(dossier, result.leaders[0], room=80)
    if not result.weight_limits:
        yield f"No single weight, moved between {MIN_WEIGHT} and {MAX_WEIGHT}, would change who leads."
    for limit in sorted(result.weight_limits, key=_distance)[:MOST_WEIGHTS]:
        bounds = [f"drops below about {limit.below}"] if limit.below else []
        bounds += [f"rises above about {limit.above}"] if limit.above else []
        criterion = _criteria(dossier, [limit.criterion_id])
        yield f"{leader} stays first unless the weight of {criterion} {' or '.join(bounds)} (now {limit.weight})."


def _distance(limit: WeightLimit) -> float:
    """How far the nearest end is, as a factor: halving is as far as doubling."""
    ends = (float(end) for end in (limit.below, limit.above) if end)
    return min((abs(log(end / float(limit.weight))) for end in ends), default=0.0)


def _confidence(dossier: Dossier, result: Result) -> Iterator[str]:
    sure = result.confident_leaders
    if sure is None:
        return
    if set(sure) == set(result.leaders):
        yield "If surer scores counted more, the leader would be the same."
    elif sure:
        yield f"If surer scores counted more, {_options(dossier, sure, 80)} would lead."


def _of_whom(dossier: Dossier, result: Result, room: int) -> str:
    return f" of {_options(dossier, result.runners_up, room)}" if result.runners_up else ""


def _options(dossier: Dossier, ids: Sequence[UUID], room: int) -> str:
    named = [f"*{title_of(dossier, option, room=room)}*" for option in ids[:MOST_NAMED]]
    more = [f"{len(ids) - MOST_NAMED} more"] if len(ids) > MOST_NAMED else []
    return text.listing([*named, *more]) if named else ""


def _criteria(dossier: Dossier, ids: Sequence[UUID]) -> str:
    named = [f"*{criterion_name(dossier, criterion)}*" for criterion in ids[:MOST_NAMED]]
    more = [f"{len(ids) - MOST_NAMED} more"] if len(ids) > MOST_NAMED else []
    return text.listing([*named, *more]) if named else ""
