"""All units of a firm at once, worked out in a process of its own. Reads the firm's systems, and writes nothing.

Run by the service: `python -m salesdx.web.scan_apart ASKED`, a file of JSON; the page and the scan as JSON come out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from salesdx.case.file import firm_beside
from salesdx.ledger.errors import TrailError
from salesdx.render.scan_pictures import scan_html
from salesdx.services.drawn_cases import SystemsError, open_systems
from salesdx.services.scan import scan
from salesdx.services.scan_changes import changed_units, scan_data
from salesdx.text.issues import IssuesError
from salesdx.trail.rule_bases import base_of

MOST = 50
"""Units of a kind on the page."""


def scanned(asked: dict[str, Any]) -> dict[str, str]:
    """The page of a scan, and the scan as it is kept. Raises SystemsError, IssuesError, TrailError."""
    from salesdx.facts.windows import last_window

    base = base_of(asked["files"], asked["rules"])
    mapping, key = Path(asked["mapping"]), asked["key"]
    warehouse = open_systems(mapping, Path(key) if key else None)
    settings = warehouse.settings
    window = last_window(asked["months"], settings.data_until, settings.calendar.year_starts)
    found = scan(warehouse, base, asked["kinds"], f"{window.start}/{window.end}", firm_beside(mapping, base))
    changes = tuple(changed_units(asked["before"], found)) if asked["before"] else None
    return {"page": scan_html(found, MOST, changes), "data": json.dumps(scan_data(found))}


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(scanned(json.loads(Path(sys.argv[1]).read_text("utf-8")))))
    except (SystemsError, TrailError) as error:
        sys.exit(f"error: {error}")
    except IssuesError as error:
        sys.exit(f"error: {error.issues[0].message}")
