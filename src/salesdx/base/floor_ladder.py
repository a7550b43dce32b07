"""What a base binds of its ladder: the stages on the way to a person, their floors and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from salesdx.base.ladder_lines import Floor
from salesdx.base.loosening import ALWAYS, NEVER, demands, loosened
from salesdx.base.model import RuleBase, Stage, is_file
from salesdx.base.reading import where
from salesdx.language.conditions import names
from salesdx.text.issues import Issue
from salesdx.text.source import Place

LADDER = "knowledge/ladder.yaml"
HEAD = ("subject_term", "period_end_term", "result_terms", "currency_term", "cycle_term", "confirmed_by")
"""What the head of a case states: whom it is about, when evidence is too old, how much of the goal was reached; and by
what sessions and their windows count."""
EARLIER = "left_out"
"""The word of the ladder that compares a case with earlier records, which no proof over single cases sees."""


def bound_stages(base: RuleBase) -> tuple[str, ...]:
    """The personnel stage, the stages before it, and those decided on a file, in the order of the ladder."""
    ids = [stage.id for stage in base.stages]
    person = ids.index(base.ladder.personnel_stage) if base.ladder.personnel_stage else -1
    return tuple(s.id for i, s in enumerate(base.stages) if i <= person or is_file(base, s))


def order_faults(stages: Mapping[str, Place], person: tuple[str, Place], old: RuleBase, at: Place) -> list[Issue]:
    """Where the stages of a ladder, each with its place, are not those of its base in their order.

    ``person`` is the personnel stage and where it stands, ``at`` the place of what lists the stages.
    """
    bound, places = bound_stages(old), {stage.id: where(stage.place) for stage in old.stages}
    told = [
        (f"the stage `{id}` of the base is missing", at, f"it stands at {places[id]}, and stays in the ladder")
        for id in bound
        if id not in stages
    ]
    here = [id for id in stages if id in bound]
    wanted = [id for id in bound if id in stages]
    for id, other in zip(here, wanted, strict=True):
        if id != other:
            message = f"`{id}` stands where the base has `{other}`"
            told.append((message, stages[id], f"the order of the base is {', '.join(bound)} ({places[id]})"))
            break
    last = [*stages].index(here[-1]) if here else len(stages)
    told += [
        (f"`{id}` stands behind the last stage of the base", place, f"a new stage stands before `{bound[-1]}`")
        for i, (id, place) in enumerate(stages.items())
        if i > last and id not in places
    ]
    if old.ladder.personnel_stage and person[0] != old.ladder.personnel_stage:
        message = f"the personnel stage is `{old.ladder.personnel_stage}` in the base"
        told.append((message, person[1], f"it stands at {where(old.ladder.places['personnel_stage'])}, and stays so"))
    return [Issue("floor-stage", message, place, help) for message, place, help in told]


def ladder_faults(new: RuleBase, old: RuleBase, at: Callable[[str], Place]) -> Iterator[Issue]:
    """Where the ladder and its stages demand less than those of the base, in their order as `order_faults` has it."""
    before, now = {stage.id: stage for stage in old.stages}, {stage.id: stage for stage in new.stages}
    bound = bound_stages(old)
    for id in before.keys() & now.keys():
        yield from _floor(before[id], now[id], old)
        yield from _conditions(before[id], now[id], old, at)
    for id in bound:
        if id in now and is_file(old, before[id]):
            yield from _file(before[id], now[id], new, old)
    if loosened(old.ladder.proved_when, new.ladder.proved_when):
        message = "`proved_when` is true where the base's is not: more is good enough for a conclusion on a person"
        yield _of_ladder("floor-condition", message, "proved_when", new, old, at)
    if old.ladder.asked_by and new.ladder.asked_by != old.ladder.asked_by:
        message = f"reviews are asked for by `{old.ladder.asked_by}` in the base, whose word alone is not enough"
        yield _of_ladder("floor-speaker", message, "asked_by", new, old, at)
    for key in HEAD:
        if (said := getattr(old.ladder, key)) and getattr(new.ladder, key) != said:
            told = said if isinstance(said, str) else ", ".join(f"{part}: {term}" for part, term in said.items())
            yield _of_ladder("floor-asked", f"`{key}` is `{told}` in the base", key, new, old, at)
    yield from _evidence(new, old, at)
    yield from _distrusts(new, old, at)


def _of_ladder(code: str, message: str, key: str, new: RuleBase, old: RuleBase, at: Callable[[str], Place]) -> Issue:
    stands = old.ladder.places.get(key)
    help = f"the base has `{key}` at {where(stands)}" if stands else f"the base has no `{key}`"
    return Issue(code, message, new.ladder.places.get(key, at(LADDER)), help)


def _floor(was: Stage, now: Stage, old: RuleBase) -> Iterator[Issue]:
    if was.floor is None or now.floor == was.floor:
        return
    for message in _lower(was.floor, now.floor, old.evidence_ranks) if now.floor else ["is missing"]:
        help = f"the base has it at {where(was.place)}"
        yield Issue("floor-evidence", f"the floor of `{was.id}` {message}", now.place, help)


def _lower(was: Floor, now: Floor, ranks: Mapping[str, int]) -> Iterator[str]:
    def rank(kind: str) -> int:
        return ranks.get(kind, len(ranks))

    for key, before, after in (
        ("kind", was.kind, now.kind),
        ("own_kind", was.own_kind or was.kind, now.own_kind or now.kind),
    ):
        if rank(after) > rank(before) and (key == "kind" or was.own_kind or now.own_kind):
            yield f"takes weaker evidence: `{key}` is `{before}` in the base, here `{after}`"
    if now.asker_kind and (not was.asker_kind or rank(now.asker_kind) > rank(was.asker_kind)):
        before = f"`{was.asker_kind}`" if was.asker_kind else "left out, so that none will do"
        yield f"believes those who asked for the review: `asker_kind` is {before} in the base, here `{now.asker_kind}`"
    if was.dated and not now.dated:
        yield "takes what is not dated"


def _conditions(was: Stage, now: Stage, old: RuleBase, at: Callable[[str], Place]) -> Iterator[Issue]:
    on_person = is_file(old, was) or was.id == old.ladder.personnel_stage
    before, after = was.applies_when or ALWAYS, now.applies_when or ALWAYS
    told = []
    if loosened(before, after) if on_person else loosened(after, before):
        told.append(("applies_when", f"`{was.id}` applies {'more' if on_person else 'less'} often than in the base"))
    if loosened(was.set_aside_when or NEVER, now.set_aside_when or NEVER):
        told.append(("set_aside_when", f"`{was.id}` is set aside where it is not in the base"))
    for key, message in told:
        stands = was.places.get(key)
        help = f"the base has `{key}` at {where(stands)}" if stands else f"the base has no `{key}` there"
        yield Issue("floor-condition", message, now.places.get(key, at(f"knowledge/{was.id}.yaml")), help)


def _file(was: Stage, now: Stage, new: RuleBase, old: RuleBase) -> Iterator[Issue]:
    if not is_file(new, now):
        message = f"`{was.id}` is decided on a file in the base, here on evidence"
        yield Issue("floor-stage", message, now.place, f"the base has it at {where(was.place)}")
        return
    lines = {line.name: line for line in new.ladder.decisions[now.decided_by]}
    for before in old.ladder.decisions[was.decided_by]:
        after = lines.get(before.name)
        wanted = {demand for demand in demands(before.when) if EARLIER in names(demand)}
        if after is not None and not wanted <= demands(after.when):
            message = f"`{before.name}` no longer asks whether statements of an earlier record are `{EARLIER}`"
            yield Issue("floor-stage", message, after.place, f"the base has it at {where(before.place)}")


def _evidence(new: RuleBase, old: RuleBase, at: Callable[[str], Place]) -> Iterator[Issue]:
    was, now = {kind.name: kind for kind in old.evidence}, {kind.name: kind for kind in new.evidence}
    if [*was] != [*now]:
        message = f"the kinds of evidence and their order are those of the base: {', '.join(was)}"
        yield _of_ladder("floor-evidence", message, "evidence", new, old, at)
    weakest = old.evidence[-1].name
    for name in was.keys() & now.keys():
        before, after = set(was[name].words), set(now[name].words)
        if before - after or (after - before and name != weakest):
            message = f"`{name}` is told by other words than in the base; only `{weakest}` may get more"
            yield _of_ladder("floor-evidence", message, "evidence", new, old, at)
    if new.default_evidence != old.default_evidence:
        message = f"`default_evidence` is `{old.default_evidence}` in the base"
        yield _of_ladder("floor-evidence", message, "default_evidence", new, old, at)


def _distrusts(new: RuleBase, old: RuleBase, at: Callable[[str], Place]) -> Iterator[Issue]:
    for was in old.rules:
        now = new.rule.get(was.id)
        if was.distrusts and (now is None or now.distrusts != was.distrusts):
            message = f"`{was.id}` of the base distrusts `{was.distrusts}` about single persons, and stays so"
            place = now.place if now is not None else at(f"rules/{was.home}.yaml")
            yield Issue("floor-evidence", message, place, f"the base has it at {where(was.place)}")
