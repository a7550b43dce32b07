"""What a base binds in the layers and copies of it: where the rules lie below it, as faults.

What can be decided by looking is decided here and in the `floor_` modules beside; the rest is left to the doors of
`salesdx prove --against`. Each fault points to a line of the layer or copy, and its help names the line of the base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from salesdx.base.floor_company import company_faults, remedy_faults
from salesdx.base.floor_ladder import ladder_faults
from salesdx.base.floor_terms import term_faults
from salesdx.base.floor_words import Moved, moved_limits, same_but_for_limits, same_words, word_faults
from salesdx.base.judges import Judge
from salesdx.base.model import PRESSURE, Intervention, Property, RuleBase
from salesdx.base.policy_fields import OTHER
from salesdx.base.policy_model import Policy
from salesdx.base.reading import plain_words, where
from salesdx.text.issues import Issue
from salesdx.text.source import Place

PROPERTIES, POLICY = "knowledge/properties.yaml", "knowledge/policy.yaml"
DOES = ("title", "do")
At = Callable[[str], Place]
"""The name of a file -> its place as a whole."""


def floor_faults(new: RuleBase, old: RuleBase, at: At) -> tuple[Issue, ...]:
    """Everything in which rules lie below their base, but for its properties. Both are read as they were written."""
    return (
        *_personnel(new, old),
        *term_faults(new, old, at),
        *ladder_faults(new, old, at),
        *company_faults(new, old),
        *remedy_faults(new, old),
        *word_faults(new, old, at),
        *(_policy(new.policy, old.policy, at) if old.policy is not None else ()),
    )


def property_faults(new: RuleBase, old: RuleBase, at: At) -> dict[str, Issue]:
    """Properties of the base that do not stand as they are: the one thing that a signature may excuse."""
    now = {made.id: made for made in new.properties}
    return {was.id: _property(was, now.get(was.id), at) for was in old.properties if not is_kept(was, now.get(was.id))}


def acting_on_nobody(base: RuleBase) -> tuple[Intervention, ...]:
    """What layers and copies added, or have in other words, of which they say, with a reason, that it acts on no
    person: the lowest first."""
    return tuple(made for made in _added(base) if not made.personnel)


def called_help(base: RuleBase) -> tuple[Intervention, ...]:
    """What layers and copies added of which they say, with a reason, that it acts on a person and does not press."""
    return tuple(made for made in _added(base) if made.personnel and made.weight != PRESSURE)


def _added(base: RuleBase) -> Iterator[Intervention]:
    if base.below is not None:
        yield from _added(base.below)
        yield from added_measures(base, base.below)


def help_put_aside(base: RuleBase) -> Iterator[tuple[str, list[Intervention]]]:
    """The rules that let help to a person go which rules below would give, each with what: it is suppressed where
    pressure is not, or recommended no more."""
    if base.below is None:
        return
    yield from help_put_aside(base.below)
    below = base.below
    acting = [made for made in below.interventions.values() if made.personnel]
    pressing = {made.id for made in acting if made.weight == PRESSURE}
    for id in dict.fromkeys([*below.rule, *base.rule]):
        was, now = below.rule.get(id), base.rule.get(id)
        gone = {*was.recommend} - {*(now.recommend if now is not None else ())} if was is not None else set()
        kept = now is None or (pressing and pressing <= {*now.suppresses})
        gone |= set() if kept or now is None else {*now.suppresses} - {*(was.suppresses if was is not None else ())}
        if lost := [made for made in acting if made.weight != PRESSURE and made.id in gone]:
            yield id, lost


def added_measures(new: RuleBase, old: RuleBase) -> Iterator[Intervention]:
    """The interventions that a base does not have, and those that act on nobody there and have other words here."""
    moved = moved_limits(new, old)
    for id, made in new.interventions.items():
        was = old.interventions.get(id)
        if was is None or (not was.personnel and _reworded(was, made, moved)):
            yield made


def _reworded(was: Intervention, now: Intervention, moved: Moved, keys: Sequence[str] = DOES) -> list[str]:
    """The keys that say what is done, and say it otherwise."""
    return [key for key in keys if not same_words(getattr(was, key), getattr(now, key), moved)]


def _property(was: Property, now: Property | None, at: At) -> Issue:
    message = f"`{was.id}` of the base is {'missing' if now is None else 'another property here'}: {was.says}"
    help = f"it stands at {where(was.place)}, and stays as it is; give a property of your own another id"
    return Issue("floor-property", message, now.place if now is not None else at(PROPERTIES), help)


def is_kept(was: Property, now: Property | None) -> bool:
    """Whether a property says the same, of these stages at least."""
    return now is not None and _said(was) == _said(now) and set(was.stages or ()) <= set(now.stages or ())


def _said(made: Property) -> tuple[object, ...]:
    words = (plain_words(made.says), plain_words(made.text))
    return (*words, made.stages is None, set(made.strengths), made.forget, dict(made.better), made.restated)


def _personnel(new: RuleBase, old: RuleBase) -> Iterator[Issue]:
    moved = moved_limits(new, old)
    for id, now in new.interventions.items():
        was = old.interventions.get(id)
        if was is not None and was.personnel:
            yield from _restated(was, now, moved, new)
        elif was is not None and not now.personnel and now.reason in ("", was.reason):
            for key in _reworded(was, now, moved)[:1]:
                message = f"`{key}` of `{id}` has other words than in the base, and no reason why it acts on nobody"
                help = f"the base has it at {where(was.place)}; it says: {getattr(was, key)}; write `reason:` beside it"
                yield Issue("floor-personnel", message, now.place, help)
        elif was is None and not now.personnel and not now.reason:
            message = f"`{id}` is new, and says without a reason that it acts on nobody"
            help = "the base has no such thing: write `reason:` beside it, or take it out: then it acts on a person"
            yield Issue("floor-personnel", message, now.place, help)
        elif was is None and now.personnel and now.weight != PRESSURE and not now.reason:
            message = f"`{id}` is new and acts on a person, and is called help without a reason"
            help = f"the base has no such thing: write `reason:` beside it, or take `weight` out: then it is {PRESSURE}"
            yield Issue("floor-personnel", message, now.place, help)


def _restated(was: Intervention, now: Intervention, moved: Moved, new: RuleBase) -> Iterator[Issue]:
    stands = f"the base has it at {where(was.place)}"
    if not now.personnel:
        message = f"`{was.id}` acts on a person, and stays so"
        yield Issue("floor-personnel", message, now.place, f"{stands} with `personnel: true`; take `personnel` out")
    elif was.weight == PRESSURE != now.weight:
        message = f"`{was.id}` presses on a person, and stays so"
        yield Issue("floor-personnel", message, now.place, f"{stands} with `weight: {PRESSURE}`; take `weight` out")
    for key in _reworded(was, now, moved, (*DOES, "owner", "worked_when", "note")):
        message = f"`{key}` of `{was.id}`, which acts on a person, has other words than in the base"
        yield Issue("floor-words", message, now.place, f"{stands}; it says: {getattr(was, key)}")
    if not same_but_for_limits(was.preferred_when, now.preferred_when, new):
        message = f"`preferred_when` of `{was.id}`, which acts on a person, is another than in the base"
        yield Issue("floor-personnel", message, now.place, f"{stands}: what is preferred puts other help aside")
    if not _judged_alike(was.judge, now.judge, new):
        message = f"`judge` of `{was.id}`, which acts on a person, is another than in the base"
        yield Issue("floor-personnel", message, now.place, f"{stands}: by whom, when and by what it is judged stays")


def _judged_alike(was: Judge | None, now: Judge | None, new: RuleBase) -> bool:
    """Whether a measure is judged by the same, but for the numbers of limits that were moved."""
    if was is None or now is None:
        return was is now
    return replace(was, holds=now.holds) == now and same_but_for_limits(was.holds, now.holds, new)


def _policy(now: Policy | None, was: Policy, at: At) -> Iterator[Issue]:
    def fault(message: str, key: str) -> Issue:
        place = at(POLICY) if now is None else now.places.get(key, at(POLICY))
        return Issue("floor-policy", message, place, f"the base has `{key}` at {where(was.places[key])}")

    if now is None:
        yield fault("the policy of the base is missing", "roles")
        return
    if missing := [role for role in was.roles if role not in now.roles]:
        yield fault(f"the base lets no file be complete without a signature of `{'`, `'.join(missing)}`", "roles")
    if now.wait_hours < was.wait_hours:
        yield fault(
            f"the base waits {was.wait_hours} hours before a signature, here are {now.wait_hours}", "wait_hours"
        )
    if now.signature_days > was.signature_days:
        message = f"the base lets a signature count for {was.signature_days} days, here are {now.signature_days}"
        yield fault(message, "signature_days")
    if now.outside_days > was.outside_days:
        message = f"the base takes what was signed outside for {was.outside_days} days, here are {now.outside_days}"
        yield fault(message, "outside_days")
    if now.words_per_minute > was.words_per_minute:
        message = f"the base takes {was.words_per_minute} words a minute for read, here are {now.words_per_minute}"
        yield fault(message, "reading_words_per_minute")
    if now.small_cell < was.small_cell:
        yield fault(f"the base shows no group below {was.small_cell} people, here are {now.small_cell}", "small_cell")
    if now.impact_ratio < was.impact_ratio:
        yield fault(f"the base marks ratios below {was.impact_ratio}, here are {now.impact_ratio}", "impact_ratio")
    for act, grant in was.may.items():
        given, key = now.may.get(act), f"may.{act}"
        if given is None:
            continue  # without a row nobody may
        if more := [role for role in given.roles if role not in grant.roles]:
            yield fault(f"the base does not let `{'`, `'.join(more)}` do `{act}`", key)
        if given.persons < grant.persons:
            yield fault(f"the base wants {grant.persons} persons for `{act}`, here are {given.persons}", key)
        if given.delay_days < grant.delay_days:
            yield fault(f"the base lets `{act}` wait {grant.delay_days} days, here are {given.delay_days}", key)
    for kind, days in was.retention_days.items():
        kept = now.retention_days.get(kind, now.retention_days[OTHER])
        if kind != OTHER and kept < days:
            yield fault(f"the base keeps a case of `{kind}` for {days} days, here are {kept}", "retention_days")
