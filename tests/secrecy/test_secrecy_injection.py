"""Words that Slack would bring to life stay words, wherever a person may type and wherever it is shown."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.domain.action import Action
from bot.domain.criterion import CriterionDraft
from bot.domain.evaluation import Comments, Page
from bot.domain.option import OptionDraft
from bot.services import criterion as criteria
from bot.services import evaluation as evaluations
from bot.services import option as options
from tests.support.scoring import scores_in, unfold_comments
from tests.support.team import Team

EVIL = "<!channel> <!everyone> <@U0EVE> <#C0GENERAL> <!subteam^S1> <https://evil.example|zqlink> @here &lt;!here&gt;"
TOKEN = re.compile(r"<[^<>]*>")
OURS = re.compile(
    r"<!date\^\d+\^[^|<>]*\|[^<>]*>|<@U0(SARAH|MIKE|LISA|TOM)>|<#C0DECISIONS>|<https://techcorp\.slack\.com/[^|<>]*\|"
    r"The message this began with>"
)


def live(thing: Any, *, is_message: bool = False) -> Iterator[str]:
    """Every text that Slack reads as mrkdwn in what a call carries: of blocks, of views, of the message itself."""
    match thing:
        case {"type": "mrkdwn", "text": str(text), **rest}:
            assert rest.get("verbatim"), "Slack would look for mentions in it"
            yield text
        case dict():
            if is_message and isinstance(thing.get("text"), str):
                yield thing["text"]
            for part in thing.values():
                yield from live(part)
        case list():
            for part in thing:
                yield from live(part)
        case str() if thing.startswith(("{", "[")):
            yield from live(json.loads(thing))


def test_the_net_finds_a_live_token() -> None:
    block = {"blocks": json.dumps([{"type": "section", "text": {"type": "mrkdwn", "text": EVIL, "verbatim": True}}])}
    assert len([t for text in live(block) for t in TOKEN.findall(text) if not OURS.fullmatch(t)]) == 6


async def test_nothing_typed_anywhere_comes_alive_in_slack(newcomers: Team) -> None:
    team = await newcomers.gather("mike", "lisa", "tom")
    team.give("mike", 5)
    team.sql("UPDATE team_members SET name = left(%s || name, 255)", EVIL)
    team.sql("UPDATE teams SET name = %s, company_name = %s, industry = left(%s, 100)", EVIL, EVIL, EVIL)
    for name in ("sarah", "mike", "lisa", "tom"):
        await team.house.person(name).open_home()
    await _scored(team)
    await team.press("tom", Action.RESOLVE)
    await team.window("mike", Action.RESOLVE)
    await team.submit("mike", {"Option": EVIL[:30], "Reason": f"{EVIL}\n{EVIL}"})
    await team.house.person("mike").see("Customer informed")
    await team.press("lisa", Action.INFORMED)
    await team.press("mike", Action.INFORMED)
    await team.window("mike", Action.RECORD_OUTCOME)
    await team.submit("mike", {"Notes": EVIL})
    await team.press("lisa", "decision.show")
    await team.modal("lisa", at_least="Description")
    await _ended(team)
    await team.settled()

    found = []
    for call in team.house.sandbox.calls():
        is_message = call.method.startswith("chat.") or call.method == "response_url"
        for text in live(call.arguments, is_message=is_message):
            found += [(call.method, token) for token in TOKEN.findall(text) if not OURS.fullmatch(token)]
            if re.search(r"@(here|channel|everyone)", text):
                found.append((call.method, "@here"))
    for delivery in team.house.sandbox.deliveries():
        for text in live(delivery.answer):
            found += [(delivery.ident, token) for token in TOKEN.findall(text) if not OURS.fullmatch(token)]
    assert found == []
    assert any("zqlink" in text for call in team.house.sandbox.calls() for text in live(call.arguments))


async def _scored(team: Team) -> None:
    """A decision of which every field is evil, scored by three of four, with comments."""
    long = f"{EVIL}\n\n> {EVIL}\n*x*\n"
    evil = {"customer_name": EVIL, "title": EVIL, "description": long, "customer_id": EVIL[:50]}
    await team.open(**evil, customer_email="a@evil.example")
    drafts = (CriterionDraft(EVIL[:90], Decimal(3), EVIL), CriterionDraft("Plain", Decimal(1)))
    await criteria.submit(team.db, team.by("sarah"), team.decision_id, drafts=drafts)
    for title in (EVIL, f"B {EVIL}"):
        draft = OptionDraft(title, long, Decimal(100))
        await options.propose(team.db, team.by("mike"), team.decision_id, drafts=[draft])
    await team.window("sarah", Action.START_SCORING)
    assert (await team.submit("sarah", {"Scoring closes": team.now + timedelta(days=1)})).ok
    await _vote(team, "lisa")
    for name in ("sarah", "mike"):
        await _vote_by_service(team, name)
    await team.told("tom", Action.CLOSE_SCORING)
    await team.press("sarah", Action.CLOSE_SCORING)
    await team.published()
    await team.settled()


async def _vote(team: Team, name: str) -> None:
    await team.window(name, Action.SCORE)
    person = team.house.person(name)
    modal = await unfold_comments(team, name)
    await person.fill(dict.fromkeys(scores_in(modal.inputs), "7"))
    comments = [label for label in modal.inputs if label.startswith("Comment on")]
    await person.fill({**dict.fromkeys(comments, EVIL), "My comments": True})
    assert (await person.submit()).ok
    await person.close(everything=True)


async def _vote_by_service(team: Team, name: str) -> None:
    who, round_id = team.by(name), team.round_id
    ids = [option for (option,) in team.sql("SELECT id FROM response_options")]
    pages = {criterion: Page(dict.fromkeys(ids, 7)) for (criterion,) in team.sql("SELECT id FROM decision_criteria")}
    comments = Comments(dict.fromkeys(ids, EVIL), share=True)
    await evaluations.submit(team.db, who, round_id, pages=pages, comments=comments)


async def _ended(team: Team) -> None:
    """A second one is cancelled, with an evil reason, and refuses an evil name."""
    await team.to_options(title=EVIL, customer_name=EVIL)
    await team.told("lisa", Action.START_SCORING)
    await team.window("sarah", Action.CANCEL)
    assert (await team.submit("sarah", {"Reason": EVIL})).ok
    await team.house.person("lisa").slash("/decide list")
    await team.house.person("eve").slash("/decide list")
    await team.house.person("eve").see("can add you")
