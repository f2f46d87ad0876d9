"""Which line does each file with times belong to, and how far is its clock from that of the pieces (MES)?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import ROW, SOURCE, Column, Finding, Table
from tundish.trace.base import origin_of
from tundish.trace.clocks.gauges import at_reference
from tundish.trace.clocks.midnight import day_rows, told_of_days
from tundish.trace.clocks.offset import Compared, Seen, compare_far, judged, look, unsure
from tundish.trace.clocks.offset import given as stated
from tundish.trace.clocks.records import of_records, sharpened
from tundish.trace.clocks.scene import REACH_S, read
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.pieces import Clock
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps, spacing, spread, stamp_column, stamps
from tundish.vocabulary import Catalogue

_PLAIN = 0.1
"""What each jump, and an offset far from none, takes from the trust in a line: a wrong line needs them to fit."""
_CLEARER = 0.1
"""By so much of the scatter explained a line must fit better than the next to be told by the signals alone."""
_OVERRULES = 0.6
"""Trust from which on signals overrule what the file is called."""
_NEAR = 0.3
"""Lines that fit worse than the best by more than this need no exact comparison."""
_CLEAR = 0.7
"""Scatter gone from which on the line that the file is called after needs no comparison with others."""
_DENSE = 3.0
"""Rows that a log has in a usual stay, at least."""


@dataclass(frozen=True)
class Aligned:
    """Every file with times against the stays of the line it belongs to."""

    clocks: tuple[Clock, ...]
    lines: Mapping[str, str]
    """File of a log -> line, as in ``Genealogy.stays``; also the table's name where all its files are of one line.

    Logs of several lines with the same columns stand in one table: each row's file (``#source``) tells the line.
    What could not be told apart is left out.
    """
    findings: tuple[Finding, ...] = ()

    def clock(self, table: Table) -> Clock | None:
        """The clock of the table's first file (see :func:`by_file` for a table of several); None where it was not compared."""
        return next((clock for clock in self.clocks if clock.file == origin_of(table).file), None)


def align(
    tables: Sequence[Table],
    genealogy: Genealogy,
    catalogue: Catalogue,
    *,
    given: Mapping[str, float] | None = None,
    gauges_m: Mapping[str, float] | None = None,
    time_zone: str = "Asia/Seoul",
) -> Aligned:
    """Compare the clock of every table with times with the stays of ``genealogy``.

    ``given`` are seconds to add as plant.toml states them (file -> seconds), ``gauges_m`` where gauges stand (``file:column``
    -> metres behind the line's reference point), for the stays begin and end there. Tables should have been through
    :func:`tundish.trace.clocks.mend_times` before. Logs are told by their signals, tables that name pieces by their rows' times
    against the ends of the stays; the tables that the stays were made of are the reference.
    """
    stays, findings = _stays(tables, genealogy, catalogue, time_zone)
    reference = set(genealogy.stays["table"].drop_nulls().unique().to_list())
    clocks: list[Clock] = []
    lines: dict[str, str] = {}
    marked: dict[str, Compared] = {}
    records: list[tuple[Table, Column]] = []
    usual = _usual_m_s(genealogy.stays)

    def reference_point(table: Table, times: Stamps, line: str | None) -> list[Floats]:
        return at_reference(table, times, gauges_m or {}, catalogue, usual_m_s=usual.get(line, usual.get(None)))

    for table in (one for whole in tables if whole.name not in reference for one in by_file(whole)):
        column = stamp_column(table, catalogue)
        if column is None:
            continue
        stated = _given(table, given or {})
        if not _is_log(table, column, stays):
            records += [(table, column)] if stated is None else []
            clocks += [] if stated is None else [stated]
            continue
        best, line = _of_log(table, column, stays, reference_point, time_zone)
        clocks.append(best.clock if stated is None else stated)
        findings += best.findings if stated is None else ()
        if line is not None:
            lines[origin_of(table).file] = line
            if stated is None and best.clock.sure and best.moments:
                marked[line] = best
    stays_there, typed = sharpened(genealogy.stays, {line: one.moments for line, one in marked.items()})
    exact = replace(genealogy, stays=stays_there)
    doubts = {line: (marked[line].clock.high_s - marked[line].clock.low_s) / 2 for line in typed}
    for table, column in records:
        compared = of_records(table, exact, column, doubts)
        clocks += [] if compared is None else [compared.clock]
        findings += () if compared is None else compared.findings
    for whole in tables:
        own = {lines.get(origin.file) for origin in whole.origins}
        if len(own) == 1 and (only := own.pop()) is not None:
            lines[whole.name] = only
    return Aligned(tuple(clocks), lines, tuple(findings))


