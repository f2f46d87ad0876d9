"""Which section of a line with loopers do its records speak of, and what is known of its other sections?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from tundish.errors import Message
from tundish.table import Column, Finding
from tundish.trace.position.feeds import Coming
from tundish.trace.position.marks import part
from tundish.trace.position.passes import pair
from tundish.trace.position.ruler import rule
from tundish.trace.position.ties import ORDER, loose, tie
from tundish.trace.position.trend import Trend, of_section
from tundish.trace.speeds import UNITS, end_of, entry_speed

_AS_WELL = 1.5
"""Lengths that scatter by up to so many times the least follow a section as well: of such sections the last counts."""
_TOLD_M = 2.0
"""A gauge that may lie off by more than this is told of, one standard deviation in m."""


def of_records(trend: Trend, came: Coming, places: Mapping[str, float]) -> Trend:
    """The trend by that section's speed, and welds, between which metres follow recorded lengths best.

    Elsewhere loopers let the line run ahead and fall behind. Of sections that follow them as well the last one counts:
    what is cut there is what was recorded.
    """
    if not trend.others:
        return trend
    tried = [
        (of_section(trend, speed, weld) if (speed, weld) != (trend.speed_column, trend.weld_column) else trend)
        for speed, weld in product((trend.speed_column, *trend.others), trend.weld_columns or (None,))
        if weld is None or _may_be(speed, weld)
    ]
    scatter = np.array([_scatter(one, came, places) for one in tried])
    if not np.isfinite(scatter).any():
        return trend
    last = max(
        np.flatnonzero(scatter <= _AS_WELL * scatter.min()), key=lambda number: (_place(tried[number]), -scatter[number])
    )
    return tried[int(last)]


def _may_be(speed: Column, weld: Column) -> bool:
    """Whether a detector may stand in a speed's section, by their names."""
    named = end_of(weld)
    return named is None or named == (end_of(speed) or "centre")


def _place(trend: Trend) -> int:
    return ORDER.index(end_of(trend.speed_column) or "centre")


def _scatter(trend: Trend, came: Coming, places: Mapping[str, float]) -> float:
    parts = part(trend, places)
    return rule(parts, came.feeds, pair(parts, came.feeds)).scatter


def with_sections(own: Sequence[Trend], places: Mapping[str, float]) -> tuple[Trend, ...]:
    """The trends of a line, the first with its other sections on its own metres."""
    first = own[0]
    if not first.others:
        return replace(first, sections=() if entry_speed(first.table) else loose(first, places)), *own[1:]
    ends = {end_of(first.speed_column) or "centre"}
    others = []
    for speed in first.others:
        end = end_of(speed) or "centre"
        if end not in ends:
            ends.add(end)
            weld = next((one for one in first.weld_columns if one is not first.weld_column and _may_be(speed, one)), None)
            others.append(_in_metres(of_section(first, speed, weld) if weld else _unseen(first, speed), first))
    return replace(first, sections=tie(first, others, places)), *own[1:]


def _unseen(trend: Trend, speed: Column) -> Trend:
    """A section without a weld detector of its own."""
    return of_section(trend, speed, trend.weld_column)


def _in_metres(other: Trend, own: Trend) -> Trend:
    """The other section in metres, where neither speed's unit is written and the line's is told by lengths."""
    if other.speed_column.unit is not None or not own.run_m[-1] > 0:
        return other
    factor = min((1.0, *UNITS), key=lambda unit: abs(np.log(other.run_m[-1] / own.run_m[-1] / unit)))
    return replace(other, run_m=other.run_m / factor, speed=other.speed / factor)


def about_loopers(running: Mapping[str, Sequence[Trend]]) -> list[Finding]:
    """Per line and section: gauges whose metres nothing ties to those of the section with the line's marks."""
    told = []
    for line, (trend, *_) in running.items():
        for section in trend.sections:
            gauges = [
                column for column in trend.table.of_kind("number")
                if trend.section(column) is section and column is not section.speed_column
            ]  # fmt: skip
            if section.sd_m > _TOLD_M and gauges:
                text = Message(
                    "{line}: loopers part {count} gauges ({examples}) from where its records and welds are, and nothing that "
                    "both sections saw says how much strip lies between; their values lie off by up to {metres:.0f} m. Log "
                    "a weld detector in that section too.",
                    line=line, count=len(gauges), examples=", ".join(column.header for column in gauges[:3]),
                    metres=1.96 * section.sd_m,
                )  # fmt: skip
                told.append(Finding("section_untied", "warning", text, gauges[0].origin, len(gauges)))
    return told
