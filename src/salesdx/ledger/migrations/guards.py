"""What the migrations run on PostgreSQL: roles and schema around every step, and the tables and functions of each.

Nobody logs in as the owner of the tables. The roles that do log in are members of `salesdx_service`, which reads and
calls the functions below, or of `salesdx_app` and `salesdx_auditor`, which read. Before the fourth step it was
`salesdx_app` that called them.
"""

ENTER = """
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY '{salesdx_owner,salesdx_service,salesdx_app,salesdx_auditor}'::text[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
END $$;
GRANT salesdx_owner TO CURRENT_USER;
CREATE SCHEMA IF NOT EXISTS salesdx AUTHORIZATION salesdx_owner;
GRANT USAGE ON SCHEMA salesdx TO salesdx_service, salesdx_app, salesdx_auditor;
SET LOCAL ROLE salesdx_owner;
"""
"""Before a step: what it makes belongs to the owner."""

LEAVE = """
RESET ROLE;
REVOKE salesdx_owner FROM CURRENT_USER;
"""

APPEND_ONE = r"""
CREATE FUNCTION append(
    entries text[], salts bytea[], payloads text[], keys text[],
    pseudonyms text[], kinds text[], names text[], rule_bases text[], signed text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE -- everything that is looked up has its index, and the cost of an append does not grow with the trail
    held head%ROWTYPE;
    first bigint;
    made record;
    header json;
    content json;
    fault text;
    told text;
BEGIN
    SELECT * INTO STRICT held FROM head WHERE id = 1 FOR UPDATE;
    first := held.size;

    IF EXISTS (SELECT FROM entry WHERE case_ = ANY (pseudonyms) OR subject = ANY (pseudonyms)
                                    OR entry::json->>'actor' = ANY (pseudonyms)) THEN
        RAISE EXCEPTION 'a pseudonym is given to one name, and once' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO name SELECT * FROM unnest(pseudonyms, kinds, names);
    INSERT INTO rule_base SELECT rule_base_digest(files::json), files FROM unnest(rule_bases) AS files;

    FOR made IN
        SELECT * FROM unnest(entries, salts, payloads, keys) WITH ORDINALITY AS given(entry, salt, payload, key, place)
        ORDER BY place
    LOOP
        header := made.entry;
        content := replace(made.payload, '\u0000', '\u0020'); -- PostgreSQL's text has no U+0000
        fault := CASE
            WHEN ARRAY(SELECT json_object_keys(header)) <> '{actor,case,case_before,commit,engine,inputs,log,previous,
                role,rule_base,schema,seq,subject,time,type,version}'::text[]
                THEN 'has not the fields that it should have'
            WHEN header->>'version' IS DISTINCT FROM 'salesdx.entry/1' OR header->>'log' IS DISTINCT FROM held.origin
                THEN 'is from another trail'
            WHEN (header->'seq')::text <> held.size::text
                THEN 'is not the next one'
            WHEN header->>'previous' IS DISTINCT FROM encode(held.previous, 'hex')
                THEN 'does not follow the entry before it'
            WHEN (header->>'time' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$') IS NOT TRUE
                OR header->>'time' < held.time COLLATE "C"
                THEN 'is older than the entry before it'
            WHEN header->>'case_before' IS DISTINCT FROM
                (SELECT max(seq)::text FROM entry WHERE case_ = header->>'case')
                THEN 'does not follow the last entry of its case'
            WHEN EXISTS (SELECT FROM json_array_elements_text(header->'inputs') AS input
                         WHERE (input::bigint BETWEEN 0 AND held.size - 1) IS NOT TRUE)
                THEN 'rests on a later entry'
            WHEN header->>'rule_base' IS NOT NULL
                AND NOT EXISTS (SELECT FROM rule_base WHERE digest = header->>'rule_base')
                THEN 'names a rule base that is not here'
            WHEN header->>'commit' IS DISTINCT FROM commitment(made.salt, convert_to(made.payload, 'UTF8'))
                THEN 'does not seal its content'
            WHEN EXISTS (
                SELECT FROM unnest('{case,subject,actor}'::text[]) AS part
                LEFT JOIN name ON pseudonym = header->>part AND kind = part
                WHERE content->>part IS NOT NULL AND content->>part IS DISTINCT FROM name)
                THEN 'names somebody whom its pseudonym does not stand for'
        END;
        IF fault IS NOT NULL THEN
            RAISE EXCEPTION 'entry % %', held.size, fault USING ERRCODE = 'check_violation';
        END IF;
        held.previous := sha256('\x00' || convert_to(made.entry, 'UTF8'));
        INSERT INTO entry VALUES (
            held.size, made.entry, held.previous,
            header->>'type', header->>'case', header->>'subject', made.key);
        INSERT INTO payload VALUES (held.size, made.salt, made.payload);
        held.frontier := pushed(held.frontier, held.size, held.previous);
        held.size := held.size + 1;
        held.time := header->>'time';
    END LOOP;

    told := concat(held.origin, E'\n', held.size, E'\n', encode(root(held.frontier), 'base64'), E'\n\n');
    IF held.size = first OR NOT starts_with(signed, told)
        OR substr(signed, length(told) + 1) !~ '^(— [^\s+]+ [A-Za-z0-9+/]+=*\n)+$' THEN
        RAISE EXCEPTION 'the checkpoint is not that of the entries' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO checkpoint VALUES (held.size, signed);
    DELETE FROM name WHERE pseudonym IN (
        SELECT json_array_elements_text(body::json->'body'->'names')
        FROM entry JOIN payload USING (seq) WHERE type = 'erasure' AND seq >= first);
    DELETE FROM payload WHERE seq IN (
        SELECT json_array_elements_text(entry::json->'inputs')::bigint
        FROM entry WHERE type = 'erasure' AND seq >= first);
    UPDATE head
    SET size = held.size, frontier = held.frontier, previous = held.previous, time = held.time
    WHERE id = 1;
END $$;
"""
"""The function that appends entries of version 1."""

