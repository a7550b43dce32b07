"""What a base binds of its terms: what the path to a person reads is asked, of whom, and as narrowly as there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from salesdx.base.loosening import ALWAYS, loosened
from salesdx.base.model import PERIOD, RuleBase, Term, is_file
from salesdx.base.reading import where
from salesdx.language.conditions import Expr, Name, names
from salesdx.language.rewriting import with_limits, without_places
from salesdx.text.issues import Issue
from salesdx.text.source import Place

Reader = tuple[str, bool]
"""Who reads a term, in words with its place, and whether that is a file on a person."""


def term_faults(new: RuleBase, old: RuleBase, at: Callable[[str], Place]) -> Iterator[Issue]:
    """Terms of the base that are asked otherwise here."""
    readers = readers_on_person(old)
    for name, was in old.terms.items():
        now = new.terms.get(name)
        if was.computed:
            continue
        if name in readers and (now is None or now.computed):
            message = f"`{name}` must be stated by somebody"
            place = now.place if now is not None else at(f"knowledge/{was.home}.yaml")
            yield Issue("floor-asked", message, place, _asked_help(was, now, readers[name]))
        elif now is not None and not now.computed:
            yield from _wide(was, now, readers[name]) if name in readers else ()
            yield from _narrow(was, now) if was.type == now.type or name not in readers else ()
            yield from _marks(was, now)
            yield from _speakers(was, now)
            yield from _applying(was, now)
            if _recorded(was, new) != _recorded(now, new):
                message = f"`record` of `{name}` is another than in the base: there the record states it, or people do"
                yield Issue("floor-speaker", message, now.place, f"the base has it at {where(was.place)}")


def readers_on_person(base: RuleBase) -> Mapping[str, Reader]:
    """Asked terms that the personnel stage or a file reads, also through findings, computed terms or the ladder.

    Each with who reads it; a file comes first. The ladder reads the modes' terms, the subject and the period's end;
    and a rule that distrusts evidence about persons is read with them.
    """
    found: dict[str, Reader] = {}
    for expr, reader in (*_roots(base, files=True), *_roots(base, files=False)):
        for name in names_behind(base, expr):
            if name in base.terms and not base.terms[name].computed:
                found.setdefault(name, reader)
    return found


def names_behind(base: RuleBase, expr: Expr) -> set[str]:
    """The terms and findings that a condition reads, also through findings and formulas."""
    ahead = [*names(expr)]
    seen = set(ahead)
    while ahead:
        term = base.terms.get(name := ahead.pop())
        reads = formulas(term) if term is not None else [rule.when for rule in base.findings.get(name, ())]
        more = {other for each in reads for other in names(each)} - seen
        seen |= more
        ahead += more
    return seen


def formulas(term: Term) -> tuple[Expr, ...]:
    """Everything from which a term is, or can be, computed."""
    return (*term.expressions, *((term.or_formula,) if term.or_formula is not None else ()))


def _roots(base: RuleBase, files: bool) -> Iterator[tuple[Expr, Reader]]:
    for stage in base.stages:
        if is_file(base, stage) if files else stage.id == base.ladder.personnel_stage:
            what = "the file on a person reads it" if files else "the stage on a person reads it"
            for rule in base.rules_of[stage.id]:
                yield rule.when, (f"{what} ({where(rule.place)}, {rule.id})", files)
            for key, expr in stage.conditions.items():
                yield expr, (f"{what} ({where(stage.places[key])}, `{key}`)", files)
    if files:
        return
    for rule in base.rules:
        if rule.distrusts:
            yield rule.when, (f"what is believed about a person rests on it ({where(rule.place)}, {rule.id})", False)
    ladder = base.ladder
    for line in ladder.modes:
        yield line.when, (f"the ladder reads it ({where(line.place)})", False)
    for key, name in (("subject_term", ladder.subject_term), ("period_end_term", ladder.period_end_term)):
        if name:
            yield Name(name), (f"the ladder reads it ({where(ladder.places[key])})", False)


def _asked_help(was: Term, now: Term | None, reader: Reader) -> str:
    if now is None:
        return f"{reader[0]}; put the term back as the base has it at {where(was.place)}"
    key = "choose" if now.choose else "formula"
    return f"{reader[0]}, so a layer gives it no `{key}`; take the key out (the base has it at {where(was.place)})"


def _wide(was: Term, now: Term, reader: Reader) -> Iterator[Issue]:
    """In what a term that is asked takes more than in the base."""
    name = was.name
    told = [
        (was.type != now.type, f"`{name}` has the type {was.type} in the base, here it is {now.type}"),
        (was.home != now.home, f"`{name}` belongs to `{was.home}` in the base, here it stands in `{now.home}`"),
        (_wider(was, now), f"`range` of `{name}` is wider than in the base"),
        (bool(set(now.values) - set(was.values)), f"`values` of `{name}` are more than in the base"),
        (not _lasts_no_longer(was, now), f"`valid_for` of `{name}` lets it be older than in the base"),
        (reader[1] and _other_formula(was, now), f"`{name}` must be stated by somebody, not calculated"),
    ]
    if was.type != now.type:
        told = told[:2]
    for wrong, message in told:
        if wrong:
            yield Issue("floor-asked", message, now.place, f"{reader[0]}; the base has it at {where(was.place)}")


def _narrow(was: Term, now: Term) -> Iterator[Issue]:
    """In what a term refuses an answer that the base takes: what nobody can state may have spoken for a person."""
    told = [(f"`values` of `{was.name}` lack `{value}`", value not in now.values) for value in was.values]
    told.append((f"`range` of `{was.name}` is narrower than in the base", _wider(now, was)))
    help = f"an answer that the base takes at {where(was.place)} could not be stated here"
    yield from (Issue("floor-asked", message, now.place, help) for message, wrong in told if wrong)


def _wider(was: Term, now: Term) -> bool:
    lower = was.low is not None and (now.low is None or now.low < was.low)
    return lower or (was.high is not None and (now.high is None or now.high > was.high))


def _lasts_no_longer(was: Term, now: Term) -> bool:
    before, after = was.valid_for, now.valid_for
    return before in (None, after) or (isinstance(before, int) and isinstance(after, int) and after <= before)


def _other_formula(was: Term, now: Term) -> bool:
    if now.or_formula is None:
        return False
    return was.or_formula is None or without_places(was.or_formula) != without_places(now.or_formula)


def _marks(was: Term, now: Term) -> Iterator[Issue]:
    """What a property of the base, or a check, counts on."""
    for key in ("core", "effect", "sample"):
        if getattr(was, key) and not getattr(now, key):
            message = f"`{was.name}` has `{key}: true` in the base, and keeps it"
            yield Issue("floor-asked", message, now.place, f"the base has it at {where(was.place)}")


def _speakers(was: Term, now: Term) -> Iterator[Issue]:
    """Whose word counts for a term: no more than in the base, and of no fewer authors."""
    told: list[str] = []
    alone = set(was.only or (was.respondent,))
    if more := sorted(set(now.only or (now.respondent,)) - alone):
        told.append(f"the word of `{'`, `'.join(more)}` alone is enough for `{was.name}`, in the base it is not")
    if more := sorted(set(now.may_answer) - {*was.may_answer, *alone}):
        told.append(f"`{'`, `'.join(more)}` may answer `{was.name}`, in the base they may not")
    if now.authors < was.authors:
        told.append(f"`{was.name}` needs {was.authors} authors in the base, here {now.authors}")
    if was.covers == PERIOD != now.covers:
        told.append(f"`{was.name}` covers the whole period in the base, here it need not")
    for message in told:
        yield Issue("floor-speaker", message, now.place, f"the base has it at {where(was.place)}")


def _recorded(term: Term, new: RuleBase) -> tuple[object, ...]:
    """What of the record of sessions states a term, with the numbers that limits have in the new rules."""
    if (record := term.record) is None:
        return ()
    numbers = {name: limit.value for name, limit in new.limits.items()}
    choose = [(without_places(with_limits(when, numbers)), value) for when, value in record.choose]
    return record.states, record.what, record.of, record.least, choose


def _applying(was: Term, now: Term) -> Iterator[Issue]:
    if loosened(now.applies_when or ALWAYS, was.applies_when or ALWAYS):
        message = f"`{was.name}` applies less often than in the base"
        yield Issue("floor-condition", message, now.place, f"the base has it at {where(was.place)}")
