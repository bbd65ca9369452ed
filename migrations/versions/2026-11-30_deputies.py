"""Who stands in for whom, and who confirms a choice. The vault once more.

Revision: deputies, after language_model

One row per absent person: their present or next deputy. `is_running` is what the plans of reminders go by; the tick
turns it when an absence begins or ends, and has them made anew. `resolved_for` keeps whose authority a choice was made
with. `proposal` is a choice that a second person has to confirm, with the reason as typed. `is_guest`, and the name and
address in `slack_identities`, are as Slack told them last: by them a change of Slack's is told from one of an admin's.
`shared_channels`: in which channels that another company reads a team's cards may appear. No row is rewritten. The
vault takes names out of the trail of a team that is erased.
"""

from alembic import op

from migrations import vault

revision = "deputies"
down_revision = "language_model"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE deputies (
    member_id uuid CONSTRAINT pk_deputies PRIMARY KEY
        CONSTRAINT fk_deputies_member_id REFERENCES team_members ON DELETE CASCADE,
    deputy_id uuid NOT NULL CONSTRAINT fk_deputies_deputy_id REFERENCES team_members ON DELETE CASCADE,
    begins timestamptz NOT NULL,
    until timestamptz NOT NULL,
    is_running boolean NOT NULL DEFAULT false,
    CONSTRAINT ck_deputies_until CHECK (until > begins),
    CONSTRAINT ck_deputies_deputy_id CHECK (deputy_id <> member_id)
);
CREATE INDEX ix_deputies_deputy_id ON deputies (deputy_id);
CREATE TABLE shared_channels (
    team_id uuid NOT NULL CONSTRAINT fk_shared_channels_team_id REFERENCES teams ON DELETE CASCADE,
    channel_id text NOT NULL,
    confirmed_by uuid CONSTRAINT fk_shared_channels_confirmed_by REFERENCES team_members,
    confirmed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_shared_channels PRIMARY KEY (team_id, channel_id)
);
ALTER TABLE decision_outcomes
    ADD resolved_for uuid CONSTRAINT fk_decision_outcomes_resolved_for REFERENCES team_members,
    ADD confirmed_by uuid CONSTRAINT fk_decision_outcomes_confirmed_by REFERENCES team_members;
ALTER TABLE customer_decisions ADD proposal jsonb;
ALTER TABLE team_members ADD is_guest boolean NOT NULL DEFAULT false;
ALTER TABLE teams ADD guests_score boolean NOT NULL DEFAULT false;
ALTER TABLE slack_identities ADD told_name text, ADD told_email text;
CREATE INDEX ix_customer_decisions_proposal ON customer_decisions (id) WHERE proposal IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(UP)
    vault.install(op.get_bind())


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP INDEX ix_customer_decisions_proposal;
        ALTER TABLE customer_decisions DROP proposal;
        ALTER TABLE slack_identities DROP told_name, DROP told_email;
        ALTER TABLE teams DROP guests_score;
        ALTER TABLE team_members DROP is_guest;
        ALTER TABLE decision_outcomes DROP resolved_for, DROP confirmed_by;
        DROP TABLE deputies, shared_channels;
        """
    )
