"""The vault's tests: a round of scoring made by hand, beside another team's round that nothing may touch."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from tests.support.known import known

THRESHOLDS = {"ranking": 3, "totals": 5, "cell": 5}
Row = tuple[Any, ...]
Ballot = Sequence[Sequence[int] | None]
"""Per criterion the options' scores; None = abstained."""


class Submitted(NamedTuple):
    answer: str
    submitted: int
    roster: int
    closed: bool


@dataclass(frozen=True)
class ARound:
    """Ids in the order of the snapshot; members in id order, as sealing seats them."""

    id: UUID
    decision_id: UUID
    members: tuple[UUID, ...]
    options: tuple[UUID, ...]
    criteria: tuple[UUID, ...]


def as_pages(pages: Mapping[Any, object]) -> Jsonb:
    """As submit_pages takes them. None: the page of comments."""
    return Jsonb([{"criterion": c and str(c), "page": page} for c, page in pages.items()])


class Vault:
    """The vault's functions over one autocommit connection; each call is a transaction of its own."""

    def __init__(self, connection: psycopg.Connection[Row], url: str) -> None:
        self.connection = connection
        self.url = url

    def rows(self, query: str, *arguments: object) -> list[Row]:
        return self.connection.execute(query, arguments).fetchall()

    def value(self, query: str, *arguments: object) -> Any:
        (row,) = self.rows(query, *arguments)
        return row[0]

    def do(self, query: str, *arguments: object) -> None:
        self.connection.execute(query, arguments)

    def a_round(
        self,
        *,
        people: int = 3,
        options: int = 2,
        criteria: int = 2,
        closes_in: str = "1 hour",
    ) -> ARound:
        team = self.value("INSERT INTO teams (name, company_name) VALUES ('A', 'A Inc') RETURNING id")
        members = tuple(sorted(self._member(team) for _ in range(people)))
        decision = self.value(
            """
            INSERT INTO customer_decisions
                (team_id, created_by, customer_name, title, description, decision_type, status, current_phase)
            VALUES (%s, %s, 'ABC', 'Refund', 'All of it', 'refund_request', 'evaluating', 4) RETURNING id
            """,
            team,
            members[0],
        )
        option_ids = tuple(
            self.value(
                "INSERT INTO response_options (decision_id, title, description, position) "
                "VALUES (%s, %s, 'd', %s) RETURNING id",
                *(decision, f"Option {n}", n),
            )
            for n in range(options)
        )
        criterion_ids = tuple(
            self.value(
                "INSERT INTO decision_criteria (decision_id, name, created_by, position) "
                "VALUES (%s, %s, %s, %s) RETURNING id",
                *(decision, f"Criterion {n}", members[0], n),
            )
            for n in range(criteria)
        )
        return self.another_round(
            ARound(decision, decision, members, option_ids, criterion_ids),
            closes_in=closes_in,
        )

    def another_round(
        self,
        of: ARound,
        *,
        number: int = 1,
        closes_in: str = "1 hour",
    ) -> ARound:
        snapshot = {
            "options": [str(o) for o in of.options],
            "criteria": [{"id": str(c), "weight": "1.00"} for c in of.criteria],
        }
        round_id = self.value(
            """
            INSERT INTO rounds (decision_id, number, opened_by, opened_at, closes_at, snapshot, thresholds)
            VALUES (%s, %s, %s, now() - interval '1 day', now() + %s::interval, %s, %s) RETURNING id
            """,
            *(of.decision_id, number, of.members[0], closes_in, Jsonb(snapshot), Jsonb(THRESHOLDS)),
        )
        for member in of.members:
            self.do("INSERT INTO round_members (round_id, member_id) VALUES (%s, %s)", round_id, member)
        return ARound(round_id, of.decision_id, of.members, of.options, of.criteria)

    def _member(self, team: UUID) -> UUID:
        member: UUID = self.value(
            "INSERT INTO team_members (team_id, email, name, password_hash, role) "
            "VALUES (%s, %s, 'M', 'x', 'support_manager') RETURNING id",
            *(team, f"{uuid4()}@example.com"),
        )
        return member

    # The functions, by their names.

    def save(self, r: ARound, member: UUID, criterion: UUID | None, page: object) -> str:
        word: str = self.value("SELECT save_page(%s, %s, %s, %s)", r.id, member, criterion, Jsonb(page))
        return word

    def submit(self, r: ARound, member: UUID) -> Submitted:
        (row,) = self.rows("SELECT * FROM submit_ballot(%s, %s)", r.id, member)
        return Submitted(*row)

    def submit_pages(self, r: ARound, member: UUID, pages: Mapping[Any, object]) -> Submitted:
        (row,) = self.rows("SELECT * FROM submit_pages(%s, %s, %s)", r.id, member, as_pages(pages))
        return Submitted(*row)

    def mine(self, r: ARound, member: UUID) -> dict[UUID | None, Any]:
        return dict(self.rows("SELECT criteria_id, page FROM my_ballot(%s, %s)", r.id, member))

    def close(self, r: ARound, *, by: UUID | None = None) -> str:
        word: str = self.value("SELECT close_round(%s, %s)", r.id, by)
        return word

    def extend(self, r: ARound, *, to: str = "2 hours") -> str:
        word: str = self.value("SELECT extend_round(%s, now() + %s::interval)", r.id, to)
        return word

    def override(self, r: ARound, *, by: UUID | None = None) -> str:
        word: str = self.value("SELECT override_round(%s, %s, 'It cannot wait')", r.id, by or r.members[0])
        return word

    def publish(self, r: ARound) -> list[Row]:
        return self.rows("SELECT * FROM publish_round(%s)", r.id)

    def comments(self, r: ARound) -> list[Row]:
        return self.rows("SELECT * FROM published_comments(%s)", r.id)

    def second(self, r: ARound, *, closes_in: str = "1 hour") -> tuple[str, ARound | None]:
        """The answer, and the round that was opened."""
        asked = (r.decision_id, r.members[0], closes_in)
        ((answer, round_id),) = self.rows("SELECT * FROM open_second_round(%s, %s, now() + %s::interval)", *asked)
        return answer, replace(r, id=round_id) if round_id else None

    def followed(self, r: ARound) -> ARound:
        """The second round, which was opened."""
        answer, second = self.second(r)
        assert answer == "opened"
        return known(second)

    def void(self, r: ARound) -> str:
        word: str = self.value("SELECT void_round(%s, %s, 'A criterion was wrong')", r.id, r.members[0])
        return word

    def order(self, r: ARound) -> str | None:
        word: str | None = self.value("SELECT round_order(%s)", r.id)
        return word

    # Shorthands.

    @staticmethod
    def page(r: ARound, *scores: int, confidence: int | None = None, abstain: bool = False) -> dict[str, Any]:
        by_option = {str(option): score for option, score in zip(r.options, scores, strict=False)}
        return {"scores": by_option, "confidence": confidence, "abstain": abstain}

    def fill(
        self,
        r: ARound,
        member: UUID,
        ballot: Ballot,
        *,
        confidence: int | None = None,
        comments: Mapping[int, str] | None = None,
        share: bool = False,
    ) -> None:
        """Save a whole ballot: per criterion the options' scores, None = abstained; comments by option's index."""
        for criterion, scores in zip(r.criteria, ballot, strict=True):
            page = self.page(r, *(scores or ()), confidence=confidence, abstain=scores is None)
            assert self.save(r, member, criterion, page) == "saved"
        if comments is not None:
            texts = {str(r.options[index]): text for index, text in comments.items()}
            assert self.save(r, member, None, {"comments": texts, "share": share}) == "saved"

    def score(self, r: ARound, *ballots: Ballot) -> None:
        """Submit one ballot for each of the first members."""
        for member, ballot in zip(r.members, ballots, strict=False):
            self.fill(r, member, ballot)
            assert self.submit(r, member).answer == "submitted"

    def end_time(self, r: ARound) -> None:
        self.do("UPDATE rounds SET closes_at = now() - interval '1 second' WHERE id = %s", r.id)

    def excuse(self, r: ARound, member: UUID) -> None:
        self.do("UPDATE round_members SET excused_at = now() WHERE round_id = %s AND member_id = %s", r.id, member)

    def stored(self, r: ARound) -> list[Row]:
        """What evaluations hold of the decision, without the rows' own ids."""
        return self.rows(
            """
            SELECT evaluator_id, option_id, criteria_id, score, confidence, anonymous_comment, share_comment,
                created_at
            FROM evaluations WHERE decision_id = %s ORDER BY 1, 2, 3
            """,
            r.decision_id,
        )

    def everything(self, r: ARound) -> list[list[Row]]:
        tables = (
            "SELECT * FROM rounds WHERE id = %s",
            "SELECT * FROM round_members WHERE round_id = %s ORDER BY member_id",
            "SELECT * FROM ballot_pages WHERE round_id = %s ORDER BY member_id, criteria_id",
            "SELECT e.* FROM evaluations e JOIN rounds r USING (decision_id) WHERE r.id = %s ORDER BY e.id",
        )
        return [self.rows(query, r.id) for query in tables]


@contextmanager
def guarded_vault(database_url: str) -> Iterator[Vault]:
    """The vault of a database where two other rounds, one open and one sealed, must stay as they are."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        vault = Vault(connection, database_url)
        open_one, sealed_one = vault.a_round(), vault.a_round()
        vault.score(open_one, [(1, 10), (2, 9)])
        vault.score(sealed_one, [(1, 10), (2, 9)], [(3, 8), (4, 7)], [(5, 6), (6, 5)])
        vault.publish(sealed_one)
        before = vault.everything(open_one), vault.everything(sealed_one)

        yield vault

        assert (vault.everything(open_one), vault.everything(sealed_one)) == before
