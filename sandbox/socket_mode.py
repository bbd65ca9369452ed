"""Owns Socket Mode: the app's websockets, envelopes out and acks back."""

import asyncio
import itertools
import json
import secrets
import time
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.inputs import Json

_ENVELOPE_TYPES = {"slash": "slash_commands", "event": "events_api"}


class SocketLink:
    """Sends each payload over one of the app's connections, in turn, and waits for its ack.

    An app that answers with anything but 200 does not ack at all, so that only the deadline tells.
    """

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self.tickets: set[str] = set()
        self._connections: list[WebSocket] = []
        self._turn = itertools.count()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self.connected = asyncio.Event()

    def new_ticket(self) -> str:
        ticket = secrets.token_urlsafe(12)
        self.tickets.add(ticket)
        return ticket

    async def send(self, kind: str, payload: Json, *, attempt: int, reason: str | None) -> tuple[int, str]:
        if not self._connections:
            raise ConnectionRefusedError("no websocket of the app is connected")
        envelope_id = secrets.token_hex(16)
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": _ENVELOPE_TYPES.get(kind, "interactive"),
            "accepts_response_payload": kind != "event",
            "payload": payload,
        }
        if kind == "event":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason or ""}
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answer
        try:
            await self._send_to_one(json.dumps(envelope))
            return 200, _as_body(await answer)
        finally:
            del self._waiting[envelope_id]

    async def _send_to_one(self, text: str) -> None:
        connection = self._connections[next(self._turn) % len(self._connections)]
        try:
            await connection.send_text(text)
        except (RuntimeError, WebSocketDisconnect) as error:  # closed, and not noticed yet
            self._forget(connection)
            raise ConnectionResetError("the app's websocket has gone") from error

    async def serve(self, websocket: WebSocket) -> None:
        """Greet one connection of the app and take its acks until it goes."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self.tickets:
            await websocket.close(code=4403)
            return
        self.tickets.discard(ticket)
        await websocket.accept()
        self._connections.append(websocket)
        try:
            await websocket.send_text(json.dumps(self._hello()))
            self.connected.set()
            while True:
                self._take_ack(await websocket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(websocket)

    def _take_ack(self, text: str) -> None:
        ack = json.loads(text)
        waiting = self._waiting.get(str(ack.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(ack.get("payload"))

    def _forget(self, websocket: WebSocket) -> None:
        if websocket in self._connections:
            self._connections.remove(websocket)
        if not self._connections:
            self.connected.clear()

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection of the app to come back on a new one, as Slack does every few hours."""
        text = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
        for websocket in tuple(self._connections):
            self._forget(websocket)
            await websocket.send_text(text)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {
                "host": "sandbox",
                "started": time.strftime("%Y-%m-%d %H:%M:%S"),
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self.app_id},
        }


def _as_body(payload: Any) -> str:
    if payload is None or payload == {}:
        return ""
    return payload if isinstance(payload, str) else json.dumps(payload)
