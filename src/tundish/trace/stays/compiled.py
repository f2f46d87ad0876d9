"""How is a function compiled once per installation, wherever the package lies?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

_Kernel = TypeVar("_Kernel", bound=Callable[..., object])


def compiled(*signature: object) -> Callable[[_Kernel], _Kernel]:
    """Compile at once for this signature and keep the machine code; without one, compile into each caller.

    numba keeps it in ``NUMBA_CACHE_DIR``, else beside the source file, else in the user's cache folder. Where none of
    them can be written (``RuntimeError``) or the disk is full (``OSError``), it is compiled anew in each process.

    Memory is not managed inside (``_nrt``), which costs more than the sums themselves: such a function allocates nothing
    and writes into arrays that it is given. No fast mathematics: sums are added in the order they are written, so results
    are the same on every processor.
    """

    compile_: Any = njit
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}

    def made(function: _Kernel) -> _Kernel:
        kernel: _Kernel
        if not signature:
            kernel = compile_(**options)(function)
            return kernel
        try:
            kernel = compile_(*signature, cache=True, **options)(function)
        except (RuntimeError, OSError):
            kernel = compile_(*signature, **options)(function)
        return kernel

    return made
