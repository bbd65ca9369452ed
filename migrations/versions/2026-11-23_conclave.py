"""What Conclave adds: numbers, Slack's names, rounds and their ballots, results, submissions, cards, outbox.

Revision: conclave, after given_schema

Columns added to given tables are nullable, defaulted or filled by a trigger: the given INSERTs run unchanged.
The functions over the ballots come with the revision `vault`, which replaces those of an older database.
"""

from alembic import op

from migrations.vault import FUNCTIONS as VAULT_FUNCTIONS

revision = "conclave"
down_revision = "given_schema"
branch_labels = None
depends_on = None

ADDED_TO_GIVEN = """
ALTER TABLE teams
    ADD currency char(3) NOT NULL DEFAULT 'USD',
    ADD CONSTRAINT ck_teams_currency CHECK (currency ~ '^[A-Z]{3}$');

ALTER TABLE customer_decisions
    ADD number int,
    ADD revision bigint NOT NULL DEFAULT 1,
    ADD workspace_id text,
    ADD channel_id text,
    ADD permalink text,
    ADD cancel_reason text,
    -- IS TRUE, because the given status and phase may be NULL and a CHECK that is NULL passes
    ADD CONSTRAINT ck_customer_decisions_state CHECK (((status, current_phase) IN (
        ('created', 1),
        ('team_input', 2), ('team_input', 3),
        ('evaluating', 4),
        ('resolved', 5), ('resolved', 6),
        ('cancelled', 1), ('cancelled', 2), ('cancelled', 3), ('cancelled', 4)
    )) IS TRUE);
CREATE INDEX ix_customer_decisions_expected ON customer_decisions (expected_resolution_date)
    WHERE status IN ('created', 'team_input', 'evaluating');

ALTER TABLE decision_criteria ADD position int NOT NULL DEFAULT 0;
ALTER TABLE response_options ADD position int NOT NULL DEFAULT 0;
ALTER TABLE evaluations ADD share_comment boolean NOT NULL DEFAULT false;

ALTER TABLE decision_outcomes
    ADD reason text,
    ADD resolved_by uuid CONSTRAINT fk_decision_outcomes_resolved_by REFERENCES team_members,
    ADD informed_by uuid CONSTRAINT fk_decision_outcomes_informed_by REFERENCES team_members,
    ADD recorded_at timestamptz,
    ADD reopened_reason text,
    ADD CONSTRAINT uq_decision_outcomes_decision_id UNIQUE (decision_id);
"""

# A team's decisions are numbered 1, 2, 3 ... without gaps: the counter's row lock is held until commit.
NUMBERS = """
CREATE TABLE team_numbers (
    team_id uuid CONSTRAINT pk_team_numbers PRIMARY KEY
        CONSTRAINT fk_team_numbers_team_id REFERENCES teams ON DELETE CASCADE,
    last_decision_number int NOT NULL DEFAULT 0
);

WITH numbered AS (
    SELECT id, row_number() OVER (PARTITION BY team_id ORDER BY created_at, id) AS number
    FROM customer_decisions
)
UPDATE customer_decisions d SET number = n.number FROM numbered n WHERE n.id = d.id;
INSERT INTO team_numbers SELECT team_id, max(number) FROM customer_decisions GROUP BY team_id;

ALTER TABLE customer_decisions
    ALTER number SET NOT NULL,
    ADD CONSTRAINT uq_customer_decisions_team_id_number UNIQUE (team_id, number);

CREATE FUNCTION number_decision() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO team_numbers AS n (team_id, last_decision_number)
    VALUES (NEW.team_id, coalesce(NEW.number, 1))
    ON CONFLICT (team_id) DO UPDATE SET last_decision_number =
        CASE WHEN NEW.number IS NULL THEN n.last_decision_number + 1
             ELSE greatest(n.last_decision_number, NEW.number) END
    RETURNING coalesce(NEW.number, n.last_decision_number) INTO NEW.number;
    RETURN NEW;
END $$;
CREATE TRIGGER number_decision BEFORE INSERT ON customer_decisions
    FOR EACH ROW EXECUTE FUNCTION number_decision();
"""

