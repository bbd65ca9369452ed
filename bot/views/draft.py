"""A draft: the message to its owner, and what stands above the fields of the window that it fills."""

from bot.domain.decision import DECISION_TYPES
from bot.domain.draft import Content, Draft
from bot.domain.team import Team
from bot.views.slack import ids, kit, text

OPEN, NOT_NEEDED = "Open as a decision", "Not needed"
_SHOWN = 600
"""Characters of what happened that the message shows."""
_PART = 2900


def offered(draft: Draft, team: Team) -> kit.Message:
    """To its owner alone, once."""
    content, sentence = draft.content, f"{draft.source.name} asks for a decision"
    titled = f"*{text.inline(sentence, 200)}: {text.inline(content.title or 'no title', 300)}*"
    blocks = [
        kit.section(f"{titled}\n{_facts(content, team)}"),
        *([kit.section(text.quote(content.description, _SHOWN))] if content.description else []),
        kit.context(f"Nothing is opened, and nobody else sees this.{_way_back(draft)}"),
        kit.actions([_button(OPEN, ids.OPEN_DRAFT, draft), _button(NOT_NEEDED, ids.DISMISS_DRAFT, draft)]),
    ]
    return kit.message(f"{sentence}: {text.one_line(content.title)}", blocks)


def _button(words: str, action_id: str, draft: Draft) -> kit.Element:
    style = "primary" if action_id == ids.OPEN_DRAFT else None
    label = f"{words}: {draft.content.title}"
    return kit.button(words, action_id, value=str(draft.id), style=style, label=label)


def _facts(content: Content, team: Team) -> str:
    amount = content.amount
    known = (
        text.inline(content.customer) if content.customer else "Customer not named",
        DECISION_TYPES[content.decision_type] if content.decision_type else "",
        f"{text.money(amount, team.currency)} at stake" if amount is not None else "",
        text.count("option", len(content.options)) if content.options else "",
    )
    return " · ".join(filter(None, known))


def _way_back(draft: Draft) -> str:
    if draft.link and text.is_link(draft.link):
        return f" {text.link(draft.link, f'The ticket {text.inline(draft.reference, 60)}')}"
    return ""


def said(draft: Draft) -> list[kit.Block]:
    """From where it comes, and all that no field of the window holds."""
    content = draft.content
    options = text.listing(text.inline(one.title, 150) for one in content.options)
    added = f" With the decision these options are added: {options}." if options else ""
    lines = [f"• {text.inline(one, 400)}" for one in content.unread]
    return [
        kit.section(f"Filled in from {text.inline(draft.source.name, 150)}.{_way_back(draft)}{added}"),
        *([kit.section(text.fit(["*What did not fit:*", *lines], _PART))] if lines else []),
        *(kit.paragraph(content.rest[at : at + _PART]) for at in range(0, len(content.rest), _PART)),
    ]


def dismissed(draft: Draft) -> kit.Message:
    sentence = f"Not needed: {text.cut(text.one_line(draft.content.title), 150)}. Nothing was opened."
    return kit.message(text.safe(sentence, 300), [kit.paragraph(sentence)])
