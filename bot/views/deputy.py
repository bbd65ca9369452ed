"""Being away: the window in which a deputy is named, and what both are told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.domain.deputy import Absence
from bot.domain.team import Member
from bot.errors import Invalid
from bot.views.slack import element, ids, kit, notice, text
from bot.views.slack.entry import optional_moment
from bot.views.slack.field import Answers, Ask, Field, Inputs
from bot.views.slack.form import View

_RULES = (
    "Meanwhile the deputy is asked to decide, and may decide what {who} may, but not decisions of their own. "
    "Nobody scores for somebody else. Both of you are told."
)


@dataclass(frozen=True)
class Form:
    """As chosen. user_id: None ends it; begins: None means now."""

    user_id: str | None
    begins: datetime | None
    until: datetime | None


def button(member: Member, *, words: str) -> kit.Element:
    return kit.button(words, ids.DEPUTY, value=str(member.id), label=f"{words}: {member.name}")


def window(member: Member, absence: Absence | None, deputy: Member | None, *, is_own: bool, team_id: UUID) -> kit.View:
    """is_own: the member reads it; else an admin of their team does."""
    inputs = Inputs(member.id, absence.until.isoformat() if absence else "none")
    chosen = deputy.slack_user_id if deputy else None
    start = Form(chosen, absence.begins, absence.until) if absence else Form(None, None, None)
    _form(inputs, start)
    who = "You are" if is_own else f"{text.inline(member.name, 120)} is"
    rules = _RULES.format(who="you" if is_own else "they")
    return kit.modal(
        "Deputy",
        [kit.section(f"*{who} away.* {rules if is_own else rules.replace('Both of you', 'Both')}"), *inputs.blocks],
        callback_id=ids.DEPUTY,
        submit="Save",
        metadata={"member": str(member.id), "team": str(team_id)},
    )


def parse(view: View, *, now: datetime) -> Form:
    """Raises Invalid with the name of the field."""
    form = _form(Answers(view), Form(None, None, None), now=now)
    if form.user_id and form.until is None:
        raise Invalid("Say until when.", field="until")
    return form


def _form(ask: Ask, start: Form, *, now: datetime | None = None) -> Form:
    return Form(
        ask(_DEPUTY, start.user_id),
        ask(optional_moment("begins", "From", called="The start", now=now, hint="Empty: from now on."), start.begins),
        ask(optional_moment("until", "Until", called="The end", now=now), start.until),
    )


_DEPUTY: Field[str | None] = Field(
    "deputy",
    "Deputy",
    lambda start: element.user_select("deputy", initial=start),
    lambda fields: fields.user("deputy"),
    "Empty: nobody stands in.",
    is_optional=True,
)


def saved(absence: Absence | None, deputy: Member | None) -> kit.View:
    if absence is None or deputy is None:
        return notice.done("Deputy", "Saved. Nobody stands in.")
    return notice.done("Deputy", f"Saved. {deputy.name} stands in until {absence.until:%-d %B, %H:%M} UTC.")


def in_settings(member: Member, absence: Absence | None, deputy: Member | None) -> list[kit.Block]:
    """The way to name a deputy, and who is one."""
    is_named = absence is not None and deputy is not None
    line = [_span(absence, f"{text.inline(deputy.name, 120)} stands in for you")] if absence and deputy else []
    words = "Change my deputy" if is_named else "I will be away"
    return [*([kit.context(*line)] if line else []), kit.actions([button(member, words=words)])]


def told(
    member: Member, deputy: Member, absence: Absence, *, to_deputy: bool, by: str | None, is_over: bool
) -> kit.Message:
    """To either of the two. by: who else has done it."""
    who, whom = ("You", "stand") if to_deputy else (text.inline(deputy.name, 120), "stands")
    begins = f"{who} {whom} in for {text.inline(member.name, 120) if to_deputy else 'you'}"
    said = f"{begins} no more." if is_over else _span(absence, begins)
    named = f" {text.inline(by, 120)} has named {'you' if to_deputy else 'your deputy'}." if by and not is_over else ""
    means = " You are asked to decide in their place, and decide no decision of your own so." if to_deputy else ""
    sentence = f"{said}{named}{'' if is_over else means}"
    settings = kit.actions([kit.button("My settings", ids.OPEN_SETTINGS)])
    return kit.message(text.unmarked(sentence), [kit.section(sentence), settings])


def _span(absence: Absence, begins: str) -> str:
    return f"{begins} from {text.moment(absence.begins)} until {text.moment(absence.until)}."
