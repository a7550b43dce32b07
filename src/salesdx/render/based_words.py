"""What is said of some rules: which they are, what is proved of them, what they stand on and what was added to it."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.background import HOLDS, Acceptance
from salesdx.base.floor_words import asked_otherwise, concluded_by_more, said_otherwise, shared_otherwise
from salesdx.base.floors import acting_on_nobody, called_help, help_put_aside
from salesdx.base.loading import is_shipped
from salesdx.base.model import RuleBase
from salesdx.engine.diagnosis import Diagnosis
from salesdx.engine.expression_text import plainly
from salesdx.language.truth import FALSE
from salesdx.text.english import listed, many

NO_BASE = "These rules have no base: nothing below them is promised"


def based_lines(diagnosis: Diagnosis) -> Iterator[str]:
    """In a report on a person: what its rules are held to, and what of it is not kept."""
    base = diagnosis.base
    person = [stage for stage in diagnosis.stages if stage.stage.id == base.ladder.personnel_stage]
    if not any(stage.applies is not FALSE for stage in person):
        return
    if base.below is None:
        if not is_shipped(base):
            yield NO_BASE
        return
    yield f"These rules are held to their base {_named(base.below)}"
    yield _doors_line(base)
    yield from unkept_lines(base)
    yield from further_lines(base)


def _doors_line(base: RuleBase) -> str:
    """What a certificate says of the doors to a person."""
    proof = base.proof
    doors = proof.doors if proof is not None and proof.rule_base == base.digest else ()
    if not doors:
        return "That no possible case ends harsher for a person than under their base was not proved"
    shut, signed = sum(door.result == HOLDS for door in doors), sum(bool(door.accepted_by) for door in doors)
    accepted = f", {signed} accepted" * bool(signed)
    return f"Of {many(len(doors), 'door')} to a person {shut} proved shut against their base{accepted}"


def stands_on_shipped(base: RuleBase) -> bool:
    """Whether the lowest base is that of this program."""
    return is_shipped(base) if base.below is None else stands_on_shipped(base.below)


def strange_base(base: RuleBase) -> str:
    """What is said behind the name of a base: who writes the base, too, promises nothing by keeping to it."""
    return "" if stands_on_shipped(base) else ", which does not stand on the rules of this program"


def strange_lines(base: RuleBase) -> Iterator[str]:
    """That rules are held to a base which others may have written, whatever version it calls itself."""
    if base.below is not None and not stands_on_shipped(base):
        yield f"these rules are held to their base {_named(base.below)}"


def _named(base: RuleBase) -> str:
    return f"{base.version} ({base.digest[7:19]}){strange_base(base)}"


def unkept_lines(base: RuleBase) -> Iterator[str]:
    """How many properties of the bases are not kept."""
    if base.below is None:
        return
    signed = {each.property: each for each in base.accepts if each.property in base.unkept}
    if signed:
        kept = len(base.below.properties) - len(signed)
        yield f"{kept} of {many(len(base.below.properties), 'promise')} of their base are kept"
    yield from unkept_lines(base.below)


def further_lines(base: RuleBase) -> Iterator[str]:
    """In how many points the rules go further than their base, what each opens, and who signed for it."""
    if base.further:
        told = "; ".join(f"{_opens(each)}, accepted by {each.author}: {each.reason}" for each in base.further)
        points = many(len(base.further), "point")
        yield f"These rules go further than their base in {points}: {told.rstrip('.')}. Names of authors were typed."


def _opens(signed: Acceptance) -> str:
    """What was signed for, in a few words."""
    if signed.property:
        return f"{signed.property} is not kept"
    if signed.silence:
        return f"the check {signed.silence} is silenced"
    return f"{listed([edit.partition(' ')[2] for edit in signed.edits])} opens {listed(signed.doors)}"


def added_lines(base: RuleBase) -> Iterator[str]:
    """What layers and copies say of what they added, each with the reason, what they ask or say in other words, and the
    findings that rules below already have: an answer or a finding may mean another thing there."""
    whose = "the layer" if base.layers else "the copy"
    for made in acting_on_nobody(base):
        yield f"acts on nobody, says {whose}: {made.title} ({made.reason})"
    for made in called_help(base):
        yield f"is help and no pressure, says {whose}: {made.title} ({made.reason})"
    for id, lost in help_put_aside(base):
        yield f"lets help to a person go, says {whose}: {id}: {listed([made.title for made in lost])}"
    for term, was, now in asked_otherwise(base):
        yield f"asks otherwise than the base: {term.called}: {now or 'no words'} (the base: {was or 'no words'})"
    for id, before, after in said_otherwise(base):
        yield f"says otherwise than the base: {id}: {after or 'no words'} (the base: {before or 'no words'})"
    for rule, share in shared_otherwise(base):
        here, there = (plainly(part) if part is not None else "nothing" for part in (rule.explains, share))
        yield f"explains another share of the gap, in percent: {rule.id}: {here} (the base: {there})"
    for rule, other in concluded_by_more(base):
        yield f"one more way to `{rule.finding}`: {rule.id}, says {whose} (the base: {other.id})"


OF_OTHERS = "so says the proof.json that lies beside them, and `salesdx prove` shows whether it is so"
"""After what a certificate says that did not come with this program: whoever writes the rules can write it as well."""


def rules_line(base: RuleBase) -> str:
    """Which rules made a result."""
    return f"Rule base {base.version} ({base.digest.removeprefix('sha256:')[:12]})"


def proof_line(base: RuleBase) -> str:
    """What the certificate beside some rules says of them."""
    proof = base.proof
    assert proof is not None
    if proof.rule_base != base.digest:
        return "The proof that lies beside the rules is of other rules and counts no more"
    open_ = len(proof.refuted) + len(proof.undecided)
    but = f"; {open_} {'are' if open_ > 1 else 'is'} not" * bool(open_)
    verb = "is" if len(proof.proved) + open_ == 1 else "are"
    found = f"{proof.properties_told} of these rules {verb} proved for every possible case by {proof.prover}{but}"
    return found if is_shipped(base) else f"{found}: {OF_OTHERS}"
