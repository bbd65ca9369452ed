"""The one modal that asks for a reason: cancel, void, proceed without quorum, change the choice."""

from bot.domain.action import Action
from bot.domain.decision import REASON_LENGTH, Dossier
from bot.views.slack import kit
from bot.views.slack.entry import long_text
from bot.views.slack.form import Fields, View
from bot.views.window import decision_modal, heading

REASON = long_text("reason", "Reason", length=REASON_LENGTH, missing="Write a reason: the team reads it on the card.")


def modal(
    dossier: Dossier,
    *,
    action: Action,
    explain: str,
    submit: str,
    **travelling: str | None,
) -> kit.View:
    """`explain` is mrkdwn that says what will happen. travelling: see `decision_modal`."""
    decision = dossier.decision
    asked = REASON.block(thing=decision.id, revision=decision.revision)
    return decision_modal(
        dossier,
        action,
        [heading(decision), kit.section(explain), asked],
        submit=submit,
        title=f"{action.label} {decision.name}" if action is Action.CANCEL else None,
        # "Cancel" beside a button that cancels a decision would be read the wrong way.
        close="Back",
        **travelling,
    )


def parse_reason(view: View) -> str:
    """The reason as typed, 1..1000 characters. Raises Invalid (field "reason")."""
    return REASON.read(Fields(view))
