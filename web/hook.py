"""Settings of hooks, for admins of the team: make one, its table, a try on an example, where the outcome goes to."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.domain.hook import FIELDS, PRESETS, Hook, Kind
from bot.errors import BotError, Invalid, NotFound
from bot.services import hook as hooks
from bot.services.hook import Change, Known, Preview
from bot.services.sealing import NO_KEYS
from web import form, person
from web.hand_in import parsed
from web.page import render, status_of

LIST = "/settings/hooks"
NO_OBJECT = "The example is no JSON object. Paste a whole body, from the first { to the last }."


async def show_all(request: Request) -> Response:
    return await _list(request)


async def make(request: Request) -> Response:
    """Shows the secret of a hook of the generic kind: this once, and never again."""
    typed, who, d = await form.read(request), await person.by(request), person.deps(request)
    try:
        made = await hooks.make(
            d.db, who, d.settings.keyring,
            name=typed.get("name", ""), kind=_kind(typed), secret=typed.get("secret", ""),
        )  # fmt: skip
    except BotError as refusal:
        return await _list(request, refusal=refusal)
    return await _page(request, made.hook.id, made=made)


async def show(request: Request) -> Response:
    return await _page(request, _id(request))


async def change(request: Request) -> Response:
    """Save the table, or try it, as typed, on the example: then nothing is saved."""
    typed, who, d = await form.read(request), await person.by(request), person.deps(request)
    hook_id = _id(request)
    try:
        if typed.get("do") == "test":
            return await _test(request, hook_id, typed)
        await hooks.change(d.db, who, d.settings.keyring, hook_id, _change(typed))
    except Invalid as refusal:
        return await _page(request, hook_id, typed=typed, refusal=refusal)
    return RedirectResponse(f"{LIST}/{hook_id}", HTTPStatus.SEE_OTHER)


async def remove(request: Request) -> Response:
    await hooks.remove(person.deps(request).db, await person.by(request), _id(request))
    return RedirectResponse(LIST, HTTPStatus.SEE_OTHER)


async def _test(request: Request, hook_id: UUID, typed: Mapping[str, str]) -> Response:
    who, db = await person.by(request), person.deps(request).db
    example = parsed(typed.get("example", ""))
    if example is None:
        raise Invalid(NO_OBJECT, field="example")
    found = await hooks.get(db, who, hook_id)
    said = hooks.tried(found.hook, _change(typed).mapping)
    return await _page(request, hook_id, typed=typed, preview=await hooks.preview(db, who, said, example))


async def _list(request: Request, *, refusal: BotError | None = None) -> Response:
    d, who = person.deps(request), await person.by(request)
    return await render(
        request,
        "hooks.jinja",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
        refusal=refusal,
        hooks=await hooks.every(d.db, who),
        no_keys=NO_KEYS if d.settings.keyring is None else None,
        kinds=list(Kind),
    )


async def _page(
    request: Request,
    hook_id: UUID,
    *,
    made: Known | None = None,
    typed: Mapping[str, str] | None = None,
    preview: Preview | None = None,
    refusal: BotError | None = None,
) -> Response:
    d, who = person.deps(request), await person.by(request)
    found = (await hooks.get(d.db, who, hook_id)).hook
    return await render(
        request,
        "hook.jinja",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
        refusal=refusal,
        hook=found,
        address=f"{d.settings.url}/in/{hook_id}",
        secret=made.secrets.secret if made and found.kind is Kind.GENERIC else None,
        fields=FIELDS,
        presets=PRESETS[found.kind],
        typed=typed or _typed(found),
        preview=preview,
        people=await hooks.people(d.db, who),
        team=who.team,
    )


def _typed(hook: Hook) -> dict[str, str]:
    """The form as it stands in the database."""
    said = {"name": hook.name, "fallback": str(hook.fallback_id or ""), "reply_base": hook.reply_base or ""}
    return {**said, "reply_as": hook.reply_as, **{f"map.{name}": path for name, path in hook.mapping.items()}}


def _change(typed: Mapping[str, str]) -> Change:
    return Change(
        name=typed.get("name", ""),
        mapping={name: typed.get(f"map.{name}", "") for name in FIELDS},
        fallback_id=_uuid(typed.get("fallback", "")),
        reply_base=typed.get("reply_base", ""),
        reply_as=typed.get("reply_as", ""),
        reply_secret=typed.get("reply_secret", ""),
        secret=typed.get("secret", ""),
    )


def _kind(typed: Mapping[str, str]) -> Kind:
    kind = typed.get("kind", "")
    if kind not in set(Kind):
        raise Invalid("Choose what kind of system it is.", field="kind")
    return Kind(kind)


def _id(request: Request) -> UUID:
    found = _uuid(request.path_params["hook"])
    if found is None:
        raise NotFound("There is no such hook in your team; it may have been removed.")
    return found


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
