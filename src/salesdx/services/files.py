"""The files of a user: read, changed and put back, one writer at a time and never over what somebody else wrote."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from salesdx.text.disk import ChangedMeanwhile, replace_file, write_new
from salesdx.text.issues import CaseError, Issue
from salesdx.text.source import decode, read_bytes

BOM = b"\xef\xbb\xbf"
MOST_WAIT = 60.0
"""Seconds; a write takes some thousandths of one."""
LOOKS = 0.005
"""Seconds from one look whether the lock is free to the next."""


class FileError(Exception):
    """Why a file of the user's is not written; the message is for the user."""


class FileChanged(FileError):
    """Somebody else wrote the file since it was read; it is as they left it."""


@dataclass(frozen=True)
class UserFile:
    """A file as it was read; ``data`` is None where there is none yet. What is written must meet it like that."""

    path: Path
    data: bytes | None

    @cached_property
    def text(self) -> str:
        """The text without its byte order mark; empty where there is no file. Raises CaseError."""
        text, faults = decode(self.data or b"", str(self.path))
        if text is None or faults:
            raise CaseError(map(Issue.of, faults))
        return text

    def written(self, text: str) -> UserFile:
        """The file with another text on the disk, its byte order mark and its line ends as they were.

        Raises FileError, as FileChanged where it is not as it was read; then nothing is written.
        """
        with _one_writer(self.path), _disk_told(self.path):
            after = replace(self, data=self._bytes(text))
            assert after.data is not None
            if self.data is None:
                write_new(self.path, after.data)
            else:
                replace_file(self.path, [after.data], self.data)
        return after

    def taken_back(self, before: UserFile) -> None:
        """Put back what stood there before this was written. Raises FileError."""
        with _one_writer(self.path), _disk_told(self.path):
            if before.data is None:
                self.path.unlink(missing_ok=True)
            else:
                replace_file(self.path, [before.data], self.data)

    def _bytes(self, text: str) -> bytes:
        data = text.replace("\r\n", "\n").encode() if _one_ending(self.data or b"") else text.encode()
        if self.data is not None and b"\r\n" in self.data and _one_ending(self.data):
            data = data.replace(b"\n", b"\r\n")
        return BOM * (self.data or b"").startswith(BOM) + data


def _one_ending(data: bytes) -> bool:
    """Whether all lines of a text end alike."""
    return data.count(b"\n") == data.count(b"\r\n") or b"\r\n" not in data


def read_user_file(path: Path) -> UserFile:
    """A file that is to be changed, or one that does not exist yet. Raises CaseError where it cannot be read."""
    if not os.path.lexists(path):
        return UserFile(path, None)
    data, _, faults = read_bytes(path, str(path))
    if data is None:
        raise CaseError(map(Issue.of, faults))
    return UserFile(path, data)


def read_whole_file(path: Path, most: int) -> bytes:
    """The bytes of a file that is no text, one more than ``most`` of them at most. Raises CaseError."""
    data, _, faults = read_bytes(path, str(path), most=most)
    if data is None:
        raise CaseError(map(Issue.of, faults))
    return data


def same_file(path: str | Path, other: str | Path) -> bool:
    """Whether two paths lead to one file, through links too. A device or a pipe is none, and holds nothing to lose."""
    try:
        if os.path.exists(path) and os.path.exists(other):
            return os.path.isfile(path) and os.path.samefile(path, other)
        return os.path.realpath(path) == os.path.realpath(other)
    except (OSError, ValueError):  # a name that cannot be one is told where it is opened
        return False


def write_output(path: Path, pieces: Iterable[str | bytes]) -> None:
    """Put a result in a file, whatever stands there, piece by piece as they are taken. Raises FileError."""
    with _disk_told(path):
        replace_file(path, (piece.encode() if isinstance(piece, str) else piece for piece in pieces))


def write_beside(path: Path, text: str) -> None:
    """Put a result in a new file. Raises FileError, also where there is a file of that name: it stays as it is."""
    with _disk_told(path):
        write_new(path, text.encode())


def write_together(changes: Sequence[tuple[UserFile, str]], check: Callable[[], object] = lambda: None) -> None:
    """Write several files, or none of them. What ``check`` raises when all are written takes everything back.

    Raises FileError.
    """
    done: list[tuple[UserFile, UserFile]] = []
    made: list[Path] = []
    try:
        for file, text in sorted(changes, key=lambda change: change[0].data is not None):  # taken back without room
            missing = [path for path in file.path.parents if not path.exists()]
            made += missing
            with _disk_told(file.path):
                file.path.parent.mkdir(parents=True, exist_ok=True)
            done.append((file, file.written(text)))
        check()
    except BaseException:
        for before, after in reversed(done):
            with suppress(FileError):
                after.taken_back(before)
        for path in made:
            with suppress(OSError):
                path.rmdir()
        raise


@contextmanager
def _disk_told(path: Path) -> Iterator[None]:
    """What the disk refuses, and what others did, as a FileError."""
    try:
        yield
    except FileExistsError:
        raise FileChanged(f"`{path}` is there already, and nothing is overwritten") from None
    except ChangedMeanwhile:
        left = "is as that program left it: run the command again"
        raise FileChanged(f"`{path}` was changed by another program meanwhile, and {left}") from None
    except UnicodeEncodeError:
        raise FileError(f"`{path}` cannot be written: what was given for it is not UTF-8 text") from None
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise FileError(f"`{path}` cannot be written: {getattr(error, 'strerror', '') or error}") from None


@contextmanager
def _one_writer(path: Path) -> Iterator[None]:
    """Wait until no other program of ours looks at the file and writes it. The lock goes with the process, however it
    ends. Raises FileError."""
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():  # which the library would make
        raise FileError(f"`{path}` cannot be written: {os.strerror(errno.ENOENT)}")
    with warnings.catch_warnings():  # where the system has no locks the library takes a file for one, and says so
        warnings.simplefilter("ignore")
        from filelock import FileLock, Timeout  # costs more to import than `--help` may take

    lock = FileLock(target.with_name(f".{target.name}.lock"))
    try:
        try:
            lock.acquire(timeout=MOST_WAIT, poll_interval=LOOKS)
        except Timeout:
            raise FileError(f"`{path}` cannot be written: another program has been at it for too long") from None
        except OSError as error:
            raise FileError(f"`{path}` cannot be written: {error.strerror or error}") from None
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # while it is held: whoever waits for it sees that it is gone, and makes another
                os.unlink(lock.lock_file)
            lock.release()
