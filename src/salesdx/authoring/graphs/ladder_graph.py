"""The escalation ladder as a graph, read from the ladder's own conditions: nothing of its order is written here."""

from __future__ import annotations

from itertools import pairwise

from salesdx.authoring import written as places
from salesdx.authoring.graphs.drawing import LEADS_TO, Graph, Making, condition_label, lines, spelled
from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import CLEARING, RuleBase, Stage, is_file
from salesdx.language.conditions import Expr, Literal, Value, Values, truth
from salesdx.language.truth import FALSE, TRUE
from salesdx.text.english import many
from salesdx.text.source import Mapping as MappingNode
from salesdx.text.source import Scalar, Sequence

PREVIOUS = "previous_concluded"


def ladder_graph(base: RuleBase) -> Graph:
    """Modes, groups and stages in order: what leads on, and where a review may come to its conclusion."""
    base = base.as_written
    made, ladder = Making(base), base.ladder
    early = _groups_before(base)
    before, after = ([group for group in base.groups if (group.id in early) is side] for side in (True, False))
    modes = [_mode(made, line, number) for number, line in enumerate(ladder.modes)]
    for first, second in pairwise(modes):
        made.edge(first, second, "if not true")
    for line, mode in zip(ladder.modes, modes, strict=True):
        speaking = [group for group in base.groups if _speaks(base, group, line.name)]
        path = [_home(made, home) for home in [*(g for g in before if g in speaking), *base.stages[:1]]]
        if base.stages and _climbs(base, line.name):
            for start, end in pairwise([mode, *path]):
                made.edge(start, end)
        for group in after:
            if group in speaking:
                made.edge(mode, _home(made, group))
    for group in base.groups:
        _home(made, group)
    previous: Stage | None = None
    for stage in base.stages:
        _home(made, stage)
        if previous is not None:
            _lead_on(made, previous, stage)
        previous = stage
    for stage in base.stages:
        node = f"stage:{stage.id}"
        if is_file(base, stage):
            _file_ends(made, stage, node)
        else:
            _conclusion(made, stage, node)
    rules = {
        "passed": ladder.passed_when, "proved": ladder.proved_when, "concluded": ladder.concluded_when,
        "held": ladder.held_when,
    }  # fmt: skip
    told = [f"{word} when {spelled(expr)}" for word, expr in rules.items()]
    told += [f"asked about when {', else when '.join(map(spelled, ladder.ask_when))}"]
    says = f"A stage is {'; '.join(told)}."
    return made.graph("The escalation ladder", says, LEADS_TO, down=True)


def _mode(made: Making, line: LadderLine, number: int) -> str:
    place = places.line_of(made.base, number, "modes")
    return made.node("mode", line.name, f"mode {line.name}", lines(condition_label(line.when), line.says), place)


def _home(made: Making, home: Stage) -> str:
    """A stage or group: whose it is, how many rules of which strength it has, what rules it out."""
    base = made.base
    strengths = [rule.strength for rule in base.rules_of[home.id]]
    counts = [f"{strengths.count(name)} {name}" for name in base.ladder.strengths if name in strengths]
    note = lines(
        f"owner: {home.owner}" if home.owner else "",
        f"{many(len(strengths), 'rule')}: {', '.join(counts)}" if counts else "no rules",
        *(f"{key}: {spelled(expr)}" for key, expr in home.conditions.items()),
    )
    return made.node("stage" if home.decided_by else "group", home.id, home.title, note, home.place)


def _lead_on(made: Making, previous: Stage, stage: Stage) -> None:
    """From one stage to the next: a file is reached by a conclusion, any other stage when the one before is passed."""
    base = made.base
    reached = {PREVIOUS: False}
    decision = base.ladder.decisions[stage.decided_by]
    by_conclusion = is_file(base, stage) and any(truth(line.when, reached) is TRUE for line in decision)
    statuses = _statuses(base, previous, base.ladder.concluded_when if by_conclusion else base.ladder.passed_when)
    if statuses:
        label = " or ".join(statuses)
        made.edge(f"stage:{previous.id}", f"stage:{stage.id}", f"{label}, concluded" if by_conclusion else label)


def _conclusion(made: Making, stage: Stage, node: str) -> None:
    """What follows where the review is concluded at a stage."""
    ladder = made.base.ladder
    statuses = _statuses(made.base, stage, ladder.concluded_when)
    if not statuses:
        return
    used = dict.fromkeys(rule.strength for rule in made.base.rules_of[stage.id])
    giving = [name for name in used if _recommends(ladder.strengths[name].recommends_when, statuses)]
    told = f"then its {', '.join(giving)} rules recommend" if giving else "nothing is recommended"
    person = "only here may a person be acted upon" if stage.id == ladder.personnel_stage else ""
    place = places.key_at(made.base, places.LADDER, "concluded_when")
    made.edge(node, made.node("outcome", stage.id, "concluded here", lines(told, person), place), " or ".join(statuses))


def _file_ends(made: Making, stage: Stage, node: str) -> None:
    """The statuses that a file can have once it is reached."""
    for number, line in enumerate(made.base.ladder.decisions[stage.decided_by]):
        if truth(line.when, {PREVIOUS: True}) is not FALSE:
            place = places.line_of(made.base, number, "decisions", stage.decided_by)
            note = lines(condition_label(line.when), line.says)
            made.edge(node, made.node("status", f"{stage.id}.{line.name}", line.name, note, place))


def _statuses(base: RuleBase, stage: Stage, expr: Expr) -> list[str]:
    """The statuses that a stage can have and under which a condition of the ladder may be true."""
    known: dict[str, Value | None] = {} if "applies_when" in stage.conditions else {"applies": True}
    known |= {key: False for key in CLEARING if key not in stage.conditions}
    decision = [line for line in base.ladder.decisions[stage.decided_by] if truth(line.when, known) is not FALSE]
    return [line.name for line in decision if truth(expr, {"status": line.name}) is not FALSE]


def _recommends(expr: Expr | None, statuses: list[str]) -> bool:
    return any(truth(expr or Literal(False), {"status": s, "concluded": True, "held": False}) is TRUE for s in statuses)


def _speaks(base: RuleBase, group: Stage, mode: str) -> bool:
    """Whether a group's rules may recommend anything in a mode."""
    used = {rule.strength for rule in base.rules_of[group.id]}
    known: Values = {"mode": mode, "applies": True, "concluded": False, "held": False}
    return any(truth(base.ladder.strengths[name].recommends_when or Literal(False), known) is TRUE for name in used)


def _climbs(base: RuleBase, mode: str) -> bool:
    """Whether a mode alone leaves the first stage's status open."""
    known: Values = {"mode": mode}
    for line in base.ladder.decisions[base.stages[0].decided_by]:
        if (found := truth(line.when, known)) is not FALSE:
            return found is not TRUE
    return False


def _groups_before(base: RuleBase) -> set[str]:
    """The groups whose rules come before those of the stages."""
    found = places.node_at(base, places.LADDER, "groups")
    named = found.get("before") if isinstance(found, MappingNode) else None
    items = named.items if isinstance(named, Sequence) else ()
    return {item.text for item in items if isinstance(item, Scalar)}
