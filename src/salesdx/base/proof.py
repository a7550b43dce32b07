"""proof.json beside a rule base: what `salesdx prove` found, for exactly these rules."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from salesdx.base.background import Proof
from salesdx.base.model import Property

SCHEMA = "salesdx.proof/1"
NAME = "proof.json"
MAX_BYTES = 1 << 20


def read_proof(home: Path) -> Proof | None:
    """The certificate in a folder; None where there is none. One that cannot be read proves nothing."""
    path = home / NAME
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return proof_of(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def proof_of(text: str) -> Proof | None:
    """The certificate in a text; None where it cannot be read."""
    try:
        found = json.loads(text)
        proved, refuted, undecided = (tuple(map(str, found[key])) for key in ("proved", "refuted", "undecided"))
        if found["schema"] != SCHEMA:
            return None
        properties = {str(id): str(digest) for id, digest in found.get("properties", {}).items()}
        silenced, base = tuple(map(str, found.get("silenced", ()))), str(found.get("base") or "")
        lemmas = tuple(map(str, found.get("lemmas", ())))
        by = (str(found["rule_base"]), str(found["prover"]))
        return Proof(*by, proved, refuted, undecided, lemmas, base, properties, silenced)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def proof_text(proof: Proof) -> str:
    """The certificate as it is written: the same rules and prover give the same bytes."""
    found = {
        "schema": SCHEMA,
        "rule_base": proof.rule_base,
        "prover": proof.prover,
        "proved": list(proof.proved),
        "refuted": list(proof.refuted),
        "undecided": list(proof.undecided),
        **({"lemmas": list(proof.lemmas)} if proof.lemmas else {}),
        "base": proof.base or None,
        "properties": dict(proof.properties),
        "silenced": list(proof.silenced),
    }
    return json.dumps(found, indent=2) + "\n"


def property_digest(property: Property) -> str:
    """The SHA-256 of what a property says: its id, and how it is written, with whatever it is said of."""
    of = (property.id, property.text, property.stages, property.strengths, property.forget, property.restated)
    told = json.dumps([*of, dict(property.better)])
    return "sha256:" + hashlib.sha256(told.encode()).hexdigest()
