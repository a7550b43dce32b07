"""Case files: YAML or JSON, on disk, on standard input or as plain values -> working memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from salesdx.base.model import OWN, PROFILE, RuleBase, Term
from salesdx.base.reading import (
    MAX_COMPARED,
    first_line,
    kind,
    shortened,
)
from salesdx.case.case_fields import (
    CASE,
    CASE_NAME,
    FIRM,
    MAX_ID,
    MAX_STATEMENTS,
    PERIOD,
    PSEUDONYM,
    STATED,
    SUBJECT,
)
from salesdx.case.followed_reading import FollowedReader
from salesdx.case.formula_results import as_good_as_equal
from salesdx.case.memory import Firm, WorkingMemory, of_head
from salesdx.case.sealed_case import with_evidence
from salesdx.case.settling import computed
from salesdx.case.statement import Statement, shown_value
from salesdx.language.conditions import Value
from salesdx.text.issues import CaseError, Issue, nearest
from salesdx.text.source import MAX_BYTES, MAX_DEPTH, Fault, Node, Place, Scalar, Text, decode, parse_yaml, read_text
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Sequence as ListNode

FIRM_FILE = "firm.yaml"
"""The profile of the firm, beside the case files."""
MAX_ADJUSTED = 400
"""Digits to which a number with an exponent is written out."""


def read_case_file(path: str | Path, base: RuleBase, firm: Path | None = None) -> WorkingMemory:
    """A case file or a pipe, or standard input for ``-``, with the profile of the firm: of the file ``firm``, or of the
    one beside the case. Raises CaseError with every fault."""
    text, shown, faults = _read(path)
    issues: list[Issue] = []
    memory: WorkingMemory | None = None
    try:
        memory = _memory(text, shown, base, faults)
    except CaseError as error:
        issues += error.issues
    try:
        memory = with_firm(memory or WorkingMemory(base, {}), firm or firm_beside(path, base))
    except CaseError as error:
        issues += error.issues
    if issues or memory is None:
        raise CaseError(issues)
    return with_evidence(memory, path)


def firm_beside(case: str | Path, base: RuleBase) -> Path | None:
    """The file with the profile of the firm in the folder of a case file; None where there is none, and where these
    rules ask nothing about a firm."""
    path = Path(case).parent / FIRM_FILE
    found = str(case) != "-" and Path(case).name != FIRM_FILE and path.is_file()
    return path if found and base.profile else None


def with_firm(memory: WorkingMemory, path: Path | None) -> WorkingMemory:
    """A case with the profile of a firm, whose statements stand behind its own. Raises CaseError."""
    if path is None:
        return memory
    text, shown, faults = _read(path)
    return with_profile(memory, *_firm_once(text, shown, tuple(faults), memory.base))


def with_profile(memory: WorkingMemory, firm: Firm | None, said: Mapping[str, tuple[Statement, ...]]) -> WorkingMemory:
    """A case with what the profile of a firm says, behind what the case says itself."""
    terms = dict.fromkeys([*memory.statements, *said])
    both = {name: (*memory.statements.get(name, ()), *said.get(name, ())) for name in terms}
    return replace(memory, statements=both, firm=firm)


def read_case_text(path: str | Path, pipes: bool = True) -> tuple[str, str]:
    """The text of a case file, or of a pipe, and its name in messages. Raises CaseError."""
    text, shown, faults = _read(path, pipes)
    if faults:
        raise CaseError(map(Issue.of, faults))
    return text, shown


def _read(path: str | Path, pipes: bool = True) -> tuple[str, str, list[Fault]]:
    """The text, its name in messages, and faults of its bytes. Raises CaseError where there is no text."""
    if str(path) == "-":
        shown = "<standard input>"
        text, faults = decode(sys.stdin.buffer.read(MAX_BYTES + 1), shown)
    else:
        shown = str(path)
        text, faults = read_text(Path(path), shown, pipes)
    if text is None:
        raise CaseError(map(Issue.of, faults))
    return text, shown, faults


def firm_from(
    text: str, shown: str, faults: Iterable[Fault], base: RuleBase
) -> tuple[Firm, dict[str, tuple[Statement, ...]]]:
    """The text of a firm's profile, with the faults of its bytes -> the profile and its statements.

    Raises CaseError with every fault.
    """
    node, more = parse_yaml(text, shown)
    reader = _CaseReader(base)
    reader.text_faults([*faults, *more])
    if node is None:
        raise CaseError(reader.issues or [Issue("empty", "the file is empty", Place(shown, 1, 1, 1, 2))])
    found = reader.firm(node, text)
    if reader.issues:
        raise CaseError(reader.issues)
    return found


_firm_once = lru_cache(maxsize=4)(firm_from)
"""Many cases stand beside one profile: its file is read for each of them, and what it says taken apart once."""


def named_after(path: str) -> str:
    """The name of a case that states none: that of its file, with `?` for what is no text in it."""
    return re.sub(r".*[/\\]|\.\w+$", "", path).encode(errors="replace").decode()


def names_itself(text: str) -> bool:
    """Whether the text of a case says which case it is; else its name is that of its file."""
    node, _ = parse_yaml(text, "")
    return isinstance(node, MappingNode) and node.key("case") is not None


def case_from_text(text: str, shown: str, base: RuleBase) -> WorkingMemory:
    """A case file's text (YAML or JSON) -> working memory. Raises CaseError with every fault, by line."""
    return _memory(text, shown, base, [])


