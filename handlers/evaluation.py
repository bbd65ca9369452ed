"""The scoring modal: open it, turn its pages, submit. Every turn saves the page before it is acknowledged."""

import secrets
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.by import By
from bot.services import dossier as dossiers
from bot.services import evaluation as evaluations
from bot.services.evaluation import Scoring
from bot.views import evaluation as view
from handlers.after_ack import open_modal, show_later
from handlers.answering import ack_done
from handlers.person import by, deps
from handlers.press import view_id


async def ballot_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    """Score: where one left off, or at the first page of a ballot that is submitted already."""
    scoring = await evaluations.open_ballot(d.db, who, decision_id)
    return _page(scoring, who, index=view.first_page(scoring.dossier, scoring.ballot))


def _page(scoring: Scoring, who: By, *, index: int) -> dict[str, Any]:
    # A fresh revision in every block id: under old ids Slack would show what was typed there, not what was saved.
    revision = secrets.token_hex(3)
    return view.window(scoring.dossier, scoring.ballot, index=index, member_id=who.member.id, revision=revision)


async def next_page(args: AsyncArgs) -> None:
    """Next: the page has to be complete, is saved, and makes room for the one after it."""
    who = await by(args)
    form = view.parse(args.body["view"])
    view.require_complete(form)
    scoring = await _save(args, who, form)
    await args.ack(response_action="update", view=_page(scoring, who, index=form.index + 1))


async def turn_page(args: AsyncArgs) -> None:
    """Back, "Add a comment", and the button of a criterion that skips it, or does so no longer.

    Each saves the page as it is, complete or not, so what is written does not tell which one it was.
    """
    who = await by(args)
    turn = view.parse_turn(args.body["view"], str(args.action["value"]) if args.action else "")
    form = turn.form
    scoring = await evaluations.turn(
        deps(args).db,
        who,
        form.round_id,
        pages=form.pages,
        comments=form.comments,
        criterion_id=turn.criterion_id,
    )
    await args.ack()

    async def build() -> dict[str, Any]:
        return _page(scoring, who, index=turn.index) if turn.index != form.index else _redrawn(scoring, who, form)

    show_later(args, view_id(args), build, title="Score")


def _redrawn(scoring: Scoring, who: By, form: view.PageForm) -> dict[str, Any]:
    """The same page under the same ids: Slack keeps what stands in its fields, though it was typed meanwhile."""
    return view.window(
        scoring.dossier,
        scoring.ballot,
        index=form.index,
        member_id=who.member.id,
        revision=form.revision,
        shows_comments=form.shows_comments,
    )


async def save_for_later(args: AsyncArgs) -> None:
    who, form = await by(args), view.parse(args.body["view"])
    view.require_readable(form)
    scoring = await _save(args, who, form)
    await args.ack()

    async def build() -> dict[str, Any]:
        return view.saved(scoring.dossier, scoring.ballot)

    show_later(args, view_id(args), build, title="Saved")


async def _save(args: AsyncArgs, who: By, form: view.PageForm) -> Scoring:
    return await evaluations.save(deps(args).db, who, form.round_id, pages=form.pages, comments=form.comments)


async def will_be_shown(args: AsyncArgs) -> None:
    """What this round publishes, in a window upon the page."""
    round_id = view.parse(args.body["view"]).round_id

    async def build() -> dict[str, Any]:
        found = await dossiers.close_due_and_get_by_round(deps(args).db, await by(args), round_id)
        return view.will_be_shown(found)

    await open_modal(args, build, title="What will be shown?")


async def submit(args: AsyncArgs) -> None:
    """Submit in secret."""
    who = await by(args)
    form = view.parse(args.body["view"])
    view.require_complete(form)
    done = await evaluations.submit(deps(args).db, who, form.round_id, pages=form.pages, comments=form.comments)
    said = view.submitted(done.dossier, submitted=done.submitted, roster=done.roster, closed=done.is_closed)
    await ack_done(args, done.dossier.decision, said)
