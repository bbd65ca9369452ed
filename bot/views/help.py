"""How to use the bot, and what somebody reads who is not in a team yet."""

from collections.abc import Sequence

from bot.domain.team import who_edits
from bot.views.slack import ids, kit, notice, text

USAGE = (
    (ids.COMMAND, "open a new decision"),
    (f"{ids.COMMAND} refund for Acme", "the same, with these words as its title"),
    (f"{ids.COMMAND} list", "your team's open decisions, what waits for you first"),
    (f"{ids.COMMAND} show 42", "the card of decision #42, for you alone"),
    (f"{ids.COMMAND} setup", "set up your team, add people, edit them"),
    (f"{ids.COMMAND} settings", "your working hours, how you are told of what waits, snooze"),
    (f"{ids.COMMAND} learn", "what your decisions' outcomes teach, exceptions by customer, policies to write"),
    (f"{ids.COMMAND} export", "your team's decisions with results and outcomes, as a CSV file in a direct message"),
    (f"{ids.COMMAND} web", "the dashboard, in your browser, where it is switched on"),
    (f"{ids.COMMAND} help", "this text"),
)
SHORTCUTS = (
    ("New customer decision", "in the shortcuts menu: opens a new decision from anywhere"),
    ("Decide about this message", "in the menu of a message: its text becomes the description"),
)


def help_message(*, bot_name: str = "Conclave") -> kit.Message:
    name = text.inline(bot_name, 80)
    intro = f"{name} takes customer decisions with your team: criteria, options, secret scores, one decider."
    usage = "\n".join(f"`{command}`  {words}" for command, words in USAGE)
    shortcuts = "\n".join(f"*{shortcut}*  {words}" for shortcut, words in SHORTCUTS)
    invite = f"So that cards appear in a channel, invite me there: `/invite @{name}`"
    blocks = [
        kit.section(intro),
        kit.section(f"*Commands*\n{usage}"),
        kit.section(f"*Shortcuts*\n{shortcuts}"),
        kit.context(invite),
    ]
    commands = "; ".join(f"{command}: {words}" for command, words in USAGE)
    return kit.message(f"{intro} {commands}", blocks)


def no_team(*, channel_id: str = "") -> kit.View:
    """To whoever may make the first team here. channel_id: where that is announced."""
    sentence = "There is no team here yet. Set one up; it takes a minute. Then open your decision."
    button = kit.button("Set up your team", ids.OPEN_SETUP, value=channel_id or None, style="primary")
    return notice.done("No team yet", sentence, actions=[button])


def not_a_member(admins: Sequence[str], *, has_team: bool) -> str:
    """A plain sentence for somebody unknown. admins: names of those who can add people."""
    if not has_team:
        sentence = (
            "There is no team here yet. Any full member of this workspace can set one up with "
            f"{ids.COMMAND} setup; it takes a minute."
        )
    else:
        who = text.sentence_case(who_edits(text.cut(text.one_line(name), 80) for name in admins))
        sentence = f"You are not a member of a team here yet. {who} can add you with {ids.COMMAND} setup."
    return sentence
