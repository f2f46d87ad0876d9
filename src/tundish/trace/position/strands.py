"""When did each piece leave a line that hardly moves and shows no marks, as a strand? Written times and lengths weighed."""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.trace.pieces import Clock
from tundish.trace.position.book import Passes, micros
from tundish.trace.position.ruler import settle
from tundish.trace.position.trend import Trend
from tundish.trace.stamps import NEVER
from tundish.trace.stays.segments import Floats

SLOW_M_S = 0.1
"""Median speed below which written times are as exact as marks."""
_WRITTEN_S, _STAMPED_S = 2.0, 0.3
"""How far a written time may be off where too few tell, and at least: stamped to the second. One standard deviation in s."""
_TOUCH_S = 600.0
"""Pieces further apart than this did not follow each other without a gap."""
_FEW = 8
_FAR = 5.0
_LENGTH, _LENGTH_M = 0.002, 0.005
"""How far a recorded length is off, share and metres, one standard deviation: counted to centimetres."""
_RULED = 0.05
"""Share by which a length may differ from what ran between its written times."""


def by_times(passes: Passes, trend: Trend, stays: pl.DataFrame, out: Floats, *, clock: Clock) -> None:
    """Lay what leaves a strand end to end between its written times, where no mark tells better; ``passes`` is filled in.

    ``out``: metres that left each stay. The clock's own doubt is common to all and stays.
    """
    here = ((stays["line"] == trend.line) & (stays["goes"] == "out")).fill_null(value=False).to_numpy()
    start, end = micros(stays, "start"), micros(stays, "end")
    seen = (start > NEVER) & (start >= trend.times[0]) & (end <= trend.times[-1]) & (end > start)
    speed = float(np.median(trend.speed[trend.speed > 0])) if (trend.speed > 0).any() else np.inf
    unsure = (clock.high_s - clock.low_s) / 2.0 / 1.96 * speed
    own = np.flatnonzero(here & seen & (out > 0))
    own = own[np.lexsort((end[own], start[own]))]
    if not own.size:
        return
    begin, close = trend.metres(start[own]), trend.metres(end[own])
    low, high, sd = _settled(begin, close, out[own], speed)
    whole = np.hypot(sd, unsure)
    better = ~(passes.sd_m[own] <= whole)
    own, low, high, whole = own[better], low[better], high[better], whole[better]
    passes.low_m[own], passes.high_m[own], passes.sd_m[own] = low, high, whole
    passes.low_in_m[own], passes.high_in_m[own] = 0.0, out[own]
    fed = ((stays["line"] == trend.line) & (stays["goes"] == "in")).fill_null(value=False).to_numpy()
    worse = fed & ~(passes.sd_m <= float(np.median(whole))) if whole.size else np.zeros(fed.size, bool)
    passes.low_m[worse] = passes.high_m[worse] = np.nan  # what is made of it is known better


def _settled(begin: Floats, close: Floats, length: Floats, speed: float) -> tuple[Floats, Floats, Floats]:
    """Begin and end of each piece in metres run, and one standard deviation of either."""
    scale = float(np.median((close - begin) / length))
    gap = begin[1:] - close[:-1]
    near = np.abs(gap) < _TOUCH_S * speed
    few = near.sum() < _FEW
    written = _WRITTEN_S * speed if few else max(1.4826 * float(np.median(np.abs(gap[near]))) / 2.0**0.5, _STAMPED_S * speed)
    counted = np.hypot(_LENGTH * length * scale, _LENGTH_M * scale)
    odd = np.abs(close - begin - length * scale) > _FAR * np.hypot(2.0**0.5 * written, counted)
    apart = np.abs(gap) > _FAR * 2.0**0.5 * written
    # of a piece as long as it cannot be one time is wrong: the one that its neighbour's does not confirm
    bad_close = odd & np.append(apart, True)
    bad_begin = odd & np.append(True, apart) & ~(bad_close & ~np.append(True, apart))
    joined = near & (~apart | bad_close[:-1] | bad_begin[1:])
    low, high, sd = (np.empty(begin.size) for _ in range(3))
    for run in np.split(np.arange(begin.size), np.flatnonzero(~joined) + 1):
        early = np.where(bad_begin[run], np.nan, begin[run])
        late = np.where(bad_close[run], np.nan, close[run])
        place, variance = _run(early, late, (length * scale)[run], (written, counted[run]))
        low[run], high[run] = place[:-1], place[1:]
        sd[run] = np.sqrt((variance[:-1] + variance[1:]) / 2.0)
    return low, high, sd


def _run(begin: Floats, close: Floats, span: Floats, doubts: tuple[float, Floats]) -> tuple[Floats, Floats]:
    """Places and variances of the ends of pieces that follow each other: each told by up to two written times."""
    written, counted = doubts
    told = np.stack((np.append(begin, np.nan), np.insert(close, 0, np.nan)))
    count = np.isfinite(told).sum(axis=0)
    mark = np.divide(np.nansum(told, axis=0), count, out=np.zeros(count.size), where=count > 0)
    return settle(mark, count / written**2, span, counted**2)
