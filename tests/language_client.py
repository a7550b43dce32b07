"""A small editor: starts `salesdx lsp` and talks to it over its standard streams."""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lsprotocol.types import Position

from salesdx.lsp.positions import Ruler

PATIENCE = 120
"""Seconds until an answer that does not come is a fault."""
Message = dict[str, Any]


class Editor:
    """One process of the server, with what it said. ``marks`` are the diagnostics it published last, by URI."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.ids = itertools.count(1)
        self.inbox: queue.Queue[Message | None] = queue.Queue()
        self.marks: dict[str, list[Message]] = {}
        self.said: list[Message] = []
        """Notifications other than diagnostics."""
        self.versions: dict[str, int] = {}
        self.errors = b""
        self.readers = [threading.Thread(target=self._listen), threading.Thread(target=self._errors)]
        for reader in self.readers:
            reader.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        while header := self.process.stdout.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = self.process.stdout.readline()
            self.inbox.put(json.loads(self.process.stdout.read(length)))
        self.inbox.put(None)

    def _errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def notify(self, method: str, **params: Any) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, **params: Any) -> Any:
        """The result of a request; the error, as a message, where there is one."""
        id = next(self.ids)
        self.send({"id": id, "method": method, "params": params})
        answer = self.until(lambda message: message.get("id") == id and "method" not in message)
        return answer["error"] if "error" in answer else answer["result"]

    def until(self, wanted: Callable[[Message], object]) -> Message:
        """Take what the server says until something is as wanted."""
        while True:
            message = self.inbox.get(timeout=PATIENCE)
            assert message is not None, f"the server ended: {self.errors.decode()}"
            if message.get("method") == "textDocument/publishDiagnostics":
                self.marks[message["params"]["uri"]] = message["params"]["diagnostics"]
            elif "id" not in message:
                self.said.append(message)
            if wanted(message):
                return message

    def published(self, path: Path, wanted: Callable[[list[Message]], object]) -> list[Message]:
        """The marks of a file in its last version, as soon as they are as wanted."""
        uri = path.as_uri()

        def fits(message: Message) -> bool:
            params = message.get("params") or {}
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and params.get("version") in (None, self.versions.get(uri))
                and bool(wanted(params["diagnostics"]))
            )

        self.until(fits)
        return self.marks[uri]

    def settled(self, shown: Callable[[], object], wanted: object, texts: object) -> None:
        """Wait until what is shown is as wanted, for these texts."""
        while shown() != wanted:
            try:
                self.until(lambda message: True)
            except queue.Empty:
                raise AssertionError(f"it never settled:\n{shown()}\n{wanted}\n{texts}") from None

    # --- what an editor does ---

    def begin(self, **capabilities: Any) -> Message:
        answer: Message = self.request("initialize", processId=None, rootUri=None, capabilities=capabilities)
        self.notify("initialized")
        return answer

    def open(self, path: Path, text: str) -> None:
        self.versions[path.as_uri()] = 1
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", textDocument=document)

    def change(self, path: Path, text: str) -> None:
        uri = path.as_uri()
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def change_unopened(self, path: Path, text: str) -> None:
        """What no editor does: an edit of a text that was never opened."""
        document = {"uri": path.as_uri(), "version": 7}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def close(self, file: Path | str) -> None:
        """Close a text, by its path or its URI."""
        uri = file if isinstance(file, str) else file.as_uri()
        self.versions.pop(uri, None)
        self.notify("textDocument/didClose", textDocument={"uri": uri})

    def ask(self, method: str, path: Path, text: str, at: str, behind: int = 0, **more: Any) -> Any:
        """Ask about the place of the words ``at`` in a text, ``behind`` characters after their first one."""
        position = position_of(text, text.index(at) + behind)
        return self.request(f"textDocument/{method}", textDocument={"uri": path.as_uri()}, position=position, **more)

    def end(self) -> int:
        """Leave as an editor does; the exit status of the server."""
        self.request("shutdown")
        self.notify("exit")
        return self.gone()

    def gone(self) -> int:
        """Close the streams; the exit status of the server."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join(PATIENCE)
        self.process.stdout.close()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status


@contextmanager
def editor(*, begin: bool = True) -> Iterator[Editor]:
    """An editor with a server of its own."""
    found = Editor([sys.executable, "-m", "salesdx", "lsp"])
    try:
        if begin:
            found.begin()
        yield found
    finally:
        if found.process.poll() is None:
            found.process.kill()
            found.gone()


def opened(talk: Editor, path: Path) -> str:
    """Open a file as it is on the disk, and wait until its rule base was looked at; its text."""
    text = path.read_text("utf-8")
    talk.open(path, text)
    talk.published(path, lambda marks: True)  # of the file
    talk.published(path, lambda marks: True)
    return text


def codes(marks: list[Message]) -> list[str]:
    """The codes of marks, in their order."""
    return [mark["code"] for mark in marks]


def edited(text: str, edits: list[Message]) -> str:
    """A text after the edits of an editor."""
    ruler = Ruler(text)
    for edit in sorted(edits, key=lambda edit: list(edit["range"]["start"].values()), reverse=True):
        start, end = (ruler.index(Position(**edit["range"][side])) for side in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text


def position_of(text: str, index: int) -> Message:
    """A character as editors count by default: in UTF-16 units."""
    before = text[:index]
    line = before.rpartition("\n")[2]
    return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}


def covered(text: str, place: Message) -> str:
    """The words of a text in a range."""
    lines = text.split("\n")

    def index(position: Message) -> int:
        before = sum(len(line) + 1 for line in lines[: position["line"]])
        units = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]]
        return before + len(units.decode("utf-16-le"))

    return text[index(place["start"]) : index(place["end"])]
