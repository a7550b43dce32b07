"""What an editor shows of a name under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from salesdx.authoring.limit_readers import RULE, LimitReader, limit_readers
from salesdx.base.floor_terms import readers_on_person
from salesdx.base.model import NUMERIC, Rule, RuleBase, Term
from salesdx.base.reading import plain_number
from salesdx.language.conditions import Compare, Expr, In, Name, names, walk
from salesdx.language.rewriting import numbers_of_limits
from salesdx.lsp.navigation import Use
from salesdx.lsp.occurrences import HOME, NAME

MAX_READERS = 12
"""Rules that are named as readers; the rest is counted."""


def hover_text(base: RuleBase, use: Use) -> str:
    """What a name means, as Markdown; empty for what the rule base does not know."""
    base = base.as_written
    found = MEANINGS.get(use.kind)
    return "\n\n".join(found(base, use.found.name)) if found else ""


def term_summary(base: RuleBase, name: str) -> str:
    """Label, type and unit of a term on one line; the title of a rule that concludes a finding."""
    if (term := base.terms.get(name)) is not None:
        return ", ".join(filter(None, (term.label, term.type, term.unit)))
    return next((rule.title for rule in base.findings.get(name, ()) if rule.title), "finding")


def limit_summary(base: RuleBase, name: str) -> str:
    """The number of a limit with its unit."""
    limit = base.limits[name]
    return f"{plain_number(limit.value)} {limit.unit}".rstrip()


def _name(base: RuleBase, name: str) -> Iterator[str]:
    if (term := base.terms.get(name)) is not None:
        yield from _term(base, term)
    elif name in base.findings:
        yield f"**finding** `{name}`"
        yield "\n".join(f"- {_rule_line(rule)}" for rule in base.findings[name])
        yield from _readers(base, name)
    elif name in base.limits:
        yield from _limit(base, name)


def _term(base: RuleBase, term: Term) -> Iterator[str]:
    yield f"**{term.called}** `{term.name}`"
    yield term.question or f"Computed: {term.derive or 'by its formula'}"
    yield ", ".join(filter(None, (term.type, term.unit, _values(term))))
    if term.respondent:
        yield f"Asked of {base.respondents.get(term.respondent, term.respondent)}"
    yield from _readers(base, term.name)
    yield from _bound(base, term)


def _limit(base: RuleBase, name: str) -> Iterator[str]:
    limit = base.limits[name]
    yield f"**{limit_summary(base, name)}** `{name}`"
    if limit.source:
        yield f"Source: {', '.join(base.sources[id].title if id in base.sources else id for id in limit.source)}"
    found = [f"- {_reader_line(base, reader)}" for reader in limit_readers(base)[name]]
    yield _some("Read by", found) if found else "No condition reads it"
    if base.below is not None and name in base.below.limits:
        yield f"In the base: {limit_summary(base.below, name)}"


def _reader_line(base: RuleBase, reader: LimitReader) -> str:
    """A condition or formula that reads a limit, as it is written where it is a rule's."""
    if reader.what == RULE:
        return f"{_rule_line(base.rule[reader.name])}: `{' '.join(base.rule[reader.name].text.split())}`"
    return f"{reader.what} `{reader.name}`"


def _values(term: Term) -> str:
    if term.type in NUMERIC and term.low is not None and term.high is not None:
        return f"{plain_number(term.low)} to {plain_number(term.high)}"
    return " | ".join(term.values)


def _bound(base: RuleBase, term: Term) -> Iterator[str]:
    """Whether a floor binds a term: of evidence, on the way to a person, and of the base."""
    reader = readers_on_person(base).get(term.name)
    if reader is not None:
        yield f"On the way to a person: {reader[0]}"
    if base.below is None or term.name not in base.below.terms:
        return
    if term.name in readers_on_person(base.below):
        yield "The floor of the base binds it: it stays asked, of nobody else, and as narrowly as there"
    else:
        yield "The base has it"


