"""Whoever is erased leaves no address and no browser in the trail; those erased before lose theirs now.

Revision: origins, after morning
"""

from alembic import op

revision = "origins"
down_revision = "morning"
branch_labels = None
depends_on = None

SQL = """
UPDATE audit_logs a SET ip_address = NULL, user_agent = NULL
FROM erasures e JOIN team_members m ON m.id = e.subject OR m.team_id = e.subject
WHERE e.kind IN ('member', 'team') AND a.user_id = m.id AND (a.ip_address IS NOT NULL OR a.user_agent IS NOT NULL);
"""


def upgrade() -> None:
    # The vault's functions, which do it from now on, come with the next revision.
    op.get_bind().exec_driver_sql(SQL)


def downgrade() -> None:
    """Nothing of it can be brought back, and older code goes on with the functions as they are."""
