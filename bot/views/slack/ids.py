"""Every id that Slack carries back to us. A modal bears the id of the button that opens it.

Card buttons carry the values of `bot.domain.action.Action`; the rest is below.
"""

from bot.domain.action import Action
from bot.domain.outcome import Answer

COMMAND = "/decide"

# Shortcuts
NEW_DECISION = "decision.new"
DECIDE_ABOUT_MESSAGE = "decision.from_message"

# Buttons that are not an Action of the card
SHOW = "decision.show"
MORE = "card.more"
"""Of the button, and of the window with what somebody may do about a decision."""
LIST_PAGE = "decision.list.page"
POST_CARD = "card.post"
SHOW_TO_OTHERS = "card.shared"
NEW_TYPED = "decision.typed"
NEW_MORE = "decision.more"
NEW_UNDO = "decision.undo"
OPTIONS_MORE = "option.more"
ADD_SUGGESTED = "option.suggested"
USEFUL = "precedent.useful"
NOT_USEFUL = "precedent.not_useful"
TURN_PAGE = "evaluation.turn"
SAVE_FOR_LATER = "evaluation.save"
WILL_BE_SHOWN = "evaluation.shown"
RECUSE = "evaluation.recuse"
ADD_CRITERION = "criterion.add"
BACK_TO_CRITERIA = "criterion.back"
"""On cards that were drawn before criteria could be edited beside the options."""
CHOOSE_OPTION = "option.choose"
ROSTER_GROUP = "round.group"
"""Of a choice, as `SETUP_GROUP` is."""
SETUP_GROUP = "team.group"
TAKE_IN = "round.take_in"
EDIT_MEMBER = "team.edit_member"
TEAM_PAGE = "team.page"
SNOOZE = "reminder.snooze"
HOME_PAGE = "home.page"
ANSWERS = {answer: f"outcome.answer.{answer}" for answer in Answer}
"""The buttons that say by one press how it turned out."""
HOME_NEW = "home.new_decision"
OPEN_SETTINGS = "preference.open"
DEPUTY = "deputy.open"
"""Of the button, and of the window that it opens."""
OPEN_SETUP = "team.open_setup"
OPEN_WEB = "web.open"
OPEN_DRAFT = "draft.open"
DISMISS_DRAFT = "draft.dismiss"
CHOOSE_TEAM = "team.choose"
OTHER_TEAM = "team.other"
ANOTHER_TEAM = "team.another"
SUGGESTIONS = "classification.choices"
"""Of the button in the setup, and of the window that it opens."""

# Modals (callback ids) that no Action names
SETTINGS = "preference.settings"
SETUP = "team.setup"
SAVED_TEAM = "team.members"
BALLOT = "evaluation.ballot"
SCORE_PAGE = "evaluation.page"
CHECK_PAGE = "evaluation.check"
LEARN = "learning.show"
"""Of the button, and of the window with what outcomes teach."""
EDIT_WORDING = "reply.wording"
OPEN_POLICY = "policy.open"
NOTICE = "notice"

SECRET = frozenset({BALLOT, SCORE_PAGE, CHECK_PAGE})
"""Modals that hold a ballot: nothing is derived from what was typed there, not even a digest."""

ALL = frozenset(
    {
        NEW_DECISION,
        DECIDE_ABOUT_MESSAGE,
        SHOW,
        MORE,
        LIST_PAGE,
        POST_CARD,
        SHOW_TO_OTHERS,
        TURN_PAGE,
        SAVE_FOR_LATER,
        WILL_BE_SHOWN,
        RECUSE,
        NEW_TYPED,
        NEW_MORE,
        NEW_UNDO,
        OPTIONS_MORE,
        ADD_SUGGESTED,
        USEFUL,
        NOT_USEFUL,
        ADD_CRITERION,
        BACK_TO_CRITERIA,
        CHOOSE_OPTION,
        ROSTER_GROUP,
        SETUP_GROUP,
        TAKE_IN,
        EDIT_MEMBER,
        TEAM_PAGE,
        SNOOZE,
        HOME_PAGE,
        HOME_NEW,
        OPEN_SETTINGS,
        DEPUTY,
        OPEN_SETUP,
        OPEN_WEB,
        OPEN_DRAFT,
        DISMISS_DRAFT,
        CHOOSE_TEAM,
        OTHER_TEAM,
        ANOTHER_TEAM,
        SUGGESTIONS,
        SETTINGS,
        SETUP,
        SAVED_TEAM,
        BALLOT,
        SCORE_PAGE,
        CHECK_PAGE,
        LEARN,
        EDIT_WORDING,
        OPEN_POLICY,
        NOTICE,
        *ANSWERS.values(),
        *Action,
    }
)
