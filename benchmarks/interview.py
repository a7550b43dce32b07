"""The order of questions: against the exact optimum, backward chaining and file order, and how long a choice takes.

Run with ``make bench-interview``. Prints tables in Markdown; nothing is asserted.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

import salesdx  # noqa: E402
from homes import load_home  # noqa: E402
from salesdx.authoring.worked_cases import case_files  # noqa: E402
from salesdx.base.model import Rule, RuleBase, Stage  # noqa: E402
from salesdx.case.file import memory_from  # noqa: E402
from salesdx.case.memory import WorkingMemory  # noqa: E402
from salesdx.engine.diagnose import diagnose  # noqa: E402
from salesdx.interview.asked import Question  # noqa: E402
from salesdx.interview.diagrams import Node  # noqa: E402
from salesdx.interview.question import Interview, with_answer  # noqa: E402
from salesdx.interview.relevance import relevance  # noqa: E402
from test_relevance import random_test  # noqa: E402

BASES = 200
TERMS = 10
Policy = Callable[[Node], int]


# --- small random rule bases, exactly ---------------------------------------------------------------------------------


def random_stage(random: Random) -> dict[str, object]:
    """One stage of up to ten small terms, a few rules and a condition for ruling out."""
    terms = {}
    for t in range(random.randint(4, TERMS)):
        kind = random.choice(["boolean", "boolean", "integer", "enum"])
        shape = {"boolean": {}, "integer": {"range": [0, 3]}, "enum": {"values": ["red", "green", "blue"]}}[kind]
        terms[f"t{t}"] = {"type": kind, **shape, "effort": random.choice([1, 1, 2, 3, 5])}
    types = {name: str(term["type"]) for name, term in terms.items()}
    rules = {}
    for r in range(random.randint(2, 6)):
        tests = [random_test(random, types, list(terms)) for _ in range(random.randint(1, 3))]
        strength = random.choice(["strong", "moderate"])
        rules[f"R{r}"] = {"when": " and ".join(tests), "strength": strength}
    core = random.sample(list(terms), min(len(terms), random.randint(2, 4)))
    ruled_out = " and ".join(random_test(random, types, [name]) for name in core)
    return {"terms": terms, "rules": rules, "ruled_out_when": ruled_out}


class Exact:
    """Expected effort and number of questions of a policy, each kind of answer as likely as the others."""

    def __init__(self, base: RuleBase) -> None:
        memory = memory_from({"case_subject": "company", "case_attainment_pct": 80}, base)
        self.interview = Interview(base, memory, frozenset())
        self.base, self.stage = base, base.stages[0]
        self.diagrams, self.given = self.interview.diagrams, self.interview.given
        self.function = self.diagrams.restrict(relevance(base).statuses[self.stage.id], self.given)

    def cells(self, variable: int) -> tuple[int, ...]:
        cells = self.given[variable]
        assert isinstance(cells, tuple)
        return cells

    def of(self, policy: Policy) -> tuple[float, float]:
        """(expected effort, expected number of questions)."""
        done: dict[Node, tuple[float, float]] = {}

        def visit(node: Node) -> tuple[float, float]:
            if self.diagrams.is_terminal(node):
                return 0.0, 0.0
            if node not in done:
                variable = policy(node)
                after = [visit(self.diagrams.cofactor(node, variable, cell)) for cell in self.cells(variable)]
                effort, number = (statistics.fmean(part) for part in zip(*after, strict=True))
                done[node] = self.interview.cost(variable) + effort, 1 + number
            return done[node]

        return visit(self.function)

    def optimum(self) -> float:
        """The least expected effort of any policy, by dynamic programming over all residual functions."""
        done: dict[Node, float] = {}

        def visit(node: Node) -> float:
            if self.diagrams.is_terminal(node):
                return 0.0
            if node not in done:
                done[node] = min(
                    self.interview.cost(v)
                    + statistics.fmean(visit(self.diagrams.cofactor(node, v, cell)) for cell in self.cells(v))
                    for v in self.diagrams.support(node)
                )
            return done[node]

        return visit(self.function)

    def ours(self, node: Node) -> int:
        return self.interview.best(node, sorted(self.diagrams.support(node)))[0]

    def in_file_order(self) -> tuple[float, float]:
        """Every term of the stage in the order of the file, relevant or not, until the status is sure."""
        order = sorted(self.diagrams.support(self.function))

        def visit(node: Node, at: int) -> tuple[float, float]:
            if self.diagrams.is_terminal(node):
                return 0.0, 0.0
            variable = order[at]
            after = [visit(self.diagrams.cofactor(node, variable, cell), at + 1) for cell in self.cells(variable)]
            effort, number = (statistics.fmean(part) for part in zip(*after, strict=True))
            return self.interview.cost(variable) + effort, 1 + number

        return visit(self.function, 0)

    def backward(self) -> tuple[float, float]:
        """Rules in the order of the file, the tests of each from left to right, until the status is sure."""
        made = relevance(self.base)
        goals = [made.rules[rule.id] for rule in self.base.rules_of[self.stage.id]]
        assert self.stage.ruled_out_when is not None
        goals.append(made.condition(self.stage.ruled_out_when))
        start = tuple(self.diagrams.restrict(goal, self.given) for goal in goals)
        done: dict[tuple[Node, ...], tuple[float, float]] = {}

        def visit(status: Node, open_goals: tuple[Node, ...]) -> tuple[float, float]:
            if self.diagrams.is_terminal(status):
                return 0.0, 0.0
            key = (status, *open_goals)
            if key not in done:
                goal = next(goal for goal in open_goals if not self.diagrams.is_terminal(goal))
                variable = min(self.diagrams.support(goal))
                after = [
                    visit(
                        self.diagrams.cofactor(status, variable, cell),
                        tuple(self.diagrams.cofactor(goal, variable, cell) for goal in open_goals),
                    )
                    for cell in self.cells(variable)
                ]
                effort, number = (statistics.fmean(part) for part in zip(*after, strict=True))
                done[key] = self.interview.cost(variable) + effort, 1 + number
            return done[key]

        return visit(self.function, start)


def against_the_optimum() -> None:
    ratios: dict[str, list[float]] = {"ours": [], "backward chaining": [], "file order": []}
    numbers: dict[str, list[float]] = {name: [] for name in ratios}
    seed = 0
    while len(ratios["ours"]) < BASES:
        with tempfile.TemporaryDirectory() as folder:
            base = load_home(Path(folder), {"only": random_stage(Random(seed))})
        seed += 1
        exact = Exact(base)
        best = exact.optimum()
        if not best:
            continue
        found = {
            "ours": exact.of(exact.ours),
            "backward chaining": exact.backward(),
            "file order": exact.in_file_order(),
        }
        for name, (effort, number) in found.items():
            ratios[name].append(effort / best)
            numbers[name].append(number)
    print(f"{BASES} random rule bases of one stage, up to {TERMS} terms:\n")
    print("| order | effort / optimum, mean | worst | questions, mean |\n|---|---|---|---|")
    for name in ratios:
        mean, worst, number = statistics.fmean(ratios[name]), max(ratios[name]), statistics.fmean(numbers[name])
        print(f"| {name} | {mean:.3f} | {worst:.3f} | {number:.2f} |")


# --- the shipped rule base --------------------------------------------------------------------------------------------


class FileOrder(Interview):
    """The same interview, but it asks what a decision reads in the order of the files, relevant or not."""

    def of(
        self, function: Node, stands: object, purpose: str, stage: Stage | None, rules: Iterable[Rule]
    ) -> Question | None:
        found = super().of(function, stands, purpose, stage, rules)
        if found is None:
            return None
        names = self.names(self.diagrams.support(function))
        return Question(self.base.terms[names[0]], found.why)


def interview(kind: type[Interview], base: RuleBase, known: WorkingMemory, times: list[float]) -> tuple[int, int]:
    """(effort, number of questions) of an interview whose answers are those of a case."""
    memory = WorkingMemory(base, {}, known.case, known.subject, known.period)
    effort = number = 0
    while True:
        begin = time.process_time()
        question = kind(base, memory, frozenset()).survey().question
        times.append(time.process_time() - begin)
        if question is None:
            return effort, number
        effort, number = effort + question.term.effort, number + 1
        memory = with_answer(memory, question.term.name, known.statements.get(question.term.name, ()))


def form(base: RuleBase, known: WorkingMemory) -> tuple[int, int]:
    """The same result from a form: every question of the files in ladder order, up to the file of the result."""
    result = diagnose(base, known, "compiled")
    first = next(n for n, rule in enumerate(base.rules) if rule.home == base.stages[0].id)
    homes = {rule.home for rule in base.rules[:first]}
    if result.mode == base.ladder.success_mode:
        homes |= {group.id for group in base.groups}
    else:
        for stage in base.stages:
            homes.add(stage.id)
            if result.concluded is not None and result.concluded.stage is stage:
                homes |= {file.stage.id for file in result.files if file.reached}
                break
    terms = [term for term in base.terms.values() if term.home in homes and not term.computed]
    return sum(term.effort for term in terms), len(terms)


def on_the_shipped_base() -> None:
    base = salesdx.load()
    relevance(base)  # made once a process
    cases = [salesdx.read_case(path, base) for path in case_files([ROOT / "rules" / "cases"])]
    times: list[float] = []
    found = {
        "ours": [interview(Interview, base, known, times) for known in cases],
        "file order, the same end": [interview(FileOrder, base, known, []) for known in cases],
        "a form, file by file": [form(base, known) for known in cases],
    }
    print(f"\nThe shipped rule base, {len(cases)} worked cases, from nothing to the same result:\n")
    print("| order | effort | questions | our effort / its | our questions / its |\n|---|---|---|---|---|")
    ours = [sum(part) for part in zip(*found["ours"], strict=True)]
    for name, each in found.items():
        effort, number = (sum(part) for part in zip(*each, strict=True))
        print(f"| {name} | {effort} | {number} | {ours[0] / effort:.2f} | {ours[1] / number:.2f} |")
    ordered = sorted(times)
    p50, p99 = (1000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
    print(f"\nNext question over {len(ordered)} states, CPU: median {p50:.1f} ms, 99th percentile {p99:.1f} ms.")


if __name__ == "__main__":
    against_the_optimum()
    on_the_shipped_base()
