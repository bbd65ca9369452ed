"""The table from an id that Slack carries to its handler, and the one middleware of Bolt's that looks it up.

Bolt has no listener of ours: it asks listeners one by one, which costs 8 us for each that does not match. A table costs
the same for one id as for fifty, of whatever kind.
"""

import asyncio
import re
from collections.abc import Mapping

from slack_bolt.async_app import AsyncApp
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.response import BoltResponse

from bot import metrics, tracing
from bot.deps import Deps
from bot.domain.action import Action
from bot.domain.outcome import Answer
from bot.errors import BotError, Invalid
from bot.views import decision as decision_view
from bot.views import outcome as outcome_view
from bot.views import round as round_view
from bot.views.slack import ids
from handlers import (
    card,
    classification,
    criterion,
    decision,
    deputy,
    draft,
    evaluation,
    export,
    help,
    home,
    installation,
    learning,
    link,
    option,
    outcome,
    precedent,
    preference,
    reply,
    round,
    team,
    web,
    workflow,
)
from handlers.after_ack import BUSY, AfterAck, has_room
from handlers.answering import Handler, asks, opens
from handlers.errors import answered, unreadable
from handlers.press import command_words, spoken

LISTENER_SECONDS = 2.5
"""Slack waits three seconds for an answer; this leaves half a second for the way back."""

WORDS: dict[str, Handler] = {
    r"list": decision.list_open,
    r"(show\s+#?|#)\d{1,9}": decision.show_by_number,
    r"help": help.show,
    r"setup": team.open_setup,
    r"settings": preference.open_settings,
    r"export": export.request,
    r"learn": learning.show,
    r"web": web.open_door,
}
"""Patterns of what may follow `/decide`, in whatever case; any other words are the title of a new decision."""
SHORTCUTS: dict[str, Handler] = {
    ids.NEW_DECISION: decision.open_new,
    ids.DECIDE_ABOUT_MESSAGE: decision.open_from_message,
}
ACTIONS: dict[str, Handler] = {
    ids.SHOW: decision.show,
    ids.MORE: card.more,
    ids.LIST_PAGE: decision.turn_list_page,
    ids.POST_CARD: card.post,
    ids.SHOW_TO_OTHERS: card.show_to_others,
    ids.NEW_TYPED: decision.retell,
    ids.NEW_MORE: decision.unfold,
    ids.NEW_UNDO: decision.undo,
    ids.OPTIONS_MORE: option.unfold,
    ids.ADD_SUGGESTED: option.add_suggested,
    ids.USEFUL: precedent.useful,
    ids.NOT_USEFUL: precedent.not_useful,
    Action.COMPLETE_CASE: asks(Action.COMPLETE_CASE, decision_view.complete_case),
    Action.EDIT_CASE: asks(Action.EDIT_CASE, decision_view.edit_case),
    Action.EDIT_URGENCY: asks(Action.EDIT_URGENCY, decision_view.urgency),
    Action.CANCEL: asks(Action.CANCEL, decision_view.cancel),
    Action.TAKE_OVER: decision.take_over,
    Action.EDIT_CRITERIA: opens(Action.EDIT_CRITERIA, criterion.edit_window),
    ids.ADD_CRITERION: criterion.add_row,
    ids.BACK_TO_CRITERIA: criterion.open_from_old_card,
    Action.PROPOSE_OPTION: opens(Action.PROPOSE_OPTION, option.propose_window),
    Action.EDIT_OPTION: opens(Action.EDIT_OPTION, option.mine_window),
    ids.CHOOSE_OPTION: option.open_chosen,
    Action.START_SCORING: round.open_start,
    ids.ROSTER_GROUP: round.choose_group,
    ids.TAKE_IN: round.take_in,
    Action.CLOSE_SCORING: round.close,
    Action.EXTEND_ROUND: opens(Action.EXTEND_ROUND, round.extend_window),
    Action.PROCEED: asks(Action.PROCEED, round_view.proceed),
    Action.VOID_ROUND: asks(Action.VOID_ROUND, round_view.void),
    Action.SECOND_ROUND: opens(Action.SECOND_ROUND, round.second_window),
    Action.SCORE: opens(Action.SCORE, evaluation.ballot_window),
    ids.TURN_PAGE: evaluation.turn_page,
    ids.SAVE_FOR_LATER: evaluation.save_for_later,
    ids.WILL_BE_SHOWN: evaluation.will_be_shown,
    ids.RECUSE: evaluation.recuse,
    Action.RESOLVE: opens(Action.RESOLVE, outcome.resolve_window),
    Action.CONFIRM_CHOICE: outcome.confirm,
    Action.RETURN_CHOICE: asks(Action.RETURN_CHOICE, outcome_view.send_back),
    Action.INFORMED: outcome.set_informed,
    Action.CHANGE_CHOICE: asks(Action.CHANGE_CHOICE, outcome_view.reopen),
    Action.RECORD_OUTCOME: asks(Action.RECORD_OUTCOME, outcome_view.record),
    **{ids.ANSWERS[said]: outcome.answers(said) for said in Answer},
    Action.UNDO_ANSWER: outcome.undo,
    Action.REPLY: opens(Action.REPLY, reply.window),
    ids.EDIT_WORDING: reply.edit,
    ids.LEARN: learning.show,
    ids.OPEN_POLICY: learning.open_policy,
    ids.EDIT_MEMBER: team.open_member,
    ids.TEAM_PAGE: team.turn_page,
    ids.CHOOSE_TEAM: team.choose_team,
    ids.SETUP_GROUP: team.choose_group,
    ids.OTHER_TEAM: team.ask_which,
    ids.ANOTHER_TEAM: team.make_another,
    ids.SUGGESTIONS: classification.open_choices,
    ids.SNOOZE: preference.snooze,
    ids.OPEN_SETTINGS: preference.open_settings,
    ids.DEPUTY: deputy.open_window,
    ids.HOME_PAGE: home.turn_page,
    ids.HOME_NEW: decision.open_new,
    ids.OPEN_SETUP: team.open_setup,
    ids.OPEN_WEB: web.open_door,
    ids.OPEN_DRAFT: draft.open_window,
    ids.DISMISS_DRAFT: draft.dismiss,
}
EVENTS: dict[str, Handler] = {
    "app_home_opened": home.opened,
    "function_executed": workflow.executed,
    "app_uninstalled": installation.uninstalled,
    "tokens_revoked": installation.revoked,
    "team_access_revoked": installation.left_workspaces,
    "user_change": team.person_changed,
    "link_shared": link.shared,
}
VIEWS: dict[str, Handler] = {
    ids.NEW_DECISION: decision.create,
    Action.COMPLETE_CASE: decision.edit,
    Action.EDIT_CASE: decision.edit,
    Action.EDIT_URGENCY: decision.change_urgency,
    Action.CANCEL: decision.cancel,
    Action.EDIT_CRITERIA: criterion.submit,
    Action.PROPOSE_OPTION: option.propose,
    Action.EDIT_OPTION: option.change,
    Action.START_SCORING: round.start,
    Action.EXTEND_ROUND: round.extend,
    Action.PROCEED: round.proceed,
    Action.VOID_ROUND: round.void,
    Action.SECOND_ROUND: round.second,
    ids.BALLOT: evaluation.submit,
    ids.SCORE_PAGE: evaluation.next_page,
    ids.CHECK_PAGE: evaluation.submit,
    Action.RESOLVE: outcome.resolve,
    Action.RETURN_CHOICE: outcome.send_back,
    Action.CHANGE_CHOICE: outcome.reopen,
    Action.RECORD_OUTCOME: outcome.record,
    ids.EDIT_WORDING: reply.save,
    ids.SETUP: team.set_up,
    ids.EDIT_MEMBER: team.edit_member,
    ids.SUGGESTIONS: classification.choose,
    ids.SETTINGS: preference.save,
    ids.DEPUTY: deputy.appoint,
}


