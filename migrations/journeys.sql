-- What people do most often, each in one call of the database: a page of scores, a ballot, a snooze; and what every
-- change of a decision ends with. How a press gets here, and what happens where it is not an ordinary one:
-- docs/hot-path.md.
--
-- Functions in PL/pgSQL: it keeps the plans of its statements as long as a connection lasts, and each of them sees what was
-- committed while the one before it waited for a lock; a single statement with subqueries would not. They run with the
-- rights of whoever calls them, and see no ballot but by the vault's functions.

-- Every change of what people see of a decision ends here, in its transaction. The revision grows by one. No reminder of
-- the decision goes out until it is planned anew. Two deliveries are queued: one plans the reminders and updates Home tabs,
-- the other updates the card. p_asked: somebody pressed "Post the card", so its owner is told of a failure even if they
-- were told before.
CREATE FUNCTION decision_changed(p_decision uuid, p_asked boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    d record;
BEGIN
    UPDATE customer_decisions SET revision = revision + 1 WHERE id = p_decision
    RETURNING revision, workspace_id, channel_id INTO STRICT d;
    UPDATE reminders SET next_at = NULL WHERE decision_id = p_decision AND next_at IS NOT NULL;
    INSERT INTO outbox (kind, lane, dedupe_key, payload) VALUES (
        'decision.changed', 'decision:' || p_decision, format('follow:%s:%s', p_decision, d.revision),
        jsonb_build_object('decision', p_decision, 'revision', d.revision))
    ON CONFLICT (dedupe_key) DO NOTHING;
    IF d.workspace_id <> '' AND d.channel_id <> '' THEN
        INSERT INTO outbox (kind, lane, dedupe_key, payload) VALUES (
            'card', format('slack:%s:%s', d.workspace_id, d.channel_id), format('card:%s:%s', p_decision, d.revision),
            jsonb_build_object('decision', p_decision, 'revision', d.revision,
                'asked', CASE WHEN p_asked THEN d.revision ELSE 0 END))
        ON CONFLICT (dedupe_key) DO NOTHING;
    END IF;
    PERFORM pg_notify('outbox', '');
END $$;

-- [{"place": n, "workspace": text, "person": text, "pages": [...]}, ...] with the members in place of the Slack users: of
-- those who are active in this team. The others are left out. One look at two keys each: a join might read all members.
CREATE FUNCTION ballots_of_members(p_team uuid, p_ballots jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT jsonb_agg(jsonb_build_object('place', found.place, 'member', found.member, 'pages', found.pages))
        FROM (
            SELECT b.place, b.pages, (
                SELECT m.id FROM team_members m
                WHERE m.team_id = p_team AND m.is_active AND m.id = (
                    SELECT i.member_id FROM slack_identities i
                    WHERE i.workspace_id = b.workspace AND i.slack_user_id = b.person)) AS member
            FROM jsonb_to_recordset(p_ballots) AS b (place int, workspace text, person text, pages jsonb)
        ) AS found
        WHERE found.member IS NOT NULL);
END $$;

-- Save pages of a round, and read what the next pages show. Slack users without an active member in the decision's team
-- are left out of the answer. p_known: the revision of the questions that the caller holds; of another one, the first row
-- brings them along.
CREATE FUNCTION turn_pages(p_round uuid, p_known int, p_ballots jsonb)
RETURNS TABLE (place int, answer text, member uuid, submitted boolean, pages jsonb, revision int, questions jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    team uuid;
BEGIN
    SELECT d.team_id, d.revision INTO team, revision
    FROM rounds r JOIN customer_decisions d ON d.id = r.decision_id WHERE r.id = p_round;
    IF revision IS DISTINCT FROM p_known THEN
        questions := questions_of(p_round);
    END IF;
    FOR place, answer, member, submitted, pages IN
        SELECT s.place, s.answer, s.member, s.submitted, s.pages
        FROM save_pages(p_round, ballots_of_members(team, p_ballots)) AS s
    LOOP
        RETURN NEXT;
        questions := NULL;
    END LOOP;
END $$;

-- What a round asks, the same of everybody, as bot/store/evaluation.py reads it. Numbers as texts, which stay exact.
CREATE FUNCTION questions_of(p_round uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'decision', d.id, 'number', d.number, 'title', d.title, 'customer_name', d.customer_name, 'currency', d.currency,
        'closes_at', r.closes_at, 'snapshot', r.snapshot, 'thresholds', r.thresholds, 'is_second', r.follows IS NOT NULL,
        'criteria', (
            SELECT jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'description', k.description,
                'weight', k.weight::text, 'position', k.position) ORDER BY k.position, k.created_at, k.id)
            FROM decision_criteria k WHERE k.decision_id = d.id),
        'options', (
            SELECT jsonb_agg(jsonb_build_object('id', o.id, 'created_by', o.created_by, 'title', o.title,
                'description', o.description, 'financial_cost', o.financial_cost::text,
                'implementation_effort', o.implementation_effort, 'risk_level', o.risk_level)
                ORDER BY o.position, o.created_at, o.id)
            FROM response_options o WHERE o.decision_id = d.id))
    FROM rounds r JOIN customer_decisions d ON d.id = r.decision_id WHERE r.id = p_round
