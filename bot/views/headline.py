"""What a published result says, in sentences: who leads, how solid that is, what to do next, what to know."""

from collections.abc import Iterator, Sequence
from math import log
from uuid import UUID

from bot.domain.agreement import Agreement, camp_sizes
from bot.domain.analysis import LOW, find_asides
from bot.domain.criterion import MAX_WEIGHT, MIN_WEIGHT
from bot.domain.decision import Dossier, Status
from bot.domain.result import OF_COLLEAGUES, Result, ShownCell, WeightLimit
from bot.domain.stability import UNDECIDED, StabilityLabel
from bot.views.dossier import short_names, title_of
from bot.views.slack import text

CRITERION_ROOM = 60
NOTED_ROOM = 40
"""Of a name in the one sentence that tells all the camps."""
MOST_NAMED = 3
MOST_WEIGHTS = 2
COLLEAGUES = "Had other colleagues scored,"
AGAIN = {
    StabilityLabel.CLEAR: "would very probably lead too",
    StabilityLabel.LEANING: "would probably lead too",
}
VARIED = "when we vary who scored and how much each criterion weighs"
UNMEASURED = {
    StabilityLabel.CLEAR: "comes first in nearly all cases",
    StabilityLabel.LEANING: "comes first in most cases, not in all,",
    StabilityLabel.TOO_CLOSE: "often does not come first",
}
"""What shares and labels stood for before version 3 of results; the words for where no share may be shown."""
RESOLVES = "a decider presses *Resolve*"


def statement(dossier: Dossier, result: Result, *, room: int = 150) -> str:
    """Who leads and how solid that is, in one short sentence of mrkdwn. Names no leader where none can be told."""
    if not result.rows:
        return nothing(result)
    if not result.leaders:
        return "Nothing can be ranked: every option needs more scores."
    if result.label is StabilityLabel.SPLIT:
        return f"The team is split{_on_what(dossier, result)}."
    leaders = _options(dossier, result.leaders, room)
    if result.contested == result.leaders[:1]:
        return f"Only {leaders} has enough scores to be ranked."
    if len(result.leaders) > 1:
        tie = f"{leaders} share the first place"
        return f"{tie}." if result.label is None else f"Too close to call: {tie}."
    match result.label:
        case StabilityLabel.CLEAR:
            return f"{leaders} leads, and the lead is clear."
        case StabilityLabel.LEANING:
            return f"The team leans towards {leaders}."
        case StabilityLabel.TOO_CLOSE:
            return f"Too close to call: {_options(dossier, result.contested, room, last='or')}."
    return f"{leaders} leads."


def _on_what(dossier: Dossier, result: Result) -> str:
    """ " on *Trust*: 3 and 2", " on *Trust* (3 and 2) and *Cost* (4 and 2)"; "" where no criterion may be named."""
    parting: dict[UUID, list[tuple[int, int]]] = {}
    for cell in result.cells:
        if cell.camps:
            parting.setdefault(cell.criterion_id, []).append(cell.camps)
    named = [(f"*{criterion_name(dossier, criterion)}*", camp_sizes(camps)) for criterion, camps in parting.items()]
    if not named:
        return ""
    if len(named) == 1:
        (name, sizes), *_ = named
        return f" on {name}{f': {_sizes(sizes)}' if sizes else ''}"
    return f" on {text.listing(f'{name} ({_sizes(sizes)})' if sizes else name for name, sizes in named)}"


def _sizes(camps: tuple[int, int]) -> str:
    return f"{camps[0]} and {camps[1]}"


def solidity(dossier: Dossier, result: Result, *, room: int = 80) -> str | None:
    """What the label means, in plain words; None for ties and where nothing is known of it."""
    if len(result.leaders) != 1 or result.label is None:
        return None
    share, leader = result.rows[0].share, _options(dossier, result.leaders, room)
    if result.version < OF_COLLEAGUES:
        return _varied(leader, result.label, share)
    return f"{COLLEAGUES} {_of_colleagues(leader, result.label, share)}."


def _of_colleagues(leader: str, label: StabilityLabel, share: int | None) -> str:
    often = f"in about {share} of 100 cases" if share != 100 else "in practically all cases"
    if label in UNDECIDED:
        measured = f": {leader} leads {often.replace('in about', 'in only about')}"
        return f"another option might well lead{measured if share is not None else ''}"
    return f"{leader} {AGAIN[label]}{f': {often}' if share is not None else ''}"


