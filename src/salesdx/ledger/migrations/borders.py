"""What the fourth migration runs: entries of version 2, which seal what is beside the log."""

from salesdx.ledger.migrations.guards import APPEND_ONE

SEALED = r"""
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
            FROM checkpoint AS c WHERE c.size >= start
            UNION ALL
            SELECT 2 * seq, seq, '', format(E'["key",%s,%s]\n', seq, to_json(key))
            FROM entry WHERE seq >= start AND key IS NOT NULL
            UNION ALL
            SELECT 2 * kept, c.size, c.witness,
                format(E'["cosignature",%s,%s,%s]\n', c.size, to_json(c.witness), to_json(c.line))
            FROM cosignature AS c WHERE kept = $1) AS given);
END $$;

CREATE OR REPLACE FUNCTION append(
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
    lines text;
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

REVOKE ALL ON FUNCTION unsealed FROM PUBLIC;
"""
"""0004. What is beside the log is computed anew from the tables, and `append` compares it with what an entry seals."""

SEALED_DOWN = f"""
{APPEND_ONE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
DROP FUNCTION unsealed;
CREATE OR REPLACE FUNCTION cosign(size bigint, witness text, line text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, salesdx, pg_temp AS $$
    INSERT INTO cosignature VALUES (size, witness, line)
$$;
ALTER TABLE cosignature DROP kept;
"""
