"""How long was each piece on each line, and which metre was where when? Trends, genealogy and clocks brought together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Origin, Table
from tundish.trace.clocks import Aligned
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.position import cells, likeness, places
from tundish.trace.position.book import Book, Passes, Spans, as_they_ran, column, micros, spans_of, starts_of, stay_lengths
from tundish.trace.position.cuts import by_order, seen
from tundish.trace.position.doubts import about_cuts, about_lines, about_profile
from tundish.trace.position.feeds import Coming, coming, cut_stays, mended_lengths
from tundish.trace.position.joints import LENGTHENS, Joint, Laid
from tundish.trace.position.loopers import about_loopers, of_records, with_sections
from tundish.trace.position.marks import part
from tundish.trace.position.parted import parted
from tundish.trace.position.passes import ODDS, Pairing, margins, pair
from tundish.trace.position.profile import Profile
from tundish.trace.position.pyramid import build
from tundish.trace.position.ruler import Ruled, rule
from tundish.trace.position.scales import by_gauge
from tundish.trace.position.strands import SLOW_M_S, by_times
from tundish.trace.position.stretches import Stretch, Turning
from tundish.trace.position.trend import Bools, Trend, apart, trends
from tundish.trace.position.ways import Ways
from tundish.trace.stays.segments import Floats
from tundish.vocabulary import Catalogue

GRID_M = 1.0
_HALF = 0.5
WELD_M = 0.8
"""Strip cut out with a weld, in m as it leaves: a sample of some decimetres on either side (unsourced)."""


@dataclass(frozen=True)
class Lengths:
    """Every stay's metres on its line, and with them the way back along any piece."""

    book: Book
    trends: Mapping[str, tuple[Trend, ...]]
    """Of each line, the one with its marks first."""
    gauges_m: Mapping[tuple[str, str], float]
    """(table, column) -> metres behind the line's reference point, where known."""
    noted: tuple[places.Noted, ...]
    scales: Mapping[str, float]
    """Line -> metres of its gauge a recorded metre of what comes in, the middle of all passes."""
    findings: tuple[Finding, ...]

    def along(self, piece: int, *, grid_m: float = GRID_M) -> Profile:
        """Every signal of every line on a grid along a piece as it left its last line, with what is noted on it.

        ``piece`` is its row in ``Genealogy.pieces``; ``grid_m`` the length of a cell. A piece without a length has no cells.
        """
        found = self._ways.walk(piece)
        signals = cells.signals_of(self.trends, found.stretches)
        level = cells.gather(
            self.trends, found.stretches, signals, self.gauges_m, length_m=found.length_m, grid_m=grid_m
        )  # fmt: skip
        profile = Profile(
            piece=piece,
            id=str(self.book.genealogy.pieces["id"][piece]),
            length_m=found.length_m,
            grid_m=grid_m,
            signals=signals,
            levels=build(level),
            stretches=found.stretches,
            places=places.on_product(self.book, found, self.noted),
            findings=(),
        )
        return about_profile(profile, self.book)

    @cached_property
    def _ways(self) -> Ways:
        return Ways(self.book, self._judge)

    def _judge(self, came: Stretch, left: Sequence[Stretch], laid: Laid, prior: Turning) -> Joint | None:
        return likeness.judge(self.book.trends, self.gauges_m, came, left, laid, prior=prior)


