"""What does walking back from a piece need? Stays, edges and passes as plain arrays, gaps filled where they follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

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
_ONLY_CUT = ("slit", "sheeted", "cut")
"""What leaves as long as it was cut."""
_SAME_CUT_M = 1.0
_TOGETHER_S = 10.0
"""Strips of one part end together, by times that are written to some seconds."""
_TYPED_S = 120.0
"""By how much times typed to the minute may go back in a table kept in order."""
_COUNTED = 0.002
"""Share by which a recorded length is off, one standard deviation."""
_WEIGHED, _UNFILLED = 0.006, 0.02
"""The same of what follows from masses, weighed to 10 kg; and where the parts do not sum up to the whole."""
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
    scales: Mapping[str, tuple[float, float]]
    """Line -> metres of its gauge a true metre that leaves it, where lengths tell it, and its standard deviation, a share."""
    gains: Mapping[str, float]
    """Line -> metres that leave it a metre that comes in."""
    even: Mapping[str, float]
    """The same of lines that lengthen all alike, where what came in tells what left better than its counted length."""
    stays_from: Ints
    """Stays ``stays_from[i] : stays_from[i + 1]`` are those of piece ``i``."""
    up_from: Ints
    """Edges ``up_from[i] : up_from[i + 1]`` lead to the parents of piece ``i``."""
    spans: Spans

    @cached_property
    def cut(self) -> Bools:
        """Whether records, or the line's welds, tell where each edge's part is cut from its parent."""
        edges = self.genealogy.edges
        return (edges["from_m"].is_not_null() & edges["to_m"].is_not_null()).to_numpy() | self.spans.seen

    @cached_property
    def noted(self) -> Bools:
        """Stays that tell one moment and nothing of what left, on lines without signals: a note that a coil was there.

        Lists of what was charged or put on a line's entry are such: nothing was uncoiled for them.
        """
        stays = self.genealogy.stays
        told = [stays[name].is_not_null() for name in ("length_in_m", "length_out_m", "mass_out_kg", "turned", "flipped")]
        moment = stays["start"].is_null() | stays["end"].is_null() | (stays["start"] == stays["end"])
        through = (stays["goes"].fill_null("through") == "through") & ~stays["line"].is_in(list(self.trends))
        return (moment & through & ~(told[0] | told[1] | told[2] | told[3] | told[4])).fill_null(value=False).to_numpy()

    def leaves(self, stay: int) -> bool:
        """Whether the piece left a line as itself there."""
        return self.goes[stay] != "in" and not self.noted[stay]

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
    strips: Ints
    """How many strips side by side were made of that part."""
    doubt: Floats
    """How far the cuts may be off in metres of the parent beside what a cut is off anyway, one standard deviation."""
    seen: Bools
    """Whether the line's own welds placed the cuts."""

    def or_else(self, other: Spans) -> Spans:
        """The same, with the parts of another one where these are not known."""
        known = np.isfinite(self.low_in)
        names = ("low_in", "high_in", "low_out", "high_out", "doubt")
        return replace(self, **{name: np.where(known, getattr(self, name), getattr(other, name)) for name in names})


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
    share = edges["share_of_child"].fill_null(1.0).to_numpy()  # what was welded together of several is not all of one
    wide = column(genealogy.pieces, "width_m")
    narrow = pl.Series(wide[edges["child"].to_numpy()] / wide[edges["parent"].to_numpy()]).fill_nan(None)
    placed = edges.with_columns(narrow=narrow)
    low, high, doubt, strips = _parts_of_parent(placed, parent_m, child_m * share, crops)
    cut = edges.select("child", "line", "kind", span=pl.Series(high - low).fill_nan(None))
    whole = pl.when(pl.col("kind").cast(pl.String).is_in(_ONLY_CUT)).then(pl.col("span").sum().over("child", "line"))
    child_m = np.where(child_m > 0, child_m, column(cut.select(whole.alias("span")), "span"))
    at, end = _parts_of_child(edges, child_m, high - low)
    return Spans(low, high, at, end, stay, strips, doubt, np.zeros(edges.height, bool))


def as_they_ran(edges: pl.DataFrame) -> Ints:
    """Edges line by line in the order in which they ran: products in order of time, and the parents of each as they ran in.

    Where no record tells that, a parent that went into earlier products comes before one that goes into later ones.
    """
    frame = edges.select(
        "parent", "child", "line", "at_m", "table", "row", at=pl.col("at").dt.timestamp("us")
    ).with_row_index("edge")  # fmt: skip
    frame = frame.join(_kept_in_order(edges), on=["table", "line"], how="left", nulls_equal=True, maintain_order="left")
    kept = pl.col("in order").fill_null(value=False).all() & pl.col("row").is_not_null().all()
    kept &= pl.col("table").n_unique() == 1
    frame = frame.with_columns(when=pl.when(kept.over("line")).then("row").otherwise("at"))
    when, parent = pl.col("when"), ["parent", "line"]
    frame = frame.with_columns(when=when.min().over("child", "line"))
    frame = frame.with_columns(first=when.min().over(parent), last=when.max().over(parent))
    frame = frame.sort("line", "when", "child", "at_m", "first", "last", "row", nulls_last=True)
    return frame["edge"].to_numpy().astype(np.int64)


