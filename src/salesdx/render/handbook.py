"""The whole rule base as a handbook for HR and works councils: every question, rule, number and source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from salesdx.authoring.promised import counting_silences, silenced_told
from salesdx.base.ladder_lines import LadderLine as LadderLine
from salesdx.base.model import Rule, RuleBase, Stage, Term
from salesdx.case.statement import shown_value
from salesdx.engine.expression_text import plainly
from salesdx.render.based_words import added_lines, further_lines, proof_line, strange_lines, unkept_lines
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Heading, Paragraph, Report, Section, Table, Tree
from salesdx.render.rule_words import as_written, because_text, condition, intervention, question_line
from salesdx.text.english import capital, listed


def handbook(base: RuleBase, places: bool = True) -> Report:
    """Every part of a rule base, in the order in which causes are looked for; ``places`` tells where rules stand."""
    base = base.as_written
    homes = [*base.stages, *base.groups]
    sections = [
        Section("about", "How a result is found", tuple(_about(base))),
        Section("always", "What holds for every case", tuple(_always(base))),
        *(Section(home.id, _heading(base, home), tuple(_home(base, home, places))) for home in homes),
        Section("signing", "Who decides, and how long records are kept", tuple(_policy(base))),
        Section("silenced", "Checks that comments silence", tuple(_silenced(base))),
        Section("sources", "Sources", (Entries(tuple(_sources(base))),)),
        Section("changes", "What was changed of the rules that these extend", tuple(_layers(base))),
    ]
    counts = (
        f"{len(base.terms)} questions and figures, {len(base.rules)} rules, {len(base.interventions)} interventions"
    )
    about = (("Version", base.version), ("Holds", counts), ("Digest", base.digest))
    footer = (proof_line(base),) if base.proof else ()
    return Report("Handbook of the rules", about, tuple(s for s in sections if s.blocks), footer, contents=True)


def _heading(base: RuleBase, home: Stage) -> str:
    ids = [stage.id for stage in base.stages]
    return f"{ids.index(home.id) + 1} {home.title}" if home.id in ids else home.title


def _about(base: RuleBase) -> Iterator[Block]:
    yield Paragraph(
        "Causes are looked for in a fixed order. A later one counts only when every earlier one is ruled out on "
        "evidence. What nobody knows is unknown: it never counts as a no, and never as a yes."
    )
    order = tuple(Entry(stage.title, stage.owner) for stage in base.stages)
    yield Entries(order, numbered=True)
    yield Heading("Whether a cause is looked for")
    yield _decided(base.ladder.modes)
    for name, lines in base.ladder.decisions.items():
        yield Heading(f"How a status is found: {name}")
        yield _decided(lines)
    yield Heading("What follows from a status")
    follows = (
        ("A stage is passed", base.ladder.passed_when),
        ("It is passed and good enough for a conclusion on a person", base.ladder.proved_when),
        ("It is concluded", base.ladder.concluded_when),
        ("It is held", base.ladder.held_when),
        *(
            (f"Its missing facts are asked for{', where the condition above fits no stage' * bool(line)}", when)
            for line, when in enumerate(base.ladder.ask_when)
        ),
        ("Everything earlier was tried", base.ladder.exhausted_when),
    )
    yield Table(("what", "when"), tuple((what, as_written(when)) for what, when in follows))
    if base.ladder.verdicts:
        yield Heading("What is said of the whole case")
        yield _decided(base.ladder.verdicts)
    yield Heading("What a rule's strength means")
    strengths = tuple(
        (
            name.replace("_", " "),
            as_written(strength.recommends_when) if strength.recommends_when is not None else "never",
            "yes" if strength.examined else "",
        )
        for name, strength in base.ladder.strengths.items()
    )
    yield Table(
        ("strength", "recommends when", "must be looked at before a file is complete"), strengths, labelled=True
    )
    yield Heading("Which source counts where people disagree, the strongest first")
    yield Entries(tuple(Entry(kind.name, ", ".join(kind.words)) for kind in base.evidence), numbered=True)


def _decided(lines: Iterable[LadderLine]) -> Entries:
    """A decision list: the first line that is true counts."""
    steps = [
        Entry(line.name.replace("_", " "), "", (EntryLine("when", as_written(line.when), True), *_says(line)))
        for line in lines
    ]
    return Entries(tuple(steps), numbered=True)


def _says(line: LadderLine) -> tuple[EntryLine, ...]:
    return (EntryLine("says", line.says),) if line.says else ()


CHANGES = {
    "any": "facts are forgotten",
    "core": "core facts of the stage are forgotten",
    "wider": "numbers and dates are known less precisely",
    "weaker": "the same is said on weaker evidence",
    "added": "more is said below the floor",
}
"""The change of a property -> what it is, for a reader."""


def _always(base: RuleBase) -> Iterator[Block]:
    proof = base.proof if base.proof is not None and base.proof.rule_base == base.digest else None
    entries = []
    for property in base.properties:
        proved = "proved for every possible case" if proof is not None and property.id in proof.proved else "not proved"
        better = listed([f"{name} is {way}" for name, way in property.better.items()], "or")
        change = CHANGES.get(property.forget or property.restated, better)
        after = f"{change}; what stands behind `implies` is said of the case after that" if change else ""
        parts = (
            ("name", property.id),
            ("always", property.text),
            ("change", after),
            ("for each", listed(property.stages or ())),
            ("of", listed([f"{strength} rules" for strength in property.strengths])),
            ("note", property.note),
        )
        lines = [EntryLine(label, text, label in ("name", "always")) for label, text in parts if text]
        entries.append(Entry(property.says, proved, tuple(lines)))
    if entries:
        yield Entries(tuple(entries))


def _home(base: RuleBase, home: Stage, places: bool) -> Iterator[Block]:
    yield Paragraph(f"Answers for it: {home.owner}.")
    if home.applies_when is not None:
        yield Paragraph("It is looked at only where:")
        yield Tree(condition(base, home.applies_when))
    if home.ruled_out_when is not None:
        yield Paragraph("The evidence that can rule it out, together with what the ladder asks (see above):")
        yield Tree(condition(base, home.ruled_out_when))
    if home.set_aside_when is not None:
        yield Paragraph("Weaker evidence that can let the ladder go on, but never towards a person:")
        yield Tree(condition(base, home.set_aside_when))
    if limits := [limit for limit in base.limits.values() if limit.home == home.id]:
        yield Heading("Limits")
        rows = tuple(
            (limit.name, " ".join(filter(None, (shown_value(limit.value), limit.unit))), ", ".join(limit.source))
            for limit in limits
        )
        yield Table(("name", "number", "source"), rows)
    terms = [term for term in base.terms.values() if term.home == home.id]
    if terms:
        yield Heading("Questions and figures")
        yield Entries(tuple(_term(base, term) for term in terms))
    rules = base.rules_of[home.id]
    if rules:
        yield Heading("Rules")
        yield Entries(tuple(_rule(base, rule, places) for rule in rules))
    given = [i for i in base.interventions.values() if i.home == home.id]
    if given:
        yield Heading("What can be done")
        yield Entries(tuple(intervention(base, i) for i in given))


def _term(base: RuleBase, term: Term) -> Entry:
    span = ""
    if term.low is not None and term.high is not None:
        span = f" from {shown_value(term.low)} to {shown_value(term.high)}"
    kind = f"{term.type}{span}" if not term.values else f"one of {', '.join(term.values)}"
    valid = f"{term.valid_for} days" if isinstance(term.valid_for, int) else str(term.valid_for or "")
    lines = [
        EntryLine("label", term.label),
        EntryLine("asked", question_line(base, term)),
        EntryLine("value", f"{kind}{f', {term.unit}' if term.unit else ''}"),
        EntryLine("evidence", term.evidence),
        EntryLine("how", term.derive),
        EntryLine("formula", plainly(term.formula) if term.formula is not None else "", True),
        EntryLine("applies", f"where {plainly(term.applies_when)}" if term.applies_when is not None else ""),
        *(EntryLine("", f"{shown_value(choice.value)} when {as_written(choice.when)}", True) for choice in term.choose),
        EntryLine(
            "may differ", f"by {shown_value(term.tolerance)} from what is stated" if term.tolerance is not None else ""
        ),
        EntryLine("counts for", valid),
        EntryLine("note", term.note),
        EntryLine("source", ", ".join(term.source)),
    ]
    return Entry(term.name, "computed" if term.computed else "", tuple(line for line in lines if line.text))


def _rule(base: RuleBase, rule: Rule, places: bool) -> Entry:
    lines = [
        EntryLine("says", because_text(base, rule)),
        EntryLine("finds", rule.finding),
        EntryLine("advises", listed([base.interventions[id].title for id in rule.recommend])),
        EntryLine("holds back", listed([base.interventions[id].title for id in rule.suppresses])),
        EntryLine("note", rule.note),
        EntryLine("source", ", ".join(rule.source)),
        EntryLine("stands in", f"{rule.place.path}:{rule.place.line}" if places else ""),
    ]
    title = f"{rule.id}: {rule.title}" if rule.title else rule.id
    told_lines = tuple(line for line in lines if line.text)
    return Entry(title, rule.strength, told_lines, tree=condition(base, rule.when))


def _policy(base: RuleBase) -> Iterator[Block]:
    policy = base.policy
    if policy is None:
        yield Paragraph("The rules have no policy: nothing can be signed.")
        return
    yield Paragraph(
        f"A complete file is signed by {len(policy.roles)} different persons, as {listed(policy.roles)}; each reads "
        f"the case against it first and signs {policy.wait_hours} hours later at the earliest. Neither sees the "
        f"other's signature before both are given, and it counts for {policy.signature_days} days. Either can refuse."
    )
    kept = tuple((kind.replace("_", " "), f"{days} days") for kind, days in policy.retention_days.items())
    yield Table(("a case about", "is kept for, after its last record"), kept)
    yield Paragraph(
        f"Who signs faster than {policy.words_per_minute} words a minute is marked as not having read. Reports show no "
        f"group of fewer than {policy.small_cell} people, and mark a ratio of rates between groups that is below "
        f"{shown_value(policy.impact_ratio)}."
    )


def _sources(base: RuleBase) -> Iterator[Entry]:
    for source in base.sources.values():
        lines = [*(EntryLine("", address) for address in source.address)]
        if source.quality:
            lines.append(EntryLine("quality", source.quality))
        yield Entry(f"{source.id}: {source.title}", ", ".join(filter(None, (source.by, source.year))), tuple(lines))
    yield Entry("J: judgement", "", (EntryLine("", "Nobody measured it; a firm may set it otherwise."),))


def _silenced(base: RuleBase) -> Iterator[Block]:
    if told := silenced_told(base):
        yield Paragraph(f"{capital(told)}.")
        rows = tuple((each.code, base.paths[each.place.path], each.why) for each in counting_silences(base))
        yield Table(("check", "in", "why"), rows)


def _layers(base: RuleBase) -> Iterator[Block]:
    for layer in base.layers:
        yield Heading(layer.shown)
        yield Table(("what", "name", "how"), layer.changes)
    if lines := [*strange_lines(base), *added_lines(base), *unkept_lines(base), *further_lines(base)]:
        yield Heading("What was said and signed for it")
        yield Entries(tuple(Entry(line) for line in lines))
