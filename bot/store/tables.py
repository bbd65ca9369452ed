"""The tables as SQLAlchemy Core sees them: names, types and nullability, equal to the migrated catalog.

The given tables keep their names and types. Defaults, CHECKs, triggers and ON DELETE live in the migrations,
which alone say what the database is. `evaluations`, `ballot_pages` and `sealed_cells` are absent on purpose: only the
vault's functions (migrations/vault.sql) touch them, so no query can be written against them by accident. No ORM.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, CHAR, INET, JSONB, TIMESTAMP, TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, UserDefinedType


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in Python, UTC without zone in the given TIMESTAMP columns. Refuses naive ones."""

    impl = TIMESTAMP(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime cannot be stored: give it a time zone.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Xid8(UserDefinedType[str]):
    """PostgreSQL's id of a transaction, here of the one that closed a round; only the vault reads and writes it."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return "XID8"


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""The convention names what is new; the given tables' constraints keep the names PostgreSQL gave them."""

UTC_TIMESTAMP = UtcDateTime()
TIMESTAMPTZ = TIMESTAMP(timezone=True)
MONEY = Numeric(12, 2)


def any_of(name: str) -> ColumnElement[Any]:
    """For `column == any_of("decisions")`: any of the ids that are given under this name.

    They are one parameter, and the statement is the same however many. With IN each id would be one, which SQLAlchemy
    writes and psycopg parses anew at each use: a fifth of what it takes to read what belongs to 200 decisions.
    """
    return any_(bindparam(name, type_=ARRAY(Uuid)))


def _id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()"))


# --- The given tables, with the columns that our migrations add at the end of each.

teams = Table(
    "teams",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("company_name", String(255), nullable=False),
    Column("industry", String(100)),
    Column("team_size", Integer),
    Column("subscription_tier", String(20)),
    Column("created_at", UTC_TIMESTAMP),
    Column("updated_at", UTC_TIMESTAMP),
    Column("currency", CHAR(3), nullable=False, server_default=text("'USD'")),
    # results and decisions are shown to its whole channel, where no other company reads there
    Column("broadcasts", Boolean, nullable=False, server_default=text("true")),
    Column("suggests_from_text", Boolean, nullable=False, server_default=text("true")),
    Column("suggestion_words", JSONB, nullable=False, server_default=text("'{}'")),  # type -> words that it adds
    Column("language", Text, nullable=False, server_default=text("'english'")),  # a text search configuration's name
    Column("asks_model", Boolean, nullable=False, server_default=text("true")),  # where there is a language model
    Column("guests_score", Boolean, nullable=False, server_default=text("false")),
    Column("allows_passwords", Boolean, nullable=False, server_default=text("false")),  # for signing in to the web
)

team_members = Table(
    "team_members",
    metadata,
    _id(),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("email", String(255), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(50), nullable=False),
    Column("expertise_areas", ARRAY(Text)),
    Column("escalation_authority", Integer),
    Column("notification_preferences", JSONB),
    Column("is_active", Boolean),
    Column("created_at", UTC_TIMESTAMP),
    Column("updated_at", UTC_TIMESTAMP),
    Column("is_guest", Boolean, nullable=False, server_default=text("false")),  # of the workspace: never decides
)

customer_decisions = Table(
    "customer_decisions",
    metadata,
    _id(),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("created_by", ForeignKey("team_members.id"), nullable=False),
    Column("customer_name", String(255), nullable=False),
    Column("customer_id", String(100)),
    Column("customer_email", String(255)),
    Column("customer_tier", String(20)),
    Column("customer_value", MONEY),
    Column("relationship_duration_months", Integer),
    Column("title", String(500), nullable=False),
    Column("description", Text, nullable=False),
    Column("decision_type", String(50), nullable=False),
    Column("urgency_level", Integer, nullable=False, server_default=text("3")),
    Column("financial_impact", MONEY),
    Column("status", String(20)),
    Column("current_phase", Integer),
    Column("expected_resolution_date", UTC_TIMESTAMP),
    Column("actual_resolution_date", UTC_TIMESTAMP),
    Column("ai_classification", JSONB),
    Column("ai_recommendations", JSONB),
    Column("ai_confidence_score", Numeric(3, 2)),
    Column("created_at", UTC_TIMESTAMP),
    Column("updated_at", UTC_TIMESTAMP),
    Column("number", Integer, nullable=False, server_default=FetchedValue()),  # by a trigger
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("workspace_id", Text),
    Column("channel_id", Text),
    Column("permalink", Text),
    Column("cancel_reason", Text),
    Column("planned_revision", BigInteger),  # of which revision the reminders are
    Column("currency", CHAR(3), nullable=False, server_default=FetchedValue()),  # of all its amounts; by a trigger
    Column("overdue_shown", UTC_TIMESTAMP),  # the expected_resolution_date whose passing card and Home tab show
    Column("taken_from", ForeignKey("team_members.id")),  # the owner before, who had left
    Column("ladder", ARRAY(Uuid)),  # who is asked to decide it, in that order, as planned last
    Column("financial_impact_before", MONEY),  # what it was at first, where it was changed since; likewise the next two
    Column("customer_value_before", MONEY),
    Column("urgency_level_before", Integer),
    Column("called_off", ARRAY(Uuid)),  # for whom something was waiting when it was called off
    Column("unheard", Text),  # the news that the channel was not shown: a Kind
    Column("promised_by", UTC_TIMESTAMP),  # by when the customer was promised a reply
    Column("late_shown", UTC_TIMESTAMP),  # the promised_by whose passing card and Home tab show
    Column("erased_at", TIMESTAMPTZ),  # since when its texts are gone
    Column("roster_group", JSONB),  # the user group whose people were asked: round, id, handle
    Column("proposal", JSONB),  # a choice that a second person has to confirm: an `outcome.Proposal`
)

decision_criteria = Table(
    "decision_criteria",
    metadata,
    _id(),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", Text),
    Column("weight", Numeric(3, 2)),
    Column("created_by", ForeignKey("team_members.id"), nullable=False),
    Column("created_at", UTC_TIMESTAMP),
    Column("position", Integer, nullable=False, server_default=text("0")),
)

response_options = Table(
    "response_options",
    metadata,
    _id(),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), nullable=False),
    Column("title", String(500), nullable=False),
    Column("description", Text, nullable=False),
    Column("financial_cost", MONEY),
    Column("implementation_effort", String(20)),
    Column("risk_level", String(20)),
    Column("ai_generated", Boolean),
    Column("created_by", ForeignKey("team_members.id")),
    Column("created_at", UTC_TIMESTAMP),
    Column("position", Integer, nullable=False, server_default=text("0")),
)