def measure(
    tables: Sequence[Table],
    genealogy: Genealogy,
    clocks: Aligned,
    catalogue: Catalogue,
    *,
    gauges_m: Mapping[str, float] | None = None,
) -> Lengths:
    """Find every stay on its line's trend and rule it in metres.

    ``gauges_m`` (``file:column`` -> metres) says how far each gauge stands behind its line's reference point, negative before
    it, as under ``[gauges]`` in plant.toml. Lines without a trend, or whose trend holds no speed, are left out with a finding.
    """
    tables, lines = apart(tables, clocks.lines)
    gauges = _gauges(tables, gauges_m or {})
    by_file = {clock.file: clock for clock in clocks.clocks}
    running = trends(tables, lines, by_file, catalogue)
    into, out = stay_lengths(genealogy)
    spans = by_order(genealogy, spans_of(genealogy, into, out), into, out)
    lost = _lost(genealogy, spans, running, into, out)
    laid = _lines(genealogy, spans, (into, out, lost), running, gauges)
    marked = {line: _of_records(own, laid.feeding.get(line), gauges) for line, own in running.items()}
    if any(marked[line][0] is not own[0] for line, own in running.items()):
        running = marked
        laid = _lines(genealogy, spans, (into, out, lost), running, gauges)
    gains = {line: _gain(genealogy, line, into, out, lost) for line in running}
    metric = {line: _in_metres(own, line, laid, gains[line]) for line, own in running.items()}
    if any(metric[line] is not own for line, own in running.items()):
        running = metric
        laid = _lines(genealogy, spans, (into, out, lost), running, gauges)
    running = {line: with_sections(own, _places(own[0], gauges)) for line, own in running.items()}
    firsts = {line: own[0] for line, own in running.items()}
    found = seen(genealogy, spans, laid.passes, out, trends=firsts, lost_m=WELD_M)
    if found.seen.any():  # what the welds told of the cuts tells of the passes in turn
        laid = _lines(genealogy, found.or_else(spans), (into, out, lost), running, gauges)
        found = seen(genealogy, spans, laid.passes, out, trends=firsts, lost_m=WELD_M)
    into, doubt = laid.into, laid.doubt
    feeding, ruled, even = laid.feeding, laid.ruled, laid.even
    counted = {line: pairing.scale for line, (_, pairing) in ruled.items()}
    plain = {line: scale for line, scale in counted.items() if abs(gains[line] - 1.0) < LENGTHENS}
    passes = by_gauge(genealogy, found, laid.passes, plain)
    spans = parted(genealogy, found, passes, out, trends=firsts)
    for trend, *_ in running.values():
        clock = next((by_file[place] for origin in trend.table.origins for place in origin.places if place in by_file), None)
        if np.median(trend.speed) < SLOW_M_S and clock is not None and clock.sure:
            by_times(passes, trend, genealogy.stays, out, clock=clock)
    gains = {line: _gain(genealogy, line, into, out, lost) for line in running}
    scales = {
        line: (pairing.scale, pairing.doubt) for line, (_, pairing) in ruled.items()
        if feeding[line].of_what_left or abs(gains[line] - 1.0) < LENGTHENS
    }  # fmt: skip
    book = _book(genealogy, firsts, passes, (into, out, doubt, lost), spans=spans, scales=scales, gains=(gains, even))
    noted = places.noted(places.of_lines(tables, lines), genealogy, catalogue)
    told = (
        *about_lines(running, feeding, ruled, gauges, genealogy), *about_loopers(running),
        *about_cuts(spans, running, genealogy),
    )  # fmt: skip
    return Lengths(book, running, gauges, noted, counted, (*_about_gauges(tables, gauges_m or {}), *told))


@dataclass(frozen=True)
class _Lines:
    """What came on each line, and which stretch of the line's signals each piece is."""

    into: Floats
    doubt: Floats
    """How far each length in may be off, one standard deviation in m."""
    feeding: dict[str, Coming]
    ruled: dict[str, tuple[Ruled, Pairing]]
    even: dict[str, float]
    passes: Passes


def _lines(
    genealogy: Genealogy, spans: Spans, lengths: tuple[Floats, Floats, Floats], running: Mapping[str, Sequence[Trend]],
    gauges: Mapping[tuple[str, str], float],
) -> _Lines:  # fmt: skip
    """Passes on all lines. ``lengths``: in and out of each stay, and what is cut out with the weld behind it."""
    into, out, lost = lengths
    into, doubt = mended_lengths(genealogy, spans, into, lost)
    feeding = {
        line: _covered(came.welded(lost), running[line][0]) if line in running else came
        for line, came in coming(genealogy, spans, into, out, lost=lost).items()
    }  # fmt: skip
    ruled: dict[str, tuple[Ruled, Pairing]] = {}
    even: dict[str, float] = {}
    cut = cut_stays(genealogy, spans)
    for line in feeding.keys() & running.keys():
        gain = _elongation(genealogy, line, into, out)
        before = feeding[line]
        feeding[line], rules, pairing = _on_line(running[line][0], feeding[line], gauges, gain, cut=cut)
        ruled[line] = rules, pairing
        if feeding[line] is not before:
            even[line] = feeding[line].gain
    return _Lines(into, doubt, feeding, ruled, even, _passes(genealogy.stays.height, feeding, ruled))


