"""How an attempt at a delivery ended: done, later or dead. The worker writes it into the row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """The effect has happened, or there is nothing left to do."""

    is_settled: bool = False
    """Written into the row already, together with what the effect was; the worker has nothing to write."""


@dataclass(frozen=True)
class Later:
    """Try again."""

    error: str
    after_seconds: float | None = None
    """None: the worker's own backoff."""
    is_refusal: bool = False
    """Certainly without effect (`ok: false`, 429). Otherwise it may have happened, and the next attempt looks first."""
    is_free: bool = False
    """The attempt does not count towards `outbox.MAX_ATTEMPTS`, however often it ends so."""
    passes: bool = False
    """A disturbance that ends by itself: the attempt does not count while the row is young (`worker.PASSING`)."""
    is_planned: bool = False
    """The sender goes by a table of its own and gives up by itself: the attempt is the last one only if it says so."""
    is_for_operator: bool = False
    """Somebody who runs Conclave has to mend it; until then it waits."""


@dataclass(frozen=True)
class Dead:
    """Trying again cannot help."""

    error: str


Verdict = Done | Later | Dead