decision_outcomes = Table(
    "decision_outcomes",
    metadata,
    _id(),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("selected_option_id", ForeignKey("response_options.id"), nullable=False),
    Column("response_sent_at", UTC_TIMESTAMP),
    Column("customer_satisfaction_score", Integer),
    Column("escalation_occurred", Boolean),
    Column("resolution_time_hours", Integer),
    Column("follow_up_required", Boolean),
    Column("follow_up_date", UTC_TIMESTAMP),
    Column("outcome_notes", Text),
    Column("financial_impact_actual", MONEY),
    Column("customer_retained", Boolean),
    Column("created_at", UTC_TIMESTAMP),
    Column("updated_at", UTC_TIMESTAMP),
    Column("reason", Text),
    Column("resolved_by", ForeignKey("team_members.id")),
    Column("informed_by", ForeignKey("team_members.id")),
    Column("recorded_at", TIMESTAMPTZ),
    Column("reopened_reason", Text),
    Column("worked", Boolean),
    Column("is_moved", Boolean, nullable=False, server_default=text("false")),  # the date, as it was too early to say
    Column("answer", Text),  # the latest by one press; of `outcome.Answer`
    Column("answered_at", TIMESTAMPTZ),
    Column("answered_by", ForeignKey("team_members.id")),
    Column("before_answer", JSONB),  # what taking it back restores
    Column("resolved_for", ForeignKey("team_members.id")),  # whose authority a deputy resolved it with
    Column("confirmed_by", ForeignKey("team_members.id")),  # the second person, where it took two
    Column("follow_up_shown", UTC_TIMESTAMP),  # the follow_up_date whose passing card and Home tab show
    # what the published result says of the chosen option, by a trigger: of "≥ 9.5" the number; by the criterion's id
    Column("follows", Boolean),
    Column("chosen_total", Numeric),
    Column("chosen_means", JSONB),
)

