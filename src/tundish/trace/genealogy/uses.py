"""Which piece does each record say went in, or came and went, and which makings do these ids name?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.trace.genealogy.events import Events, most_said
from tundish.trace.genealogy.evidence import Floats, Ints, Sides
from tundish.trace.genealogy.records import Records
from tundish.trace.stamps import NEVER

_MOSTLY = 0.5
_IN = ("mass_in", "length_in", "thickness_in", "width_in")
_OUT = ("mass_out", "length_out", "thickness_out", "width_out")


@dataclass(frozen=True)
class Uses:
    """What went in and what came and went, row by row.

    ``frame``: one row a use in the order of the records: ``use``, ``order``, ``role`` (``in`` or ``self``), ``space``,
    ``even``, ``id``, ``line``, ``stem``, ``n`` (how many makings the id names), ``making`` (the one, if one) and ``moved``
    (the column is of another kind of material than the piece that alone has this id).
    ``makings``: those of the events and, behind them, one for each id that a line takes in whose makers keep no records
    (``source`` null).
    """

    frame: pl.DataFrame
    makings: pl.DataFrame


def find_uses(records: Records, events: Events) -> Uses:
    """All uses, each tied to the making whose id it states."""
    names = events.makings.select("space", "even").unique()
    frame = pl.concat([_going_in(records, events.rows), _staying(events.rows, names)]).sort("order", maintain_order=True)
    frame = _of_other_kinds(frame.with_row_index("use").with_columns(pl.col("use").cast(pl.Int64)), names)
    makings = _with_unrecorded(frame, events.makings, events.rows)
    named = makings.group_by("space", "even", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("event").first().alias("making")
    )
    frame = frame.join(named, on=["space", "even"], how="left", maintain_order="left").with_columns(
        pl.col("n").fill_null(0), making=pl.when(pl.col("n") == 1).then("making")
    )
    return Uses(frame, makings)


def _going_in(records: Records, rows: pl.DataFrame) -> pl.DataFrame:
    takes = [n for n, source in enumerate(records.sources) if source.into is not None]
    return rows.filter((pl.col("goes") == "make") & pl.col("source").is_in(takes)).select(
        "order",
        "line",
        pl.lit("in").alias("role"),
        pl.col("in_space").alias("space"),
        pl.col("in").alias("even"),
        pl.col("in_id").alias("id"),
        pl.col("out").alias("stem"),
    )


def _staying(rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """What came and went as itself, by the id that a making has where the row writes two."""
    known_in = rows.select("order", "in_space", "in").join(
        names, left_on=["in_space", "in"], right_on=["space", "even"], how="semi"
    )
    by_in = pl.col("out").is_null() | (
        (pl.col("in_space") == pl.col("out_space")) & pl.col("order").is_in(known_in["order"].implode())
    )
    stays = rows.filter(pl.col("goes") == "through").with_columns(by_in=by_in.fill_null(value=False))
    return stays.select(
        "order",
        "line",
        pl.lit("self").alias("role"),
        pl.when("by_in").then("in_space").otherwise("out_space").alias("space"),
        pl.when("by_in").then("in").otherwise("out").alias("even"),
        pl.when("by_in").then("in_id").otherwise("out_id").alias("id"),
        pl.lit(None, pl.String).alias("stem"),
    )


def _of_other_kinds(frame: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Ids that no piece of their column's kind has, and just one of another kind: a coil in the column of slabs is that coil.

    Bare numbers may be the same in two kinds by chance, and what is made of a piece may keep its number.
    """
    told = frame.filter(
        (pl.col("role") == "in") & pl.col("even").str.contains(r"\p{L}") & pl.col("even").ne_missing(pl.col("stem"))
    )
    stray = told.select("use", "space", "even").join(names, on=["space", "even"], how="anti", maintain_order="left")
    others = names.filter(pl.len().over("even") == 1).select("even", other="space")
    moved = stray.join(others, on="even", maintain_order="left").select("use", "other")
    if moved.is_empty():
        return frame.with_columns(moved=pl.lit(value=False))
    joined = frame.join(moved, on="use", how="left", maintain_order="left")
    return joined.with_columns(space=pl.coalesce("other", "space"), moved=pl.col("other").is_not_null()).drop("other")


