"""What the seventh migration runs on PostgreSQL: it looks whether the keys that a checkpoint names have signed it.

Ed25519 is that of RFC 8032, 5.1.7, the points of both sides compared. Its sums are in the extended coordinates of
Hisil, Wong, Carter and Dawson ("Twisted Edwards Curves Revisited", 2008): 3.3 for points of one kind, 3.1 for others.
Nothing here is secret, so the time that it takes may depend on what it works on.
"""

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME
Y = 4 * pow(5, -1, PRIME) % PRIME
X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
"""The prime, the order of the base point, the curve's d, and the base point."""

ED25519 = f"""
CREATE FUNCTION little_endian(data bytea) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    number numeric := 0;
BEGIN
    FOR place IN REVERSE length(data) - 1 .. 0 LOOP
        number := number * 256 + get_byte(data, place);
    END LOOP;
    RETURN number;
END $$;

CREATE FUNCTION modular_power(base numeric, exponent numeric, modulus numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    found numeric := 1;
BEGIN
    WHILE exponent > 0 LOOP
        IF exponent % 2 = 1 THEN
            found := found * base % modulus;
        END IF;
        base := base * base % modulus;
        exponent := div(exponent, 2);
    END LOOP;
    RETURN found;
END $$;

CREATE FUNCTION ed25519_point(encoded bytea) RETURNS numeric[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE -- x and y of a point (RFC 8032, 5.1.3); NULL where 32 bytes stand for none
    p CONSTANT numeric := {PRIME};
    sign CONSTANT integer := get_bit(encoded, 255);
    y CONSTANT numeric := little_endian(set_bit(encoded, 255, 0));
    u CONSTANT numeric := (y * y - 1 + p) % p;
    v CONSTANT numeric := ({CURVE} * (y * y % p) + 1) % p;
    x numeric := u * modular_power(v, 3, p) % p
        * modular_power(u * modular_power(v, 7, p) % p, {(PRIME - 5) // 8}, p) % p;
BEGIN
    IF v * (x * x % p) % p <> u THEN
        x := x * {pow(2, (PRIME - 1) // 4, PRIME)} % p;
    END IF;
    IF y >= p OR v * (x * x % p) % p <> u OR x = 0 AND sign = 1 THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY[CASE WHEN x % 2 = sign THEN x ELSE p - x END, y];
END $$;

CREATE FUNCTION ed25519_signed(key bytea, message bytea, signature bytea) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, salesdx, pg_temp AS $$
DECLARE -- whether S B - h A = R: both products in one walk over the bits of S and h
    p CONSTANT numeric := {PRIME};
    point numeric[];
    rest numeric[];
    h numeric;
    h_bits bytea := '';
    s_bits bytea := substr(signature, 33);
    mixed numeric;
    added numeric[]; -- y - x, y + x and 2 d x y of -A, of B and of their sum
    first integer;
    x numeric := 0; y numeric := 1; z numeric := 1; t numeric;
    a numeric; b numeric; e numeric; f numeric; g numeric;
BEGIN
    IF length(key) <> 32 OR length(signature) <> 64 OR little_endian(s_bits) >= {ORDER} THEN
        RETURN false;
    END IF;
    point := ed25519_point(key);
    rest := ed25519_point(substr(signature, 1, 32));
    IF point IS NULL OR rest IS NULL THEN
        RETURN false;
    END IF;
    h := little_endian(sha512(substr(signature, 1, 32) || key || message)) % {ORDER};
    FOR place IN 0 .. 31 LOOP
        h_bits := h_bits || set_byte('\\x00', 0, (h % 256)::integer);
        h := div(h, 256);
    END LOOP;
    x := p - point[1];
    y := point[2];
    mixed := {CURVE * X * Y % PRIME} * (x * y % p) % p;
    a := (x * {Y} + y * {X}) * modular_power(1 + mixed, {PRIME - 2}, p) % p;
    b := (x * {X} + y * {Y}) * modular_power(1 + p - mixed, {PRIME - 2}, p) % p;
    added := ARRAY[
        y - x, y + x, {2 * CURVE % PRIME} * (x * y % p) % p,
        {Y - X}, {Y + X}, {2 * CURVE * X * Y % PRIME},
        b - a, b + a, {2 * CURVE % PRIME} * (a * b % p) % p];
    x := 0;
    y := 1;
    FOR place IN REVERSE 252 .. 0 LOOP
        a := x * x; b := y * y; t := x + y; g := b - a;
        e := (t * t - a - b) % p; f := (g - 2 * z * z) % p; g := g % p; b := (- a - b) % p;
        x := e * f % p; y := g * b % p; z := f * g % p;
        first := 3 * (get_bit(h_bits, place) + 2 * get_bit(s_bits, place)) - 2;
        IF first > 0 THEN
            t := (e * b % p) * added[first + 2]; a := (y - x) * added[first]; b := (y + x) * added[first + 1];
            e := (b - a) % p; f := (2 * z - t) % p; g := (2 * z + t) % p; b := (a + b) % p;
            x := e * f % p; y := g * b % p; z := f * g % p;
        END IF;
    END LOOP;
    RETURN (x - rest[1] * z) % p = 0 AND (y - rest[2] * z) % p = 0;
END $$;
"""

