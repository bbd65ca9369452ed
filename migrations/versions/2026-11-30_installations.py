"""Many workspaces: who has installed the app, with tokens encrypted; deliveries taken from workspaces in turn.

Revision: installations, after keeping

Every delivery gets the workspace that it is for, whatever its lane: a trigger sees to it, so nobody who queues one can
forget it. Building the index holds up deliveries, about a second for a million rows that wait.
"""

from alembic import op

revision = "installations"
down_revision = "keeping"
branch_labels = None
depends_on = None

INSTALLATIONS = """
CREATE TABLE workspace_installations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_workspace_installations PRIMARY KEY,
    enterprise_id text,
    team_id text,
    is_org boolean NOT NULL,
    name text NOT NULL DEFAULT '',
    bot_token bytea,
    previous_token bytea,
    refresh_token bytea,
    expires_at timestamptz,
    bot_user_id text NOT NULL DEFAULT '',
    bot_id text NOT NULL DEFAULT '',
    scopes text[] NOT NULL DEFAULT '{}',
    generation int NOT NULL DEFAULT 1,
    installed_by text,
    installed_at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL DEFAULT 'active'
        CONSTRAINT ck_workspace_installations_status CHECK (status IN ('active', 'revoked', 'uninstalled')),
    ended_at timestamptz,
    key_id text,
    CONSTRAINT ck_workspace_installations_place CHECK (is_org = (team_id IS NULL) AND
        coalesce(enterprise_id, team_id) IS NOT NULL),
    CONSTRAINT ck_workspace_installations_tokens CHECK ((status = 'active') = (bot_token IS NOT NULL))
);
CREATE UNIQUE INDEX uq_workspace_installations_place
    ON workspace_installations (coalesce(enterprise_id, ''), coalesce(team_id, ''));
CREATE INDEX ix_workspace_installations_team ON workspace_installations (team_id) WHERE status = 'active';
CREATE INDEX ix_workspace_installations_org ON workspace_installations (enterprise_id)
    WHERE status = 'active' AND team_id IS NULL;
CREATE INDEX ix_workspace_installations_expiry ON workspace_installations (expires_at)
    WHERE refresh_token IS NOT NULL;

-- The workspaces of an organisation that has installed the app as a whole, as far as we have met them. left_at: since
-- when the organisation has taken it out of this one.
CREATE TABLE enterprise_workspaces (
    workspace_id text CONSTRAINT pk_enterprise_workspaces PRIMARY KEY,
    enterprise_id text NOT NULL,
    left_at timestamptz
);

-- A consent under way at Slack. Of the state and of the browser only sums are kept, from which nobody gets them back.
CREATE TABLE install_states (
    digest bytea CONSTRAINT pk_install_states PRIMARY KEY,
    browser bytea NOT NULL,
    team_id text,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- Whether somebody there has the app installed now.
CREATE FUNCTION is_installed(p_workspace text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM workspace_installations i WHERE i.team_id = p_workspace AND i.status = 'active')
        OR EXISTS (SELECT FROM enterprise_workspaces w JOIN workspace_installations i
            ON i.enterprise_id = w.enterprise_id AND i.team_id IS NULL AND i.status = 'active'
            WHERE w.workspace_id = p_workspace AND w.left_at IS NULL);
$$;
"""
OUTBOX = """
ALTER TABLE outbox ADD workspace_id text NOT NULL DEFAULT '';
UPDATE outbox SET workspace_id = split_part(lane, ':', 2) WHERE lane LIKE 'slack:%' AND state <> 'done';
CREATE INDEX ix_outbox_workspace ON outbox (workspace_id, run_at) WHERE state = 'ready';
CREATE INDEX ix_outbox_workspace_lane ON outbox (workspace_id, lane) WHERE state = 'ready';

-- Whom a delivery is for. '' where nobody can tell: such deliveries are one more workspace among the others.
CREATE FUNCTION outbox_workspace() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    kind CONSTANT text := split_part(NEW.lane, ':', 1);
    subject text := coalesce(NEW.payload->>'decision', NEW.payload #>> '{items,0,decision}');
BEGIN
    IF kind = 'slack' THEN
        NEW.workspace_id := split_part(NEW.lane, ':', 2);
    ELSIF kind = 'round' AND NEW.payload->>'round' ~ '^[0-9a-f-]{36}$' THEN
        NEW.workspace_id := coalesce((
            SELECT d.workspace_id FROM rounds r JOIN customer_decisions d ON d.id = r.decision_id
            WHERE r.id = (NEW.payload->>'round')::uuid), '');
    ELSIF subject ~ '^[0-9a-f-]{36}$' THEN
        NEW.workspace_id := coalesce((SELECT workspace_id FROM customer_decisions WHERE id = subject::uuid), '');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outbox_workspace BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION outbox_workspace();

-- The first of a lane. Ordered by the lane too, and by a range: for the smallest id of one lane PostgreSQL may read the
-- primary key from its beginning, which with 50,000 rows of others takes 15 ms instead of nothing.
CREATE FUNCTION head_of(p_lane text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT o.id FROM outbox o WHERE o.lane >= p_lane AND o.lane <= p_lane AND o.state = 'ready'
        ORDER BY o.lane, o.id LIMIT 1);
END $$;

-- Heads of lanes of one workspace that are due, the oldest first; no more than p_most. p_slack: also those of lanes
-- that end in Slack. Behind a head that has to wait there may be tens of thousands of rows: after 200 rows the lanes
-- are walked instead, each by one look into the index.
CREATE FUNCTION due_heads(p_workspace text, p_slack boolean, p_most int) RETURNS TABLE (id bigint, run_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 5 AS $$
DECLARE
    one record;
    looked int := 0;
    found bigint[] := '{}';
BEGIN
    FOR one IN
        SELECT o.id, o.lane, o.run_at FROM outbox o
        WHERE o.state = 'ready' AND o.workspace_id = p_workspace AND o.run_at <= now()
            AND (p_slack OR o.lane NOT LIKE 'slack:%')
        ORDER BY o.run_at LIMIT 200
    LOOP
        EXIT WHEN cardinality(found) >= p_most;
        looked := looked + 1;
        IF one.id = head_of(one.lane) THEN
            found := found || one.id;
            id := one.id;
            run_at := one.run_at;
            RETURN NEXT;
        END IF;
    END LOOP;
    IF looked = 200 AND cardinality(found) < p_most THEN
        RETURN QUERY SELECT h.id, h.run_at FROM heads_by_lane(p_workspace, p_slack) h
            WHERE h.id <> ALL (found) ORDER BY h.run_at LIMIT p_most - cardinality(found);
    END IF;
END $$;

CREATE FUNCTION heads_by_lane(p_workspace text, p_slack boolean) RETURNS TABLE (id bigint, run_at timestamptz)
LANGUAGE sql STABLE ROWS 5 AS $$
    WITH RECURSIVE lane (name) AS (
        (SELECT o.lane FROM outbox o WHERE o.state = 'ready' AND o.workspace_id = p_workspace ORDER BY o.lane LIMIT 1)
        UNION ALL
        SELECT (SELECT o.lane FROM outbox o WHERE o.state = 'ready' AND o.workspace_id = p_workspace
            AND o.lane > lane.name ORDER BY o.lane LIMIT 1)
        FROM lane WHERE lane.name IS NOT NULL)
    SELECT o.id, o.run_at FROM lane JOIN outbox o ON o.id = head_of(lane.name)
    WHERE lane.name IS NOT NULL AND o.run_at <= now() AND (p_slack OR lane.name NOT LIKE 'slack:%');
$$;
"""


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    for sql in (INSTALLATIONS, OUTBOX):
        connection.exec_driver_sql(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP TRIGGER outbox_workspace ON outbox;
        DROP FUNCTION outbox_workspace(), due_heads(text, boolean, int), heads_by_lane(text, boolean), head_of(text),
            is_installed(text);
        DROP INDEX ix_outbox_workspace, ix_outbox_workspace_lane;
        ALTER TABLE outbox DROP workspace_id;
        DROP TABLE install_states, enterprise_workspaces, workspace_installations;
        """
    )
