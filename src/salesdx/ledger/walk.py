"""Proof of absence: what there is about a case or a subject, and that there is nothing else.

The tables list the entries of a case by a column, which whoever can write there can change for an hour. The entries
themselves do not change unseen: their leaves stand in the tree that the key has signed, and each names the one before
it of its case and of its subject. So a page that says "none" looks into every leaf, and walks along the links.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from salesdx.ledger.errors import TrailError
from salesdx.ledger.merkle import Root, inclusion, roots_of
from salesdx.ledger.standalone.chains import BEFORE
from salesdx.ledger.standalone.verifier import (
    Invalid,
    canonical,
    check_inclusion,
    check_payload,
    leaf_hash,
    read_checkpoint,
    read_entry,
    read_key,
)
from salesdx.ledger.storage import EntryRow, LogReader


class Walker:
    """Walks over a trail as it stands at one moment; the tree is hashed once, in time that grows with the trail."""

    def __init__(self, reader: LogReader) -> None:
        self.reader = reader

    def walk(self, case: str | None = None, subject: str | None = None) -> list[EntryRow]:
        """All entries of a case or of a subject (a pseudonym), in order. Raises TrailError as ``prove`` does."""
        kind, whom = ("subject", subject) if case is None else ("case", case)
        return [] if whom is None else self.prove(kind, (whom,))[whom]

    def prove(self, kind: str, pseudonyms: Collection[str]) -> dict[str, list[EntryRow]]:
        """All entries of some cases or subjects (``kind``), in order, each proven to be in the signed tree.

        Raises TrailError where one is missing, is not the one that was signed, or the tables list others.
        """
        found: dict[str, list[EntryRow]] = {whom: [] for whom in pseudonyms}
        for row in self._proven(self._naming(*(canonical({kind: whom})[1:-1] for whom in pseudonyms))):
            found[row.header[kind]].append(row)
        for whom, rows in found.items():
            listed = {row.seq for row in self.reader.rows(**{kind: whom})}  # type: ignore[arg-type]
            for seq in sorted(listed - {row.seq for row in rows}):
                raise _broken(seq, f"stands in the tables under a {kind} that it does not name")
            self._linked(kind, rows)
        return found

    def every(self, types: Collection[str]) -> list[EntryRow]:
        """All entries of some types, in order, after a look into every leaf. Raises TrailError as ``prove`` does."""
        return list(self._proven(self._naming(*(canonical({"type": type})[1:-1] for type in types))))

    def _linked(self, kind: str, rows: list[EntryRow]) -> None:
        before = None
        for row in rows:
            if row.header.get(BEFORE[kind], before) != before:  # version 1 says it of cases alone
                raise _broken(row.seq, f"passes over record {before} of its {kind}, which was hidden when it was made")
            before = row.seq

    def _naming(self, *fields: bytes) -> Iterator[int]:
        """The entries that hold one of some fields as canonical JSON, after a look into every leaf."""
        at = 0
        for row in self.reader.entries():
            entry = row.entry.encode()
            if row.seq != at or at >= self.size or leaf_hash(entry) != self.leaves[at]:
                raise _broken(at, "is missing or not the one that was signed")
            if any(part in entry for part in fields):  # no text in an entry can hold it: its quotes are escaped
                header = read_entry(entry)
                if (row.type, row.case_, row.subject) != (header["type"], header["case"], header["subject"]):
                    raise _broken(at, "stands in the tables as what it does not say that it is")
                yield at
            at += 1
        if at != self.size:
            raise _broken(at, "is missing")

    def _proven(self, seqs: Iterable[int]) -> Iterator[EntryRow]:
        """Entries with their contents, if they are the ones that were signed."""
        for row in self.reader.some(seqs):
            try:
                self._check(row)
            except Invalid as error:
                raise _broken(row.seq, f"cannot be relied on: {error}") from None
            yield row

    def _check(self, row: EntryRow) -> None:
        header = read_entry(row.entry)
        hashes = inclusion(row.seq, self.size, self.root)
        check_inclusion(leaf_hash(row.entry), row.seq, self.size, hashes, self.root(0, self.size))
        if header["seq"] != row.seq:
            raise Invalid("it stands in the place of another")
        if row.salt is not None and row.payload is not None:
            check_payload(header, row.salt, row.payload)
        elif row.seq not in self._erased:
            raise Invalid("its content is gone, and no record of an erasure names it")

    @property
    def size(self) -> int:
        """The number of entries."""
        return len(self.leaves)

    @property
    def leaves(self) -> list[bytes]:
        """The leaves of the tree."""
        return self._tree[0]

    @property
    def root(self) -> Root:
        """The roots of the tree."""
        return self._tree[1]

    @cached_property
    def _tree(self) -> tuple[list[bytes], Root]:
        """Leaves and roots of the tree that the key in force has signed."""
        leaves = list(self.reader.leaves())
        root = roots_of(leaves)
        try:
            told = read_checkpoint(self.reader.checkpoint())
            if (told.size, told.root) != (len(leaves), root(0, len(leaves))):
                raise Invalid("they are not those of the last checkpoint")
            brought = [
                one for one in self.reader.rows(types=("trail", "key")) if leaf_hash(one.entry) == leaves[one.seq]
            ]
            content = check_payload(brought[-1].header, brought[-1].salt or b"", brought[-1].payload or b"")
            if not told.signed_by(read_key(str(content["body"]["key"]))):
                raise Invalid("no key of the trail signed the last checkpoint")
        except (Invalid, KeyError, TypeError, IndexError) as error:
            raise TrailError(f"the records cannot be relied on: {error}; `salesdx trail verify` tells more") from None
        return leaves, root

    @cached_property
    def _erased(self) -> set[int]:
        """The entries whose content an erasure took."""
        rows = self.reader.rows(types=("erasure",))
        return {seq for row in rows if leaf_hash(row.entry) == self.leaves[row.seq] for seq in row.header["inputs"]}


def _broken(seq: int, why: str) -> TrailError:
    return TrailError(f"record {seq} {why}; `salesdx trail verify` tells more")
