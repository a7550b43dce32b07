"""The sign-off of a complete file: four steps with how they stand, the case against as it was read, and a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from salesdx.render.pages.case_words import Send, moment_words
from salesdx.render.pages.shell import AppPage, Shell
from salesdx.text.english import capital, listed
from salesdx.trail.sign_off_story import BarKind, Signature, SignBar, State
from salesdx.trail.signing_off import SigningSteps

if TYPE_CHECKING:
    from markupsafe import Markup

DONE, NOW, RUNS, LATER = "done", "now", "runs", "later"
STATES = {DONE: "Done", NOW: "To do now", RUNS: "Going on", LATER: "Not yet"}
MEANS = {
    State.COMPLETE: "All have signed: the step may be considered. That is no recommendation: people decide, and the "
    "person concerned can object.",
    State.REFUSED: "It was refused. This step may not be taken on these facts, whatever the case is called; it is "
    "closed for good.",
    State.VOID: "Signatures on this record count no more.",
}
Called = Callable[[str], str]
"""What a role, or a person, is called."""


@dataclass(frozen=True)
class SigningStep:
    """One of the four: ``state`` is one of STATES."""

    title: str
    state: str
    lines: tuple[str, ...]

    @property
    def stands(self) -> str:
        """The state in words."""
        return STATES[self.state]


@dataclass(frozen=True)
class OthersLine:
    """What one of those who have signed decided, once it may be seen."""

    who: str
    decided: str
    reason: str


@dataclass(frozen=True)
class SignOffPage(AppPage):
    """``barred`` is why the reader may not sign. ``address`` is that of the page; the steps are shown to who may sign.

    ``again`` says whether they can read the case against once more as it was shown to them.
    """

    template: ClassVar[str] = "sign_off.html"
    about: tuple[tuple[str, str], ...]
    means: str
    stands: tuple[str, ...]
    barred: tuple[str, ...]
    steps: tuple[SigningStep, ...]
    address: str
    key: str
    again: bool
    longest: int
    reason: str = ""
    others: tuple[OthersLine, ...] = ()


@dataclass(frozen=True)
class AgainstPage(AppPage):
    """The case against, as it was recorded and shown to the reader."""

    template: ClassVar[str] = "against.html"
    article: Markup
    record: int
    address: str


@dataclass(frozen=True)
class DecisionPage(AppPage):
    """A decision as it is about to be signed. ``request`` is what the browser needs to ask a passkey."""

    template: ClassVar[str] = "decision.html"
    script: ClassVar[bool] = True
    decided: str
    reason: str
    role: str
    final: str
    send: Send
    request: str
    back: str


def sign_off_page(
    shell: Shell,
    found: SigningSteps,
    seen: bool,
    passkeys: tuple[str, ...],
    send: Send,
    now: datetime,
    called: Called,
    name: Called,
    role: str,
    longest: int,
    reason: str = "",
) -> SignOffPage:
    """The page for one person in a role: ``passkeys`` are what they call those with which they can sign, ``seen``
    whether they may see the case, ``called`` gives what a role is called, ``name`` what a person is."""
    title = "Sign-off of a complete file"
    barred = tuple(_barred(found.barred, role, called)) if found.barred and found.open else ()
    about: tuple[tuple[str, str], ...] = ()
    if seen:
        about = (
            ("About", found.subject),
            ("Case", found.case),
            ("Record", str(found.seq)),
            ("Step", found.stage.title),
        )
    able = seen and found.open and not barred
    return SignOffPage(
        shell,
        title,
        tuple(pair for pair in about if pair[1]),
        MEANS.get(found.status.state, "") if seen else "",
        tuple(_stands(found, called)) if seen else (),
        barred,
        tuple(_steps(found, passkeys, now, called)) if able else (),
        send.address,
        send.key,
        found.shown >= 0 and seen,
        longest,
        reason,
        tuple(_other(one, called, name) for one in found.status.signatures) if seen else (),
    )


def _barred(bar: SignBar, role: str, called: Called) -> Iterator[str]:
    """Why somebody may not sign, in words to them."""
    roles = listed([called(one) for one in bar.roles])
    match bar.kind:
        case BarKind.CONCERNED:
            yield "It is about you."
        case BarKind.LINE:
            yield "The person whom it is about reports to you, or to somebody who does."
        case BarKind.PART:
            yield f"You took part in a case of the person whom it is about, as {roles}."
            yield f"Whoever signs as {called(role)} has had no such part."
        case BarKind.SEAT:
            yield "You had a seat at a case of the person whom it is about."
            yield f"Whoever signs as {called(role)} had none."
        case BarKind.TAKEN:
            yield f"It is signed as {roles} already."
        case BarKind.SIGNED:
            yield f"You have signed it as {called(bar.roles[0])}; another person signs as {called(bar.roles[-1])}."
        case BarKind.UNKNOWN:
            yield "The person whom it is about is not in the register, so nobody can tell who stands above them."
            yield "An administrator can enter them."
        case _:
            yield "In your present role you sign no files."


def _stands(found: SigningSteps, called: Called) -> Iterator[str]:
    complete = found.status.state is State.COMPLETE
    if found.open or complete:
        for role in found.roles:
            yield f"{'Signed' if role in found.status.signed else 'Not signed yet'} as {called(role)}"
    for reason in () if found.open else found.status.reasons[int(complete) :]:
        yield f"{capital(reason)}."


def _other(one: Signature, called: Called, name: Called) -> OthersLine:
    decided = "says that it may be considered" if one.approves else "refuses"
    return OthersLine(f"{name(one.name)}, {called(one.role)}", decided, " ".join(one.reason.split()))


def _steps(found: SigningSteps, passkeys: tuple[str, ...], now: datetime, called: Called) -> Iterator[SigningStep]:
    signed = bool(found.signed_as)
    read, thought = signed or found.read >= 0, signed or (found.free is not None and found.free <= now)
    yield SigningStep("Read the case against", DONE if read else NOW, tuple(_read(found, signed)))
    yield SigningStep(
        "Take time to think", DONE if thought else RUNS if read else LATER, tuple(_think(found, signed, thought, now))
    )
    ready = signed or bool(passkeys)
    yield SigningStep("Confirm that it is you", DONE if ready else NOW, tuple(_confirm(found, signed, passkeys)))
    may = thought and ready and read
    yield SigningStep(
        "Decide, for reasons of your own",
        DONE if signed else NOW if may else LATER,
        tuple(_decide(found, may, called)),
    )


def _read(found: SigningSteps, signed: bool) -> Iterator[str]:
    if found.read_at is not None:
        yield f"You read it on {moment_words(found.read_at)}. You can read it again as often as you want."
    elif not signed:
        if found.shown >= 0:
            yield "What you read counts no more: too much time has passed, or something was said since. Read it anew."
        yield "It holds what speaks against this step. That it was shown to you is recorded, and your time begins."


def _think(found: SigningSteps, signed: bool, thought: bool, now: datetime) -> Iterator[str]:
    if signed:
        return
    if found.free is None or found.until is None:
        yield f"{found.wait_hours} hours from the moment in which you have read it."
    elif thought:
        yield f"It ended on {moment_words(found.free, end=True)}."
        yield f"What you read counts until {moment_words(found.until)}."
    else:
        yield f"Until {moment_words(found.free, end=True)}, by the clock of this service, where it is "
        yield f"{moment_words(now)} now. You can close this page and come back."


def _confirm(found: SigningSteps, signed: bool, passkeys: tuple[str, ...]) -> Iterator[str]:
    if signed:
        return
    if passkeys:
        names = listed([f"“{name}”" for name in passkeys], "or")
        yield f"Once you have decided, your passkey {names} asks for your finger, your face or a PIN, and signs."
    else:
        yield "You sign with a passkey that two administrators have entered, and have none here yet. Make one now; it "
        yield "takes them some time. Whoever has an SSH key in the register can sign by the command line instead."


def _decide(found: SigningSteps, may: bool, called: Called) -> Iterator[str]:
    if found.signed_at is not None:
        yield f"You signed as {called(found.signed_as)} on {moment_words(found.signed_at)}. What you and others decided"
        yield "is sealed until all have signed, or the file is void."
    elif may:
        yield "A refusal is final: it closes this file for good, and every later one of the same person, period and "
        yield "facts. To approve says that the step may be considered, and recommends nothing."
        yield "Nobody sees what you decided, or why, before all have signed or the file is void."
    else:
        yield "When the first three are done."
