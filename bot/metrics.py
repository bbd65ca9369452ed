"""What a process counts about itself, for Prometheus: kinds, names of our own, verdicts, seconds. Nothing per person,
team or decision: a label is a word that stands in this program, or in Slack's list of errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.errors import BotError, TryAgain

REGISTRY = CollectorRegistry()
DELIVERIES = Counter(
    "conclave_deliveries", "Deliveries by kind and how they ended.", ["kind", "verdict"], registry=REGISTRY
)
RATE_LIMITED = Counter("conclave_rate_limited", "Deliveries that Slack answered with 429.", registry=REGISTRY)
REQUESTS = Histogram(
    "conclave_request_seconds",
    "Slack's requests by kind and listener (the id of a button, window or command), until they were acknowledged.",
    ["kind", "listener"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0),
    registry=REGISTRY,
)
OUTCOMES = Counter(
    "conclave_requests",
    "Slack's requests by kind and how they ended: done, refused (with a sentence), again (not saved), late, failed.",
    ["kind", "outcome"],
    registry=REGISTRY,
)
POOL_WAIT = Histogram(
    "conclave_pool_wait_seconds",
    "Waiting for a connection to the database: of those for transactions, of those for pages of scores.",
    ["pool"],
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0),
    registry=REGISTRY,
)
MODEL = Counter(
    "conclave_model_questions", "Questions to the language model, by how they ended.", ["outcome"], registry=REGISTRY
)
WEBHOOKS = Counter(
    "conclave_webhook_attempts",
    "Attempts to tell an endpoint something, by how they ended: delivered, failed, refused (its address), gone (410), "
    "exhausted.",
    ["outcome"],
    registry=REGISTRY,
)
READY = Gauge("conclave_outbox_ready", "Deliveries that wait.", registry=REGISTRY)
DEAD = Gauge("conclave_outbox_dead", "Deliveries that were given up.", registry=REGISTRY)
DEAD_BY_REASON = Gauge(
    "conclave_outbox_dead_by_reason",
    "The same by Slack's name of the error; other: what Slack did not name.",
    ["reason"],
    registry=REGISTRY,
)
OLDEST_DUE = Gauge("conclave_outbox_oldest_due_seconds", "Age of the oldest delivery that is due.", registry=REGISTRY)
DUE = Gauge("conclave_outbox_due", "Deliveries that could go out, by kind.", ["kind"], registry=REGISTRY)
DUE_AGE = Gauge(
    "conclave_outbox_due_seconds",
    "For how long the oldest of a kind has been due, also behind another one in its lane.",
    ["kind"],
    registry=REGISTRY,
)
REFUSED = Gauge(
    "conclave_outbox_refused", "Deliveries that wait until an operator mends the installation.", registry=REGISTRY
)
UNFINISHED = Gauge(
    "conclave_decisions_unfinished",
    "Decisions by state: created, team_input, evaluating, to_inform, to_record, to_follow_up.",
    ["state"],
    registry=REGISTRY,
)
UNWELL = Gauge("conclave_tasks_unwell", "Background tasks that ended or do not get through.", registry=REGISTRY)
SWEEP_AGE = Gauge("conclave_sweep_age_seconds", "Since the last sweep of any replica; -1: never.", registry=REGISTRY)


def count_delivery(kind: str, verdict: str, *, is_rate_limited: bool) -> None:
    DELIVERIES.labels(kind, verdict).inc()
    if is_rate_limited:
        RATE_LIMITED.inc()


def count_webhook(outcome: str) -> None:
    WEBHOOKS.labels(outcome).inc()


@contextmanager
def request(kind: str, listener: str) -> Iterator[None]:
    """Count one of Slack's requests, how long it took and how it ended."""
    outcome = "done"
    try:
        with REQUESTS.labels(kind, listener).time():
            yield
    except Exception as error:
        outcome = _outcome(error)
        raise
    finally:
        OUTCOMES.labels(kind, outcome).inc()


def _outcome(error: Exception) -> str:
    match error:
        case TryAgain():
            return "again"
        case BotError():
            return "refused"
        case TimeoutError():
            return "late"
    return "failed"


def count_wait(pool: str, seconds: float) -> None:
    """Somebody has waited so long for a connection of this pool."""
    POOL_WAIT.labels(pool).observe(seconds)


def show_counts(
    *,
    due: Mapping[str, tuple[int, float]],
    dead: Mapping[str, int],
    unfinished: Mapping[str, int],
) -> None:
    """due: kind -> (how many, seconds of the oldest); dead: reason -> how many; unfinished: state -> how many."""
    for gauge in (DUE, DUE_AGE, DEAD_BY_REASON, UNFINISHED):
        gauge.clear()
    for kind, (number, seconds) in due.items():
        DUE.labels(kind).set(number)
        DUE_AGE.labels(kind).set(seconds)
    for reason, number in dead.items():
        DEAD_BY_REASON.labels(reason).set(number)
    for state, number in unfinished.items():
        UNFINISHED.labels(state).set(number)


def page(
    *, ready: int, dead: int, refused: int, unwell: int, oldest_due_seconds: float, sweep_age_seconds: float | None
) -> bytes:
    """The text that Prometheus reads; the arguments are the database's, the rest is this process's."""
    READY.set(ready)
    DEAD.set(dead)
    REFUSED.set(refused)
    UNWELL.set(unwell)
    OLDEST_DUE.set(oldest_due_seconds)
    SWEEP_AGE.set(-1 if sweep_age_seconds is None else sweep_age_seconds)
    return generate_latest(REGISTRY)
