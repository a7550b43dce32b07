"""What a check is, and how all are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from salesdx.authoring.silences import named, silences, unsigned_silences
from salesdx.base.model import RuleBase
from salesdx.text.issues import Issue, sorted_issues
from salesdx.text.source import Place

ERROR, WARNING, NOTE = "error", "warning", "note"
UNUSED, NO_REASON, UNKNOWN = "unused-silence", "silence-without-reason", "unknown-check"
SILENCERS = (UNUSED, NO_REASON, UNKNOWN)
"""What is said of such comments themselves."""


@dataclass(frozen=True)
class Check:
    """``find`` gives a place and a message (and help) for each fault; ``page`` says what it means and what to do."""

    code: str
    severity: str
    title: str
    page: str
    find: Callable[[RuleBase], Iterator[tuple[Place, str, str]]]


def run_checks(base: RuleBase, checks: Sequence[Check]) -> tuple[Issue, ...]:
    """Every issue that no comment silences, by place, and the comments that silence nothing."""
    allowed = silences(base)
    unsigned = {silence.place for silence in unsigned_silences(base)}
    used: set[Place] = set()
    issues: list[Issue] = []
    known = {check.code for check in checks}
    for check in checks:
        for place, message, help in check.find(base):
            quiet = [
                silence
                for silence in allowed.get(place.path, ())
                if silence.code == check.code and silence.why and silence.lines[0] <= place.line <= silence.lines[1]
            ]
            used.update(silence.place for silence in quiet)
            if waiting := [silence for silence in quiet if silence.place in unsigned]:
                signing = f"`salesdx prove --accept '{named(waiting[0], base)}'`"
                help = f"the comment counts once somebody signs for it: {signing}"
            if len(waiting) == len(quiet):
                issues.append(Issue(check.code, message, place, help, check.severity))
    for silence in (silence for found in allowed.values() for silence in found):
        if silence.code not in known:
            message = f"there is no check `{silence.code}` to allow"
            issues.append(Issue(UNKNOWN, message, silence.place, "", WARNING))
        elif not silence.why:
            help = f"write it behind the code: `# salesdx: allow {silence.code} - why`"
            issues.append(Issue(NO_REASON, "what is allowed needs a reason", silence.place, help, WARNING))
        elif silence.place not in used:
            message = f"nothing here is told by `{silence.code}`, so nothing has to be allowed"
            issues.append(Issue(UNUSED, message, silence.place, "delete the comment", NOTE))
    found = {silence.digest for in_file in allowed.values() for silence in in_file}
    for signed in (each for each in base.accepts if each.silence and each.pieces not in found):
        message = f"the signature of {signed.author} is void: what it silenced is gone, or was changed since"
        help = "take it out, and look at what is silenced before a new one"
        issues.append(Issue("acceptance", message, signed.place, help, ERROR))
    return sorted_issues(issues)
