"""What outcomes teach: answers by one press, stated probabilities, a team's own wordings, proposals, promised replies.

Revision: learning, after precedents

`forecasts` holds how sure whoever resolved was: theirs alone, so it is apart from the outcome that everybody sees.
`before_answer` is what taking an answer back restores. Two indexes count a customer's requests; building them holds up
changes of decisions, about a second for 100,000.
"""

from alembic import op

revision = "learning"
down_revision = "precedents"
branch_labels = None
depends_on = None

OUTCOMES = """
ALTER TABLE decision_outcomes
    ADD worked boolean,
    ADD is_moved boolean NOT NULL DEFAULT false,
    ADD answer text CONSTRAINT ck_decision_outcomes_answer CHECK (answer IN ('worked', 'failed', 'early', 'never')),
    ADD answered_at timestamptz,
    ADD answered_by uuid CONSTRAINT fk_decision_outcomes_answered_by REFERENCES team_members,
    ADD before_answer jsonb;
"""
FORECASTS = """
CREATE TABLE forecasts (
    decision_id uuid CONSTRAINT pk_forecasts PRIMARY KEY
        CONSTRAINT fk_forecasts_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    option_id uuid NOT NULL CONSTRAINT fk_forecasts_option_id REFERENCES response_options ON DELETE CASCADE,
    member_id uuid NOT NULL CONSTRAINT fk_forecasts_member_id REFERENCES team_members ON DELETE CASCADE,
    per_cent smallint NOT NULL CONSTRAINT ck_forecasts_per_cent CHECK (per_cent BETWEEN 50 AND 95),
    due timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE forecasts IS
    'How sure whoever resolved was. Shown to that person alone; in no export, no trail, no message.';
"""
WORDINGS = """
CREATE TABLE wordings (
    team_id uuid NOT NULL CONSTRAINT fk_wordings_team_id REFERENCES teams ON DELETE CASCADE,
    decision_type text NOT NULL,
    choice text NOT NULL CONSTRAINT ck_wordings_choice CHECK (choice IN ('full', 'partial', 'none')),
    body text NOT NULL,
    changed_by uuid CONSTRAINT fk_wordings_changed_by REFERENCES team_members,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_wordings PRIMARY KEY (team_id, decision_type, choice)
);
"""
PROPOSALS = """
CREATE TABLE policy_proposals (
    team_id uuid NOT NULL CONSTRAINT fk_policy_proposals_team_id REFERENCES teams ON DELETE CASCADE,
    key text NOT NULL,
    decision_id uuid CONSTRAINT fk_policy_proposals_decision_id REFERENCES customer_decisions ON DELETE SET NULL,
    told_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_policy_proposals PRIMARY KEY (team_id, key)
);
"""
PROMISES = """
ALTER TABLE customer_decisions ADD promised_by timestamp, ADD late_shown timestamp;
CREATE INDEX ix_customer_decisions_promised ON customer_decisions (promised_by)
    WHERE status IN ('created', 'team_input', 'evaluating', 'resolved') AND current_phase < 6
        AND late_shown IS DISTINCT FROM promised_by;
CREATE INDEX ix_customer_decisions_customer ON customer_decisions (team_id, lower(customer_name));
CREATE INDEX ix_customer_decisions_customer_id ON customer_decisions (team_id, customer_id)
    WHERE customer_id IS NOT NULL;
"""


def upgrade() -> None:
    for sql in (OUTCOMES, FORECASTS, WORDINGS, PROPOSALS, PROMISES):
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP INDEX ix_customer_decisions_customer, ix_customer_decisions_customer_id,
            ix_customer_decisions_promised;
        ALTER TABLE customer_decisions DROP promised_by, DROP late_shown;
        DROP TABLE policy_proposals, wordings, forecasts;
        ALTER TABLE decision_outcomes DROP worked, DROP is_moved, DROP answer, DROP answered_at, DROP answered_by,
            DROP before_answer;
        """
    )