LOG = (
    r"""
CREATE TABLE head (
    id integer PRIMARY KEY CHECK (id = 1), origin text NOT NULL, size bigint NOT NULL,
    frontier bytea NOT NULL, previous bytea, time text COLLATE "C" NOT NULL);
CREATE TABLE entry (
    seq bigint PRIMARY KEY, entry text NOT NULL CHECK (octet_length(entry) <= 1048576),
    leaf bytea NOT NULL CHECK (length(leaf) = 32),
    type text NOT NULL, case_ text, subject text, key text UNIQUE);
CREATE INDEX entry_case ON entry (case_, seq);
CREATE INDEX entry_subject ON entry (subject, seq);
CREATE INDEX entry_type ON entry (type, seq);
CREATE INDEX entry_actor ON entry ((entry::json->>'actor'));
CREATE TABLE payload (
    seq bigint PRIMARY KEY REFERENCES entry, salt bytea NOT NULL CHECK (length(salt) = 32), body text NOT NULL);
CREATE TABLE name (
    pseudonym text COLLATE "C" PRIMARY KEY, kind text NOT NULL, name text NOT NULL, UNIQUE (kind, name));
CREATE TABLE checkpoint (size bigint PRIMARY KEY, note text NOT NULL CHECK (length(note) <= 16384));
CREATE TABLE rule_base (digest text COLLATE "C" PRIMARY KEY, files text NOT NULL);

-- The place of what was erased is given up soon, not when a fifth of the table is gone.
ALTER TABLE payload SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE name SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE payload ALTER salt SET STATISTICS 0, ALTER body SET STATISTICS 0;
ALTER TABLE name ALTER name SET STATISTICS 0;

-- The triggers stand in the way of the owner and of the database administrator, who have the rights.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION refuse_unless_erased() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, salesdx, pg_temp AS $$
BEGIN
    PERFORM FROM entry, head -- an erasure that is being appended: the head does not count it yet
    WHERE entry.type = 'erasure' AND entry.seq >= head.size
        AND (TG_TABLE_NAME = 'name' OR (entry.entry::json->'inputs')::jsonb @> (to_jsonb(OLD)->'seq'));
    IF NOT FOUND THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;

CREATE FUNCTION refuse_unless_growing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (NEW.size > OLD.size AND NEW.origin = OLD.origin OR NEW.size = 0 AND OLD.size = 0) THEN
        RAISE EXCEPTION 'a trail only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER entry_change BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    EXECUTE FUNCTION refuse('an entry is never changed or deleted');
CREATE TRIGGER checkpoint_change BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    EXECUTE FUNCTION refuse('a checkpoint is never changed or deleted');
CREATE TRIGGER rule_base_change BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_base
    EXECUTE FUNCTION refuse('a rule base is never changed or deleted');
CREATE TRIGGER head_delete BEFORE DELETE OR TRUNCATE ON head EXECUTE FUNCTION refuse('the head is never deleted');
CREATE TRIGGER head_update BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION refuse_unless_growing();
CREATE TRIGGER payload_change BEFORE UPDATE OR TRUNCATE ON payload
    EXECUTE FUNCTION refuse('content is never changed');
CREATE TRIGGER payload_delete BEFORE DELETE ON payload
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased('content is deleted only by an erasure');
CREATE TRIGGER name_change BEFORE UPDATE OR TRUNCATE ON name
    EXECUTE FUNCTION refuse('a pseudonym is never changed');
CREATE TRIGGER name_delete BEFORE DELETE ON name
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased('a name is forgotten only by an erasure');

-- The arithmetic of `verifier`, once more.

CREATE FUNCTION node_hash(earlier bytea, later bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256('\x01' || earlier || later)
$$;

CREATE FUNCTION pushed(frontier bytea, size bigint, leaf bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    WHILE size & 1 = 1 LOOP
        leaf := node_hash(substr(frontier, length(frontier) - 31), leaf);
        frontier := substr(frontier, 1, length(frontier) - 32);
        size := size >> 1;
    END LOOP;
    RETURN frontier || leaf;
END $$;

CREATE FUNCTION root(frontier bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    found bytea := substr(frontier, length(frontier) - 31);
    start integer := length(frontier) - 63;
BEGIN
    WHILE start > 0 LOOP
        found := node_hash(substr(frontier, start, 32), found);
        start := start - 32;
    END LOOP;
    RETURN found;
END $$;

CREATE FUNCTION commitment(salt bytea, payload bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE -- HMAC-SHA256, RFC 2104
    inside bytea := decode(repeat('36', 64), 'hex');
    outside bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR i IN 0 .. length(salt) - 1 LOOP
        inside := set_byte(inside, i, get_byte(inside, i) # get_byte(salt, i));
        outside := set_byte(outside, i, get_byte(outside, i) # get_byte(salt, i));
    END LOOP;
    RETURN encode(sha256(outside || sha256(inside || payload)), 'hex');
END $$;

CREATE FUNCTION rule_base_digest(files json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'sha256:' || encode(sha256(string_agg(
        convert_to(key, 'UTF8') || '\x00' || convert_to(length(value)::text, 'UTF8') || '\x00'
        || convert_to(value, 'UTF8') || '\x00', '' ORDER BY key COLLATE "C")), 'hex')
    FROM json_each_text(files)
$$;

-- What a writer may do.

CREATE FUNCTION lock_head() RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
    SELECT FROM head FOR UPDATE
$$;

"""
    + APPEND_ONE
    + r"""
CREATE FUNCTION sweep() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp SET lock_timeout = '10s' AS $$
BEGIN -- vacuum frees the place of a deleted row and leaves its bytes there; a table written anew is without them
    PERFORM FROM head FOR UPDATE;
    CLUSTER payload USING payload_pkey;
    CLUSTER name USING name_pkey;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA salesdx FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA salesdx TO salesdx_app, salesdx_auditor;
GRANT EXECUTE ON FUNCTION lock_head, append, sweep TO salesdx_app;
"""
)
"""0001. `append` refuses what is not the next part of the log; a wrong signature is for `salesdx trail verify` to find,
because the database cannot check it."""