auth_tokens = Table(
    "auth_tokens",
    metadata,
    _id(),
    Column("user_id", ForeignKey("team_members.id", ondelete="CASCADE"), nullable=False),
    Column("token_hash", String(255), nullable=False),
    Column("expires_at", UTC_TIMESTAMP, nullable=False),
    Column("created_at", UTC_TIMESTAMP),
    Column("kind", Text),  # of `token.Kind`; none: another program's, which opens nothing here
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("label", Text),
    Column("workspace_id", Text),  # from which its holder acts
    Column("idle_until", TIMESTAMPTZ),  # a session that is not used ends here
    Column("last_used", Date),
    Column("for_agent", Boolean, nullable=False, server_default=text("false")),  # never with the scope `act`
)

audit_logs = Table(
    "audit_logs",
    metadata,
    _id(),
    Column("decision_id", ForeignKey("customer_decisions.id")),
    Column("user_id", ForeignKey("team_members.id")),
    Column("action", String(100), nullable=False),
    Column("details", JSONB),
    Column("ip_address", INET),
    Column("user_agent", Text),
    Column("created_at", UTC_TIMESTAMP),
    Column("seq", BigInteger, Identity(always=True), nullable=False),  # the order in which lines were written
    Column("team_id", Uuid),  # filled by a trigger
)

# --- Ours. Slack's team is called workspace here: a team is a team of people.

