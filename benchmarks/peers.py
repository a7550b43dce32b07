"""The questions in other engines, each in the quickest form that was found for it.

``open_world`` tells whether some case leaves a term unknown that a question reads: only then do conditions test for it.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from questions import Language, Questions, Values, prepared, python_function, write

from salesdx.language.conditions import And, Expr, In, Name, Not, Or, names

LONGEST = 3_000_000
"""Characters of one expression; with findings written out in their readers it may grow without end."""


@dataclass(frozen=True)
class Peer:
    """``prepare`` turns known values into what ``run`` takes (not timed); ``true_rules`` reads what ``run`` gave."""

    name: str
    prepare: Callable[[Values], Any]
    run: Callable[[Any], Any]
    true_rules: Callable[[Any], set[str]]


def peers(asked: Questions, open_world: bool) -> list[Peer]:
    """The yardstick, and the engines that are installed."""
    made = [_python(asked)]
    if importlib.util.find_spec("zen"):
        made += [peer for make in (_zen_decision, _zen_expression) if (peer := make(asked, open_world))]
    if importlib.util.find_spec("clips"):
        made.append(_clips(asked, open_world))
    return made


def _python(asked: Questions) -> Peer:
    def true_rules(answers: list[bool]) -> set[str]:
        pairs = zip(asked.ordered, answers, strict=True)
        return {asked.rule(question.name) for question, answer in pairs if answer and question.side}

    return Peer("one generated Python function", prepared, python_function(asked), true_rules)


# --- zen-engine: rules as the lines of a decision, or everything as one expression -----------------------------------


def _zen(open_world: bool, answer: Callable[[str], str]) -> Language:
    def guarded(read: list[str], test: str) -> str:
        return f"({' and '.join([f'{name} != null' for name in read] + [test])})" if open_world else test

    def boolean(name: str, side: bool) -> str:
        return f"{name} == {str(side).lower()}" if open_world else name if side else f"not({name})"

    def member(name: str, values: list[str], side: bool) -> str:
        test = f"{name} {'in' if side else 'not in'} [{', '.join(values)}]"
        return test if side else guarded([name], test)

    return Language(
        join=lambda word, parts: f"({f' {word} '.join(parts)})",
        compare=lambda op, left, right, read: guarded(read, f"{left} {op} {right}"),
        member=member,
        boolean=boolean,
        constant=json.dumps,
        answer=answer,
    )


def _zen_decision(asked: Questions, open_world: bool) -> Peer:
    import zen

    say = _zen(open_world, lambda name: f"$.{name}")
    lines = [
        {"id": question.name, "key": question.name, "value": write(asked, question.when, question.side, say)}
        for question in asked.ordered
    ]
    place = {"position": {"x": 0, "y": 0}}
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", **place},
        {
            "id": "rules",
            "name": "rules",
            "type": "expressionNode",
            "content": {"expressions": lines, "passThrough": False},
            **place,
        },
        {"id": "out", "name": "out", "type": "outputNode", **place},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "rules"},
        {"id": "b", "type": "edge", "sourceId": "rules", "targetId": "out"},
    ]
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": {"nodes": nodes, "edges": edges}}}})

    def true_rules(response: Any) -> set[str]:
        return {asked.rule(name) for name, answer in response["result"].items() if answer and name.startswith("r")}

    return Peer("zen-engine, a decision", prepared, lambda context: engine.evaluate("rules", context), true_rules)


def _zen_expression(asked: Questions, open_world: bool) -> Peer | None:
    """No rules are left in this form: a finding stands written out wherever it is read."""
    import zen

    when = {question.name: question for question in asked.ordered}
    written: dict[str, str] = {}
    say = replace(_zen(open_world, lambda name: written[name]))
    for name, question in when.items():
        written[name] = f"({write(asked, question.when, question.side, say)})"
        if len(written[name]) > LONGEST:
            return None
    rules = [name for name in written if name.startswith("r")]
    source = f"[{', '.join(written[name] for name in rules)}]"
    if len(source) > LONGEST:
        return None
    expression = zen.compile_expression(source)

    def true_rules(answers: list[bool]) -> set[str]:
        return {asked.rule(name) for name, answer in zip(rules, answers, strict=True) if answer}

    return Peer("zen-engine, one expression", prepared, expression.evaluate, true_rules)


# --- CLIPS: a fact with a slot for each term, a rule for each rule ---------------------------------------------------


def _clips(asked: Questions, open_world: bool) -> Peer:
    import clips

    types = {term.name: term.type for term in asked.base.terms.values()}

    def guarded(read: list[str], test: str) -> str:
        return f"(and {' '.join(f'(neq {name} nil)' for name in read)} {test})" if open_world else test

    def compare(op: str, left: str, right: str, read: list[str]) -> str:
        symbols = any(types[name.removeprefix("?")] in ("enum", "boolean") for name in read)
        words = {"==": "eq", "!=": "neq"} if symbols else {"==": "=", "!=": "<>"}
        return guarded(read, f"({words.get(op, op)} {left} {right})")

    def member(name: str, values: list[str], side: bool) -> str:
        test = f"(or {' '.join(f'(eq {name} {value})' for value in values)} FALSE)"
        return test if side else guarded([name], f"(not {test})")

    def constant(known: Any) -> str:
        return str(known).upper() if isinstance(known, bool) else str(known)

    say = Language(
        join=lambda word, parts: f"({word} {' '.join(parts)})",
        compare=compare,
        member=member,
        boolean=lambda name, side: f"(eq {name} {constant(side)})",
        constant=constant,
        calculate=lambda op, left, right: f"({op} {left} {right})",
        term=lambda name: f"?{name}",
    )

    def slot(part: Expr) -> tuple[str, str] | None:
        """A part of a condition as a test on one slot, which CLIPS looks up before it tries the rule."""
        match part:
            case Name(id) if id in types:
                return id, "TRUE"
            case Not(Name(id)) if id in types:
                return id, "FALSE"
            case In(Name(id), values) if types[id] == "enum":
                return id, "|".join(constant(value.value) for value in values)
            case _ if len(read := names(part)) == 1 and read[0] in types:
                return read[0], f"?{read[0]}&:{write(asked, part, True, say)}"
        return None

    def answered(part: Expr) -> list[str]:
        """The questions of which one must be answered with yes, where a part is findings alone."""
        found = part.parts if isinstance(part, Or) else (part,)
        findings = [each.id for each in found if isinstance(each, Name) and each.id not in types]
        return [name for id in findings for name in asked.of(id, True)] if len(findings) == len(found) else []

    read = asked.read
    rules = []
    for question in asked.ordered:
        parts = list(question.when.parts) if isinstance(question.when, And) and question.side else [question.when]
        slots: dict[str, list[str]] = {}
        before, tests = [], []
        for part in parts:
            found = slot(part) if question.side else None
            if found:
                slots.setdefault(found[0], []).append(found[1])
            elif question.side and (answers := answered(part)):
                before.append(f"(answer {answers[0]})" if len(answers) == 1 else
                              f"(or {' '.join(f'(answer {name})' for name in answers)})")  # fmt: skip
            elif question.side and isinstance(part, Not) and isinstance(part.part, Name) and part.part.id not in types:
                before += [f"(answer {name})" for name in asked.of(part.part.id, False)]
            else:
                assert all(name in types for name in names(part)), "a finding inside an alternative"
                tests.append(f"(test {write(asked, part, question.side, say)})")
                for name in names(part):
                    slots.setdefault(name, []).insert(0, f"?{name}")
        constraints = " ".join(f"({name} {'&'.join(_once(name, said))})" for name, said in slots.items())
        does = [f"(assert (answer {question.name}))"] if question.name in read else []
        does.append(f"(bind ?*true* (create$ ?*true* {question.name}))")
        matched = " ".join([*before, f"(case {constraints})", *tests])
        rules.append(f"(defrule {question.name} {matched} => {' '.join(does)})")
    environment = clips.Environment()
    environment.build("(defglobal ?*true* = (create$))")
    environment.build(f"(deftemplate case {' '.join(f'(slot {name})' for name in asked.terms)})")
    for rule in rules:
        try:
            environment.build(rule)
        except clips.CLIPSError as error:
            if "unmatchable" not in str(error):  # CLIPS refuses a rule that can never be true
                raise
    template = environment.find_template("case")

    def run(facts: dict[str, Any]) -> Any:
        environment.reset()
        template.assert_fact(**facts)
        environment.run()
        return environment.find_global("true").value

    def facts(values: Values) -> dict[str, Any]:
        known = {name: value for name, value in prepared(values).items() if name in asked.terms}
        return {name: clips.Symbol(constant(v)) if isinstance(v, bool | str) else v for name, v in known.items()}

    def true_rules(answers: Any) -> set[str]:
        return {asked.rule(name) for name in map(str, answers) if name.startswith("r")}

    return Peer("CLIPS through clipspy", facts, run, true_rules)


def _once(name: str, said: list[str]) -> list[str]:
    """Constraints on one slot: a variable is bound by the first that names it."""
    bound = False
    made = []
    for constraint in sorted(said, key=lambda c: not c.startswith("?")):
        if constraint.startswith(f"?{name}"):
            constraint = constraint.removeprefix(f"?{name}&") if bound else constraint
            if bound and constraint == f"?{name}":
                continue
            bound = True
        made.append(constraint)
    return made
