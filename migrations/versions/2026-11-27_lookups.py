"""Indexes for what every look at a decision asks: its criteria, its options, and the person behind a member.

Revision: lookups, after vault

The given schema has none on these columns, so each look read the whole table. Building them holds up writes to the
three tables, about a second for a million rows; reads go on.
"""

from alembic import op

revision = "lookups"
down_revision = "vault"
branch_labels = None
depends_on = None

LOOKUPS = """
CREATE INDEX ix_decision_criteria_decision_id ON decision_criteria (decision_id);
CREATE INDEX ix_response_options_decision_id ON response_options (decision_id);
CREATE INDEX ix_slack_identities_member_id ON slack_identities (member_id);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(LOOKUPS)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP INDEX ix_decision_criteria_decision_id, ix_response_options_decision_id, ix_slack_identities_member_id
        """
    )
