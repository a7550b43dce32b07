"""How a sign-off stands, as a page."""

from __future__ import annotations

from collections.abc import Iterator

from salesdx.base.model import Stage
from salesdx.engine.diagnosis import status_words
from salesdx.render.blocks import Block, Entries, Entry, EntryLine, Paragraph, Report, Section
from salesdx.text.english import capital
from salesdx.trail.sign_off_story import State, Status

MEANS = {
    State.OPEN: "Nobody has been shown the case against yet.",
    State.WAITING: "The case against was shown; time to think is running, or over.",
    State.ONE_SIGNED: "What was decided, and why, is sealed until everybody has signed, or the file is void.",
    State.REFUSED: "This step may not be taken on these facts, whatever the case is called. It is closed for good.",
    State.VOID: "Signatures on this record count no more.",
}


def status_report(status: Status, case: str, stage: Stage) -> Report:
    """How the sign-off of a complete file stands, with everybody's reasons once all have signed."""
    means = MEANS.get(status.state) or (
        f"“{stage.title}” may be considered. This is no recommendation: people decide, and the person concerned can "
        "object."
    )
    blocks = [
        Paragraph(f"{capital(status.state)}.", strong=True),
        Paragraph(means),
        *(Paragraph(f"{capital(reason)}.") for reason in status.reasons),
    ]
    sections = [Section("state", "How it stands", tuple(blocks))]
    if status.signatures:
        sections.append(Section("signatures", "Who signed, and why", tuple(who_signed(status))))
    return Report(f"Sign-off of record {status.seq}", (("Case", case),), tuple(sections), ())


def who_signed(status: Status) -> Iterator[Block]:
    """Who signed, what they decided and why, as far as it may be seen."""
    for signature in status.signatures:
        decided = "says that it may be considered" if signature.approves else "refuses"
        note = f"{status_words(signature.role)}, {signature.time:%Y-%m-%d}, record {signature.seq}"
        yield Entries(
            (Entry(f"{signature.name} {decided}", note, (EntryLine("", " ".join(signature.reason.split())),)),)
        )
