"""The one modal that asks for a reason: cancel, void, proceed without quorum, change the choice."""

from collections.abc import Mapping

from bot.domain.action import Action
from bot.domain.decision import REASON_LENGTH, Dossier
from bot.errors import Invalid
from bot.views.slack import kit
from bot.views.slack.form import Fields, View
from bot.views.slack.text import inline

FIELD = "reason"


def modal(
    dossier: Dossier,
    *,
    action: Action,
    explain: str,
    submit: str,
    hint: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> kit.View:
    """`explain` is mrkdwn that says what will happen. The modal bears the id of its action.

    metadata: what travels with it beside the decision's id.
    """
    decision = dossier.decision
    element = kit.text_input(FIELD, length=REASON_LENGTH, is_long=True)
    blocks = [
        kit.section(f"*{decision.name} {inline(decision.case.title)}*"),
        kit.section(explain),
        kit.input_block("Reason", element, block_id=kit.block_id(FIELD, decision.id, decision.revision), hint=hint),
    ]
    # A close button that says "Cancel" beside a modal that cancels a decision would be read the wrong way.
    return kit.modal(
        f"{action.label} {decision.name}" if action is Action.CANCEL else action.label,
        blocks,
        callback_id=action,
        submit=submit,
        close="Back",
        metadata={"decision": str(decision.id), **(metadata or {})},
    )


def parse_reason(view: View) -> str:
    """The reason as typed, 1..1000 characters. Raises Invalid (field "reason")."""
    reason = Fields(view).text(FIELD)
    if not reason:
        raise Invalid("Write a reason: the team reads it on the card.", field=FIELD)
    if len(reason) > REASON_LENGTH:
        raise Invalid(f"The reason is too long: {REASON_LENGTH} characters at most.", field=FIELD)
    return reason
