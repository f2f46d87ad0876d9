"""What does walking back from a piece need? Stays, edges and passes as plain arrays, gaps filled where they follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.position.trend import Bools, Trend
from tundish.trace.stamps import NEVER, Stamps
from tundish.trace.stays.segments import Floats, Ints

_ORDERED = 0.9
"""Share of the rows of a table that follow the one above in time, from which on it is taken to be kept in order."""
_FILLS = 0.015
"""Share by which what came of a piece may differ from its length when all was used: lengths are counted to 0.2 to 0.5 %."""
_COUNTED = 0.002
"""Share by which a recorded length is off, one standard deviation."""
DENSITY = 7850.0
"""kg/m3 of low-carbon steel (handbook value): only to work out a length that no record tells."""


@dataclass(frozen=True)
class Passes:
    """Where each stay lies on its line's trend, one entry a stay; NaN where it was not found."""

    low_m: Floats
    """Metres run when the piece's mark at ``low_in_m`` was at the reference point; ``high_m`` likewise."""
    high_m: Floats
    low_in_m: Floats
    """Metres of what comes in."""
    high_in_m: Floats
    sd_m: Floats
    off: Floats
    marked: Ints


@dataclass(frozen=True)
class Book:
    """Genealogy and passes in the order in which a walk asks for them."""

    genealogy: Genealogy
    trends: Mapping[str, Trend]
    passes: Passes
    lines: tuple[str | None, ...]
    goes: tuple[str, ...]
    start: Stamps
    end: Stamps
    turn: Ints
    length_in: Floats
    """Of each stay, in m: recorded, else what follows from the stay before, from mass and section, from the trend."""
    length_out: Floats
    length_sd: Floats
    """How far the length in may be off, one standard deviation in m: a shift where the piece runs the other way round."""
    head_crop: Floats
    tail_crop: Floats
    lost_m: Floats
    """Cut out with the weld behind each stay, in m of what comes in."""
    scales: Mapping[str, float]
    """Line -> metres of its gauge a true metre that leaves it, where its lengths out are told."""
    gains: Mapping[str, float]
    """Line -> metres that leave it a metre that comes in."""
    stays_from: Ints
    """Stays ``stays_from[i] : stays_from[i + 1]`` are those of piece ``i``."""
    up_from: Ints
    """Edges ``up_from[i] : up_from[i + 1]`` lead to the parents of piece ``i``."""
    spans: Spans

    def turned(self, stay: int) -> bool | None:
        """What the record of the stay says."""
        value = self.genealogy.stays["turned"][stay]
        return None if value is None else bool(value)


@dataclass(frozen=True)
class Spans:
    """Part of the parent and of the child that each edge joins, in m; NaN where not even that follows."""

    low_in: Floats
    high_in: Floats
    low_out: Floats
    high_out: Floats
    stay: Ints
    """Stay of the parent on the edge's line; -1 where there is none."""
    doubt: Floats
    """How far the cuts may be off in metres of the parent beside what a cut is off anyway, one standard deviation."""


def column(frame: pl.DataFrame, name: str) -> Floats:
    """A column of numbers with NaN for null."""
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


def micros(frame: pl.DataFrame, name: str) -> Stamps:
    """A column of times as microseconds."""
    return frame[name].to_physical().fill_null(NEVER).to_numpy().astype(np.int64)


def starts_of(numbers: Ints, count: int) -> Ints:
    """Where each number's run begins in a sorted column."""
    return np.searchsorted(numbers, np.arange(count + 1)).astype(np.int64)


def volume_length(pieces: pl.DataFrame) -> Floats:
    """Length of each piece as recorded, else mass over density and section."""
    recorded = column(pieces, "length_m")
    section = column(pieces, "width_m") * column(pieces, "thickness_m") * DENSITY
    follows = np.divide(column(pieces, "mass_kg"), section, out=np.full(section.size, np.nan), where=section > 0)
    return np.where(recorded > 0, recorded, follows)