def _memory(text: str, shown: str, base: RuleBase, faults: list[Fault]) -> WorkingMemory:
    node, more = parse_yaml(text, shown)
    faults = [*faults, *more]
    if node is not None:
        return case_from(node, shown, base, faults)
    place = Place(shown, 1, 1, 1, 2)
    raise CaseError([*map(Issue.of, faults)] or [Issue("empty", "the case file is empty", place)])


def case_from(node: Node, shown: str, base: RuleBase, faults: Iterable[Fault] = ()) -> WorkingMemory:
    """A parsed case, with the faults of its text -> working memory. Raises CaseError with these and all others."""
    reader = _CaseReader(base)
    reader.text_faults(faults)
    memory = reader.case(node, shown)
    if reader.issues:
        raise CaseError(reader.issues)
    return memory


def memory_from(facts: Mapping[str, object], base: RuleBase) -> WorkingMemory:
    """A working memory from plain values: booleans, numbers, texts, dates, "unknown", or statements as in a case file.

    Floats are read by their shortest decimal form. Raises CaseError.
    """
    return case_from_values({"facts": facts}, base)


def case_from_values(told: Mapping[str, object], base: RuleBase) -> WorkingMemory:
    """A working memory from plain values, with the keys of a case file. The path of a fault is the way to it, such as
    `facts.goal_measurable`. Raises CaseError."""
    return case_from(_node(told, _HERE), "facts", base)


def formula_issues(memory: WorkingMemory) -> tuple[Issue, ...]:
    """A fault for each hand-written result that is further off its formula than the term tolerates.

    It never counts, so that whoever is asked for it may not write it; a file that holds it is read.
    """
    return tuple(
        _formula_issue(term, statement, known)
        for term in (memory.base.terms[name] for name in memory.statements)
        if term.computed and (known := computed(term, memory.values)) is not None
        for statement in memory.statements[term.name]
        if statement.stands and statement.value is not None and not as_good_as_equal(term, statement.value, known)
    )


def _formula_issue(term: Term, statement: Statement, known: Value) -> Issue:
    message = (
        f"`{term.name}` is computed from other facts as {shown_value(known)}, here it is {shown_value(statement.value)}"
    )
    help = "leave the line out, or correct the facts that it is computed from"
    return Issue("computed", message, statement.place or _HERE.place(0, 0), help)


_HERE = Text("", "")


