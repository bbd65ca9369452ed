"""The learning page, as a window: words before numbers, and never more than so few cases support."""

from collections.abc import Sequence

from bot.domain.decision import DECISION_TYPES, Decision
from bot.domain.learning import MOST, Forecasts, Lessons
from bot.domain.ledger import Drift, Entry
from bot.domain.outcome import WORKED
from bot.domain.policy import Proposal
from bot.domain.rate import FEW, MANY, Rate, Separation, Voice
from bot.domain.reply import CHOICES
from bot.views.dossier import show_button
from bot.views.ledger import OUTCOMES, bullets, entry
from bot.views.slack import ids, kit, text

TITLE = "What outcomes teach"
DOTS = 10
ROOM = 2800
MOST_EVIDENCE = 6
_FEW_PEOPLE = "fewer than 3 people have decided these, so it would be about them"
_FEW_AT_ALL = "Nothing is said yet: fewer than 3 people have decided, so it would be about them."


def page(
    lessons: Lessons,
    lines: Sequence[Drift],
    ledger: Sequence[tuple[str, Entry]],
    proposals: Sequence[tuple[Proposal, Decision | None]],
    *,
    channel_id: str | None = None,
) -> kit.View:
    """ledger: (customer, entry); proposals: with the decision as which each was opened. channel_id: where the window
    was asked for, and so where the card of a proposal is to be."""
    blocks = [
        kit.section(f"*{known(lessons)}*"),
        kit.context(f'"Worked" means: {WORKED}.'),
        *_rates(lessons),
        *_part("How sure, and how right", _forecasts(lessons)),
        *_part("What told so beforehand", _scores(lessons)),
        *_part("Exceptions granted, by quarter", [_drift(line) for line in lines]),
        *_part("Lately, by customer", [f"*{text.inline(who, 80)}*: {entry(one)}" for who, one in ledger]),
        *[block for proposal, opened in proposals for block in _proposal(proposal, opened)],
    ]
    return kit.modal(TITLE, blocks, callback_id=ids.LEARN, close="Close", metadata={"channel": channel_id})


def known(lessons: Lessons) -> str:
    """ "Outcome known for 14 of 22 decisions", of those that are learnt from: of a big team the latest."""
    if not lessons.total:
        return "No decision is resolved yet"
    latest = "the latest " if lessons.total >= MOST else ""
    return f"Outcome known for {lessons.known} of {latest}{text.count('decision', lessons.total)}"


def _part(title: str, lines: Sequence[str]) -> list[kit.Block]:
    return [kit.divider(), kit.section(f"*{title}*\n{text.fit(bullets(lines), ROOM)}")] if lines else []


def _rates(lessons: Lessons) -> list[kit.Block]:
    if not lessons.total:
        return []
    if lessons.team is None:  # and so of no part either
        return [kit.divider(), kit.section(f"*How decisions turned out*\n{_FEW_AT_ALL}")]
    lines = [rate("All", lessons.team)]
    lines += [rate(DECISION_TYPES.get(kind, kind), found) for kind, found in lessons.types.items()]
    if lessons.followed and lessons.overridden:
        lines += [rate("With the ranking", lessons.followed), rate("Against the ranking", lessons.overridden)]
    note = kit.context(
        f"Below {FEW} known outcomes nothing is said, below {MANY} no number. A range is right in about 8 of 10 cases; "
        "the share of a part is drawn a little toward that of all."
    )
    return [*_part("How decisions turned out", lines), note]


def rate(name: str, found: Rate | None) -> str:
    """One line: as much as the number of cases supports, and always how many outcomes are known."""
    if found is None:
        return f"*{name}*: {_FEW_PEOPLE}"
    of = f"outcome known for {found.known} of {found.total}"
    if found.voice is Voice.NOTHING or found.share is None:
        return f"*{name}*: too few to say; {of}"
    if found.low is None or found.high is None:
        return f"*{name}*: first signs, {in_words(found.share)}; {of}"
    between = f"likely between {_whole(found.low)} and {text.per_cent(_whole(found.high))}"
    return f"*{name}*: worked in about {text.per_cent(_whole(found.share))}, {between}  {_dots(found.share)}; {of}"


def in_words(share: float) -> str:
    if share >= 0.7:
        return "mostly worked"
    return "mostly did not work" if share <= 0.3 else "some worked, some did not"


def _whole(share: float) -> int:
    return round(share * 100)


def _dots(share: float) -> str:
    full = min(max(round(share * DOTS), 1), DOTS - 1)  # no share of so few is certain
    return "●" * full + "○" * (DOTS - full)


