"""The vault once more: it can compare what was published with what is sealed (`conclave verify`), and a page on which
somebody abstains takes as much room as one with scores.

Revision: verified, after lookups

Short locks: functions are replaced, a CHECK on `rounds` gets stricter, pages are no longer compressed. Rounds that are
open keep their pages and thresholds: the code reads both as before. The roles come with migrations/roles.sql.
"""

from alembic import op

from migrations import vault

revision = "verified"
down_revision = "lookups"
branch_labels = None
depends_on = None

# `halves`: from how many ballots on totals are printed to the nearest half; rounds opened before have none, that is 4.
THRESHOLDS = """
ALTER TABLE rounds DROP CONSTRAINT ck_rounds_thresholds, ADD CONSTRAINT ck_rounds_thresholds CHECK (
    ((thresholds ->> 'ranking')::int >= 3 AND coalesce((thresholds ->> 'halves')::int, 4) >= 4
     AND (thresholds ->> 'totals')::int >= 5 AND (thresholds ->> 'cell')::int >= 5) IS TRUE);
"""
# Not compressed: a page of equal values would become shorter than one of different scores (see kept_page in vault.sql).
ONE_SHAPE = "ALTER TABLE ballot_pages ALTER page SET STORAGE EXTERNAL"

THRESHOLDS_BEFORE = """
ALTER TABLE rounds DROP CONSTRAINT ck_rounds_thresholds, ADD CONSTRAINT ck_rounds_thresholds CHECK (
    ((thresholds ->> 'ranking')::int >= 3 AND (thresholds ->> 'totals')::int >= 5
     AND (thresholds ->> 'cell')::int >= 5) IS TRUE);
"""


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(THRESHOLDS)
    connection.exec_driver_sql(ONE_SHAPE)
    vault.install(connection)


def downgrade() -> None:
    """The functions stay as they are but for the check: those of before had the same names and answers."""
    connection = op.get_bind()
    connection.exec_driver_sql("DROP FUNCTION verify_round(uuid)")
    connection.exec_driver_sql("ALTER TABLE ballot_pages ALTER page SET STORAGE EXTENDED")
    connection.exec_driver_sql(THRESHOLDS_BEFORE)
