"""The arithmetic of the trail, held to what others published and to a second definition.

Proofs: the 98 inclusion and 98 consistency proofs of transparency-dev/merkle, and all trees of up to 65 leaves against
the recursive definition of RFC 6962 section 2.1. Signed notes, checkpoints and cosignatures: published examples.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from salesdx.ledger.keys import SigningKey
from salesdx.ledger.merkle import consistency, inclusion, roots_of
from salesdx.ledger.standalone.verifier import (
    COSIGNATURE,
    ED25519,
    EMPTY_ROOT,
    Frontier,
    Invalid,
    PublicKey,
    canonical,
    check_consistency,
    check_inclusion,
    cosigned,
    leaf_hash,
    read_checkpoint,
    read_key,
    root_of_inclusion,
)

DATA = Path(__file__).parent / "data"
PROOFS = json.loads((DATA / "rfc6962.json").read_text(encoding="utf-8"))
NOTES = json.loads((DATA / "notes.json").read_text(encoding="utf-8"))
MOST = 65


def raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def refused(check: Callable[[], None]) -> bool:
    try:
        check()
    except Invalid:
        return True
    return False


@pytest.mark.parametrize("proof", PROOFS["inclusion"], ids=lambda proof: proof["case"])
def test_published_inclusion_proofs(proof: dict[str, Any]) -> None:
    parts = [raw(part) for part in proof["proof"]]
    leaf, index, size, root = raw(proof["leafHash"]), proof["leafIdx"], proof["treeSize"], raw(proof["root"])
    assert refused(lambda: check_inclusion(leaf, index, size, parts, root)) is proof["wantErr"]
    if not proof["wantErr"]:
        assert root_of_inclusion(leaf, index, size, parts) == root


@pytest.mark.parametrize("proof", PROOFS["consistency"], ids=lambda proof: proof["case"])
def test_published_consistency_proofs(proof: dict[str, Any]) -> None:
    parts, root1, root2 = [raw(part) for part in proof["proof"]], raw(proof["root1"]), raw(proof["root2"])
    found = refused(lambda: check_consistency(proof["size1"], proof["size2"], parts, root1, root2))
    assert found is proof["wantErr"]


def test_all_published_proofs_are_there() -> None:
    assert len(PROOFS["inclusion"]) == len(PROOFS["consistency"]) == 98


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


LEAVES = [f"leaf {index}".encode() for index in range(MOST)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
ROOTS = [tree_hash(LEAVES[:size]) for size in range(MOST + 1)]
MEMORY = roots_of(HASHES)


def spoiled(proof: list[bytes], every_bit: bool) -> list[list[bytes]]:
    """Proofs with one hash changed in a bit (one, or each), dropped, added, doubled, or swapped with the next."""
    found = []
    for index, part in enumerate(proof):
        bits = range(256) if every_bit else [(index * 37 + len(proof)) % 256]
        for bit in bits:
            changed = bytearray(part)
            changed[bit // 8] ^= 1 << bit % 8
            found.append([*proof[:index], bytes(changed), *proof[index + 1 :]])
        found.append(proof[:index] + proof[index + 1 :])
        found.append([*proof[:index], part, *proof[index:]])
        found.append([*proof[:index], part[:31], *proof[index + 1 :]])
        if index:
            found.append([*proof[: index - 1], part, proof[index - 1], *proof[index + 1 :]])
    extra = HASHES[0]
    return [*found, [extra, *proof], [*proof, extra], [*proof, b""]]


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_tree_proves_each_leaf_and_each_earlier_tree(size: int) -> None:
    frontier = Frontier()
    for leaf in HASHES[:size]:
        frontier.push(leaf)
    assert frontier.root() == ROOTS[size]
    small = size <= 8
    for index in range(size):
        proof = inclusion(index, size, MEMORY)
        check_inclusion(HASHES[index], index, size, proof, ROOTS[size])
        for wrong in spoiled(proof, small):
            assert refused(lambda at=index, p=wrong: check_inclusion(HASHES[at], at, size, p, ROOTS[size]))
        for other in range(size):
            if other != index:
                assert refused(lambda at=index, o=other, p=proof: check_inclusion(HASHES[at], o, size, p, ROOTS[size]))
        assert refused(lambda at=index, p=proof: check_inclusion(HASHES[at], at, size, p, ROOTS[size - 1]))
    for earlier in range(1, size + 1):
        proof = consistency(earlier, size, MEMORY)
        check_consistency(earlier, size, proof, ROOTS[earlier], ROOTS[size])
        for wrong in spoiled(proof, small):
            assert refused(lambda e=earlier, p=wrong: check_consistency(e, size, p, ROOTS[e], ROOTS[size]))
        assert refused(lambda e=earlier, p=proof: check_consistency(e, size, p, ROOTS[e - 1], ROOTS[size]))
        assert refused(lambda e=earlier, p=proof: check_consistency(e, size, p, ROOTS[e], ROOTS[size - 1]))


def test_no_proof_of_what_is_not_in_the_tree() -> None:
    assert Frontier().root() == EMPTY_ROOT == tree_hash([])
    for index, size in ((0, 0), (3, 3), (-1, 2)):
        with pytest.raises(ValueError):
            inclusion(index, size, MEMORY)
    with pytest.raises(ValueError):
        consistency(3, 2, MEMORY)
    assert refused(lambda: check_consistency(0, 2, [], EMPTY_ROOT, ROOTS[2]))  # proves nothing


# --- keys, notes, checkpoints -----------------------------------------------------------------------------------------


def test_published_keys_are_read_and_written_alike() -> None:
    for text in NOTES["keys"]["good"]:
        assert str(read_key(text)) == text
    told = NOTES["keys"]["id"]
    assert PublicKey(told["name"], ED25519, bytes.fromhex(told["key"])).id.hex() == told["id"]
    for text in NOTES["keys"]["bad"]:
        with pytest.raises(Invalid):
            read_key(text)


def test_no_part_and_no_change_of_a_key_is_a_key() -> None:
    text = NOTES["keys"]["good"][0]
    parts = {text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)} - {text}
    changed = {text[:i] + chr(ord(text[i]) + 1) + text[i + 1 :] for i in range(len(text))}
    for wrong in parts | changed:
        assert refused(lambda w=wrong: read_key(w) and None), wrong


def test_a_signature_is_the_published_one() -> None:
    told = NOTES["signed"]
    key = read_key(NOTES["keys"]["good"][0])
    seed = raw(told["private"].split("+", 4)[4])
    assert seed[0] == ED25519
    signer = SigningKey(Ed25519PrivateKey.from_private_bytes(seed[1:]), key.name)
    assert signer.public == key
    assert signer.line(told["text"]) == told["line"]
    signature = raw(told["line"].split(" ")[2].strip())
    assert signature[:4] == key.id
    key.check(told["text"], signature[4:])
    with pytest.raises(Invalid):
        key.check(told["text"].replace("answer", "Answer"), signature[4:])


def test_a_published_checkpoint_with_its_witnesses() -> None:
    told = NOTES["cosigned"]
    checkpoint = read_checkpoint(told["note"])
    assert checkpoint.size == told["size"] and len(checkpoint.signatures) == 6
    for text in told["keys"]:
        assert checkpoint.signed_by(read_key(text)), text
    assert not checkpoint.signed_by(read_key(NOTES["keys"]["good"][0]))
    other = read_checkpoint(told["note"].replace(str(told["size"]), str(told["size"] + 1)))
    for text in told["keys"]:
        with pytest.raises(Invalid):
            other.signed_by(read_key(text))


def test_the_example_of_the_specification() -> None:
    told = NOTES["example"]
    checkpoint = read_checkpoint(told["note"])
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", told["size"])
    [_, (witness, _, signature)] = checkpoint.signatures
    assert witness == "witness.example.com/w1"
    assert int.from_bytes(signature[:8], "big") == told["seconds"]
    assert cosigned(told["seconds"], checkpoint.text).decode() == told["cosigned"]


def test_a_cosignature_covers_its_time_and_its_text() -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "witness.example/w", COSIGNATURE)
    text = read_checkpoint(NOTES["example"]["note"]).text
    signature = raw(key.line(text).split(" ")[2].strip())[4:]
    key.public.check(text, signature)
    later = (int.from_bytes(signature[:8], "big") + 1).to_bytes(8, "big") + signature[8:]
    for wrong, of in ((later, text), (signature, text.replace("2", "3")), (signature[:70], text), (b"", text)):
        with pytest.raises(Invalid):
            key.public.check(of, wrong)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n\n", "\n"),
        ("20852163", "020852163"),
        ("20852163", "-1"),
        ("20852163", "9" * 30),
        ("20852163", "٣"),
        ("— witness", "- witness"),
        ("— witness", "—  witness"),
        ("2I=\n", "2I=\nextension\n"),
        ("2I=\n", "2J=\n"),
        ("2I=\n", "\n"),
        ("behind", "be hind"),
        ("w1 ", "w1  "),
        ("fZ+qnA==\n", "fZ+qnA==\n\n"),
        ("fZ+qnA==\n", "fZ+qnA=="),
        ("fZ+qnA==\n", "fZ+qnA==\n— w AAAA\n"),
        ("fZ+qnA==\n", "fZ+qnA==\n" + "— w AAAAAAAA\n" * 2000),
    ],
)
def test_what_is_no_checkpoint(old: str, new: str) -> None:
    note = NOTES["example"]["note"]
    assert old in note
    with pytest.raises(Invalid):
        read_checkpoint(note.replace(old, new))


# --- canonical JSON ---------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LIKE_AN_ENTRY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
    max_leaves=20,
)


@given(LIKE_AN_ENTRY)
def test_canonical_json_is_that_of_rfc_8785(data: Any) -> None:
    assert canonical(data) == rfc8785.dumps(data)