SIGNED_ROWS = (
    ED25519
    + r"""
DROP FUNCTION public_keys;
CREATE FUNCTION public_keys(types text[]) RETURNS TABLE (seq bigint, name text, id bytea, key bytea)
LANGUAGE sql STABLE AS $$
    WITH told AS MATERIALIZED (
        SELECT entry.seq,
            regexp_match(body::json->'body'->>'key', '^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$') AS part
        FROM entry JOIN payload ON payload.seq = entry.seq WHERE entry.type = ANY ($1) AND entry.seq >= 0)
    SELECT told.seq, part[1], decode(part[2], 'hex'), substr(decode(part[3], 'base64'), 2) FROM told
$$;

-- A signature is there for each line of a note; the keys that have to be among them are for `append` to know.

CREATE FUNCTION refuse_unless_signed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, salesdx, pg_temp AS $$
DECLARE
    told CONSTANT text := split_part(NEW.note, E'\n\n', 1) || E'\n';
    line text[];
    signature bytea;
BEGIN
    FOR line IN SELECT regexp_matches(substr(NEW.note, length(told) + 2), '[^\n]+', 'g') LOOP
        line := regexp_match(line[1], '^— (\S+) ([A-Za-z0-9+/]{91}=)$');
        signature := decode(line[2], 'base64');
        PERFORM FROM public_keys('{trail,key}') AS found
        WHERE found.name = line[1] AND found.id = substr(signature, 1, 4)
            AND ed25519_signed(found.key, convert_to(told, 'UTF8'), substr(signature, 5));
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the checkpoint is not signed by the key of the trail' USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER checkpoint_signed BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_unless_signed();

CREATE FUNCTION refuse_unless_cosigned() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, salesdx, pg_temp AS $$
DECLARE
    signature CONSTANT bytea := decode(split_part(trim(E'\n' FROM NEW.line), ' ', 3), 'base64');
    seconds CONSTANT numeric := ('x' || encode(substr(signature, 5, 8), 'hex'))::bit(64)::bigint;
BEGIN
    PERFORM FROM checkpoint, public_keys('{witness}') AS found
    WHERE checkpoint.size = NEW.size AND found.name = NEW.witness AND found.id = substr(signature, 1, 4)
        AND ed25519_signed(found.key, convert_to(concat(
            E'cosignature/v1\ntime ', seconds, E'\n', split_part(note, E'\n\n', 1), E'\n'), 'UTF8'),
            substr(signature, 13));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the witness `%` has not signed the checkpoint', NEW.witness USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cosignature_signed BEFORE INSERT ON cosignature
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_cosigned();

REVOKE ALL ON FUNCTION little_endian, modular_power, ed25519_point, ed25519_signed, public_keys, refuse_unless_signed,
    refuse_unless_cosigned FROM PUBLIC;
"""
)
"""0007. What nobody puts there, not even the owner: a checkpoint or a cosignature that its key has not signed."""

SIGNED_ROWS_DOWN = r"""
DROP TRIGGER cosignature_signed ON cosignature;
DROP TRIGGER checkpoint_signed ON checkpoint;
DROP FUNCTION refuse_unless_cosigned, refuse_unless_signed, ed25519_signed, ed25519_point, modular_power, little_endian,
    public_keys;
CREATE FUNCTION public_keys(types text[]) RETURNS TABLE (seq bigint, name text, id bytea) LANGUAGE sql STABLE AS $$
    WITH told AS MATERIALIZED (
        SELECT entry.seq, string_to_array(body::json->'body'->>'key', '+') AS parts
        FROM entry JOIN payload ON payload.seq = entry.seq WHERE entry.type = ANY ($1) AND entry.seq >= 0)
    SELECT told.seq, parts[1], decode(parts[2], 'hex') FROM told
$$;
REVOKE ALL ON FUNCTION public_keys FROM PUBLIC;
"""
