"""The story's audit: what the tables must hold afterwards, read from the database itself."""

from typing import Any

from bot.demo.story.stage import Stage

ACTIONS = [
    "choice.reopened",
    "criteria.submitted",
    "customer.informed",
    "decision.cancelled",
    "decision.defined",
    "decision.edited",
    "decision.opened",
    "decision.resolved",
    "member.added",
    "member.changed",
    "member.linked",
    "option.changed",
    "option.proposed",
    "option.removed",
    "outcome.recorded",
    "round.closed",
    "round.opened",
    "round.published",
    "team.changed",
]
CRITERIA, OPTIONS, PEOPLE = 4, 3, 5
ABSTAINED = 1
EXPECTED: tuple[tuple[str, str, list[tuple[Any, ...]]], ...] = (
    (
        "Decision 1 is resolved in phase 6, decision 2 cancelled with its reason.",
        "SELECT number, status, current_phase, actual_resolution_date IS NOT NULL, cancel_reason IS NOT NULL"
        " FROM customer_decisions ORDER BY number",
        [(1, "resolved", 6, True, False), (2, "cancelled", 3, False, True)],
    ),
    (
        "The message that decision 2 began with is linked.",
        "SELECT permalink LIKE 'https://techcorp.slack.com/archives/C0GENERAL/p%%' FROM customer_decisions"
        " WHERE number = 2",
        [(True,)],
    ),
    (
        "Three of four proposed options are left, each with its proposer; four criteria.",
        "SELECT (SELECT count(*) FROM response_options WHERE created_by IS NOT NULL),"
        " (SELECT count(*) FROM decision_criteria c JOIN customer_decisions d ON d.id = c.decision_id"
        " WHERE d.number = 1)",
        [(OPTIONS, CRITERIA)],
    ),
    (
        "There was one round: closed because all had scored, published, on version 3 of the result.",
        "SELECT r.number, r.close_cause, r.published_at > r.closed_at, s.version, s.ballots"
        " FROM rounds r JOIN round_results s ON s.round_id = r.id",
        [(1, "all_scored", True, 3, PEOPLE)],
    ),
    (
        "All five of its roster have submitted.",
        "SELECT count(*), bool_and(submitted), bool_and(excused_at IS NULL) FROM round_members",
        [(PEOPLE, True, True)],
    ),
    (
        "The sealed evaluations: five people by three options by four criteria, without the page that was skipped.",
        "SELECT count(*), count(DISTINCT option_id), count(DISTINCT criteria_id), count(anonymous_comment),"
        " count(DISTINCT created_at) FROM evaluations",
        [(PEOPLE * OPTIONS * CRITERIA - ABSTAINED * OPTIONS, OPTIONS, CRITERIA, 3, 1)],
    ),
    ("No page of a ballot is left.", "SELECT count(*) FROM ballot_pages", [(0,)]),
    (
        "The outcome is one full row.",
        "SELECT o.title, x.customer_satisfaction_score, x.customer_retained, x.financial_impact_actual::text,"
        " x.escalation_occurred, x.follow_up_required, x.follow_up_date IS NOT NULL, x.resolution_time_hours >= 1,"
        " x.response_sent_at IS NOT NULL, m.name"
        " FROM decision_outcomes x JOIN response_options o ON o.id = x.selected_option_id"
        " JOIN team_members m ON m.id = x.resolved_by",
        [("Half a month as credit", 9, True, "4500.00", True, True, True, True, True, "Mike Chen")],
    ),
    (
        "The trail names every kind of change.",
        "SELECT array_agg(DISTINCT action ORDER BY action) FROM audit_logs",
        [(ACTIONS,)],
    ),
    (
        "No line of the trail belongs to a single ballot: closed and published once, nothing about who submitted.",
        "SELECT action, count(*), count(user_id) FROM audit_logs WHERE action LIKE 'round.%%' GROUP BY 1 ORDER BY 1",
        [("round.closed", 1, 0), ("round.opened", 1, 1), ("round.published", 1, 0)],
    ),
    (
        "Every delivery was made.",
        "SELECT state, count(*) > 10, count(*) FILTER (WHERE last_error IS NOT NULL) FROM outbox GROUP BY 1",
        [("done", True, 0)],
    ),
    (
        "The result was sent once.",
        "SELECT count(*) FROM outbox WHERE kind IN ('result', 'result.publish')",
        [(2,)],
    ),
    (
        "Both cards show the last revision.",
        "SELECT d.number, m.rendered_revision = d.revision FROM card_messages m"
        " JOIN customer_decisions d ON d.id = m.decision_id ORDER BY 1",
        [(1, True), (2, True)],
    ),
    (
        "Tom is inactive; Mike may decide up to USD 50,000; everybody is known in Slack.",
        "SELECT m.name, m.is_active, m.escalation_authority, i.slack_user_id FROM team_members m"
        " LEFT JOIN slack_identities i ON i.member_id = m.id ORDER BY 1",
        [
            ("Ana Silva", True, 1, "U0ANA"),
            ("Lisa Rodriguez", True, 1, "U0LISA"),
            ("Mike Chen", True, 4, "U0MIKE"),
            ("Sarah Johnson", True, 1, "U0SARAH"),
            ("Tom Becker", False, 1, "U0TOM"),
        ],
    ),
)
"""(what must hold, query, rows). Percent signs are doubled, as the driver wants them."""


async def check(stage: Stage) -> None:
    """Raises StoryFailed with the first promise that does not hold, and what was found instead."""
    await stage.chapter("9. What the tables say")
    await stage.settle()
    for promise, query, rows in EXPECTED:
        found = await stage.fetch(query)
        stage.expect(found == rows, f"{promise} That does not hold: {found}, expected {rows}")
        stage.tell(f"ok  {promise}")
    await _check_results_seen(stage)
    await _verify(stage)


async def _check_results_seen(stage: Stage) -> None:
    messages = await stage.sandbox.person("ana").messages("customer-decisions")
    results = [m for m in messages if m.rendered.startswith("Result of #1")]
    cards = [m for m in messages if m.thread_ts is None and m.rendered.startswith("#1 ·")]
    stage.expect(len(results) == 1, f"The channel shows {len(results)} results of #1.")
    stage.expect(len(cards) == 1, f"The channel shows {len(cards)} cards of #1.")
    stage.tell("ok  The channel shows one card and one result of decision 1.")


async def _verify(stage: Stage) -> None:
    code, printed = await stage.bot.run("verify", "1")
    stage.expect(code == 0, f"conclave verify 1 ended with {code}: {printed}")
    stage.tell(f"ok  conclave verify 1: {printed}")
