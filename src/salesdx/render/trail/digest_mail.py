"""The mail that tells somebody how much waits for them."""

from __future__ import annotations

from collections import Counter
from email.message import EmailMessage

from salesdx.render.trail.task_pages import WHAT
from salesdx.services.digests import WaitingFor
from salesdx.text.english import many


def digest_mail(waiting: WaitingFor, name: str, address: str, sender: str, to: str) -> EmailMessage:
    """What waits, by kind and number, and where it is looked at: mail is read by others, so no case and nobody stands
    in it."""
    lines = [
        f"{name},",
        "",
        f"{many(waiting.count, 'thing')} wait{'s' * (waiting.count == 1)} for you:",
        "",
    ]
    lines += [f"- {WHAT[kind]}: {count}" for kind, count in Counter(waiting.kinds).items()]
    if waiting.came_in:
        lines.append(f"- Answers came in by link: {many(waiting.came_in, 'review')}")
    if waiting.doubts:
        lines += ["", "Something could not be looked at; the page says what."]
    lines += ["", f"{address}/", "", "Whoever runs the service takes you off this list.", ""]
    mail = EmailMessage()
    mail["Subject"] = f"{many(waiting.count, 'thing')} wait{'s' * (waiting.count == 1)} for you in salesdx"
    mail["From"], mail["To"] = sender, to
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(lines))
    return mail