def _varied(leader: str, label: StabilityLabel, share: int | None) -> str | None:
    """Of a result published before there was a label for split teams."""
    if label is StabilityLabel.SPLIT:
        return None
    often = UNMEASURED[label] if share is None else _comes_first(share, label)
    return f"{leader} {often} {VARIED}."


def _comes_first(share: int, label: StabilityLabel) -> str:
    cases = f"about {text.per_cent(share)} of the cases" if share < 100 else "practically all cases"
    return f"comes first in {'only ' if label is StabilityLabel.TOO_CLOSE else ''}{cases}"


def next_step(dossier: Dossier, result: Result) -> str | None:
    """What the team should do now; None once somebody has decided, or nobody will."""
    if dossier.decision.status is not Status.EVALUATING:
        return None
    if not result.leaders:
        return f"*Next:* {'' if result.rows else 'talk it over; then '}{RESOLVES}."
    talk = _talk(dossier, result)
    once_more = _or_once_more(dossier, result) if talk else ""
    return f"*Next:* {f'{talk}; then ' if talk else ''}{RESOLVES}{once_more}."


def _talk(dossier: Dossier, result: Result) -> str | None:
    """What to talk about first; None where the team agrees enough to decide at once, or nothing is known of that."""
    if result.label is StabilityLabel.SPLIT:
        return "hear both sides"
    names = [f"*{criterion_name(dossier, criterion)}*" for criterion in _camps(result)]
    if names and result.label:
        return f"hear both sides on {text.listing(names)}"
    if result.label not in (StabilityLabel.LEANING, StabilityLabel.TOO_CLOSE):
        return None
    topics = _criteria(dossier, _topics(result))
    return f"talk about {topics}" if topics else "talk it over"


def _or_once_more(dossier: Dossier, result: Result) -> str:
    """The other way, where the card offers it and the lead is not clear."""
    is_offered = result.invites_second_round and not dossier.is_second_round
    return " or *Second round*" if is_offered and result.label is not StabilityLabel.CLEAR else ""


def notes(dossier: Dossier, result: Result) -> list[str]:
    """How solid it is, where to talk, what to be careful with, what else would change the lead: one line each."""
    solid = solidity(dossier, result)
    return [
        *([f"• {solid}"] if solid else []),
        *_where_to_talk(dossier, result),
        *(f"• *Careful:* {line}" for line in warnings(dossier, result)),
        *(f"• {line}" for line in _asides(dossier, result)),
        *(f"• {line}" for line in _weights(dossier, result)),
        *(f"• {line}" for line in _confidence(dossier, result)),
    ]


def warnings(dossier: Dossier, result: Result) -> list[str]:
    """What speaks against those in first place: one line each. Where that place says little, none is said to lead."""
    leads = "" if result.label in UNDECIDED else " leads, but"
    low: dict[UUID, list[UUID]] = {}
    for option, criterion in result.low:
        low.setdefault(option, []).append(criterion)
    return [
        f"{title_of(dossier, option, room=80)}{leads} averages {LOW} or less on {_criteria(dossier, criteria)}."
        for option, criteria in list(low.items())[:MOST_NAMED]
    ]


def splits(dossier: Dossier, result: Result) -> str | None:
    """All on which the team is in two camps, in one sentence; None where it is in none, or the headline says it."""
    if result.label is StabilityLabel.SPLIT or not _camps(result):
        return None
    names = [f"*{criterion_name(dossier, criterion, room=NOTED_ROOM)}*" for criterion in _camps(result)]
    return f"The team is in two camps on {text.listing(names)}."


def _in_camps(dossier: Dossier, result: Result) -> str | None:
    """The same with the options in question, as the end of a sentence; whatever the headline says."""
    told = [
        f"*{criterion_name(dossier, criterion, room=NOTED_ROOM)}* ({_parted(dossier, cells)})"
        for criterion, cells in _camps(result).items()
    ]
    return f"the team is in two camps on {text.listing(told)}." if told else None


