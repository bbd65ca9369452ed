"""The given schema, word for word.

Revision: given_schema, the first
"""

from pathlib import Path

from alembic import op

revision = "given_schema"
down_revision = None
branch_labels = None
depends_on = None

GIVEN = Path(__file__).parent.parent / "given_schema.sql"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(GIVEN.read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE audit_logs, auth_tokens, decision_outcomes, evaluations, response_options,
            decision_criteria, customer_decisions, team_members, teams
        """
    )
