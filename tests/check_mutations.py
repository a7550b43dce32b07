"""Faults planted into the shipped rule base, many of each kind: what each check must find.

A mutation is a few edits of the shipped texts. Those that do not touch each other are planted together, so that a rule
base is loaded once for many of them.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain, cycle, islice, pairwise, zip_longest
from pathlib import Path

from salesdx.authoring.confirming import confirming
from salesdx.base.model import NUMERIC, Rule, RuleBase, Stage, Term
from salesdx.base.reading import plain_number
from salesdx.language.conditions import Compare, Expr, Literal, Name, names
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Node, Scalar, Sequence, parse_yaml

LADDER = "knowledge/ladder.yaml"
EACH = 20
"""At most so many mutations for one check."""


@dataclass(frozen=True)
class Edit:
    file: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Mutation:
    code: str
    what: str
    edits: tuple[Edit, ...]
    touches: frozenset[str]
    """What no other mutation of the same load may touch."""
    told: tuple[str, ...]
    """Words of the issue that tells of it."""
    apart: frozenset[str] = frozenset()
    """Stages and groups in whose files nothing else may be planted."""

    @property
    def homes(self) -> frozenset[str]:
        return frozenset(Path(edit.file).stem for edit in self.edits)


@dataclass(frozen=True)
class Texts:
    """The shipped files, and where their pieces stand."""

    base: RuleBase
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def entry(self, file: str, *keys: str) -> Node:
        node = self.nodes[file]
        for key in keys:
            if isinstance(node, MappingNode):
                found = node.get(key)
            else:
                assert isinstance(node, Sequence)
                found = next(i for i in node if isinstance(i, MappingNode) and _text(i.get("id")) == key)
            assert found is not None, (file, keys)
            node = found
        return node

    def rule(self, rule: Rule) -> MappingNode:
        found = self.entry(f"rules/{rule.home}.yaml", rule.id)
        assert isinstance(found, MappingNode)
        return found

    def set(self, file: str, keys: tuple[str, ...], text: str) -> Edit:
        """An edit that gives a key another text; the key is added where it is not there."""
        *above, last = keys
        parent = self.entry(file, *above)
        assert isinstance(parent, MappingNode)
        value = parent.get(last)
        if value is not None:
            return Edit(file, value.start, value.start + len(value.file.text[value.start : value.end].rstrip()), text)
        first = parent.entries[0][0]
        return Edit(file, first.start, first.start, f"{last}: {text}\n{' ' * (first.place.column - 1)}")

    def drop(self, file: str, *keys: str) -> Edit:
        """An edit that takes out the line of a key."""
        *above, last = keys
        parent = self.entry(file, *above)
        assert isinstance(parent, MappingNode)
        key, value = parent.key(last), parent.get(last)
        assert key is not None
        assert value is not None
        start = key.file.text.rindex("\n", 0, key.start) + 1
        return Edit(file, start, key.file.text.index("\n", value.end - 1) + 1, "")

    def append(self, file: str, text: str) -> Edit:
        end = len(self.base.files[file])
        return Edit(file, end, end, text)

    def into(self, file: str, key: str, text: str) -> Edit:
        """An edit that puts an entry first under a key of a stage's file."""
        found = self.entry(file, key)
        assert isinstance(found, MappingNode)
        first = found.entries[0][0]
        line = first.file.text.rindex("\n", 0, first.start) + 1
        return Edit(file, line, line, text)


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def texts_of(base: RuleBase) -> Texts:
    found = {}
    for file, text in base.files.items():
        node, faults = parse_yaml(text, file)
        assert node is not None
        assert not faults
        found[file] = node
    return Texts(base, found)


# --- what rules are made of -------------------------------------------------------------------------------------------


def limits(rule: Rule, base: RuleBase) -> Iterator[tuple[Compare, Term, Decimal]]:
    """The comparisons of an asked number with a number that a rule needs: those that no `or` or `not` stands above."""
    parts = getattr(rule.when, "parts", (rule.when,)) if " or " not in f" {rule.text} " else ()
    for part in parts:
        match part:
            case Compare(op, Name(id), Literal(Decimal() as number)) if op not in ("==", "!="):
                term = base.terms.get(id)
                if term is not None and not term.computed and term.low is not None:
                    yield part, term, number


def words(rule: Rule) -> str:
    return " ".join(rule.text.split())


def leaf_text(rule: Rule, leaf: Expr) -> str:
    return " ".join(rule.text[leaf.start : leaf.end].split())


def beyond(leaf: Compare, term: Term) -> str:
    """The comparison with a number that no value of the term reaches."""
    assert term.low is not None
    assert term.high is not None
    return f"{term.name} {leaf.op} {term.high * 10 + 10 if leaf.op in ('>', '>=') else term.low - 10}"


