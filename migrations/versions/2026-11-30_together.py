"""The vault once more: pages and ballots of several people are written by one statement for all of them.

Revision: together, after origins

Short locks: functions are replaced. No row changes.
"""

from alembic import op

from migrations import vault

revision = "together"
down_revision = "origins"
branch_labels = None
depends_on = None

# What roles.sql of the version before names and this one has no more.
BEFORE = """
CREATE FUNCTION kept_page(r rounds, p_page jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT kept_page(blank_scores(r), p_page)
$$;
CREATE FUNCTION keep_pages(r rounds, p_member uuid, p_pages jsonb) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT answer FROM keep_ballots(
        r, jsonb_build_array(jsonb_build_object('place', 0, 'member', p_member, 'pages', p_pages)))
$$;
REVOKE ALL ON FUNCTION kept_page(rounds, jsonb), keep_pages(rounds, uuid, jsonb) FROM PUBLIC;
"""


def upgrade() -> None:
    vault.install(op.get_bind())


def downgrade() -> None:
    """The functions stay as they are: those of before had the same names and answers, but for two that come back."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(BEFORE)