def stay_lengths(genealogy: Genealogy) -> tuple[Floats, Floats]:
    """Length in and out of each stay, as recorded, else as the piece's own, else as it left the stay before."""
    stays, made = genealogy.stays, volume_length(genealogy.pieces)
    piece = stays["piece"].to_numpy()
    into, out = column(stays, "length_in_m"), column(stays, "length_out_m")
    goes = stays["goes"].fill_null("through")
    makes = (goes == "out").to_numpy()
    out = np.where(makes & ~(out > 0), made[piece], out)
    frame = pl.DataFrame({"piece": piece, "into": into, "out": out}).with_columns(pl.all().exclude("piece").fill_nan(None))
    left = pl.col("out").forward_fill().shift(1).over("piece")
    frame = frame.with_columns(into=pl.coalesce("into", left, pl.Series(made).gather(piece).fill_nan(None)))
    frame = frame.with_columns(out=pl.coalesce("out", pl.when(pl.Series(~makes)).then(pl.col("into"))))
    return column(frame, "into"), column(frame, "out")


def spans_of(genealogy: Genealogy, into: Floats, out: Floats) -> Spans:
    """The joined parts of all edges; where the record is silent: one behind the other in order of time, by their lengths."""
    edges, stays = genealogy.edges, genealogy.stays
    stay = _stay_of_parent(edges, stays)
    there = stay >= 0
    parent_m = np.where(there, into[stay], volume_length(genealogy.pieces)[edges["parent"].to_numpy()])
    child_m = _child_lengths(genealogy, out)
    crops = [
        np.where(there, np.nan_to_num(column(stays, name)[stay] if stays.height else parent_m), 0.0)
        for name in ("head_crop_m", "tail_crop_m")
    ]
    low, high, doubt = _parts_of_parent(edges, parent_m, child_m, crops)
    at, end = _parts_of_child(edges, child_m, high - low)
    return Spans(low, high, at, end, stay, doubt)


def _stay_of_parent(edges: pl.DataFrame, stays: pl.DataFrame) -> Ints:
    """The stay at which the parent was used up on the edge's line: the one whose end is nearest the edge's time."""
    ends = stays.select("piece", "line", "goes", stay_end="end").with_row_index("stay").filter(pl.col("goes") != "out")
    asked = edges.select(piece="parent", line="line", at="at").with_row_index("edge")
    met = asked.join(ends, on=["piece", "line"], how="inner", nulls_equal=True)
    far = (pl.col("at") - pl.col("stay_end")).dt.total_microseconds().abs().fill_null(0)
    best = (
        met.with_columns(far=far, used=pl.col("goes") != "in").sort("edge", "used", "far", "stay").unique("edge", keep="first")
    )
    stay = np.full(edges.height, -1, np.int64)
    stay[best["edge"].to_numpy()] = best["stay"].to_numpy()
    return stay


def _child_lengths(genealogy: Genealogy, out: Floats) -> Floats:
    """Length of the child of each edge as it left that line."""
    edges, stays = genealogy.edges, genealogy.stays
    made = (
        stays.select(child="piece", line="line", goes="goes").with_columns(out=pl.Series(out)).filter(pl.col("goes") == "out")
    )
    made = made.unique(["child", "line"], keep="first")
    found = edges.select("child", "line").join(made, on=["child", "line"], how="left", maintain_order="left", nulls_equal=True)
    own = volume_length(genealogy.pieces)[edges["child"].to_numpy()]
    told = column(found, "out")
    return np.where(told > 0, told, own)


