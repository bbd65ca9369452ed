"""Who in the team may resolve, said before anybody scores: a choice that nobody may make is found out too late."""

from collections.abc import Sequence

from bot.domain.authority import AuthorityTable, highest_cost, required_authority
from bot.domain.decider import highest_reach
from bot.domain.decision import Dossier
from bot.domain.money import format_money
from bot.domain.team import Member, may_edit_team, who_edits
from bot.views.slack import ids, text

MOST_NAMED = 3


def who_gives(members: Sequence[Member]) -> str:
    """Who can make somebody a decider, and where. members: the active ones."""
    givers = who_edits(text.inline(m.name, 80) for m in members if may_edit_team(m, is_workspace_admin=False))
    return f"{text.sentence_case(givers)} can change that in {ids.COMMAND} setup."


def decider(level: int, table: AuthorityTable, currency: str) -> str:
    """ "a decider up to USD 10,000": who is needed, by what they may resolve."""
    top = table.ceiling(level)
    return f"a decider up to {format_money(top, currency)}" if top is not None else "a decider for any amount"


def reach(level: int, table: AuthorityTable, currency: str) -> str:
    """ "up to USD 10,000": what somebody may resolve."""
    top = table.ceiling(level)
    return f"up to {format_money(top, currency)}" if top is not None else "any amount"


def levels_hint(table: AuthorityTable, currency: str) -> str:
    """What each level reaches, for whoever gives one."""
    steps = [f"{level} up to {format_money(top, currency)}" for level, top in enumerate(table.ceilings, 1)]
    last = f"{len(table.ceilings) + 1} whatever it costs"
    levels = ", ".join([*steps, last])
    return f"What this person may resolve: {levels}; a high risk or a contract takes one more. Nobody raises their own."


def cost_hint(dossier: Dossier, members: Sequence[Member], table: AuthorityTable) -> str:
    """What an option may cost for somebody of the team to resolve with it. members: the active ones."""
    highest = highest_reach(dossier, members)
    case_takes = required_authority(dossier.decision.case, None, table)
    if case_takes > highest:
        needed = decider(case_takes, table, dossier.decision.currency)
        return (
            f"What it costs us; empty is 0. Whatever it costs, {dossier.decision.name} needs {needed}, and nobody in "
            f"the team is one yet. {who_gives(members)}"
        )
    ceiling = highest_cost(dossier.decision.case, highest, table)
    if ceiling is None:
        return "What it costs us; empty is 0. A costly option needs somebody who may decide more."
    more = ", since it is about a contract" if dossier.decision.case.is_contract else ", less with a high risk"
    return (
        "What it costs us; empty is 0. Somebody in your team may decide up to "
        f"{format_money(ceiling, dossier.decision.currency)}{more}."
    )


def out_of_reach(dossier: Dossier, members: Sequence[Member], table: AuthorityTable) -> str | None:
    """Which options nobody may resolve with, and the way out; None where there are none. members: the active ones."""
    highest = highest_reach(dossier, members)
    takes = [(o, required_authority(dossier.decision.case, o, table)) for o in dossier.options]
    beyond = [(o, needed) for o, needed in takes if needed > highest]
    if not beyond:
        return None
    named = [
        f'"{text.inline(o.title, 60)}" (needs {decider(needed, table, dossier.decision.currency)})'
        for o, needed in beyond[:MOST_NAMED]
    ]
    more = [f"{len(beyond) - MOST_NAMED} more"] if len(beyond) > MOST_NAMED else []
    return (
        f"*Nobody in the team may resolve with {text.listing([*named, *more], last='or')} yet.* {who_gives(members)} "
        "Scoring need not wait for it."
    )
