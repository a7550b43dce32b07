"""What people write into a trail: which names are one person, and which texts can be kept."""

from __future__ import annotations

import unicodedata

from salesdx.ledger.errors import Refused
from salesdx.text.printable import NOT_PRINTABLE, unprintable

MAX_REASON = 10_000
MAX_STATEMENT = 100_000
"""Characters of a reason, and of the view of the person concerned."""

_LOOKS = (
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβγεηικνορτυχω", "ABEZHIKMNOPTYXabyenikvoptuxw"),  # Greek
    ("АВЕЅІЈКМНОРСТУХҮԌԚԜавеѕіјкмнорстухүԛԝԁԍһӏӀ", "ABESIJKMHOPCTYXYGQWabesijkmhopctyxyqwdghll"),  # Cyrillic
    ("օոսհցյզ", "onuhgjq"),  # Armenian
    ("ıɑɡɩøłđħØŁĐĦ", "iagioldhOLDH"),  # Latin letters that Unicode does not take apart
)
_LOOKALIKE = str.maketrans({char: like for those, these in _LOOKS for char, like in zip(those, these, strict=True)})
_SAME = str.maketrans({"i": "l", "1": "l", "|": "l", "0": "o", "m": "rn", "w": "vv"})
"""Letters that look alike in small letters or in capitals: a capital i and a small L."""


def alike(text: str) -> str:
    """What two texts share that a reader would take for one: case, spaces, marks, accents and lookalikes are left out.

    >>> alike("Anna  WEBER") == alike("anna-weber") == alike("\\u0410nna Weber")
    True
    """
    apart = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    folded = unicodedata.normalize("NFKD", apart.translate(_LOOKALIKE).casefold())
    return "".join(char for char in folded.translate(_SAME) if char.isalnum())


def kept_text(text: str, what: str, most: int) -> str:
    """A text as it is recorded: line ends alike, no space around it. Raises Refused for what cannot be kept."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > most:
        raise Refused(
            f"{what} has {len(text):,} characters, {most:,} can be kept; put long papers on file and name them"
        )
    if strange := NOT_PRINTABLE.search(text):
        message, help = unprintable(strange[0])
        raise Refused(f"{what}: {message}; {help}")
    if not alike(text):
        raise Refused(f"{what} is needed, in words")
    return text
