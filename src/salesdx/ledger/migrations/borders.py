"""What the fourth migration runs on PostgreSQL: entries of version 2, and what is refused at the border of the log."""

from salesdx.ledger.migrations.guards import APPEND_ONE

BORDERS = r"""
DO $$ -- the rows that are there are sealed by the next entry; an UPDATE is not for anybody
BEGIN
    EXECUTE format('ALTER TABLE cosignature ADD kept bigint NOT NULL DEFAULT %s', coalesce((SELECT size FROM head), 0));
END $$;
ALTER TABLE cosignature ALTER kept DROP DEFAULT;
CREATE INDEX cosignature_kept ON cosignature (kept);

CREATE OR REPLACE FUNCTION cosign(size bigint, witness text, line text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
    INSERT INTO cosignature SELECT $1, $2, $3, head.size FROM head
$$;

-- What nobody puts there, not even the owner: rows outside the log, and what is no signature of a witness on record.

ALTER TABLE entry ADD CONSTRAINT entry_seq CHECK (seq >= 0) NOT VALID;
ALTER TABLE payload ADD CONSTRAINT payload_seq CHECK (seq >= 0) NOT VALID;
ALTER TABLE checkpoint ADD CONSTRAINT checkpoint_size CHECK (size > 0) NOT VALID;
ALTER TABLE head ADD register_since text COLLATE "C";

CREATE FUNCTION refuse_unless_last() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, salesdx, pg_temp AS $$
BEGIN
    IF NEW.size <= (SELECT size FROM head) THEN
        RAISE EXCEPTION 'a checkpoint comes after the others' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checkpoint_next BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_unless_last();

CREATE FUNCTION refuse_unless_witness() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, salesdx, pg_temp AS $$
DECLARE
    witness text[] := regexp_match(NEW.line, '^— ([^\s+]{1,200}) ([A-Za-z0-9+/]{102}==)\n$');
BEGIN
    IF witness[1] IS DISTINCT FROM NEW.witness OR NEW.kept IS DISTINCT FROM (SELECT size FROM head) THEN
        RAISE EXCEPTION 'this is no signature of a witness' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM public_keys('{witness}') AS found
    WHERE found.name = witness[1] AND found.id = substr(decode(witness[2], 'base64'), 1, 4);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no record names the witness `%`', NEW.witness USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cosignature_next BEFORE INSERT ON cosignature FOR EACH ROW EXECUTE FUNCTION refuse_unless_witness();

CREATE OR REPLACE FUNCTION refuse_unless_growing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (NEW.size > OLD.size AND NEW.origin = OLD.origin OR NEW.size = 0 AND OLD.size = 0)
        OR OLD.register_since IS NOT NULL AND NEW.register_since IS DISTINCT FROM OLD.register_since THEN
        RAISE EXCEPTION 'a trail only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- The public keys that records of some types bring in, as `name+id+base64` stands in their content.

CREATE FUNCTION public_keys(types text[]) RETURNS TABLE (seq bigint, name text, id bytea) LANGUAGE sql STABLE AS $$
    WITH told AS MATERIALIZED (
        SELECT entry.seq, string_to_array(body::json->'body'->>'key', '+') AS parts
        FROM entry JOIN payload ON payload.seq = entry.seq WHERE entry.type = ANY ($1) AND entry.seq >= 0)
    SELECT told.seq, parts[1], decode(parts[2], 'hex') FROM told
$$;

-- The lines of `Seal` that the next entry has to seal, without its own key.

CREATE FUNCTION unsealed(size bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    start bigint := CASE
        WHEN EXISTS (SELECT FROM entry WHERE seq = $1 - 1 AND entry::json->>'version' <> 'salesdx.entry/1') THEN $1
        ELSE 0 END;
BEGIN
    RETURN (
        SELECT coalesce(string_agg(line, '' ORDER BY place, number, witness COLLATE "C"), '') FROM (
            SELECT 2 * c.size - 1 AS place, c.size AS number, '' AS witness,
                format(E'["checkpoint",%s,%s]\n', c.size, to_json(note)) AS line
            FROM checkpoint AS c WHERE c.size >= greatest(start, 1)
            UNION ALL
            SELECT 2 * seq, seq, '', format(E'["key",%s,%s]\n', seq, to_json(key))
            FROM entry WHERE seq >= start AND key IS NOT NULL
            UNION ALL
            SELECT 2 * kept, c.size, c.witness,
                format(E'["cosignature",%s,%s,%s]\n', c.size, to_json(c.witness), to_json(c.line))
            FROM cosignature AS c WHERE kept = $1) AS given);
END $$;

DROP FUNCTION append;
CREATE FUNCTION append(
    entries text[], salts bytea[], payloads text[], keys text[],
    pseudonyms text[], kinds text[], names text[], rule_bases text[], signed text, register boolean
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
    lines text;
    needed text[]; -- the keys that were in force since the checkpoint before, as they sign
BEGIN
    SELECT * INTO STRICT held FROM head WHERE id = 1 FOR UPDATE;
    first := held.size;
    lines := unsealed(first);

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
        IF made.key IS NOT NULL THEN
            lines := lines || format(E'["key",%s,%s]\n', held.size, to_json(made.key));
        END IF;
        fault := CASE
            WHEN ARRAY(SELECT json_object_keys(header)) <> '{actor,case,case_before,commit,engine,identity,inputs,log,
                previous,role,rule_base,schema,sealed,seq,signature,subject,subject_before,time,type,version}'::text[]
                THEN 'has not the fields that it should have'
            WHEN header->>'version' IS DISTINCT FROM 'salesdx.entry/2' OR header->>'log' IS DISTINCT FROM held.origin
                THEN 'is from another trail'
            WHEN (header->'seq')::text <> held.size::text
                THEN 'is not the next one'
            WHEN header->>'previous' IS DISTINCT FROM encode(held.previous, 'hex')
                THEN 'does not follow the entry before it'
            WHEN (header->>'time' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$') IS NOT TRUE
                OR header->>'time' < held.time COLLATE "C"
                THEN 'is older than the entry before it'
            WHEN held.register_since IS NOT NULL
                AND abs(extract(epoch FROM (header->>'time')::timestamptz - clock_timestamp())) > 120
                THEN 'has a time that is more than two minutes from the clock of the database'
            WHEN held.register_since IS NOT NULL AND header->>'identity' = 'typed'
                THEN 'has a name that was only typed'
            WHEN header->>'case_before' IS DISTINCT FROM
                (SELECT max(seq)::text FROM entry WHERE case_ = header->>'case')
                THEN 'does not follow the last entry of its case'
            WHEN header->>'subject_before' IS DISTINCT FROM
                (SELECT max(seq)::text FROM entry WHERE subject = header->>'subject')
                THEN 'does not follow the last entry of its subject'
            WHEN header->>'sealed' IS DISTINCT FROM
                CASE WHEN lines <> '' THEN encode(sha256(convert_to(lines, 'UTF8')), 'hex') END
                THEN 'does not seal what is beside the log'
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
        lines := '';
    END LOOP;

    told := concat(held.origin, E'\n', held.size, E'\n', encode(root(held.frontier), 'base64'), E'\n\n');
    IF held.size = first OR NOT starts_with(signed, told)
        OR substr(signed, length(told) + 1) !~ '^(— [^\s+]+ [A-Za-z0-9+/]+=*\n)+$' THEN
        RAISE EXCEPTION 'the checkpoint is not that of the entries' USING ERRCODE = 'check_violation';
    END IF;
    SELECT array_agg(name || ' ' || encode(id, 'hex') ORDER BY seq) INTO needed FROM public_keys('{trail,key}') AS found
    WHERE seq >= first OR seq = (SELECT max(seq) FROM public_keys('{trail,key}') WHERE seq < first);
    IF needed IS DISTINCT FROM (
        SELECT array_agg(line[1] || ' ' || encode(substr(decode(line[2], 'base64'), 1, 4), 'hex') ORDER BY place)
        FROM regexp_matches(substr(signed, length(told) + 1), '— (\S+) ([A-Za-z0-9+/]{91}=)\n', 'g')
            WITH ORDINALITY AS given(line, place)) THEN
        RAISE EXCEPTION 'the checkpoint is not signed by the key of the trail' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO checkpoint VALUES (held.size, signed);
    DELETE FROM name WHERE pseudonym IN (
        SELECT json_array_elements_text(body::json->'body'->'names')
        FROM entry JOIN payload USING (seq) WHERE type = 'erasure' AND seq >= first);
    DELETE FROM payload WHERE seq IN (
        SELECT json_array_elements_text(entry::json->'inputs')::bigint
        FROM entry WHERE type = 'erasure' AND seq >= first);
    UPDATE head
    SET size = held.size, frontier = held.frontier, previous = held.previous, time = held.time,
        register_since = coalesce(held.register_since, CASE WHEN register THEN held.time END)
    WHERE id = 1;
END $$;

REVOKE ALL ON FUNCTION append, unsealed, public_keys, refuse_unless_last, refuse_unless_witness FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lock_head, sweep, cosign, keep FROM salesdx_app;
GRANT EXECUTE ON FUNCTION lock_head, append, sweep, cosign, keep TO salesdx_service;
GRANT SELECT ON ALL TABLES IN SCHEMA salesdx TO salesdx_service;

-- Who made a trail gave itself the right to append, and keeps it.

RESET ROLE;
DO $$
DECLARE
    maker regrole;
BEGIN
    FOR maker IN SELECT member FROM pg_auth_members WHERE roleid = 'salesdx_app'::regrole AND member = grantor LOOP
        EXECUTE format('GRANT salesdx_service TO %s', maker);
    END LOOP;
END $$;
SET LOCAL ROLE salesdx_owner;
"""
"""0004. What is beside the log is computed anew from the tables, and `append` compares it with what an entry seals. It
looks whether a checkpoint names the keys in force; whether they signed it is looked at from the seventh step on."""

