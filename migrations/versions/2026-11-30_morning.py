"""A claim costs the same when thousands of deliveries have just become due.

Revision: morning, after follow_ups

Statistics of a quiet hour say that hardly anything is ready. PostgreSQL then reads and sorts all that is, for each of
the hundred workspaces that a claim looks at: a hundred times as long, from nine o'clock until it has counted anew.
Where sorting is forbidden, and one index alone has the order that is asked for, it goes by that index whatever it
believes.
"""

from alembic import op

revision = "morning"
down_revision = "follow_ups"
branch_labels = None
depends_on = None

SQL = """
-- Workspaces that have something ready, from the one behind p_last on, once round at most, the first again after the
-- last; at most p_places. n: from 1.
CREATE FUNCTION ready_workspaces(p_last text, p_places int) RETURNS TABLE (id text, n int)
LANGUAGE sql STABLE ROWS 30 SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
    WITH RECURSIVE place (id, began, n) AS (
        SELECT following.id, following.id, 1 FROM (SELECT coalesce(
            (SELECT o.workspace_id FROM outbox o WHERE o.state = 'ready' AND o.workspace_id > p_last
                ORDER BY o.workspace_id LIMIT 1),
            (SELECT o.workspace_id FROM outbox o WHERE o.state = 'ready' ORDER BY o.workspace_id LIMIT 1)) AS id
        ) AS following
        UNION ALL
        SELECT following.id, place.began, place.n + 1 FROM place CROSS JOIN LATERAL (SELECT coalesce(
            (SELECT o.workspace_id FROM outbox o WHERE o.state = 'ready' AND o.workspace_id > place.id
                ORDER BY o.workspace_id LIMIT 1),
            (SELECT o.workspace_id FROM outbox o WHERE o.state = 'ready' ORDER BY o.workspace_id LIMIT 1)) AS id
            OFFSET 0) AS following
        WHERE place.n < p_places AND following.id <> place.began)
    SELECT place.id, place.n FROM place;
$$;

-- As before, but by a range and in an order that ix_outbox_workspace alone has. What it calls is planned under its
-- settings too. One plan for all calls: making one takes longer than the call.
CREATE OR REPLACE FUNCTION due_heads(p_workspace text, p_slack boolean, p_most int)
RETURNS TABLE (id bigint, run_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 5
SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    one record;
    looked int := 0;
    found bigint[] := '{}';
BEGIN
    FOR one IN
        SELECT o.id, o.lane, o.run_at FROM outbox o
        WHERE o.state = 'ready' AND o.workspace_id >= p_workspace AND o.workspace_id <= p_workspace
            AND o.run_at <= now() AND (p_slack OR o.lane NOT LIKE 'slack:%')
        ORDER BY o.workspace_id, o.run_at LIMIT 200
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

-- As before, but by a range and in an order that ix_outbox_workspace_lane alone has.
CREATE OR REPLACE FUNCTION heads_by_lane(p_workspace text, p_slack boolean)
RETURNS TABLE (id bigint, run_at timestamptz)
LANGUAGE sql STABLE ROWS 5 AS $$
    WITH RECURSIVE lane (name) AS (
        (SELECT o.lane FROM outbox o
            WHERE o.state = 'ready' AND o.workspace_id >= p_workspace AND o.workspace_id <= p_workspace
            ORDER BY o.workspace_id, o.lane LIMIT 1)
        UNION ALL
        SELECT (SELECT o.lane FROM outbox o
            WHERE o.state = 'ready' AND (o.workspace_id, o.lane) > (p_workspace, lane.name)
                AND o.workspace_id <= p_workspace
            ORDER BY o.workspace_id, o.lane LIMIT 1)
        FROM lane WHERE lane.name IS NOT NULL)
    SELECT o.id, o.run_at FROM lane JOIN outbox o ON o.id = head_of(lane.name)
    WHERE lane.name IS NOT NULL AND o.run_at <= now() AND (p_slack OR lane.name NOT LIKE 'slack:%');
$$;
"""


def upgrade() -> None:
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(SQL)


def downgrade() -> None:
    # What the functions answer is the same: the older code goes on with them.
    op.get_bind().exec_driver_sql("DROP FUNCTION ready_workspaces(text, int)")