def by_file(table: Table) -> tuple[Table, ...]:
    """The rows of each file of a table on their own, for each file has a clock of its own."""
    if len(table.origins) < 2 or SOURCE not in table.frame.columns:
        return (table,)
    return tuple(
        replace(table, frame=rows.with_columns(pl.lit(0, table.frame[SOURCE].dtype).alias(SOURCE)), origins=(origin,))
        for number, origin in enumerate(table.origins)
        if not (rows := table.frame.filter(pl.col(SOURCE) == number)).is_empty()
    )


_Stays = Mapping[tuple[str, str], tuple[Stamps, Stamps]]
_Signals = Callable[[Table, Stamps, str | None], list[Floats]]
"""Signals of a log as the strip at the reference point had them; the line is None where the file is not named after one."""


def _stays(
    tables: Sequence[Table], genealogy: Genealogy, catalogue: Catalogue, time_zone: str
) -> tuple[dict[tuple[str, str], tuple[Stamps, Stamps]], list[Finding]]:
    """Starts and ends of what each line takes in and of what it makes; without rows stamped for a whole day."""
    findings = []
    for table in tables:
        column = stamp_column(table, catalogue)
        if column is not None and (rows := day_rows(stamps(table, column.name), time_zone)).any():
            findings.append(told_of_days(table, column.header, rows))
    found = {}
    for (line, side), frame in _sides(genealogy.stays).group_by("line", "side"):
        starts, ends = (frame[name].to_physical().fill_null(NEVER).to_numpy().astype(np.int64) for name in ("start", "end"))
        dated = day_rows(starts, time_zone) | day_rows(ends, time_zone)
        found[str(line), str(side)] = starts[~dated], ends[~dated]
    return dict(sorted(found.items())), findings


def _sides(stays: pl.DataFrame) -> pl.DataFrame:
    timed = stays.filter(pl.col("line").is_not_null() & (pl.col("start").is_not_null() | pl.col("end").is_not_null()))
    return pl.concat(timed.filter(pl.col("goes") != other).with_columns(pl.lit(side).alias("side"))
                     for side, other in (("out", "in"), ("in", "out")))  # fmt: skip


def _usual_m_s(stays: pl.DataFrame) -> dict[str | None, float]:
    """How fast each line runs by its recorded lengths and times, and under None the middle of all lines."""
    took = (pl.col("end") - pl.col("start")).dt.total_microseconds() / SECOND
    speed = pl.coalesce("length_out_m", "length_in_m") / took
    known = stays.select("line", speed.alias("speed")).filter(pl.col("speed").is_finite() & (pl.col("speed") > 0))
    usual: dict[str | None, float] = {}
    for (line,), own in known.drop_nulls().group_by("line"):
        usual[str(line)] = float(np.median(own["speed"].to_numpy()))
    return {**usual, None: float(np.median(list(usual.values())))} if usual else {}


def _given(table: Table, offsets: Mapping[str, float]) -> Clock | None:
    for origin in table.origins:
        for name in (*origin.places, table.name):
            if name in offsets:
                return stated(origin.file, float(offsets[name]))
    return None


def _is_log(table: Table, column: Column, stays: _Stays) -> bool:
    times = spread(stamps(table, column.name))
    lasting = [float(np.median(whole)) for starts, ends in stays.values() if (whole := _lasting(starts, ends)).size]
    usual = min(lasting or [gap for side in sum(stays.values(), ()) if (gap := spacing(np.unique(side)))], default=0.0)
    named = any(c.kind == "identity" for c in table.columns) and table.frame.height < 2_000
    return not named and table.frame.height >= 50 and 0 < spacing(times) * _DENSE <= usual


def _lasting(starts: Stamps, ends: Stamps) -> Stamps:
    whole = (starts != NEVER) & (ends != NEVER)
    lasted: Stamps = ends[whole] - starts[whole]
    return lasted


