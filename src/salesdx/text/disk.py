"""Files and folders that stand on the disk whole: the new one complete, or the old one as it was, and nothing beside.

Everything here raises OSError where the disk or the rights of a user refuse.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

NO_ATTRIBUTES = (errno.ENOTSUP, errno.ENOSYS, errno.EPERM)


class ChangedMeanwhile(Exception):
    """A file does not hold what it held when it was read: somebody else has written or deleted it."""


def replace_file(path: Path, pieces: Iterable[bytes], was: bytes | None = None) -> None:
    """Put bytes in the place of a file, with its owner, group, rights, access list and attributes, through links.

    They are written piece by piece as they are taken. With ``was`` the file must still hold these bytes. Raises
    ChangedMeanwhile.

    The new file is written beside the old one and renamed. Where that would be seen (a file with several names, or an
    owner or attributes that we may not give to a new file) the old file itself is written, with the new bytes whole
    beside it until that is done. A device or a pipe is just written to.
    """
    target = Path(os.path.realpath(path))
    try:
        old = os.stat(path)  # a pipe behind `/dev/stdout` has no path of its own
    except FileNotFoundError:
        if was is not None:
            raise ChangedMeanwhile from None
        with _beside(target, pieces, 0o666) as part:
            os.replace(part, target)
        sync_folder(target)
        return
    if not stat.S_ISREG(old.st_mode):
        with open(path, "wb") as device:
            device.writelines(pieces)
        return
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(target))
    with _beside(target, pieces, 0o600) as part:
        alike = old.st_nlink == 1 and _made_like(part, target, old)
        if was is not None and not _holds(target, was):
            raise ChangedMeanwhile
        if alike:
            os.replace(part, target)
        else:
            _write_into(target, part)
    sync_folder(target)


def write_new(path: Path, data: bytes, mode: int = 0o666) -> None:
    """A new file, whole, with rights as the user's mask leaves them. Raises FileExistsError; nothing is overwritten."""
    target = Path(os.path.realpath(path))
    with _beside(target, [data], mode) as part:
        try:
            os.link(part, target)
        except FileExistsError:
            raise
        except OSError:  # a file system where a file has one name
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
            os.replace(part, target)
    sync_folder(target)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes its place when it is done. The place is new or an empty folder, which stays.

    Where filling it fails, nothing is left, and a new try finds what this one found.
    """
    stays = folder.is_dir()
    within = folder if stays else folder.parent
    missing = [path for path in (within, *within.parents) if not path.exists()]
    part = within / f".{os.urandom(8).hex()}.part"
    moved: list[Path] = []
    try:
        part.mkdir(parents=True)
        yield part
        if stays:
            for inner in sorted(part.iterdir()):
                os.rename(inner, folder / inner.name)
                moved.append(folder / inner.name)
            part.rmdir()
        else:
            os.rename(part, folder)
        sync_folder(part)
    except BaseException:
        import shutil  # which nothing else here needs, and which is slow to import

        for path in (*moved, part):
            shutil.rmtree(path, ignore_errors=True)
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


def copy_folder(source: Path, target: Path) -> None:
    """A folder with copies of the files of another, for their new owner to change. Hidden files are left out."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            copy_folder(path, target / path.name)
        else:
            with open(target / path.name, "xb") as file:
                file.write(path.read_bytes())
                file.flush()
                os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Flush the folder of a new file: without it a file can be gone after a power loss though its data was flushed."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows opens no folder, and needs none opened
        return
    folder = os.open(path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a network file system without this
            raise
    finally:
        os.close(folder)


@contextmanager
def _beside(target: Path, pieces: Iterable[bytes], mode: int) -> Iterator[Path]:
    """The bytes on the disk under another name in the same folder, which is gone afterwards."""
    part = target.with_name(f".{os.urandom(8).hex()}.part")  # short, whatever the length of the name itself
    try:
        with open(part, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file holds these bytes and no more; a file that is gone does not."""
    with suppress(FileNotFoundError), open(path, "rb") as file:
        return file.read(len(data) + 1) == data
    return False


def _made_like(part: Path, target: Path, old: os.stat_result) -> bool:
    """Give a new file everything of an old one but its text; False where we may not."""
    new = os.stat(part)
    try:
        if hasattr(os, "chown") and (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            os.chown(part, old.st_uid, old.st_gid)
        os.chmod(part, stat.S_IMODE(old.st_mode))
        if hasattr(os, "listxattr"):
            wanted, given = _attributes(target), _attributes(part)
            for name in given.keys() - wanted.keys():  # such as the access list that a folder gives to new files
                os.removexattr(part, name)
            for name, value in wanted.items():
                if given.get(name) != value:
                    os.setxattr(part, name, value)
    except OSError:
        return False
    return True


def _attributes(path: Path) -> dict[str, bytes]:
    """The extended attributes of a file, the access list among them."""
    try:
        return {name: os.getxattr(path, name) for name in os.listxattr(path)}
    except OSError as error:
        if error.errno in NO_ATTRIBUTES:
            return {}
        raise


def _write_into(target: Path, part: Path) -> None:
    """Write what a part holds into the file itself; if that fails, what stood in it is put back."""
    size = os.stat(part).st_size
    with open(target, "r+b") as file, open(part, "rb") as source:
        before = file.read()
        try:
            if size > len(before) and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk is told before anything is written
            _rewrite(file, source)
        except OSError:
            _rewrite(file, [before])
            raise


def _rewrite(file: IO[bytes], pieces: Iterable[bytes]) -> None:
    file.seek(0)
    file.writelines(pieces)
    file.truncate()
    file.flush()
    os.fsync(file.fileno())