def _of_records(own: tuple[Trend, ...], came: Coming | None, gauges: Mapping[tuple[str, str], float]) -> tuple[Trend, ...]:
    return own if came is None else (of_records(own[0], came, _places(own[0], gauges)), *own[1:])


def _places(trend: Trend, gauges: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Column of the trend's table -> metres behind its reference point, where known."""
    return {column: metres for (table, column), metres in gauges.items() if table == trend.table.name}


def _in_metres(own: tuple[Trend, ...], line: str, laid: _Lines, gain: float) -> tuple[Trend, ...]:
    """The line's trends in metres, where only lengths tell the unit of the speed."""
    if line not in laid.ruled:
        return own
    scale = laid.ruled[line][1].scale / (1.0 if laid.feeding[line].of_what_left or not math.isfinite(gain) else gain)
    return own if own[0].in_metres(scale) is own[0] else tuple(trend.in_metres(scale) for trend in own)


def _gauges(tables: Sequence[Table], stated: Mapping[str, float]) -> dict[tuple[str, str], float]:
    return {
        (table.name, column.name): float(stated[spot])
        for table in tables for column in table.columns for origin in column.origins for spot in origin.spots if spot in stated
    }  # fmt: skip


def _about_gauges(tables: Sequence[Table], stated: Mapping[str, float]) -> list[Finding]:
    known = {spot for table in tables for column in table.columns for origin in column.origins for spot in origin.spots}
    return [
        Finding(
            "no_such_gauge", "warning",
            Message(
                '[gauges] names "{spot}", but no table has this column. Write it as "file:column", as the file does.', spot=spot
            ),
            Origin("plant.toml", column=spot),
        )
        for spot in stated if spot not in known
    ]  # fmt: skip


def _covered(came: Coming, trend: Trend) -> Coming:
    """What came while the trend was logged, by the length, in or out, that its gauge follows."""
    came = came.within(int(trend.times[0]), int(trend.times[-1]))
    return came.measured_by(trend.metres(came.feeds.end) - trend.metres(came.feeds.start))


def _elongation(genealogy: Genealogy, line: str, into: Floats, out: Floats) -> float:
    """Usual metres that leave a line a metre that comes in: by what came out, all in all, over what went in."""
    if _parts(genealogy, line):
        return 1.0
    stays = genealogy.stays
    here = (stays["line"] == line).fill_null(value=False).to_numpy()
    goes = stays["goes"].to_numpy()
    inner = np.nansum(into[here & (goes != "out")])
    outer = np.nansum(out[here & (goes != "in")])
    gain = float(outer / inner) if inner > 0 and outer > 0 else 1.0
    return gain if 0.5 <= gain <= 30.0 else 1.0


def _lost(genealogy: Genealogy, spans: Spans, running: Mapping[str, Sequence[Trend]], into: Floats, out: Floats) -> Floats:
    """What is cut out with the weld behind each stay on a line that welds, in m of what comes in; none inside a product."""
    lost = np.zeros(genealogy.stays.height)
    lines = genealogy.stays["line"].to_numpy()
    for line, (trend, *_) in running.items():
        if trend.welds.size and trend.present is None:
            lost[lines == line] = WELD_M / _elongation(genealogy, line, into, out)
    order = as_they_ran(genealogy.edges)
    child, stay = genealogy.edges["child"].to_numpy()[order], spans.stay[order]
    goes_on = (child[1:] == child[:-1]) & (stay[1:] != stay[:-1]) & (stay[:-1] >= 0)
    lost[stay[:-1][goes_on]] = 0.0
    return lost


def _gain(genealogy: Genealogy, line: str, into: Floats, out: Floats, lost: Floats) -> float:
    """Metres that leave a line a metre that comes in, the middle of all pieces; 1 where coils are slit or cut to sheets.

    NaN where no record tells the crops: a coil may be made longer by as much as was cut off.
    """
    if _parts(genealogy, line):
        return 1.0
    stays = genealogy.stays
    here = ((stays["line"] == line) & (stays["goes"] == "through")).fill_null(value=False).to_numpy()
    crops = [column(stays, name) for name in ("head_crop_m", "tail_crop_m")]
    ratio = (out / (into - crops[0] - crops[1] - lost))[here & (out > 0) & (into > 0)]
    ratio = ratio[np.isfinite(ratio)]
    return float(np.median(ratio)) if ratio.size else math.nan


def _parts(genealogy: Genealogy, line: str) -> bool:
    """Whether a line parts or treats what comes in, without making it thinner."""
    kinds = genealogy.edges.filter(pl.col("line") == line)["kind"].cast(pl.String)
    return bool(kinds.len() and kinds.is_in(["slit", "sheeted", "processed"]).sum() > _HALF * kinds.len())


def _on_line(
    trend: Trend, came: Coming, gauges: Mapping[tuple[str, str], float], elongation: float, *, cut: Bools
) -> tuple[Coming, Ruled, Pairing]:
    """Passes on a line, by those lengths of what left, counted or worked out from what came in, that fit its marks better."""
    places = _places(trend, gauges)
    parts = part(trend, places, elongation=elongation)
    pairing = pair(parts, came.feeds)
    ruled = rule(parts, came.feeds, pairing)
    other = came.by_input(cut)
    if other is not None:
        paired = pair(parts, other.feeds)
        better = rule(parts, other.feeds, paired)
        if better.scatter < ruled.scatter:
            came, ruled, pairing = other, better, paired
    return came, ruled.without(margins(parts, came.feeds, pairing) < ODDS), pairing


def _passes(stays: int, feeding: Mapping[str, Coming], ruled: Mapping[str, tuple[Ruled, Pairing]]) -> Passes:
    low, high, low_in, high_in, sd, off = (np.full(stays, np.nan) for _ in range(6))
    marked = np.zeros(stays, np.int64)
    for line, (rules, _) in ruled.items():
        own = feeding[line].stays
        low[own], high[own], sd[own], off[own] = rules.low_m, rules.high_m, rules.sd_m, rules.off
        low_in[own], high_in[own], marked[own] = feeding[line].low_in_m, feeding[line].high_in_m, rules.marked
    return Passes(low, high, low_in, high_in, sd, off, marked)


def _book(
    genealogy: Genealogy, running: Mapping[str, Trend], passes: Passes, lengths: tuple[Floats, Floats, Floats, Floats],
    *, spans: Spans, scales: Mapping[str, tuple[float, float]], gains: tuple[Mapping[str, float], Mapping[str, float]],
) -> Book:  # fmt: skip
    stays, pieces = genealogy.stays, genealogy.pieces.height
    return Book(
        genealogy=genealogy, trends=running, passes=passes,
        lines=tuple(stays["line"].to_list()), goes=tuple(stays["goes"].fill_null("through").to_list()),
        start=micros(stays, "start"), end=micros(stays, "end"), turn=stays["turn"].fill_null(1).to_numpy().astype(np.int64),
        length_in=lengths[0], length_out=lengths[1], length_sd=lengths[2],
        head_crop=np.nan_to_num(column(stays, "head_crop_m")), tail_crop=np.nan_to_num(column(stays, "tail_crop_m")),
        lost_m=lengths[3], scales=scales, gains=gains[0], even=gains[1],
        stays_from=starts_of(stays["piece"].to_numpy(), pieces), up_from=starts_of(genealogy.edges["child"].to_numpy(), pieces),
        spans=spans,
    )  # fmt: skip
