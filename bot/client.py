"""Our client of Slack: slack_sdk's, whose calls go to aiohttp by a shorter way.

By slack_sdk's own way a call takes the processor twice as long: it parses the URL, builds the headers three times, and
prepares for retries and logs that we do not want. What comes back, and what is raised, is the same.
"""

from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook import WebhookResponse

from bot import payload

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
        async with self.session.post(url, data=payload.written(asked), headers=headers, proxy=self.proxy) as answer:
            heard: Any = answer.headers  # as aiohttp has them, whatever the case of their names
            read = AsyncSlackResponse(
                client=self,
                http_verb="POST",
                api_url=url,
                req_args={},
                data=_answer(await answer.read()),
                headers=heard,
                status_code=answer.status,
            )
            return read.validate()  # type: ignore[no-any-return]


async def respond(client: AsyncWebClient, url: str, message: Mapping[str, Any]) -> None:
    """Send a message to the `response_url` of a press. Raises what `Client.api_call` raises."""
    assert client.session is not None  # all clients share one
    async with client.session.post(url, data=payload.written(message), headers=_JSON, proxy=client.proxy) as answered:
        body = await answered.text()
        if answered.status != _OK:
            heard: Any = answered.headers
            told = WebhookResponse(url=url, status_code=answered.status, body=body, headers=heard)
            raise SlackApiError("response_url", told)


def _answer(body: bytes) -> dict[str, Any]:
    """Empty where it is none of Slack's, as some proxy's page."""
    try:
        return payload.read(body)
    except ValueError:
        return {}
