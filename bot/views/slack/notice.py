"""Small answers: a window that waits, one that explains, one that says it is done, and a private sentence."""

from collections.abc import Sequence

from bot.views.slack import ids, kit
from bot.views.slack.text import safe


def loading(title: str = "Conclave") -> kit.View:
    """What stands in a window until the database has answered."""
    return kit.modal(title, [kit.section("One moment …")], callback_id=ids.NOTICE, close="Close")


def notice(title: str, sentence: str, *, level: str = "warning") -> kit.View:
    """A window that only explains. Has no inputs, so it can replace any other."""
    return kit.modal(title, kit.alert(sentence, level=level), callback_id=ids.NOTICE, close="Close")


def done(title: str, sentence: str, *, actions: Sequence[kit.Element] = (), more: Sequence[kit.Block] = ()) -> kit.View:
    """A window that says what was done, `more` about it and, by its buttons, what comes next."""
    buttons = [kit.actions(actions)] if actions else []
    return kit.modal(title, [kit.paragraph(sentence), *more, *buttons], callback_id=ids.NOTICE, close="Close")


def private(sentence: str) -> kit.Message:
    """A sentence for one person, shown exactly as it stands."""
    return kit.message(safe(sentence, 3000), [kit.paragraph(sentence)])
