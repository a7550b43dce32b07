"""Verify an exported bundle, with nothing but Python and `cryptography`: the last part of the file `verify.py` in it.

Keys and anchor come from the auditor, never from the bundle.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from salesdx.ledger.standalone.extents import Extent, check_withheld
from salesdx.ledger.standalone.findings import INVALID, UNREADABLE, Audit, Enough, Unreadable, Verdict
from salesdx.ledger.standalone.outside import COSIGNATURE_BYTES, OUTSIDE_DAYS, Outside
from salesdx.ledger.standalone.packing import Package, read_hashes, read_row
from salesdx.ledger.standalone.verifier import (
    OLDEST,
    Checkpoint,
    Invalid,
    PublicKey,
    canonical,
    check_consistency,
    check_inclusion,
    leaf_hash,
    read_checkpoint,
    read_entry,
    read_key,
    rule_base_digest,
    strict_json,
)

BUNDLE = "salesdx.bundle/2"
FORMS: Mapping[str, tuple[set[str], set[str]]] = {
    "salesdx.bundle/1": ({"entry", "payload", "salt", "proof"}, {"note", "proof"}),
    BUNDLE: ({"entry", "key", "payload", "salt", "proof"}, {"note", "cosigned", "proof"}),
}
"""Form of a bundle -> the parts of a line of `entries.jsonl`, and of `checkpoints.jsonl`. The first one is older than
entries of version 2, and holds none."""
MANIFEST = {"format", "log", "extent", "case", "export", "files"}
PERSON = "person"
"""The extent of the bundle of one person; its manifest names their ``subjects`` too."""
TOLD = ("README.txt", "report.html", "report.txt", "verify.py")
"""What a bundle holds for people; the record of the export seals it."""

Replay = Callable[[dict[str, Any], Mapping[str, str], Mapping[str, Any]], str]
"""Runs a recorded diagnosis again, from its content, the files of its rule base, and what its entry says of the engine:
``same``, ``other``, or ``unsure`` where another version recorded it, and this one finds otherwise or cannot run it."""


def verify_bundle(
    file: BinaryIO,
    keys: Sequence[PublicKey] = (),
    anchor: Checkpoint | None = None,
    replay: Replay | None = None,
    newer_than: datetime | None = None,
    days: int | None = OUTSIDE_DAYS,
) -> Verdict:
    """The verdict on a bundle. Never raises: whatever goes wrong is a reason for INVALID or UNREADABLE.

    The last signature from outside, of a witness or the anchor, must be newer than ``newer_than``; where that is not
    given, at most ``days`` older than the last record, and None takes any.
    """
    try:
        return _Bundle(file, Outside(keys, anchor, newer_than, days)).verdict(replay)
    except Unreadable as error:
        return Verdict(UNREADABLE, (str(error),))
    except Invalid as error:
        return Verdict(INVALID, (str(error),))
    except Exception as error:  # whatever it was: what cannot be checked to its end is not proven
        return Verdict(INVALID, (f"the bundle cannot be checked to its end: {error or type(error).__name__}",))


class _Bundle:
    """A bundle that is being verified."""

    def __init__(self, file: BinaryIO, outside: Outside) -> None:
        try:
            self.package = Package(file)
            if "manifest.json" not in self.package.members:
                raise Invalid("this is no bundle: it has no manifest")
        except (Invalid, OSError) as error:
            raise Unreadable(str(error)) from None
        self.manifest = self._manifest()
        self.files: dict[str, Any] = self.manifest["files"]
        self.parts, self.note_parts = FORMS[self.manifest["format"]]
        self.case: str | None = self.manifest["case"]
        self.subjects: list[str] = self.manifest.get("subjects", [])
        self.extent = Extent(self.case, tuple(self.subjects)) if self.manifest["extent"] != "all" else None
        self.last = read_checkpoint(self.package.text("checkpoint"))
        seqs = set[int]() if self.extent is not None else None
        self.audit = Audit(self.manifest["log"], outside, seqs, withholds=bool(self.subjects))
        self.sealed: Mapping[str, Any] | None = None
        self.kept: dict[int, list[tuple[int, str, str, int]]] = {}
        """The signatures of witnesses by the number of records at which they were kept."""

    def _manifest(self) -> dict[str, Any]:
        data = self.package.read("manifest.json", 1 << 22)
        found = strict_json(data, "the manifest")
        if not isinstance(found, dict) or found.get("format") not in FORMS:
            raise Unreadable(f"this is no bundle of a form that is known here: {', '.join(FORMS)}")
        files = found.get("files")
        person = {"subjects"} if found.get("extent") == PERSON else set()
        if found.keys() != MANIFEST | person or not isinstance(files, dict) or type(found["export"]) is not int:
            raise Invalid("the manifest has not the parts that it should have")
        if not isinstance(found["log"], str) or found["extent"] not in ("all", "case", PERSON):
            raise Invalid("the manifest does not say what the bundle is")
        whose = found.get("subjects", ["all"])
        if not isinstance(whose, list) or not whose or not all(isinstance(one, str) for one in whose):
            raise Invalid("the manifest does not say whose records the bundle holds")
        if (found["extent"] == "case") != isinstance(found["case"], str) or canonical(found) != data:
            raise Invalid("the manifest is not written as it should be")
        if files.keys() | {"manifest.json"} != self.package.members.keys():
            raise Invalid("the manifest does not list what is in the bundle")
        for name, told in files.items():
            if told != {"size": self.package.members[name].size, "sha256": self.package.digest(name)}:
                raise Invalid(f"`{name}` is not the one that the manifest lists")
        return found

    def verdict(self, replay: Replay | None) -> Verdict:
        audit = self.audit
        try:
            self._cosigned()
            audit.outside.bound(datetime.now(UTC))
            if self.extent is None:
                self._whole()
            else:
                self._part(self.extent)
                check_withheld(audit, self.sealed)
            self._rule_bases()
            self._wheels()
            self._attachments()
            self._told()
            if not audit.faults:
                self._replay(replay)
        except Enough:
            pass
        except Invalid as error:
            audit.faults.append(str(error))
        if self.extent is not None:
            audit.remarks.append(self.extent.told(self.manifest["export"]))
        return audit.verdict(self.last.size)

    def _whole(self) -> None:
        """Every record and every checkpoint, in order."""
        audit, size = self.audit, 0
        notes = self._notes()
        note = next(notes)
        for line in self.package.objects("entries.jsonl", self.parts):
            data, salt, payload = read_row(line, OLDEST)
            entry = audit.entry(data)
            if line["proof"] != []:
                raise Invalid("a whole trail needs no proofs")
            if entry is not None:
                self._keep(entry, audit.content(entry, salt, payload))
            audit.sealed(entry, line.get("key"), self.kept.pop(size, ()))
            size += 1
            if audit.anchor is not None and audit.anchor.size == size:
                audit.check_anchor(audit.log.frontier.root())
            while note is not None and note[0].size == size:
                if note[2] != []:
                    raise Invalid("a whole trail needs no proofs")
                audit.checkpoint(note[1], audit.log.frontier.root())
                audit.seal.checkpoint(size, note[1])
                note = next(notes, None)
        if note is not None or audit.signed != size:
            audit.fault(f"the checkpoints end at {audit.signed} records, and here are {size}")

    def _cosigned(self) -> None:
        """The signatures of witnesses, before the records that they saw."""
        for line in self.package.objects("checkpoints.jsonl", self.note_parts) if "cosigned" in self.note_parts else ():
            for witness, signature, kept in line["cosigned"]:
                found = read_checkpoint(str(line["note"]))
                told = (found.size, str(witness), str(signature), int(kept))
                self.kept.setdefault(told[3], []).append(told)
                self.audit.outside.cosignature(found, told[1], told[2])
        for name, id, raw in self.last.signatures:
            if len(raw) == COSIGNATURE_BYTES:
                self.audit.outside.beside.append((self.last, name, id, raw))

    def _notes(self) -> Iterator[Any]:
        """(checkpoint, its text, its consistency proof to the last one), in order; the last one last."""
        for line in self.package.objects("checkpoints.jsonl", self.note_parts):
            note = str(line["note"])
            yield read_checkpoint(note), note, line["proof"]
        yield self.last, self.package.text("checkpoint"), []

    def _part(self, extent: Extent) -> None:
        """The records of a part of the trail, each proven to be in the tree, and what they rest on."""
        audit, last = self.audit, self.last
        assert audit.seqs is not None
        before: tuple[int, str, bytes, str] = (-1, "", b"", "")
        for line in self.package.objects("entries.jsonl", self.parts):
            data, salt, payload = read_row(line, OLDEST)
            entry = read_entry(data)
            seq, leaf = entry["seq"], leaf_hash(data)
            later = seq > before[0] and entry["time"] >= before[1] and entry["version"] >= before[3]
            if not later or entry["log"] != audit.origin:
                raise Invalid(f"record {seq} is not in its place")
            if seq == before[0] + 1 and entry["previous"] != (before[2].hex() or None):
                raise Invalid(f"record {seq} does not follow the record before it")
            check_inclusion(leaf, seq, last.size, read_hashes(line["proof"]), last.root)
            extent.add(entry)
            audit.seqs.add(seq)
            before = (seq, entry["time"], leaf, entry["version"])
            self._keep(entry, audit.content(entry, salt, payload))
        for checkpoint, note, proof in self._notes():
            check_consistency(checkpoint.size, last.size, read_hashes(proof), checkpoint.root, last.root)
            audit.checkpoint(note, None)
            if audit.anchor is not None and audit.anchor.size == checkpoint.size:
                audit.check_anchor(checkpoint.root)
        extent.conclude()
        if audit.signed != last.size:
            raise Invalid("the checkpoints of the bundle do not end with the last one")

    def _keep(self, entry: Mapping[str, Any], content: dict[str, Any] | None) -> None:
        """Remember what the record of the export sealed."""
        if content is not None and entry["seq"] == self.manifest["export"] and entry["type"] == "export":
            mine = entry["case"] == self.case and (not self.subjects or entry["subject"] in self.subjects)
            self.sealed = content["body"] if mine else None

    def _rule_bases(self) -> None:
        published = {f"rule_bases/{digest[7:]}.json" for digest in self.audit.published}
        if published != {name for name in self.package.members if name.startswith("rule_bases/")}:
            raise Invalid("the rules in the bundle are not those that its records publish")
        for digest, names in self.audit.published.items():
            files = self._files(digest)
            told = sorted(files) if names is not None or not self.subjects else None
            if rule_base_digest(files) != digest or names != told:
                self.audit.fault(f"the rules {digest[:15]} are not those that were recorded")

    def _wheels(self) -> None:
        """None, or each one that made a diagnosis here, with the digest that its record names."""
        held = {name for name in self.package.members if name.startswith("wheels/")}
        if held and held != {f"wheels/{digest[7:]}.whl" for digest in self.audit.wheels}:
            raise Invalid("the wheels in the bundle are not those that its records name")
        for name in sorted(held):
            if self.package.digest(name) != name[7:-4]:
                self.audit.fault(f"`{name}` is not the wheel that its record names")

    def _attachments(self) -> None:
        """Each file that a record with content names, with its digest, and no other."""
        held = {name for name in self.package.members if name.startswith("attachments/")}
        if held != {f"attachments/{digest[7:]}" for digest in self.audit.attachments.values()}:
            raise Invalid("the attachments in the bundle are not those that its records name")
        for name in sorted(held):
            if self.package.digest(name) != name.removeprefix("attachments/"):
                self.audit.fault(f"`{name}` is not the file that its record names")

    def _files(self, digest: str) -> dict[str, str]:
        name = f"rule_bases/{digest[7:]}.json"
        data = self.package.read(name)
        found = strict_json(data, f"`{name}`")
        if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
            raise Invalid(f"`{name}` holds no files")
        if canonical(found) != data:
            raise Invalid(f"`{name}` is not written as it should be")
        return found

    def _told(self) -> None:
        """The report and this verifier are those that the record of the export sealed."""
        sealed = self.sealed.get("files") if self.sealed is not None else None
        if sealed != {name: f"sha256:{told['sha256']}" for name, told in self.files.items() if name in TOLD}:
            raise Invalid("the report in the bundle is not the one that was recorded at the export")

    def _replay(self, replay: Replay | None) -> None:
        """Run every recorded diagnosis again, in a second pass, so that they need not be held."""
        audit, found = self.audit, {"same": 0, "other": 0, "unsure": 0}
        if replay is None:
            audit.remarks.append("the diagnoses were not run again: salesdx is not installed here, or was told not to")
            return
        for line in self.package.objects("entries.jsonl", self.parts):
            entry = json.loads(line["entry"])
            if entry["type"] == "diagnosis" and entry["rule_base"] is not None and line["payload"] is not None:
                body = json.loads(line["payload"])["body"]
                came = replay(body, self._files(entry["rule_base"]), entry["engine"] or {})
                found[came] += 1
                if came == "other":
                    audit.fault("the diagnosis comes out otherwise from its facts and rules", entry["seq"])
                elif came == "unsure":
                    audit.remarks.append(
                        f"record {entry['seq']}: another version made this diagnosis; it comes out otherwise here"
                    )
        if found["same"]:
            audit.remarks.append(f"diagnoses that were run again and came out byte for byte the same: {found['same']}")


# --- on the command line ----------------------------------------------------------------------------------------------


def given_key(text: str) -> PublicKey:
    """A public key from its text, or from a file that holds one. Raises Unreadable."""
    form = r"\S+\+[0-9a-f]{8}\+\S+"
    if not re.fullmatch(form, text.strip()):
        found = re.findall(form, _file(text))
        if len(found) != 1:
            raise Unreadable(f"`{text}` holds {len(found)} public keys, and one is expected")
        [text] = found
    try:
        return read_key(text)
    except Invalid as error:
        raise Unreadable(str(error)) from None


def given_anchor(path: str) -> Checkpoint:
    """A checkpoint from its file. Raises Unreadable."""
    try:
        return read_checkpoint(_file(path))
    except Invalid as error:
        raise Unreadable(f"the anchor `{path}`: {error}") from None


def _file(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(1 << 16)
    except (OSError, ValueError) as error:
        raise Unreadable(f"`{path}` cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None


def installed_replay() -> Replay | None:
    """How salesdx runs a recorded diagnosis again; None where it is not installed."""
    try:
        replaying = importlib.import_module("salesdx.trail.replay")
        version = importlib.import_module("salesdx").__version__
    except ImportError:
        return None

    def run(body: dict[str, Any], files: Mapping[str, str], engine: Mapping[str, Any]) -> str:
        try:
            same = replaying.replay(body, files, engine).same
        except replaying.OtherLanguage:
            return "unsure"
        except Exception:  # rules or a case that this version cannot read, or that none could
            same = False
        return "same" if same else "other" if engine.get("version") == version else "unsure"

    return run


def given_day(text: str) -> datetime:
    """The end of a day, YYYY-MM-DD, in UTC. Raises Unreadable."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except ValueError:
        raise Unreadable(f"`{text}` is no day: YYYY-MM-DD is expected") from None


