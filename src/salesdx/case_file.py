"""Case files: YAML or JSON, on disk, on standard input or as plain values -> working memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from salesdx.issues import CaseError, Issue
from salesdx.memory import Statement, Unknown, WorkingMemory, computed
from salesdx.model import RuleBase, Term
from salesdx.reading import DATE, Reader, first_line, plain
from salesdx.source import MAX_BYTES, Node, Place, Scalar, decode, parse, read_text
from salesdx.source import Mapping as MappingNode
from salesdx.source import Sequence as ListNode

PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
UNKNOWN_WORDS = {"not_known": Unknown.NOT_KNOWN, "unknown": Unknown.NOT_KNOWN, "not_applicable": Unknown.NOT_APPLICABLE}
CASE_KEYS = ("case", "title", "story", "subject", "period", "expect", "why")


def read_case_file(path: str | Path, base: RuleBase) -> WorkingMemory:
    """A case file, or standard input for ``-``. Raises CaseError with every fault."""
    text, shown = read_case_text(path)
    return read_case(text, shown, base)


def read_case_text(path: str | Path) -> tuple[str, str]:
    """The text of a case file and its name in messages. Raises CaseError."""
    if str(path) == "-":
        shown = "<standard input>"
        text, faults = decode(sys.stdin.buffer.read(MAX_BYTES + 1), shown)
    else:
        shown = str(path)
        text, faults = read_text(Path(path), shown)
    if text is None:
        raise CaseError(map(Issue.of, faults))
    return text, shown


def read_case(text: str, shown: str, base: RuleBase) -> WorkingMemory:
    """A case file's text (YAML or JSON) -> working memory. Raises CaseError with every fault, by line."""
    node, faults = parse(text, shown)
    if node is None or faults:
        raise CaseError(
            [*map(Issue.of, faults)] or [Issue("empty", "the case file is empty", Place(shown, 1, 1, 1, 1))]
        )
    return case_from(node, shown, base)


def case_from(node: Node, shown: str, base: RuleBase) -> WorkingMemory:
    """A parsed case -> working memory. Raises CaseError."""
    reader = _CaseReader(base)
    memory = reader.case(node, shown)
    if reader.issues:
        raise CaseError(reader.issues)
    return memory


def memory_from(facts: Mapping[str, object], base: RuleBase) -> WorkingMemory:
    """A working memory from plain values: booleans, numbers, texts, dates, "unknown", or statements as in a case file.

    Floats are read by their shortest decimal form. Raises CaseError.
    """
    return case_from(MappingNode(((_scalar("facts"), _node(facts)),), _HERE), "facts", base)


_HERE = Place("facts", 1, 1, 1, 1)


def _scalar(text: str, quoted: bool = False) -> Scalar:
    return Scalar(text, quoted, _HERE)


def _node(plain_value: object) -> Node:
    match plain_value:
        case None:
            return _scalar("not_known")
        case bool():
            return _scalar(str(plain_value).lower())
        case float():
            return _scalar(f"{Decimal(repr(plain_value)):f}")
        case int() | Decimal():
            return _scalar(f"{Decimal(plain_value):f}")
        case date():
            return _scalar((plain_value.date() if isinstance(plain_value, datetime) else plain_value).isoformat())
        case Mapping():
            return MappingNode(tuple((_scalar(str(key)), _node(entry)) for key, entry in plain_value.items()), _HERE)
        case list() | tuple():
            return ListNode(tuple(map(_node, plain_value)), _HERE)
    return _scalar(str(plain_value), quoted=True)


