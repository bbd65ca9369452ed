"""Direct messages about what waits for one person and what is news to them, alone or as a digest.

Never a name of who is missing. Nothing asks to type: nobody can write in the app's own conversation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable, decider, reach
from bot.domain.decision import TIERS, Brief, Dossier, Status
from bot.domain.option import MIN_OPTIONS
from bot.domain.outcome import WORKED
from bot.domain.round import LEFT_ALONE, Round, quorum
from bot.domain.waiting import Kind, Waiting
from bot.views import dossier as pieces
from bot.views import headline as result_headline
from bot.views.outcome import answer_buttons
from bot.views.slack import ids, kit, text
from bot.views.waiting import button_words

MOST_LINES = 10
"""A digest that grows longer is cut; the Home tab has the rest."""
CASE_LENGTH = 200
"""Characters of what has happened; all of it is on the card."""


@dataclass(frozen=True)
class Told:
    """One thing to tell."""

    brief: Brief
    waits: Waiting
    takes: int = 1
    """The least authority with which it can be resolved."""
    table: AuthorityTable = field(default_factory=AuthorityTable)
    """What each authority may decide."""
    is_first: bool = False
    """Whether it is the first word of it to the reader."""
    link: str | None = None
    """To the card, where there is one."""
    dossier: Dossier | None = None
    """Where the message is to say how the team scored, or who decided."""

    @property
    def customer(self) -> str:
        return text.inline(self.brief.decision.case.customer_name, 80)


def nudge(items: Sequence[Told], *, authority: int) -> kit.Message:
    """`items`: one or more, most urgent first; `authority` is the reader's."""
    return _single(items[0], authority) if len(items) == 1 else _digest(items, authority)


def _single(item: Told, authority: int) -> kit.Message:
    heading, reason = headline(item), reason_for(item, authority)
    case = f"{_case(item)}\n" if item.waits.kind is Kind.SCORE and item.is_first else ""
    shown = [] if item.link or item.waits.action is None else [_show_button(item)]
    link = [kit.context(_link(item, "Open the card"))] if item.link else []
    buttons = [_button(item), *shown, *_snooze([item]), settings_button()]
    blocks = [kit.section(f"*{heading}*\n{case}{reason}"), *_meaning(item), kit.actions(buttons), *link]
    return kit.message(text.one_line(f"{text.ended(heading)} {reason}"), blocks)


def _case(item: Told) -> str:
    """The case in two lines beside its title: about whom, and what has happened."""
    d, case = item.brief.decision, item.brief.decision.case
    about = [item.customer, TIERS.get(case.customer_tier, text.inline(case.customer_tier, 50))]
    if case.financial_impact is not None:
        about.append(f"{text.money(case.financial_impact, d.currency)} at stake")
    return "\n".join([" · ".join(about), *filter(None, [text.inline(case.description, CASE_LENGTH)])])


def _link(item: Told, words: str) -> str:
    return text.link(item.link, words) if item.link else ""


def _snooze(items: Sequence[Told]) -> list[kit.Element]:
    """Only where something waits; of news nobody is reminded."""
    return [] if all(i.waits.kind.is_news for i in items) else [snooze_button()]