def _number(number: Decimal) -> str:
    return f"{number:f}" if abs(number.adjusted()) < MAX_ADJUSTED else str(number)


def _node(plain_value: object, here: Text, depth: int = 0) -> Node:
    """Plain values as a file would have them; ``here`` names the way to them."""
    if depth > MAX_DEPTH:
        raise CaseError([Issue("too-deep", f"nested deeper than {MAX_DEPTH} levels", here.place(0, 0))])
    match plain_value:
        case None:
            told = "not_known"
        case bool():
            told = str(plain_value).lower()
        case float():
            told = _number(Decimal(repr(plain_value)))
        case int() | Decimal():
            told = _number(Decimal(plain_value))
        case date():
            told = (plain_value.date() if isinstance(plain_value, datetime) else plain_value).isoformat()
        case Mapping():
            entries = []
            for key, entry in plain_value.items():
                there = Text("", f"{here.shown}.{key}".lstrip("."))
                entries.append((Scalar(str(key), False, there, 0, 0), _node(entry, there, depth + 1)))
            return MappingNode(tuple(entries), here, 0, 0)
        case list() | tuple():
            return ListNode(tuple(_node(item, here, depth + 1) for item in plain_value), here, 0, 0)
        case _:
            return Scalar(str(plain_value), True, here, 0, 0)
    return Scalar(told, False, here, 0, 0)


