"""What a published result says of the chosen option, beside the choice: the learning page read whole results for it.

Revision: lessons, after agents

A trigger writes it whenever an option is chosen. By then the result stands: nothing is published about a decision that
is resolved. Old code on this schema has it written as well. What a result does not say stays empty. Filling it for the
choices that are there took two minutes for 100,000 on a busy machine, during which nothing reads or writes choices.
"""

from alembic import op

revision = "lessons"
down_revision = "agents"
branch_labels = None
depends_on = None

# A second round has no totals: then the first one's are told. Totals of few ballots are not told, though old results
# have them. Of "≥ 9.5" the number counts. Paths of jsonb, as they find nothing where another expression would fail.
COLUMNS = """
ALTER TABLE decision_outcomes ADD follows boolean, ADD chosen_total numeric, ADD chosen_means jsonb;
COMMENT ON COLUMN decision_outcomes.follows IS 'Whether a leader of the ranking was chosen; empty where nobody led.';
COMMENT ON COLUMN decision_outcomes.chosen_total IS 'Of the chosen option, as published.';
COMMENT ON COLUMN decision_outcomes.chosen_means IS 'Of the chosen option, as published, by the criterion''s id.';
CREATE FUNCTION lesson_of(decision uuid, option uuid, OUT follows boolean, OUT total numeric, OUT means jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH published AS (
        SELECT k.number, p.ballots >= coalesce((p.body #>> '{thresholds,halves}')::int, 4) AS has_totals,
            jsonb_path_query_array(p.body, '$.rows[*] ? (@.place == 1).option') AS leaders,
            jsonb_path_query_array(p.body, '$.rows[*] ? (@.option == $it)', given.it) AS rows,
            jsonb_path_query_array(p.body, '$.cells[*] ? (@.option == $it)', given.it) AS cells
        FROM rounds k JOIN round_results p ON p.round_id = k.id, jsonb_build_object('it', option) AS given (it)
        WHERE k.decision_id = decision AND k.voided_at IS NULL)
    SELECT
        (SELECT CASE WHEN leaders <> '[]' THEN leaders ? option::text END FROM published ORDER BY number DESC LIMIT 1),
        (SELECT substring(rows #>> '{0,total}' FROM '[0-9]+[.]?[0-9]*')::numeric FROM published
            WHERE has_totals AND rows #>> '{0,total}' IS NOT NULL ORDER BY number LIMIT 1),
        (SELECT jsonb_object_agg(cell ->> 'criterion', substring(cell ->> 'mean' FROM '[0-9]+[.]?[0-9]*')::numeric
                ORDER BY number)
            FROM published, jsonb_path_query(cells, '$[*]') AS cell WHERE cell ->> 'criterion' IS NOT NULL);
$$;
CREATE FUNCTION keep_lesson() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT * INTO NEW.follows, NEW.chosen_total, NEW.chosen_means
        FROM lesson_of(NEW.decision_id, NEW.selected_option_id);
    RETURN NEW;
END $$;
CREATE TRIGGER keep_lesson BEFORE INSERT OR UPDATE OF selected_option_id ON decision_outcomes
    FOR EACH ROW EXECUTE FUNCTION keep_lesson();
"""
FILL = """
UPDATE decision_outcomes o SET follows = told.follows, chosen_total = told.total, chosen_means = told.means
FROM decision_outcomes its, lesson_of(its.decision_id, its.selected_option_id) AS told WHERE its.id = o.id;
"""


def upgrade() -> None:
    for sql in (COLUMNS, FILL):
        op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        DROP TRIGGER keep_lesson ON decision_outcomes;
        DROP FUNCTION keep_lesson(), lesson_of(uuid, uuid);
        ALTER TABLE decision_outcomes DROP follows, DROP chosen_total, DROP chosen_means;
        """
    )