def _with_unrecorded(frame: pl.DataFrame, makings: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Makings of what lines take in whose makers keep no records: one for each run of rows with one id or the same measures."""
    told = frame.filter(pl.col("even").is_not_null()).join(
        makings.select("space", "even").unique().with_columns(known=pl.lit(value=True)), on=["space", "even"], how="left"
    )
    bare = told.group_by("line", "space").agg(share=pl.col("known").is_null().mean()).filter(pl.col("share") > _MOSTLY)
    loose = (
        told.filter(pl.col("known").is_null()).join(bare, on=["line", "space"], how="semi").sort("order", maintain_order=True)
    )
    if loose.is_empty():
        return makings
    first = loose.group_by("space", "even", maintain_order=True).agg(
        pl.col("id").first(), pl.col("order").min(), pl.len().cast(pl.Int64).alias("votes")
    )
    measures = first.join(rows.select("order", *_IN), on="order", how="left", maintain_order="left")
    made = pl.DataFrame(schema=makings.schema)
    fresh = measures.with_columns(
        event=pl.int_range(pl.len()) + makings.height,
        rows=pl.lit(0),
        rank=pl.struct(pl.col("even").str.len_chars().alias("long"), "even").rank("dense").over("space"),
        **{name.removesuffix("_in"): pl.col(name) for name in _IN},
    )
    fresh = pl.concat(
        [made, fresh.select(pl.col(name).cast(kind) for name, kind in makings.schema.items() if name in fresh.columns)],
        how="diagonal",
    )
    return pl.concat([makings, fresh], how="diagonal")


def lay_sides(events: Events, uses: Uses) -> Sides:
    """Uses and makings as arrays for weighing evidence."""
    rows = events.rows[uses.frame["order"].to_numpy()]
    makings, frame = uses.makings, uses.frame
    lines = pl.concat([frame["line"], makings["line"]]).unique().drop_nulls().sort()
    spaces = pl.concat([frame["space"], makings["space"]]).unique().drop_nulls().sort()
    beside = pl.col("line") == pl.col("line").shift()
    before = frame.select(pl.when(beside).then(pl.col("making").shift()).fill_null(-1)).to_series().to_numpy()
    after = frame.select(pl.when(beside.shift(-1)).then(pl.col("making").shift(-1)).fill_null(-1)).to_series().to_numpy()
    like, unrecorded = _alike(rows), makings["source"].is_null().to_numpy()
    return Sides(
        line=_codes(frame["line"], lines),
        at=rows.select(pl.coalesce("start", "end").to_physical().fill_null(NEVER)).to_series().to_numpy(),
        measures={name: _floats(rows[name]) for name in (*_IN, *_OUT)},
        before=before.astype(np.int64),
        after=after.astype(np.int64),
        like_before=like,
        like_after=np.append(like[1:], 2) if like.size else like,
        belongs=_belongs(events, uses),
        stem=frame["stem"],
        made=makings["made"].to_physical().fill_null(NEVER).to_numpy(),
        rank=makings["rank"].to_numpy().astype(np.int64),
        from_line=_codes(makings["line"], lines),
        of={name: np.where(unrecorded, np.nan, _floats(makings[name])) for name in ("mass", "length", "width", "thickness")},
        name=makings["even"],
        space=_codes(makings["space"], spaces),
        wanted=_codes(frame["space"], spaces),
        unrecorded=unrecorded,
    )


def _codes(words: pl.Series, known: pl.Series) -> Ints:
    numbers = words.to_frame("word").join(
        pl.DataFrame({"word": known, "code": np.arange(known.len())}), on="word", how="left", maintain_order="left"
    )["code"]
    return numbers.fill_null(known.len()).to_numpy().astype(np.int64)


def _floats(values: pl.Series) -> Floats:
    return np.asarray(values.cast(pl.Float64).fill_null(np.nan).to_numpy(), dtype=np.float64)


def _alike(rows: pl.DataFrame) -> Ints:
    """How much each row is like the one before.

    1: what went in has the same measures, 0: it has not, 2: none are written; 3 more where both began and ended together.
    """
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in (*_IN, "line"))
    written = pl.any_horizontal(pl.col(name).is_not_null() for name in _IN)
    times = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in ("start", "end", "line"))
    together = (times & pl.any_horizontal(pl.col("start", "end").is_not_null())).fill_null(value=False)
    alike = pl.when(~written).then(2).when(same).then(1).otherwise(0) + 3 * together.cast(pl.Int64)
    return rows.select(alike).to_series().to_numpy().astype(np.int64)


def _belongs(events: Events, uses: Uses) -> dict[str, tuple[Ints, Ints]]:
    """Ids of ancestors that stand in the rows of uses, against those known of each making: written there, or of its parent."""
    rows = events.rows
    spaces = [name.removeprefix("of:") for name in rows.columns if name.startswith("of:")]
    found: dict[str, tuple[Ints, Ints]] = {}
    for space in spaces:
        own = rows.filter(pl.col("event").is_not_null()).select(
            "event", word=pl.coalesce(f"of:{space}", pl.when(pl.col("in_space") == space).then("in"))
        )
        of_making = uses.makings.select("event").join(
            most_said(own.drop_nulls(), "event", "word"),
            on="event",
            how="left",
            maintain_order="left",
        )["word"]
        of_making = _inherited(of_making, uses, rows)
        of_use = rows[uses.frame["order"].to_numpy()][f"of:{space}"]
        words = pl.concat([of_making.drop_nulls(), of_use.drop_nulls()]).unique()
        pair = (_codes(of_use, words), _codes(of_making, words))
        found[space] = (np.where(pair[0] < words.len(), pair[0], -1), np.where(pair[1] < words.len(), pair[1], -1))
    return found


def _inherited(words: pl.Series, uses: Uses, rows: pl.DataFrame) -> pl.Series:
    """What is not written of a making is what its parent is of; five generations reach through five lines."""
    parent = (
        uses.frame.filter((pl.col("role") == "in") & pl.col("making").is_not_null())
        .with_columns(
            child=rows["event"].gather(
                pl.Series(uses.frame["order"]).filter((uses.frame["role"] == "in") & uses.frame["making"].is_not_null())
            )
        )
        .group_by("child", maintain_order=True)
        .agg(pl.col("making").first())
    )
    of = uses.makings.select("event").join(parent, left_on="event", right_on="child", how="left", maintain_order="left")[
        "making"
    ]
    for _ in range(5):
        words = words.zip_with(words.is_not_null(), words.gather(of))
    return words
