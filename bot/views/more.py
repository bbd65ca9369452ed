"""What this very person may do about a decision now, in a window: the card has room for one button that leads on."""

from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.permission import allowed
from bot.domain.waiting import leading
from bot.views.dossier import buttons, standing_line
from bot.views.slack import ids, kit
from bot.views.window import heading


def more(dossier: Dossier, by: By) -> kit.View:
    """A window rather than a menu of the card: a menu has five entries at most, one question back for all of them,
    and is the same for everybody in the channel."""
    decision = dossier.decision
    return kit.modal(
        f"More for {decision.name}",
        [heading(decision, standing_line(dossier, by.now)), _offer(dossier, by)],
        callback_id=ids.MORE,
        close="Close",
        metadata={"decision": str(decision.id)},
    )


def _offer(dossier: Dossier, by: By) -> kit.Block:
    actions = allowed(dossier, by)
    if not actions:
        return kit.section("There is nothing for you to do here now.")
    first = leading(dossier.brief, by.now, is_orphaned=dossier.is_orphaned)
    return kit.actions(buttons(dossier.decision, actions, leading=first, is_again=dossier.is_finished))
