"""What does a worker do with a part? The same in every engine, so that results cannot differ."""

from __future__ import annotations

import traceback
from importlib import import_module

import polars as pl

from tundish.engines import identity, results
from tundish.engines.wire import Done, Outcome, Work, pack_outcome, unpack_work
from tundish.errors import EngineRefused, InputsChanged, Message, PartFailed, TundishError


def finish(packed: bytes) -> bytes:
    """Find a part's result or compute it; everything that can happen comes back as a value."""
    work = unpack_work(packed)
    try:
        return pack_outcome(_outcome(work))
    except TundishError as refusal:
        return pack_outcome(refusal)
    except BaseException as failure:  # noqa: BLE001 - whatever a function raises, a panic of Rust too, travels as a value
        found = f"{type(failure).__name__}: {failure}"[:2000]
        failed = PartFailed(part=work.part, function=work.function, found=found)
        failed.add_note("".join(traceback.format_exception(failure)))
        return pack_outcome(failed)


def _outcome(work: Work) -> Outcome:
    if identity.program(work.function) != work.program:
        found = Message("a worker runs another version of the program or of its libraries")
        return EngineRefused(engine="ray", found=found)
    read = identity.inputs(work)
    key = identity.key(work, read)
    name = results.finished(work, key)
    if name is None:
        frame = _computed(work)
        if identity.inputs(work) != read:
            return InputsChanged(part=work.part)
        name = results.write(frame, work, key)
    return Done(name, read)


def _computed(work: Work) -> pl.DataFrame:
    module, _, name = work.function.partition(":")
    frame = getattr(import_module(module), name)(work.shared, work.values)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"a DataFrame was expected, found {type(frame).__name__}")
    return frame