class _CaseReader(FollowedReader):
    def case(self, node: Node, shown: str) -> WorkingMemory:
        fields = self.fields(node, "the case", *CASE.keys)
        case = self.simple(CASE, fields)["case"]
        if case and not CASE_NAME.fits(case):
            message = f"`case` is a short name of {MAX_ID} characters at most, on one line"
            self.fault("too-long", message, first_line(fields["case"].place))
        subject = self.subject(fields.get("subject"))
        period = self.period(fields.get("period"))
        self.bare = self.supposed(fields)
        statements = self.facts(fields.get("facts"), self.base.terms)
        fixed = self.fixed(subject, period, statements)
        result = self.result(fields["result"]) if "result" in fields else {}
        self.check_result(result, statements)
        for term, stated in result.items():
            statements[term] = (stated, *statements.get(term, ()))
        today = None if "expect" in fields else date.today()  # a worked case holds on every day
        name = case or named_after(shown)
        return WorkingMemory(
            self.base,
            statements,
            name,
            subject,
            period,
            result,
            self.head(fields),
            followed=self.followed(fields, name, today),
            today=today,
            fixed=fixed,
        )

    def firm(self, node: Node, text: str) -> tuple[Firm, dict[str, tuple[Statement, ...]]]:
        """The profile of a firm, and its statements."""
        fields = self.fields(node, "the profile of a firm", *FIRM.keys)
        known = self.base.profile
        said = self.facts(fields.get("facts"), known)
        marked = {name: tuple(replace(s, of_firm=True) for s in statements) for name, statements in said.items()}
        name = self.simple(FIRM, fields)["firm"]
        if name and not CASE_NAME.fits(name):
            message = f"`firm` is a short name of {MAX_ID} characters at most, on one line"
            self.fault("too-long", message, first_line(fields["firm"].place))
        return Firm(name, text), marked

    def facts(self, facts: Node | None, known: Mapping[str, Term]) -> dict[str, tuple[Statement, ...]]:
        """The statements on each of some terms."""
        statements: dict[str, tuple[Statement, ...]] = {}
        nothing = facts is None or (isinstance(facts, Scalar) and not facts.text)
        if facts is not None and not nothing and not isinstance(facts, MappingNode):
            message = f"`facts` must be a mapping (`term: value` lines), this is {kind(facts)}"
            self.fault("type", message, first_line(facts.place))
        for key, entry in facts.entries if isinstance(facts, MappingNode) else ():
            term = known.get(key.text)
            if term is None and key.text in self.base.terms:
                message = f"`{key.text}` says nothing about the firm as a whole: no term of `{PROFILE}` is named so"
                self.fault("unknown-term", message, key.place, "state it in the case")
                continue
            if term is not None and term.outcome_of:
                message = f"`{key.text}` is decided by the measure of the intervention, so nobody states it"
                self.fault("outcome", message, key.place)
                continue
            if term is None:
                finding = "rules conclude it, so nobody states it" if key.text in self.base.findings else ""
                help = finding or self.near(key.text, self.base.terms, lambda name: self.base.terms[name].place)
                help = help or self.labelled(key.text)
                self.fault("unknown-term", f"the vocabulary has no term `{shortened(key.text)}`", key.place, help)
                continue
            items = entry.items if isinstance(entry, ListNode) else (entry,)
            if isinstance(entry, ListNode) and not items and entry.whole:
                self.fault("empty", f"`{term.name}` has no statement", first_line(entry.place))
            if len(items) > MAX_STATEMENTS:
                message = f"`{term.name}` may have {MAX_STATEMENTS} statements, here are {len(items):,}"
                self.fault("too-large", message, key.place)
                continue
            if said := tuple(s for item in items if (s := self.statement(term, item))):
                self.check_voices(term, said)
                statements[term.name] = said
        return statements

    def supposed(self, fields: Mapping[str, Node]) -> Statement:
        """What the bare values of a worked case are stated with."""
        if (node := fields.get("stated")) is None:
            return Statement()
        if "expect" not in fields:
            message = "`stated` says how the bare values of a worked case are stated, and this is none"
            self.fault("stated", message, first_line(node.place), "say by whom, and of what kind, each value is")
        parts = self.fields(node, "`stated`", *STATED.keys)
        said = self.simple(STATED, parts)
        self.known("kind", said["kind"], self.base.evidence_ranks, "kind of evidence", parts)
        if (by := self.text(parts.get("by"), "`by`")) and by != OWN:
            self.fault(
                "unknown-word", f"`by` of `stated` is `{OWN}`, it cannot be `{shortened(by)}`", parts["by"].place
            )
        return Statement(kind=said["kind"], date=self.date(parts.get("date"), "`date`"), supposed=True)

    def fixed(
        self, subject: Mapping[str, str], period: tuple[date, date] | None, stated: dict[str, tuple[Statement, ...]]
    ) -> frozenset[str]:
        """The terms that the head of the case states, which are added; another value among the facts is a fault."""
        known = of_head(self.base, subject, period)
        for name, head in known.items():
            for statement in stated.get(name, ()):
                if statement.value not in (None, head.value) and statement.place is not None:
                    message = f"`{name}` is {shown_value(head.value)} in the head of the case"
                    self.fault("head", message, first_line(statement.place), "leave the line out, or correct the head")
            stated[name] = (head,)
        return frozenset(known)

    def labelled(self, text: str) -> str:
        """A help for a label, or nearly one, where the name of a term belongs."""
        near = nearest(text, self.base.labelled) if self.compared <= MAX_COMPARED else None
        return f"did you mean `{self.base.labelled[near]}`?" if near else ""

    def subject(self, node: Node | None) -> dict[str, str]:
        if node is None:
            return {}
        fields = self.fields(node, "`subject`", *SUBJECT.keys)
        kind, ref = fields.get("kind"), fields.get("ref")
        found: dict[str, str] = {}
        term = self.base.terms.get(self.base.ladder.subject_term)
        if kind is not None and term is not None and (known := self.value(term, kind)) is not None:
            found["kind"] = str(known)
        if ref is not None and (text := self.text(ref, "`ref`")):
            if not PSEUDONYM.fits(text):
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
        fields = self.fields(node, "`period`", *PERIOD.keys)
        begin, end = self.date(fields.get("from"), "`from`"), self.date(fields.get("to"), "`to`")
        if begin is None or end is None:
            return None
        if begin > end:
            self.fault("period", "the period ends before it begins", first_line(node.place))
        return begin, end
