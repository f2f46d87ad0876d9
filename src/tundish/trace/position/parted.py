"""Where was a coil parted into products one behind the other, when no record tells? By counts, written times and both ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.position.book import Passes, Spans, column, made_stays, micros
from tundish.trace.position.ruler import MARK_M, settle
from tundish.trace.position.trend import Bools, Trend
from tundish.trace.stamps import NEVER, Stamps
from tundish.trace.stays.segments import Floats, Ints

_FEWEST = 5
"""Coils that say how many metres of the gauge a metre of product is, or how far written times are off."""
_COUNTED, _ROUNDED_M = 0.002, 0.3
"""How far a counted length is off, one standard deviation: share, and metres for rounding to whole ones."""
_FULL = 4.0
"""Standard deviations by which the products of a coil miss what ran, from which on some of it became none of them."""
_MISSING = 0.02
"""Share of a coil that must have become none of its products for a coil of one product to be parted at all."""
_STAMPED_S = 0.5
"""How far a written time is off at least, one standard deviation in s: stamped to the second, some tenths late."""
_FAR = 3.5
"""Standard deviations beyond which a written time is not of this cut."""
_SAME_M = 0.01


@dataclass(frozen=True)
class _Parts:
    """The parts of all coils of a line, coil by coil in the order in which they ran: one entry a part."""

    stay: Ints
    """Stay of the coil."""
    edges: tuple[Ints, ...]
    """Edges to the strips side by side that the part became."""
    length: Floats
    """As counted, the mean of all strips, and weighed; NaN where none is counted."""
    counted: float
    """Share by which that is off, one standard deviation."""
    start_m: Floats
    """Metres run at the written start, as far as marks say what such times are off; ``end_m`` likewise."""
    end_m: Floats
    timed_m: float
    """How far these may be off, one standard deviation; infinite where too few tell."""

    def coils(self) -> list[Ints]:
        """The parts of each coil."""
        return np.split(np.arange(self.stay.size), np.flatnonzero(np.diff(self.stay)) + 1) if self.stay.size else []


def parted(genealogy: Genealogy, spans: Spans, passes: Passes, out: Floats, *, trends: Mapping[str, Trend]) -> Spans:
    """Parts of coils that became several products one behind the other, where no record tells the cuts.

    Each cut lies where the counted lengths on either side and the written times put it, weighed by what each is off on this
    line; head and tail lie at the marks of the coil. Where the products miss what ran, the tail is left open: the end of the
    coil may have gone back to stock.
    """
    low, high, doubt = spans.low_in.copy(), spans.high_in.copy(), spans.doubt.copy()
    for parts in _lines(genealogy, spans, passes, out, trends):
        ran = passes.high_m - passes.low_m
        whole = np.array([ran[parts.stay[one[0]]] / parts.length[one].sum() for one in parts.coils()])
        known = whole[np.isfinite(whole)]
        if known.size < _FEWEST:
            continue
        usual = float(np.median(known))
        spread = 1.4826 * float(np.median(np.abs(known / usual - 1.0)))
        for coil, ratio in zip(parts.coils(), whole, strict=True):
            if not np.isfinite(ratio) or (coil.size < 2 and abs(ratio / usual - 1.0) < _MISSING):
                continue
            stay = int(parts.stay[coil[0]])
            cuts = _cuts(parts, coil, (float(passes.low_m[stay]), float(passes.high_m[stay])), usual, spread)
            if cuts is None:
                continue
            slope = (passes.high_in_m[stay] - passes.low_in_m[stay]) / ran[stay]
            into = passes.low_in_m[stay] + (cuts[0] - passes.low_m[stay]) * slope
            for number, part in enumerate(coil):
                own = parts.edges[part]
                low[own], high[own] = into[number], into[number + 1]
                doubt[own] = max(cuts[1][number], cuts[1][number + 1]) * slope
    return replace(spans, low_in=low, high_in=high, doubt=doubt)


def _cuts(
    parts: _Parts, coil: Ints, ends: tuple[float, float], usual: float, spread: float
) -> tuple[Floats, Floats] | None:  # fmt: skip
    """Metres run at the cuts of a coil from head to tail, and how far each may be off beside a mark; None when nothing fits."""
    length = parts.length[coil] * usual
    variance = (max(parts.counted, spread) * length) ** 2 + _ROUNDED_M**2
    missed = ends[1] - ends[0] - float(length.sum())
    off = _FULL * float(np.sqrt(variance.sum() + (spread * length.sum()) ** 2))
    if missed < -off:
        return None
    by_end, by_start = parts.end_m[coil], np.append(parts.start_m[coil][1:], np.nan)
    at = np.concatenate(([ends[0]], _mean(by_end, by_start)))
    sd = np.full(coil.size + 1, parts.timed_m)
    sd[:1] = 0.0
    both = np.isfinite(by_end) & np.isfinite(by_start)
    sd[1:] = np.where(both, parts.timed_m / np.sqrt(2.0), parts.timed_m)
    sd[1:][both & (np.abs(by_end - by_start) > _FAR * np.sqrt(2.0) * parts.timed_m)] = np.inf
    if missed <= off:
        at[-1], sd[-1] = ends[1], 0.0
    for _ in range(coil.size):
        trust = np.where(np.isfinite(sd) & np.isfinite(at), 1.0 / (sd**2 + MARK_M**2), 0.0)
        place, doubt = settle(np.nan_to_num(at), trust, length, variance)
        # a time that lies farther off than it and the rest together may be is of no cut
        wide = np.abs(at - place) / np.hypot(sd, np.sqrt(doubt))
        wide[[0, -1]] = 0.0
        worst = int(np.nanargmax(np.where(np.isfinite(wide), wide, 0.0)))
        if not wide[worst] > _FAR:
            break
        sd[worst] = np.inf
    if not (np.diff(place) > 0).all():
        return None
    return place, np.sqrt(np.maximum(doubt - MARK_M**2, 0.0))


def _mean(one: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(one), other, np.where(np.isnan(other), one, (one + other) / 2.0))


def _lines(genealogy: Genealogy, spans: Spans, passes: Passes, out: Floats, trends: Mapping[str, Trend]) -> Iterator[_Parts]:
    """The parts on each line that welds no strip and records no cuts."""
    edges, made = genealogy.edges, made_stays(genealogy)
    good = (spans.stay >= 0) & (made >= 0) & np.isfinite(spans.low_in) & edges["from_m"].is_null().to_numpy()
    good &= edges["kind"].cast(pl.String).is_in(["slit", "sheeted", "cut"]).to_numpy()
    good &= np.isfinite(passes.low_m[spans.stay]) & (passes.high_in_m > passes.low_in_m)[spans.stay]
    frame = pl.DataFrame(
        {"edge": np.arange(edges.height), "line": edges["line"], "stay": spans.stay, "made": made, "low": spans.low_in}
    ).filter(pl.Series(good))
    for (line,), own in frame.sort("stay", "low", "edge").group_by(["line"], maintain_order=True):
        trend = trends.get(str(line))
        if trend is None or trend.present is None:
            continue
        new = (own["stay"].diff().fill_null(1) != 0) | (own["low"].diff().fill_null(0.0).abs() > _SAME_M)
        first = np.flatnonzero(new.to_numpy())
        groups = np.split(own["edge"].to_numpy().astype(np.int64), first[1:]) if first.size else []
        strips = own.select("made", part=new.cast(pl.Int64).cum_sum() - 1)
        yield _timed(genealogy, passes, trend, own["stay"].to_numpy()[first], groups, strips=strips, out=out)


def _timed(
    genealogy: Genealogy, passes: Passes, trend: Trend, stay: Ints, groups: list[Ints],
    *, strips: pl.DataFrame, out: Floats,
) -> _Parts:  # fmt: skip
    """Parts with their counted lengths and what their written times say, these put right by the marks of whole coils."""
    made, part = strips["made"].to_numpy(), strips["part"]
    told = [_metres(trend, micros(genealogy.stays, name)[made]) for name in ("start", "end")]
    told_share = genealogy.edges["share_of_parent"].gather(np.concatenate(groups))
    frame = pl.DataFrame({"part": part, "length": out[made], "start": told[0], "end": told[1], "share": told_share})
    each = frame.fill_nan(None).group_by("part", maintain_order=True).agg(
        pl.col("length").mean(), pl.col("start", "end").median(),
        share=pl.when(pl.col("share").null_count() == 0).then(pl.col("share").sum()),
    )  # fmt: skip
    length, start, end, share = (column(each, name) for name in ("length", "start", "end", "share"))
    length, counted = _weighed(stay, length, share)
    begins = np.concatenate(([True], np.diff(stay) != 0))
    closes = np.concatenate((begins[1:], [True]))
    begun, ended = (
        _put_right(times, marks, there)
        for times, marks, there in ((start, passes.low_m[stay], begins), (end, passes.high_m[stay], closes))
    )
    usual = float(np.median(trend.speed[trend.speed > 0])) if (trend.speed > 0).any() else np.inf
    timed = max(_STAMPED_S * usual, begun[1], ended[1])
    return _Parts(stay, tuple(groups), length, counted, begun[0], ended[0], timed)


def _weighed(stay: Ints, length: Floats, share: Floats) -> tuple[Floats, float]:
    """Lengths of parts by counts and by masses, each by how far it is off, and by which share they are off then.

    How far both differ says how far masses are off; they are never taken for surer than counts, and what differs by less than
    counts are off is no other measure.
    """
    length = np.where(length > 0, length, np.nan)
    first = np.concatenate(([True], np.diff(stay) != 0))
    coil = np.cumsum(first) - 1
    counts, sums, masses = (np.bincount(coil, weights=one)[coil] for one in (np.ones(coil.size), length, share))
    by_mass = np.where(share > 0, sums * share / masses, np.nan)
    off = (length / by_mass - 1.0)[(counts > 1) & np.isfinite(by_mass)]
    if off.size < _FEWEST:
        return length, _COUNTED
    apart = 1.4826 * float(np.median(np.abs(off - np.median(off))))
    if apart < _COUNTED:
        return length, _COUNTED
    weighed = max(float(np.sqrt(apart**2 - _COUNTED**2)), _COUNTED)
    part = _COUNTED**2 / (_COUNTED**2 + weighed**2)
    fits = np.abs(length / by_mass - 1.0) < _FAR * apart  # a strip or a pack without a record leaves no shares that count
    both = np.where(fits, (1.0 - part) * length + part * by_mass, length)
    return both, _COUNTED * float(np.sqrt(1.0 - part))


def _put_right(times: Floats, marks: Floats, there: Bools) -> tuple[Floats, float]:
    """Metres run at written times less what these are usually off at a coil's own mark, and how far that scatters."""
    off = (times - marks)[there & np.isfinite(times)]
    if off.size < _FEWEST:
        return np.full(times.size, np.nan), np.inf
    middle = float(np.median(off))
    return times - middle, 1.4826 * float(np.median(np.abs(off - middle)))


def _metres(trend: Trend, when: Stamps) -> Floats:
    """Metres run at written times, NaN where there is none or the log does not hold it."""
    there = (when > NEVER) & (when >= trend.times[0]) & (when <= trend.times[-1])
    return np.where(there, trend.metres(when), np.nan)
