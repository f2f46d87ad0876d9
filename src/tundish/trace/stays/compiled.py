"""How is a function compiled once per installation, wherever the package lies?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

_Kernel = TypeVar("_Kernel", bound=Callable[..., object])
_SOURCES = ("compiled.py", "lanes.py", "loops.py", "../stamps.py")
"""All that goes into the machine code. numba itself looks at the file of the function only, not at what that imports."""


def compiled(*signature: object) -> Callable[[_Kernel], _Kernel]:
    """Compile at once for this signature and keep the machine code; without one, compile into each caller.

    numba keeps it in ``NUMBA_CACHE_DIR``, else beside the source file, else in the user's cache folder. Where none of
    them can be written (``RuntimeError``) or the disk is full (``OSError``), it is compiled anew in each process.

    Memory is not managed inside (``_nrt``), which costs more than the sums themselves: such a function allocates nothing
    and writes into arrays that it is given. No fast mathematics: sums are added in the order they are written, so results
    are the same on every processor.
    """

    compile_: Any = njit
    edition = _edition()
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}

    def made(function: _Kernel) -> _Kernel:
        kernel: _Kernel
        if not signature:
            kernel = compile_(**options)(function)
            return kernel
        function.__qualname__ = f"{function.__qualname__}.{edition}"  # numba names the file of the machine code by it
        try:
            kernel = compile_(*signature, cache=True, **options)(function)
        except (RuntimeError, OSError):
            kernel = compile_(*signature, **options)(function)
        return kernel

    return made


def _edition() -> str:
    """Which sources the machine code is made of."""
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join(hashlib.sha256((here / name).read_bytes()).digest() for name in _SOURCES))
    return digest.hexdigest()[:12]
