"""How does a file come onto the disk whole or not at all, and what does a disk refuse, in words of the catalogue?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, EEXIST, EFBIG, ENAMETOOLONG, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path

from tundish.errors import Message

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
}
"""What a disk or its owner may refuse."""


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
def whole_file(target: Path) -> Iterator[Path]:
    """A path to write to, that is on disk under the name of ``target`` when the block ends well, and gone when it does not.

    Until then the name is hidden and ends with ``.part``: no reader of the folder takes it for a file.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
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