def _parted(dossier: Dossier, cells: Sequence[ShownCell]) -> str:
    """ "Half refund: 3 and 2; Credit note": the options in question, and how large the camps are where that is told."""
    options = [
        f"{title_of(dossier, cell.option_id, room=NOTED_ROOM)}"
        f"{f': {_sizes((max(cell.camps), min(cell.camps)))}' if cell.camps else ''}"
        for cell in cells[:MOST_NAMED]
    ]
    more = [f"{len(cells) - MOST_NAMED} more"] if len(cells) > MOST_NAMED else []
    return "; ".join([*options, *more])


def nothing(result: Result) -> str:
    scored, least = text.count("person", result.ballots), result.thresholds.ranking
    return f"No ranking: {scored} scored, and at least {least} must, or it would give away who scored what."


def turnout(result: Result) -> str:
    return f"{result.ballots} of {result.people} scored."


def criterion_name(dossier: Dossier, criterion_id: UUID, *, room: int = CRITERION_ROOM) -> str:
    name = short_names(dossier.criteria).get(criterion_id)
    return text.inline(name, room) if name else "a criterion that is gone"


def _where_to_talk(dossier: Dossier, result: Result) -> Iterator[str]:
    """The camps, if there are any; else on what opinions differ most, unless what is shown says that they agree."""
    camps, topics = _in_camps(dossier, result), _topics(result)
    if camps:
        yield f"• *Where to talk:* {camps}"
    elif topics:
        share = result.topics[0].share
        how_much = f": about {text.per_cent(share)} of the difference" if share else ""
        contested = _options(dossier, result.contested, 80)
        yield f"• *Where to talk:* opinions on {contested} differ most on {_criteria(dossier, topics)}{how_much}."


def _topics(result: Result) -> list[UUID]:
    """The first topic, and those that weigh the same; without those on which people do not really differ."""
    first = (topic.criterion_id for topic in result.topics if topic.share == result.topics[0].share)
    return [criterion for criterion in first if _is_worth_a_talk(result, criterion)]


def _is_worth_a_talk(result: Result, criterion_id: UUID) -> bool:
    """Whether opinions on the first two places are seen to differ; of few people, who see none, unless it is clear."""
    if not result.cells:
        return result.label is not StabilityLabel.CLEAR
    shown = (result.cell(option, criterion_id) for option in result.contested)
    return any(cell and cell.agreement is not Agreement.ALIGNED for cell in shown)


def _camps(result: Result) -> dict[UUID, list[ShownCell]]:
    """By criterion: the options in the first two places about which the team is in two camps."""
    found: dict[UUID, list[ShownCell]] = {}
    for cell in result.cells:
        if cell.agreement is Agreement.SPLIT and cell.option_id in result.contested:
            found.setdefault(cell.criterion_id, []).append(cell)
    return found


def _asides(dossier: Dossier, result: Result) -> Iterator[str]:
    split = {cell.option_id for cell in result.cells if cell.agreement is Agreement.SPLIT}
    asides = find_asides(result.dominated, label=result.label, leaders=result.leaders, split=split)
    for option, by in asides[:MOST_NAMED]:
        better = title_of(dossier, by[0], room=80)
        yield (
            f"You can leave {title_of(dossier, option, room=80)} aside: {better} is rated at least as high on every "
            "criterion."
        )


def _weights(dossier: Dossier, result: Result) -> Iterator[str]:
    if result.weight_limits is None:
        return
    leader = title_of(dossier, result.leaders[0], room=80)
    if not result.weight_limits and result.label not in UNDECIDED:
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
    if set(sure) != set(result.leaders):
        yield from [f"If surer scores counted more, {_options(dossier, sure, 80)} would lead."] if sure else []
    elif result.label not in UNDECIDED:
        yield "If surer scores counted more, the leader would be the same."


def _options(dossier: Dossier, ids: Sequence[UUID], room: int, *, last: str = "and") -> str:
    return _few([f"*{title_of(dossier, option, room=room)}*" for option in ids], last)


def _criteria(dossier: Dossier, ids: Sequence[UUID]) -> str:
    return _few([f"*{criterion_name(dossier, criterion)}*" for criterion in ids])


def _few(named: Sequence[str], last: str = "and") -> str:
    more = [f"{len(named) - MOST_NAMED} more"] if len(named) > MOST_NAMED else []
    return text.listing([*named[:MOST_NAMED], *more], last=last)
