"""How a delivery ended, in the worker's three words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """The effect has happened, or there is nothing left to do."""


@dataclass(frozen=True)
class Later:
    """Try again."""

    error: str
    after_seconds: float | None = None
    """None: the worker's own backoff."""
    is_refusal: bool = False
    """Certainly without effect (`ok: false`, 429). Otherwise the effect may have happened, and is looked for first."""
    is_free: bool = False
    """Does not count towards the last attempt, however often it comes."""
    passes: bool = False
    """Nobody's fault and over by itself: does not count while the row is young (`worker.PASSING`)."""
    is_for_operator: bool = False
    """Somebody who runs Conclave has to mend it; until then it waits."""


@dataclass(frozen=True)
class Dead:
    """Trying again cannot help."""

    error: str


Verdict = Done | Later | Dead