BORDERS_DOWN = f"""
DROP FUNCTION append, unsealed;
{APPEND_ONE}
REVOKE ALL ON FUNCTION append FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lock_head, sweep, cosign, keep FROM salesdx_service;
REVOKE SELECT ON ALL TABLES IN SCHEMA salesdx FROM salesdx_service;
GRANT EXECUTE ON FUNCTION lock_head, append, sweep, cosign, keep TO salesdx_app;
DROP TRIGGER cosignature_next ON cosignature;
DROP TRIGGER checkpoint_next ON checkpoint;
DROP FUNCTION refuse_unless_last, refuse_unless_witness, public_keys;
CREATE OR REPLACE FUNCTION refuse_unless_growing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (NEW.size > OLD.size AND NEW.origin = OLD.origin OR NEW.size = 0 AND OLD.size = 0) THEN
        RAISE EXCEPTION 'a trail only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
ALTER TABLE head DROP register_since;
ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_size;
ALTER TABLE payload DROP CONSTRAINT payload_seq;
ALTER TABLE entry DROP CONSTRAINT entry_seq;
CREATE OR REPLACE FUNCTION cosign(size bigint, witness text, line text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
    INSERT INTO cosignature VALUES (size, witness, line)
$$;
ALTER TABLE cosignature DROP kept;
"""
