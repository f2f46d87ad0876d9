"""Who may write here? One process at a time; the lock goes with the process, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tundish.errors import LandingInUse

_FAR = 2**30
"""Windows locks bytes: this one, behind all that is written."""


class Lock:
    """Held from construction until :meth:`release`."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(self._file)
        except OSError as failure:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() if os.name != "nt" else ""
            os.close(self._file)
            raise LandingInUse(place=path.parent, process=holder or "?") from failure
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
