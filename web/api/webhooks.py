"""A team's webhooks, for programs: what the page under Settings does. Their owner has to be one who may decide any
amount."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.requests import Request

from bot.domain.webhook import Attempt, Draft, Endpoint, Wall, check_draft, message_id
from bot.services import webhook as webhooks
from bot.services.webhook import Made
from web.api import shapes
from web.api.program import Actor
from web.person import deps

router = APIRouter(tags=["webhooks"])
_AT = "/webhooks/{webhook}"
Webhook = Annotated[UUID, Path(description="Its id.")]


@router.get("/webhooks")
async def every(request: Request, by: Actor) -> shapes.Webhooks:
    """Where the team's programs are told what happens, in the order in which they were added."""
    found = await webhooks.every(deps(request).db, by)
    return shapes.Webhooks(items=[shapes.WebhookOut(**_said(one)) for one in found])


@router.post("/webhooks", status_code=HTTPStatus.CREATED)
async def add(request: Request, by: Actor, sent: shapes.NewWebhook) -> shapes.WebhookMade:
    """The answer holds the secret, this once: with the same Idempotency-Key again it does not."""
    draft = _draft(request, sent.label, sent.url, sent.events)
    return _made(request, await webhooks.add(deps(request).db, by, draft, keyring=deps(request).settings.keyring))


@router.get(_AT)
async def get(request: Request, by: Actor, webhook: Webhook) -> shapes.WebhookOut:
    return shapes.WebhookOut(**_said(await webhooks.get(deps(request).db, by, webhook)))


@router.patch(_AT)
async def change(request: Request, by: Actor, webhook: Webhook, sent: shapes.ChangedWebhook) -> shapes.WebhookOut:
    """Only what is given changes."""
    there = await webhooks.get(deps(request).db, by, webhook)
    draft = _draft(request, sent.label or there.label, sent.url or there.url, sent.events or list(there.events))
    is_on = there.disabled_at is None if sent.enabled is None else sent.enabled
    return shapes.WebhookOut(**_said(await webhooks.change(deps(request).db, by, webhook, draft, is_on=is_on)))


@router.delete(_AT, status_code=HTTPStatus.NO_CONTENT)
async def remove(request: Request, by: Actor, webhook: Webhook) -> None:
    """With its log; what is on its way is not sent."""
    await webhooks.remove(deps(request).db, by, webhook)


@router.post(f"{_AT}/test", status_code=HTTPStatus.ACCEPTED)
async def test(request: Request, by: Actor, webhook: Webhook) -> shapes.Message:
    """Sends an event of the type `webhook.test`, in the same way as all others."""
    return shapes.Message(message=await webhooks.test(deps(request).db, by, webhook))


@router.post(f"{_AT}/rotate")
async def rotate(request: Request, by: Actor, webhook: Webhook) -> shapes.WebhookMade:
    """Another secret, in the answer this once. The one from before signs as well for 24 hours."""
    return _made(request, await webhooks.rotate(deps(request).db, by, webhook, keyring=deps(request).settings.keyring))


@router.get(f"{_AT}/deliveries")
async def log(request: Request, by: Actor, webhook: Webhook) -> shapes.Attempts:
    """The last attempts, the newest first."""
    found = await webhooks.log(deps(request).db, by, webhook)
    return shapes.Attempts(items=[_attempt(one) for one in found])


@router.post(f"{_AT}/deliveries/{{delivery}}/replay", status_code=HTTPStatus.ACCEPTED)
async def replay(
    request: Request, by: Actor, webhook: Webhook, delivery: Annotated[int, Path(ge=1, le=2**62)]
) -> shapes.Message:
    """Sends it once more, with the same id."""
    await webhooks.replay(deps(request).db, by, webhook, delivery_id=delivery)
    return shapes.Message(message=message_id(delivery))


def _draft(request: Request, label: str, url: str, events: Sequence[str]) -> Draft:
    return check_draft(label=label, url=url, events=events, wall=Wall(deps(request).settings.webhook_allow))


def _said(one: Endpoint) -> dict[str, object]:
    return {
        "id": one.id,
        "label": one.label,
        "url": one.url,
        "events": list(one.events),
        "enabled": one.disabled_at is None,
        "disabled_at": one.disabled_at,
        "disabled_why": one.disabled_why,
        "created_at": one.created_at,
        "previous_secret_until": one.previous_until,
    }


def _made(request: Request, made: Made) -> shapes.WebhookMade:
    request.state.shown_once = made.secret  # `once` keeps the answer without it
    return shapes.WebhookMade(**_said(made.endpoint), secret=made.secret)


def _attempt(one: Attempt) -> shapes.AttemptOut:
    return shapes.AttemptOut(
        message=one.message,
        delivery=one.delivery_id,
        event=one.event,
        decision=one.number,
        attempt=one.attempt,
        at=one.at,
        outcome=one.outcome,
        status=one.status,
        milliseconds=one.milliseconds,
    )
