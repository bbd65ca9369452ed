"""What a process counts about itself, for Prometheus: kinds, verdicts and seconds; nothing per person or decision."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
DELIVERIES = Counter(
    "conclave_deliveries", "Deliveries by kind and how they ended.", ["kind", "verdict"], registry=REGISTRY
)
RATE_LIMITED = Counter("conclave_rate_limited", "Deliveries that Slack answered with 429.", registry=REGISTRY)
REQUESTS = Histogram(
    "conclave_request_seconds",
    "Slack's requests by kind, until they were acknowledged.",
    ["kind"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0),
    registry=REGISTRY,
)
MODEL = Counter(
    "conclave_model_questions", "Questions to the language model, by how they ended.", ["outcome"], registry=REGISTRY
)
READY = Gauge("conclave_outbox_ready", "Deliveries that wait.", registry=REGISTRY)
DEAD = Gauge("conclave_outbox_dead", "Deliveries that were given up.", registry=REGISTRY)
OLDEST_DUE = Gauge("conclave_outbox_oldest_due_seconds", "Age of the oldest delivery that is due.", registry=REGISTRY)
REFUSED = Gauge(
    "conclave_outbox_refused", "Deliveries that wait until an operator mends the installation.", registry=REGISTRY
)
UNWELL = Gauge("conclave_tasks_unwell", "Background tasks that ended or do not get through.", registry=REGISTRY)
SWEEP_AGE = Gauge("conclave_sweep_age_seconds", "Since the last sweep of any replica; -1: never.", registry=REGISTRY)


def count_delivery(kind: str, verdict: str, *, is_rate_limited: bool) -> None:
    DELIVERIES.labels(kind, verdict).inc()
    if is_rate_limited:
        RATE_LIMITED.inc()


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
