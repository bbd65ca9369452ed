-- A clock that can be moved, in a database of the demo's or a test's own; run again whenever the schema may have changed.
-- PostgreSQL looks for now() along the search_path: whoever has `stage` first in it finds this one.
CREATE SCHEMA IF NOT EXISTS stage;
CREATE TABLE IF NOT EXISTS stage.clock (ahead interval NOT NULL DEFAULT '0', stands_at timestamptz);
INSERT INTO stage.clock SELECT WHERE NOT EXISTS (SELECT FROM stage.clock);
CREATE OR REPLACE FUNCTION stage.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT coalesce(stands_at, pg_catalog.now() + ahead) FROM stage.clock';
GRANT USAGE ON SCHEMA stage TO PUBLIC;
GRANT SELECT ON stage.clock TO PUBLIC;

-- Two places remember which now() they meant: the defaults of columns, and functions with a search_path of their own.
DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT d.adrelid::regclass AS tbl, a.attname AS col,
            replace(replace(pg_get_expr(d.adbin, d.adrelid), 'CURRENT_TIMESTAMP', 'now()'), 'now()', 'stage.now()') AS e
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        JOIN pg_class c ON c.oid = d.adrelid
        WHERE c.relnamespace = 'public'::regnamespace
            AND pg_get_expr(d.adbin, d.adrelid) ~ 'now\(\)|CURRENT_TIMESTAMP'
            AND pg_get_expr(d.adbin, d.adrelid) !~ 'stage\.now\(\)'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', one.tbl, one.col, one.e);
    END LOOP;
    FOR one IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosrc ~ 'now\(\)'
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = stage, pg_catalog, public, pg_temp', one.name);
    END LOOP;
END $$;
