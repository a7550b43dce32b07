"""Opens a workbook in LibreOffice without a window, types into cells as a person would, and stores it.

`/usr/bin/python3 libreoffice_edit.py IN OUT CELL=TEXT ...` with Debian's libreoffice-calc-nogui and python3-uno.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path


def edit(source: Path, target: Path, typed: list[str]) -> None:
    import uno
    from com.sun.star.beans import PropertyValue

    with tempfile.TemporaryDirectory() as profile:
        pipe = f"salesdx{time.monotonic_ns()}"
        accept = f"--accept=pipe,name={pipe};urp;"
        command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{profile}", accept]
        office = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
            desktop = _connected(resolver, f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            hidden, kind = PropertyValue(), PropertyValue()
            hidden.Name, hidden.Value = "Hidden", True
            kind.Name, kind.Value = "FilterName", "Calc MS Excel 2007 XML"
            book = desktop.loadComponentFromURL(source.resolve().as_uri(), "_blank", 0, (hidden,))
            sheet = book.Sheets.getByIndex(0)
            for each in typed:
                cell, _, text = each.partition("=")
                # what is typed: a number, a date or a formula where it looks like one, unless the cell is for text
                sheet.getCellRangeByName(cell).FormulaLocal = text
            book.storeToURL(target.resolve().as_uri(), (kind,))
            book.close(True)
            desktop.terminate()
            office.wait(20)
        finally:
            office.kill()


def _connected(resolver: object, address: str) -> object:
    end = time.monotonic() + 60
    while True:
        try:
            context = resolver.resolve(address)  # type: ignore[attr-defined]
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    edit(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