class _CaseReader(Reader):
    def __init__(self, base: RuleBase) -> None:
        super().__init__()
        self.base = base

    def case(self, node: Node, shown: str) -> WorkingMemory:
        fields = self.fields(node, "the case", ("facts",), CASE_KEYS)
        case = self.text(fields.get("case"), "`case`") or re.sub(r".*/|\.\w+$", "", shown)
        subject = self.subject(fields.get("subject"))
        period = self.period(fields.get("period"))
        statements: dict[str, tuple[Statement, ...]] = {}
        facts = fields.get("facts")
        nothing = facts is None or (isinstance(facts, Scalar) and not facts.text)
        if facts is not None and not nothing and not isinstance(facts, MappingNode):
            self.fault("type", "`facts` must be a mapping (`term: value` lines)", first_line(facts.place))
        for key, entry in facts.entries if isinstance(facts, MappingNode) else ():
            term = self.base.terms.get(key.text)
            if term is None:
                self.fault(
                    "unknown-term",
                    f"the vocabulary has no term `{key.text[:80]}`",
                    key.place,
                    self.near(key.text, self.base.terms),
                )
                continue
            said = tuple(
                s
                for item in (entry.items if isinstance(entry, ListNode) else (entry,))
                if (s := self.statement(term, item))
            )
            if isinstance(entry, ListNode) and not entry.items:
                self.fault("empty", f"`{term.name}` has no statement", entry.place)
            if said:
                statements[term.name] = said
        kind_term = self.base.ladder.subject_term
        if subject.get("kind") and kind_term and kind_term not in statements:
            statements[kind_term] = (Statement(subject["kind"], source="the case's subject"),)
        memory = WorkingMemory(self.base, statements, case, subject, period)
        self.check_formulas(memory)
        return memory

    def subject(self, node: Node | None) -> dict[str, str]:
        if node is None:
            return {}
        fields = self.fields(node, "`subject`", ("kind",), ("ref",))
        kind, ref = fields.get("kind"), fields.get("ref")
        found: dict[str, str] = {}
        term = self.base.terms.get(self.base.ladder.subject_term)
        if kind is not None and term is not None and (known := self.value(term, kind)) is not None:
            found["kind"] = str(known)
        if ref is not None and (text := self.text(ref, "`ref`")):
            if not PSEUDONYM.fullmatch(text):
                self.fault(
                    "pseudonym",
                    "`ref` is a pseudonym, never a name: letters, digits, `.`, `-` and `_` without spaces",
                    ref.place,
                )
            found["ref"] = text
        return found

    def period(self, node: Node | None) -> tuple[date, date] | None:
        if node is None:
            return None
        fields = self.fields(node, "`period`", ("from", "to"), ())
        begin, end = self.date(fields.get("from"), "`from`"), self.date(fields.get("to"), "`to`")
        if begin is None or end is None:
            return None
        if begin > end:
            self.fault("period", "the period ends before it begins", first_line(node.place))
        return begin, end

    def date(self, node: Node | None, what: str) -> date | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and DATE.fullmatch(node.text) and node.text.isascii():
            try:
                return date.fromisoformat(node.text)
            except ValueError:
                pass
        self.fault(
            "type", f"{what} must be a date", first_line(node.place), "write it as year-month-day, such as 2026-09-30"
        )
        return None

    def statement(self, term: Term, node: Node) -> Statement | None:
        if not isinstance(node, MappingNode):
            return self.stated(term, node, Statement())
        fields = self.fields(node, "a statement", ("value",), ("by", "source", "date", "reason", "note"))
        by, source, reason, note = (
            self.text(fields.get(key), f"`{key}`") for key in ("by", "source", "reason", "note")
        )
        made = Statement(by=by, source=source, date=self.date(fields.get("date"), "`date`"), reason=reason, note=note)
        return self.stated(term, fields["value"], made) if "value" in fields else None

    def stated(self, term: Term, node: Node, made: Statement) -> Statement | None:
        if isinstance(node, Scalar) and node.text in UNKNOWN_WORDS and node.text not in term.values:
            return replace(made, unknown=UNKNOWN_WORDS[node.text], place=node.place)
        known = self.value(term, node)
        return None if known is None else replace(made, value=known, place=node.place)

    def check_formulas(self, memory: WorkingMemory) -> None:
        """A hand-written result that is further off its formula than the term tolerates is a fault."""
        for name, statements in memory.statements.items():
            term = self.base.terms[name]
            if not term.computed or term.tolerance is None:
                continue
            known = computed(term, {k: f.value for k, f in memory.facts.items() if k != name})
            for statement in statements:
                if (
                    isinstance(known, Decimal)
                    and isinstance(statement.value, Decimal)
                    and abs(known - statement.value) > term.tolerance
                ):
                    message = (
                        f"`{name}` is computed from other facts as {plain(known)}, here it is {plain(statement.value)}"
                    )
                    self.fault(
                        "computed",
                        message,
                        statement.place or _HERE,
                        "leave the line out, or correct the facts that it is computed from",
                    )
