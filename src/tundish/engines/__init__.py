"""Which engines run a job? One file an engine; all give the same results to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tundish.ports import Compute
    from tundish.settings import ComputeSettings

ENGINES: Mapping[str, str] = {"local": "tundish.engines.local", "ray": "tundish.engines.ray"}
"""Name -> module with ``open_engine(*, workers, address)``; imported when it is asked for, since Ray is heavy and optional."""


def open_engine(settings: ComputeSettings) -> AbstractContextManager[Compute]:
    """The engine that the plant asks for, ready inside the ``with`` block and gone after it.

    Raises :class:`~tundish.errors.MissingEngine` when its library is not installed and
    :class:`~tundish.errors.EngineRefused` when a cluster cannot be started or joined.
    """
    opened: AbstractContextManager[Compute] = import_module(ENGINES[settings.engine]).open_engine(
        workers=settings.workers, address=settings.address
    )
    return opened
