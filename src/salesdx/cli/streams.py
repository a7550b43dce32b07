"""The three standard streams, and how a program ends: every door runs in this.

Pipes and files get and give UTF-8, whatever the environment says. A terminal keeps its encoding, and shows a readable
replacement for what that lacks. Only a fault of ours ends in a traceback. The exit status is

- 0 done, 1 faults in the user's files, a failed check, or an output that cannot be written, 2 wrong usage;
- 130 interrupted (SIGINT), 141 where whoever reads the output went away (SIGPIPE): 128 and the number of the signal, as
  shells count. SIGTERM ends the process as the system does it, which shells show as 143.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

INTERRUPTED, WENT_AWAY = 130, 141

_interrupted = False


def run(program: Callable[[], object]) -> NoReturn:
    """Run a program that reads and prints in the usual ways, and leave with the status of its SystemExit, else 0.

    The process ends at once: Python's own tidying up has nothing left to do, takes a tenth of `--help`, and is where a
    late signal or a full disk would become a traceback.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _unraisable
    status = 0
    try:
        _prepare()
        status = _status(program)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done and written: what comes now comes too late
    except BaseException:
        if not _interrupted:
            raise
    os._exit(INTERRUPTED if _interrupted else status)


def terminal_columns() -> int:
    """Columns of the terminal: as COLUMNS says, else as it says itself; 80 where there is none."""
    try:
        count = int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(1).columns
    except (OSError, ValueError):
        count = 0
    return count if count > 0 else 80


def _status(program: Callable[[], object]) -> int:
    try:
        try:
            program()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except StreamError as error:
        if error.went_away:
            return WENT_AWAY
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _interrupt(*_: object) -> None:
    """The first interruption lets the program put its files in order; the second one does not wait for it."""
    global _interrupted
    if _interrupted:
        os._exit(INTERRUPTED)
    _interrupted = True
    raise KeyboardInterrupt


def _unraisable(error: sys.UnraisableHookArgs) -> None:
    """An interruption may come in a callback, where Python would report it and go on."""
    if _interrupted:
        os._exit(INTERRUPTED)
    sys.__unraisablehook__(error)


# --- the streams themselves -------------------------------------------------------------------------------------------


class StreamError(Exception):
    """A standard stream failed. No OSError: a command takes that for one of the file that it works on."""

    def __init__(self, stream: str, doing: str, error: OSError) -> None:
        closed = error.errno == errno.EBADF
        super().__init__(f"{stream} is closed" if closed else f"{stream} cannot be {doing}: {error.strerror or error}")
        self.went_away = error.errno == errno.EPIPE


class Reader(io.BufferedReader):
    """The bytes of standard input."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As of a file; what fails is a StreamError."""
        return self._asked(super().read, size)

    def read1(self, size: int = -1, /) -> bytes:
        """As of a file; what fails is a StreamError."""
        return self._asked(super().read1, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """As of a file; what fails is a StreamError."""
        return self._asked(super().readline, size)

    def _asked(self, read: Callable[[Any], bytes], size: int | None) -> bytes:
        try:
            return read(size)
        except OSError as error:
            raise StreamError("standard input", "read", error) from None


class Writer(io.BufferedWriter):
    """The bytes of an output. The first failure is a StreamError, or nothing where the output is for messages; what is
    written after it is dropped, so that nothing fails again when buffers are emptied at the end."""

    def __init__(self, raw: Any, called: str, quiet: bool) -> None:
        super().__init__(raw)
        self._called, self._quiet, self._failed = called, quiet, False

    def write(self, data: Any, /) -> int:
        """Take everything, whatever becomes of it."""
        self._tried(super().write, data)
        return len(data)

    def flush(self) -> None:
        """Empty the buffer, unless a write has failed."""
        self._tried(super().flush)

    def _tried(self, act: Callable[..., object], *data: Any) -> None:
        if self._failed:
            return
        try:
            act(*data)
        except OSError as error:
            self._failed = True
            if not self._quiet:
                raise StreamError(self._called, "written", error) from None


def _prepare() -> None:
    """Put streams of ours in the place of Python's."""
    codecs.register_error("simple", _simple)
    codecs.register(_terminal_ascii)
    sys.stdin = _reader(sys.stdin)
    sys.stdout = _writer(1, sys.stdout, "standard output")
    sys.stderr = _writer(2, sys.stderr, "standard error")


def _reader(old: TextIO | None) -> TextIO:
    raw = _raw(0, old)
    encoding = old.encoding if old and raw.isatty() else "utf-8"
    return io.TextIOWrapper(Reader(raw), encoding, "replace")


def _writer(number: int, old: TextIO | None, called: str) -> TextIO:
    raw = _raw(number, old)
    encoding, errors = "utf-8", "backslashreplace"
    if old and raw.isatty():
        ascii = codecs.lookup(old.encoding).name == "ascii"
        encoding, errors = TERMINAL_ASCII if ascii else old.encoding, "simple"
    return io.TextIOWrapper(Writer(raw, called, quiet=number == 2), encoding, errors, line_buffering=True)


def _raw(number: int, old: TextIO | None) -> Any:
    """The bytes below a stream. One that was closed when the program began is opened so that it still fails, and no
    file that is opened later can take its number and be written over."""
    if old is None:
        mode, wrong = ("w", os.O_RDONLY) if number else ("r", os.O_WRONLY)
        return io.FileIO(os.open(os.devnull, wrong), mode, closefd=False)
    if os.name == "posix":
        os.set_blocking(number, True)  # another program may have told the pipe not to wait
    return getattr(old.buffer, "raw", old.buffer)  # PYTHONUNBUFFERED leaves no buffer


TERMINAL_ASCII = "terminal_ascii"
"""ASCII by another name: past a stream that calls itself ASCII, click writes UTF-8."""


def _terminal_ascii(name: str) -> codecs.CodecInfo | None:
    if name != TERMINAL_ASCII:
        return None
    plain = codecs.lookup("ascii")
    return codecs.CodecInfo(*plain, plain.incrementalencoder, plain.incrementaldecoder, name=name)


SIMPLE = dict(zip("“”‘’–—−·×÷✓✗●◐○◆─│┌├└", "\"\"''---;x/+-*oo#-|+++", strict=True))
SIMPLE |= {"…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->"}
"""What stands for a character of ours that a terminal cannot show."""


def _simple(error: UnicodeError) -> tuple[str, int]:
    """Characters that a terminal cannot show -> what says the same: of an accented letter the letter, else `?`."""
    import unicodedata

    assert isinstance(error, UnicodeEncodeError)
    simple = ""
    for char in error.object[error.start : error.end]:
        letters = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
        simple += SIMPLE.get(char) or letters or "?"
    return simple, error.end
