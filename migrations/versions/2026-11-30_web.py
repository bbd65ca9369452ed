"""The second front door: sessions, one-time links and tokens, from where somebody acted, and looking for decisions.

Revision: web, after learning

`auth_tokens.kind` is empty in rows of other programs, which open nothing here. `audit_logs.team_id` is filled by a
trigger, so that a team reads its own trail by one index. Filling it for the lines that are there, and building the two
other indexes, holds up changes of decisions: some seconds for 100,000.
"""

from alembic import op

revision = "web"
down_revision = "learning"
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
# to_tsvector refuses texts of a megabyte and more, which the given columns hold: their beginning is enough.
SEARCH = """
CREATE INDEX ix_customer_decisions_words ON customer_decisions USING gin (to_tsvector('simple',
    left(title, 1000) || ' ' || left(customer_name, 1000) || ' ' || left(description, 20000))) WITH (fastupdate = off);
"""


def upgrade() -> None:
    for sql in (TOKENS, ATTEMPTS, TEAMS, TRAIL, SEARCH):
        op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP INDEX ix_customer_decisions_words;
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