# In UTC whatever the session's zone is: the column has none.
UPDATED_AT = """
CREATE FUNCTION touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.updated_at := timezone('UTC', now());
    RETURN NEW;
END $$;
"""
WITH_UPDATED_AT = ("teams", "team_members", "customer_decisions", "decision_outcomes")

SLACK = """
CREATE TABLE team_workspaces (
    workspace_id text NOT NULL,
    team_id uuid NOT NULL CONSTRAINT fk_team_workspaces_team_id REFERENCES teams ON DELETE CASCADE,
    domain text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_team_workspaces PRIMARY KEY (workspace_id, team_id)
);

CREATE TABLE slack_identities (
    workspace_id text NOT NULL,
    slack_user_id text NOT NULL,
    member_id uuid NOT NULL
        CONSTRAINT fk_slack_identities_member_id REFERENCES team_members ON DELETE CASCADE,
    tz text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_slack_identities PRIMARY KEY (workspace_id, slack_user_id),
    CONSTRAINT uq_slack_identities_workspace_id_member_id UNIQUE (workspace_id, member_id)
);

CREATE TABLE card_messages (
    decision_id uuid CONSTRAINT pk_card_messages PRIMARY KEY
        CONSTRAINT fk_card_messages_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    workspace_id text NOT NULL,
    channel_id text NOT NULL,
    ts text NOT NULL,
    rendered_revision bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE submissions (
    view_id text NOT NULL,
    hash text NOT NULL,
    digest text NOT NULL,
    created_kind text NOT NULL,
    created_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_submissions PRIMARY KEY (view_id, hash)
);
CREATE INDEX ix_submissions_created_at ON submissions (created_at);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
    kind text NOT NULL,
    lane text NOT NULL,
    dedupe_key text NOT NULL CONSTRAINT uq_outbox_dedupe_key UNIQUE,
    payload jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'ready' CONSTRAINT ck_outbox_state CHECK (state IN ('ready', 'done', 'dead')),
    attempts int NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL DEFAULT now(),
    token bigint,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX ix_outbox_due ON outbox (run_at) WHERE state = 'ready';
CREATE INDEX ix_outbox_lane ON outbox (lane, id) WHERE state = 'ready';
CREATE INDEX ix_outbox_done_at ON outbox (done_at) WHERE state = 'done';
"""