def made_stays(genealogy: Genealogy) -> Ints:
    """The stay at which the child of each edge was made on its line; -1 where there is none."""
    edges, stays = genealogy.edges, genealogy.stays
    made = stays.select(child="piece", line="line", goes="goes").with_row_index("made").filter(pl.col("goes") == "out")
    made = made.unique(["child", "line"], keep="first")
    found = edges.select("child", "line").join(made, on=["child", "line"], how="left", maintain_order="left", nulls_equal=True)
    return found["made"].cast(pl.Int64).fill_null(-1).to_numpy()


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
) -> tuple[Floats, Floats, Floats, Ints]:
    """Where each part begins and ends on its parent, how far a part that no record places may be off, strips side by side.

    What is not told follows from the children's lengths, over what the line usually makes of a metre; where that nearly fills
    the parent they are taken to fill it; without lengths from the shares of mass. Strips cut side by side are one part, as
    long as the middle one of them.
    """
    low, high = column(edges, "from_m"), column(edges, "to_m")
    names = ("parent", "line", "lane", "kind", "narrow", "at", "table", "row")
    frame = edges.select(*names, share="share_of_parent").with_columns(
        length=pl.Series(child_m).fill_nan(None), head=pl.Series(crops[0]),
        whole=pl.Series(parent_m).fill_nan(None),
        free=pl.Series(parent_m - crops[0] - crops[1]).fill_nan(None), edge=pl.int_range(pl.len()),
    )  # fmt: skip
    frame = _side_by_side(frame.join(_kept_in_order(edges), on=["table", "line"], how="left", nulls_equal=True))
    parts = frame.group_by("parent", "line", "part", maintain_order=True).agg(
        pl.col("length").median(), pl.col("share").sum(), pl.col("head", "whole", "free").first(), strips=pl.len(),
        silent=pl.col("share").null_count() > 0,
    )  # fmt: skip
    group = ["parent", "line"]
    told = pl.col("length").count().over(group) == pl.len().over(group)
    parts = parts.with_columns(ratio=pl.when(told).then(pl.col("length").sum().over(group)) / pl.col("free"))
    parts = parts.with_columns(gain=pl.col("ratio").median().over("line"))
    # of a parent without any length its products tell it, as the line lengthens others, else in metres as they left
    lengthless = pl.col("free").is_null() & told
    parts = parts.with_columns(gain=pl.when(lengthless).then(pl.col("gain").fill_null(1.0)).otherwise("gain"))
    parts = parts.with_columns(ratio=pl.when(lengthless).then("gain").otherwise("ratio"))
    weighed = pl.when(~pl.col("silent")).then(pl.min_horizontal("share", 1.0) * pl.col("whole"))
    parts = parts.with_columns(weighed=weighed, used=weighed.sum().over(group) / pl.col("free"))
    off = (pl.col("ratio") / pl.col("gain") - 1.0).abs()
    # a line that lengthens each piece by another share says nothing of what is missing
    full = (off < _FILLS) | (off.median().over("line") > _FILLS) | ((pl.col("used") - 1.0).abs() < _FILLS)
    by_length = pl.col("length") / pl.when(full | (pl.col("ratio") > pl.col("gain"))).then("ratio").otherwise("gain")
    by_mass = pl.col("weighed") / pl.when((pl.col("used") - 1.0).abs() < _FILLS).then("used").otherwise(1.0)
    parts = parts.with_columns(span=pl.coalesce(by_length, by_mass))
    end = pl.col("span").cum_sum().over(group)
    count, place = pl.len().over(group), pl.int_range(pl.len()).over(group)
    fills = ((pl.col("used") - 1.0).abs() < _FILLS).fill_null(value=False)
    share = pl.when(by_length.is_not_null()).then(_COUNTED).when(fills).then(_WEIGHED).otherwise(_UNFILLED)
    inner = ((place + 1) * (count - place - 1) / count / pl.col("strips")).sqrt() * share * pl.col("span")
    parts = parts.with_columns(low=pl.col("head") + end - pl.col("span"), doubt=inner.fill_null(0.0))
    found = frame.join(parts.select(*group, "part", "low", "span", "strips", "doubt"), on=[*group, "part"], nulls_equal=True)
    found = found.sort("edge")
    doubt = np.where(np.isfinite(low) & np.isfinite(high), 0.0, np.nan_to_num(column(found, "doubt")))
    low, high = (_of_part(found, one) for one in (low, high))
    low = np.where(np.isfinite(low), low, column(found, "low"))
    high = np.where(np.isfinite(high), high, low + column(found, "span"))
    return low, high, doubt, found["strips"].to_numpy().astype(np.int64)


