"""Who in the team may resolve, said before anybody scores: a choice that nobody may make is found out too late."""

from collections.abc import Sequence

from bot.domain.authority import AuthorityTable, decider, highest_cost, least_for_any, reach, required_authority
from bot.domain.by import By
from bot.domain.decider import acts_for, authority_on, highest_reach
from bot.domain.decision import Case, Decision, Dossier
from bot.domain.money import format_money
from bot.domain.team import TOP_AUTHORITY, Member, may_edit_team, who_edits
from bot.views.slack import ids, text

MOST_NAMED = 3


def who_gives(members: Sequence[Member]) -> str:
    """Who can make somebody a decider, and where. members: the active ones."""
    givers = who_edits(text.inline(m.name, 80) for m in members if may_edit_team(m, is_workspace_admin=False))
    return f"{text.sentence_case(givers)} can change that in {ids.COMMAND} setup."


LEVELS_HINT = "A high risk or a contract takes one step more. Nobody raises their own."


def levels(table: AuthorityTable, currency: str, *, top: int = TOP_AUTHORITY) -> dict[int, str]:
    """What each level up to `top` may decide, for whoever gives one."""
    return {level: reach(level, table, currency) for level in range(1, top + 1)}


def stake(case: Case, table: AuthorityTable, currency: str) -> str | None:
    """What the amount that was typed takes, said while one types; None where there is nothing to say of it."""
    level = required_authority(case, None, table)
    needed = decider(level, table, currency)
    if case.financial_impact is not None:
        return f"{format_money(case.financial_impact, currency)}: needs {needed}."
    return f"Amount unknown: needs {needed}; give the amount to lower it." if case.is_about_money else None


def cost_hint(dossier: Dossier, members: Sequence[Member], table: AuthorityTable) -> str:
    """What options may cost for somebody of the team to resolve with them. members: the active ones."""
    case, currency = dossier.decision.case, dossier.decision.currency
    highest, least = highest_reach(dossier, members), least_for_any(case, table)
    if least > highest:
        return (
            f"Whatever an option costs, {dossier.decision.name} needs {decider(least, table, currency)}, and nobody in "
            f"the team is one yet. {who_gives(members)}"
        )
    ceiling, unknown = highest_cost(case, highest, table), _cost_unknown(case, table, currency)
    if ceiling is None:
        return f"{unknown}A costly option needs somebody who may decide more."
    more = ", since it is about a contract" if case.is_contract else ", less with a high risk"
    return f"{unknown}Somebody in your team may decide up to {format_money(ceiling, currency)}{more}."


def _cost_unknown(case: Case, table: AuthorityTable, currency: str) -> str:
    """Where neither amount is known, what an option without a cost takes."""
    if case.financial_impact is not None or not case.is_about_money:
        return ""
    needed = decider(required_authority(case, None, table), table, currency)
    return f"Amount unknown: without a cost an option needs {needed}; give the cost to lower it. "


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


def may_decide(decision: Decision, by: By) -> str:
    """ "You may decide up to USD 50,000, in the place of Mike Chen, who is away."."""
    level = authority_on(decision, by.member)
    absent = acts_for(decision, by.member, level)
    place = f", in the place of {text.inline(absent.name, 80)}, who is away" if absent else ""
    return f"You may decide {reach(level, by.rules.authority, decision.currency)}{place}."
