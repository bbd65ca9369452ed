"""Steps of people in a team at work, by hand in Slack, and Lisa's decision in every state that offers something.

Lisa owns it (authority 1), Mike decides (4), Tom and Sarah score with her, Sarah runs the team (5).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from bot.domain.action import Action
from tests.support.known import known
from tests.support.team import Team

Step = Callable[[Any], Awaitable[None]]
FULL, PARTIAL = "Full refund", "Partial credit"
VOUCHER = {"Option 1": "A voucher"}
NAMES = {"sarah": "Sarah Johnson", "mike": "Mike Chen", "lisa": "Lisa Rodriguez", "tom": "Tom Becker"}
RECUSE = "I should not score this one"
REASON = {"Reason": "So that it ends."}


# --- Lisa's decision, up to where its next step is offered -----------------------------------------------------------


async def defining(team: Team) -> None:
    await team.open(by="lisa", description="")


async def criteria(team: Team) -> None:
    """As decisions stand that were opened before their type's criteria came with them."""
    await team.open(by="lisa")
    await team.change("UPDATE customer_decisions SET current_phase = 2 WHERE id = %s", team.decision_id)


async def options(team: Team) -> None:
    await team.to_options(by="lisa")


async def toms_option(team: Team) -> None:
    await options(team)
    await does(team, "tom", Action.PROPOSE_OPTION, VOUCHER)


async def toms_options(team: Team) -> None:
    await toms_option(team)
    await does(team, "tom", Action.PROPOSE_OPTION, {"Option 1": "An apology"})


async def scoring(team: Team) -> None:
    await team.to_scoring("lisa", "tom", "sarah", by="lisa")


async def tom_has_scored(team: Team) -> None:
    await scoring(team)
    await team.save_pages("tom")


async def sarah_is_missing(team: Team) -> None:
    await scoring(team)
    for name in ("lisa", "tom"):
        await team.ballot(name)
    await team.save_pages("sarah")


async def quorum(team: Team) -> None:
    await team.to_scoring(by="lisa")
    for name in ("lisa", "tom", "sarah"):
        await team.ballot(name)


async def no_quorum(team: Team) -> None:
    await scoring(team)
    await team.ballot("tom")
    await team.end_round_now()
    await looks(team, "tom")


async def result(team: Team) -> None:
    await team.to_result("lisa", "tom", "sarah", by="lisa")


async def takes_two(team: Team) -> None:
    await result(team)
    team.take_two(2)


async def proposed(team: Team) -> None:
    await takes_two(team)
    await does(team, "mike", Action.RESOLVE, {"Option": FULL, "Reason": "It leads."})


async def costly_result(team: Team) -> None:
    """Partial credit takes authority 2, Full refund 3."""
    await options(team)
    await does(team, "lisa", Action.EDIT_OPTION, {"Cost": "2000"}, choose="Edit Full refund")
    await does(team, "lisa", Action.START_SCORING, {"Who scores": [NAMES[n] for n in ("lisa", "tom", "sarah")]})
    for name in ("lisa", "tom", "sarah"):
        await team.ballot(name)
    await team.published()


async def tie(team: Team) -> None:
    await team.to_scoring("lisa", "tom", "sarah", by="lisa")
    for name, scores in (("lisa", (9, 3)), ("tom", (3, 9)), ("sarah", (6, 6))):
        await team.ballot(name, *scores)
    await team.published()


async def resolved(team: Team) -> None:
    await team.to_resolved("lisa", "tom", "sarah", by="lisa", resolver="mike")


async def informed(team: Team) -> None:
    await resolved(team)
    await does(team, "mike", Action.INFORMED)


# --- What people do, by hand -----------------------------------------------------------------------------------------


async def does(
    team: Team, name: str, action: str, values: Mapping[str, Any] | None = None, *, choose: str = ""
) -> None:
    """Press a button; fill and submit its window, if it opens a form. All of it has to succeed."""
    person = team.house.person(name)
    if values is None:
        assert (await team.press(name, action)).ok
    else:
        await team.window(name, action)
        if choose:
            assert (await person.click(choose)).ok
            await team.modal(name, at_least="Remove")
        answer = await team.submit(name, values)
        assert answer.ok, answer
    await team.settled()
    await person.close(everything=True) if await person.modal() else None


async def looks(team: Team, name: str) -> None:
    """Show details: whoever looks at a round past its closing time closes it."""
    await team.window(name, "decision.show")
    await team.settled()
    await team.house.person(name).close(everything=True)


async def recuses(team: Team, name: str) -> None:
    """Press "I should not score this one" in the scoring window."""
    await team.window(name, Action.SCORE)
    assert (await team.house.person(name).click(RECUSE)).ok
    await team.modal(name, at_least="You are excused from scoring")
    await team.settled()
    await team.house.person(name).close(everything=True)


async def names_a_deputy(team: Team, name: str, deputy: str | None, **when: datetime) -> None:
    """In one's own settings; when: `begins`, `until`."""
    person = team.house.person(name)
    assert (await person.slash("/decide settings")).ok
    settings = await team.modal(name, at_least="Tell me by")
    assert (await person.click("Change my deputy" if "Change my deputy" in settings.text else "I will be away")).ok
    await team.modal(name, at_least="Nobody scores for somebody else")
    answer = await team.submit(name, {"Deputy": deputy, "From": when.get("begins"), "Until": when.get("until")})
    assert answer.ok, answer
    await team.modal(name, at_least="Saved.")
    await person.close(everything=True)
    await team.settled()


def by(name: str, action: str, values: Mapping[str, Any] | None = None) -> Step:
    async def step(team: Team) -> None:
        await does(team, name, action, values)

    return step


cancelled = by("mike", Action.CANCEL, {"Reason": "The customer withdrew."})
voided = by("lisa", Action.VOID_ROUND, {"Reason": "An option was missing."})
proceeded = by("lisa", Action.PROCEED, {"Reason": "It cannot wait."})
resolved_by_sarah = by("sarah", Action.RESOLVE, {"Option": PARTIAL, "Reason": "Cheaper."})


async def published(team: Team) -> None:
    await does(team, "sarah", Action.SCORE, {})
    await team.published()
    await team.settled()


async def edited_by_sarah(team: Team, name: str, values: Mapping[str, Any]) -> None:
    """Sarah, who runs the team, changes somebody by `/decide setup`."""
    sarah = team.house.person("sarah")
    await sarah.close(everything=True) if await sarah.modal() else None
    assert (await sarah.slash("/decide setup")).ok
    await team.modal("sarah", at_least="Team size")
    assert (await sarah.submit()).ok
    await team.modal("sarah", at_least=NAMES[name])
    assert (await sarah.click(f"Edit {NAMES[name]}")).ok
    await team.modal("sarah", at_least="Knows about")
    answer = await team.submit("sarah", values)
    assert answer.ok, answer
    await team.modal("sarah", at_least=NAMES[name])
    await sarah.close(everything=True)


# --- What tests look at, and put in the way --------------------------------------------------------------------------


def number(team: Team) -> int:
    """What people call the decision at hand."""
    found: int = team.value("SELECT number FROM customer_decisions WHERE id = %s", team.decision_id)
    return found


def forge(team: Team, user: str, mine: object, foreign: object) -> None:
    """Let the person's window carry another id than the bot gave it."""
    view = known(team.house.sandbox.town.workspace.top(user))
    view.given = {**view.given, "private_metadata": view.given["private_metadata"].replace(str(mine), str(foreign))}
