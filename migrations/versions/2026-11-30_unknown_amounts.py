"""Amounts that nobody knows, and what amounts and urgency were at first.

Revision: unknown_amounts, after people

Until now an option whose cost was left empty was stored as 0. Of decisions that are not over such zeros become unknown:
a typed 0 cannot be told from them, and asking for the amount again is better than deciding by one that nobody gave.

Short locks: three columns without defaults, and the options of open decisions.
"""

from alembic import op

revision = "unknown_amounts"
down_revision = "people"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE customer_decisions ADD financial_impact_before numeric(12, 2), ADD customer_value_before numeric(12, 2),
    ADD urgency_level_before integer;
"""
UNKNOWN = """
UPDATE response_options o SET financial_cost = NULL FROM customer_decisions d
WHERE d.id = o.decision_id AND d.status IN ('created', 'team_input', 'evaluating') AND o.financial_cost = 0;
"""


def upgrade() -> None:
    for sql in (COLUMNS, UNKNOWN):
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    """An unknown cost counts as 0 again, by the code of before: nothing has to be written."""
    op.get_bind().exec_driver_sql(
        """
        ALTER TABLE customer_decisions DROP financial_impact_before, DROP customer_value_before,
            DROP urgency_level_before;
        """
    )