def verdict_on(
    path: str, keys: Sequence[str], anchor: str | None, replay: Replay | None, newer_than: str | None = None
) -> Verdict:
    """The verdict on the bundle in a file, with the auditor's keys, anchor and day as they were typed."""
    try:
        known = [given_key(text) for text in keys]
        kept = None if anchor is None else given_anchor(anchor)
        day = None if newer_than is None else given_day(newer_than)
        with open(path, "rb") as file:
            return verify_bundle(file, known, kept, replay, day)
    except Unreadable as error:
        return Verdict(UNREADABLE, (str(error),))
    except (OSError, ValueError) as error:
        return Verdict(
            UNREADABLE, (f"`{Path(path).name}` cannot be read: {getattr(error, 'strerror', None) or error}",)
        )


def run_verifier(arguments: Sequence[str] | None = None) -> int:
    """`python verify.py BUNDLE --key KEY --anchor FILE`; the exit status."""
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="Verify a bundle of a salesdx decision trail. The word comes first: VERIFIED (0), "
        "VERIFIED-WITH-ERASURES (0), UNANCHORED (3), INVALID (4), UNREADABLE (5); then the reasons.",
    )
    parser.add_argument("bundle")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        help="public key of the trail or of a witness, or its file; not from the bundle",
    )
    parser.add_argument("--anchor", help="file of a checkpoint that you kept; not from the bundle")
    parser.add_argument(
        "--newer-than", metavar="DATE", help="the day after which a witness, or the anchor, saw the trail"
    )
    parser.add_argument("--no-replay", action="store_true", help="do not run the diagnoses again")
    given = parser.parse_args(arguments)
    replay = None if given.no_replay else installed_replay()
    verdict = verdict_on(given.bundle, given.key, given.anchor, replay, given.newer_than)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stdout.write(str(verdict))
    return verdict.status


if __name__ == "__main__":
    sys.exit(run_verifier())
