"""Whom what happens to a decision reaches, and how.

Revision: told, after unknown_amounts

A team chooses whether results and decisions are shown to its whole channel (`broadcasts`). `unheard` names the news
that was not, so that who was asked hears it by direct message; `called_off` those for whom something was waiting when
it was called off. `permalink` leads from a message to the card. No row is rewritten.
"""

from alembic import op

revision = "told"
down_revision = "unknown_amounts"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE teams ADD COLUMN broadcasts boolean NOT NULL DEFAULT true;
ALTER TABLE customer_decisions ADD COLUMN called_off uuid[], ADD COLUMN unheard text;
ALTER TABLE card_messages ADD COLUMN permalink text;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(UP)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        ALTER TABLE card_messages DROP COLUMN permalink;
        ALTER TABLE customer_decisions DROP COLUMN called_off, DROP COLUMN unheard;
        ALTER TABLE teams DROP COLUMN broadcasts;
        """
    )
