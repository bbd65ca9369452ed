-- Who may touch what. Run after every migration to the newest revision, and safe to repeat.
--
-- conclave_vault (nobody logs in as it) owns the tables of ballots and the vault's functions; conclave_bot is the group for
-- the service's login: it may call the functions, and nothing else gets at ballots. Roles belong to the whole server, so
-- they are made once, by whoever may, and never dropped.
--
-- Where the migrating login may not make roles, it keeps everything itself: the same functions run, and `conclave doctor`
-- says what is not protected then. It is everything or nothing: a refusal in the middle undoes what was granted before it.
DO $$
DECLARE
    sealed_off CONSTANT regclass[] := '{evaluations, ballot_pages, sealed_cells}';
    called CONSTANT regprocedure[] := ARRAY[
        'save_page(uuid, uuid, uuid, jsonb)', 'submit_ballot(uuid, uuid)', 'submit_pages(uuid, uuid, jsonb)',
        'my_ballot(uuid, uuid)', 'close_round(uuid, uuid)', 'extend_round(uuid, timestamptz)', 'override_round(uuid, uuid, text)',
        'publish_round(uuid)', 'published_comments(uuid)', 'open_second_round(uuid, uuid, timestamptz)',
        'void_round(uuid, uuid, text)', 'round_order(uuid)', 'verify_round(uuid)', 'set_roster(uuid, uuid[])',
        'excuse_member(uuid, uuid)', 'save_pages(uuid, jsonb)', 'submit_early(uuid, jsonb)', 'forget_words(uuid)',
        'forget_admins(uuid)'];
    -- Tables that rows of ballots refer to. Whoever inserts such a row locks the row that it refers to, and PostgreSQL
    -- writes that transaction's id into its xmax: in a criterion's row stands which transaction scored it last. So the
    -- service may read the columns of these tables, but not xmin, xmax and ctid.
    without_marks CONSTANT regclass[] := '{teams, team_members, customer_decisions, decision_criteria, response_options,
        rounds, round_members}';
    inner_ones CONSTANT regprocedure[] := ARRAY[
        'round_quorum(int)', 'keep_ballots(rounds, jsonb)', 'take_ballots(rounds, jsonb)', 'is_page(rounds, uuid, jsonb)',
        'is_score_page(rounds, jsonb)', 'is_comments_page(rounds, jsonb)',
        'ballot_refusal(rounds, uuid)', 'has_quorum(uuid)', 'seal_round(rounds, int)', 'round_rows(rounds)',
        'kept_page(jsonb, jsonb)', 'blank_scores(rounds)', 'opened_page(jsonb)', 'as_printed(numeric, numeric, int)',
        'exact_total(bigint[], bigint[], numeric[])', 'is_agreement(int[], text, int)', 'camp_sizes(int[])',
        'names_in(jsonb, text[], text[])', 'reword_comments(uuid, text[], text[])'];
    role_name text;
    place regclass;
    code regprocedure;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['conclave_vault', 'conclave_bot'] LOOP
        IF to_regrole(role_name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database's migration was faster
            END;
        END IF;
    END LOOP;
    -- From PostgreSQL 16 on, making a role does not make its maker a member. Only a member may hand tables over to it.
    IF NOT pg_has_role(current_user, 'conclave_vault', 'USAGE') THEN
        GRANT conclave_vault TO CURRENT_USER;
    END IF;

    -- Somebody else's function in this schema could be called in place of ours. New databases have this from PostgreSQL 15
    -- on; older ones that were upgraded have not.
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO conclave_vault, conclave_bot;
    -- Who becomes the owner of a table must be allowed to create one there. Taken back below.
    GRANT CREATE ON SCHEMA public TO conclave_vault;
    FOREACH place IN ARRAY sealed_off LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO conclave_vault', place);
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, conclave_bot', place);
    END LOOP;
    FOREACH code IN ARRAY called || inner_ones LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO conclave_vault', code);
    END LOOP;
    FOREACH code IN ARRAY called LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO conclave_bot', code);
    END LOOP;
    REVOKE CREATE ON SCHEMA public FROM conclave_vault;
    GRANT SELECT, INSERT, UPDATE ON rounds, round_members TO conclave_vault;
    GRANT DELETE ON round_members TO conclave_vault;
    GRANT SELECT (id, is_active) ON team_members TO conclave_vault;
    -- For forget_words and forget_admins.
    GRANT SELECT (id, team_id, status, actual_resolution_date, updated_at) ON customer_decisions TO conclave_vault;
    GRANT SELECT (team_id) ON team_members, team_workspaces TO conclave_vault;
    GRANT SELECT (details, user_id, ip_address, user_agent), UPDATE (details, ip_address, user_agent) ON audit_logs
    TO conclave_vault;
    -- For verify_round, which compares what was published.
    GRANT SELECT ON round_results TO conclave_vault;
    GRANT SELECT (id, decision_id, weight, name) ON decision_criteria TO conclave_vault;
    GRANT SELECT (id, decision_id, title) ON response_options TO conclave_vault;
    -- Whoever locks a row must be allowed to update some column of it; submit_ballot locks all criteria alike.
    GRANT UPDATE (id) ON decision_criteria TO conclave_vault;

    -- The service's own tables. No DELETE where nothing is deleted, and no UPDATE of keys: whoever may change a key that
    -- `evaluations` refers to learns from the refusal which rows it has.
    FOREACH place IN ARRAY without_marks LOOP
        EXECUTE format('REVOKE ALL ON %s FROM conclave_bot', place);
        EXECUTE (
            SELECT format('GRANT SELECT (%s) ON %s TO conclave_bot', string_agg(quote_ident(attname), ', '), place)
            FROM pg_attribute WHERE attrelid = place AND attnum > 0 AND NOT attisdropped);
    END LOOP;
    GRANT INSERT ON teams, team_members, customer_decisions, decision_criteria, response_options TO conclave_bot;
    GRANT SELECT, INSERT ON
        decision_outcomes, audit_logs, team_numbers, team_workspaces, slack_identities, card_messages, submissions, outbox,
        round_results, reminders, sweep_runs, homes, forecasts, wordings, policy_proposals, erasures, workflow_runs,
        shared_channels, workspace_installations, enterprise_workspaces, install_states
    TO conclave_bot;
    GRANT UPDATE ON
        team_numbers, team_workspaces, slack_identities, card_messages, submissions, outbox, reminders, sweep_runs, homes,
        decision_outcomes, forecasts, wordings, policy_proposals, workflow_runs, workspace_installations,
        enterprise_workspaces, install_states
    TO conclave_bot;
    GRANT DELETE ON submissions, outbox, reminders, forecasts, install_states TO conclave_bot;
    GRANT SELECT, INSERT, UPDATE, DELETE ON auth_tokens, attempts, kept_answers, drafts, hooks, webhook_endpoints
    TO conclave_bot;
    GRANT SELECT, INSERT, DELETE ON webhook_attempts TO conclave_bot;
    -- Of a team that is erased.
    GRANT DELETE ON slack_identities, homes, wordings, team_workspaces, workflow_runs, shared_channels TO conclave_bot;
    -- Triggers that run with the service's rights keep the one, the worker writes the other.
    GRANT SELECT, INSERT, UPDATE, DELETE ON precedents, case_vectors, deputies, decision_words TO conclave_bot;
    -- What a language model made of cases, and what that used.
    GRANT SELECT, INSERT, UPDATE ON sketches, model_usage TO conclave_bot;
    GRANT SELECT, INSERT, UPDATE, DELETE ON thread_summaries TO conclave_bot;
    -- A trigger (keep_what_is_scored) refuses it once scoring has started.
    GRANT DELETE ON decision_criteria, response_options TO conclave_bot;
    FOREACH place IN ARRAY '{teams, team_members, customer_decisions, decision_criteria, response_options}'::regclass[] LOOP
        EXECUTE (
            SELECT format('GRANT UPDATE (%s) ON %s TO conclave_bot', string_agg(quote_ident(attname), ', '), place)
            FROM pg_attribute
            WHERE attrelid = place AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('id', 'team_id', 'decision_id'));
    END LOOP;
    -- The service may open a round. All that follows, its roster too, is done by the vault's functions: whoever could write
    -- `closed_xid`, or choose whose ballots count, could publish, read and roll back (see publish_round in vault.sql).
    GRANT INSERT (decision_id, number, opened_by, closes_at, snapshot, thresholds) ON rounds TO conclave_bot;
    IF to_regclass('alembic_version') IS NOT NULL THEN
        GRANT SELECT ON alembic_version TO conclave_bot;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'One login owns everything: it may not make or use the roles conclave_vault and conclave_bot.';
END $$;
