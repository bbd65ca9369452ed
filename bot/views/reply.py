"""Words to copy once a decision is made, and the form in which a team words them anew."""

from bot.domain.action import Action
from bot.domain.decision import DECISION_TYPES, Dossier
from bot.domain.reply import CHOICES, CUSTOMER, WORDING_LENGTH, Kit
from bot.views.slack import ids, kit
from bot.views.slack.entry import long_text
from bot.views.slack.form import Fields, View

TITLE = "Words to copy"
_WORDING = long_text(
    "wording",
    "What the customer reads",
    length=WORDING_LENGTH,
    called="wording",
    missing="Write what the customer is to read.",
    hint=f"{CUSTOMER} is the customer's name. Leave gaps like [amount] for whoever sends it.",
)


def reply(dossier: Dossier, found: Kit) -> kit.View:
    """Two texts, each in a block of its own so that it is marked and copied at once."""
    decision = dossier.decision
    word = kit.button("Change the team's wording", ids.EDIT_WORDING, value=str(decision.id))
    return kit.modal(
        TITLE,
        [
            kit.section("*For the customer*"),
            kit.paragraph(found.reply),
            kit.context(f"Fill in what stands in brackets. {_about(dossier, found)}"),
            kit.actions([word]),
            kit.divider(),
            kit.section("*For the ticket*"),
            kit.paragraph(found.ticket),
        ],
        callback_id=Action.REPLY,
        close="Close",
        metadata={"decision": str(decision.id)},
    )


def wording(dossier: Dossier, found: Kit) -> kit.View:
    """The form: the wording of this type and choice, for all decisions of the team to come."""
    decision = dossier.decision
    return kit.modal(
        "The team's wording",
        [
            kit.section(_about(dossier, found)),
            _WORDING.block(found.wording, thing=decision.id, revision=decision.revision),
        ],
        callback_id=ids.EDIT_WORDING,
        submit="Save",
        metadata={"decision": str(decision.id)},
    )


def parse_wording(view: View) -> str:
    """Raises Invalid (field "wording")."""
    return _WORDING.read(Fields(view))


def _about(dossier: Dossier, found: Kit) -> str:
    kind = DECISION_TYPES[dossier.decision.case.decision_type].lower()
    return f"For every {kind} that is granted {CHOICES[found.grant]}."
