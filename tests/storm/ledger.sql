-- Written down by the database of a test as it happens, in the order in which each decision's lock lets it happen: every
-- state that a decision has had, every line of the trail, and every ballot as it was when its round was closed.
CREATE SCHEMA storm;
CREATE TABLE storm.events (
    id bigint GENERATED ALWAYS AS IDENTITY, decision_id uuid, kind text, details jsonb, by uuid, xid xid8 DEFAULT pg_current_xact_id());
CREATE TABLE storm.ballots (round_id uuid, evaluator_id uuid, option_id uuid, criteria_id uuid, score int, confidence int);

CREATE FUNCTION storm.moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO storm.events (decision_id, kind, details) VALUES (NEW.id, 'state',
        jsonb_build_array(NEW.status, NEW.current_phase));
    RETURN NULL;
END $$;
CREATE TRIGGER storm_made AFTER INSERT ON customer_decisions FOR EACH ROW EXECUTE FUNCTION storm.moved();
CREATE TRIGGER storm_moved AFTER UPDATE ON customer_decisions FOR EACH ROW
    WHEN ((OLD.status, OLD.current_phase) IS DISTINCT FROM (NEW.status, NEW.current_phase)) EXECUTE FUNCTION storm.moved();

CREATE FUNCTION storm.told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO storm.events (decision_id, kind, details, by) VALUES (NEW.decision_id, NEW.action, NEW.details, NEW.user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER storm_told AFTER INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION storm.told();

CREATE FUNCTION storm.closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM storm.ballots WHERE round_id = NEW.id;
    INSERT INTO storm.ballots SELECT NEW.id, evaluator_id, option_id, criteria_id, score, confidence
        FROM public.evaluations WHERE decision_id = NEW.decision_id;
    RETURN NULL;
END $$;
CREATE TRIGGER storm_closed AFTER UPDATE ON rounds FOR EACH ROW
    WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL) EXECUTE FUNCTION storm.closed();