def _forecasts(lessons: Lessons) -> list[str]:
    if lessons.forecasts is None:
        return []
    parts = [(DECISION_TYPES.get(kind, kind), found) for kind, found in lessons.forecasts_by_type.items()]
    return [_forecast(name, found) for name, found in [("All", lessons.forecasts), *parts]]


def _forecast(name: str, found: Forecasts) -> str:
    """What was said, in steps of 5 %, beside what happened: nobody's own number can be read from it."""
    count = f"{text.count('statement', found.happened.known)} so far"
    if found.said is None or found.brier is None:
        words = "too few to say" if found.happened.voice is Voice.NOTHING else "first signs only"
        return f"*{name}*: {words}; {count}"
    said = text.per_cent(5 * round(found.said * 20))
    skill = "" if found.skill is None else f", {_skill(found.skill)}"
    return f"{rate(name, found.happened)}; said on average: {said} (Brier {found.brier:.2f}{skill}; {count})"


def _skill(skill: float) -> str:
    if abs(skill) < 0.05:
        return "no better and no worse than always saying the average"
    return f"skill {skill:+.1f} against always saying the average"


def _scores(lessons: Lessons) -> list[str]:
    """The totals' correlation with its range; of the criteria only one that parts beyond chance."""
    lines = [f"The chosen option's total and what worked: {_correlation(lessons.totals)}"] if lessons.totals else []
    if lessons.criterion:
        name, found = lessons.criterion
        pairs = text.per_cent(_whole(max(found.share, 1 - found.share)))
        way = "higher" if found.share > 0.5 else "lower"
        lines.append(f"*{text.inline(name, 100)}* tells most: in {pairs} of pairs what worked had the {way} average")
    return lines


def _correlation(found: Separation) -> str:
    low, high = 2 * found.low - 1, 2 * found.high - 1
    beyond = "" if found.is_clear else ", which may be chance"
    counts = f"{found.worked} worked, {found.failed} did not"
    return f"rank correlation {found.correlation:+.1f}, likely between {low:+.1f} and {high:+.1f}{beyond} ({counts})"


def _drift(line: Drift) -> str:
    counts = ", ".join(
        f"{granted} of {asked} (Q{number} {year})"
        for granted, asked, (year, number) in zip(line.granted, line.requests, line.quarters, strict=True)
    )
    rising = " *This is rising.*" if line.is_rising else ""
    return f"{DECISION_TYPES.get(line.decision_type, line.decision_type)}: {counts}.{rising}"


def _proposal(proposal: Proposal, opened: Decision | None) -> list[kit.Block]:
    if opened:
        button = show_button(opened.id, opened.number, words="Show")
        sentence = f"{headline(proposal)} It is {opened.name} now."
    else:
        button, sentence = open_button(proposal), headline(proposal)
    return [kit.divider(), kit.section(sentence, accessory=button), *_evidence(proposal)]


def open_button(proposal: Proposal) -> kit.Element:
    return kit.button("Open as a decision", ids.OPEN_POLICY, value=proposal.key, label=f"Open it: {proposal.about}")


def headline(proposal: Proposal) -> str:
    """What is proposed, and why."""
    about = text.safe(proposal.about, 300)
    if proposal.grant is None:
        return f"*Look at the policy again.* Exceptions for {about} have become more frequent from quarter to quarter."
    worked = sum(case.worked is True for case in proposal.cases)
    return (
        f"*Write a policy?* {text.sentence_case(about)}: {text.count('case', len(proposal.cases))} within a year, each "
        f"answered {CHOICES[proposal.grant]}, and all {worked} whose outcome is known worked."
    )


def _evidence(proposal: Proposal) -> list[kit.Block]:
    lines = [f"#{case.number} {text.inline(case.title, 80)}, {OUTCOMES[case.worked]}" for case in proposal.cases]
    return [kit.context(text.fit(lines, ROOM, most=MOST_EVIDENCE))] if lines else []


def proposed(proposal: Proposal) -> kit.Message:
    """To an admin of the team, once."""
    words = headline(proposal)
    more = f"It is decided like everything else: criteria, options, secret scores. `{ids.COMMAND} learn` has all of it."
    blocks = [
        kit.section(f"{words}\n{more}"),
        *_evidence(proposal),
        kit.actions([open_button(proposal), kit.button("What outcomes teach", ids.LEARN)]),
    ]
    return kit.message(f"{words} {more}", blocks)
