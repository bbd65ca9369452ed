"""Calls a second to a Slack over TLS: `python -m benchmarks.calls PORT ours|default COUNT`, as outbound.py asks."""

import asyncio
import sys
import time

from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.identity import client_for, slack_session


async def count(port: int, whose: str, calls: int) -> float:
    url = f"https://127.0.0.1:{port}/api/"
    async with slack_session() as session:
        ours = client_for(Settings(_env_file=None, slack_api_url=url), session, token="xoxb-benchmark")
        client = ours if whose == "ours" else AsyncWebClient(token="xoxb-benchmark", base_url=url)
        await client.auth_test()
        began = time.perf_counter()
        for _ in range(calls):
            await client.chat_postMessage(channel="C1", text="A card")
        return calls / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.stdout.write(str(asyncio.run(count(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))
