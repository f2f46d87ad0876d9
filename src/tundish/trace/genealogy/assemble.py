"""Pieces, edges and stays: how do mended records become the frames that everybody shares?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.trace.genealogy.events import Events, told_by_rows
from tundish.trace.genealogy.graph import EDGES, EVIDENCE, PIECES, STAYS
from tundish.trace.genealogy.kinds import kinds
from tundish.trace.genealogy.links import Links
from tundish.trace.genealogy.naming import Names
from tundish.trace.genealogy.records import Records
from tundish.trace.genealogy.shares import add_shares
from tundish.trace.genealogy.sums import in_order
from tundish.trace.genealogy.uses import Uses

ACCEPTED = 0.95
"""Least probability of a repair that is made; below it stays a finding."""
_SAME = 0.02
"""Share by which rows that repeat the whole may differ: lengths are counted anew for each."""
_MOSTLY = 0.5
_BY_SLIP = 0.01
"""Share of a line's pieces that stand on several rows by a slip of the pen alone."""
_KEPT = 0.5
"""A recorded id that is doubted still counts while nothing else is likelier."""

_USED: tuple[str, ...] = (
    *("order", "event", "source", "row", "line", "start", "end", "in", "in_space", "mass_in", "mass_out", "scrap"),
    *(
        "length_in",
        "length_out",
        "thickness_in",
        "width_in",
        "from_m",
        "to_m",
        "at_m",
        "lane",
        "bare_mass_in",
        "bare_length_in",
    ),
    *("head_crop", "tail_crop", "turned", "flipped"),
)
"""Columns of the records that pieces, edges and stays are made of: the others would only fill the memory."""


@dataclass(frozen=True)
class Assembled:
    """The frames, and which piece each use became (null: none)."""

    pieces: pl.DataFrame
    edges: pl.DataFrame
    stays: pl.DataFrame
    of_use: pl.Series
    by: pl.Series
    """How each edge's share was found: ``alone``, ``length``, ``mass``, ``equal``."""
    open: pl.DataFrame
    """Uses that stay open: ``use``, ``accepted`` False."""


def assemble(records: Records, events: Events, uses: Uses, links: Links, names: Names) -> Assembled:
    """Number the pieces and write edges and stays by these numbers."""
    pieces, of_making, of_use, tied = _pieces(uses, links, names)
    rows = events.rows.select(_USED)[uses.frame["order"].to_numpy()].with_columns(
        uses.frame.select("role", "use"), parent=of_use
    )
    rows = rows.with_columns(
        child=of_making.gather(rows["event"]), probability=_probability(links), evidence=_evidence(uses, links)
    )
    scrap = _scrapped(rows, records.scrap)
    edges, by = _edges(rows.filter(pl.col("role") == "in").drop("role", "use", "in", "in_space"), pieces, records, scrap)
    stays = _stays(rows, events, of_making, records, scrap)
    recorded = pieces["mass_kg"].is_null()
    if bool(recorded.any()):
        pieces = _measured_going_in(pieces, rows)
    opened = uses.frame.select("use").with_columns(accepted=tied).filter(~pl.col("accepted"))
    return Assembled(pieces.select(PIECES.names()).cast(PIECES), edges, stays, of_use, by, opened)


def _pieces(uses: Uses, links: Links, names: Names) -> tuple[pl.DataFrame, pl.Series, pl.Series, pl.Series]:
    """One piece a making, and one for each id that no record makes and that stays as it is."""
    makings = uses.makings
    exact = (uses.frame["n"] > 0).to_numpy() & (uses.frame["making"].fill_null(-1).to_numpy() == links.making)
    accepted = (links.making >= 0) & ((links.probability >= ACCEPTED) | (exact & (links.probability >= _KEPT)))
    stranger = (links.making < 0) & uses.frame["even"].is_not_null().to_numpy() & (uses.frame["n"] == 0).to_numpy()
    fresh = uses.frame.filter(pl.Series(stranger)).group_by("space", "even", maintain_order=True).agg(pl.col("id").first())
    fresh = fresh.with_columns(number=pl.int_range(pl.len()) + makings.height)
    pieces = pl.concat(
        [
            pl.DataFrame(
                {
                    "id": names.id,
                    "even": names.even,
                    "level": makings["space"],
                    "line": makings["line"],
                    "made": makings["made"],
                    "mass_kg": makings["mass"],
                    "length_m": makings["length"],
                    "width_m": makings["width"],
                    "thickness_m": makings["thickness"],
                    "recorded": makings["source"].is_not_null(),
                    "certainty": names.certainty,
                }
            ),
            fresh.select("id", "even", pl.col("space").alias("level")).with_columns(
                recorded=pl.lit(value=False), certainty=pl.lit(0.5)
            ),
        ],
        how="diagonal",
    )
    strange = uses.frame.join(fresh, on=["space", "even"], how="left", maintain_order="left")["number"]
    linked = pl.Series(links.making)
    of_use = linked.set(~pl.Series(accepted), None).zip_with(~pl.Series(stranger), strange.cast(pl.Int64))
    return pieces, pl.Series(np.arange(makings.height)), of_use, pl.Series(accepted)


