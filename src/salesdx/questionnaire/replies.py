"""A questionnaire that came back -> statements of its respondent, or every fault in it with its place."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from salesdx.base.model import RuleBase, Term
from salesdx.base.reading import NodeReader, first_line, kind, shortened
from salesdx.case.bounds import PREDICATES, AnswerError
from salesdx.case.memory import WorkingMemory
from salesdx.case.statement import Statement, Unknown
from salesdx.case.typed import read_answer, split_reason
from salesdx.case.typed_dates import read_date
from salesdx.questionnaire import INPUTS, VERSION, about_case, printed, shown_kind
from salesdx.questionnaire.workbook import HEADER
from salesdx.questionnaire.workbook_reading import is_workbook, read_workbook
from salesdx.text.english import listed
from salesdx.text.issues import Issue, sorted_issues
from salesdx.text.source import MAX_BYTES, Fault, Node, Place, Scalar, decode, parse_yaml, read_bytes
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Sequence as ListNode

ASK_AGAIN = "ask again with `salesdx ask`"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one questionnaire says: term -> statement, and how many of its questions were left open."""

    shown: str
    respondent: str
    statements: Mapping[str, Statement]
    left: int


def read_reply(
    path: Path, base: RuleBase, memory: WorkingMemory | None, named: bool = True
) -> tuple[Reply | None, tuple[Issue, ...]]:
    """A questionnaire in YAML, the JSON that the page saves, or a workbook; and all faults in it.

    ``memory`` is the case that it must be about; None leaves that open. ``named`` is False for a case that bears the
    name of its file. With a fault there is no reply.
    """
    shown = "<standard input>" if str(path) == "-" else str(path)
    data, size, faults = (
        (sys.stdin.buffer.read(MAX_BYTES + 1), 0, []) if str(path) == "-" else read_bytes(path, shown, pipes=True)
    )
    if data is None:
        return None, tuple(map(Issue.of, faults))
    if is_workbook(data):
        node, faults = read_workbook(data, shown, size)
    else:
        text, faults = decode(data, shown, size)
        if text is not None and text.lstrip()[:14].casefold().startswith(("<!doctype", "<html")):
            message = "this is the page with the questions, not the answers"
            help = "open it in a browser, answer, and collect the file that its button saves"
            return None, (Issue("page", message, Place(shown, 1, 1, 1, 2), help),)
        node, more = parse_yaml(text, shown) if text is not None else (None, [])
        faults = [*faults, *more]
    if node is None and not faults:
        faults = [Fault("empty", "the questionnaire is empty", Place(shown, 1, 1, 1, 2))]
    reader = _ReplyReader(base, memory, named)
    reader.text_faults(faults)
    reply = reader.reply(node, shown) if node is not None else None
    issues = sorted_issues(_in_cell(issue) if is_workbook(data) else issue for issue in reader.issues)
    return (None if issues else reply), issues


