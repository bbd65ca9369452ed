"""The scoring modal: open it, turn its pages, submit. Every turn saves the page before it is acknowledged."""

import secrets
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.by import By
from bot.services import dossier as dossiers
from bot.services import evaluation as evaluations
from bot.services.evaluation import Scoring, Submitted
from bot.views import evaluation as view
from handlers.after_ack import open_modal, show_later
from handlers.answering import ack_view, refresh_beneath
from handlers.person import by, deps, slack_user
from handlers.press import view_id


async def ballot_window(d: Deps, who: By, decision_id: UUID) -> dict[str, Any]:
    """Score: where one left off, or at the first page of a ballot that is submitted already."""
    scoring = await evaluations.open_ballot(d.db, who, decision_id)
    return _page(scoring, index=view.first_page(scoring.questions, scoring.ballot))


def _page(scoring: Scoring, *, index: int) -> dict[str, Any]:
    # A fresh revision in every block id: under old ids Slack would show what was typed there, not what was saved.
    revision = secrets.token_hex(3)
    return view.window(scoring.questions, scoring.ballot, index=index, member_id=scoring.member_id, revision=revision)


async def next_page(args: AsyncArgs) -> None:
    """Next: the page has to be complete, is saved, and makes room for the one after it."""
    form = view.parse(args.body["view"])
    view.require_complete(form)
    scoring = await _save(args, form)
    ack_view(args, _page(scoring, index=form.index + 1))


async def turn_page(args: AsyncArgs) -> None:
    """Back, "Add a comment", and the button of a criterion that skips it, or does so no longer.

    Each saves the page as it is, complete or not, so what is written does not tell which one it was.
    """
    turn = view.parse_turn(args.body["view"], str(args.action["value"]) if args.action else "")
    form, scoring = turn.form, await _turn(args, turn)
    await args.ack()

    async def build() -> dict[str, Any]:
        return _page(scoring, index=turn.index) if turn.index != form.index else _redrawn(scoring, form)

    show_later(args, view_id(args), build, title="Score")


async def _turn(args: AsyncArgs, turn: view.Turn) -> Scoring:
    db, form, criterion_id = deps(args).db, turn.form, turn.criterion_id
    at_once = await evaluations.turn_at_once(
        db, slack_user(args), form.round_id, pages=form.pages, comments=form.comments, criterion_id=criterion_id
    )
    return at_once or await evaluations.turn(
        db, await by(args), form.round_id, pages=form.pages, comments=form.comments, criterion_id=criterion_id
    )


def _redrawn(scoring: Scoring, form: view.PageForm) -> dict[str, Any]:
    """The same page under the same ids: Slack keeps what stands in its fields, though it was typed meanwhile."""
    return view.window(
        scoring.questions,
        scoring.ballot,
        index=form.index,
        member_id=scoring.member_id,
        revision=form.revision,
        shows_comments=form.shows_comments,
    )


async def save_for_later(args: AsyncArgs) -> None:
    form = view.parse(args.body["view"])
    view.require_readable(form)
    scoring = await _save(args, form)
    await args.ack()

    async def build() -> dict[str, Any]:
        return view.saved(scoring.questions, scoring.ballot)

    show_later(args, view_id(args), build, title="Saved")


async def _save(args: AsyncArgs, form: view.PageForm) -> Scoring:
    db, round_id = deps(args).db, form.round_id
    at_once = await evaluations.save_at_once(db, slack_user(args), round_id, pages=form.pages, comments=form.comments)
    return at_once or await evaluations.save(db, await by(args), round_id, pages=form.pages, comments=form.comments)


async def will_be_shown(args: AsyncArgs) -> None:
    """What this round publishes, in a window upon the page."""
    round_id = view.parse(args.body["view"]).round_id

    async def build() -> dict[str, Any]:
        found = await dossiers.close_due_and_get_by_round(deps(args).db, await by(args), round_id)
        return view.will_be_shown(found)

    await open_modal(args, build, title="What will be shown?")


async def recuse(args: AsyncArgs) -> None:
    """I should not score this one."""
    round_id = view.parse(args.body["view"]).round_id
    after = (await evaluations.recuse(deps(args).db, await by(args), round_id)).decision
    await args.ack()

    async def build() -> dict[str, Any]:
        return view.recused(after.name)

    show_later(args, view_id(args), build, title="Score")
    refresh_beneath(args, after.id)


async def submit(args: AsyncArgs) -> None:
    """Submit in secret."""
    form = view.parse(args.body["view"])
    view.require_complete(form)
    done = await _submit(args, form)
    said = view.submitted(done.name, submitted=done.submitted, roster=done.roster, closed=done.is_closed)
    ack_view(args, said)
    refresh_beneath(args, done.decision_id)


async def _submit(args: AsyncArgs, form: view.PageForm) -> Submitted:
    db, round_id = deps(args).db, form.round_id
    at_once = await evaluations.submit_at_once(db, slack_user(args), round_id, pages=form.pages, comments=form.comments)
    return at_once or await evaluations.submit(db, await by(args), round_id, pages=form.pages, comments=form.comments)
