"""How does a file come onto the disk whole or not at all, who may write in a folder, and what does a disk refuse?"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, EEXIST, EFBIG, ELOOP, ENAMETOOLONG, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path
from secrets import token_hex

from tundish.errors import Message, TundishError

REFUSALS = {
    ENOSPC: Message("the disk is full"),
    EDQUOT: Message("the disk is full"),
    EFBIG: Message("the disk is full"),
    EACCES: Message("no permission"),
    EPERM: Message("no permission"),
    EROFS: Message("the disk may only be read"),
    ENAMETOOLONG: Message("the name is too long"),
    ENOTDIR: Message("a file of this name is in the way"),
    EEXIST: Message("a file of this name is in the way"),
    ELOOP: Message("a link is in the way"),
}
"""What a disk or its owner may refuse."""
_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
_FAR = 2**30
"""Windows locks bytes: this one, behind all that is written."""


def why(failure: Exception) -> Message | str:
    """What the system said."""
    said = of_system(failure)
    if said is None:
        return str(failure)
    return REFUSALS.get(said.errno or 0) or said.strerror or str(said)


def of_system(failure: BaseException) -> OSError | None:
    """What the system said, also where a library wraps it: xlsxwriter in its own exception, polars in a text of Rust.

    >>> of_system(RuntimeError("underlying IO error: No space left on device (os error 28)")).errno == ENOSPC
    True
    """
    if isinstance(failure, OSError):
        return failure
    first = failure.args[0] if failure.args else None
    if isinstance(first, OSError):
        return first
    found = re.search(r"\(os error (\d{1,4})\)", str(first))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else None


@contextmanager
def whole_file(target: Path, *, synced: bool = True) -> Iterator[Path]:
    """A path to write to, that is on disk under the name of ``target`` when the block ends well, and gone when it does not.

    Until then the name is hidden and ends with ``.part``: no reader of the folder takes it for a file. Not ``synced`` it is
    whole whatever becomes of the process, but not when the power is cut: for what its reader knows when torn, and makes again.
    """
    part = target.with_name(f".{target.name}.{token_hex(6)}.part")
    try:
        yield part
        if synced:
            with part.open("rb+") as written:
                os.fsync(written.fileno())
        part.replace(target)
        if synced:
            sync_names(target.parent)
    finally:
        part.unlink(missing_ok=True)


def sync_names(folder: Path) -> None:
    """The names in a folder on disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Lock:
    """One process at a time may write beside this file: held from construction until :meth:`release` or the process's end.

    Raises ``refusal`` with the folder (``place``) and the number of the process that holds it (``process``), and OSError for a
    link in its place: to hold a file is to empty it.
    """

    def __init__(self, path: Path, refusal: type[TundishError]) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o644)
        try:
            _take(self._file)
        except OSError as failure:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() if os.name != "nt" else ""
            os.close(self._file)
            raise refusal(place=path.parent, process=holder or "?") from failure
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another process write."""
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