def _probability(links: Links) -> pl.Series:
    """Of each use: that it is of the making it is tied to, or, tied to none, of none of those that came into question."""
    other = links.candidates.group_by("use", maintain_order=True).agg(any=in_order(pl.col("probability")))
    none = np.ones(links.making.size)
    none[other["use"].to_numpy()] = (1.0 - other["any"].to_numpy()).clip(0.0, 1.0)
    return pl.Series(np.where(links.making >= 0, links.probability, none))


def _evidence(uses: Uses, links: Links) -> pl.Series:
    """Where the record stands, a different spelling is all there is to say."""
    named = uses.makings["id"].gather(pl.Series(links.making).set(pl.Series(links.making < 0), None))
    plain = (links.evidence == "record") & (uses.frame["id"] != named).fill_null(value=False)
    return links.evidence.zip_with(~plain, pl.Series(["respelled"]).new_from_index(0, links.evidence.len())).cast(EVIDENCE)


def _scrapped(rows: pl.DataFrame, scrap: pl.DataFrame) -> pl.DataFrame:
    """What rows of scrap weigh, by the piece that they name and the line: ``parent``, ``line``, ``lost``."""
    named = (
        rows.filter(pl.col("parent").is_not_null())
        .group_by("line", "in_space", "in", maintain_order=True)
        .agg(pl.col("parent").first())
    )
    weight = pl.coalesce("mass_out", "scrap")
    lost = scrap.group_by("line", "in_space", "in", maintain_order=True).agg(
        lost=pl.when(weight.count() > 0).then(in_order(weight))
    )
    both = named.join(lost, on=["line", "in_space", "in"], maintain_order="left_right")
    return both.group_by("parent", "line", maintain_order=True).agg(in_order(pl.col("lost")))


def _by_parts(rows: pl.DataFrame, name: str) -> pl.Expr:
    """Whether a row's table writes this measure part by part, not that of the whole on each row; told from all its rows."""
    several = (
        rows.filter(pl.col("parent").is_not_null())
        .group_by("source", "parent")
        .agg(n=pl.col(name).count(), alike=pl.col(name).max() - pl.col(name).min() <= _SAME * pl.col(name).max())
    )
    more = pl.col("n") > 1
    each = several.group_by("source").agg(alike=pl.col("alike").filter(more).mean(), more=more.mean())
    told = (pl.col("alike") < _MOSTLY) & (pl.col("more") > _BY_SLIP)
    return pl.col("source").is_in(each.filter(told)["source"].implode())


def _part(rows: pl.DataFrame, name: str, over: Sequence[str]) -> pl.Expr:
    """What of a parent went in by this row: as parts are written, or all of it where it went nowhere else."""
    return pl.when(_by_parts(rows, name) | (pl.len().over(over) == 1)).then(name)


def _of_rows_own(rows: pl.DataFrame, name: str) -> pl.Expr:
    """What came out of a parent by this row, where each row measures its own part of the product."""
    return pl.when(pl.col("source").is_in(told_by_rows(rows, f"{name}_out"))).then(f"{name}_out")


def _of_whole(name: str, parted: pl.Expr, over: Sequence[str]) -> pl.Expr:
    """A measure of all that went in: what its rows sum to, or what most of them repeat."""
    told = pl.col(name)
    summed = pl.when(told.count().over(over) > 0).then(told.sum().over(over))
    return pl.when(parted).then(summed).otherwise(told.median().over(over))


