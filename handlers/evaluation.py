"""The scoring modal: open it, turn its pages, submit. Every turn saves the page before it is acknowledged."""

import secrets
from typing import Any
from uuid import UUID

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.deps import Deps
from bot.domain.by import By
from bot.services import evaluation as evaluations
from bot.services.evaluation import Scoring
from bot.views import evaluation as view
from handlers.after_ack import show_later
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
    if index >= view.pages(scoring.dossier):
        return view.check_page(scoring.dossier, scoring.ballot, member_id=who.member.id, revision=revision)
    return view.page(scoring.dossier, scoring.ballot, index=index, member_id=who.member.id, revision=revision)


async def next_page(args: AsyncArgs) -> None:
    """Next: the page has to be complete, is saved, and makes room for the one after it."""
    who = await by(args)
    form = view.parse(args.body["view"])
    view.require_complete(form)
    scoring = await _save(args, who, form)
    await args.ack(response_action="update", view=_page(scoring, who, index=form.index + 1))


async def turn_page(args: AsyncArgs) -> None:
    """Back saves the page as it is, complete or not; "I can't judge this one" saves just that and goes on."""
    who = await by(args)
    form, index = view.parse_turn(args.body["view"], str(args.action["value"]) if args.action else "")
    scoring = await _save(args, who, form)
    await args.ack()

    async def build() -> dict[str, Any]:
        return _page(scoring, who, index=index)

    show_later(args, view_id(args), build, title="Score")


async def save_for_later(args: AsyncArgs) -> None:
    scoring = await _save(args, await by(args), view.parse(args.body["view"]))
    await args.ack()

    async def build() -> dict[str, Any]:
        return view.saved(scoring.dossier, scoring.ballot)

    show_later(args, view_id(args), build, title="Saved")


async def _save(args: AsyncArgs, who: By, form: view.PageForm) -> Scoring:
    db = deps(args).db
    if form.page is not None and form.page.is_blank:
        return await evaluations.look_again(db, who, form.round_id)
    if form.criterion_id is not None and form.page is not None:
        return await evaluations.save_page(db, who, form.round_id, criterion_id=form.criterion_id, page=form.page)
    return await evaluations.save_comments(db, who, form.round_id, comments=form.comments)


async def submit(args: AsyncArgs) -> None:
    """Submit in secret."""
    who = await by(args)
    form = view.parse(args.body["view"])
    view.require_complete(form)
    done = await evaluations.submit(deps(args).db, who, form.round_id, comments=form.comments)
    said = view.submitted(done.dossier, submitted=done.submitted, roster=done.roster, closed=done.is_closed)
    await ack_done(args, done.dossier.decision, said)
