"""What the windows about one decision have in common: a heading, and a frame that carries the decision's id."""

from collections.abc import Sequence

from bot.domain.action import Action
from bot.domain.decision import Decision, Dossier
from bot.views.slack import kit
from bot.views.slack.text import inline


def heading(decision: Decision, sentence: str | None = None) -> kit.Block:
    """Number and title in bold, `sentence` (mrkdwn) beneath."""
    about = f"*{decision.name} {inline(decision.case.title)}*"
    return kit.section(f"{about}\n{sentence}" if sentence else about)


def decision_modal(
    dossier: Dossier,
    action: Action,
    blocks: Sequence[kit.Block],
    *,
    submit: str,
    title: str | None = None,
    close: str = "Cancel",
    **travelling: str | None,
) -> kit.View:
    """The window of an action: it bears the id of the button that opens it, and by default its label as the title.

    travelling: what comes back by `form.metadata` beside "decision".
    """
    return kit.modal(
        title or action.label,
        blocks,
        callback_id=action,
        submit=submit,
        close=close,
        metadata={"decision": str(dossier.decision.id), **travelling},
    )
