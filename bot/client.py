"""Our client of Slack: slack_sdk's, whose calls go to aiohttp by a shorter way.

By slack_sdk's own way a call takes the processor twice as long: it parses the URL, builds the headers three times, and
prepares for retries and logs that we do not want. What comes back, and what is raised, is the same.
"""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook import WebhookResponse

_OK = 200
_JSON = {"Content-Type": "application/json;charset=utf-8"}


class Client(AsyncWebClient):
    """For a session that all calls share. Nothing is ever sent twice."""

    async def api_call(self, api_method: str, **how: Any) -> AsyncSlackResponse:
        """Raises SlackApiError for what Slack refuses, aiohttp's errors and TimeoutError where it is not reached."""
        if how.keys() != {"json"} or self.session is None or self.session.closed:
            return await super().api_call(api_method, **how)  # a form, a file, or the end of the process
        asked = {**self.default_params, **how["json"]}
        token = asked.pop("token", None) or self.token
        headers = {**_JSON, **self.headers, "Authorization": f"Bearer {token}"}
        url = f"{self.base_url}{api_method}"
        async with self.session.post(url, data=_written(asked), headers=headers, proxy=self.proxy) as answer:
            read: dict[str, Any] = {"data": _read(await answer.read()), "headers": answer.headers}
            about: dict[str, Any] = {"client": self, "http_verb": "POST", "api_url": url, "req_args": {}}
            return AsyncSlackResponse(**about, **read, status_code=answer.status).validate()  # type: ignore[no-any-return]


async def respond(client: AsyncWebClient, url: str, message: Mapping[str, Any]) -> None:
    """Send a message to the `response_url` of a press. Raises what `Client.api_call` raises."""
    assert client.session is not None  # all clients share one
    async with client.session.post(url, data=_written(message), headers=_JSON, proxy=client.proxy) as answered:
        body = await answered.text()
        if answered.status != _OK:
            headers = dict(answered.headers)
            response = WebhookResponse(url=url, status_code=answered.status, body=body, headers=headers)
            raise SlackApiError("response_url", response)


def _written(asked: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(asked)
    except TypeError:  # half a pair of surrogates, in what Slack itself has cut
        return json.dumps(asked).encode()


def _read(body: bytes) -> dict[str, Any]:
    """Empty where it is no answer of Slack's, as some proxy's page."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
