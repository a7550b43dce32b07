"""What the step for marks of readers runs on PostgreSQL: they come one by one, and go when they are old."""

KEPT_DAYS = 1095
"""For so long it stays on record who read what: three years, as the shipped policy keeps a case about a person."""

MARK = f"""
CREATE TABLE mark (
    id bigint PRIMARY KEY, time text COLLATE "C" NOT NULL,
    person text NOT NULL, role text NOT NULL, kind text NOT NULL, records text NOT NULL);
CREATE INDEX mark_time ON mark (time);

CREATE FUNCTION moment_text(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
CREATE FUNCTION number_mark() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
BEGIN
    NEW.id := (SELECT coalesce(max(id), 0) + 1 FROM mark);
    NEW.time := moment_text(clock_timestamp());
    RETURN NEW;
END $$;
CREATE FUNCTION forget_marks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
BEGIN
    DELETE FROM mark WHERE time < moment_text(clock_timestamp() - interval '{KEPT_DAYS} days');
    RETURN NULL;
END $$;
CREATE FUNCTION refuse_unless_old() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, salesdx, pg_temp AS $$
BEGIN
    IF OLD.time >= moment_text(clock_timestamp() - interval '{KEPT_DAYS} days') THEN
        RAISE EXCEPTION 'a mark is kept for {KEPT_DAYS} days' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER mark_next BEFORE INSERT ON mark FOR EACH ROW EXECUTE FUNCTION number_mark();
CREATE TRIGGER mark_old AFTER INSERT ON mark EXECUTE FUNCTION forget_marks();
CREATE TRIGGER mark_change BEFORE UPDATE OR TRUNCATE ON mark EXECUTE FUNCTION refuse('a mark is never changed');
CREATE TRIGGER mark_delete BEFORE DELETE ON mark FOR EACH ROW EXECUTE FUNCTION refuse_unless_old();

REVOKE ALL ON FUNCTION moment_text, number_mark, forget_marks, refuse_unless_old FROM PUBLIC;
GRANT SELECT, INSERT (person, role, kind, records) ON mark TO salesdx_service;
"""
"""0006. Who serves the trail may add a mark, whose number and time the database gives, and read marks; nobody else."""

MARK_DOWN = """
DROP TABLE mark;
DROP FUNCTION number_mark, forget_marks, refuse_unless_old, moment_text;
"""
