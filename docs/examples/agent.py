#!/usr/bin/env python3
"""An agent that may not grant a refund alone: it asks a team of people by Conclave, waits, and prints what they chose.

    python docs/examples/agent.py --url http://127.0.0.1:40001 --token conclave_... --ticket 4711

It needs nothing but Python. Run twice for the same ticket, it asks once. With --listen and --secret it waits for the
signed event `decision.resolved` (Standard Webhooks; `pip install standardwebhooks`) instead of asking again and again.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

OVER = {"resolved", "cancelled"}


class Conclave:
    """The few requests that an agent makes."""

    def __init__(self, url: str, token: str) -> None:
        self._base = f"{url.rstrip('/')}/api/v1"
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body. Ends the program with the sentence of a refusal."""
        sent = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data=data, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers.items()), json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return 304, dict(error.headers.items()), None
            if error.code in (429, 503):  # Retry-After says when it is worth trying again
                time.sleep(int(error.headers.get("retry-after", "1")))
                return self.ask(method, path, body, **headers)
            sys.exit(f"Refused ({error.code}): {json.load(error)['detail']}")


def opened(conclave: Conclave, ticket: str, currency: str) -> int:
    """The number of the decision about this ticket. The key makes it one, however often this runs."""
    case = {
        "type": "refund_request",
        "title": f"Refund for ticket {ticket}?",
        "customer": "ABC Corporation",
        "description": "Eight hours without service; the customer asks for the month's fee. I may grant 50 alone.",
        "urgency": 4,
        "financial_impact": "400.00",
        "decide_by": end_of_tomorrow(),
        "options": [
            {"title": "Refund the month", "cost": "400.00", "description": "All of it, to the card they paid with."},
            {"title": "Credit half of it", "cost": "200.00", "description": "On their next invoice."},
            {"title": "Explain and apologise", "cost": "0.00"},
        ],
    }
    _, _, found = conclave.ask("POST", "/decisions", case, Idempotency_Key=f"ticket-{ticket}-{case['decide_by']}")
    print(f"Asked as #{found['number']}: {found['url']} (amounts in {currency})")
    return int(found["number"])


def end_of_tomorrow() -> str:
    """The same text all day, so that the same request stays the same."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return f"{tomorrow.isoformat()}T23:59:00Z"


def start_scoring(conclave: Conclave, number: int) -> None:
    """Ask everybody who is active, unless that has been done."""
    _, _, found = conclave.ask("GET", f"/decisions/{number}")
    if found["round"] is not None or found["status"] in OVER:
        return
    _, _, people = conclave.ask("GET", "/members")
    asked = [one["email"] for one in people["items"] if one["is_active"]]
    body = {"people": asked, "closes_at": found["case"]["decide_by"], "confirm_two": True}
    conclave.ask("POST", f"/decisions/{number}/actions/start", body, Idempotency_Key=f"start-{number}")
    print(f"{len(asked)} people are asked to score it in Slack, in secret.", flush=True)


def wait_by_asking(conclave: Conclave, number: int, every: float) -> Any:
    """The decision, once it is over. With its ETag the answer is empty as long as nothing has changed."""
    tag, said = "", ""
    while True:
        status, headers, found = conclave.ask("GET", f"/decisions/{number}", If_None_Match=tag or '"0"')
        if status == 200:
            tag = {name.lower(): value for name, value in headers.items()}["etag"]
            if found["state"] != said:
                said = found["state"]
                print(f"#{number}: {said}", flush=True)
            if found["status"] in OVER:
                return found
        time.sleep(every)


def wait_by_webhook(conclave: Conclave, number: int, port: int, secret: str) -> Any:
    """The decision, once a signed event says that it is resolved or cancelled. Anything unsigned is refused."""
    from standardwebhooks import Webhook, WebhookVerificationError

    heard: list[int] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            try:
                event = Webhook(secret).verify(body, dict(self.headers.items()))
            except WebhookVerificationError:
                self.send_response(401)
            else:
                self.send_response(204)
                if event["type"] in ("decision.resolved", "decision.cancelled"):
                    heard.append(event["data"]["number"])
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", port), Receiver) as server:
        print(f"Waiting for decision.resolved at http://127.0.0.1:{port}", flush=True)
        while number not in heard:
            server.handle_request()
    return conclave.ask("GET", f"/decisions/{number}")[2]


def tell(found: Any) -> None:
    """What the agent works on with."""
    choice = found["choice"]
    if choice is None:
        print(f"#{found['number']} was cancelled: {found['cancel_reason']}")
        return
    titles = {one["id"]: one["title"] for one in found["options"]}
    print(f"Choice: {titles[choice['option']]}, by {choice['by']}")
    print(f"Reason: {choice['reason']}")
    for limit in choice["limits"]:
        print(f"Limit: {limit}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask people by Conclave, wait, and print what they chose.")
    parser.add_argument("--url", required=True, help="the address of Conclave's web pages")
    parser.add_argument("--token", required=True, help="an agent's token with the scope open, from its settings page")
    parser.add_argument("--ticket", default="4711", help="what it is about; asked once for each ticket and day")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks")
    parser.add_argument("--listen", type=int, help="a port to hear the webhook on, instead of looking")
    parser.add_argument("--secret", help="the endpoint's secret, whsec_...")
    given = parser.parse_args()
    conclave = Conclave(given.url, given.token)
    _, _, me = conclave.ask("GET", "/me")
    print(f"I ask for {me['member']['name']} of {me['team']}.")
    number = opened(conclave, given.ticket, me["currency"])
    start_scoring(conclave, number)
    if given.listen:
        tell(wait_by_webhook(conclave, number, given.listen, given.secret))
    else:
        tell(wait_by_asking(conclave, number, given.every))


if __name__ == "__main__":
    main()