def _readers(base: RuleBase, name: str) -> Iterator[str]:
    """The rules that read a name, each with the limits that it is compared with, and what else does."""
    rules = [f"- {_rule_line(rule)}{_limits(rule, name)}" for rule in base.rules if name in names(rule.when)]
    others = [f"- `{other.name}` is computed from it" for other in base.terms.values() if _computed_from(other, name)]
    for stage in (*base.stages, *base.groups):
        others += [f"- `{key}` of `{stage.id}`" for key, expr in stage.conditions.items() if name in names(expr)]
    found = [*rules, *others]
    yield _some("Read by", found) if found else "Nothing reads it"


def _some(what: str, found: list[str]) -> str:
    more = [f"- and {len(found) - MAX_READERS} more"] if len(found) > MAX_READERS else []
    return f"{what}:\n" + "\n".join([*found[:MAX_READERS], *more])


def _computed_from(term: Term, name: str) -> bool:
    return any(name in names(expr) for expr in term.expressions)


def _limits(rule: Rule, name: str) -> str:
    """The comparisons of a rule in which a name stands, as they are written."""
    parts = [part for part in walk(rule.when) if _compares(part, name)]
    return f": {', '.join(_compared(rule, part) for part in parts)}" if parts else ""


def _compared(rule: Rule, part: Expr) -> str:
    """A comparison as it is written, with the numbers of its limits behind it."""
    numbers = numbers_of_limits(part).values()
    return f"`{rule.text[part.start : part.end]}`" + (f" ({', '.join(numbers)})" if numbers else "")


def _compares(part: Expr, name: str) -> bool:
    return isinstance(part, Compare | In) and any(isinstance(x, Name) and x.id == name for x in walk(part))


def _rule_line(rule: Rule) -> str:
    return f"**{rule.id}** {rule.title}".rstrip()


def _rule(base: RuleBase, id: str) -> Iterator[str]:
    if (rule := base.rule.get(id)) is not None:
        yield f"{_rule_line(rule)} ({rule.strength})"
        yield f"`{' '.join(rule.text.split())}`"
        yield rule.because
        if rule.recommend:
            yield "Recommends:\n" + "\n".join(f"- {_title(base, id)}" for id in rule.recommend)


def _intervention(base: RuleBase, id: str) -> Iterator[str]:
    if (made := base.interventions.get(id)) is not None:
        yield f"**{made.title}** `{id}`{', acts on a person' if made.personnel else ''}"
        yield made.do
        yield f"By {made.owner}; judged after {made.judge_after}: {made.worked_when}"
        rules = [f"- {_rule_line(rule)}" for rule in base.rules if id in rule.recommend]
        yield "Recommended by:\n" + "\n".join(rules) if rules else "No rule recommends it"
        if base.below is not None and id in base.below.interventions:
            yield "The base has it" + (", and it stays an act on a person" if made.personnel else "")


def _title(base: RuleBase, id: str) -> str:
    return base.interventions[id].title if id in base.interventions else id


def _source(base: RuleBase, id: str) -> Iterator[str]:
    if (source := base.sources.get(id)) is not None:
        yield f"**{id}** {', '.join(filter(None, (source.title, source.by, source.year)))}"
        yield source.quality


def _home(base: RuleBase, id: str) -> Iterator[str]:
    if (stage := base.home.get(id)) is not None:
        yield f"**{stage.title}** `{id}`"
        yield from (f"{key}: `{' '.join(text.split())}`" for key, text in stage.texts.items())


def _property(base: RuleBase, id: str) -> Iterator[str]:
    for made in base.properties:
        if made.id == id:
            yield f"**{made.says}**"
            yield f"`{made.text}`"


def _respondent(base: RuleBase, name: str) -> Iterator[str]:
    if name in base.respondents:
        asked = sum(term.respondent == name for term in base.terms.values())
        yield f"**{base.respondents[name]}** `{name}`: asked {asked} questions"


MEANINGS: Mapping[str, Callable[[RuleBase, str], Iterator[str]]] = {
    NAME: _name,
    HOME: _home,
    "rule": _rule,
    "intervention": _intervention,
    "source": _source,
    "property": _property,
    "respondent": _respondent,
}
"""A kind of names -> what is said of one."""