def _parts_of_parent(
    edges: pl.DataFrame, parent_m: Floats, child_m: Floats, crops: Sequence[Floats]
) -> tuple[Floats, Floats, Floats]:
    """Where each part begins and ends on its parent, and how far a part that no record places may be off.

    What is not told follows from the children's lengths, over what the line usually makes of a metre; where that nearly fills
    the parent they are taken to fill it; without lengths from the shares of mass.
    """
    low, high = column(edges, "from_m"), column(edges, "to_m")
    frame = edges.select("parent", "line", "lane", "at", "table", "row", share="share_of_parent").with_columns(
        length=pl.Series(parent_m).fill_nan(None), child_m=pl.Series(child_m).fill_nan(None),
        head=pl.Series(crops[0]), free=pl.Series(parent_m - crops[0] - crops[1]).fill_nan(None), edge=pl.int_range(pl.len()),
    )  # fmt: skip
    group, lane = ["parent", "line"], ["parent", "line", "lane"]
    frame = frame.join(_kept_in_order(edges), on=["table", "line"], how="left", maintain_order="left", nulls_equal=True)
    first = pl.when("in order").then("row").otherwise(pl.col("at").to_physical())
    frame = frame.sort("parent", "line", "lane", first, "row", nulls_last=True)
    lanes = pl.max_horizontal(pl.col("lane").n_unique().over(group), 1)
    ratio = pl.when(pl.col("child_m").count().over(lane) == pl.len().over(lane)).then(
        pl.col("child_m").sum().over(lane)
    ) / pl.col("free")
    frame = frame.with_columns(ratio=ratio)
    frame = frame.with_columns(gain=pl.col("ratio").median().over("line"))
    full = (pl.col("ratio") / pl.col("gain") - 1.0).abs() < _FILLS
    by_length = pl.col("child_m") / pl.when(full | (pl.col("ratio") > pl.col("gain"))).then("ratio").otherwise("gain")
    by_mass = pl.min_horizontal(pl.col("share") * lanes, 1.0) * pl.col("free")
    frame = frame.with_columns(span=pl.coalesce(by_length, by_mass))
    end = pl.col("span").cum_sum().over(lane)
    count, place = pl.len().over(lane), pl.int_range(pl.len()).over(lane)
    inner = ((place + 1) * (count - place - 1) / count).sqrt() * _COUNTED * pl.col("span")
    frame = frame.with_columns(low=pl.col("head") + end - pl.col("span"), doubt=inner.fill_null(0.0)).sort("edge")
    doubt = np.where(np.isfinite(low) & np.isfinite(high), 0.0, np.nan_to_num(column(frame, "doubt")))
    low = np.where(np.isfinite(low), low, column(frame, "low"))
    return low, np.where(np.isfinite(high), high, low + column(frame, "span")), doubt


def _kept_in_order(edges: pl.DataFrame) -> pl.DataFrame:
    """Tables whose rows stand in order of time but for a few: there the row tells the order better than a mistyped time."""
    rows = edges.select("table", "line", "row", "at").drop_nulls(["row", "at"]).sort("table", "line", "row")
    rising = (pl.col("at").diff().dt.total_microseconds() >= 0).mean().fill_null(0.0)
    return rows.group_by("table", "line").agg(rising.ge(_ORDERED).alias("in order"))


def _parts_of_child(edges: pl.DataFrame, child_m: Floats, span_in: Floats) -> tuple[Floats, Floats]:
    frame = edges.select("child", "line", at="at_m").with_columns(
        span=pl.Series(span_in).fill_nan(None), length=pl.Series(child_m).fill_nan(None)
    )
    group = ["child", "line"]
    share = pl.col("span") / pl.col("span").sum().over(group)
    frame = frame.with_columns(share=pl.when(pl.len().over(group) == 1).then(1.0).otherwise(share))
    follows = (pl.col("share").cum_sum().over(group) - pl.col("share")) * pl.col("length")
    told = pl.col("at").is_not_null().all().over(group)
    frame = frame.with_columns(low=pl.when(told).then("at").otherwise(follows))
    until = pl.coalesce(pl.col("low").shift(-1).over(group), "length")
    frame = frame.with_columns(high=until)
    return column(frame, "low"), column(frame, "high")


def flags(frame: pl.DataFrame, name: str) -> Bools:
    """A column of truth, false where null."""
    return frame[name].fill_null(value=False).to_numpy()
