-- The opposite of roles.sql, for going back: everything is the migrating login's own again. The roles stay.
DO $$
DECLARE
    place regclass;
BEGIN
    IF to_regrole('conclave_vault') IS NULL OR to_regrole('conclave_bot') IS NULL THEN
        RETURN;
    END IF;
    FOREACH place IN ARRAY '{evaluations, ballot_pages, sealed_cells}'::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO CURRENT_USER', place);
    END LOOP;
    FOR place IN
        SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM conclave_vault, conclave_bot', place);
    END LOOP;
    REVOKE ALL ON SCHEMA public FROM conclave_vault, conclave_bot;
END $$;
