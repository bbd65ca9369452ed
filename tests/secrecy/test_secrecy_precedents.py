"""Somebody who looks at an undecided case wants to know what was chosen before in cases like it.

The attack: read all that can be reached through the case, change what was chosen before, and read again. Whatever
differs would have told it. Earlier decisions stay readable under their own numbers; that is not through the case.
"""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.domain.action import Action
from bot.domain.permission import offered
from bot.domain.team import SlackUser
from bot.services import dossier as dossiers
from bot.services import home as homes
from bot.services import precedent as precedents
from bot.views import home as home_view
from bot.views.slack import ids
from tests.flows.test_second_round import to_second
from tests.support.history import decided
from tests.support.team import Team

# The case is worded like the first option and its reason, to pull those that chose it to the front.
CASE: dict[str, Any] = {
    "title": "Generous full refund for the outage",
    "description": "The outage of Tuesday: everything back.",
}
CANARIES = ("Sapphire reason", "Decided:", "partial refund", "kept the customer", "They favour")
_TOKENS = re.compile(r"<!date\^\d+\^[^>]*>|in \d+ (hours|days)|\d\d:\d\d")


def plant(team: Team) -> None:
    team_id = team.actors["sarah"].team.id
    for n in range(32):
        decided(
            team.house.database_url,
            team_id,
            choice=1,
            age=timedelta(days=20 + n),
            customer=f"Customer {n}",
            amount=Decimal(500 + n),
            reason="Sapphire reason",
        )


async def turn(team: Team) -> None:
    """Others were chosen, for other reasons, and it ended otherwise."""
    await team.change(
        "UPDATE decision_outcomes o SET reason = 'Generous full refund', customer_retained = false,"
        " selected_option_id = (SELECT id FROM response_options r"
        " WHERE r.decision_id = o.decision_id AND r.title = 'Full refund')"
        " FROM customer_decisions d WHERE d.id = o.decision_id AND d.status = 'resolved' AND d.number % 2 = 0"
    )


async def seen(team: Team) -> dict[str, str]:
    """Owner, decider, admin and those who are asked: each window of each button, details, the card and the messages."""
    found: dict[str, str] = {}
    for name in ("sarah", "mike", "lisa"):
        person = team.house.person(name)
        case = await dossiers.close_due_and_get(team.db, team.by(name), team.decision_id)
        buttons = [action for action in offered(case, team.now) if action.row.window and not action.row.destroys]
        for button in (ids.SHOW, ids.MORE, *buttons):
            await team.press(name, button)
            found[f"{name}: {button}"] = (await team.modal(name)).text
        await person.close(everything=True) if await person.modal() else None
        shown = [m.rendered for m in await person.messages() if m.text != "an old card"]
        found[f"{name}: messages"] = "\n".join(shown)
    return {place: _TOKENS.sub("", text) for place, text in found.items()}


async def check_tells_nothing(team: Team) -> None:
    before = await seen(team)
    await turn(team)
    assert team.value("SELECT count(*) FROM decision_outcomes WHERE NOT customer_retained") == 16
    after = await seen(team)

    assert after == before
    assert any("cases like this since" in text for text in before.values()), "nothing was attacked"
    assert [c for c in CANARIES for text in before.values() if c in text] == []


async def test_while_options_are_collected_nothing_tells_what_was_chosen_before(team: Team) -> None:
    plant(team)
    await team.to_options(("A voucher",), **CASE)

    await check_tells_nothing(team)


async def test_while_scoring_is_open_nothing_tells_what_was_chosen_before(team: Team) -> None:
    plant(team)
    await team.to_scoring(**CASE)
    await team.ballot("lisa")

    await check_tells_nothing(team)


async def test_in_a_second_round_nothing_tells_what_was_chosen_before(team: Team) -> None:
    plant(team)
    await to_second(team, **CASE)

    await check_tells_nothing(team)


async def test_rating_a_recommendation_that_is_not_to_be_seen_tells_nothing(team: Team) -> None:
    """A forged press, while there would be one."""
    plant(team)
    await team.to_scoring(**CASE)

    told = await team.told("mike", ids.USEFUL)

    assert "There is no recommendation" in told
    assert team.value("SELECT ai_recommendations FROM customer_decisions WHERE id = %s", team.decision_id) is None


async def test_the_home_line_of_an_undecided_case_tells_nothing(team: Team) -> None:
    plant(team)
    await team.to_options(**CASE)
    actor = team.actors["lisa"]
    user = SlackUser(actor.workspace_id, actor.user_id)

    found = await homes.read(team.db, user=user, now=team.now, rules=team.rules, is_first=False)
    view = home_view.home(found, now=team.now)

    (line,) = [str(block) for block in view["blocks"] if "Generous" in str(block) and block["type"] != "actions"][:1]
    assert [c for c in (*CANARIES, "like this") if c in line] == []


async def test_suggestions_and_precedents_never_depend_on_a_ballot(team: Team) -> None:
    """Ballots are planted, and planted again with other scores."""
    plant(team)
    await team.to_scoring(**CASE)
    looks = []
    for scores in ((), (9, 2), (1, 10)):
        for name in ("sarah", "mike") if scores else ():
            await team.ballot(name, *scores, comment="Emerald comment")
        case = await dossiers.close_due_and_get(team.db, team.by("lisa"), team.decision_id)
        looks.append(await precedents.find(team.db, team.by("lisa"), case))

    assert looks[0] == looks[1] == looks[2]
    assert looks[0].cases
    assert looks[0].answers is None
    assert "Emerald" not in str(looks)
    assert Action.SCORE in offered(case, team.now)
