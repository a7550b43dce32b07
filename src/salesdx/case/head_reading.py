"""The head of a case file: `result`, `asked_by` and `suspects`."""

from __future__ import annotations

from collections.abc import Mapping

from salesdx.base.model import is_file
from salesdx.base.reading import first_line, kind, shortened
from salesdx.base.shapes import Form
from salesdx.case.also_calculated import calculated, or_formulas
from salesdx.case.case_fields import ASKED_BY, IDENTIFIER, RESULT, RESULT_VALUES, SUSPICION
from salesdx.case.formula_results import can_be_one
from salesdx.case.head import AskedBy, CaseHead, Suspicion
from salesdx.case.settling import Fact
from salesdx.case.statement import Statement, shown_value
from salesdx.case.statement_reading import StatementReader
from salesdx.language.conditions import names
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar
from salesdx.text.source import Sequence as ListNode


class HeadReader(StatementReader):
    """Reads the head of a case, with faults noted."""

    def head(self, fields: Mapping[str, Node]) -> CaseHead:
        """The head from the keys of a case."""
        asked_by = self.who(fields["asked_by"], "`asked_by`", ASKED_BY) if "asked_by" in fields else {}
        return CaseHead(AskedBy(**asked_by), self.suspects(fields.get("suspects")))

    def result(self, node: Node) -> dict[str, Statement]:
        """Term -> the statement that a value of `result` is short for: all have one author, kind and date."""
        fields = self.fields(node, "`result`", *RESULT.keys)
        if not isinstance(node, MappingNode) or not fields:
            return {}
        if node.whole and not any(key in fields for key in RESULT_VALUES):
            message = f"`result` needs {', '.join(f'`{key}`' for key in RESULT_VALUES[:-1])} or `{RESULT_VALUES[-1]}`"
            self.fault("missing-key", message, first_line(node.place))
        terms = {**self.base.ladder.result_terms, "currency": self.base.ladder.currency_term}
        beside = tuple((key, part) for key, part in node.entries if key.text not in RESULT_VALUES)
        found: dict[str, Statement] = {}
        for key, part in ((key, part) for key, part in node.entries if key.text in RESULT_VALUES):
            term = self.base.terms.get(terms.get(key.text, ""))
            if term is None:
                needs = "currency_term" if key.text == "currency" else "result_terms"
                self.fault("no-term", f"`{key.text}` states nothing: the ladder has no `{needs}`", key.place)
                continue
            value = Scalar("value", False, key.file, key.start, key.end)
            made = self.statement(term, MappingNode(((value, part), *beside), node.file, node.start, node.end))
            if made is not None:
                found[term.name] = made
        return found

    def suspects(self, node: Node | None) -> tuple[Suspicion, ...]:
        """The suspicions in the order in which they stand."""
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            message = f"`suspects` must be a list (`- {{stage: ...}}`), this is {kind(node)}"
            self.fault("type", message, first_line(node.place))
            return ()
        return tuple(found for item in node if (found := self.suspicion(item)))

    def suspicion(self, node: Node) -> Suspicion | None:
        """One suspicion; its stage is one that evidence decides."""
        said = self.who(node, "a suspicion", SUSPICION)
        if not isinstance(node, MappingNode) or not said.get("stage"):
            return None
        stages = [stage.id for stage in self.base.stages if not is_file(self.base, stage)]
        if (name := said["stage"]) not in stages:
            message = f"`{shortened(name)}` is no stage that can be suspected"
            place = node.get("stage") or node
            self.fault("unknown-stage", message, place.place, self.near(name, stages))
            return None
        return Suspicion(**said, date=self.date(node.get("date"), "`date`"))

    def who(self, node: Node, what: str, form: Form) -> dict[str, str]:
        """The texts under the keys of a form: `by` is a respondent, `author` an identifier."""
        fields = self.fields(node, what, *form.keys)
        said: dict[str, str] = self.simple(form, fields) if fields else {}
        self.known("by", said.get("by", ""), self.base.respondents, "respondent", fields)
        self.fits("author", said.get("author", ""), IDENTIFIER, fields)
        return said

    def check_result(self, result: Mapping[str, Statement], stated: Mapping[str, tuple[Statement, ...]]) -> None:
        """What stands in the file apart from what its `result` gives, by more than the term tolerates, is a fault."""
        facts = {name: Fact(name, said.value, said.unknown, said) for name, said in result.items()}
        for term in (self.base.terms[name] for name in or_formulas(self.base)):
            assert term.or_formula is not None
            read = names(term.or_formula)
            made = calculated(term, facts, self.base) if set(read) <= facts.keys() else None
            given = made.value if made is not None else None
            for said in stated.get(term.name, ()):
                if not said.stands or said.place is None:
                    continue
                if said.value is not None and given is not None and not can_be_one(term, said.value, given):
                    message = (
                        f"`{term.name}` is {shown_value(given)} by the case's `result`, "
                        f"here it is {shown_value(said.value)}"
                    )
                    self.fault("result", message, said.place, "correct one of the two, or leave this line out")