$$;

-- Submit ballots of a round, none of which is the last one missing; where ballots are new, the decision has changed once.
-- Locks the decision, then its round, as every change does. Slack users without an active member in the decision's team
-- are left out of the answer, and so is everybody where the decision is not being scored.
CREATE FUNCTION hand_in(p_round uuid, p_ballots jsonb)
RETURNS TABLE (place int, answer text, submitted int, roster int, decision uuid, number int)
LANGUAGE plpgsql AS $$
DECLARE
    d record;
    s record;
    has_new boolean := false;
BEGIN
    SELECT c.id, c.team_id, c.number INTO d FROM rounds r JOIN customer_decisions c ON c.id = r.decision_id
    WHERE r.id = p_round AND c.status = 'evaluating' AND c.current_phase = 4 FOR UPDATE OF c;
    IF d.id IS NULL THEN
        RETURN;
    END IF;
    decision := d.id;
    number := d.number;
    FOR s IN SELECT * FROM submit_early(p_round, ballots_of_members(d.team_id, p_ballots)) LOOP
        place := s.place;
        answer := s.answer;
        submitted := s.submitted;
        roster := s.roster;
        has_new := has_new OR s.is_first;
        RETURN NEXT;
    END LOOP;
    IF has_new THEN
        PERFORM decision_changed(d.id, false);
    END IF;
END $$;

-- Say nothing more to a member until p_until, by hours that were p_seen when it was counted; false, and nothing is done,
-- where they are others now. The team's plans are waited for first: see reminder.replan_member.
CREATE FUNCTION snooze_member(p_member uuid, p_team uuid, p_seen jsonb, p_until text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('plans:' || p_team, 7));
    PERFORM FROM team_members
    WHERE id = p_member AND is_active AND notification_preferences IS NOT DISTINCT FROM p_seen FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE customer_decisions SET planned_revision = NULL WHERE id IN (
        SELECT r.decision_id FROM reminders r WHERE r.member_id = p_member AND r.waiting_since IS NOT NULL);
    UPDATE reminders SET next_at = NULL WHERE member_id = p_member AND next_at IS NOT NULL;
    UPDATE team_members
    SET notification_preferences = coalesce(notification_preferences, '{}') || jsonb_build_object('snoozed_until', p_until)
    WHERE id = p_member;
    -- clock_timestamp: who waited for a lock would otherwise stand before whom they waited for.
    INSERT INTO audit_logs (user_id, action, details, created_at) VALUES (
        p_member, 'reminders.snoozed', jsonb_build_object('until', p_until),
        timezone('UTC', now() + (clock_timestamp() - transaction_timestamp())));
    RETURN true;
END $$;