LOG_DOWN = """
DROP FUNCTION sweep, append, lock_head, rule_base_digest, commitment, root, pushed, node_hash;
DROP TABLE payload, name, checkpoint, rule_base, entry, head;
DROP FUNCTION refuse, refuse_unless_erased, refuse_unless_growing;
"""

COSIGNATURE = """
CREATE TABLE cosignature (
    size bigint NOT NULL REFERENCES checkpoint, witness text COLLATE "C" NOT NULL, line text NOT NULL,
    PRIMARY KEY (size, witness));
CREATE TRIGGER cosignature_change BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignature
    EXECUTE FUNCTION refuse('the signature of a witness is never changed or deleted');

CREATE FUNCTION cosign(size bigint, witness text, line text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
    INSERT INTO cosignature VALUES (size, witness, line)
$$;

REVOKE ALL ON FUNCTION cosign FROM PUBLIC;
GRANT SELECT ON cosignature TO salesdx_app, salesdx_auditor;
GRANT EXECUTE ON FUNCTION cosign TO salesdx_app;
"""
"""0002."""

COSIGNATURE_DOWN = """
DROP FUNCTION cosign;
DROP TABLE cosignature;
"""

WHEEL = """
CREATE TABLE wheel (
    digest text COLLATE "C" PRIMARY KEY, data bytea NOT NULL CHECK (length(data) <= 33554432));
ALTER TABLE wheel ALTER data SET STORAGE EXTERNAL; -- it is packed already
CREATE TRIGGER wheel_change BEFORE UPDATE OR DELETE OR TRUNCATE ON wheel
    EXECUTE FUNCTION refuse('a wheel is never changed or deleted');

CREATE FUNCTION keep(data bytea) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
    INSERT INTO wheel VALUES ('sha256:' || encode(sha256(data), 'hex'), data) ON CONFLICT DO NOTHING
$$;

REVOKE ALL ON FUNCTION keep FROM PUBLIC;
GRANT SELECT ON wheel TO salesdx_app, salesdx_auditor;
GRANT EXECUTE ON FUNCTION keep TO salesdx_app;
"""
"""0003."""

WHEEL_DOWN = """
DROP FUNCTION keep;
DROP TABLE wheel;
"""
