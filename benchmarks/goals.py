"""What is measured, and how good it has to be: one row per number of the table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """One number. Most are ratios of two things that were measured in turn within one round; a few are not (`unit`)."""

    key: str
    says: str
    must: float
    aim: float
    is_least: bool
    """Whether `must` is the least that will do, or the most."""
    unit: str = ""

    def is_met(self, value: float) -> bool:
        return value >= self.must if self.is_least else value <= self.must

    @property
    def is_count(self) -> bool:
        """Of what must not happen: once in one round is too often."""
        return self.must == 0

    @property
    def asked(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.must:g}{self.unit}"


def _least(key: str, says: str, must: float, aim: float) -> Goal:
    return Goal(key, says, must, aim, is_least=True)


def _most(key: str, says: str, must: float, aim: float, unit: str = "") -> Goal:
    return Goal(key, says, must, aim, is_least=False, unit=unit)


GOALS = (
    _least("P1", "a page of scores saved and the next one rendered, per second / limit", 0.30, 0.70),
    _least("P1s", "a one-page ballot submitted (12 scores), per second / limit", 0.40, 0.80),
    _least("P3", "the cheapest press that commits (snooze), per second / limit", 0.40, 0.70),
    _least("P4", "a page, per second / Bolt for JavaScript + pg with as many listeners", 1.0, 1.5),
    _most("P5", "a page on an idle machine, p50 / bare Bolt", 0.15, 0.10),
    _most("P6", "200 pages in one instant, p99 / limit with group commit", 3.0, 1.5),
    _most("P7", "200 pages within one second, p99 / naive", 0.05, 0.01),
    _most("P7r", "refused though saved, of those", 0, 0, " pages"),
    _least("P8", "pages saved by the use case, per second / pgbench with the same SQL", 0.30, 1.0),
    _most("P9", "publishing a round of 200 people, 6 x 5, statistics of yesterday", 0.4, 0.2, " s"),
    _most("P9g", "the same / a round of 100 people: linear", 2.6, 2.0),
    _most("P10", "dispatch of a page at our listeners, CPU / one listener", 1.15, 1.05),
    _most("P11", "result of a decision in the big table of scores / of 10,000", 1.5, 1.3),
    _least("P12", "cards per second by the worker / a bare loop of the default client", 1.0, 2.0),
    _most("P13", "a tick with the big number of decisions / with 10,000", 1.5, 1.2),
    _most("P14", "share of the leader, 12 x 12 x 200, second edition / first", 0.2, 0.05),
    _most("P15", "start to ready / bare Bolt", 1.5, 1.35),
    _most("P16", "memory of the web process after load / Bolt for JavaScript + pg", 0.80, 0.5),
    _least("P18", "calls to Slack per second by our client / the default client (TLS)", 4.0, 6.0),
    _most("P19", "p99 of a workspace's deliveries while another has 50,000 due / alone, 50 ms at least", 2.0, 1.2),
    _most("rows", "answers, ours and the limit's, that were wrong or promised what was not saved", 0, 0),
)
BY_KEY = {goal.key: goal for goal in GOALS}