def _of_log(table: Table, column: Column, stays: _Stays, signals: _Signals, time_zone: str) -> tuple[Compared, str | None]:
    """The comparison with the line that fits best, and the line; None for the line when it cannot be told."""
    times = spread(stamps(table, column.name))
    present = times != NEVER
    file = origin_of(table).file
    if not stays:
        return unsure(file, Message("there are no stays to compare with")), None
    named = _named(table, list(dict.fromkeys(line for line, _ in stays)))
    log = read(times[present], [signal[present] for signal in signals(table, times, named)], _mended(table, times))
    best: dict[str, tuple[Seen, tuple[str, str]]] = {}
    for key in sorted(stays, key=lambda key: key[0] != named):
        if named is not None and key[0] != named and best[named][0].contrast > _CLEAR:
            break
        seen = look(log, *stays[key])
        if key[0] not in best or seen.clearness > best[key[0]][0].clearness:
            best[key[0]] = seen, key
    least = max(seen.contrast for seen, _ in best.values()) - _NEAR
    compared = {
        line: judged(file, times[present], seen, time_zone) if seen.contrast >= least or line == named
        else unsure(file, Message("another line fits better"))
        for line, (seen, _) in best.items()
    }  # fmt: skip
    if not any(one.clock.sure or one.pieces for one in compared.values()):
        for line in [named] if named is not None else list(best):
            far = compare_far(file, times[present], log, *stays[best[line][1]], time_zone=time_zone)
            if far is not None and _trust(far) > _trust(compared[line]):
                compared[line] = far
    return _told_apart(table, compared)


def _mended(table: Table, times: Stamps) -> list[int]:
    """Stamps from which on the order of the rows put the file right, and at which its own clock went on again."""
    file = origin_of(table).file
    numbers = table.frame[ROW].to_numpy() if ROW in table.frame.columns else np.arange(table.frame.height) + 1
    firsts = [r.origin.row for r in table.repairs if r.code == "clock_went_back" and r.origin.file == file]
    rows = [int(np.flatnonzero(numbers == first)[0]) for first in firsts if first in numbers]
    return sorted(int(times[row]) for row in rows)


def _told_apart(table: Table, best: Mapping[str, Compared]) -> tuple[Compared, str | None]:
    ranked = sorted(best, key=lambda line: -_trust(best[line]))
    first = ranked[0]
    named = _named(table, ranked)
    close = [
        line
        for line in ranked
        if _trust(best[line]) > _trust(best[first]) - (_NEAR if line == named else _CLEARER) and best[line].clock.sure
    ]
    if named is not None and (named in close or _trust(best[first]) < _OVERRULES):
        return best[named], named
    if best[first].clock.sure and len(close) == 1:
        return best[first], first
    if not close:
        return best[first], None
    text = Message(
        "{file} fits the pieces of {first} and of {second} alike; its clock is taken as equal. "
        "Name the file after its line, or state the difference under [clocks] in plant.toml.",
        file=origin_of(table).file,
        first=first,
        second=close[1] if close[0] == first else close[0],
    )
    compared = unsure(origin_of(table).file, Message("two lines fit alike"))
    return replace(compared, findings=(Finding("line_unsure", "warning", text, origin_of(table)),)), None


def _trust(compared: Compared) -> float:
    clock = compared.clock
    if not clock.sure:
        return -1.0
    doubts = len(clock.jumps) + (abs(clock.offset_s) > REACH_S) + len(compared.findings)
    return compared.contrast - _PLAIN * doubts


def _named(table: Table, lines: Sequence[str]) -> str | None:
    """The one line whose name shares a part with the file's name that no other line's name has."""
    parts = {line: _parts(line) for line in lines}
    mine = _parts(" ".join(str(origin) for origin in table.origins) or table.name)
    hits = [
        line for line in lines
        if mine & (parts[line] - set().union(*(parts[other] for other in lines if other != line)))
    ]  # fmt: skip
    return hits[0] if len(hits) == 1 else None


def _parts(name: str) -> set[str]:
    return {part for part in re.split(r"[\W_]+", name.casefold()) if len(part) > 1 or part.isdigit()}
