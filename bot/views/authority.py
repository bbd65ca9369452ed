"""Who in the team may resolve, said before anybody scores: a choice that nobody may make is found out too late."""

from collections.abc import Sequence

from bot.domain.authority import AuthorityTable, highest_cost, required_authority
from bot.domain.decider import highest_reach
from bot.domain.decision import Dossier
from bot.domain.money import format_money
from bot.domain.team import TOP_AUTHORITY, Member
from bot.views.slack import ids, text

MOST_NAMED = 3


def who_gives(members: Sequence[Member]) -> str:
    """Who can give authority, and where."""
    names = [text.inline(m.name, 80) for m in members if m.authority >= TOP_AUTHORITY][:MOST_NAMED]
    givers = text.listing([*names, "a workspace admin"], last="or")
    return f"{text.sentence_case(givers)} can give authority in {ids.COMMAND} setup."


def levels_hint(table: AuthorityTable, currency: str) -> str:
    """What each level reaches, for whoever gives one."""
    steps = [f"{level} up to {format_money(top, currency)}" for level, top in enumerate(table.ceilings, 1)]
    last = f"{len(table.ceilings) + 1} whatever it costs"
    reach = ", ".join([*steps, last])
    return f"What this person may resolve: {reach}; a high risk or a contract takes one more. Nobody raises their own."


def cost_hint(dossier: Dossier, members: Sequence[Member], table: AuthorityTable) -> str:
    """What an option may cost for somebody of the team to resolve with it. members: the active ones."""
    reach = highest_reach(dossier, members)
    case_takes = required_authority(dossier.decision.case, None, table)
    if case_takes > reach:
        return (
            f"What it costs us; empty is 0. Whatever it costs, resolving {dossier.decision.name} takes authority "
            f"{case_takes}, which nobody in the team has for it yet: a workspace admin can give it in "
            f"{ids.COMMAND} setup."
        )
    ceiling = highest_cost(dossier.decision.case, reach, table)
    if ceiling is None:
        return "What it costs us; empty is 0. A costly option takes more authority to resolve with."
    more = ", since it is about a contract" if dossier.decision.case.is_contract else "; a high risk takes one more"
    return (
        f"What it costs us; empty is 0. The team's highest authority for it is {reach}, good for up to "
        f"{format_money(ceiling, dossier.decision.currency)}{more}."
    )


def out_of_reach(dossier: Dossier, members: Sequence[Member], table: AuthorityTable) -> str | None:
    """Which options nobody may resolve with, and the way out; None where there are none. members: the active ones."""
    reach = highest_reach(dossier, members)
    takes = [(o, required_authority(dossier.decision.case, o, table)) for o in dossier.options]
    beyond = [(o, needed) for o, needed in takes if needed > reach]
    if not beyond:
        return None
    named = [f'"{text.inline(o.title, 60)}" (authority {needed})' for o, needed in beyond[:MOST_NAMED]]
    more = [f"{len(beyond) - MOST_NAMED} more"] if len(beyond) > MOST_NAMED else []
    return (
        f"*Nobody in the team may resolve with {text.listing([*named, *more], last='or')} yet.* {who_gives(members)} "
        "Scoring need not wait for it."
    )