ROUNDS = """
CREATE TABLE rounds (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_rounds PRIMARY KEY,
    decision_id uuid NOT NULL
        CONSTRAINT fk_rounds_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    number smallint NOT NULL,
    opened_by uuid CONSTRAINT fk_rounds_opened_by REFERENCES team_members,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closes_at timestamptz NOT NULL,
    snapshot jsonb NOT NULL,
    thresholds jsonb NOT NULL,
    closed_at timestamptz,
    closed_by uuid CONSTRAINT fk_rounds_closed_by REFERENCES team_members,
    closed_xid xid8,
    close_cause text CONSTRAINT ck_rounds_close_cause
        CHECK (close_cause IN ('all_scored', 'closing_time', 'closed_early')),
    override_by uuid CONSTRAINT fk_rounds_override_by REFERENCES team_members,
    override_reason text,
    published_at timestamptz,
    voided_at timestamptz,
    voided_by uuid CONSTRAINT fk_rounds_voided_by REFERENCES team_members,
    void_reason text,
    CONSTRAINT uq_rounds_decision_id_number UNIQUE (decision_id, number)
);
-- At most one round of a decision collects or waits to be published.
CREATE UNIQUE INDEX uq_rounds_unfinished ON rounds (decision_id)
    WHERE voided_at IS NULL AND published_at IS NULL;

-- That somebody submitted is a fact without a time.
CREATE TABLE round_members (
    round_id uuid NOT NULL CONSTRAINT fk_round_members_round_id REFERENCES rounds ON DELETE CASCADE,
    member_id uuid NOT NULL CONSTRAINT fk_round_members_member_id REFERENCES team_members,
    submitted boolean NOT NULL DEFAULT false,
    excused_at timestamptz,
    CONSTRAINT pk_round_members PRIMARY KEY (round_id, member_id)
);

-- What is saved while a round is open. criteria_id NULL = the page of comments.
CREATE TABLE ballot_pages (
    round_id uuid NOT NULL CONSTRAINT fk_ballot_pages_round_id REFERENCES rounds ON DELETE CASCADE,
    member_id uuid NOT NULL CONSTRAINT fk_ballot_pages_member_id REFERENCES team_members,
    criteria_id uuid CONSTRAINT fk_ballot_pages_criteria_id REFERENCES decision_criteria,
    page jsonb NOT NULL,
    CONSTRAINT uq_ballot_pages UNIQUE NULLS NOT DISTINCT (round_id, member_id, criteria_id)
);

CREATE TABLE round_results (
    round_id uuid CONSTRAINT pk_round_results PRIMARY KEY
        CONSTRAINT fk_round_results_round_id REFERENCES rounds ON DELETE CASCADE,
    version smallint NOT NULL,
    ballots int NOT NULL,
    body jsonb NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now()
);

-- The old versions of rows that a publication replaced stay on disk until a vacuum. With these settings autovacuum
-- comes when it looks next, by default within a minute.
ALTER TABLE evaluations SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);
ALTER TABLE ballot_pages SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);
"""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    for sql in (ADDED_TO_GIVEN, NUMBERS, UPDATED_AT, SLACK, ROUNDS):
        run(sql)
    for table in WITH_UPDATED_AT:
        run(
            f"CREATE TRIGGER touch_updated_at BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch_updated_at()"
        )


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    # Whatever stands in evaluations of an unpublished round names its author: it must not outlive the vault.
    run(
        """
        DELETE FROM evaluations e USING rounds r
        WHERE r.decision_id = e.decision_id AND r.published_at IS NULL AND r.voided_at IS NULL
        """
    )
    for table in WITH_UPDATED_AT:
        run(f"DROP TRIGGER touch_updated_at ON {table}")
    run("DROP TRIGGER number_decision ON customer_decisions")
    for function in (*VAULT_FUNCTIONS, "touch_updated_at()", "number_decision()"):
        run(f"DROP FUNCTION IF EXISTS {function}")
    run(
        """
        COMMENT ON TABLE evaluations IS NULL;
        COMMENT ON COLUMN evaluations.evaluator_id IS NULL;
        ALTER TABLE evaluations RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold),
            ALTER evaluator_id SET STATISTICS -1, ALTER criteria_id SET STATISTICS -1,
            ALTER score SET STATISTICS -1, ALTER confidence SET STATISTICS -1,
            ALTER anonymous_comment SET STATISTICS -1;
        DROP TABLE round_results, ballot_pages, round_members, rounds, outbox, submissions, card_messages,
            slack_identities, team_workspaces, team_numbers;
        ALTER TABLE teams DROP currency;
        ALTER TABLE customer_decisions DROP number, DROP revision, DROP workspace_id, DROP channel_id,
            DROP permalink, DROP cancel_reason, DROP CONSTRAINT ck_customer_decisions_state;
        DROP INDEX ix_customer_decisions_expected;
        ALTER TABLE decision_criteria DROP position;
        ALTER TABLE response_options DROP position;
        ALTER TABLE evaluations DROP share_comment;
        ALTER TABLE decision_outcomes DROP reason, DROP resolved_by, DROP informed_by, DROP recorded_at,
            DROP reopened_reason,
            DROP CONSTRAINT uq_decision_outcomes_decision_id;
        """
    )
