"""What the step for attachments runs on PostgreSQL: their table, how they come and how they go."""

ATTACHMENT = r"""
CREATE TABLE attachment (
    seq bigint PRIMARY KEY REFERENCES entry, data bytea NOT NULL CHECK (length(data) <= 10485760));
ALTER TABLE attachment ALTER data SET STORAGE EXTERNAL; -- it is packed already
ALTER TABLE attachment SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);

CREATE FUNCTION refuse_unless_content_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM salesdx.payload WHERE seq = OLD.seq) THEN
        RAISE EXCEPTION 'a file is deleted only by an erasure' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER attachment_change BEFORE UPDATE OR TRUNCATE ON attachment
    EXECUTE FUNCTION refuse('a file is never changed');
CREATE TRIGGER attachment_delete BEFORE DELETE ON attachment
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_content_went();

CREATE FUNCTION take_attachment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
BEGIN
    DELETE FROM attachment WHERE seq = OLD.seq;
    RETURN NULL;
END $$;
CREATE TRIGGER payload_gone AFTER DELETE ON payload FOR EACH ROW EXECUTE FUNCTION take_attachment();

CREATE FUNCTION attach(number bigint, given bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM entry JOIN payload USING (seq)
        WHERE seq = number AND type = 'attachment'
            AND replace(body, '\u0000', '\u0020')::json->'body'->>'digest'
                = 'sha256:' || encode(sha256(given), 'hex')) THEN
        RAISE EXCEPTION 'a file belongs to a record that names its digest' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO attachment VALUES (number, given);
END $$;

CREATE OR REPLACE FUNCTION sweep() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp SET lock_timeout = '10s' AS $$
BEGIN -- vacuum frees the place of a deleted row and leaves its bytes there; a table written anew is without them
    PERFORM FROM head FOR UPDATE;
    CLUSTER payload USING payload_pkey;
    CLUSTER name USING name_pkey;
    CLUSTER attachment USING attachment_pkey;
END $$;

REVOKE ALL ON FUNCTION attach, take_attachment, refuse_unless_content_went FROM PUBLIC;
GRANT SELECT ON attachment TO salesdx_app, salesdx_auditor;
GRANT EXECUTE ON FUNCTION attach TO salesdx_service;
"""
"""0005."""

ATTACHMENT_DOWN = """
CREATE OR REPLACE FUNCTION sweep() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp SET lock_timeout = '10s' AS $$
BEGIN -- vacuum frees the place of a deleted row and leaves its bytes there; a table written anew is without them
    PERFORM FROM head FOR UPDATE;
    CLUSTER payload USING payload_pkey;
    CLUSTER name USING name_pkey;
END $$;
DROP TRIGGER payload_gone ON payload;
DROP FUNCTION attach, take_attachment;
DROP TABLE attachment;
DROP FUNCTION refuse_unless_content_went;
"""