class _ReplyReader(NodeReader):
    def __init__(self, base: RuleBase, memory: WorkingMemory | None, named: bool) -> None:
        super().__init__()
        self.base, self.memory, self.named = base, memory, named
        self.help = ASK_AGAIN

    def reply(self, node: Node, shown: str) -> Reply | None:
        keys = ("questionnaire", "case", "respondent", "questions")
        fields = self.fields(node, "a questionnaire", keys, ("subject", "period", "rule_base", "asked"))
        if "questionnaire" not in fields:
            return None
        version = fields["questionnaire"]
        if not isinstance(version, Scalar) or version.text != str(VERSION):
            message = f"this is a questionnaire of version {kind(version)}, version {VERSION} can be read"
            self.fault("version", message, first_line(version.place), self.help)
            return None
        digest = fields.get("rule_base")
        if isinstance(digest, Scalar) and digest.text != self.base.digest:
            self.help = f"the rule base has changed since; {ASK_AGAIN}"
        self.belongs(fields, node)
        respondent = self.respondent(fields.get("respondent"))
        items = fields.get("questions")
        if items is not None and not isinstance(items, ListNode):
            self.fault("type", f"`questions` must be a list, this is {kind(items)}", first_line(items.place))
        seen: set[str] = set()
        statements: dict[str, Statement] = {}
        left = 0
        for item in items if isinstance(items, ListNode) else ():
            term, parts = self.question(item, respondent, seen)
            said = self.answer(term, parts, respondent) if term else None
            if term and said:
                statements[term.name] = said
            left += said is None
        if isinstance(items, ListNode) and "asked" in fields:
            self.whole(fields["asked"], items)
        return Reply(shown, respondent, statements, left)

    def whole(self, asked: Node, items: ListNode) -> None:
        """A questionnaire that was cut off and still reads as one is refused: the rest may have been answered."""
        nodes = asked.items if isinstance(asked, ListNode) else (asked,)
        names = [name.strip() for node in nodes if isinstance(node, Scalar) for name in node.text.split(",")]
        here = {_plain(item.get("term")) for item in items.items if isinstance(item, MappingNode)}
        gone = [f"`{shortened(name)}`" for name in names if name and name not in here]
        last = items.items[-1] if items.items else None
        if gone and items.whole:
            message = f"questions are missing that were asked: {listed(gone)}"
            help = "ask for the whole file; what was taken out on purpose goes out of `asked` too"
            self.fault("cut-off", message, first_line(asked.place), help)
        elif isinstance(last, MappingNode) and last.whole and last.file.text[last.start : last.start + 1] not in "{":
            missing = [f"`{key}:`" for key in INPUTS if last.key(key) is None]
            if missing:
                message = f"the file ends inside its last question: {listed(missing)} did not come back"
                help = "ask for the whole file; if this is all of it, write them behind the question"
                self.fault("cut-off", message, first_line(last.place), help)

    def belongs(self, fields: Mapping[str, Node], node: Node) -> None:
        """A questionnaire about another case, subject or period is refused."""
        if self.memory is None:
            return
        wanted = about_case(self.memory)
        for key in ("case", "subject", "period"):
            found = _plain(fields.get(key))
            if found != wanted.get(key):
                other = _words(wanted.get(key))
                message = f"the questionnaire is about {key} {_words(found)}, the case file about {other}"
                help = ""
                if key == "case" and not self.named:
                    help = (
                        "the case file has no `case:`, so its name is that of its file; it was renamed, or this is "
                        f"another case: if it is the one, write `case: {shortened(str(found))}` into it"
                    )
                self.fault("other-case", message, first_line((fields.get(key) or node).place), help)

    def respondent(self, node: Node | None) -> str:
        name = self.text(node, "`respondent`")
        if name and name not in self.base.respondents and node is not None:
            help = self.near(name, self.base.respondents) or f"they are {', '.join(self.base.respondents)}"
            self.fault("respondent", f"there is no respondent `{shortened(name)}`", first_line(node.place), help)
            return ""
        return name

    def question(self, item: Node, respondent: str, seen: set[str]) -> tuple[Term | None, dict[str, Node]]:
        """The term that an entry asks for, if the respondent may answer it and the question is today's."""
        before = len(self.issues)
        parts = self.fields(item, "a question", ("term", "question", "answer_as"), ("look_in", "how", "why", *INPUTS))
        named = parts.get("term")
        name = self.text(named, "`term`")
        if len(self.issues) > before or named is None:
            return None, parts
        term = self.base.terms.get(name)
        if term is None:
            help = self.near(name, self.base.terms)
            self.fault("unknown-term", f"the vocabulary has no term `{shortened(name)}`", named.place, help)
            return None, parts
        if name in seen:
            self.fault("twice", f"`{name}` is asked twice in this questionnaire", named.place)
            return None, parts
        seen.add(name)
        if respondent and respondent not in (term.respondent, *term.may_answer):
            whose = f"a question to {term.respondent}" if term.respondent else "computed"
            self.fault("not-theirs", f"`{name}` is {whose}, not to {respondent}", named.place)
            return None, parts
        for key in ("question", "answer_as"):
            if key in parts and not _same(parts[key], printed(term)[key]):
                message = f"the question about `{name}` is not the one that is asked today"
                self.fault("question", message, first_line(parts[key].place), self.help)
                return None, parts
        return term, parts

    def answer(self, term: Term, parts: Mapping[str, Node], respondent: str) -> Statement | None:
        """A statement; None where nothing was answered, or with faults."""
        filled = {key: parts[key] for key in INPUTS if key in parts and not _blank(parts[key])}
        for key in INPUTS:
            if key in parts and (cut := _cut_off(parts[key])):
                self.fault("comment", "what stands behind `#` is not read", cut, "put the text in quotes")
                return None
        node = filled.get("answer")
        if node is None:
            for key, other in filled.items():
                message = f"`{term.name}` has a {key} but no answer"
                self.fault("no-answer", message, first_line(other.place), "write the answer, or `not_known`")
            return None
        if not isinstance(node, Scalar):
            self.fault("answer", f"`{term.name}` has {kind(node)} for an answer", first_line(node.place))
            return None
        source, reason, note = (self.text(filled.get(key), f"`{key}`") for key in ("source", "reason", "note"))
        day, rests_on = self.day(filled.get("date")), self.kind_of_evidence(filled.get("kind"))
        said, told = split_reason(node.text)
        try:
            found = read_answer(term, said, None)
        except AnswerError as error:
            wrong = str(error)
            about = "" if wrong.startswith(PREDICATES) else f": `{shortened(node.text)}` is no answer:"
            about = ":" if wrong.startswith("`") else about  # it says itself what it is about
            self.fault("answer", f"`{term.name}`{about} {wrong}", first_line(node.place))
            return None
        reason, note = reason or told, "; ".join(filter(None, (found.written, note)))
        if found.unknown is Unknown.NOT_APPLICABLE and not reason:
            message = f"`{term.name}` does not apply, but nobody says why"
            self.fault("reason", message, first_line(node.place), "write why behind `reason`")
            return None
        return Statement(
            found.value,
            found.unknown,
            respondent,
            kind=rests_on,
            source=source,
            date=day,
            reason=reason,
            note=note,
            place=node.place,
        )

    def kind_of_evidence(self, node: Node | None) -> str:
        """The kind that was chosen; empty where none was, or with a fault."""
        written = self.text(node, "`kind`")
        kinds = {shown_kind(name).casefold(): name for name in self.base.evidence_ranks}
        found = kinds.get(" ".join(shown_kind(written).split()).casefold(), "")
        if written and node is not None and not found:
            help = self.near(written, kinds) or f"they are {', '.join(map(shown_kind, kinds.values()))}"
            message = f"there is no kind of evidence `{shortened(written)}`"
            self.fault("kind", message, first_line(node.place), help)
        return found

    def day(self, node: Node | None) -> date | None:
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.fault("type", f"`date` must be a date, this is {kind(node)}", first_line(node.place))
            return None
        try:
            return read_date(node.text, None)
        except AnswerError as error:
            self.fault("date", f"`{shortened(node.text)}` is no date: {error}", first_line(node.place))
            return None


def _in_cell(issue: Issue) -> Issue:
    """The fault of a workbook with the name of its cell."""
    place = issue.place
    if place.line <= HEADER:  # a fault of the whole file
        return issue
    return replace(issue, message=f"cell {chr(64 + place.column)}{place.line}: {issue.message}")


def _blank(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text.strip()


def _cut_off(node: Node) -> Place | None:
    """A comment behind an answer: its writer meant it as text."""
    rest = node.file.text[node.end :].partition("\n")[0]
    at = node.end + len(rest) - len(rest.lstrip())
    return node.file.place(at, at + len(rest.strip())) if rest.lstrip().startswith("#") else None


def _same(node: Node, text: str) -> bool:
    return isinstance(node, Scalar) and node.text.split() == text.split()


def _plain(node: Node | None) -> Any:
    """A node as plain texts, lists left out."""
    if isinstance(node, MappingNode):
        return {key.text: _plain(part) for key, part in node.entries}
    return node.text if isinstance(node, Scalar) else None


def _words(found: Any) -> str:
    if isinstance(found, dict):
        return f"`{shortened(', '.join(f'{key} {part}' for key, part in found.items()))}`"
    return f"`{shortened(found)}`" if found else "nothing"
