"""What helps to forecast the next interval? Past values and the calendar: useful, but no causes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tundish.errors import Message
from tundish.learn.answer import Cause, Floats
from tundish.learn.blanket import block_count
from tundish.learn.blocks import time_blocks
from tundish.learn.effects import effects, shares
from tundish.table import Column
from tundish.trace.pieces import Pieces

MOST_HELPERS = 6
MOST_ROWS = 6_000


def find_helpers(pieces: Pieces, inputs: Sequence[Column], outcome: Floats, *, seed: int = 0) -> tuple[Cause, ...]:
    """The inputs that carry the forecast, as suspects: none of them is claimed to be a cause."""
    if not inputs:
        return ()
    step = max(len(outcome) // MOST_ROWS, 1)
    frame, y = pieces.table.frame[::step], outcome[::step]
    blocks = np.unique(time_blocks(frame, block_count(len(y))), return_inverse=True)[1]
    parts = shares(frame, inputs, outcome=y, blocks=blocks, binary=False, seed=seed)
    best = [i for i in np.argsort(-parts)[:MOST_HELPERS] if parts[i] > 0.01]
    columns = [inputs[i] for i in best]
    curves = effects(frame, columns, outcome=y, blocks=blocks, binary=False, seed=seed)
    reason = Message(
        "Helps to forecast, but is no cause that can be turned: a past value, the calendar, or what goes along with them."
    )
    return tuple(
        Cause(column, (), effect.direction, effect.change, 0.0, float(parts[i]), reason, effect.curve)
        for i, column, effect in zip(best, columns, curves, strict=True)
    )
