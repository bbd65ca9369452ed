"""The lines of the trail in words."""

from bot.domain.trail import Line

WORDS = {
    "decision.opened": "opened the decision",
    "decision.edited": "edited the case",
    "decision.defined": "filled in the case",
    "decision.urgency": "changed the urgency",
    "decision.cancelled": "cancelled the decision",
    "criteria.submitted": "set the criteria",
    "criteria.reopened": "went back to the criteria",
    "option.proposed": "proposed an option",
    "option.changed": "changed an option",
    "option.removed": "removed an option",
    "round.opened": "started scoring",
    "round.extended": "extended scoring",
    "round.joined": "asked more people to score",
    "round.closed": "closed scoring",
    "round.published": "published the result",
    "round.proceeded": "had the result published without a quorum",
    "round.voided": "started scoring over",
    "round.excused": "excused somebody from scoring",
    "decision.resolved": "resolved the decision",
    "choice.reopened": "took the choice back",
    "customer.informed": "informed the customer",
    "outcome.answered": "said how it turned out",
    "outcome.recorded": "recorded the outcome",
    "answer.undone": "took an answer back",
    "owner.changed": "took the decision over",
    "card.moved": "moved the card",
    "card.unreachable": "could not reach the card",
    "draft.made": "took in a draft",
    "draft.opened": "opened a draft as this decision",
    "draft.dismissed": "put a draft away as not needed",
    "hook.made": "made a hook for tickets",
    "hook.changed": "changed a hook for tickets",
    "hook.removed": "removed a hook for tickets",
    "team.created": "set up the team",
    "team.changed": "changed the team",
    "team.exported": "exported the team's decisions",
    "member.added": "added somebody to the team",
    "member.changed": "changed a member",
    "settings.changed": "changed their settings",
    "reminders.snoozed": "silenced their reminders",
    "suggestions.changed": "changed what is suggested from texts",
    "wording.changed": "changed a wording for customers",
    "session.began": "signed in to the web pages",
    "session.ended": "ended a session",
    "session.ended_everywhere": "signed out everywhere",
    "token.made": "made a token for a program",
    "token.revoked": "took a program's token away",
    "webhook.added": "added a webhook",
    "webhook.changed": "changed a webhook",
    "webhook.enabled": "enabled a webhook",
    "webhook.disabled": "disabled a webhook",
    "webhook.removed": "removed a webhook",
    "webhook.rotated": "gave a webhook another secret",
    "password.set": "set a password",
    "password.removed": "removed their password",
    "password.allowed": "changed whether passwords are allowed",
}
SILENT = {"option.proposed", "option.changed", "option.removed"}
"""Who did it is kept from the trail, as it would tell who proposed what."""


def said(line: Line) -> str:
    """ "Sarah started scoring"; where nobody pressed anything, it was Conclave."""
    who = line.who or ("Somebody" if line.action in SILENT else "Conclave")
    return f"{who} {WORDS.get(line.action) or line.action.replace('.', ' ').replace('_', ' ')}"


def through_token(line: Line) -> bool:
    return "token" in line.details
