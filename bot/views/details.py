"""Everything about one decision that its team may see, in a modal: what the card has no room for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bot.domain.authority import AuthorityTable, decider, reach, required_authority
from bot.domain.by import By
from bot.domain.decider import acts_for, authority_on, may_carry
from bot.domain.decision import Case, Dossier, Status
from bot.domain.option import Option
from bot.domain.outcome import Forecast
from bot.domain.permission import allowed
from bot.domain.precedent import Precedents
from bot.domain.round import Round, RoundMember
from bot.domain.sketch import Sketch
from bot.domain.team import Member
from bot.domain.waiting import leading
from bot.views import precedent, result, second_round, usergroup
from bot.views.authority import may_decide, who_gives
from bot.views.comment import comment_sections
from bot.views.dossier import (
    buttons,
    closing_line,
    criterion_lines,
    due_line,
    name_of,
    option_facts,
    outcome_lines,
    progress,
    proposal_lines,
    result_title,
    round_lines,
    standing_line,
    suggested_mark,
    summary_facts,
)
from bot.views.ledger import before_in_details
from bot.views.outcome import stated
from bot.views.promise import shown_afterwards
from bot.views.sketch import read
from bot.views.slack import ids, kit, text
from bot.views.thread import in_short

ROOMS = (3000, 1000, 300)
"""Characters per long text; the first with which the view fits is used. A view is measured in bytes, so the later ones
are needed where a decision is full of emoji or of Chinese: up to four bytes a character."""
VIEW_BYTES = 240_000


def details(
    dossier: Dossier,
    by: By,
    *,
    deciders: Sequence[Member] = (),
    comments: Sequence[tuple[UUID, str]] = (),
    precedents: Precedents | None = None,
    forecast: Forecast | None = None,
    sketch: Sketch | None = None,
    thread: str = "",
    joined: usergroup.Joined | None = None,
) -> kit.View:
    """For members of the team only: it holds the customer's e-mail.

    deciders: active members, of whom those with enough authority are named. comments: the published ones.
    precedents: the cases like this one; None: nothing is said about them. forecast: what `by` stated; nobody
    else sees it. sketch: what a language model made of the text; thread: of the thread beneath the card, or ''. joined:
    whom the owner may still ask to score.
    """
    decision, now = dossier.decision, by.now
    for room in ROOMS:
        blocks = [
            *_top(dossier, by),
            *_ending(dossier),
            *([kit.section("\n".join(proposed))] if (proposed := proposal_lines(dossier, reason_room=1000)) else []),
            *([stated(forecast)] if forecast else []),
            *_result(dossier),
            *before_in_details(dossier),
            *_case(dossier, now),
            *in_short(thread),
            *(read(sketch, dossier.decision.case) if sketch else []),
            *_options(dossier, by.rules.authority, room),
            *_criteria(dossier, room),
            *_scoring(dossier, now),
            *usergroup.offer(joined, decision_id=decision.id),
            *_precedents(precedents, dossier, now),
            *_authority(dossier, by, deciders),
        ]
        left = kit.MODAL_BLOCKS - len(blocks)
        blocks += comment_sections(dossier, comments, sections=left, room=room)
        if kit.size_bytes(blocks) <= VIEW_BYTES:
            break
    return kit.modal(
        f"Decision {decision.name}",
        blocks,
        callback_id=ids.SHOW,
        close="Close",
        metadata={"decision": str(decision.id)},
    )


def _is_over(dossier: Dossier) -> bool:
    return dossier.decision.status in (Status.RESOLVED, Status.CANCELLED)


def _top(dossier: Dossier, by: By) -> list[kit.Block]:
    """Where it stands, and what this person may do."""
    decision, now = dossier.decision, by.now
    top = f"{decision.name} · {decision.case.title}"
    first = leading(dossier.brief, now, is_orphaned=dossier.is_orphaned)
    elements = buttons(decision, allowed(dossier, by), leading=first, is_again=dossier.is_finished)
    return [
        kit.header(top),
        *([kit.paragraph(top)] if len(top) > kit.HEADER else []),
        kit.context(progress(dossier), standing_line(dossier, now)),
        *([kit.actions(elements)] if elements else []),
    ]


def _known(case: Case) -> list[tuple[str, str]]:
    """What else is known of the customer; nothing of what nobody gave."""
    months = case.relationship_duration_months
    facts = [
        ("Customer id", case.customer_id),
        ("Customer e-mail", case.customer_email),
        ("Customer for", text.count("month", months) if months else None),
    ]
    return [(name, text.inline(said, 500)) for name, said in facts if said]


def _case(dossier: Dossier, now: datetime) -> list[kit.Block]:
    case, permalink = dossier.decision.case, dossier.decision.permalink
    is_link = permalink is not None and text.is_link(permalink)
    source = text.link(permalink or "", "The message this began with") if is_link else None
    return [
        kit.divider(),
        kit.facts([*summary_facts(dossier, room=600), *_known(case)]),
        kit.context(
            closing_line(dossier, now) if _is_over(dossier) else due_line(dossier, now), *([source] if source else [])
        ),
        kit.section("*Description*"),
        kit.paragraph(case.description or "Not written yet."),
    ]


def _criteria(dossier: Dossier, room: int) -> list[kit.Block]:
    if not dossier.criteria:
        return []
    lines = criterion_lines(dossier.criteria, room=400)
    return [
        kit.divider(),
        kit.section("*Criteria*"),
        *(
            kit.section(f"{line}\n{text.inline(criterion.description, min(room, 2400))}".strip())
            for line, criterion in zip(lines, dossier.criteria, strict=True)
        ),
    ]


def _options(dossier: Dossier, table: AuthorityTable, room: int) -> list[kit.Block]:
    if not dossier.options:
        return []
    is_closed = dossier.round is not None and dossier.round.closed_at is not None
    blocks = [kit.divider(), kit.section("*Options*")]
    for option in dossier.options:
        needed = _needed(dossier, option, table)
        facts = f"{option_facts(option, dossier.decision.currency)}{suggested_mark(option)}{needed}"
        proposer = name_of(dossier, option.created_by) if is_closed else None
        by = f" · proposed by {text.inline(proposer, 80)}" if proposer else ""
        blocks.append(kit.section(f"*{text.inline(option.title, 800)}*\n{facts}{by}"))
        blocks.append(kit.paragraph(text.cut(option.description, room)))
    return blocks


def _needed(dossier: Dossier, option: Option, table: AuthorityTable) -> str:
    """Who may resolve with this option; nothing once that is over."""
    if _is_over(dossier):
        return ""
    level = required_authority(dossier.decision.case, option, table)
    return f" · needs {decider(level, table, dossier.decision.currency)}"


def _scoring(dossier: Dossier, now: datetime) -> list[kit.Block]:
    if dossier.round is None:
        return []
    why, is_published = dossier.round.override_reason, dossier.round.published_at is not None
    override = [f"Published although too few had scored: {text.inline(why, 1200)}"] if why else []
    return [
        kit.divider(),
        kit.section(
            f"*{'Scoring, second round' if dossier.is_second_round else 'Scoring'}*\n"
            + text.fit([*round_lines(dossier, now), *override], 2900)
        ),
        *_people(dossier.round),
        *([] if is_published or _is_over(dossier) else [kit.context(shown_afterwards(dossier.round))]),
    ]


def _people(round_: Round) -> list[kit.Block]:
    """Who has scored and who has not; a group that nobody is in is left out."""
    return [
        *_named("Have scored", [m for m in round_.members if m.submitted]),
        *_named("Have not scored", [m for m in round_.roster if not m.submitted]),
        *_named("Excused", [m for m in round_.members if m.is_excused]),
    ]


def _named(title: str, members: Sequence[RoundMember]) -> list[kit.Block]:
    names = [text.inline(m.name, 80) for m in members]
    return [kit.section(f"*{title}*\n{text.fit(_rows(names), 2900)}")] if names else []


def _rows(names: Sequence[str]) -> list[str]:
    """Names four a line, so that of many people few are lost when it is cut; commas between all of them."""
    rows = [", ".join(names[i : i + 4]) for i in range(0, len(names), 4)]
    return [*(f"{row}," for row in rows[:-1]), *rows[-1:]]


def _authority(dossier: Dossier, by: By, deciders: Sequence[Member]) -> list[kit.Block]:
    """Who may resolve; nothing once that is over."""
    if _is_over(dossier):
        return []
    case, table, currency = dossier.decision.case, by.rules.authority, dossier.decision.currency
    levels = sorted({required_authority(case, o, table) for o in dossier.options or (None,)})
    most = f", for some options {reach(levels[-1], table, currency)}" if len(levels) > 1 else ""
    so_far = "" if dossier.options else " A costly or risky option needs more."
    yours = may_decide(dossier.decision, by)
    who = _who_may(dossier, deciders, levels[0], table)
    return [
        kit.divider(),
        kit.section(f"*Needs {decider(levels[0], table, currency)}{most}.*{so_far} {yours}\n{who}"),
    ]


def _who_may(dossier: Dossier, deciders: Sequence[Member], least: int, table: AuthorityTable) -> str:
    able = sorted((m for m in deciders if may_carry(dossier.decision, m, least)), key=lambda m: (-m.authority, m.name))
    if not able:
        return f"Nobody in the team may resolve it yet. {who_gives(deciders)}"
    return f"Who may resolve: {text.fit(_rows([_able(dossier, m, table) for m in able]), 2400)}."


def _able(dossier: Dossier, member: Member, table: AuthorityTable) -> str:
    """ "Mike Chen (up to USD 50,000, away)", "Tom Becker (up to USD 50,000, in the place of Mike Chen)"."""
    level = authority_on(dossier.decision, member)
    absent = acts_for(dossier.decision, member, level)
    place = f", in the place of {text.inline(absent.name, 80)}" if absent else ""
    away = ", away" if member.away_until else ""
    return f"{text.inline(member.name, 80)} ({reach(level, table, dossier.decision.currency)}{place}{away})"


def _result(dossier: Dossier) -> list[kit.Block]:
    latest = [kit.divider(), kit.section(f"*{result_title(dossier)}*"), *result.lines(dossier)]
    return [*(latest if dossier.result else []), *second_round.first_in_details(dossier)]


def _precedents(found: Precedents | None, dossier: Dossier, now: datetime) -> list[kit.Block]:
    return [] if found is None else [kit.divider(), *precedent.panel(found, dossier, now=now)]


def _ending(dossier: Dossier) -> list[kit.Block]:
    outcome = dossier.outcome
    blocks = []
    if dossier.decision.status is Status.CANCELLED:
        blocks += [kit.section("*Cancelled*"), kit.paragraph(dossier.decision.cancel_reason or "No reason was given.")]
    if outcome:
        blocks += [kit.section("\n".join(outcome_lines(dossier, reason_room=1500)))]
    if outcome and outcome.outcome_notes:
        blocks += [kit.section("*Notes on the outcome*"), kit.paragraph(outcome.outcome_notes)]
    return blocks
