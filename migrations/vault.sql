-- The vault: the only code that touches `evaluations`, `ballot_pages` and `sealed_cells`.
--
-- While a round is open, its ballots go in here and come out only to their author. After closing they are handed out
-- once, without names, and what stays is sealed: rewritten so that it follows from nothing but how often each score was
-- given to each option on each criterion (that cell's histogram). Who gave which score is then nowhere.
--
-- Expected refusals are returned as words, which a comment above each function lists. Exceptions go to the server's log,
-- so only misuse by the program raises one, and its text names nothing but the state. The functions run with the rights
-- of their owner (SECURITY DEFINER); search_path is fixed, or a caller could put a table of his own before ours.
--
-- Call one of them per transaction. Saving and submitting in one would lock the round FOR SHARE and then FOR UPDATE, and
-- two members doing so at once would wait for each other (deadlock). Both in one is submit_pages. For several members at
-- once there are save_pages and submit_early, which the functions of journeys.sql call. Whatever is done for several
-- members is one statement for all of them: a statement for each costs more than what it does.
--
-- Functions whose body is one expression are written into the statements that call them, as a macro would be, but only
-- without a search_path of their own: what calls them fixes it, and they name no table. Those that many people call at
-- once have enable_seqscan = off: a connection keeps the plans that it made while the tables of ballots were empty, as
-- they are after each publication, and would read all of them for each ballot once they are full.
--
-- Who owns the tables and functions, and who may call which: migrations/roles.sql.

-- How many ballots suffice for n people: half of them rounded up, never below 3; of two, both.
CREATE FUNCTION round_quorum(n int) RETURNS int
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN n >= 3 THEN greatest(3, (n + 1) / 2) ELSE 2 END
$$;

-- Whether p_page is one person's page for one criterion:
-- {"scores": {option: 1..10, ...}, "confidence": 1..5|null, "abstain": bool}; a draft may lack scores.
CREATE FUNCTION is_score_page(r rounds, p_page jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(p_page) = 'object' AND jsonb_typeof(p_page -> 'scores') = 'object' THEN
        p_page - ARRAY['scores', 'confidence', 'abstain'] = '{}'
        AND coalesce(jsonb_typeof(p_page -> 'abstain') = 'boolean', true)
        AND coalesce((p_page -> 'confidence')::text ~ '^([1-5]|null)$', true)
        AND jsonb_path_query_array(p_page -> 'scores', '$.keyvalue().key') <@ (r.snapshot -> 'options')
        AND jsonb_path_query_array(p_page -> 'scores', '$.*')::text ~ '^\[(([1-9]|10)(, ([1-9]|10))*)?\]$'
    ELSE false END
$$;

-- A score page as it is stored: with every option and a confidence, -1 where nothing was given. So an abstention takes
-- as many bytes as scores do. Otherwise the two could be told apart by how far the write-ahead log grows, which every
-- login may ask. opened_page turns it back; pages stored by versions before this one it returns as they are.
-- p_page: a score page as above. p_blank: as of blank_scores, which takes longer and is the same for all of a round.
CREATE FUNCTION kept_page(p_blank jsonb, p_page jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'abstain', coalesce(p_page -> 'abstain', 'false'),
        'confidence', coalesce(nullif(p_page -> 'confidence', 'null'), '-1'),
        'scores', p_blank || (p_page -> 'scores'))
$$;

CREATE FUNCTION blank_scores(r rounds) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_object_agg(o.id, -1) FROM jsonb_array_elements_text(r.snapshot -> 'options') AS o (id)
$$;

CREATE FUNCTION opened_page(p_page jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_page ? 'scores' THEN jsonb_build_object(
        'abstain', coalesce((p_page -> 'abstain')::boolean, false),
        'confidence', nullif((p_page ->> 'confidence')::int, -1),
        'scores', (
            SELECT coalesce(jsonb_object_agg(s.option_id, s.score) FILTER (WHERE s.score::int > 0), '{}')
            FROM jsonb_each(p_page -> 'scores') AS s (option_id, score)))
    ELSE p_page END;
END $$;

-- Whether p_page is one person's page of comments: {"comments": {option: text, ...}, "share": bool}. share: publish my
-- comments even if few people score.
CREATE FUNCTION is_comments_page(r rounds, p_page jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(p_page) = 'object' AND jsonb_typeof(p_page -> 'comments') = 'object' THEN
        p_page - ARRAY['comments', 'share'] = '{}'
        AND coalesce(jsonb_typeof(p_page -> 'share') = 'boolean', true)
        AND jsonb_path_query_array(p_page -> 'comments', '$.keyvalue().key') <@ (r.snapshot -> 'options')
        AND NOT jsonb_path_exists(p_page -> 'comments', 'strict $.* ? (@.type() != "string")')
    ELSE false END
$$;

-- Whether p_page is a page of comments, where p_criterion is NULL, or a score page of a criterion of the round.
CREATE FUNCTION is_page(r rounds, p_criterion uuid, p_page jsonb) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_criterion IS NULL THEN is_comments_page(r, p_page)
        ELSE is_score_page(r, p_page)
            AND r.snapshot -> 'criteria' @> jsonb_build_array(jsonb_build_object('id', p_criterion))
    END
$$;

-- Why this member may not write a ballot of this round now; NULL when he may. r: the locked row, all NULL if unknown.
CREATE FUNCTION ballot_refusal(r rounds, p_member uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN CASE
        WHEN r.id IS NULL OR r.closed_at IS NOT NULL OR r.published_at IS NOT NULL OR r.voided_at IS NOT NULL THEN 'closed'
        WHEN now() >= r.closes_at THEN 'too_late'
        WHEN NOT EXISTS (
            SELECT FROM round_members m
            WHERE m.round_id = r.id AND m.member_id = p_member AND m.excused_at IS NULL) THEN 'not_on_roster'
    END;
END $$;

-- Keep one page of a member's ballot: of a criterion, or of comments where p_criterion is NULL.
-- 'saved' | 'closed' | 'too_late' | 'not_on_roster' | 'invalid'
CREATE FUNCTION save_page(p_round uuid, p_member uuid, p_criterion uuid, p_page jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
    refusal text;
BEGIN
    -- FOR SHARE: members do not wait for each other, and who closes the round waits for them.
    SELECT * INTO r FROM rounds WHERE id = p_round FOR SHARE;
    refusal := ballot_refusal(r, p_member);
    IF refusal IS NOT NULL THEN
        RETURN refusal;
    END IF;
    IF NOT is_page(r, p_criterion, p_page) THEN
        RETURN 'invalid';
    END IF;
    INSERT INTO ballot_pages (round_id, member_id, criteria_id, page)
    VALUES (p_round, p_member, p_criterion, CASE WHEN p_criterion IS NULL THEN p_page ELSE kept_page(blank_scores(r), p_page) END)
    ON CONFLICT ON CONSTRAINT uq_ballot_pages DO UPDATE SET page = EXCLUDED.page;
    RETURN 'saved';
END $$;

-- Keep the pages of several members, of each all or none: [{"place": n, "member": uuid, "pages": [{"criterion": uuid|null,
-- "page": as in save_page}, ...]}, ...]. r: the locked row.
-- Answers like save_page, or 'again' to whoever comes a second time: one statement writes a row once.
-- By the members' ids: two calls with the same people would otherwise wait for each other, each for the other's rows.
CREATE FUNCTION keep_ballots(r rounds, p_ballots jsonb) RETURNS TABLE (place int, member uuid, answer text)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    blank CONSTANT jsonb := blank_scores(r);
BEGIN
    RETURN QUERY
        WITH sent AS (
            SELECT b.place, b.member, b.pages, row_number() OVER (PARTITION BY b.member ORDER BY b.place) AS turn
            FROM jsonb_to_recordset(p_ballots) AS b (place int, member uuid, pages jsonb)
        ), answered AS MATERIALIZED (
            SELECT s.place, s.member, s.pages, CASE
                WHEN s.turn > 1 THEN 'again'
                ELSE coalesce(ballot_refusal(r, s.member), CASE WHEN EXISTS (
                    SELECT FROM jsonb_to_recordset(s.pages) AS p (criterion uuid, page jsonb)
                    WHERE NOT is_page(r, p.criterion, p.page)) THEN 'invalid' ELSE 'saved' END)
                END AS answer
            FROM sent s
        ), kept AS (
            INSERT INTO ballot_pages (round_id, member_id, criteria_id, page)
            SELECT r.id, a.member, p.criterion, CASE WHEN p.criterion IS NULL THEN p.page ELSE kept_page(blank, p.page) END
            FROM answered a, jsonb_to_recordset(a.pages) AS p (criterion uuid, page jsonb)
            WHERE a.answer = 'saved' ORDER BY a.member, p.criterion
            ON CONFLICT ON CONSTRAINT uq_ballot_pages DO UPDATE SET page = EXCLUDED.page
        )
        SELECT a.place, a.member, a.answer FROM answered a;
END $$;

-- save_page for several pages of several members at once, as keep_ballots takes them. Each is told what is saved of theirs
-- then, so that the next page needs no further look.
-- answer: as of keep_ballots; of a member whose pages are 'invalid' none is kept. submitted, pages: NULL unless 'saved'.
CREATE FUNCTION save_pages(p_round uuid, p_ballots jsonb)
RETURNS TABLE (place int, answer text, member uuid, submitted boolean, pages jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    r rounds;
    places int[];
    answers text[];
    members uuid[];
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR SHARE;
    SELECT array_agg(k.place), array_agg(k.answer), array_agg(k.member) INTO places, answers, members
    FROM keep_ballots(r, p_ballots) AS k;
    RETURN QUERY
        SELECT k.place, k.answer, k.member, m.submitted, (
            SELECT jsonb_agg(jsonb_build_object('criterion', b.criteria_id, 'page', opened_page(b.page)))
            FROM ballot_pages b WHERE b.round_id = m.round_id AND b.member_id = m.member_id)
        FROM unnest(places, answers, members) AS k (place, answer, member)
        LEFT JOIN round_members m ON k.answer = 'saved' AND m.round_id = p_round AND m.member_id = k.member;
END $$;

-- Keep the pages of several members, as keep_ballots takes them, and make what is saved of each then the ballot that
-- counts, replacing an earlier one. r: the locked row, in the strong form.
-- answer: 'submitted' | 'incomplete' (a criterion is neither scored for all options nor abstained from) | 'empty'
-- (abstained from everything) | whatever keep_ballots answers but 'saved'.
CREATE FUNCTION take_ballots(r rounds, p_ballots jsonb) RETURNS TABLE (place int, member uuid, answer text)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    options CONSTANT text[] := ARRAY(SELECT jsonb_array_elements_text(r.snapshot -> 'options'));
    criteria CONSTANT uuid[] := ARRAY(SELECT (jsonb_array_elements(r.snapshot -> 'criteria') ->> 'id')::uuid);
    places int[];
    members uuid[];
    answers text[];
    whole uuid[];
BEGIN
    SELECT array_agg(k.place), array_agg(k.member), array_agg(k.answer) INTO places, members, answers
    FROM keep_ballots(r, p_ballots) AS k;

    -- Kept pages hold every option, -1 where no score was given; those of earlier versions may lack some.
    SELECT array_agg(w.answer ORDER BY w.turn), array_agg(w.member) FILTER (WHERE w.answer = 'submitted')
    INTO answers, whole
    FROM (
        SELECT k.turn, k.member, CASE
            WHEN k.answer <> 'saved' THEN k.answer
            WHEN count(b.page) FILTER (WHERE b.page @> '{"abstain": true}' OR (b.page -> 'scores' ?& options
                AND NOT b.page @? '$.scores.* ? (@ < 0)')) < cardinality(criteria) THEN 'incomplete'
            WHEN coalesce(bool_and(b.page @> '{"abstain": true}'), true) THEN 'empty'
            ELSE 'submitted' END AS answer
        FROM unnest(members, answers) WITH ORDINALITY AS k (member, answer, turn)
        LEFT JOIN ballot_pages b ON b.round_id = r.id AND b.member_id = ANY (members) AND b.member_id = k.member
            AND b.criteria_id = ANY (criteria)
        GROUP BY k.turn, k.member, k.answer
    ) AS w;

    IF whole IS NOT NULL THEN
        -- The rows below lock the criteria that they refer to. Locks can be felt by whoever may lock, and they stay on the
        -- row as a mark: so all criteria are locked, and none tells that it was skipped.
        PERFORM FROM decision_criteria k WHERE k.id = ANY (criteria) ORDER BY k.id FOR KEY SHARE;
        DELETE FROM evaluations e WHERE e.decision_id = r.decision_id AND e.evaluator_id = ANY (whole);
        -- created_at is the round's opening for everybody: no row may tell when a ballot came. An option's comment
        -- stands on its row of the first criterion that the member did not abstain from.
        INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, confidence,
                                 anonymous_comment, share_comment, created_at)
        SELECT r.decision_id, b.member_id, o.id::uuid, b.criteria_id, (b.page -> 'scores' -> o.id)::int,
            nullif((b.page ->> 'confidence')::int, -1), c.comment,
            c.comment IS NOT NULL AND coalesce((n.page -> 'share')::boolean, false), timezone('UTC', r.opened_at)
        FROM (
            SELECT p.member_id, p.criteria_id, p.page, row_number() OVER (
                PARTITION BY p.member_id ORDER BY array_position(criteria, p.criteria_id)) = 1 AS is_first
            FROM ballot_pages p
            WHERE p.round_id = r.id AND p.member_id = ANY (whole) AND p.criteria_id = ANY (criteria)
                AND NOT p.page @> '{"abstain": true}'
        ) AS b
        CROSS JOIN unnest(options) AS o (id)
        LEFT JOIN ballot_pages n ON b.is_first AND n.round_id = r.id AND n.member_id = b.member_id AND n.criteria_id IS NULL
        CROSS JOIN LATERAL (SELECT nullif(btrim(n.page -> 'comments' ->> o.id, E' \t\r\n'), '') AS comment) AS c;
        -- Not written again the second time: a row's xmin would tell who has changed a ballot, and when.
        UPDATE round_members m SET submitted = true
        WHERE m.round_id = r.id AND m.member_id = ANY (whole) AND NOT m.submitted;
    END IF;
    RETURN QUERY SELECT * FROM unnest(places, members, answers);
END $$;

-- Keep these pages, [{"criterion": uuid|null, "page": as in save_page}, ...], and make all that is saved of the member the
-- ballot that counts; the last of the roster closes the round. What was kept stays where the ballot is refused.
-- answer: as of take_ballots but 'again'; where it is 'invalid', there are no counts, and nothing is kept.
-- submitted: ballots of the round so far, those of people excused afterwards included; roster: people not excused.
CREATE FUNCTION submit_pages(p_round uuid, p_member uuid, p_pages jsonb)
RETURNS TABLE (answer text, submitted int, roster int, closed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    r rounds;
BEGIN
    -- In the strong form at once: two members who both held the weak one would wait for each other. And of two last
    -- submitters the second one waits here, then counts the first, so the round closes once.
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    SELECT t.answer INTO answer FROM take_ballots(
        r, jsonb_build_array(jsonb_build_object('place', 0, 'member', p_member, 'pages', p_pages))) AS t;
    IF answer = 'invalid' THEN
        RETURN QUERY VALUES ('invalid', 0, 0, false);
        RETURN;
    END IF;
    SELECT count(*) FILTER (WHERE m.submitted), count(*) FILTER (WHERE m.excused_at IS NULL),
        answer = 'submitted' AND bool_and(m.submitted OR m.excused_at IS NOT NULL)
    INTO submitted, roster, closed FROM round_members m WHERE m.round_id = p_round;
    IF closed THEN
        UPDATE rounds SET closed_at = now(), closed_xid = pg_current_xact_id(), close_cause = 'all_scored' WHERE id = r.id;
    END IF;
    closed := coalesce(closed, false);
    RETURN NEXT;
END $$;

-- submit_pages of what was saved before.
CREATE FUNCTION submit_ballot(p_round uuid, p_member uuid)
RETURNS TABLE (answer text, submitted int, roster int, closed boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.* FROM submit_pages(p_round, p_member, '[]') AS s
$$;

-- submit_pages for several members at once, as keep_ballots takes them. Whose ballot would be the last one missing is
-- answered 'last', and nothing of theirs is written: what follows a closing has to be written in its transaction, so it
-- takes submit_pages. is_first: submitted now, and not before. submitted: counted in the order of the members' ids.
CREATE FUNCTION submit_early(p_round uuid, p_ballots jsonb)
RETURNS TABLE (place int, answer text, submitted int, roster int, is_first boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    r rounds;
    people CONSTANT uuid[] := ARRAY(SELECT b.member FROM jsonb_to_recordset(p_ballots) AS b (member uuid));
    so_far int;
    others int;
    missing uuid[];
    held_back uuid[];
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    SELECT count(*) FILTER (WHERE m.submitted), count(*) FILTER (WHERE m.excused_at IS NULL),
        count(*) FILTER (WHERE m.is_missing AND m.member_id <> ALL (people)),
        array_agg(m.member_id ORDER BY m.member_id) FILTER (WHERE m.is_missing AND m.member_id = ANY (people))
    INTO so_far, roster, others, missing
    FROM (
        SELECT n.*, NOT n.submitted AND n.excused_at IS NULL AS is_missing FROM round_members n WHERE n.round_id = p_round
    ) AS m;
    held_back := CASE WHEN others > 0 THEN '{}' ELSE coalesce(missing[cardinality(missing):], people) END;
    RETURN QUERY
        SELECT b.place, 'last', 0, 0, false FROM jsonb_to_recordset(p_ballots) AS b (place int, member uuid)
        WHERE b.member = ANY (held_back);
    RETURN QUERY
        SELECT t.place, t.answer, (so_far + count(*) FILTER (WHERE t.is_first) OVER (ORDER BY t.member))::int, roster, t.is_first
        FROM (
            SELECT a.*, a.answer = 'submitted' AND a.member = ANY (coalesce(missing, '{}')) AS is_first
            FROM take_ballots(r, (
                SELECT jsonb_agg(b) FROM jsonb_array_elements(p_ballots) AS b
                WHERE (b ->> 'member')::uuid <> ALL (held_back))) AS a
        ) AS t;
END $$;

-- A member's own pages, while the round is open; afterwards nobody's.
CREATE FUNCTION my_ballot(p_round uuid, p_member uuid) RETURNS TABLE (criteria_id uuid, page jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT b.criteria_id, opened_page(b.page)
    FROM ballot_pages b JOIN rounds r ON r.id = b.round_id
    WHERE b.round_id = p_round AND b.member_id = p_member
        AND r.closed_at IS NULL AND r.published_at IS NULL AND r.voided_at IS NULL
$$;

-- Stop accepting ballots, if it is time: all have submitted, or the closing time has come, or p_by asks and quorum
-- holds. First of two committed steps (see publish_round). Who may ask is the caller's to check.
-- 'closed' | 'already' | 'not_yet' | 'no_quorum' (p_by asked) | 'voided' (or no such round)
CREATE FUNCTION close_round(p_round uuid, p_by uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
    ballots int;
    people int;
    waiting int;
    cause text;
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    IF r.id IS NULL OR r.voided_at IS NOT NULL THEN
        RETURN 'voided';
    ELSIF r.closed_at IS NOT NULL OR r.published_at IS NOT NULL THEN
        RETURN 'already';
    END IF;
    SELECT count(*) FILTER (WHERE m.submitted), count(*) FILTER (WHERE m.excused_at IS NULL),
        count(*) FILTER (WHERE m.excused_at IS NULL AND NOT m.submitted)
    INTO ballots, people, waiting FROM round_members m WHERE m.round_id = p_round;
    IF ballots > 0 AND waiting = 0 THEN
        cause := 'all_scored';
    ELSIF now() >= r.closes_at THEN
        cause := 'closing_time';
    ELSIF p_by IS NULL THEN
        RETURN 'not_yet';
    ELSIF ballots < round_quorum(people) THEN
        RETURN 'no_quorum';
    ELSE
        cause := 'closed_early';
    END IF;
    UPDATE rounds SET closed_at = now(), closed_xid = pg_current_xact_id(), close_cause = cause,
        closed_by = CASE WHEN cause = 'closed_early' THEN p_by END
    WHERE id = p_round;
    RETURN 'closed';
END $$;

-- Ask these people, instead of whoever was asked before. Only until somebody has submitted: with a roster that can change
-- later, somebody could have the ballots of two people published, roll back, and do so with other two, until the
-- differences show each person's ballot.
-- 'set' | 'closed' (or no such round) | 'begun'
CREATE FUNCTION set_roster(p_round uuid, p_members uuid[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    IF r.id IS NULL OR r.closed_at IS NOT NULL OR r.voided_at IS NOT NULL THEN
        RETURN 'closed';
    ELSIF EXISTS (SELECT FROM round_members m WHERE m.round_id = p_round AND m.submitted) THEN
        RETURN 'begun';
    END IF;
    DELETE FROM round_members m WHERE m.round_id = p_round;
    INSERT INTO round_members (round_id, member_id) SELECT p_round, unnest(p_members);
    RETURN 'set';
END $$;

-- Ask this person no more; a ballot that they submitted stays. There is no way back. Once the round is closed, this can be
-- what makes the quorum. So it writes its transaction into closed_xid, as the closing does: publication then needs another
-- transaction, and nobody can excuse, publish, read and roll back (see publish_round).
CREATE FUNCTION excuse_member(p_round uuid, p_member uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Locked for as long as the excuse can be taken back: nobody closes or publishes on the strength of it.
    PERFORM FROM rounds WHERE id = p_round FOR UPDATE;
    UPDATE round_members m SET excused_at = now()
    WHERE m.round_id = p_round AND m.member_id = p_member AND m.excused_at IS NULL;
    UPDATE rounds SET closed_xid = pg_current_xact_id()
    WHERE id = p_round AND closed_at IS NOT NULL AND published_at IS NULL;
END $$;

-- Whether enough ballots are in. A ballot of a person excused afterwards stays and counts.
CREATE FUNCTION has_quorum(p_round uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) FILTER (WHERE m.submitted) >= round_quorum(count(*) FILTER (WHERE m.excused_at IS NULL)::int)
    FROM round_members m WHERE m.round_id = p_round
$$;

-- Give an open round another closing time, or reopen one that closed without quorum.
-- 'extended' | 'published' | 'voided' (or no such round) | 'has_quorum' (closed, and may be published by quorum or
-- override: somebody may have seen the ballots already, so no further one is taken) | 'past' (that time is over)
CREATE FUNCTION extend_round(p_round uuid, p_closes_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    IF r.id IS NULL OR r.voided_at IS NOT NULL THEN
        RETURN 'voided';
    ELSIF r.published_at IS NOT NULL THEN
        RETURN 'published';
    ELSIF r.closed_at IS NOT NULL AND (r.override_reason IS NOT NULL OR has_quorum(p_round)) THEN
        RETURN 'has_quorum';
    ELSIF p_closes_at IS NULL OR p_closes_at <= now() THEN
        RETURN 'past';
    END IF;
    UPDATE rounds SET closes_at = p_closes_at, closed_at = NULL, closed_by = NULL, closed_xid = NULL, close_cause = NULL
    WHERE id = p_round;
    RETURN 'extended';
END $$;

-- Record that somebody lets a round be published below quorum, and why. It writes its transaction into closed_xid, as the
-- closing does, so that publication needs another one (see publish_round).
-- 'recorded' | 'open' | 'has_quorum' (nothing to override) | 'published' | 'voided' (or no such round)
CREATE FUNCTION override_round(p_round uuid, p_by uuid, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    IF r.id IS NULL OR r.voided_at IS NOT NULL THEN
        RETURN 'voided';
    ELSIF r.published_at IS NOT NULL THEN
        RETURN 'published';
    ELSIF r.closed_at IS NULL THEN
        RETURN 'open';
    ELSIF has_quorum(p_round) THEN
        RETURN 'has_quorum';
    END IF;
    UPDATE rounds SET override_by = p_by, override_reason = coalesce(p_reason, ''), closed_xid = pg_current_xact_id()
    WHERE id = p_round;
    RETURN 'recorded';
END $$;

-- Replace a round's ballots by rows that follow from each cell's histogram alone (cell: an option on a criterion).
-- In each cell the scores are sorted, and go in this order to the submitters in the order of their ids: the person in a
-- row is then a placeholder. Confidences likewise, independently of the scores, those not given
-- last. An option's comments that may be kept are
-- sorted by text and go to its cells in the order of the criteria.
-- Below the threshold for a ranking nothing is kept: of one ballot, the histogram is the ballot. A second round keeps no
-- comments, as it publishes none.
CREATE FUNCTION seal_round(r rounds, ballots int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
    -- By arrays, one pass over the ballots: statistics know nothing of these rows yet, and joins that are planned by
    -- such statistics compare every row of a cell with every other one.
    WITH submitters AS (
        SELECT array_agg(member_id ORDER BY member_id) AS ids
        FROM round_members WHERE round_id = r.id AND submitted
    ), criteria AS (
        SELECT (criterion ->> 'id')::uuid AS id, place
        FROM jsonb_array_elements(r.snapshot -> 'criteria') WITH ORDINALITY AS k (criterion, place)
    ), opened AS (
        DELETE FROM evaluations WHERE decision_id = r.decision_id
        RETURNING option_id, criteria_id, score, confidence, anonymous_comment, share_comment
    ), histograms AS (
        SELECT option_id, criteria_id, array_agg(score ORDER BY score) AS scores,
            array_agg(confidence ORDER BY confidence) AS confidences
        FROM opened GROUP BY option_id, criteria_id
    ), comments AS (
        SELECT option_id, anonymous_comment AS comment,
            row_number() OVER (PARTITION BY option_id ORDER BY anonymous_comment COLLATE "C") AS place
        FROM opened
        WHERE anonymous_comment IS NOT NULL AND r.follows IS NULL
            AND (ballots >= (r.thresholds ->> 'totals')::int OR share_comment)
    ), cells AS (
        SELECT h.option_id, h.criteria_id, k.place AS criterion_place, c.seat, c.score, c.confidence,
            row_number() OVER (PARTITION BY h.option_id ORDER BY k.place, c.seat) AS place
        FROM histograms h JOIN criteria k ON k.id = h.criteria_id,
            unnest(h.scores, h.confidences) WITH ORDINALITY AS c (score, confidence, seat)
    )
    INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, confidence,
                             anonymous_comment, share_comment, created_at)
    SELECT r.decision_id, s.ids[c.seat], option_id, c.criteria_id, c.score, c.confidence, n.comment, false,
        timezone('UTC', r.closed_at)
    FROM submitters s CROSS JOIN cells c LEFT JOIN comments n USING (option_id, place)
    WHERE ballots >= (r.thresholds ->> 'ranking')::int
    -- The order on disk tells nothing either.
    ORDER BY c.option_id, c.criterion_place, seat
$$;

-- Hand out a closed round's ballots, once, numbered at random and without names; seal what stays.
-- Raises CV001 not closed, CV002 closed in this very transaction, CV003 published before, voided or unknown, CV004 neither
-- quorum nor override. Why CV002: otherwise somebody could BEGIN, close, publish, read and ROLLBACK after each ballot that
-- comes in, and see which one is new. So what makes a round publishable has to be committed, where everybody sees it.
CREATE FUNCTION publish_round(p_round uuid)
RETURNS TABLE (ballot int, option_id uuid, criteria_id uuid, score int, confidence int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
DECLARE
    r rounds;
    ballots int;
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    IF r.id IS NULL OR r.published_at IS NOT NULL OR r.voided_at IS NOT NULL THEN
        RAISE 'This round cannot be published again.' USING ERRCODE = 'CV003';
    ELSIF r.closed_at IS NULL THEN
        RAISE 'This round is not closed.' USING ERRCODE = 'CV001';
    ELSIF r.closed_xid IS NULL OR r.closed_xid = pg_current_xact_id() THEN
        RAISE 'This round was closed in this transaction: commit first.' USING ERRCODE = 'CV002';
    ELSIF r.override_reason IS NULL AND NOT has_quorum(p_round) THEN
        RAISE 'This round has neither quorum nor override.' USING ERRCODE = 'CV004';
    END IF;
    SELECT count(*) INTO ballots FROM round_members m WHERE m.round_id = p_round AND m.submitted;

    RETURN QUERY
        WITH numbered AS (
            SELECT m.member_id, row_number() OVER (ORDER BY gen_random_uuid())::int AS number
            FROM round_members m WHERE m.round_id = p_round AND m.submitted
        )
        SELECT n.number, e.option_id, e.criteria_id, e.score, e.confidence
        FROM evaluations e JOIN numbered n ON n.member_id = e.evaluator_id
        WHERE e.decision_id = r.decision_id
        ORDER BY n.number, e.option_id, e.criteria_id;

    PERFORM seal_round(r, ballots);
    DELETE FROM ballot_pages b WHERE b.round_id = p_round;
    UPDATE rounds SET published_at = now() WHERE id = p_round;
END $$;

-- The sealed rows of a round: in `evaluations`, or in `sealed_cells` since a second round needed the place.
CREATE FUNCTION round_rows(r rounds) RETURNS SETOF evaluations
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT e.* FROM evaluations e
    WHERE e.decision_id = r.decision_id AND NOT EXISTS (SELECT FROM rounds l WHERE l.follows = r.id)
    UNION ALL
    SELECT c.id, c.decision_id, c.evaluator_id, c.option_id, c.criteria_id, c.score, c.confidence, c.anonymous_comment,
        c.created_at, false
    FROM sealed_cells c WHERE c.round_id = r.id
$$;

-- The comments that publication kept, sorted by text, so that their order tells nothing about their authors.
CREATE FUNCTION published_comments(p_round uuid) RETURNS TABLE (option_id uuid, comment text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT e.option_id, e.anonymous_comment
    FROM rounds r CROSS JOIN LATERAL round_rows(r) AS e
    WHERE r.id = p_round AND r.published_at IS NOT NULL AND e.anonymous_comment IS NOT NULL
    ORDER BY e.option_id, e.anonymous_comment COLLATE "C"
$$;

-- Other comments in place of some of a decision's published ones, for whoever erases somebody: what equals p_from[i] becomes
-- p_to[i], NULL takes it away; p_from NULL takes all of them away. They are laid anew as seal_round lays them, sorted, on
-- the first rows of their option, so that the rows stay sealed. Rounds that are not published are left alone. For the
-- owner's login only: whoever may change what colleagues have said must not be the program that shows it.
CREATE FUNCTION reword_comments(p_decision uuid, p_from text[], p_to text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
BEGIN
    FOR r IN SELECT * FROM rounds WHERE decision_id = p_decision AND published_at IS NOT NULL ORDER BY number FOR UPDATE LOOP
        WITH criteria AS (
            SELECT (criterion ->> 'id')::uuid AS id, place
            FROM jsonb_array_elements(r.snapshot -> 'criteria') WITH ORDINALITY AS k (criterion, place)
        ), cells AS (
            SELECT e.id, e.option_id, e.anonymous_comment AS before,
                row_number() OVER (PARTITION BY e.option_id ORDER BY k.place, e.evaluator_id) AS place
            FROM round_rows(r) AS e JOIN criteria k ON k.id = e.criteria_id
        ), reworded AS (
            SELECT c.option_id, CASE
                WHEN p_from IS NULL THEN NULL
                WHEN c.before = ANY (p_from) THEN p_to[array_position(p_from, c.before)]
                ELSE c.before END AS comment
            FROM cells c WHERE c.before IS NOT NULL
        ), comments AS (
            SELECT w.option_id, w.comment,
                row_number() OVER (PARTITION BY w.option_id ORDER BY w.comment COLLATE "C") AS place
            FROM reworded w WHERE w.comment IS NOT NULL
        ), laid AS (
            SELECT c.id, n.comment FROM cells c LEFT JOIN comments n USING (option_id, place)
            WHERE n.comment IS DISTINCT FROM c.before
        ), moved AS (
            UPDATE sealed_cells s SET anonymous_comment = l.comment FROM laid l WHERE s.id = l.id AND s.round_id = r.id
        )
        UPDATE evaluations e SET anonymous_comment = l.comment FROM laid l WHERE e.id = l.id AND e.decision_id = p_decision;
    END LOOP;
END $$;

-- Take away every comment and every reason of a decision's rounds, once it has been over for 30 days, or its team is in no
-- workspace any more. The service's login may call it: nothing comes out, and what stays is sealed as it was.
-- 'forgotten' | 'too_early'
CREATE FUNCTION forget_words(p_decision uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM customer_decisions d
        WHERE d.id = p_decision AND d.status IN ('resolved', 'cancelled') AND (
            coalesce(d.actual_resolution_date, d.updated_at) <= timezone('UTC', now()) - interval '30 days'
            OR NOT EXISTS (SELECT FROM team_workspaces w WHERE w.team_id = d.team_id))
    ) THEN
        RETURN 'too_early';
    END IF;
    PERFORM reword_comments(p_decision, NULL, NULL);
    UPDATE rounds r SET override_reason = CASE WHEN r.override_reason IS NOT NULL THEN '(erased)' END,
        void_reason = CASE WHEN r.void_reason IS NOT NULL THEN '(erased)' END
    WHERE r.decision_id = p_decision AND (r.override_reason IS NOT NULL OR r.void_reason IS NOT NULL);
    RETURN 'forgotten';
END $$;

-- Take the Slack ids of admins from outside, what members were called and linked to, and the addresses and browsers they
-- came with, out of a team's trail, which the service may otherwise only write on, once the team is in no workspace any
-- more.
CREATE FUNCTION forget_admins(p_team uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    telling CONSTANT text[] := '{workspace_admin, name, email, user}';
BEGIN
    IF EXISTS (SELECT FROM team_workspaces w WHERE w.team_id = p_team) THEN
        RETURN;
    END IF;
    UPDATE audit_logs a SET details = a.details || (
        SELECT jsonb_object_agg(key, '(erased)') FROM unnest(telling) AS key WHERE a.details ? key)
    WHERE a.details ?| telling
        AND (a.details ->> 'team' = p_team::text
            OR a.details ->> 'member' IN (SELECT m.id::text FROM team_members m WHERE m.team_id = p_team));
    UPDATE audit_logs a SET ip_address = NULL, user_agent = NULL
    FROM team_members m
    WHERE m.team_id = p_team AND a.user_id = m.id AND (a.ip_address IS NOT NULL OR a.user_agent IS NOT NULL);
END $$;

-- Ask the people of a published round once more, about the same options and criteria under the same thresholds. Its sealed
-- rows move to `sealed_cells`. Who may ask for it, and when it makes sense, is the caller's to check.
-- answer: 'opened' | 'unpublished' (nothing to follow, or a round is under way) | 'followed' (it had its second round) |
-- 'past' | 'too_few' (people who are active and not excused, below the threshold for a ranking)
CREATE FUNCTION open_second_round(p_decision uuid, p_by uuid, p_closes_at timestamptz)
RETURNS TABLE (answer text, round_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
    people uuid[];
BEGIN
    -- Two who ask at once: the second waits here, and then finds a round that follows.
    SELECT * INTO r FROM rounds l WHERE l.decision_id = p_decision AND l.voided_at IS NULL
    ORDER BY l.number DESC LIMIT 1 FOR UPDATE;
    people := ARRAY(
        SELECT m.member_id FROM round_members m JOIN team_members t ON t.id = m.member_id AND t.is_active
        WHERE m.round_id = r.id AND m.excused_at IS NULL);
    answer := CASE
        WHEN r.id IS NULL OR r.published_at IS NULL THEN 'unpublished'
        WHEN r.follows IS NOT NULL OR EXISTS (SELECT FROM rounds l WHERE l.follows = r.id) THEN 'followed'
        WHEN p_closes_at IS NULL OR p_closes_at <= now() THEN 'past'
        WHEN cardinality(people) < (r.thresholds ->> 'ranking')::int THEN 'too_few'
        ELSE 'opened'
    END;
    IF answer = 'opened' THEN
        WITH moved AS (DELETE FROM evaluations e WHERE e.decision_id = r.decision_id RETURNING e.*)
        INSERT INTO sealed_cells (round_id, id, decision_id, evaluator_id, option_id, criteria_id, score, confidence,
                                  anonymous_comment, created_at)
        SELECT r.id, v.id, v.decision_id, v.evaluator_id, v.option_id, v.criteria_id, v.score, v.confidence,
            v.anonymous_comment, v.created_at
        FROM moved v ORDER BY v.option_id, v.criteria_id, v.evaluator_id;
        INSERT INTO rounds AS n (decision_id, number, follows, opened_by, closes_at, snapshot, thresholds)
        SELECT r.decision_id, count(*) + 1, r.id, p_by, p_closes_at, r.snapshot, r.thresholds
        FROM rounds l WHERE l.decision_id = r.decision_id
        RETURNING n.id INTO round_id;
        INSERT INTO round_members (round_id, member_id) SELECT open_second_round.round_id, unnest(people);
    END IF;
    RETURN NEXT;
END $$;

-- Throw a round away, its ballots with it.
-- 'voided' | 'published' (too late) | 'already' (or no such round)
CREATE FUNCTION void_round(p_round uuid, p_by uuid, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round FOR UPDATE;
    IF r.id IS NULL OR r.voided_at IS NOT NULL THEN
        RETURN 'already';
    ELSIF r.published_at IS NOT NULL THEN
        RETURN 'published';
    END IF;
    DELETE FROM evaluations e USING round_members m
    WHERE e.decision_id = r.decision_id AND m.round_id = p_round AND m.member_id = e.evaluator_id;
    DELETE FROM ballot_pages b WHERE b.round_id = p_round;
    UPDATE round_members m SET submitted = false WHERE m.round_id = p_round;
    UPDATE rounds SET voided_at = now(), voided_by = p_by, void_reason = p_reason WHERE id = p_round;
    RETURN 'voided';
END $$;

-- Whether a published round is sealed: 'sealed' if what is stored could have come out of seal_round, else 'unsealed'. Of
-- other rounds 'open' | 'closed' | 'voided', and NULL for no such round. Tells nothing else of what is stored.
CREATE FUNCTION round_order(p_round uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
    ballots int;
    is_sealed boolean;
BEGIN
    SELECT * INTO r FROM rounds WHERE id = p_round;
    IF r.id IS NULL THEN
        RETURN NULL;
    ELSIF r.voided_at IS NOT NULL THEN
        RETURN 'voided';
    ELSIF r.closed_at IS NULL THEN
        RETURN 'open';
    ELSIF r.published_at IS NULL THEN
        RETURN 'closed';
    END IF;
    SELECT count(*) INTO ballots FROM round_members m WHERE m.round_id = p_round AND m.submitted;

    WITH submitters AS (
        SELECT m.member_id, row_number() OVER (ORDER BY m.member_id) AS seat
        FROM round_members m WHERE m.round_id = p_round AND m.submitted
    ), criteria AS (
        SELECT (criterion ->> 'id')::uuid AS id, place
        FROM jsonb_array_elements(r.snapshot -> 'criteria') WITH ORDINALITY AS k (criterion, place)
    ), options AS (
        SELECT o.id::uuid AS id FROM jsonb_array_elements_text(r.snapshot -> 'options') AS o (id)
    ), cells AS (
        SELECT e.*, s.seat, o.id IS NOT NULL AND k.id IS NOT NULL AS is_known,
            row_number() OVER cell AS due_seat,
            lag(e.score) OVER cell AS score_before,
            lag(e.confidence) OVER cell AS confidence_before,
            row_number() OVER page AS place,
            lag(e.anonymous_comment) OVER page AS comment_before,
            count(e.anonymous_comment) OVER (PARTITION BY e.option_id) AS comments
        FROM round_rows(r) AS e
        LEFT JOIN submitters s ON s.member_id = e.evaluator_id
        LEFT JOIN criteria k ON k.id = e.criteria_id
        LEFT JOIN options o ON o.id = e.option_id
        WINDOW cell AS (PARTITION BY e.option_id, e.criteria_id ORDER BY s.seat),
            page AS (PARTITION BY e.option_id ORDER BY k.place, s.seat)
    ), sizes AS (
        SELECT k.id AS criteria_id, o.id AS option_id, count(c.id) AS scores
        FROM criteria k CROSS JOIN options o
        LEFT JOIN cells c ON c.criteria_id = k.id AND c.option_id = o.id
        GROUP BY 1, 2
    )
    SELECT NOT EXISTS (SELECT FROM ballot_pages b WHERE b.round_id = p_round)
        AND CASE WHEN ballots < (r.thresholds ->> 'ranking')::int THEN NOT EXISTS (SELECT FROM cells) ELSE
            NOT EXISTS (
                SELECT FROM cells c
                WHERE (c.is_known AND c.seat = c.due_seat
                    AND coalesce(c.score_before <= c.score, true)
                    -- Those who did not say how sure they are come last.
                    AND (c.due_seat = 1 OR coalesce(c.confidence_before, 6) <= coalesce(c.confidence, 6))
                    AND (c.place <= c.comments) = (c.anonymous_comment IS NOT NULL)
                    AND coalesce(c.comment_before <= c.anonymous_comment COLLATE "C", true)
                    AND c.comments <= CASE WHEN r.follows IS NULL THEN ballots ELSE 0 END
                    AND c.created_at = timezone('UTC', r.closed_at) AND NOT c.share_comment) IS NOT TRUE)
            -- Who abstains does so for all options of a criterion, and nobody from every criterion.
            AND NOT EXISTS (SELECT FROM sizes GROUP BY criteria_id HAVING min(scores) <> max(scores))
            AND NOT EXISTS (SELECT FROM sizes GROUP BY option_id HAVING sum(scores) < ballots)
        END
    INTO is_sealed;
    RETURN CASE WHEN is_sealed THEN 'sealed' ELSE 'unsealed' END;
END $$;

-- A score as results print it: p_num / p_den, rounded half up to 1 / p_steps of a point. At both ends of the scale only
-- '≥ 9.5' and '≤ 1.5', since an average of 10 would tell that everybody gave 10. The same rule as in
-- bot/domain/rounding.py.
CREATE FUNCTION as_printed(p_num numeric, p_den numeric, p_steps int) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN p_num * 2 >= p_den * 19 THEN '≥ 9.5'
        WHEN p_num * 2 <= p_den * 3 THEN '≤ 1.5'
        ELSE (SELECT div(t, 10) || '.' || mod(t, 10)
            FROM (SELECT div(p_num * 2 * p_steps + p_den, p_den * 2) * (10 / p_steps)) AS tenths (t))
    END
$$;

-- The weighted mean of an option's cells as an exact fraction {numerator, denominator}: whole numbers and finite decimals,
-- no division. NULL where a cell has no score.
CREATE FUNCTION exact_total(p_points bigint[], p_voices bigint[], p_weights numeric[]) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    num numeric := 0;
    den numeric := 1;
    mass numeric := 0;
BEGIN
    FOR i IN 1 .. cardinality(p_points) LOOP
        IF p_voices[i] = 0 THEN
            RETURN NULL;
        END IF;
        num := num * p_voices[i] + p_weights[i] * p_points[i] * den;
        den := den * p_voices[i];
        mass := mass + p_weights[i];
    END LOOP;
    RETURN ARRAY[num, den * mass];
END $$;

-- Whether p_word ('aligned', 'mixed', 'spread' or 'split') may describe these scores, which are sorted. The same rule as in
-- bot/domain/agreement.py, but that next to the border between two words both pass. Results before version 3 also called
-- it 'split' where there are two equally wide gaps.
CREATE FUNCTION is_agreement(p_scores int[], p_word text, p_version int) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH scores AS (
        SELECT x, row_number() OVER (ORDER BY x) AS seat, lead(x) OVER (ORDER BY x) - x AS gap,
            count(*) OVER () AS people, avg(x) OVER () AS mean
        FROM unnest(p_scores) AS s (x)
    ), measured AS (
        SELECT 1 + sum(ln(greatest(1 - abs(x - mean) / 9.0, 1e-30)::float8) / ln(2)) / count(*) AS cns, max(gap) AS widest,
            max(people) AS people
        FROM scores
    ), camps AS (
        SELECT bool_or(s.seat BETWEEN 2 AND m.people - 2) AND (count(*) = 1 OR p_version < 3) AND m.widest >= 3 AS are_two
        FROM scores s JOIN measured m ON s.gap = m.widest GROUP BY m.widest, m.people
    )
    SELECT bool_or(p_word = CASE
        WHEN m.cns + edge < 0.65 AND coalesce((SELECT are_two FROM camps), false) THEN 'split'
        WHEN m.cns + edge >= 0.80 THEN 'aligned'
        WHEN m.cns + edge >= 0.60 THEN 'mixed'
        ELSE 'spread' END)
    FROM measured m, unnest('{-1e-9, 1e-9}'::float8[]) AS edge
$$;

-- How many scores lie below the widest gap between neighbours, and how many above.
CREATE FUNCTION camp_sizes(p_scores int[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY[g.seat, cardinality(p_scores) - g.seat]
    FROM (
        SELECT row_number() OVER (ORDER BY x) AS seat, lead(x) OVER (ORDER BY x) - x AS gap FROM unnest(p_scores) AS s (x)
    ) AS g
    ORDER BY g.gap DESC NULLS LAST LIMIT 1
$$;

-- What became of names since scoring started: 'same' | 'swapped' (one bears the name that another one had) | 'renamed'.
-- p_frozen: id -> "sha256:" and the digest, in hexadecimal, of the name at that time; NULL for rounds that were opened by
-- versions which did not store it.
CREATE FUNCTION names_in(p_frozen jsonb, p_ids text[], p_names text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH present AS (
        SELECT id, 'sha256:' || encode(sha256(convert_to(name, 'UTF8')), 'hex') AS digest FROM unnest(p_ids, p_names) AS n (id, name)
    ), changed AS (
        SELECT * FROM present p WHERE p_frozen ? p.id AND p_frozen ->> p.id <> p.digest
    )
    SELECT CASE
        WHEN EXISTS (SELECT FROM changed c JOIN present o ON o.id <> c.id AND p_frozen ->> o.id = c.digest) THEN 'swapped'
        WHEN EXISTS (SELECT FROM changed) THEN 'renamed'
        ELSE 'same' END
$$;

-- For `conclave verify`: what of a round was looked at, and one word about each. 'order': round_order's word; only a
-- published round has more. 'weights', 'criteria', 'options': the decision against the frozen snapshot. The others: the
-- stored result against the sealed rows. 'same' | 'differ' | 'missing' | 'added' | 'swapped' (two of them changed names) |
-- 'renamed' (which may be legitimate) | 'none' (nothing of the kind was published, nor should be).
--
-- It answers by words alone: no score, count or mean leaves. Nor can the service's login find them out by storing guesses
-- as the result and asking whether they are right, since it may not change a stored result. Totals are computed with the
-- frozen weights, since the service may change those of now. A result's share, label and topics are not compared: they
-- were computed from whole ballots, which no longer exist.
CREATE FUNCTION verify_round(p_round uuid) RETURNS TABLE (looked_at text, answer text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r rounds;
    stored round_results;
    ballots int;
    halves int;
    is_full boolean;
    is_bare boolean;
    steps int;
BEGIN
    looked_at := 'order';
    answer := round_order(p_round);
    RETURN NEXT;
    IF answer IS NULL OR answer NOT IN ('sealed', 'unsealed') THEN
        RETURN;
    END IF;
    SELECT * INTO r FROM rounds WHERE id = p_round;
    SELECT * INTO stored FROM round_results s WHERE s.round_id = p_round;
    SELECT count(*) INTO ballots FROM round_members m WHERE m.round_id = p_round AND m.submitted;

    RETURN QUERY
        WITH frozen AS (
            SELECT k ->> 'id' AS id, (k ->> 'weight')::numeric AS weight
            FROM jsonb_array_elements(r.snapshot -> 'criteria') AS k
        ), standing AS (
            SELECT k.id::text AS id, k.weight FROM decision_criteria k WHERE k.decision_id = r.decision_id
        )
        SELECT 'criteria', CASE
            WHEN bool_or(s.id IS NULL) THEN 'missing'
            WHEN bool_or(f.id IS NULL) THEN 'added'
            ELSE names_in(r.snapshot -> 'names', array_agg(k.id::text), array_agg(k.name::text)) END
        FROM frozen f FULL JOIN standing s USING (id) LEFT JOIN decision_criteria k ON k.id::text = s.id
        UNION ALL
        SELECT 'weights', CASE WHEN bool_or(s.weight IS DISTINCT FROM f.weight) THEN 'differ' ELSE 'same' END
        FROM frozen f JOIN standing s USING (id);
    RETURN QUERY
        SELECT 'options', CASE
            WHEN bool_or(o.id IS NULL) THEN 'missing'
            WHEN bool_or(f.id IS NULL) THEN 'added'
            ELSE names_in(r.snapshot -> 'names', array_agg(o.id::text), array_agg(o.title::text)) END
        FROM jsonb_array_elements_text(r.snapshot -> 'options') AS f (id)
        FULL JOIN (SELECT p.id, p.title FROM response_options p WHERE p.decision_id = r.decision_id) AS o ON o.id::text = f.id;

    IF stored.round_id IS NULL THEN
        looked_at := 'result';
        answer := 'missing';
        RETURN NEXT;
        RETURN;
    END IF;
    halves := coalesce((r.thresholds ->> 'halves')::int, 4);
    is_full := ballots >= (r.thresholds ->> 'totals')::int;
    steps := CASE WHEN is_full THEN 10 ELSE 2 END;
    -- Places and a label alone: a second round; and of few ballots one criterion that makes the others negligible.
    is_bare := r.follows IS NOT NULL OR (NOT is_full AND stored.version >= 3 AND (
        SELECT max((k ->> 'weight')::numeric) * 5 > sum((k ->> 'weight')::numeric) * 4
        FROM jsonb_array_elements(r.snapshot -> 'criteria') AS k));

    RETURN QUERY
        SELECT 'ballots', CASE WHEN stored.ballots = ballots AND stored.body -> 'ballots' = to_jsonb(ballots)
            AND stored.body -> 'version' = to_jsonb(stored.version) THEN 'same' ELSE 'differ' END
        UNION ALL
        SELECT 'thresholds', CASE
            WHEN jsonb_typeof(stored.body -> 'thresholds') = 'object'
                AND jsonb_build_object('halves', 4) || (stored.body -> 'thresholds') = jsonb_build_object('halves', 4) || r.thresholds
            THEN 'same' ELSE 'differ' END;

    RETURN QUERY
        WITH criteria AS (
            SELECT k.criterion ->> 'id' AS id, (k.criterion ->> 'weight')::numeric AS weight, k.place
            FROM jsonb_array_elements(r.snapshot -> 'criteria') WITH ORDINALITY AS k (criterion, place)
        ), cells AS (
            SELECT o.id AS option_id, k.id AS criteria_id, k.place, k.weight, count(e.score) AS voices,
                coalesce(sum(e.score), 0) AS points, array_agg(e.score ORDER BY e.score) AS scores
            FROM jsonb_array_elements_text(r.snapshot -> 'options') AS o (id) CROSS JOIN criteria k
            LEFT JOIN round_rows(r) AS e ON e.option_id::text = o.id AND e.criteria_id::text = k.id
            GROUP BY o.id, k.id, k.place, k.weight
        ), options AS (
            SELECT c.option_id, min(c.voices) AS voices,
                exact_total(array_agg(c.points ORDER BY c.place), array_agg(c.voices ORDER BY c.place),
                    array_agg(c.weight ORDER BY c.place)) AS total,
                coalesce(jsonb_agg(c.criteria_id ORDER BY c.place) FILTER (WHERE c.voices < 2), '[]') AS needs
            FROM cells c GROUP BY c.option_id
        ), ranked AS (
            SELECT o.*, CASE WHEN o.voices >= 2 THEN 1 + (
                SELECT count(*) FROM options b WHERE b.voices >= 2 AND b.total[1] * o.total[2] > o.total[1] * b.total[2])
                END AS place
            FROM options o
        ), facts AS (
            -- Nothing has to be withheld where nobody abstained and no average lies at an end of the scale.
            SELECT bool_and(c.voices >= CASE WHEN is_full THEN (r.thresholds ->> 'cell')::int ELSE halves END
                    AND c.points * 2 < c.voices * 19 AND c.points * 2 > c.voices * 3)
                AND ballots >= halves AND NOT is_bare AS tells_all
            FROM cells c
        ), printed_rows AS (
            SELECT p.entry, p.entry ->> 'option' AS option_id, p.entry ->> 'total' AS total
            FROM jsonb_array_elements(
                CASE jsonb_typeof(stored.body -> 'rows') WHEN 'array' THEN stored.body -> 'rows' ELSE '[]' END) AS p (entry)
        ), printed_cells AS (
            SELECT p.cell ->> 'option' AS option_id, p.cell ->> 'criterion' AS criteria_id, p.cell ->> 'mean' AS mean,
                p.cell ->> 'agreement' AS word, p.cell -> 'camps' AS camps
            FROM jsonb_array_elements(
                CASE jsonb_typeof(stored.body -> 'cells') WHEN 'array' THEN stored.body -> 'cells' ELSE '[]' END) AS p (cell)
        ), ranks AS (
            SELECT count(*) AS options, count(p.entry) AS printed, bool_and(
                p.entry -> 'place' IS NOT DISTINCT FROM coalesce(to_jsonb(o.place), 'null') AND p.entry -> 'needs' = o.needs
            ) AS are_same
            FROM ranked o FULL JOIN printed_rows p USING (option_id)
        ), totals AS (
            SELECT count(p.total) AS printed, bool_and(p.total IS NULL OR (
                p.total = as_printed(o.total[1], o.total[2], steps) AND o.place IS NOT NULL
                AND (stored.version < 3 OR o.voices >= halves) AND r.follows IS NULL AND NOT is_bare
                AND p.entry -> 'is_about' = to_jsonb(p.total ~ '^[0-9]' AND EXISTS (
                    SELECT FROM printed_rows q WHERE q.total = p.total AND q.entry -> 'place' <> p.entry -> 'place'))
            )) AS are_same
            FROM ranked o JOIN printed_rows p USING (option_id)
        ), means AS (
            SELECT count(*) AS printed,
                bool_and(coalesce(p.mean = as_printed(c.points, c.voices, 10), false)
                    AND c.voices >= (r.thresholds ->> 'cell')::int AND is_full AND NOT is_bare) AS are_same,
                bool_and(coalesce(is_agreement(c.scores, p.word, stored.version), false)
                    AND (coalesce(p.camps, 'null') = 'null'
                        OR (p.word = 'split' AND p.camps = to_jsonb(camp_sizes(c.scores))))) AS are_words_same
            FROM printed_cells p LEFT JOIN cells c USING (option_id, criteria_id)
        )
        SELECT f.looked_at, CASE
            WHEN f.wrong THEN 'differ'
            WHEN f.printed < f.due THEN 'missing'
            WHEN f.printed = 0 THEN 'none'
            ELSE 'same' END
        FROM facts, ranks, totals, means, LATERAL (VALUES
            (1, 'ranks', ranks.printed, CASE WHEN ballots >= (r.thresholds ->> 'ranking')::int THEN ranks.options ELSE 0 END,
                ranks.printed > 0 AND (ballots < (r.thresholds ->> 'ranking')::int OR ranks.printed > ranks.options
                    OR NOT ranks.are_same)),
            (2, 'totals', totals.printed, CASE WHEN tells_all THEN (SELECT count(*) FROM ranked) ELSE 0 END,
                NOT totals.are_same),
            (3, 'means', means.printed, CASE WHEN tells_all AND is_full THEN (SELECT count(*) FROM cells) ELSE 0 END,
                NOT means.are_same),
            (4, 'labels', means.printed, 0, NOT means.are_words_same)
        ) AS f (place, looked_at, printed, due, wrong)
        ORDER BY f.place;
END $$;

COMMENT ON TABLE evaluations IS
    'Only the functions of migrations/vault.sql touch this table. After publication its rows are sealed: the evaluator of '
    'a sealed row is a placeholder, not the person who gave the score. A round that a second one follows: sealed_cells.';
COMMENT ON TABLE sealed_cells IS
    'Sealed rows of rounds that a second round follows. The evaluator is a placeholder, as in evaluations.';
COMMENT ON COLUMN evaluations.evaluator_id IS
    'While scoring is open, the author. In a sealed row a placeholder: scores, sorted, went to the submitters in id order.';

-- No statistics of these columns: ANALYZE copies sample values into pg_statistic. Comments and ballots would be there still
-- after they were destroyed; those of a table that has become empty for ever.
ALTER TABLE evaluations ALTER evaluator_id SET STATISTICS 0, ALTER criteria_id SET STATISTICS 0,
    ALTER score SET STATISTICS 0, ALTER confidence SET STATISTICS 0,
    ALTER anonymous_comment SET STATISTICS 0, ALTER share_comment SET STATISTICS 0;
ALTER TABLE ballot_pages ALTER member_id SET STATISTICS 0, ALTER criteria_id SET STATISTICS 0,
    ALTER page SET STATISTICS 0;
ALTER TABLE sealed_cells ALTER evaluator_id SET STATISTICS 0, ALTER score SET STATISTICS 0,
    ALTER confidence SET STATISTICS 0, ALTER anonymous_comment SET STATISTICS 0;

-- By default everybody may call a new function. These only whoever is granted it: migrations/roles.sql.
REVOKE ALL ON FUNCTION
    is_score_page(rounds, jsonb), is_comments_page(rounds, jsonb), ballot_refusal(rounds, uuid), has_quorum(uuid),
    save_page(uuid, uuid, uuid, jsonb), submit_ballot(uuid, uuid), my_ballot(uuid, uuid), close_round(uuid, uuid),
    extend_round(uuid, timestamptz), override_round(uuid, uuid, text), seal_round(rounds, int), publish_round(uuid),
    round_rows(rounds), published_comments(uuid), open_second_round(uuid, uuid, timestamptz),
    void_round(uuid, uuid, text), round_order(uuid), verify_round(uuid), kept_page(jsonb, jsonb), opened_page(jsonb),
    as_printed(numeric, numeric, int), exact_total(bigint[], bigint[], numeric[]), is_agreement(int[], text, int),
    camp_sizes(int[]), names_in(jsonb, text[], text[]), set_roster(uuid, uuid[]), excuse_member(uuid, uuid),
    reword_comments(uuid, text[], text[]), forget_words(uuid), forget_admins(uuid),
    submit_pages(uuid, uuid, jsonb), is_page(rounds, uuid, jsonb), save_pages(uuid, jsonb), submit_early(uuid, jsonb),
    blank_scores(rounds), keep_ballots(rounds, jsonb), take_ballots(rounds, jsonb)
FROM PUBLIC;