def _edges(rows: pl.DataFrame, pieces: pl.DataFrame, records: Records, scrap: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    rows = rows.filter(pl.col("child").is_not_null() & ((pl.col("parent") != pl.col("child")) | pl.col("parent").is_null()))
    rows = rows.with_columns(pl.coalesce(f"bare_{name}_in", _of_rows_own(rows, name)) for name in ("mass", "length"))
    of = pieces.with_row_index("n").select(pl.col("n").cast(pl.Int64), "level", "mass_kg", "length_m", "width_m", "thickness_m")
    of_parent = {
        "level": "parent_level",
        "mass_kg": "parent_kg",
        "length_m": "parent_m",
        "width_m": "parent_width",
        "thickness_m": "parent_thickness",
    }
    of_child = {
        "level": "child_level",
        "mass_kg": "child_kg",
        "length_m": "child_m",
        "width_m": "child_width",
        "thickness_m": "child_thickness",
    }
    told = rows.join(of.rename(of_parent), left_on="parent", right_on="n", how="left", maintain_order="left").join(
        of.select("n", *of_child).rename(of_child), left_on="child", right_on="n", how="left", maintain_order="left"
    )
    told = told.join(scrap, on=["parent", "line"], how="left", maintain_order="left")
    parted, over = _by_parts(rows, "mass_in"), ["parent", "line"]
    whole = _of_whole("mass_in", parted, over)
    told = told.with_columns(
        part_kg=_part(rows, "mass_in", over),
        part_m=_part(rows, "length_in", over),
        bare_part_kg=_part(rows, "bare_mass_in", over),
        bare_part_m=_part(rows, "bare_length_in", over),
        parent_kg=pl.coalesce(pl.when(~parted).then(whole), "parent_kg", whole),
        parent_m=pl.coalesce("parent_m", "length_in"),
        section=pl.coalesce("parent_width", "width_in") * pl.coalesce("parent_thickness", "thickness_in"),
        scrap_kg=pl.max_horizontal(_of_whole("scrap", _by_parts(rows, "scrap"), over), "lost"),
        at=pl.coalesce("end", "start"),
        parent_width=pl.coalesce("parent_width", "width_in"),
        parent_thickness=pl.coalesce("parent_thickness", "thickness_in"),
    )
    told = told.sort("child", "at_m", "order", nulls_last=True, maintain_order=True)
    told = add_shares(told).filter(pl.col("parent").is_not_null())
    table = pl.Series([source.table.name for source in records.sources], dtype=pl.String)
    edges = told.with_columns(
        kind=kinds(told, records.sources) if told.height else pl.Series([], dtype=EDGES["kind"]),
        table=table.gather(told["source"]) if told.height else pl.Series([], dtype=pl.String),
        lane=pl.col("lane").cast(pl.Int64),
    ).sort("child", "at_m", "parent", nulls_last=True, maintain_order=True)
    return edges.select(EDGES.names()).cast(EDGES), edges["by"]


_STAY_MEASURES = ("mass_in", "mass_out", "scrap", "length_in", "length_out")
_OF_ROW = ("line", "source", "row", "start", "end", *_STAY_MEASURES, "head_crop", "tail_crop", "turned", "flipped")
_OF_STAY = ("stay", "piece", "goes", *_OF_ROW)


def _stays(rows: pl.DataFrame, events: Events, of_making: pl.Series, records: Records, scrap: pl.DataFrame) -> pl.DataFrame:
    """Stays of what went in (one a run of rows), of what came out (one a making), of what came and went."""
    goes = pl.when(pl.col("role") == "in").then(pl.lit("in")).otherwise(pl.lit("through"))
    fed = rows.select(*_OF_ROW, "order", goes=goes, piece="parent")
    made = events.rows.select(*_OF_ROW, "order", "event").filter(pl.col("event").is_not_null())
    out = made.with_columns(goes=pl.lit("out"), piece=of_making.gather(made["event"]))
    wanted = ["order", *_OF_STAY[1:]]
    told = pl.concat([one.select(wanted) for one in (fed, out)]).filter(pl.col("piece").is_not_null())
    told = told.sort("piece", "goes", "line", "order", maintain_order=True)
    fresh = (
        (pl.col("goes") == "through")
        | pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in ("piece", "goes", "line")).fill_null(value=True)
        | (pl.col("order") - pl.col("order").shift() > 5)
    )
    told = told.with_columns(stay=fresh.cum_sum())
    fed = told.filter(pl.col("goes") != "out").rename({"piece": "parent"})
    parts = {name: _by_parts(fed, name) for name in _STAY_MEASURES}
    told = told.with_columns(parts[name].fill_null(value=False).alias(f"{name} by parts") for name in parts)
    single = (pl.col("stay") != pl.col("stay").shift()).fill_null(value=True)
    single &= (pl.col("stay") != pl.col("stay").shift(-1)).fill_null(value=True)
    told = told.with_columns(single=single)
    stays = pl.concat([told.filter("single").select(_OF_STAY), _together(told.filter(~pl.col("single")))])
    stays = stays.sort("piece", pl.coalesce("start", "end"), "stay")
    stays = stays.with_columns(
        turn=pl.int_range(1, pl.len() + 1).over("piece", "line", "goes"),
        table=pl.Series([s.table.name for s in records.sources], dtype=pl.String).gather(stays["source"]),
    )
    last = (pl.col("goes") == "in") & (pl.col("turn") == pl.col("turn").max().over("piece", "line", "goes"))
    stays = stays.join(scrap, left_on=["piece", "line"], right_on=["parent", "line"], how="left", maintain_order="left")
    stays = stays.with_columns(scrap=pl.when(last).then(pl.max_horizontal("scrap", "lost")).otherwise("scrap"))
    named = stays.rename(
        {
            "mass_in": "mass_in_kg",
            "mass_out": "mass_out_kg",
            "scrap": "scrap_kg",
            "length_in": "length_in_m",
            "length_out": "length_out_m",
            "head_crop": "head_crop_m",
            "tail_crop": "tail_crop_m",
        }
    )
    return named.select(STAYS.names()).cast(STAYS)


