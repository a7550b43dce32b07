"""JSON for programs and people."""

from __future__ import annotations

import json
import re
from typing import Any

_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls and changes of writing direction, which a terminal or an eye obeys, and bytes of names that are no UTF-8."""


def to_json(data: Any) -> str:
    """JSON with two spaces, letters as they are; characters that a terminal would obey are written as escapes.

    >>> to_json({"a": "\\u202eb"})
    '{\\n  "a": "\\\\u202eb"\\n}\\n'
    """
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
