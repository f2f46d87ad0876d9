"""Small lines with exact truth, written by hand: a strip line's trend, its pieces, and where every metre was when."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Origin, Table
from tundish.trace.clocks import Aligned
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS, Genealogy
from tundish.trace.pieces import Clock

BEGIN = datetime(2025, 3, 1, tzinfo=UTC)


def at(seconds):
    return BEGIN + timedelta(seconds=float(seconds))


def trend(name, seconds, columns):
    """A trend table: ``columns`` is concept -> values, SI."""
    file = f"{name}.csv"
    made = [Column("t", "time", (Origin(file, column="t"),), concept="production.timestamp")]
    made += [
        Column(c, "category" if c.startswith("position.") else "number", (Origin(file, column=c),), concept=c) for c in columns
    ]
    times = pl.Series("t", [at(s) for s in seconds], dtype=pl.Datetime("us", "UTC"))
    values = [
        pl.Series(c, [str(int(v)) for v in vs] if c.startswith("position.") else np.asarray(vs, float))
        for c, vs in columns.items()
    ]
    return Table(name, pl.DataFrame([times, *values]), tuple(made), (Origin(file),))


def genealogy(pieces, edges=(), stays=()):
    """Frames from lists of dicts; what is not named is null."""

    def frame(rows, schema):
        return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)

    whole = [{"recorded": True, "certainty": 1.0, "level": "coil", "even": p["id"]} | p for p in pieces]
    drawn = [{"probability": 1.0, "evidence": "record", "table": "mes", "row": 2} | e for e in edges]
    stood = [{"turn": 1, "table": "mes", "row": 2} | s for s in stays]
    return Genealogy(
        frame(whole, PIECES), frame(drawn, EDGES).sort("child", "at_m"), frame(stood, STAYS).sort("piece", "start")
    )


def aligned(lines, offset_s=0.0):
    """Each table's line, its clock right or off by a known offset."""
    return Aligned(tuple(Clock(f"{t}.csv", offset_s, offset_s, offset_s, Message("known")) for t in lines), lines)