def _together(told: pl.DataFrame) -> pl.DataFrame:
    """Stays of several rows each: one row a stay."""
    stays = told.group_by("stay", maintain_order=True).agg(
        pl.col("piece", "goes", "line", "source", "row").first(),
        pl.col("start").min(),
        pl.col("end").max(),
        *(_of_rows(name) for name in _STAY_MEASURES),
        pl.col("head_crop").first(),
        pl.col("tail_crop").last(),
        pl.col("turned", "flipped").first(),
    )
    return stays.select(_OF_STAY)


def _of_rows(name: str) -> pl.Expr:
    """A measure of a stay: what most rows repeat of the whole, or the sum of parts; of another side's pieces always the sum."""
    value = pl.col(name)
    other = name in ("mass_out", "length_out")
    parts = (pl.col("goes").first() == "in") if other else pl.col(f"{name} by parts").first()
    summed = pl.when(value.count() > 0).then(in_order(value))
    return pl.when(parts).then(summed).otherwise(value.median()).alias(name)


def _measured_going_in(pieces: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """What no record made has the measures that a line wrote as it went in."""
    once = pl.col("mass_in").drop_nulls().n_unique() <= 1
    parts = pl.col("parts").any()
    seen = (
        rows.with_columns(_by_parts(rows, "mass_in").fill_null(value=False).alias("parts"))
        .filter(pl.col("parent").is_not_null())
        .group_by(pl.col("parent").alias("n"))
        .agg(
            mass=pl.when(parts & ~once).then(in_order(pl.col("mass_in"))).otherwise(pl.col("mass_in").median()),
            **{name: pl.col(f"{name}_in").drop_nulls().first() for name in ("length", "width", "thickness")},
        )
    )
    joined = (
        pieces.with_row_index("n")
        .with_columns(pl.col("n").cast(pl.Int64))
        .join(seen, on="n", how="left", maintain_order="left")
    )
    return joined.with_columns(
        mass_kg=pl.coalesce("mass_kg", "mass"),
        length_m=pl.coalesce("length_m", "length"),
        width_m=pl.coalesce("width_m", "width"),
        thickness_m=pl.coalesce("thickness_m", "thickness"),
    )