def _digest(items: Sequence[Told], authority: int) -> kit.Message:
    for most, answers in ((MOST_LINES, MOST_LINES), (MOST_LINES, 3), (MOST_LINES, 0), (MOST_LINES // 2, 0)):
        blocks = _lines(items, authority, most=most, answers=answers)
        if kit.size(blocks) <= kit.MESSAGE_ROOM:
            break
    spoken = " ".join(text.ended(headline(i, room=100)) for i in items[:3])
    return kit.message(f"{top(items)}. {spoken}", blocks)


def _lines(items: Sequence[Told], authority: int, *, most: int, answers: int) -> list[kit.Block]:
    """answers: so many of the first lines have buttons to answer by one press."""
    shown = items[:most]
    blocks = [kit.section(f"*{top(items)}*")]
    for place, i in enumerate(shown):
        words = f"*{headline(i, room=100)}*\n{reason_for(i, authority)} {_link(i, 'Open the card')}".rstrip()
        blocks += [kit.section(words, accessory=_button(i)), *(_answers(i) if place < answers else [])]
    if len(items) > len(shown):
        blocks.append(kit.context(f"… and {len(items) - len(shown)} more: see the Home tab"))
    return [*blocks, kit.actions([*_snooze(items), settings_button()])]


def _answers(item: Told) -> list[kit.Block]:
    """By one press each, how it turned out."""
    outcome = item.brief.outcome
    is_asked = item.waits.kind in (Kind.OUTCOME, Kind.FOLLOW_UP) and outcome is not None
    return [kit.actions(answer_buttons(item.brief.decision, outcome))] if is_asked and outcome else []


def _meaning(item: Told) -> list[kit.Block]:
    """The same with what "worked" means."""
    answers = _answers(item)
    return [kit.context(f'"Worked" means: {WORKED}.'), *answers] if answers else []


def top(items: Sequence[Told]) -> str:
    """ "2 things wait for you, and there is news"."""
    news = sum(i.waits.kind.is_news for i in items)
    if news == len(items):
        return f"News of {text.count('decision', news)}"
    waiting = len(items) - news
    things = f"{text.count('thing', waiting)} {'waits' if waiting == 1 else 'wait'} for you"
    return f"{things}, and there is news" if news else things


def headline(item: Told, *, room: int = 150) -> str:
    """ "Score #42 Refund for the outage", as mrkdwn."""
    d, waits = item.brief.decision, item.waits
    verb = "Start scoring" if waits.action is Action.START_SCORING else _VERBS[waits.kind]
    return f"{verb} {d.name} {text.inline(d.case.title, room)}"


_VERBS = {
    Kind.TAKE_OVER: "Take over",
    Kind.ORPHANED: "Urgent and without an owner:",
    Kind.COMPLETE: "Fill in the case of",
    Kind.CRITERIA: "Set the criteria of",
    Kind.OPTIONS: "Find options for",
    Kind.SCORE: "Score",
    Kind.TOO_FEW: "Too few left to score",
    Kind.UNDECIDED: "Too few have scored:",
    Kind.RESOLVE: "Resolve",
    Kind.BEYOND: "Resolve",
    Kind.INFORM: "Tell the customer:",
    Kind.OUTCOME: "Did it work?",
    Kind.PROMISE: "A reply was promised:",
    Kind.FOLLOW_UP: "Follow up on",
    Kind.RESULT: "Result of",
    Kind.RESOLVED: "Decided:",
    Kind.CALLED_OFF: "Called off:",
    Kind.STALLED: "Urgent and waiting:",
    Kind.SCORING: "Urgent and still being scored:",
    Kind.NO_QUORUM: "Urgent, and too few have scored:",
    Kind.UNRESOLVED: "Urgent and not resolved:",
}
"""Of all that nudges say."""


def reason_for(item: Told, authority: int) -> str:
    """Why this reaches the reader, with counts and dates only; `authority` is the reader's."""
    kind = item.waits.kind
    if kind is Kind.BEYOND:
        return _beyond(item, authority)
    why = _WHY[kind](item) if kind in _WHY else _of_round(item)
    return f"{why} You hear of it because you may decide {_reach(item, authority)}." if kind.is_escalation else why


def _reach(item: Told, authority: int) -> str:
    """ "up to USD 10,000"."""
    return reach(authority, item.table, item.brief.decision.currency)


def _beyond(item: Told, authority: int) -> str:
    return (
        f"The result is published, but it needs {decider(item.takes, item.table, item.brief.decision.currency)}, and "
        f"nobody in the team is one who may resolve it. You come closest: you may decide {_reach(item, authority)}. "
        f"A workspace admin can change that in {ids.COMMAND} setup."
    )


def _take_over(item: Told) -> str:
    gone = text.inline(item.waits.gone or "The owner", 80)
    return (
        f"{gone}, who owned it, is no longer active, and it is in {item.brief.decision.place}. "
        "Whoever takes it over becomes its owner."
    )


def _complete(item: Told) -> str:
    return f"The case of {item.customer} still lacks something before the team can set criteria."


def _criteria(_item: Told) -> str:
    return "Options can be proposed once its criteria are submitted."


def _options(item: Told) -> str:
    options = item.brief.options
    if len(options) < MIN_OPTIONS:
        return f"It has {text.count('option', len(options))} so far, and scoring takes two."
    return f"It has {len(options)} options. Once the list is complete, scoring starts when you say so."


def _resolve(item: Told) -> str:
    return f"{_statement(item)} You can decide it now. {item.customer} waits for the answer."


def _statement(item: Told) -> str:
    """What the result says, in one sentence or two, as on the card."""
    found = item.dossier
    return result_headline.statement(found, found.result) if found and found.result else "The result is there."


def _result(item: Told) -> str:
    owner = text.inline(item.dossier.owner.name, 80) if item.dossier else "Its owner"
    also = f" {owner} is asked to decide; you can as well." if item.waits.action else ""
    return f"{_statement(item)}{also}"


def _resolved(item: Told) -> str:
    """What was chosen, by whom and why."""
    outcome, resolver = item.brief.outcome, item.dossier.resolver if item.dossier else None
    if outcome is None:
        return ""
    chosen = next((o.title for o in item.brief.options if o.id == outcome.selected_option_id), "an option that is gone")
    by = f", by {text.inline(resolver.name, 80)}" if resolver else ""
    return f"*{text.inline(chosen)}*{by}\n{text.quote(outcome.reason, 500)}"


def _called_off(item: Told) -> str:
    d = item.brief.decision
    if d.status is Status.CANCELLED:
        return f"The decision is cancelled, and nothing waits for you.\n{text.quote(d.cancel_reason or '', 500)}"
    return "Scoring starts over: nothing waits for you until you are asked again."


def _unresolved(_item: Told) -> str:
    return "The result is published, and nobody has resolved it yet."


def _inform(item: Told) -> str:
    return f"It is resolved. Press the button once {item.customer} has the answer."


def _outcome(_item: Told) -> str:
    return "How did it turn out? One press is enough, details can follow."


def _promise(item: Told) -> str:
    at = item.brief.decision.case.promised_by
    return f"{item.customer} was promised a reply{f' by {text.moment(at)}' if at else ''}, and has none yet."


def _follow_up(item: Told) -> str:
    at = item.brief.outcome.follow_up_date if item.brief.outcome else None
    return f"You noted a follow-up with {item.customer}{f' for {text.day(at)}' if at else ''}."


def _stalled(item: Told) -> str:
    d = item.brief.decision
    expected = d.case.expected_resolution_date
    until = f" until it is to be resolved, {text.moment(expected)}" if expected else ""
    return f"More than half of the time{until} is over, and it is still in {d.place}."


_WHY: dict[Kind, Callable[[Told], str]] = {
    Kind.TAKE_OVER: _take_over,
    Kind.ORPHANED: _take_over,
    Kind.COMPLETE: _complete,
    Kind.CRITERIA: _criteria,
    Kind.OPTIONS: _options,
    Kind.RESOLVE: _resolve,
    Kind.UNRESOLVED: _unresolved,
    Kind.RESULT: _result,
    Kind.RESOLVED: _resolved,
    Kind.CALLED_OFF: _called_off,
    Kind.INFORM: _inform,
    Kind.OUTCOME: _outcome,
    Kind.PROMISE: _promise,
    Kind.FOLLOW_UP: _follow_up,
    Kind.STALLED: _stalled,
}
"""Why, for what does not depend on how far the scoring is."""


def _of_round(item: Told) -> str:
    found = item.brief.round
    return _WHY_IN_ROUND[item.waits.kind](found) if found else f"It is in {item.brief.decision.place}."


def _score(found: Round) -> str:
    again = "A second round, scored afresh. " if found.is_second else ""
    so_far = f"{found.turnout}; scoring" if found.ballots else "Scoring"
    return f"{again}{so_far} closes {text.moment(found.closes_at)}. It takes a few minutes."


def _too_few(found: Round) -> str:
    way_out = (
        "A second round cannot start over: cancel the decision, or publish anyway once it has closed."
        if found.is_second
        else "Start over with other people, or cancel the decision."
    )
    return (
        f"{len(found.roster)} of {len(found.members)} people can still score, since the rest became inactive, "
        f"and it takes two. {way_out} Nobody is asked to score meanwhile."
    )


def _undecided(found: Round) -> str:
    if found.is_too_small:
        return (
            f"Scoring has closed, and {text.count('person', found.ballots)} scored. The others became inactive, so "
            f"extending it brings no more: publish anyway with a reason, or cancel. {_left_alone(found)}"
        )
    return (
        f"{_quorum(found)} Scoring has closed: extend it, publish anyway with a reason, or cancel. {_left_alone(found)}"
    )


def _left_alone(found: Round) -> str:
    then = "is given up, and the first round stands" if found.is_second else "starts over"
    return f"Left alone for {LEFT_ALONE.days} days it {then}; its scores are deleted then."


def _scoring(found: Round) -> str:
    way_out = "that is enough to close it now" if found.has_quorum else "ask in its thread what keeps it"
    return (
        f"More than half of the time to its closing, {text.moment(found.closes_at)}, is over. "
        f"{_quorum(found).removesuffix('.')}: {way_out}."
    )


_WHY_IN_ROUND: dict[Kind, Callable[[Round], str]] = {
    Kind.SCORE: _score,
    Kind.TOO_FEW: _too_few,
    Kind.UNDECIDED: _undecided,
    Kind.NO_QUORUM: _undecided,
    Kind.SCORING: _scoring,
}
"""Why, for what is about a round of scoring."""


def _quorum(found: Round) -> str:
    return f"{found.turnout}, and at least {quorum(len(found.roster))} must."


def _button(item: Told) -> kit.Element:
    d, action = item.brief.decision, item.waits.action
    if action is None:
        return _show_button(item)
    # What leads on from an open round is the ballot, as on the card; to close it early is merely possible.
    leading = None if action is Action.CLOSE_SCORING else action
    (button,) = pieces.buttons(d, [action], leading=leading)
    return {**button, "text": kit.plain_text(button_words(item.waits) or action.label, kit.BUTTON)}


def _show_button(item: Told) -> kit.Element:
    return pieces.show_button(item.brief.decision.id, item.brief.decision.number)


def score_again(found: Dossier) -> kit.Message:
    """To somebody who had scored, after a backup was restored. found: with an open round."""
    d, card = found.decision, found.card
    heading = f"Please score {d.name} {text.inline(d.case.title, 150)} again"
    closes = f" Scoring closes {text.moment(found.round.closes_at)}." if found.round else ""
    buttons = [*pieces.buttons(d, [Action.SCORE], leading=Action.SCORE), settings_button()]
    link = [kit.context(text.link(card.permalink, "Open the card"))] if card and card.permalink else []
    blocks = [kit.section(f"*{heading}*\n{_LOST}{closes}"), kit.actions(buttons), *link]
    return kit.message(text.one_line(f"{text.ended(heading)} {_LOST}"), blocks)


_LOST = (
    "Conclave was restored from a backup. Backups leave out the scores of rounds that are not published, so that "
    "nobody can read them there: yours have to be given once more."
)


def snooze_button() -> kit.Element:
    return kit.button("Snooze until tomorrow", ids.SNOOZE, value="tomorrow")


def settings_button() -> kit.Element:
    return kit.button("My settings", ids.OPEN_SETTINGS)


def snoozed(until: datetime) -> kit.Message:
    """Only the person who pressed reads it."""
    sentence = f"Quiet until {text.moment(until)}. What waits is on your Home tab."
    return kit.message("Quiet until your next working day.", [kit.section(sentence)])
