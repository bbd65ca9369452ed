"""The scoring modal: open it, turn its pages, submit. Every turn saves the page before it is acknowledged."""

import secrets
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.domain.team import Actor
from bot.services import evaluation as evaluations
from bot.services.evaluation import Scoring
from bot.views import evaluation as view
from handlers.after_ack import open_modal, show_later
from handlers.decision import ack_done
from handlers.payload import pressed_id, view_id
from handlers.person import actor, deps


async def open_ballot(args: AsyncArgs) -> None:
    """Score: where one left off, or at the first page of a ballot that is submitted already."""
    decision_id = pressed_id(args)

    async def build() -> dict[str, Any]:
        who, d = await actor(args), deps(args)
        scoring = await evaluations.open_ballot(
            d.db, actor=who, decision_id=decision_id, now=d.now, table=d.rules.authority
        )
        return _page(scoring, who, index=view.first_page(scoring.dossier, scoring.ballot))

    await open_modal(args, build, title="Score")


def _page(scoring: Scoring, who: Actor, *, index: int) -> dict[str, Any]:
    # A fresh revision in every block id: under old ids Slack would show what was typed there, not what was saved.
    revision = secrets.token_hex(3)
    if index >= view.pages(scoring.dossier):
        return view.check_page(scoring.dossier, scoring.ballot, member_id=who.member.id, revision=revision)
    return view.page(scoring.dossier, scoring.ballot, index=index, member_id=who.member.id, revision=revision)


async def next_page(args: AsyncArgs) -> None:
    """Next: the page has to be complete, is saved, and makes room for the one after it."""
    who = await actor(args)
    form = view.parse(args.body["view"])
    view.require_complete(form)
    scoring = await _save(args, who, form)
    await args.ack(response_action="update", view=_page(scoring, who, index=form.index + 1))


async def turn_page(args: AsyncArgs) -> None:
    """Back saves the page as it is, complete or not; "I can't judge this one" saves just that and goes on."""
    who = await actor(args)
    form, index = view.parse_turn(args.body["view"], str(args.action["value"]) if args.action else "")
    scoring = await _save(args, who, form)
    await args.ack()

    async def build() -> dict[str, Any]:
        return _page(scoring, who, index=index)

    show_later(args, view_id(args), build, title="Score")


async def save_for_later(args: AsyncArgs) -> None:
    who = await actor(args)
    scoring = await _save(args, who, view.parse(args.body["view"]))
    await args.ack()

    async def build() -> dict[str, Any]:
        return view.saved(scoring.dossier, scoring.ballot)

    show_later(args, view_id(args), build, title="Saved")


async def _save(args: AsyncArgs, who: Actor, form: view.PageForm) -> Scoring:
    d = deps(args)
    if form.page is not None and form.page.is_blank:
        return await evaluations.look_again(d.db, actor=who, round_id=form.round_id, now=d.now, table=d.rules.authority)
    if form.criterion_id is not None and form.page is not None:
        return await evaluations.save_page(
            d.db, actor=who, round_id=form.round_id, criterion_id=form.criterion_id, page=form.page, now=d.now
        )
    return await evaluations.save_comments(d.db, actor=who, round_id=form.round_id, comments=form.comments, now=d.now)


async def submit(args: AsyncArgs) -> None:
    """Submit in secret."""
    who, d = await actor(args), deps(args)
    form = view.parse(args.body["view"])
    view.require_complete(form)
    done = await evaluations.submit(
        d.db,
        actor=who,
        round_id=form.round_id,
        comments=form.comments,
        now=d.now,
        table=d.rules.authority,
    )
    said = view.submitted(done.dossier, submitted=done.submitted, roster=done.roster, closed=done.is_closed)
    await ack_done(args, said, decision_id=done.dossier.decision.id)