def before(leaf: Compare, term: Term) -> str:
    """The comparison with a number that every value of the term is beyond."""
    assert term.low is not None
    assert term.high is not None
    return f"{term.name} {leaf.op} {term.low - 10 if leaf.op in ('>', '>=') else term.high + 10}"


def weaker(leaf: Compare, number: Decimal) -> str:
    assert isinstance(leaf.left, Name)
    step = Decimal("0.125")
    return f"{leaf.left.id} {leaf.op} {number - step if leaf.op in ('>', '>=') else number + step}"


def stricter(leaf: Compare, number: Decimal) -> str:
    assert isinstance(leaf.left, Name)
    step = Decimal("0.125")
    return f"{leaf.left.id} {leaf.op} {number + step if leaf.op in ('>', '>=') else number - step}"


def swapped(rule: Rule, leaf: Expr, text: str) -> str:
    """The rule's condition with one comparison written otherwise."""
    return " ".join((rule.text[: leaf.start] + text + rule.text[leaf.end :]).split())


class Planter:
    """Makes the mutations, check by check."""

    def __init__(self, base: RuleBase) -> None:
        self.base, self.texts, self.made = base, texts_of(base), 0
        self.read = Counter(name for rule in base.rules for name in names(rule.when))
        self.rules = [rule for rule in base.rules if rule.home in {stage.id for stage in base.stages}]
        self.with_rules = [home for home, rules in base.rules_of.items() if rules]
        self.causes = [stage for stage in base.stages if stage.ruled_out_when is not None]
        self.plain = [rule for rule in base.rules if self.read[rule.finding] == 0]
        self.success = next(line for line in base.ladder.modes if line.name == base.ladder.success_mode)

    def silenced(self, code: str, mutation: Mutation) -> bool:
        """Whether a comment above a rule that the mutation touches silences the check there."""
        for rule in (rule for rule in self.base.rules if f"rule {rule.id}" in mutation.touches):
            node = self.texts.rule(rule)
            above = node.file.text[: node.start].rsplit("\n\n", 1)[-1]
            if f"allow {code}" in above:
                return True
        return False

    def when(self, code: str, rule: Rule, text: str, *told: str, more: Iterable[str] = ()) -> Mutation:
        """A mutation that gives a rule another condition."""
        edit = self.texts.set(f"rules/{rule.home}.yaml", (rule.id, "when"), f'"{text}"')
        touches = {f"rule {rule.id}", *(f"term {name}" for name in more)}
        return Mutation(code, f"{rule.id}: when: {text}", (edit,), frozenset(touches), told or (f"`{rule.id}`",))

    def rule(self, code: str, rule: Rule, key: str, text: str, *told: str, alone: bool = False) -> Mutation:
        """A mutation of another key of a rule."""
        edit = self.texts.set(f"rules/{rule.home}.yaml", (rule.id, key), text)
        touches = frozenset({f"rule {rule.id}", *([f"home {rule.home}"] if alone else [])})
        return Mutation(code, f"{rule.id}: {key}: {text}", (edit,), touches, (f"`{rule.id}`", *told))

    def new_rule(self, code: str, home: str, keys: str, *told: str, beside: Rule | None = None) -> Mutation:
        """A mutation that adds a rule; what it tells of begins with the new rule's id where ``told`` is not given."""
        self.made += 1
        id = f"NEW{self.made}"
        text = f"\n- id: {id}\n{keys}  finding: new_finding_{self.made}\n  because: It is so.\n  source: J\n"
        edit = self.texts.append(f"rules/{home}.yaml", text)
        touches = frozenset({f"rule {beside.id}"}) if beside else frozenset({f"new {home}"})
        return Mutation(code, f"{home}: {keys}", (edit,), touches, told or (f"`{id}`",))

    def term(self, code: str, term: Term, key: str, text: str, *told: str) -> Mutation:
        edit = self.texts.set(f"knowledge/{term.home}.yaml", ("terms", term.name, key), text)
        return Mutation(
            code, f"{term.name}: {key}: {text}", (edit,), frozenset({f"term {term.name}"}), (f"`{term.name}`", *told)
        )

    def stage(self, code: str, stage: Stage, key: str, text: str, *told: str) -> Mutation:
        edit = self.texts.set(f"knowledge/{stage.id}.yaml", (key,), f'"{text}"' if text != "true" else text)
        touches = frozenset({f"home {stage.id}"})
        return Mutation(code, f"{stage.id}: {key}: {text}", (edit,), touches, told or (f"`{stage.id}`",))

    # --- rules ---

    def never_true(self) -> Iterator[Mutation]:
        for rule in self.plain:
            for leaf, term, _ in islice(limits(rule, self.base), 1):
                text = swapped(rule, leaf, beyond(leaf, term))
                yield self.when("never-true", rule, text, more=[term.name])
        for rule in self.rules:
            for leaf, _, _ in islice(limits(rule, self.base), 1):
                yield self.when("never-true", rule, f"{words(rule)} and not ({leaf_text(rule, leaf)})")

    def always_true(self) -> Iterator[Mutation]:
        for rule in self.plain:
            found = list(limits(rule, self.base))
            if len(found) == 1 and not hasattr(rule.when, "parts"):
                leaf, term, number = found[0]
                yield self.when("always-true", rule, before(leaf, term), more=[term.name])
                opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}[leaf.op]
                yield self.when("always-true", rule, f"{words(rule)} or {term.name} {opposite} {number}")

    def threshold_out_of_range(self) -> Iterator[Mutation]:
        for rule in self.base.rules:
            found = list(limits(rule, self.base))
            if len(found) > 1:
                leaf, term, _ = found[0]
                text = swapped(rule, leaf, before(leaf, term))
                yield self.when(
                    "threshold-out-of-range", rule, text, f"`{rule.id}`", f"`{term.name}`", more=[term.name]
                )

    def redundant_part(self) -> Iterator[Mutation]:
        for rule in self.base.rules:
            for leaf, term, number in islice(limits(rule, self.base), 1):
                assert term.low is not None
                assert term.high is not None
                if term.low + 1 < number < term.high - 1:
                    yield self.when("redundant-part", rule, f"{words(rule)} and {weaker(leaf, number)}")

    def unreachable_rule(self) -> Iterator[Mutation]:
        reads = names(self.success.when)
        text = f"{reads[0]} >= 100"
        for rule in self.rules:
            told = rule.recommend and not rule.suppresses and not rule.immediate and not rule.also_in_success
            if told and self.read[rule.finding] == 0 and not set(reads) & set(names(rule.when)):
                made = self.when("unreachable-rule", rule, f"({words(rule)}) and {text}")
                yield replace(made, apart=frozenset({rule.home}))
        for rule in self.base.rules:
            if (
                rule.home not in self.base.ladder.decisions
                and rule.recommend
                and rule.strength == "success"
                and not self.read[rule.finding]
            ):
                yield self.rule("unreachable-rule", rule, "strength", "strong", alone=True)

    def implied_rule(self) -> Iterator[Mutation]:
        for rule in self.base.rules:
            for leaf, _, number in islice(limits(rule, self.base), 1):
                if rule.recommend and rule.strength != "moderate":
                    keys = f"  strength: {rule.strength}\n  when: {swapped(rule, leaf, stricter(leaf, number))}\n"
                    keys += f"  recommend: [{rule.recommend[0]}]\n"
                    told = ("`NEW", f"`{rule.id}`")
                    yield self.new_rule("implied-rule", rule.home, keys, *told, beside=rule)

    def contradicting_advice(self) -> Iterator[Mutation]:
        for rule in self.base.rules:
            if rule.recommend and not rule.immediate:
                keys = f'  strength: weak\n  when: "{words(rule)}"\n  suppresses: [{rule.recommend[0]}]\n'
                told = (f"`{rule.id}`", f"`{rule.recommend[0]}`")
                yield self.new_rule("contradicting-advice", rule.home, keys, *told, beside=rule)

    def overlapping_strong(self) -> Iterator[Mutation]:
        strong: dict[str, list[tuple[Rule, str]]] = {}
        for stage in self.causes:
            alone = {name for name, least in confirming(self.base, stage, 2).items() if least == 1}
            for rule in self.base.rules_of[stage.id]:
                if rule.strength in alone:
                    measured = [leaf for leaf, term, _ in limits(rule, self.base) if not term.sample]
                    strong.setdefault(stage.id, []).append((rule, leaf_text(rule, measured[0]) if measured else ""))
        for (_, first), (_, second) in zip(list(strong.items()), list(strong.items())[1:], strict=False):
            for (one, comparison), (other, _) in zip(cycle(first), second, strict=False):
                if comparison and self.read[other.finding] == 0:
                    text = f"{words(other)} and {comparison}"
                    made = self.when("overlapping-strong", other, text, f"`{other.id}`", f"`{one.id}`")
                    yield replace(made, touches=made.touches | {f"rule {one.id}"})

    def shared_term(self) -> Iterator[Mutation]:
        for stage in self.causes:
            together = {name for name, least in confirming(self.base, stage, 2).items() if least == 2}
            rules = [rule for rule in self.base.rules_of[stage.id] if rule.strength in together]
            for first, second in pairwise(rules):
                measured = [leaf for leaf, term, _ in limits(first, self.base) if not term.sample]
                if measured:
                    text = f"({words(second)}) and {leaf_text(first, measured[0])}"
                    made = self.when("shared-term", second, text, f"`{first.id}`", f"`{second.id}`")
                    yield replace(made, touches=made.touches | {f"rule {first.id}"})

    def personnel_early(self) -> Iterator[Mutation]:
        acting = [id for id, found in self.base.interventions.items() if found.personnel and id != "role_change"]
        turns = cycle(acting)
        late = [stage.id for stage in self.base.stages][-2:]
        for rule in self.base.rules:
            if rule.home not in late and rule.recommend:
                id = next(turns)
                text = f"[{', '.join((*rule.recommend, id))}]"
                made = self.rule("personnel-early", rule, "recommend", text, f"`{id}`")
                apart = frozenset({self.base.ladder.personnel_stage})
                yield replace(made, touches=made.touches | {f"recommend {id}"}, apart=apart)

    def template_term(self) -> Iterator[Mutation]:
        terms = cycle(self.base.terms.values())
        for rule in self.base.rules:
            term = next(other for other in terms if other.home != rule.home and other.name not in rule.text)
            text = f'"It is so, at {{{term.name}}}."'
            yield self.rule("template-term", rule, "because", text, f"`{term.name}`")

    def threshold_without_source(self) -> Iterator[Mutation]:
        for rule in self.base.rules:
            if any(not leaf.right.limit for leaf, _, _ in limits(rule, self.base) if isinstance(leaf.right, Literal)):
                edit = self.texts.drop(f"rules/{rule.home}.yaml", rule.id, "source")
                touches = frozenset({f"rule {rule.id}"})
                yield Mutation("threshold-without-source", f"{rule.id}: none", (edit,), touches, (f"`{rule.id}`",))

    def unread_limit(self) -> Iterator[Mutation]:
        for home in dict.fromkeys(limit.home for limit in self.base.limits.values()):
            text = f"  spare_{home}: {{value: 7, source: J}}\n"
            edit = self.texts.into(f"knowledge/{home}.yaml", "limits", text)
            told = (f"`spare_{home}`",)
            yield Mutation("unread-limit", f"{home}: spare", (edit,), frozenset({f"limits {home}"}), told)

    def literal_limit(self) -> Iterator[Mutation]:
        for rule in self.base.rules:
            for _, _, number in islice(limits(rule, self.base), 1):
                text = f'"It goes by {plain_number(number)} here."'
                yield self.rule("literal-limit", rule, "note", text, f"`{plain_number(number)}`")

    def idle_key(self) -> Iterator[Mutation]:
        companys = [stage.id for stage in self.base.stages[:-2]]
        for rule in self.base.rules:
            if not rule.recommend:
                yield self.rule("idle-key", rule, "immediate", "true", "immediate", alone=True)
                yield self.rule("idle-key", rule, "also_in_success", "true", "also_in_success", alone=True)
            elif not rule.suppresses and rule.strength == "strong" and rule.home in companys:
                id = "role_change"  # advice of the last stage, which no case reaches in which the rule is true
                made = self.rule("idle-key", rule, "suppresses", f"[{id}]", f"`{id}`")
                yield replace(made, apart=frozenset({self.base.interventions[id].home}))

    def only_shown(self) -> Iterator[Mutation]:
        for home in self.with_rules:
            term = next(term for term in self.base.terms.values() if term.type == "boolean")
            keys = f"  strength: gate\n  when: not {term.name}\n"
            yield self.new_rule("only-shown", home, keys)
        for rule in self.rules:
            if rule.strength == "weak" and self.read[rule.finding] == 0:
                touches = frozenset({f"rule {rule.id}"})
                file = f"rules/{rule.home}.yaml"
                edits = (
                    self.texts.set(file, (rule.id, "strength"), "gate"),
                    self.texts.set(file, (rule.id, "recommend"), "[]"),
                )
                yield Mutation("only-shown", f"{rule.id}: a gate", edits, touches, (f"`{rule.id}`",))

    # --- the ladder ---

    def unreachable_status(self) -> Iterator[Mutation]:
        for stage in self.base.stages:
            file = f"rules/{stage.id}.yaml"
            for kinds, status in (
                (("strong", "moderate"), "confirmed"),
                (("block",), "blocked"),
                (("eligible",), "file"),
            ):
                rules = [rule for rule in self.base.rules_of[stage.id] if rule.strength in kinds]
                if rules:
                    edits = tuple(self.texts.set(file, (rule.id, "strength"), "gate") for rule in rules)
                    told = (f"`{stage.id}`", status if status != "file" else "human_review")
                    touches = frozenset(
                        {f"home {stage.id}", *(f"rule {rule.id}" for rule in self.base.rules_of[stage.id])}
                    )
                    yield Mutation("unreachable-status", f"{stage.id}: {status}", edits, touches, told)
        line = self.texts.entry(LADDER, "modes")
        edit = Edit(LADDER, line.start, line.start, "- {mode: odd, when: case_attainment_pct > 100000}\n  ")
        yield Mutation("unreachable-status", "a mode", (edit,), frozenset({ALL}), ("`odd`",))
        lists = self.texts.entry(LADDER, "decisions")
        edit = Edit(LADDER, lists.start, lists.start, "spare:\n    - {status: open, when: true}\n  ")
        yield Mutation("unreachable-status", "a list", (edit,), frozenset({"decisions"}), ("`spare`",))
        for name in self.base.ladder.decisions:
            lines = self.texts.entry(LADDER, "decisions", name)
            text = "- {status: odd, when: strong >= 1 and strong == 0}\n    "
            edit = Edit(LADDER, lines.start, lines.start, text)
            told = (f"`{next(s.id for s in self.base.stages if s.decided_by == name)}`", "`odd`")
            yield Mutation("unreachable-status", f"a line of {name}", (edit,), frozenset({ALL}), told)

    def never_passed(self) -> Iterator[Mutation]:
        for stage in self.causes[:-1]:
            if stage.set_aside_when is not None:
                continue  # it is passed without being ruled out
            term = next(term for term in self.base.terms.values() if term.type == "boolean" and not term.applies_when)
            text = " ".join(stage.texts["ruled_out_when"].split())
            yield self.stage("never-passed", stage, "ruled_out_when", f"({text}) and {term.name} and not {term.name}")
            edit = self.texts.drop(f"knowledge/{stage.id}.yaml", "ruled_out_when")
            cores = [term for term in self.base.terms.values() if term.core and term.home == stage.id]
            edits = (edit, *(self.texts.drop(f"knowledge/{stage.id}.yaml", "terms", t.name, "core") for t in cores))
            touches = frozenset({f"home {stage.id}", *(f"term {term.name}" for term in cores)})
            yield Mutation("never-passed", f"{stage.id}: none", edits, touches, (f"`{stage.id}`", "has no"))

    def no_evidence(self) -> Iterator[Mutation]:
        for stage in self.causes:
            yield self.stage("no-evidence", stage, "ruled_out_when", "true")
            assert stage.ruled_out_when is not None
            terms = [self.base.terms[name] for name in names(stage.ruled_out_when) if name in self.base.terms]
            term = next(term for term in terms if term.type in NUMERIC and not term.computed)
            text = f"{term.name} >= {term.low}"
            yield self.stage("no-evidence", stage, "ruled_out_when", text, f"`{stage.id}`", "whatever")
        yield self.line("no-evidence", "evidence", "ruled_out", "applies and strong == 0", "`ruled_out`")

    def line(self, code: str, name: str, status: str, text: str, *told: str) -> Mutation:
        """A mutation of the condition of one line of a decision list."""
        lines = self.texts.entry(LADDER, "decisions", name)
        assert isinstance(lines, Sequence)
        found = next(i for i in lines if isinstance(i, MappingNode) and _text(i.get("status")) == status)
        when = found.get("when")
        assert when is not None
        edit = Edit(LADDER, when.start, when.end, text)
        return Mutation(code, f"{name}: {status}: {text}", (edit,), frozenset({ALL}), told)

    def not_examined(self) -> Iterator[Mutation]:
        for strength in ("strong", "moderate"):
            edit = self.texts.set(LADDER, ("strengths", strength), "{recommends_when: concluded}")
            touches = frozenset({"strengths", strength})
            yield Mutation("not-examined", strength, (edit,), touches, (f"`{strength}`",))
        yield self.line("not-examined", "file", "eligible_for_human_review", "eligible >= 1", "looked at")

    def ladder_order(self) -> Iterator[Mutation]:
        person = self.base.ladder.personnel_stage
        ids = [stage.id for stage in self.base.stages]
        lists = {stage.id: stage.decided_by for stage in self.base.stages}
        node = self.texts.entry(LADDER, "stages")
        for at in range(ids.index(person)):
            order = [id for id in ids if id != person]
            order.insert(at, person)
            text = "\n  ".join(f"- {{stage: {id}, decided_by: {lists[id]}}}" for id in order) + "\n"
            edit = Edit(LADDER, node.start, node.end, text)
            told = (f"`{order[at + 1]}`", f"`{person}`")
            yield Mutation("ladder-order", f"{person} is {at + 1}.", (edit,), frozenset({ALL}), told)
        lines = self.texts.entry(LADDER, "decisions", "file")
        assert isinstance(lines, Sequence)
        blocked, complete = lines.items[1], lines.items[2]
        one, other = (self.base.files[LADDER][node.start : node.end].rstrip() for node in (blocked, complete))
        edits = (
            Edit(LADDER, blocked.start, blocked.start + len(one), other),
            Edit(LADDER, complete.start, complete.start + len(other), one),
        )
        yield Mutation("ladder-order", "complete first", edits, frozenset({ALL}), ("`blocked`",))

    def gap(self) -> Iterator[Mutation]:
        for stage in self.causes:
            assert stage.ruled_out_when is not None
            text, written = stage.texts["ruled_out_when"], self.base.as_written.home[stage.id].ruled_out_when
            gates = [rule for name in names(stage.ruled_out_when) for rule in self.base.findings.get(name, ())]
            also = {name for rule in gates for name in names(rule.when)}
            for leaf in getattr(written, "parts", (written,)):
                match leaf:
                    case Compare(op, Name(id), Literal(Decimal() as number)) if not self.base.terms[id].sample:
                        speaks = [rule for rule in self.base.rules_of[stage.id] if id in names(rule.when)]
                        speaks = [rule for rule in speaks if rule.strength in ("strong", "moderate")]
                        if not speaks or text.count(id) > 1 or id in also:
                            continue
                        moved = number + 1 if op in (">", ">=") else number - 1
                        made = text[: leaf.start] + f"{id} {op} {moved}" + text[leaf.end :]
                        told = (f"`{id}`", f"{'below ' if op == '>=' else 'above '}{moved}")
                        found = self.stage("gap", stage, "ruled_out_when", " ".join(made.split()), *told)
                        yield replace(found, touches=found.touches | {f"rule {rule.id}" for rule in speaks})

    def effect_alone(self) -> Iterator[Mutation]:
        for rule in self.base.rules:
            read = names(self.base.as_written.rule[rule.id].when)
            if len(read) == 1 and read[0] in self.base.terms and self.base.ladder.strengths[rule.strength].examined:
                term = self.base.terms[read[0]]
                found = self.term("effect-alone", term, "effect", "true")
                yield replace(found, told=(f"`{rule.id}`", *found.told), touches=found.touches | {f"rule {rule.id}"})

    def core_term(self) -> Iterator[Mutation]:
        read = {name for stage in self.causes for name in names(stage.ruled_out_when or Literal(True))}
        for term in self.base.terms.values():
            if term.name not in read and not term.core:
                yield self.term("core-term", term, "core", "true")

    # --- questions and interventions ---

    def unused_term(self) -> Iterator[Mutation]:
        for home in self.base.home:
            for name in ("spare_one", "spare_two"):
                text = (
                    f"  {name}_{home}:\n    type: boolean\n    question: Is {name} of {home} so?\n    respondent: hr\n"
                )
                edit = self.texts.into(f"knowledge/{home}.yaml", "terms", text)
                touches = frozenset({f"{name} {home}", f"terms {home}"})
                yield Mutation("unused-term", f"{home}: {name}", (edit,), touches, (f"`{name}_{home}`",))

    def idle_question(self) -> Iterator[Mutation]:
        read = Counter(name for rule in self.base.rules for name in names(rule.when))
        read.update(name for stage in self.base.stages for expr in stage.conditions.values() for name in names(expr))
        judges = [i.judge for i in self.base.interventions.values() if i.judge is not None]
        read.update(name for judge in judges if judge.holds is not None for name in names(judge.holds))
        for rule in self.plain:
            for leaf, term, _ in islice(limits(rule, self.base), 1):
                if read[term.name] == 1:
                    text = swapped(rule, leaf, beyond(leaf, term))
                    yield self.when("idle-question", rule, text, f"`{term.name}`", more=[term.name])

    def no_question(self) -> Iterator[Mutation]:
        for home in self.with_rules:
            number = next(t.name for t in self.base.terms.values() if t.type in NUMERIC and t.home == home)
            term = f"  {home}_limit:\n    type: number\n    formula: 3 + 2\n    source: J\n"
            rule = f"\n- id: LIMIT-{home}\n  strength: caution\n  when: {number} > {home}_limit\n"
            rule += f"  finding: {home}_limit_passed\n"
            rule += f"  recommend: [collect_more_data]\n  because: It is {{{number}}}.\n  source: J\n"
            edits = (
                self.texts.into(f"knowledge/{home}.yaml", "terms", term),
                self.texts.append(f"rules/{home}.yaml", rule),
            )
            touches = frozenset({f"new {home}", f"terms {home}"})
            yield Mutation("no-question", f"{home}_limit", edits, touches, (f"`{home}_limit`",))
        for term in self.base.terms.values():
            if term.computed and not term.question:
                yield self.term("no-question", term, "respondent", "hr", "respondent")

    def same_question(self) -> Iterator[Mutation]:
        asked = [term for term in self.base.terms.values() if term.question]
        for first, second in zip(asked[::4], asked[2::4], strict=False):
            made = self.term("same-question", second, "question", f'"{first.question}"', f"`{first.name}`")
            yield made

    def near_duplicate_name(self) -> Iterator[Mutation]:
        for term in [term for term in self.base.terms.values() if len(term.name.split("_")[1]) > 4][::3]:
            head, word, *rest = term.name.split("_")
            name = "_".join([head, word[0] + word[2] + word[1] + word[3:], *rest])
            if name == term.name or word[1] == word[2]:
                continue
            text = f"  {name}:\n    type: boolean\n    question: Is {name} so?\n    respondent: hr\n"
            edit = self.texts.into(f"knowledge/{term.home}.yaml", "terms", text)
            touches = frozenset({f"terms {term.home}"})
            yield Mutation("near-duplicate-name", name, (edit,), touches, (f"`{name}`", f"`{term.name}`"))

    def no_range(self) -> Iterator[Mutation]:
        for term in self.base.terms.values():
            if term.type in NUMERIC and term.question:
                edit = self.texts.drop(f"knowledge/{term.home}.yaml", "terms", term.name, "range")
                touches = frozenset({f"term {term.name}"})
                yield Mutation("no-range", f"{term.name}: no range", (edit,), touches, (f"`{term.name}`",))

    def no_label(self) -> Iterator[Mutation]:
        for term in self.base.terms.values():
            edit = self.texts.drop(f"knowledge/{term.home}.yaml", "terms", term.name, "label")
            touches = frozenset({f"term {term.name}"})
            yield Mutation("no-label", f"{term.name}: no label", (edit,), touches, (f"`{term.name}`",))

    def idle_choice(self) -> Iterator[Mutation]:
        for term in self.base.terms.values():
            if not term.choose:
                continue
            lines = self.texts.entry(f"knowledge/{term.home}.yaml", "terms", term.name, "choose")
            assert isinstance(lines, Sequence)
            last = lines.items[-1]
            for item in lines.items[:-1]:
                text = f"{self.base.files[f'knowledge/{term.home}.yaml'][item.start : item.end]}\n      - "
                edit = Edit(f"knowledge/{term.home}.yaml", last.start, last.start, text)
                touches = frozenset({f"term {term.name}"})
                yield Mutation("idle-choice", f"{term.name}: {text}", (edit,), touches, (f"`{term.name}`",))

    def unread_value(self) -> Iterator[Mutation]:
        for term in self.base.terms.values():
            if term.type == "enum" and self.read[term.name] and term.name != self.base.ladder.subject_term:
                text = f"[{', '.join(('odd_one', 'odd_two', *term.values))}]"
                yield self.term("unread-value", term, "values", text, "`odd_one`", "`odd_two`")

    def idle_respondent(self) -> Iterator[Mutation]:
        for name in ("board", "legal_counsel", "works_council"):
            node = self.texts.entry(LADDER, "respondents")
            edit = Edit(LADDER, node.start, node.start, f"{name}: {name}\n  ")
            yield Mutation("idle-respondent", name, (edit,), frozenset({"respondents"}), (f"`{name}`",))

    def no_measure(self) -> Iterator[Mutation]:
        found = list(self.base.interventions.values())
        for intervention, text in zip(found, cycle(("tbd", "To be decided", "title", "do", "?")), strict=False):
            shown = f'"{getattr(intervention, text)}"' if text in ("title", "do") else f'"{text}"'
            edit = self.texts.set(
                f"knowledge/{intervention.home}.yaml", ("interventions", intervention.id, "worked_when"), shown
            )
            touches = frozenset({f"intervention {intervention.id}"})
            yield Mutation("no-measure", f"{intervention.id}: {text}", (edit,), touches, (f"`{intervention.id}`",))

    def idle_intervention(self) -> Iterator[Mutation]:
        giving = Counter(id for rule in self.base.rules for id in rule.recommend)
        for rule in self.base.rules:
            once = [id for id in rule.recommend if giving[id] == 1]
            if once:
                text = f"[{', '.join(id for id in rule.recommend if id != once[0])}]"
                made = self.rule("idle-intervention", rule, "recommend", text)
                yield replace(made, touches=made.touches | {f"recommend {once[0]}"}, told=(f"`{once[0]}`",))

    def idle_source(self) -> Iterator[Mutation]:
        for number in range(3):
            edit = self.texts.append("knowledge/sources.yaml", f"\nZ{number}:\n  title: Not cited\n")
            yield Mutation("idle-source", f"Z{number}", (edit,), frozenset({"sources"}), (f"`Z{number}`",))
        entries = [*self.base.terms.values(), *self.base.rules, *self.base.interventions.values()]
        cited = Counter(id for entry in entries for id in entry.source)
        for rule in self.base.rules:
            once = [id for id in rule.source if cited[id] == 1]
            if once:
                yield replace(self.rule("idle-source", rule, "source", "J"), told=(f"`{once[0]}`",))

    def not_read(self) -> Iterator[Mutation]:
        for name in (
            "rules/pricing.yaml.bak",
            "rules/north/pricing.yaml",
            "knowledge/.pricing.yaml",
            "rules/cases/a.yml",
        ):
            edit = Edit(name, 0, 0, "facts: {}\n")
            shown = name.removesuffix("/pricing.yaml") if "north" in name else name
            yield Mutation("not-read", name, (edit,), frozenset({name}), (shown, "is not read"))

    # --- comments ---

    def unknown_check(self) -> Iterator[Mutation]:
        yield from self.comment("unknown-check", "allow no-such-check - it is so", "`no-such-check`")

    def silence_without_reason(self) -> Iterator[Mutation]:
        yield from self.comment("silence-without-reason", "allow never-true", "reason")

    def unused_silence(self) -> Iterator[Mutation]:
        yield from self.comment("unused-silence", "allow never-true - it is so", "`never-true`")

    def comment(self, code: str, text: str, *told: str) -> Iterator[Mutation]:
        for home in self.with_rules:
            node = self.texts.nodes[f"rules/{home}.yaml"]
            edit = Edit(f"rules/{home}.yaml", node.start, node.start, f"# salesdx: {text}\n")
            touches = frozenset({f"rule {self.base.rules_of[home][0].id}"})
            yield Mutation(code, f"{home}: {text}", (edit,), touches, (*told, f"rules/{home}.yaml"))


