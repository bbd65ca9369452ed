"""Decided cases, kept searchable: an index of words, kept by triggers, and room for vectors of meaning.

Revision: precedents, after classification

Every decided case has one row in `precedents`. Triggers write it, so that no way in (the service, an import, SQL by
hand) can forget to. Its first lexeme, "<team> <type>", is no word that a parser makes, as it has a blank in it: asked
for together with the words, it keeps the search within one team and type by the one GIN index, without btree_gin, which
not every server has. Words of the choice and its reason bear a "=" before them, which no parser makes either: a search
from a case whose result is not published asks for the bare words alone. (Weights would do the same, but then PostgreSQL
reads each row again to check them.)

Every case, decided or not, has a row in `case_vectors`, without a vector until a worker with the optional model has
embedded it; a changed text takes the vector away. So the table is its own list of what is left to do.

Locks: decided cases are read into the new tables first, about a minute for a hundred thousand of them, while everybody
goes on working; what changed meanwhile is caught up with behind the locks for the triggers, in seconds.
"""

from alembic import op

revision = "precedents"
down_revision = "classification"
branch_labels = None
depends_on = None

LANGUAGE = """
ALTER TABLE teams ADD language text NOT NULL DEFAULT 'english',
    ADD CONSTRAINT ck_teams_language CHECK (language IN ('danish', 'dutch', 'english', 'finnish', 'french', 'german',
        'hungarian', 'italian', 'norwegian', 'portuguese', 'romanian', 'russian', 'simple', 'spanish', 'swedish',
        'turkish'));
"""
TABLES = """
CREATE TABLE precedents (
    decision_id uuid CONSTRAINT pk_precedents PRIMARY KEY,
    resolved_at timestamp NOT NULL,
    words tsvector NOT NULL
);
CREATE TABLE case_vectors (
    decision_id uuid CONSTRAINT pk_case_vectors PRIMARY KEY,
    model text,
    vector bytea,
    CONSTRAINT ck_case_vectors_model CHECK ((model IS NULL) = (vector IS NULL))
);
"""
# to_tsvector refuses texts of a megabyte and more, which the given columns hold: their beginning is enough.
FUNCTIONS = """
CREATE FUNCTION precedent_words(language regconfig, title text, customer text, description text, choice text)
RETURNS tsvector LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT to_tsvector(language, left(title, 1000)) || to_tsvector('simple', left(customer, 1000))
        || to_tsvector(language, left(description, 20000))
        || array_to_tsvector(ARRAY(SELECT '=' || lexeme FROM unnest(to_tsvector(language, left(choice, 20000)))));
$$;
CREATE FUNCTION remember_decision(which uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM precedents WHERE decision_id = which;
    INSERT INTO precedents (decision_id, resolved_at, words)
    SELECT d.id, coalesce(d.actual_resolution_date, o.created_at, d.created_at, timezone('UTC', now())),
        array_to_tsvector(ARRAY[d.team_id || ' ' || d.decision_type])
        || precedent_words(t.language::regconfig, d.title, d.customer_name, d.description,
            concat_ws(' ', r.title, o.reason))
    FROM customer_decisions d JOIN teams t ON t.id = d.team_id JOIN decision_outcomes o ON o.decision_id = d.id
        JOIN response_options r ON r.id = o.selected_option_id
    WHERE d.id = which AND d.status = 'resolved';
END $$;
CREATE FUNCTION remember_case() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.status = 'resolved' OR TG_OP = 'UPDATE' AND OLD.status = 'resolved' THEN
        PERFORM remember_decision(NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION remember_choice() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM remember_decision(NEW.decision_id);
    RETURN NULL;
END $$;
CREATE FUNCTION want_vector() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (OLD.title, OLD.description) IS DISTINCT FROM (NEW.title, NEW.description) THEN
        INSERT INTO case_vectors (decision_id) VALUES (NEW.id)
        ON CONFLICT (decision_id) DO UPDATE SET model = NULL, vector = NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION remember_in_language() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM remember_decision(id) FROM customer_decisions WHERE team_id = NEW.id AND status = 'resolved';
    RETURN NULL;
END $$;
"""
# An option's title is no part of this: it cannot change once scoring has started, and nothing is decided before.
TRIGGERS = """
CREATE TRIGGER remember_case AFTER INSERT OR UPDATE OF status, title, description, customer_name, decision_type,
    actual_resolution_date ON customer_decisions FOR EACH ROW EXECUTE FUNCTION remember_case();
CREATE TRIGGER want_vector AFTER INSERT OR UPDATE OF title, description ON customer_decisions
    FOR EACH ROW EXECUTE FUNCTION want_vector();
CREATE TRIGGER remember_choice AFTER INSERT OR UPDATE OF selected_option_id, reason ON decision_outcomes
    FOR EACH ROW EXECUTE FUNCTION remember_choice();
CREATE TRIGGER remember_in_language AFTER UPDATE OF language ON teams
    FOR EACH ROW WHEN (OLD.language IS DISTINCT FROM NEW.language) EXECUTE FUNCTION remember_in_language();
"""
# As `remember_decision` does it, for all at once; the language is everybody's until the column is there.
FILL = """
INSERT INTO precedents (decision_id, resolved_at, words)
SELECT d.id, coalesce(d.actual_resolution_date, o.created_at, d.created_at, timezone('UTC', now())),
    array_to_tsvector(ARRAY[d.team_id || ' ' || d.decision_type])
    || precedent_words('english', d.title, d.customer_name, d.description, concat_ws(' ', r.title, o.reason))
FROM customer_decisions d JOIN decision_outcomes o ON o.decision_id = d.id
    JOIN response_options r ON r.id = o.selected_option_id
WHERE d.status = 'resolved';
INSERT INTO case_vectors (decision_id) SELECT id FROM customer_decisions;
-- Without the list of pending entries: whoever searches would have to read through it.
CREATE INDEX ix_precedents_words ON precedents USING gin (words) WITH (fastupdate = off);
-- What is to be embedded is found here: rows without a model, and those of another one than today's.
CREATE INDEX ix_case_vectors_model ON case_vectors (model);
"""
# What was changed, or deleted, while that ran. From the triggers on nobody can write until this is committed.
CATCH_UP = """
DELETE FROM precedents p WHERE NOT EXISTS (SELECT FROM customer_decisions d WHERE d.id = p.decision_id);
DELETE FROM case_vectors v WHERE NOT EXISTS (SELECT FROM customer_decisions d WHERE d.id = v.decision_id);
SELECT remember_decision(d.id) FROM customer_decisions d LEFT JOIN decision_outcomes o ON o.decision_id = d.id
WHERE greatest(d.updated_at, o.updated_at) >= timezone('UTC', now()) - interval '1 hour';
INSERT INTO case_vectors (decision_id) SELECT id FROM customer_decisions ON CONFLICT DO NOTHING;
ALTER TABLE precedents ADD CONSTRAINT fk_precedents_decision_id
    FOREIGN KEY (decision_id) REFERENCES customer_decisions ON DELETE CASCADE;
ALTER TABLE case_vectors ADD CONSTRAINT fk_case_vectors_decision_id
    FOREIGN KEY (decision_id) REFERENCES customer_decisions ON DELETE CASCADE;
"""


def upgrade() -> None:
    for sql in (TABLES, FUNCTIONS, FILL, LANGUAGE, TRIGGERS, CATCH_UP):
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    """What was remembered is made anew by upgrading again; teams lose the language that they chose."""
    op.get_bind().exec_driver_sql(
        """
        DROP TRIGGER remember_case ON customer_decisions;
        DROP TRIGGER want_vector ON customer_decisions;
        DROP TRIGGER remember_choice ON decision_outcomes;
        DROP TRIGGER remember_in_language ON teams;
        DROP FUNCTION remember_case(), remember_choice(), remember_in_language(), want_vector(),
            remember_decision(uuid), precedent_words(regconfig, text, text, text, text);
        DROP TABLE precedents, case_vectors;
        ALTER TABLE teams DROP language;
        """
    )
