"""What can be asked about, and the answers: why, why not, and the facts that support a result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from salesdx.base.ladder_lines import LadderLine
from salesdx.base.model import Intervention, Rule
from salesdx.case.settling import Fact
from salesdx.case.statement import COMPUTED, shown_value
from salesdx.engine.diagnosis import Recommendation, status_words
from salesdx.engine.program import Count, Define, ladder_name, ladder_word
from salesdx.explanation.derivation import ALL, RECOMMENDATION, STAGE, Derivation, Support, truth_word
from salesdx.explanation.ladder_steps import Derivations
from salesdx.explanation.view import View, pushed, restricted, view_of
from salesdx.explanation.why import Prover, shown_once
from salesdx.language.conditions import Name, names, truth
from salesdx.language.truth import TRUE, UNKNOWN
from salesdx.text.issues import did_you_mean

RECOMMENDED, ALTERNATIVE, SUPPRESSED, ABSENT = "recommended", "alternative", "suppressed", "not recommended"


class UnknownName(LookupError):
    """Nothing that can be explained has this name; the message names the nearest that has."""


def name_kind(view: View, name: str) -> str:
    """Which kind of thing a name is: stage, mode, rule, finding, intervention or term. Raises UnknownName."""
    base = view.base
    homes = {
        "stage": [stage.id for stage in base.stages],
        "mode": ["mode"],
        "rule": base.rule,
        "finding": base.findings,
        "intervention": base.interventions,
        "term": base.terms,
    }
    for kind, known in homes.items():
        if name in known:
            return kind
    near = did_you_mean(name, [*(id for known in homes.values() for id in known), *base.labels.values()])
    raise UnknownName(
        f"there is no stage, rule, finding, intervention or term `{name[:80]}`" + (f"; {near}" if near else "")
    )


def why(view: View, name: str) -> Derivation:
    """The derivation of what was found about a name; it cites exactly what supports it."""
    cited = support(view, name).terms
    if not cited and name_kind(view, name) not in ("term", "mode"):
        return why_not(view, name)
    return shown_once(derive(Prover(view, view_of(restricted(view.memory, cited))), name))


def why_not(view: View, name: str) -> Derivation:
    """Everything that a result depends on, with what would decide it where it is open."""
    return shown_once(derive(Prover(view, everything=True), name))


def support(view: View, name: str) -> Support:
    """The facts that alone give the same result, none superfluous.

    None for what needs no support: what an empty case gives too (an unknown rule, an open stage that nothing keeps
    open), and an intervention that is in no list.

    The facts of the easiest derivation, less those that turn out not to be needed: each is left out in turn, the
    costliest first, and the rest is diagnosed again, until none can be left out. A smaller case counts only if its
    derivation stands on what the whole case has too (without one of its sides, a dispute would be settled).
    """
    wanted = result(view, name)
    told = standing_text(view, name)

    def gives(terms: Iterable[str]) -> bool:
        smaller = view_of(restricted(view.memory, terms))
        return result(smaller, name) == wanted and _proves(smaller, view, name)

    empty = view_of(restricted(view.memory, ()))
    if wanted in (UNKNOWN, ABSENT) or (name_kind(view, name) != "intervention" and result(empty, name) == wanted):
        missing = derive(Prover(view, everything=True), name).deciding
        return Support(name, told, (), tuple(view.fact(term) for term in missing))
    cited = [fact.term for fact in derive(Prover(view), name).facts]
    if not gives(cited):
        by_formula = [term for term, fact in view.memory.facts.items() if fact.used and fact.used.source == COMPUTED]
        cited = [term for term in view.memory.statements if term not in by_formula]
    order = {term: at for at, term in enumerate(view.base.terms)}
    cited.sort(key=lambda term: (view.base.terms[term].effort, order[term]))
    again = True
    while again:
        again = False
        for term in reversed(tuple(cited)):
            fewer = [other for other in cited if other != term]
            if gives(fewer):
                cited, again = fewer, True
    return Support(name, told, tuple(view.fact(term) for term in cited))


def decisive_facts(view: View, stage: str) -> tuple[Fact, ...]:
    """The facts of a stage itself that decide its status; where it needs none, the unknown ones that could turn it."""
    if name_kind(view, stage) != "stage":
        raise UnknownName(f"there is no stage `{stage}`")
    step = view.decision(stage)
    own = [node for node in Prover(view).ladder.decide(step).children if node.kind != STAGE]
    cited = {fact.term: fact for node in own for fact in node.facts}
    return tuple(cited.values()) or tuple(view.fact(term) for term in view.missing(stage))


def _proves(smaller: View, whole: View, name: str) -> bool:
    """Whether the derivation in a smaller case stands on what is known in the whole case only."""
    prover = Prover(whole, smaller)
    made = derive(prover, name)
    return not prover.fails and not any(prover.strange(node) for node in made.walk())


def result(view: View, name: str) -> object:
    """What was found about a name, to be compared."""
    match name_kind(view, name):
        case "stage":
            standing = view.diagnosis.standing(name)
            return standing.status, standing.concluded, standing.held
        case "mode":
            return view.values["mode"]
        case "rule":
            return view.matches.truths[name]
        case "finding":
            return view.matches.values.get(name)
        case "intervention":
            return place(view, name)[0]
    return view.matches.values.get(name), view.fact(name).unknown


def standing_text(view: View, name: str) -> str:
    """What was found about a name, in words."""
    match name_kind(view, name):
        case "stage":
            standing = view.diagnosis.standing(name)
            return " and ".join([status_words(standing.status), *standing.beside])
        case "rule":
            return truth_word(view.matches.truths[name])
        case "finding":
            return truth_word(view.values.get(name))  # type: ignore[arg-type]
        case "term":
            unknown = view.fact(name).unknown
            known = view.values.get(name)
            return shown_value(known) if known is not None or unknown is None else unknown.value
    return str(result(view, name))


def place(view: View, intervention: str) -> tuple[str, Recommendation | None]:
    """Where an intervention stands in the diagnosis."""
    diagnosis = view.diagnosis
    lists = {
        RECOMMENDED: diagnosis.recommendations,
        ALTERNATIVE: diagnosis.alternatives,
        SUPPRESSED: diagnosis.suppressed,
    }
    for name, entries in lists.items():
        for entry in entries:
            if entry.intervention.id == intervention:
                return name, entry
    return ABSENT, None


def derive(prover: Prover, name: str) -> Derivation:
    """The derivation of what was found about a name, as the prover makes it."""
    view = prover.full
    match name_kind(view, name):
        case "stage":
            return stage_layout(prover, name) if prover.everything else stage_derivation(prover, name)
        case "mode":
            step = view.decision("")
            if prover.everything:
                nodes = tuple(node for line in step.lines for node in prover.lay_out(pushed(line.when), top=True))
                return replace(prover.ladder.shallow("mode"), children=nodes)
            return prover.ladder.decide(step)
        case "rule":
            return prover.rule(view.base.rule[name])
        case "finding":
            return prover.finding(name)
        case "intervention":
            return recommendation(prover, view.base.interventions[name])
    return prover.value(name)


def stage_derivation(prover: Prover, stage: str) -> Derivation:
    """Why a stage is concluded or held, where it is; else why it has its status."""
    for word in prover.full.diagnosis.standing(stage).beside:
        return prover.prove(Name(ladder_name(stage, word)), True)[0]
    return prover.ladder.decide(prover.full.decision(stage))


def stage_layout(prover: Prover, stage: str) -> Derivation:
    """Each status that a stage could have had, with everything that would have given it."""
    view, title = prover.full, prover.base.home[stage].title
    step = view.decision(stage)
    status = view.diagnosis.standing(stage).status
    nodes: list[Derivation] = []
    for line in step.lines:
        here = line.name == status and view.truth(line.when) is TRUE
        if line.name == status if not _gate(view, line) else not here:
            continue
        below = prover.lay_out(pushed(line.when), top=True)
        if here:
            nodes += below
        elif below:
            text = f"{title} is not {status_words(line.name)}"
            nodes.append(Derivation(STAGE, stage, text, "false", f"not {line.name}", children=below))
    word = next(iter(view.diagnosis.standing(stage).beside), "")
    deciding = dict.fromkeys(view.missing(stage))
    if word == "held":
        below = prover.lay_out(Name(ladder_name(stage, "concluded")), top=True)
        nodes.append(Derivation(STAGE, stage, f"{title} is not concluded", "false", "not concluded", children=below))
        deciding |= dict.fromkeys(term for node in below for step in node.walk() for term in step.deciding)
    text = f"{title} is {status_words(status)}" + (f" and {word}" if word else "")
    return Derivation(STAGE, stage, text, status=word or status, deciding=tuple(deciding), children=tuple(nodes))


def _gate(view: View, line: LadderLine) -> bool:
    """Whether a line looks at no evidence of the stage: it tells whether the stage is looked at at all."""
    reads = [view.steps.get(name) for name in names(line.when)]
    return not any(
        isinstance(s, Count)
        or (isinstance(s, Define) and ladder_word(s.name)[1] in ("ruled_out_when", "set_aside_when"))
        for s in reads
    )


# --- recommendations ------------------------------------------------------------------------------------------------


def recommendation(prover: Prover, intervention: Intervention) -> Derivation:
    """The rules that give an intervention, why they may, and what holds it back."""
    view, id = prover.full, intervention.id
    where, entry = place(view, id)
    givers = entry.rules if entry else tuple(rule for rule in view.base.rules if id in rule.recommend)
    if prover.everything:
        nodes = _laid_out(prover, givers)
    else:
        options: list[Derivations] = []
        for rule in givers:
            may = Name(view.program.recommends[rule.id])
            if prover.part.matches.truths[rule.id] is TRUE and prover.part.truth(may) is TRUE:
                options.append((prover.rule(rule), *prover.prove(may, True)))
        nodes = prover.cheapest(options)
    deciding = _deciding(view, givers, nodes) if where == ABSENT else ()
    nodes += _held_back(prover, intervention, where)
    shown = {node.name for node in nodes}
    others = [rule.id for rule in givers if entry and rule.id not in shown]
    notes = (f"also given by {', '.join(others)}",) if others else ()
    why = f": {entry.why}" if entry and entry.why else ""
    phrase = {RECOMMENDED: "recommended", ALTERNATIVE: "an alternative", SUPPRESSED: "held back", ABSENT: ABSENT}[where]
    return Derivation(
        RECOMMENDATION,
        id,
        f"{intervention.title} is {phrase}{why}",
        status=where,
        notes=notes,
        deciding=deciding,
        children=nodes,
    )


def _laid_out(prover: Prover, givers: tuple[Rule, ...]) -> Derivations:
    """All rules that could give an intervention, and under what they may."""
    nodes = [prover.rule(rule) for rule in givers]
    groups: dict[str, list[str]] = {}
    for rule in givers:
        groups.setdefault(prover.full.program.recommends[rule.id], []).append(rule.id)
    for name, rules in groups.items():
        found = prover.full.truth(Name(name))
        text = f"{', '.join(rules)} may {'' if found is TRUE else 'not '}recommend now"
        below = prover.lay_out(Name(name), top=True)
        nodes.append(Derivation(ALL, name, text, truth_word(found), children=below))
    return tuple(nodes)


def _deciding(view: View, givers: tuple[Rule, ...], nodes: Derivations) -> tuple[str, ...]:
    """The unknown facts that would let a rule give an intervention: its own, and those of the stage it waits for."""
    may = {node.name: node for node in nodes if node.kind == ALL}
    found: dict[str, None] = {}
    for rule in givers:
        name, truth = view.program.recommends[rule.id], view.matches.truths[rule.id]
        waits = [] if view.values[name] is TRUE else [t for node in may[name].walk() for t in node.deciding]
        if truth is TRUE or (truth is UNKNOWN and (waits or view.values[name] is TRUE)):
            found |= dict.fromkeys([*(view.deciding(rule.when) if truth is UNKNOWN else ()), *waits])
    return tuple(found)


def _held_back(prover: Prover, intervention: Intervention, where: str) -> Derivations:
    """What a place in the lists stands on beside the rules that give the intervention."""
    view, base = prover.part, prover.base
    person = Name(ladder_name(base.ladder.personnel_stage, "concluded"))
    if where == RECOMMENDED:
        acts = intervention.personnel and base.ladder.personnel_stage and not prover.everything
        return prover.prove(person, True) if acts else ()
    if where == ALTERNATIVE:
        forms = [r.intervention for r in view.diagnosis.recommendations if r.intervention.preferred_when is not None]
        wanted = [form for form in forms if truth(form.preferred_when, view.matches.values) is TRUE]  # type: ignore[arg-type]
        return prover.cheapest(
            [
                (recommendation(prover, form), *prover.prove(pushed(form.preferred_when), True))  # type: ignore[arg-type]
                for form in wanted
            ]
        )
    if where != SUPPRESSED:
        return ()
    suppressing = [rule for rule in view.diagnosis.fired if intervention.id in rule.suppresses]
    if suppressing:
        return prover.cheapest([(prover.rule(rule),) for rule in suppressing])
    if intervention.personnel and not view.diagnosis.person_reached:
        return (prover.ladder.shallow(ladder_name(base.ladder.personnel_stage, "status")),)
    for standing in view.diagnosis.standings:
        if standing.complete:
            return prover.prove(Name(ladder_name(standing.stage.id, "exhausted")), True)
    return ()
