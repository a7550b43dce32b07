"""What a base binds of its words: what is asked on the way to a person, and what is said of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import zip_longest

from salesdx.base.floor_terms import readers_on_person
from salesdx.base.ladder_lines import Ladder, LadderLine
from salesdx.base.model import Rule, RuleBase, Stage, Term, is_file
from salesdx.base.reading import plain_number, plain_words, where
from salesdx.language.conditions import Expr
from salesdx.language.rewriting import with_limits, without_places
from salesdx.text.issues import Issue
from salesdx.text.source import Place

KEEPS = "a finding of one's own stands in a rule with an id of one's own"
ASKED, SAID = ("question", "label", "unit"), ("title", "because")
RESULT = ("label", "unit")
BESIDE = ("question", "label", "derive", "evidence", "note")
"""The words of a term and of a rule, without which an answer or a finding means another thing; and all by which
somebody who is asked knows what is meant."""
NUMBER = re.compile(r"(\d+(?:\.\d+)?)")
Moved = Collection[tuple[str, str]]
"""The numbers of limits that are others than in the base: each as it is there, and as it is here."""


def word_faults(new: RuleBase, old: RuleBase, at: Callable[[str], Place]) -> Iterator[Issue]:
    """Where the same name stands for other words than in the base."""
    readers, moved = readers_on_person(old), moved_limits(new, old)
    on_person = {stage.id for stage in old.stages if _on_person(old, stage)}
    for name, was in old.terms.items():
        now = new.terms.get(name)
        if now is not None and not was.computed and not now.computed:
            why, keys = ("is read on the way to a person", ASKED) if name in readers else ("is asked", ("unit",))
            yield from _others(name, why, keys, was, now, was.place, now.place, moved)
        elif now is not None and was.computed and now.computed and was.home in on_person:
            yield from _others(name, "is worked out about a person", RESULT, was, now, was.place, now.place, moved)
    for stage in old.stages:
        if (after := new.home.get(stage.id)) is None:
            continue
        if _on_person(old, stage):
            place = after.places.get("title", after.place)
            yield from _others(stage.id, "speaks of a person", ("title",), stage, after, stage.place, place, moved)
            yield from _shares(new, old.rules_of[stage.id])
        for rule in old.rules_of[stage.id] if is_file(old, stage) else ():
            if (other := new.rule.get(rule.id)) is not None:
                yield from _others(rule.id, "speaks of a person", SAID, rule, other, rule.place, other.place, moved)
    for name, limit in old.limits.items():
        if (there := new.limits.get(name)) is not None:
            yield from _others(name, "is a limit", ("unit",), limit, there, limit.place, there.place, moved)
    for rule in old.rules:
        if (other := new.rule.get(rule.id)) is not None and other.finding != rule.finding:
            message = f"`{rule.id}` concludes `{rule.finding}` in the base, here `{other.finding}`"
            yield Issue("floor-words", message, other.place, f"the base has it at {where(rule.place)}; {KEEPS}")
    yield from _lines(new.ladder, old, moved)
    yield from _speakers(new, old, at)


def moved_limits(new: RuleBase, old: RuleBase) -> Moved:
    """The limits of a base that have other numbers here: texts that name them follow."""
    pairs = ((limit, new.limits.get(name)) for name, limit in old.limits.items())
    return {(plain_number(was.value), plain_number(now.value)) for was, now in pairs if now and was.value != now.value}


def same_words(before: str, after: str, moved: Moved) -> bool:
    """Whether two texts say the same, but for the numbers of limits that were moved."""
    one, other = (NUMBER.split(plain_words(text)) for text in (before, after))
    return len(one) == len(other) and all(a == b or (a, b) in moved for a, b in zip(one, other, strict=True))


def concluded_by_more(base: RuleBase) -> Iterator[tuple[Rule, Rule]]:
    """Each rule that a layer or copy added with a finding of what the rules lie on, and a rule there that has it."""
    if base.below is None:
        return
    yield from concluded_by_more(base.below)
    for rule in base.rules:
        if rule.id not in base.below.rule and rule.finding in base.below.findings:
            yield rule, base.below.findings[rule.finding][0]


def asked_otherwise(base: RuleBase) -> Iterator[tuple[Term, str, str]]:
    """Each term that is asked in other words than in what the rules lie on, or with other help: the words there, and
    those here."""
    if base.below is None:
        return
    yield from asked_otherwise(base.below)
    moved = moved_limits(base, base.below)
    for name, was in base.below.terms.items():
        now = base.terms.get(name)
        if now is not None and not now.computed:
            pairs = ((getattr(was, key), getattr(now, key)) for key in BESIDE)
            yield from ((was, before, after) for before, after in pairs if not same_words(before, after, moved))


def said_otherwise(base: RuleBase) -> Iterator[tuple[str, str, str]]:
    """What rules and stages say in other words than in what the rules lie on, and who or what source is called
    otherwise: name, the words there, and those here."""
    if base.below is None:
        return
    yield from said_otherwise(base.below)
    moved = moved_limits(base, base.below)
    for there, here, keys in ((base.below.home, base.home, SAID[:1]), (base.below.rule, base.rule, SAID)):
        for id, was in there.items():
            pairs = [(getattr(was, key), getattr(here[id], key)) for key in keys] if id in here else []
            yield from ((id, before, after) for before, after in pairs if not same_words(before, after, moved))
    for id, source in base.below.sources.items():
        if id in base.sources and not same_words(source.title, base.sources[id].title, moved):
            yield id, source.title, base.sources[id].title
    for id, words in base.below.respondents.items():
        if not same_words(words, base.respondents.get(id, words), moved):
            yield id, words, base.respondents[id]


def shared_otherwise(base: RuleBase) -> Iterator[tuple[Rule, Expr | None]]:
    """Each rule that explains another share of the gap than in what the rules lie on, with the share there; and each
    new one on a person that explains any: what a report says a cause weighs is no verdict, but reads like one."""
    if base.below is None:
        return
    yield from shared_otherwise(base.below)
    on_person = {stage.id for stage in base.stages if _on_person(base, stage)}
    for rule in base.rules:
        was = base.below.rule.get(rule.id)
        if not _same_share(was, rule, base) and (was is not None or rule.home in on_person):
            yield rule, was.explains if was is not None else None


def _shares(new: RuleBase, rules: Iterable[Rule]) -> Iterator[Issue]:
    """The rules on a person of which these say that they explain another share of what is missing to the goal."""
    for was in rules:
        if (now := new.rule.get(was.id)) is not None and not _same_share(was, now, new):
            message = f"`explains` of `{was.id}`, which speaks of a person, is another than in the base"
            says = "" if was.explains is not None else ", without `explains`"
            yield Issue("floor-words", message, now.place, f"the base has it at {where(was.place)}{says}")


def _same_share(was: Rule | None, now: Rule, new: RuleBase) -> bool:
    """Whether a rule explains the same share, but for the numbers of limits that were moved."""
    return same_but_for_limits(was.explains if was is not None else None, now.explains, new)


def same_but_for_limits(was: Expr | None, now: Expr | None, new: RuleBase) -> bool:
    """Whether an expression of a base is the same in other rules, but for the numbers of limits that were moved."""
    if was is None or now is None:
        return was is now
    numbers = {name: limit.value for name, limit in new.limits.items()}
    return without_places(with_limits(was, numbers)) == without_places(now)


def _on_person(base: RuleBase, stage: Stage) -> bool:
    return is_file(base, stage) or stage.id == base.ladder.personnel_stage


def _others(id: str, why: str, keys: tuple[str, ...], was: object, now: object, stands: Place, place: Place,
            moved: Moved) -> Iterator[Issue]:  # fmt: skip
    for key in keys:
        before, after = getattr(was, key), getattr(now, key)
        if not same_words(before, after, moved):
            message = f"`{key}` of `{id}`, which {why}, has other words than in the base"
            yield Issue("floor-words", message, place, f"the base has it at {where(stands)}; it says: {before}")


def _lines(new: Ladder, base: RuleBase, moved: Moved) -> Iterator[Issue]:
    """What the modes, the statuses and the verdicts say."""
    old = base.ladder
    files = {stage.decided_by for stage in base.stages if is_file(base, stage)}
    before, after = _told(old, files), _told(new, files)
    for what, line in before.items():
        other = after.get(what)
        if other is not None and not same_words(line.says, other.says, moved):
            stands = f"the base has it at {where(line.place)}; it says{f': {line.says}' if line.says else ' nothing'}"
            message = f"what the {what} says has other words than in the base"
            yield Issue("floor-words", message, other.place, stands)
    yield from _verdicts(new, old) if old.verdicts else ()


def _verdicts(new: Ladder, old: Ladder) -> Iterator[Issue]:
    """A verdict that the base does not know, and the first that is not given where the base gives it."""
    known = {line.name for line in old.verdicts}
    for line in new.verdicts:
        if line.name not in known:
            message = f"the base knows no verdict `{line.name}`"
            yield Issue("floor-words", message, line.place, f"its verdicts begin at {where(old.verdicts[0].place)}")
    kept = [line for line in new.verdicts if line.name in known]
    for was, now in zip_longest(old.verdicts, kept):
        if was is None or now is None or _given(was) != _given(now):
            line = was or old.verdicts[-1]
            place = now.place if now is not None else new.places.get("verdicts", line.place)
            message = f"the verdict `{line.name}` is not given where the base gives it, or asks otherwise"
            yield Issue("floor-words", message, place, f"the base has it at {where(line.place)}: keep its line")
            return


def _given(line: LadderLine) -> tuple[object, ...]:
    return line.name, without_places(line.when), line.asks


def _told(ladder: Ladder, files: Collection[str]) -> Mapping[str, LadderLine]:
    """Each line of the ladder by what it is called in messages; ``files`` are the lists by which files are decided."""
    statuses = {f"status `{line.name}` of {'a file' if kind in files else f'`{kind}`'}": line
                for kind, lines in ladder.decisions.items() for line in lines}  # fmt: skip
    modes = {f"mode `{line.name}`": line for line in ladder.modes}
    return {**modes, **statuses, **{f"verdict `{line.name}`": line for line in ladder.verdicts}}


def _speakers(new: RuleBase, old: RuleBase, at: Callable[[str], Place]) -> Iterator[Issue]:
    """Somebody who is called as the base calls another: then the questions of one are put to the other."""
    place = new.ladder.places.get("respondents", at("knowledge/ladder.yaml"))
    for id, words in new.respondents.items():
        for other, theirs in old.respondents.items():
            if id != other and plain_words(words).casefold() == plain_words(theirs).casefold():
                message = f"`{id}` is called `{words}`, as the base calls `{other}`"
                stands = old.ladder.places.get("respondents")
                help = f"the base names who answers at {where(stands)}" if stands else "give it words of its own"
                yield Issue("floor-speaker", message, place, help)
