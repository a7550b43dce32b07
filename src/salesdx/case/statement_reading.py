"""Statements of a case file, as its text has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from salesdx.base.model import RuleBase, Term
from salesdx.base.reading import DATE_HELP, NodeReader, date_fault, first_line, kind, shortened, value_fault
from salesdx.base.shapes import Prose
from salesdx.case.bounds import AnswerError, Bounds, without_range, written_bounds
from salesdx.case.case_fields import DIGEST, IDENTIFIER, INTERVAL, REPORT, STATEMENT, UNKNOWN_WORDS, WITHDRAWN
from salesdx.case.statement import ShownIn, Statement, Withdrawn
from salesdx.language.conditions import Value
from salesdx.language.intervals import Interval
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar


class StatementReader(NodeReader):
    """Reads statements of a rule base's terms, with faults collected."""

    def __init__(self, base: RuleBase) -> None:
        super().__init__()
        self.base = base
        self.bare = Statement()
        """What a bare value is stated with."""

    def date(self, node: Node | None, what: str) -> date | None:
        if node is None:
            return None
        message = date_fault(node.text) if isinstance(node, Scalar) else f"must be a date, this is {kind(node)}"
        if not message and isinstance(node, Scalar):
            return date.fromisoformat(node.text)
        self.fault("type", f"{what} {message}", first_line(node.place), DATE_HELP)
        return None

    def statement(self, term: Term, node: Node) -> Statement | None:
        if not isinstance(node, MappingNode):
            return self.stated(term, node, self.bare)
        if term.measured and node.entries and all(key.text in INTERVAL.order for key, _ in node.entries):
            message = "the ends of a value that is not known exactly stand under `value`"
            self.fault("interval", message, first_line(node.place), "write `{value: {low: 80, high: 85}}`")
            return None
        fields = self.fields(node, "a statement", *STATEMENT.keys)
        made = Statement(
            **self.simple(STATEMENT, fields),
            date=self.date(fields.get("date"), "`date`"),
            withdrawn=self.withdrawal(fields.get("withdrawn")),
            report=self.report(fields.get("report")),
        )
        self.known("by", made.by, self.base.respondents, "respondent", fields)
        ranked = self.known("kind", made.kind, self.base.evidence_ranks, "kind of evidence", fields)
        self.fits("author", made.author, IDENTIFIER, fields)
        made = made if ranked == made.kind else replace(made, kind=ranked)
        return self.stated(term, fields["value"], made) if "value" in fields else None

    def known(self, key: str, text: str, names: Collection[str], what: str, fields: Mapping[str, Node]) -> str:
        """What a key names; nothing, with a fault, where the rule base does not know it."""
        if not text or text in names:
            return text
        help = self.near(text, names) or f"it knows {', '.join(names)}"
        self.fault("unknown-name", f"the ladder has no {what} `{shortened(text)}`", fields[key].place, help)
        return ""

    def fits(self, key: str, text: str, shape: Prose, fields: Mapping[str, Node]) -> None:
        """A fault where a text does not have the shape of its key."""
        if text and not shape.fits(text):
            self.fault("shape", f"`{key}` must be {shape.said}", first_line(fields[key].place))

    def withdrawal(self, node: Node | None) -> Withdrawn | None:
        if node is None:
            return None
        fields = self.fields(node, "`withdrawn`", *WITHDRAWN.keys)
        day, reason = self.date(fields.get("date"), "`date`"), self.text(fields.get("reason"), "`reason`")
        return Withdrawn(day or date.min, reason)

    def report(self, node: Node | None) -> ShownIn | None:
        if node is None:
            return None
        fields = self.fields(node, "`report`", *REPORT.keys)
        shown = ShownIn(self.text(fields.get("name"), "`name`"), self.text(fields.get("digest"), "`digest`"))
        self.fits("digest", shown.digest, DIGEST, fields)
        return shown

    def stated(self, term: Term, node: Node, made: Statement) -> Statement | None:
        if isinstance(node, Scalar) and node.text in UNKNOWN_WORDS and node.text not in term.values:
            return replace(made, unknown=UNKNOWN_WORDS[node.text], place=node.place)
        if isinstance(node, MappingNode) and term.measured:
            known = self.interval(term, node)
        else:
            known = self.value(term, node, made is self.bare)
        return None if known is None else replace(made, value=known, place=node.place)

    def value(self, term: Term, node: Node, bare: bool = False) -> Value | None:
        """A value of a term; a fault where it is written as people say it shows how a file has it.

        A ``bare`` one stands in the place of its whole statement.
        """
        wrong, _ = value_fault(term, node)
        if wrong and isinstance(node, Scalar) and term.measured and (help := _meant(term, node.text, bare)):
            self.fault("type", f"`{term.name}` {wrong}", first_line(node.place), help)
            return None
        return super().value(term, node)

    def interval(self, term: Term, node: MappingNode) -> Value | None:
        """A value between two ends, of which one at least is written."""
        fields = self.fields(node, f"an imprecise `{term.name}`", *INTERVAL.keys)
        read = {key: self.value(term, fields[key]) for key in INTERVAL.order if key in fields}
        if not read.keys() - {"best"} or {"low", "above"} <= read.keys() or {"high", "below"} <= read.keys():
            message = f"an imprecise `{term.name}` has `low` or `above`, `high` or `below`, or one of each side"
            self.fault("interval", message, first_line(node.place))
            return None
        if None in read.values():
            return None
        above, below = "above" in read, "below" in read
        low, high = read.get("above" if above else "low"), read.get("below" if below else "high")
        value = Bounds(low, high, above, below, read.get("best")).value(term)  # type: ignore[arg-type]
        if value is None:
            self.fault("interval", f"the ends of `{term.name}` leave no value between them", first_line(node.place))
        best = read.get("best")
        if best is not None and ((low is not None and best < low) or (high is not None and best > high)):  # type: ignore[operator]
            self.fault("interval", f"`best` of `{term.name}` lies outside its ends", first_line(fields["best"].place))
        return value

    def check_voices(self, term: Term, said: tuple[Statement, ...]) -> None:
        """A fault for each further statement of one voice that stands."""
        seen: dict[tuple[str, str, bool], Statement] = {}
        for statement in (statement for statement in said if statement.stands):
            first = seen.setdefault(statement.voice, statement)
            if first is not statement and statement.place is not None and first.place is not None:
                who = f"`{statement.by}`" if statement.by else "somebody without a name"
                message = f"{who} states `{term.name}` twice"
                help = f"the first is on line {first.place.line}; withdraw one, or name the author of each"
                self.fault("voice", message, first_line(statement.place), help)


def _meant(term: Term, text: str, bare: bool) -> str:
    """How a file has a value that is written as people say it; empty where that cannot be read either."""
    from salesdx.case.typed import read_answer  # only faults need it
    from salesdx.case.typed_numbers import READINGS

    try:
        said = without_range(term, read_answer(term, text, None).value)
    except AnswerError as error:
        return str(error) if READINGS in str(error) else ""
    if not isinstance(said, Interval):
        return "" if said is None else f"write `{said}`"
    ends = written_bounds(said).as_mapping()
    return f"write `{{value: {ends}}}`" if bare else f"write `{ends}`"
