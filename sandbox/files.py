"""Owns the bytes of files: taken from whoever has the address to upload to, given to those who see the message."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.channel import File
from sandbox.town import Town


def file_routes(town: Town) -> list[Route]:
    """Make the routes of one workspace."""

    async def upload(request: Request) -> Response:
        ticket = request.path_params["ticket"]
        file = next((f for f in town.workspace.files.values() if f.ticket == ticket and f.content is None), None)
        body = await request.body()
        if file is None or len(body) != file.length:
            return PlainTextResponse("FAIL", 400)
        file.content = body
        return PlainTextResponse(f"OK - {len(body)}")

    async def download(request: Request) -> Response:
        file = _seen(town, **request.path_params)
        if file is None:
            return PlainTextResponse("Not found", 404)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(file.content, media_type="application/octet-stream", headers=headers)

    return [
        Route("/upload/v1/{ticket}", upload, methods=["POST"]),
        Route("/files/{who}/{file_id}/{name}", download, methods=["GET"]),
    ]


def _seen(town: Town, *, who: str, file_id: str, name: str) -> File | None:
    """The file, where a message that this person may read holds it."""
    person = next((p for p in town.workspace.people.values() if p.name == who), None)
    if person is None:
        return None
    messages = town.workspace.visible_messages(person.id)
    return next((f for _, message in messages for f in message.files if (f.id, f.name) == (file_id, name)), None)
