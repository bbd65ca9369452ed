"""Published comments: by option, without names, in the order given, which carries no information."""

from collections.abc import Sequence
from uuid import UUID

from bot.domain.decision import Dossier
from bot.views.dossier import title_of
from bot.views.slack import kit, text

COMMENT_ROOM = 500
Comments = Sequence[tuple[UUID, str]]
"""(option id, comment)"""


def comment_sections(dossier: Dossier, comments: Comments, *, sections: int, room: int) -> list[kit.Block]:
    """Comments by option, in at most `sections` blocks of `room` characters; what does not fit is counted.

    The order given carries no information, and stays.
    """
    by_option: dict[UUID, list[str]] = {}
    for option_id, comment in comments:
        by_option.setdefault(option_id, []).append(comment)
    if not by_option:
        return []
    most, room = sections // len(by_option), min(room, 2900)
    if most < 1 or room < 120:
        return [kit.context(f"{text.count('comment', len(comments))}, see Show details")]
    return [block for option, texts in by_option.items() for block in _of_option(dossier, option, texts, most, room)]


def _of_option(dossier: Dossier, option_id: UUID, comments: Sequence[str], most: int, room: int) -> list[kit.Block]:
    """Whole comments, as many to a section as fit; the last section says how many are missing."""
    pages = [f"*Comments on {title_of(dossier, option_id, room=min(150, room // 2))}*"]
    for told, comment in enumerate(comments):
        line = f"\n> {text.inline(comment, min(COMMENT_ROOM, max(room // 2 - 40, 60)))}"
        if len(pages[-1]) + len(line) <= room - 40:
            pages[-1] += line
        elif len(pages) < most:
            pages.append(line.strip())
        else:
            pages[-1] += f"\n{text.SIGN} and {text.count('more comment', len(comments) - told)}"
            break
    return [kit.section(page) for page in pages]
