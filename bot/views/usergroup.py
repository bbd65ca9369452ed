"""User groups in windows: a choice that fills a field of people, and what is said of whom it brought."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.team import Member, UserGroup
from bot.views.slack import element, ids, kit, text
from bot.views.slack.form import View, field_of, metadata

_SAID = "group"
"""Names the block with the sentence."""
MOST_SAID = 20


@dataclass(frozen=True)
class Joined:
    """Who is in the group whose people were asked to score, and is not asked: all of them active in the team."""

    group: UserGroup
    members: tuple[Member, ...]


def choice(groups: Sequence[UserGroup], action_id: str) -> list[kit.Block]:
    """No field: choosing one changes the field of people above it, where everybody sees who that is. Nothing where
    there is no group, or Slack does not tell."""
    if not groups:
        return []
    offered = [element.option(f"@{group.handle}", f"{group.id}:{group.handle}") for group in groups]
    select = element.select(action_id, offered, placeholder="Choose a user group")
    return [kit.section("Or take the people of a user group:", accessory=select)]


def read(value: str) -> UserGroup:
    """The group behind a chosen option."""
    group_id, _, handle = value.partition(":")
    return UserGroup(group_id, handle)


def in_window(view: View) -> UserGroup | None:
    """The group by which the people of the window were chosen last."""
    kept = metadata(view).get("group")
    return read(kept) if kept else None


def filled(view: View, block: kit.Block, *, group: UserGroup, said: str) -> kit.View:
    """The window with this block in the place of the field of its name, and a sentence beneath it; whatever else was
    typed stays, as its blocks are the same."""
    name, blocks = field_of(block["block_id"]), list[kit.Block]()
    told = {**kit.context(said), "block_id": kit.block_id(_SAID, name, 1)}
    for old in view["blocks"]:
        match field_of(old.get("block_id", "")):
            case found if found == name:
                blocks += [block, told]
            case found if found != _SAID:
                blocks.append(old)
    return kit.modal(
        view["title"]["text"],
        blocks,
        callback_id=view["callback_id"],
        submit=view["submit"]["text"],
        metadata={**metadata(view), "group": f"{group.id}:{group.handle}"},
    )


def asked(group: UserGroup, members: Sequence[Member], people: Sequence[str]) -> str:
    """Whom of the group a roster has now, and who of it is not in the team. members: those of the group in the team."""
    names = text.listing([text.inline(member.name, 80) for member in members[:MOST_SAID]])
    more = f" and {len(members) - MOST_SAID} more" if len(members) > MOST_SAID else ""
    chosen = f"*@{text.inline(group.handle, 80)}*: {names}{more} {'is' if len(members) == 1 else 'are'} chosen."
    nobody = f"*@{text.inline(group.handle, 80)}*: nobody of it is in your team, so nobody is chosen."
    mine = {member.slack_user_id for member in members}
    return " ".join([chosen if members else nobody, *_left_out([one for one in people if one not in mine])])


def _left_out(people: Sequence[str]) -> list[str]:
    if not people:
        return []
    named = [text.mention(user_id, "somebody") for user_id in people[:MOST_SAID]]
    more = len(people) - len(named)
    who = text.listing([*named, *([f"{more} more"] if more else [])])
    return [f"Not in your team, and so not asked: {who}. {ids.COMMAND} setup adds people."]


def added(group: UserGroup, people: Sequence[str]) -> str:
    """Whom setup has in its field of people now."""
    handle = f"*@{text.inline(group.handle, 80)}*"
    if not people:
        return f"{handle} has nobody in it."
    who = f"{text.count('person', len(people))} of {handle} {'is' if len(people) == 1 else 'are'} among them now."
    return f"{who} Nobody who joins it later is added by itself."


def offer(joined: Joined | None, *, decision_id: object) -> list[kit.Block]:
    """To the owner: who has joined the group since, to be asked by one press. Nothing where nobody has."""
    if joined is None or not joined.members:
        return []
    group, members = joined.group, joined.members
    names = text.listing([text.inline(member.name, 80) for member in members[:MOST_SAID]])
    more = f" and {len(members) - MOST_SAID} more" if len(members) > MOST_SAID else ""
    words = f"In *@{text.inline(group.handle, 80)}*, and not asked to score: {names}{more}."
    button = kit.button("Ask them too", ids.TAKE_IN, value=str(decision_id), label=f"Ask them too: {names}")
    return [kit.section(f"{words} Until somebody has scored you can add them.", accessory=button)]
