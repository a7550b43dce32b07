"""What may not be mapped, by the words in the name of a column: protected attributes, and names of people."""

from __future__ import annotations

import re
from itertools import pairwise

PROTECTED = frozenset(
    (
        "age", "birth", "birthday", "birthdate", "birthyear", "dob", "born", "sex", "gender", "marital", "married",
        "pregnant", "pregnancy", "maternity", "religion", "religious", "ethnic", "ethnicity", "race", "nationality",
        "citizenship", "disability", "disabled", "handicap", "health", "sick", "sickness", "illness", "medical",
        "diagnosis", "children", "family_status", "orientation", "union_member", "salutation", "courtesy", "alter",
        "geburtsdatum", "geburtstag", "geschlecht", "familienstand", "krankheit", "krankheitstage", "krank",
        "staatsangehörigkeit", "nationalität", "schwerbehinderung", "konfession", "schwanger", "mutterschutz",
        "anrede", "naissance", "sexe", "nationalité", "maladie", "grossesse", "nacimiento", "sexo", "nacionalidad",
        "embarazo",
    )
)  # fmt: skip
"""Words for what nothing may be concluded from: no column whose name has one may be read."""
PERSONAL = frozenset(
    (
        "firstname", "lastname", "fullname", "middlename", "surname", "forename", "givenname", "email", "mail",
        "phone", "telephone", "mobile", "fax", "cell", "homephone", "mobilephone", "workphone", "notes", "comment",
        "comments", "remark", "remarks", "vorname", "nachname", "familienname", "telefon", "telefonnummer",
        "mobilnummer", "bemerkung", "bemerkungen", "notizen", "prénom", "téléphone", "apellido", "teléfono",
    )
)  # fmt: skip
"""Words for names, ways to reach a person, and free text: read only where a pseudonym is made of it."""
OF_THINGS = frozenset(("age", "health"))
THINGS = frozenset(
    (
        "days", "hours", "months", "stock", "lead", "deal", "opportunity", "order", "ticket", "invoice", "account",
        "score",
    )
)  # fmt: skip
"""Words for what is protected of a person alone, and words beside which they are of no person."""
_NAME_OF = {"first", "last", "full", "middle", "given", "family", "employee", "contact", "person", "rep", "agent"}
_WORD = re.compile(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[0-9]+")


def name_words(name: str) -> frozenset[str]:
    """The words in the name of a column, in small letters: also two that together are one.

    >>> sorted(name_words("Birth_Date"))
    ['birth', 'birth_date', 'birthdate', 'date']
    """
    words = [word.lower() for word in _WORD.findall(name)]
    pairs = [(a + b, f"{a}_{b}") for a, b in pairwise(words)]
    return frozenset((*words, *(word for pair in pairs for word in pair)))


def is_protected(name: str) -> bool:
    """Whether a column of this name holds what nothing may be concluded from.

    >>> is_protected("employee_age"), is_protected("AgeInDays"), is_protected("customer_health_score")
    (True, False, False)
    """
    words = name_words(name)
    found = words & PROTECTED
    return bool(found) and not (found <= OF_THINGS and bool(words & THINGS))


def is_personal(name: str) -> bool:
    """Whether a column of this name holds a name, a way to reach somebody, or free text."""
    words = name_words(name)
    return bool(words & PERSONAL) or ("name" in words and bool(words & _NAME_OF))
