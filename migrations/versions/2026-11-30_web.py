"""The second front door: sessions, one-time links and tokens, from where somebody acted, and looking for decisions.

Revision: web, after language_model

`auth_tokens.kind` is empty in rows of other programs, which open nothing here. `audit_logs.team_id` is filled by a
trigger, so that a team reads its own trail by one index. Filling it for the lines that are there, and writing down the
words of cases, holds up changes of decisions: some seconds for 100,000.
"""

from alembic import op

revision = "web"
down_revision = "language_model"
branch_labels = None
depends_on = None

TOKENS = """
ALTER TABLE auth_tokens
    ADD kind text CONSTRAINT ck_auth_tokens_kind CHECK (kind IN ('link', 'session', 'api')),
    ADD scopes text[] NOT NULL DEFAULT '{}'
        CONSTRAINT ck_auth_tokens_scopes CHECK (scopes <@ ARRAY['read', 'open', 'act']),
    ADD label text,
    ADD workspace_id text,
    ADD idle_until timestamptz,
    ADD last_used date;
CREATE UNIQUE INDEX uq_auth_tokens_token_hash ON auth_tokens (token_hash) WHERE kind IS NOT NULL;
CREATE INDEX ix_auth_tokens_user_id ON auth_tokens (user_id);
CREATE INDEX ix_auth_tokens_expires_at ON auth_tokens (expires_at);
COMMENT ON COLUMN auth_tokens.token_hash IS 'SHA-256, in hexadecimal, of a random token that is stored nowhere.';
"""
ATTEMPTS = """
CREATE TABLE attempts (
    key text CONSTRAINT pk_attempts PRIMARY KEY,
    count integer NOT NULL,
    began_at timestamptz NOT NULL
);
COMMENT ON TABLE attempts IS 'How often something was tried since began_at. The key is a hash: no address, no name.';
"""
TEAMS = "ALTER TABLE teams ADD allows_passwords boolean NOT NULL DEFAULT false;"
TRAIL = """
ALTER TABLE audit_logs ADD team_id uuid;
CREATE FUNCTION audit_team() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.team_id := coalesce(
        (SELECT team_id FROM customer_decisions WHERE id = NEW.decision_id),
        (SELECT team_id FROM team_members WHERE id = NEW.user_id),
        (NEW.details ->> 'team')::uuid,
        (SELECT team_id FROM team_members WHERE id = (NEW.details ->> 'member')::uuid));
    RETURN NEW;
END $$;
CREATE TRIGGER audit_team BEFORE INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION audit_team();
UPDATE audit_logs a SET team_id = coalesce(
    (SELECT team_id FROM customer_decisions WHERE id = a.decision_id),
    (SELECT team_id FROM team_members WHERE id = a.user_id));
CREATE INDEX ix_audit_logs_team_id_seq ON audit_logs (team_id, seq);
"""
# The team stands among the words, so that the index alone tells what is of it. In a table of its own: decisions are
# read often, their words only where somebody looks for them. Of long texts the beginning is enough: to_tsvector
# refuses those of a megabyte and more, which the given columns hold.
SEARCH = """
CREATE TABLE decision_words (
    decision_id uuid CONSTRAINT pk_decision_words PRIMARY KEY
        CONSTRAINT fk_decision_words_decision_id REFERENCES customer_decisions ON DELETE CASCADE,
    words tsvector NOT NULL
);
CREATE FUNCTION words_of_case(team uuid, title text, customer text, description text)
RETURNS tsvector LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_to_tsvector(ARRAY[team::text]) || to_tsvector('simple',
        left(title, 1000) || ' ' || left(customer, 1000) || ' ' || left(description, 20000));
$$;
CREATE FUNCTION keep_words() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO decision_words VALUES (
        NEW.id, words_of_case(NEW.team_id, NEW.title, NEW.customer_name, NEW.description))
    ON CONFLICT (decision_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_words AFTER INSERT OR UPDATE OF team_id, title, customer_name, description ON customer_decisions
    FOR EACH ROW EXECUTE FUNCTION keep_words();
INSERT INTO decision_words
    SELECT id, words_of_case(team_id, title, customer_name, description) FROM customer_decisions;
CREATE INDEX ix_decision_words ON decision_words USING gin (words) WITH (fastupdate = off);
"""


def upgrade() -> None:
    for sql in (TOKENS, ATTEMPTS, TEAMS, TRAIL, SEARCH):
        op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP TRIGGER keep_words ON customer_decisions;
        DROP FUNCTION keep_words(), words_of_case(uuid, text, text, text);
        DROP TABLE decision_words;
        DROP TRIGGER audit_team ON audit_logs;
        DROP FUNCTION audit_team();
        ALTER TABLE audit_logs DROP team_id;
        ALTER TABLE teams DROP allows_passwords;
        DROP TABLE attempts;
        DELETE FROM auth_tokens WHERE kind IS NOT NULL;
        ALTER TABLE auth_tokens DROP kind, DROP scopes, DROP label, DROP workspace_id, DROP idle_until, DROP last_used;
        DROP INDEX ix_auth_tokens_user_id, ix_auth_tokens_expires_at;
        """
    )
