"""Tampered trails and bundles are found, and good ones raise no alarm.

At least 2,000 tampered and 2,000 good ones in every run; SALESDX_FUZZ_CASES sets another number of tampered ones. The
auditor has a public key of the trail, the witness's if one signed, and the last checkpoint; where all is good, any one.
"""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

import bundle_tampering
import trail_tampering
from bundle_tampering import Opened
from salesdx.base.model import RuleBase
from salesdx.ledger.keys import SigningKey
from salesdx.ledger.standalone.bundle import verify_bundle
from salesdx.ledger.standalone.findings import INVALID, UNREADABLE, VERIFIED, WITH_ERASURES
from salesdx.ledger.standalone.verifier import Checkpoint, PublicKey
from salesdx.ledger.verify import verify
from trail_tampering import Target
from trails import CASES, History, Memory

pytestmark = pytest.mark.slow

MANY = int(os.environ.get("SALESDX_FUZZ_CASES", 0))
TRAILS = -(-(MANY * 3 // 4 or 1500) // len(trail_tampering.WAYS))
BUNDLES = -(-(MANY // 4 or 500) // len(bundle_tampering.WAYS))
"""Tampered trails, and bundles, for each way."""
TEMPLATES = 24
GOOD = 2000
"""Good trails: histories at every one of their states, and a bundle of each in the end."""


@dataclass(frozen=True)
class Template:
    """A good trail: its database, what that holds, its keys, and what the auditor has."""

    data: sqlite3.Connection
    dump: list[str]
    keys: list[SigningKey]
    witness: SigningKey
    known: list[PublicKey]
    anchor: Checkpoint


@pytest.fixture(scope="module")
def memory() -> Iterator[Memory]:
    found = Memory()
    yield found
    found.close()


@pytest.fixture(scope="module")
def templates(memory: Memory, base: RuleBase) -> list[Template]:
    found = []
    for seed in range(TEMPLATES):
        history = History(Random(seed), memory, base)
        for _ in range(history.random.randint(3, 9)):
            history.step()
        if seed % 3 == 0:
            history.rotate()
            history.sign()
            history.record()
        if seed % 4 == 0:
            history.erase()
            history.sign()
        data, dump = memory.data(), list(memory.raw.iterdump())
        found.append(Template(data, dump, history.keys, history.witness, history.known(), history.anchor(last=True)))
    return found


def tampered(memory: Memory, template: Template, way: str, random: Random) -> bool:
    """Load a trail and tamper with it; False where it cannot be done, or changed nothing."""
    memory.load(template.data)
    done = trail_tampering.WAYS[way](Target(memory.raw, random, template.keys, template.witness))
    return done and list(memory.raw.iterdump()) != template.dump


@pytest.mark.parametrize("way", trail_tampering.WAYS)
def test_tampered_trails_are_found(way: str, memory: Memory, templates: list[Template]) -> None:
    random = Random(way)
    found = tries = 0
    while found < TRAILS:
        tries += 1
        assert tries < 40 * TRAILS, "this way can hardly ever be done"
        template = random.choice(templates)
        if not tampered(memory, template, way, random):
            continue
        found += 1
        with memory.read() as reader:
            verdict = verify(reader, template.known, template.anchor)
        if verdict.word != INVALID:  # what no record has sealed yet and is no signature is told of, and spoils nothing
            assert "witness" in way and any("left aside" in line for line in verdict.lines), (way, found, str(verdict))
        assert verdict.lines


@dataclass(frozen=True)
class Bundle:
    """A good bundle, and what the auditor has."""

    data: bytes
    known: list[PublicKey]
    anchor: Checkpoint


@pytest.fixture(scope="module")
def bundles(memory: Memory, base: RuleBase) -> list[Bundle]:
    found = []
    for seed in range(6):
        history = History(Random(1000 + seed), memory, base)
        for _ in range(6):
            history.step()
        history.rotate()
        history.record()
        history.erase()
        history.sign()
        for case in (None, *named_cases(history)):
            data = history.bundle(case)
            found.append(Bundle(data, history.known(), history.anchor(last=True)))
    return found


def named_cases(history: History) -> list[str]:
    with history.memory.read() as reader:
        return [case for case in CASES if reader.pseudonym("case", case) is not None]


@pytest.mark.parametrize("way", bundle_tampering.WAYS)
def test_tampered_bundles_are_found(way: str, bundles: list[Bundle]) -> None:
    random = Random(way)
    found = tries = 0
    while found < BUNDLES:
        tries += 1
        assert tries < 40 * BUNDLES, "this way can hardly ever be gone"
        bundle = random.choice(bundles)
        opened = Opened(bundle.data, random)
        before = dict(opened.members)
        data = bundle_tampering.WAYS[way](opened)
        if data is None or data == bundle.data:
            continue
        found += 1
        verdict = verify_bundle(io.BytesIO(data), bundle.known, bundle.anchor)
        if verdict.word not in (INVALID, UNREADABLE):  # spare bits at the end of what is packed say nothing
            assert way == "flip raw" and Opened(data, random).members == before, (way, found, str(verdict))


@pytest.mark.parametrize("part", range(4))
def test_good_trails_and_bundles_raise_no_alarm(part: int, memory: Memory, base: RuleBase) -> None:
    count, seed = 0, part
    while count < GOOD / 4:
        history = History(Random(2000 + seed), memory, base)
        seed += 4
        for _ in range(history.random.choice([1, 4, 6, 8, 10, 14])):
            history.step()
            known, anchor = history.known(), history.anchor()
            with memory.read() as reader:
                verdict = verify(reader, known, anchor)
            assert verdict.word == (WITH_ERASURES if history.erased else VERIFIED), (seed, count, str(verdict))
            count += 1
        case, anchor = history.random.choice([None, *named_cases(history)]), history.anchor()
        verdict = verify_bundle(io.BytesIO(history.bundle(case, anchor)), history.known(), anchor)
        assert verdict.word in (VERIFIED, WITH_ERASURES), (seed, case, str(verdict))
        count += 1