ALL = "everything"
QUIET = {
    *("personnel-early", "idle-key", "template-term", "threshold-without-source", "only-shown", "core-term"),
    *(
        "unused-term",
        "no-question",
        "same-question",
        "near-duplicate-name",
        "no-range",
        "no-label",
        "idle-choice",
        "unread-value",
    ),
    *("idle-respondent", "no-measure", "idle-intervention", "idle-source", "not-read"),
    "effect-alone",
    *("unknown-check", "silence-without-reason", "unused-silence"),
}
"""Checks whose mutations leave every condition of a rule or stage as it is."""
SENSITIVE = {"unreachable-rule"}


def mutations(base: RuleBase, codes: Iterable[str]) -> dict[str, list[Mutation]]:
    """Check -> its mutations, spread over the rule base."""
    planter = Planter(base)
    found = {}
    for code in codes:
        made: Callable[[], Iterator[Mutation]] = getattr(planter, code.replace("-", "_"))
        every = [mutation for mutation in made() if not planter.silenced(code, mutation)]
        found[code] = every[:: max(1, -(-len(every) // EACH))]
    return found


def batches(every: Mapping[str, list[Mutation]]) -> Iterator[list[Mutation]]:
    """Mutations that can be planted together: nothing is touched twice, and what must be apart is.

    What is planted in conditions may hide what is planted elsewhere, since a check tells the root of a fault alone.
    """
    for group in (QUIET, every.keys() - QUIET - SENSITIVE, SENSITIVE):
        parts = [mutations for code, mutations in every.items() if code in group]
        yield from _batches([m for row in zip_longest(*parts) for m in row if m is not None])


def _batches(rest: list[Mutation]) -> Iterator[list[Mutation]]:
    while rest:
        batch: list[Mutation] = []
        for mutation in rest:
            if all(_together(mutation, other) for other in batch):
                batch.append(mutation)
        yield batch
        planted = set(map(id, batch))
        rest = [mutation for mutation in rest if id(mutation) not in planted]


def _together(one: Mutation, other: Mutation) -> bool:
    touched = one.touches | other.touches
    return not (ALL in touched or one.touches & other.touches or one.apart & other.homes or other.apart & one.homes)


def plant(base: RuleBase, batch: Iterable[Mutation], home: Path) -> None:
    """Write the files that a batch changes or adds, and the others as they are shipped."""
    for room in ("knowledge", "rules"):
        shutil.rmtree(home / room, ignore_errors=True)
    edits: dict[str, list[Edit]] = {}
    for edit in chain.from_iterable(mutation.edits for mutation in batch):
        edits.setdefault(edit.file, []).append(edit)
    for file, text in (dict.fromkeys(edits, "") | dict(base.files)).items():
        for edit in sorted(edits.get(file, ()), key=lambda e: (e.start, e.end), reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        path = home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