def _of_part(edges: pl.DataFrame, cut: Floats) -> Floats:
    """Where a part is cut, by all strips made of it side by side, where they tell the same."""
    told = edges.select("parent", "line", "part", cut=pl.Series(cut).fill_nan(None))
    middle = column(told.select(pl.col("cut").mean().over("parent", "line", "part")), "cut")
    return np.where(np.abs(middle - cut) < _SAME_CUT_M, middle, cut)


def _side_by_side(frame: pl.DataFrame) -> pl.DataFrame:
    """Edges in the order in which parts came off their parent, numbered by ``part``: what was slit side by side is one.

    Strips of one part end together, so the next part begins with a lane that the part has already, or later and at another
    length. Where rows are not kept in order, what ends together is looked for first.
    """
    group = ["parent", "line"]
    apart = pl.col("at").diff().over(group).dt.total_seconds().abs() > _TOGETHER_S
    frame = frame.sort(*group, "at", "row", nulls_last=True)
    frame = frame.with_columns(time=apart.fill_null(value=False).cum_sum().over(group))
    first = pl.when("in order").then("row").otherwise("time")
    frame = frame.sort(*group, first, "row", "lane", nulls_last=True)
    other = (pl.col("length") / pl.col("length").shift(1).over(group) - 1.0).abs() > _FILLS
    # each lane once is one part, whatever a mistyped time says
    once = pl.col("lane").n_unique().over(group) == pl.len().over(group)
    again = (pl.col("lane") <= pl.col("lane").shift(1).over(group)) & ~once
    new = pl.col("lane").is_null() | again | (apart & other)
    # where no lane is written strips are side by side until they fill the width
    strips, wide = pl.col("kind").cast(pl.String) == "slit", pl.col("narrow").sum().over(group)
    blind = strips.all().over(group) & pl.col("lane").is_null().all().over(group) & (pl.col("narrow").min().over(group) > 0)
    filled = (pl.col("narrow").cum_sum().over(group) - pl.col("narrow") / 2.0) / (wide / pl.max_horizontal(wide.round(), 1.0))
    by_width = pl.when(blind & pl.col("narrow").is_not_null().all().over(group)).then(filled.floor().cast(pl.Int64))
    part = new.fill_null(value=False).cum_sum().over(group).cast(pl.Int64)
    return frame.with_columns(part=pl.coalesce(by_width, part))


def _kept_in_order(edges: pl.DataFrame) -> pl.DataFrame:
    """Tables whose rows stand in order of time but for a few: there the row tells the order better than a mistyped time."""
    rows = edges.select("table", "line", "row", "at").drop_nulls(["row", "at"]).sort("table", "line", "row")
    step = pl.col("at").diff().dt.total_seconds()
    rising = (step >= -_TOGETHER_S).mean().fill_null(0.0) >= _ORDERED
    # times typed to the minute go back by a minute or two inside what left together
    typed = ((step >= -_TYPED_S).mean().fill_null(0.0) >= _ORDERED) & ((step > _TYPED_S).sum() > (step < -_TYPED_S).sum())
    return rows.group_by("table", "line").agg((rising | typed).alias("in order"))


def _parts_of_child(edges: pl.DataFrame, child_m: Floats, span_in: Floats) -> tuple[Floats, Floats]:
    frame = edges.select("child", "line", at="at_m").with_row_index("edge").with_columns(
        span=pl.Series(span_in).fill_nan(None), length=pl.Series(child_m).fill_nan(None)
    )[as_they_ran(edges)]  # fmt: skip
    group = ["child", "line"]
    share = pl.col("span") / pl.col("span").sum().over(group)
    frame = frame.with_columns(share=pl.when(pl.len().over(group) == 1).then(1.0).otherwise(share))
    follows = (pl.col("share").cum_sum().over(group) - pl.col("share")) * pl.col("length")
    told = pl.col("at").is_not_null().all().over(group)
    frame = frame.with_columns(low=pl.when(told).then("at").otherwise(follows))
    until = pl.coalesce(pl.col("low").shift(-1).over(group), "length")
    frame = frame.with_columns(high=until).sort("edge")
    return column(frame, "low"), column(frame, "high")


def flags(frame: pl.DataFrame, name: str) -> Bools:
    """A column of truth, false where null."""
    return frame[name].fill_null(value=False).to_numpy()
