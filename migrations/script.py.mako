"""${message}

Revision: ${up_revision}, after ${down_revision | comma,n}

Zero downtime: the old code keeps running while this does, and for a while after. So add columns nullable,
defaulted or filled by a trigger; never rename or drop what the released code still reads (stop using it in one
release, drop it in the next, in a migration with `phase = "contract"` that comes last in its release); build indexes
on big tables CONCURRENTLY in an autocommit block; add CHECKs and foreign keys NOT VALID and validate them in a later
statement. Name every constraint. Write the downgrade.
"""

from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