def register(app: AsyncApp, *, deps: Deps, after_ack: AfterAck) -> None:
    """Attach the one middleware that answers everything, with what handlers find in Bolt's context."""

    workspaces = deps and deps.workspaces

    async def enter(args: AsyncArgs) -> BoltResponse:
        if workspaces and not installation.enter(args, workspaces):
            return await args.ack()
        return await dispatch(args)

    async def answer(args: AsyncArgs) -> BoltResponse:
        args.context["deps"] = deps
        after_ack.attach(args.context)
        return await answered(args, enter)

    app.middleware(answer)
    app.error(unreadable)


async def dispatch(args: AsyncArgs) -> BoltResponse:
    """Bolt's answer is what the handler acked with; of a kind that this app has no use for, a bare ack."""
    listener = command if args.body.get("command") else _LISTENERS.get(str(args.body.get("type")))
    if listener is not None:
        await listener(args)
    return args.ack.response or await args.ack()


async def command(args: AsyncArgs) -> None:
    # The command's name is the operator's to choose in the manifest; an app of ours has only this one.
    _check_room(args)
    handler = by_words(command_words(args))
    await _guarded("command", handler.__name__, handler, args)


def by_words(words: str) -> Handler:
    """The handler for what follows the command."""
    known = (handler for pattern, handler in WORDS.items() if re.fullmatch(pattern, spoken(words), re.IGNORECASE))
    return next(known, decision.open_titled)


async def action(args: AsyncArgs) -> None:
    _check_room(args)
    await _looked_up("action", ACTIONS, args.action["action_id"] if args.action else "", args)


async def view(args: AsyncArgs) -> None:
    """What somebody has typed is taken however much there is to do: it only has to be saved."""
    await _looked_up("view", VIEWS, args.body["view"]["callback_id"], args)


async def shortcut(args: AsyncArgs) -> None:
    _check_room(args)
    await _looked_up("shortcut", SHORTCUTS, args.body["callback_id"], args)


async def event(args: AsyncArgs) -> None:
    """What is not acknowledged Slack sends three more times, over five minutes; a stray event must not come so."""
    name = args.event["type"] if args.event else ""
    if name not in EVENTS:
        return
    if not has_room(args):
        args.ack.response = BoltResponse(status=503)
        return
    await _looked_up("event", EVENTS, name, args)


_LISTENERS: dict[str, Handler] = {
    "block_actions": action,
    "view_submission": view,
    "shortcut": shortcut,
    "message_action": shortcut,
    "event_callback": event,
}
"""The `type` of a payload -> who looks up its id."""


def _check_room(args: AsyncArgs) -> None:
    """Raise BotError, before anything is done, where more waits than can be shown to people in time."""
    if not has_room(args):
        raise BotError(BUSY)


async def _out_of_date(args: AsyncArgs) -> None:
    raise Invalid("This belongs to another version of Conclave. Use /decide list to see where your decisions stand.")


async def _looked_up(kind: str, table: Mapping[str, Handler], name: str, args: AsyncArgs) -> None:
    """What stands in no table of ours is counted under one name: Slack could send any."""
    await _guarded(kind, name if name in table else "unknown", table.get(name, _out_of_date), args)


async def _guarded(kind: str, listener: str, handler: Handler, args: AsyncArgs) -> None:
    with metrics.request(kind, listener), tracing.span(f"request {kind}", listener=listener):
        async with asyncio.timeout(LISTENER_SECONDS):
            await handler(args)