team_workspaces = Table(
    "team_workspaces",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("domain", Text),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

slack_identities = Table(
    "slack_identities",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("slack_user_id", Text, primary_key=True),
    Column("member_id", ForeignKey("team_members.id", ondelete="CASCADE"), nullable=False),
    Column("tz", Text),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("told_name", Text),  # as Slack told it last; likewise the next
    Column("told_email", Text),
)

team_numbers = Table(
    "team_numbers",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("last_decision_number", Integer, nullable=False, server_default=text("0")),
)

rounds = Table(
    "rounds",
    metadata,
    _id(),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("opened_by", ForeignKey("team_members.id")),
    Column("opened_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("closes_at", TIMESTAMPTZ, nullable=False),
    # {"options": [id, ...], "criteria": [{"id": id, "weight": "1.50"}, ...], "names": {id: "sha256:...", ...}}
    Column("snapshot", JSONB, nullable=False),
    # the frozen numbers of ballots from which on rankings, halves, totals and cells are shown, by those names
    Column("thresholds", JSONB, nullable=False),
    Column("closed_at", TIMESTAMPTZ),
    Column("closed_by", ForeignKey("team_members.id")),
    Column("closed_xid", Xid8),
    Column("close_cause", Text),
    Column("override_by", ForeignKey("team_members.id")),
    Column("override_reason", Text),
    Column("published_at", TIMESTAMPTZ),
    Column("voided_at", TIMESTAMPTZ),
    Column("voided_by", ForeignKey("team_members.id")),
    Column("void_reason", Text),
    # the published round that this one, a second round, follows
    Column("follows", ForeignKey("rounds.id")),
)

round_members = Table(
    "round_members",
    metadata,
    Column("round_id", ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", ForeignKey("team_members.id"), primary_key=True),
    Column("submitted", Boolean, nullable=False, server_default=text("false")),
    Column("excused_at", TIMESTAMPTZ),
)

round_results = Table(
    "round_results",
    metadata,
    Column("round_id", ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    Column("version", SmallInteger, nullable=False),
    Column("ballots", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("published_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

submissions = Table(
    "submissions",
    metadata,
    Column("view_id", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("created_kind", Text, nullable=False),
    Column("created_id", Text, nullable=False),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("token_id", ForeignKey("auth_tokens.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("begun_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", Text),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("owner_id", ForeignKey("team_members.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", Text, nullable=False),  # where its owner is told
    Column("label", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_until", TIMESTAMPTZ),
    Column("key_id", Text, nullable=False),
    Column("exhausted", Integer, nullable=False, server_default=text("0")),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("disabled_at", TIMESTAMPTZ),
    Column("disabled_why", Text),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("endpoint_id", ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("delivery_id", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE")),
    Column("attempt", Integer, nullable=False),
    Column("at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("milliseconds", Integer, nullable=False),
)

card_messages = Table(
    "card_messages",
    metadata,
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("rendered_revision", BigInteger, nullable=False, server_default=text("0")),
    Column("permalink", Text),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("results", JSONB, nullable=False, server_default=text("'{}'")),  # round id -> [channel, ts]
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("payload", JSONB, nullable=False, server_default=text("'{}'")),
    Column("state", Text, nullable=False, server_default=text("'ready'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("run_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("token", BigInteger),
    Column("last_error", Text),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("done_at", TIMESTAMPTZ),
    Column("workspace_id", Text, nullable=False, server_default=text("''")),  # by a trigger, from the lane
    Column("traceparent", Text, server_default=FetchedValue()),  # of the span that queued it, until it is settled
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), nullable=False),
    Column("member_id", ForeignKey("team_members.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("step", Integer, nullable=False, server_default=text("0")),
    Column("waiting_since", TIMESTAMPTZ),
    Column("asked", SmallInteger, nullable=False, server_default=text("0")),
    Column("last_at", TIMESTAMPTZ),
    Column("next_at", TIMESTAMPTZ),
)

sweep_runs = Table(
    "sweep_runs",
    metadata,
    Column("is_only", Boolean, primary_key=True, server_default=text("true")),
    Column("last_ok", TIMESTAMPTZ, nullable=False),
)

homes = Table(
    "homes",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("slack_user_id", Text, primary_key=True),
    Column("page", Integer, nullable=False, server_default=text("0")),
    Column("shown", Text),  # a digest of what was published last
    Column("opened_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

precedents = Table(
    "precedents",
    metadata,
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("resolved_at", UTC_TIMESTAMP, nullable=False),
    Column("words", TSVECTOR, nullable=False),
)
"""Decided cases, for searching. Written by triggers alone."""

case_vectors = Table(
    "case_vectors",
    metadata,
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("model", Text),
    Column("vector", LargeBinary),  # float16, little-endian, of length 1
)
"""What cases mean, by a model that not every installation has; without model and vector: to be embedded."""

forecasts = Table(
    "forecasts",
    metadata,
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("option_id", ForeignKey("response_options.id", ondelete="CASCADE"), nullable=False),
    Column("member_id", ForeignKey("team_members.id", ondelete="CASCADE"), nullable=False),
    Column("per_cent", SmallInteger, nullable=False),
    Column("due", TIMESTAMPTZ, nullable=False),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

sketches = Table(
    "sketches",
    metadata,
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("made_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)
"""What a language model made of the text of a case; of no use once the text is another one."""

thread_summaries = Table(
    "thread_summaries",
    metadata,
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("ts", Text, nullable=False),  # of the card above the thread
    Column("language", Text, nullable=False),
    Column("replies", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)
"""What a language model made of the thread beneath a card, while the decision is open; '' is not to be shown."""

model_usage = Table(
    "model_usage",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("tokens", Integer, nullable=False, server_default=text("0")),
    Column("asked", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    Column("refused", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("failed_at", TIMESTAMPTZ),
    Index("ix_model_usage_day", "day"),
)

wordings = Table(
    "wordings",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("decision_type", Text, primary_key=True),
    Column("choice", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("changed_by", ForeignKey("team_members.id")),
    Column("changed_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

policy_proposals = Table(
    "policy_proposals",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="SET NULL")),  # as what it was opened
    Column("told_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True),  # a hash of what is counted
    Column("count", Integer, nullable=False),
    Column("began_at", TIMESTAMPTZ, nullable=False),
)

decision_words = Table(
    "decision_words",
    metadata,
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE"), primary_key=True),
    Column("words", TSVECTOR, nullable=False),
)
"""Cases, for looking for decisions. Written by a trigger alone."""

erasures = Table(
    "erasures",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Uuid, nullable=False),  # a member or a team; of a customer any id
    Column("decisions", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),  # of a customer
    Column("also_free_text", Boolean, nullable=False, server_default=text("false")),
    Column("erased_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)
"""Whom the operator had erased, by id alone."""

workflow_runs = Table(
    "workflow_runs",
    metadata,
    Column("execution_id", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE")),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("ended_at", TIMESTAMPTZ),
)
"""Steps of Workflow Builder that wait for a decision; ended_at: the answer is queued."""

workspace_installations = Table(
    "workspace_installations",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("enterprise_id", Text),
    Column("team_id", Text),  # None: the organisation as a whole
    Column("is_org", Boolean, nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("bot_token", LargeBinary),  # this and the next two encrypted: bot/keyring.py
    Column("previous_token", LargeBinary),
    Column("refresh_token", LargeBinary),
    Column("expires_at", TIMESTAMPTZ),
    Column("bot_user_id", Text, nullable=False, server_default=text("''")),
    Column("bot_id", Text, nullable=False, server_default=text("''")),
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("generation", Integer, nullable=False, server_default=text("1")),
    Column("installed_by", Text),
    Column("installed_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    Column("ended_at", TIMESTAMPTZ),
    Column("key_id", Text),
)
"""Who has installed the app. One that has ended keeps its row, without tokens."""

enterprise_workspaces = Table(
    "enterprise_workspaces",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("enterprise_id", Text, nullable=False),
    Column("left_at", TIMESTAMPTZ),
)

install_states = Table(
    "install_states",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("browser", LargeBinary, nullable=False),
    Column("team_id", Text),
    Column("expires_at", TIMESTAMPTZ, nullable=False),
    Column("used_at", TIMESTAMPTZ),
)

deputies = Table(
    "deputies",
    metadata,
    Column("member_id", ForeignKey("team_members.id", ondelete="CASCADE"), primary_key=True),
    Column("deputy_id", ForeignKey("team_members.id", ondelete="CASCADE"), nullable=False),
    Column("begins", TIMESTAMPTZ, nullable=False),
    Column("until", TIMESTAMPTZ, nullable=False),
    Column("is_running", Boolean, nullable=False, server_default=text("false")),  # as the plans of reminders know it
)

shared_channels = Table(
    "shared_channels",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("channel_id", Text, primary_key=True),
    Column("confirmed_by", ForeignKey("team_members.id")),
    Column("confirmed_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)
"""Channels that another company reads, and in which the team's cards may appear all the same."""

drafts = Table(
    "drafts",
    metadata,
    _id(),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("owner_id", ForeignKey("team_members.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", Text, nullable=False),
    Column("source", Text, nullable=False),  # who handed it in: a `draft.Source.key`
    Column("source_name", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("link", Text),
    Column("body", JSONB, nullable=False, server_default=text("'{}'")),
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("decision_id", ForeignKey("customer_decisions.id", ondelete="CASCADE")),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("ended_at", TIMESTAMPTZ),
    Column("reply_to", Text),  # where its outcome is posted to, in place of its hook's address
)
"""What tickets and programs propose to decide; body: empty once it is opened or put away."""

hooks = Table(
    "hooks",
    metadata,
    _id(),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", Text, nullable=False),  # in which the owners of its drafts are told
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # a `hook.Kind`
    Column("mapping", JSONB, nullable=False, server_default=text("'{}'")),  # our field -> path
    Column("fallback_id", ForeignKey("team_members.id", ondelete="SET NULL")),
    Column("reply_base", Text),
    Column("reply_as", Text, nullable=False, server_default=text("''")),
    Column("secret", LargeBinary, nullable=False),  # this and the next one encrypted: bot/keyring.py
    Column("reply_secret", LargeBinary),
    Column("key_id", Text, nullable=False),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("last_used", Date),
)
"""Addresses at which other systems hand tickets in."""
