"""The vault again, with room for a second round, and with constraints that no login can get around.

Revision: vault, after reminders

Short locks only: a new table, a column without a default, a CHECK and two indexes on `rounds`, which has a row or two
per decision. The functions are replaced; the roles that own and may call them come with migrations/roles.sql.
"""

from alembic import op

from migrations import vault

revision = "vault"
down_revision = "reminders"
branch_labels = None
depends_on = None

# `follows`: the published round that this one, a second round, follows. A decision has one round that follows none
# (voided ones apart) and at most one that follows it, ever.
SECOND_ROUND = """
ALTER TABLE rounds
    ADD follows uuid CONSTRAINT fk_rounds_follows REFERENCES rounds,
    -- Fewer would show people's scores, whoever opens the round; IS TRUE, because a number may be missing.
    ADD CONSTRAINT ck_rounds_thresholds CHECK (
        ((thresholds ->> 'ranking')::int >= 3 AND (thresholds ->> 'totals')::int >= 5
         AND (thresholds ->> 'cell')::int >= 5) IS TRUE);
CREATE UNIQUE INDEX uq_rounds_first ON rounds (decision_id) WHERE voided_at IS NULL AND follows IS NULL;
CREATE UNIQUE INDEX uq_rounds_follows ON rounds (follows);

-- The sealed rows of a round that a second one follows: `evaluations` has room for one round of a decision.
CREATE TABLE sealed_cells (
    round_id uuid NOT NULL CONSTRAINT fk_sealed_cells_round_id REFERENCES rounds ON DELETE CASCADE,
    id uuid CONSTRAINT pk_sealed_cells PRIMARY KEY,
    decision_id uuid NOT NULL CONSTRAINT fk_sealed_cells_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    evaluator_id uuid NOT NULL CONSTRAINT fk_sealed_cells_evaluator_id REFERENCES team_members,
    option_id uuid NOT NULL CONSTRAINT fk_sealed_cells_option_id REFERENCES response_options,
    criteria_id uuid NOT NULL CONSTRAINT fk_sealed_cells_criteria_id REFERENCES decision_criteria,
    score int NOT NULL CONSTRAINT ck_sealed_cells_score CHECK (score BETWEEN 1 AND 10),
    confidence int CONSTRAINT ck_sealed_cells_confidence CHECK (confidence BETWEEN 1 AND 5),
    anonymous_comment text,
    created_at timestamp NOT NULL,
    CONSTRAINT uq_sealed_cells UNIQUE (round_id, evaluator_id, option_id, criteria_id)
);
"""

# A decision with pages could not be deleted: its criteria went before its rounds, and the pages go with the rounds.
PAGES_GO_ALONG = """
ALTER TABLE ballot_pages DROP CONSTRAINT fk_ballot_pages_criteria_id,
    ADD CONSTRAINT fk_ballot_pages_criteria_id FOREIGN KEY (criteria_id) REFERENCES decision_criteria ON DELETE CASCADE;
"""

# Deleting a criterion that somebody scored fails on its foreign key, deleting one that nobody scored does not: with one
# ballot in, that tells what its author abstained from. So once scoring has started, no criterion or option can be
# deleted, scored or not, and this trigger says so before a foreign key does. Deleting a whole decision works all the
# same: its own row is deleted before those of its options, so the trigger finds no decision.
KEPT = """
CREATE FUNCTION keep_what_is_scored() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM rounds r JOIN customer_decisions d ON d.id = r.decision_id
        WHERE r.decision_id = OLD.decision_id AND r.voided_at IS NULL
    ) THEN
        RAISE 'Options and criteria stay once scoring has started.' USING ERRCODE = 'CV005';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_what_is_scored BEFORE DELETE ON response_options
    FOR EACH ROW EXECUTE FUNCTION keep_what_is_scored();
CREATE TRIGGER keep_what_is_scored BEFORE DELETE ON decision_criteria
    FOR EACH ROW EXECUTE FUNCTION keep_what_is_scored();
"""


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(SECOND_ROUND)
    connection.exec_driver_sql(PAGES_GO_ALONG)
    connection.exec_driver_sql(KEPT)
    vault.install(connection)


def downgrade() -> None:
    """First rounds that have a second one lose their sealed rows; the vault of before does not come back."""
    connection = op.get_bind()
    vault.remove(connection)
    connection.exec_driver_sql(
        """
        DROP TRIGGER keep_what_is_scored ON response_options;
        DROP TRIGGER keep_what_is_scored ON decision_criteria;
        DROP FUNCTION keep_what_is_scored();
        DROP TABLE sealed_cells;
        ALTER TABLE ballot_pages DROP CONSTRAINT fk_ballot_pages_criteria_id,
            ADD CONSTRAINT fk_ballot_pages_criteria_id FOREIGN KEY (criteria_id) REFERENCES decision_criteria;
        DROP INDEX uq_rounds_first, uq_rounds_follows;
        ALTER TABLE rounds DROP follows, DROP CONSTRAINT ck_rounds_thresholds;
        """
    )
