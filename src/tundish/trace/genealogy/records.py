"""Which tables say what was made of what, on which line and when? All of them as one frame of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from tundish.table import ROW, SOURCE, Column, Table
from tundish.trace.genealogy.before import known_elsewhere, seen_before, treated_together
from tundish.trace.genealogy.beside import Laid, lay_beside
from tundish.trace.genealogy.graph import TIME
from tundish.trace.genealogy.lines import called, undated
from tundish.trace.genealogy.measures import MEASURES, flag, measure
from tundish.trace.genealogy.spaces import IdColumn, id_columns
from tundish.trace.ids import is_identity
from tundish.trace.stacks import side_by_side
from tundish.trace.stamps import role, stamp_column
from tundish.vocabulary import Catalogue

PLACE = "#place"
"""Frame column: row of the standardised table, counted from 0, where a table was taken apart."""
_RANKS = {"heat": 0, "slab": 1, "coil": 2, "plate": 2, "piece": 2, "lot": 2}
_CAST = ("identity.billet", "identity.ingot")
"""Made before what is rolled or forged of them, as slabs are."""
_NO_RECORD = ("position.sample", "position.end", "defect.position_length", "defect.position_from", "defect.position_width")
_TRAITS = (*MEASURES["mass_in"], *MEASURES["mass_out"], *MEASURES["scrap"], "production.equipment", "production.process")
_SCRAP = r"(?i)scrap|스크랩|고철|폐기|waste|discard"
_MOST_LINES = 50
"""A column with more different words names no equipment and no step."""
_MOST_ROWS_A_PIECE = 3.0
"""Tables with more rows a piece are readings of it, no records of its stay."""
_CLEARLY = 1.05
"""By so many times more ids a column must have to be the finer one."""
_MOSTLY = 0.5


@dataclass(frozen=True)
class Source:
    """A table of production records: the id of what came out, of what went in, and of what that was made from."""

    table: Table
    out: IdColumn
    into: IdColumn | None
    ancestors: tuple[IdColumn, ...]
    laid: Laid

    @property
    def weight(self) -> int:
        """How surely its rows say what was made of what: 2 by its headers, 1 by the levels of its ids, 0 not at all."""
        return 0 if self.into is None else 2 if self.into.goes_in or self.out.container else 1


@dataclass(frozen=True)
class Records:
    """All production records of a plant.

    ``frame`` has one row a record: ``rec`` (its number), ``source`` (number in ``sources``), ``row`` (of the file), ``line``,
    ``start``, ``end``, ``out``/``out_id``/``out_space`` and ``in``/``in_id``/``in_space`` (evened id, as written, its space),
    ``place`` (row of the standardised table), ``origin`` (number of the row's file among the table's),
    ``out_nth``/``in_nth`` (which of several columns beside each other named the piece),
    measures in SI, ``turned``, ``flipped``, and one ``of:<space>`` for each space of ancestors. ``scrap`` has, in the same
    columns, the rows that stand for scrap and not for a piece.
    """

    sources: tuple[Source, ...]
    columns: tuple[IdColumn, ...]
    frame: pl.DataFrame
    scrap: pl.DataFrame


def read_records(tables: Sequence[Table], catalogue: Catalogue, keys: Mapping[str, str] | None = None) -> Records:
    """Find the production records among standardised tables; ``keys`` names a file's column of what it made."""
    parts = [lay_beside(part, catalogue) for table in tables for part in _parts(table, catalogue)]
    columns = id_columns([laid.table for laid in parts], catalogue)
    sources = []
    for laid in parts:
        mine = [column for column in columns if column.table is laid.table]
        source = _source(laid, mine, columns, catalogue, _forced(laid.table, mine, keys or {}))
        if source is not None:
            sources.append(source)
    frames = [_frame(source, n, catalogue) for n, source in enumerate(sources)]
    frame = _called(pl.concat(frames, how="diagonal"), sources) if frames else _NONE.to_frame()
    frame = frame.with_row_index("rec").with_columns(pl.col("rec").cast(pl.Int64))
    if bool(frame["out"].str.contains(r"\d").all()):  # no id is a word: most plants
        return Records(tuple(sources), columns, frame, frame.clear())
    words = frame.select(_words()).to_series()
    scrap = frame.filter(words & frame["out_id"].str.contains(_SCRAP).fill_null(value=False))
    return Records(tuple(sources), columns, frame.filter(~words), scrap)


def _called(frame: pl.DataFrame, sources: Sequence[Source]) -> pl.DataFrame:
    """Lines that are named by their exports, as people call them."""
    stems = {source.table.name for source in sources}
    stems |= {name for source in sources for origin in source.table.origins for name in (origin.stem, undated(origin.stem))}
    names = called(line for line in frame["line"].unique().drop_nulls().sort() if line in stems)
    return frame.with_columns(pl.col("line").replace(names))


def _parts(table: Table, catalogue: Catalogue) -> list[Table]:
    """Exports of different lines may have been stacked into one table: they are told apart by which ids they hold."""
    frame = table.frame.with_row_index(PLACE)
    names = [column.name for column in table.columns if is_identity(column, catalogue)]
    if SOURCE not in frame.columns or not names or frame[SOURCE].n_unique() < 2:
        return [replace(table, frame=frame)]
    held = frame.group_by(SOURCE, maintain_order=True).agg(pl.col(names).is_not_null().any())
    parts = []
    for pattern in held.group_by(names, maintain_order=True).agg(SOURCE)[SOURCE].to_list():
        part = frame.filter(pl.col(SOURCE).is_in(pattern))
        empty = {name for name in part.columns if part[name].null_count() == part.height}
        parts.append(replace(table, frame=part, columns=tuple(c for c in table.columns if c.name not in empty)))
    return parts


def _forced(table: Table, mine: Sequence[IdColumn], keys: Mapping[str, str]) -> IdColumn | None:
    names = {keys[place] for origin in table.origins for place in (*origin.places, table.name) if place in keys}
    return next((one for one in mine if names & {*one.column.headers, one.column.name}), None)


def _source(
    laid: Laid, mine: Sequence[IdColumn], all_: Sequence[IdColumn], catalogue: Catalogue, forced: IdColumn | None
) -> Source | None:
    table = laid.table
    concepts = {column.concept for column in table.columns}
    pieces = [one for one in mine if not one.load]
    if not pieces or any(name in concepts for name in _NO_RECORD) or _has_specimens(table, catalogue):
        return None
    out = forced or _not_before(_output(pieces, all_), pieces, all_, catalogue)
    into = _input(out, pieces) or _made_before(out, pieces, all_, catalogue)
    if into is not None and _is_load(into, out, all_, catalogue):
        into = None
    if into is None and not _is_stay(table, out, concepts, catalogue):
        return None
    return Source(table, out, into, tuple(one for one in mine if one.column is not out.column and one is not into), laid)


def _has_specimens(table: Table, catalogue: Catalogue) -> bool:
    return any(c.concept is not None and catalogue.concept(c.concept).level == "specimen" for c in table.columns)


def _rank(one: IdColumn) -> int:
    if one.column.concept in _CAST:
        return _RANKS["slab"]
    return 3 if one.container else _RANKS.get(one.space.partition(" ")[0], 2)


def _output(pieces: Sequence[IdColumn], all_: Sequence[IdColumn]) -> IdColumn:
    """What the rows made: no column that is said to go in; a pack before what lies in it, else the finest, else the latest."""
    outs = [one for one in pieces if not one.goes_in] or list(pieces)
    packs = [one for one in outs if one.container]
    if packs:
        return packs[0]
    most = max(one.ids.words.len() for one in outs)
    finest = [one for one in outs if one.ids.words.len() * _CLEARLY >= most]
    return max(finest, key=lambda one: (_rank(one), -_elsewhere(one, all_)))


def _input(out: IdColumn, pieces: Sequence[IdColumn]) -> IdColumn | None:
    rest = [one for one in pieces if one.column is not out.column]
    said = [one for one in rest if one.goes_in]
    if not said:
        # A pack repeats for each piece in it; any other parent repeats for each of its children.
        said = [
            one
            for one in rest
            if out.container or _rank(one) < _rank(out) or one.ids.words.len() * _CLEARLY < out.ids.words.len()
        ]
    return max(said, key=lambda one: (_rank(one), one.ids.words.len()), default=None)


def _not_before(out: IdColumn, pieces: Sequence[IdColumn], all_: Sequence[IdColumn], catalogue: Catalogue) -> IdColumn:
    """A pack that was there before lies in the one named as another kind of pack: `팩번호` in `고객팩번호`."""
    if not out.container or not seen_before(out, all_, catalogue):
        return out
    outer = (one for one in pieces if not one.goes_in and one.column.header.endswith(out.column.header) and one is not out)
    return next((replace(one, container=True) for one in outer if not seen_before(one, all_, catalogue)), out)


def _made_before(out: IdColumn, pieces: Sequence[IdColumn], all_: Sequence[IdColumn], catalogue: Catalogue) -> IdColumn | None:
    """One piece to one under a new number: what other tables saw before went in, where what came out is new material."""
    if out.column.concept is None and not known_elsewhere(out, all_):
        return None
    rest = [one for one in pieces if one is not out and _rank(one) <= _rank(out) and seen_before(one, all_, catalogue)]
    # A table of tests, stamped by the day, may seem to come before; what made a piece names others beside it.
    makers = [other for other in all_ if sum(beside.table is other.table for beside in all_) > 1]
    return rest[0] if len(rest) == 1 and not seen_before(out, makers, catalogue) else None


def _is_load(into: IdColumn, out: IdColumn, all_: Sequence[IdColumn], catalogue: Catalogue) -> bool:
    """The number of a charge: no other table knows it, its pieces were there before, and all come and go at one time."""
    if into.goes_in or known_elsewhere(into, all_) or not seen_before(out, all_, catalogue):
        return False
    return treated_together(into)


def _elsewhere(one: IdColumn, all_: Sequence[IdColumn]) -> int:
    return sum(other.space == one.space and other.table is not one.table for other in all_)


def _is_stay(table: Table, out: IdColumn, concepts: set[str | None], catalogue: Catalogue) -> bool:
    """Rows that name one piece each and say when it was on a line, or what it weighed there."""
    roles = {role(column, catalogue) for column in table.columns}
    if table.frame.height > _MOST_ROWS_A_PIECE * out.ids.words.len():
        return False
    return {"time_start", "time_end"} <= roles or bool(concepts & set(_TRAITS))


_ID = pl.String()
_NONE = pl.Schema(
    {
        "source": pl.Int64(),
        "row": pl.Int64(),
        "place": pl.Int64(),
        "origin": pl.Int64(),
        "out_nth": pl.Int32(),
        "in_nth": pl.Int32(),
        "line": pl.String(),
        "start": TIME,
        "end": TIME,
        "out": _ID,
        "out_id": _ID,
        "out_space": _ID,
        "in": _ID,
        "in_id": _ID,
        "in_space": _ID,
        **dict.fromkeys(MEASURES, pl.Float64()),
        "turned": pl.Boolean(),
        "flipped": pl.Boolean(),
    }
)


def _frame(source: Source, number: int, catalogue: Catalogue) -> pl.DataFrame:
    table, height = source.table, source.table.frame.height
    into = source.into
    columns = [
        pl.repeat(number, height, dtype=pl.Int64, eager=True).alias("source"),
        _rows(table),
        table.frame[PLACE].cast(pl.Int64).alias("place"),
        _origins(table),
        _nth(source, source.out).alias("out_nth"),
        _nth(source, into).alias("in_nth"),
        _line(table, _feeding(source)),
        *_times(table, catalogue),
        source.out.even.alias("out"),
        source.out.ids.spelled.plain.alias("out_id"),
        _constant("out_space", source.out.space, height),
        _constant("in", None, height) if into is None else into.even.alias("in"),
        _constant("in_id", None, height) if into is None else into.ids.spelled.plain.alias("in_id"),
        _constant("in_space", None if into is None else into.space, height),
        *(measure(table, source.out, into, name) for name in MEASURES),
        flag(table, "turned", "position.turned"),
        flag(table, "flipped", "position.flipped"),
    ]
    named = {one.space: one.even.alias(f"of:{one.space}") for one in source.ancestors if one.space != source.out.space}
    frame = pl.DataFrame([*columns, *named.values()])
    return frame.filter(pl.col("out").is_not_null() | pl.col("in").is_not_null())


def _words() -> pl.Expr:
    """Rows whose id is a word, such as `SCRAP`, made no piece: among ids with digits, one without that repeats is none."""
    bare = ~pl.col("out").str.contains(r"\d")
    few = bare.mean().over("source") <= _MOSTLY
    return (bare & few & (pl.len().over("source", "out") > 1)).fill_null(value=False)


def _constant(name: str, value: str | None, height: int) -> pl.Series:
    return pl.repeat(value, height, dtype=pl.String, eager=True).alias(name)


def _rows(table: Table) -> pl.Series:
    frame = table.frame
    return (frame[ROW] if ROW in frame.columns else pl.int_range(1, frame.height + 1, eager=True)).cast(pl.Int64).alias("row")


def _origins(table: Table) -> pl.Series:
    """Number of each row's file among the table's origins."""
    if SOURCE in table.frame.columns:
        return table.frame[SOURCE].cast(pl.Int64).alias("origin")
    return pl.repeat(0, table.frame.height, dtype=pl.Int64, eager=True).alias("origin")


def _nth(source: Source, one: IdColumn | None) -> pl.Series:
    """Which of the columns beside each other each id was read from."""
    if one is None or one.column.name not in source.laid.columns:
        return pl.repeat(0, source.table.frame.height, dtype=pl.Int32, eager=True)
    return source.laid.nth(one.column.name)


def _line(table: Table, feeding: bool) -> pl.Series:
    """The equipment or the step that a column names, else the table's own name, else each export's."""
    frame = table.frame
    for concept in ("production.equipment", "production.process"):
        for column in table.columns:
            if column.concept == concept and column.statistic == "value":
                words = frame[column.name].cast(pl.String).str.strip_chars()
                if 1 <= words.drop_nulls().n_unique() <= _MOST_LINES and words.null_count() == 0:
                    bare = words.str.contains(r"^\W*\d{0,2}\W*$").any()
                    return (pl.select(table.name + " " + words).to_series() if bare else words).alias("line")
    if SOURCE in frame.columns and len(table.origins) > 1:
        names = _names(table, apart=feeding or _side_by_side(table))
        used = names.gather(frame[SOURCE].cast(pl.Int64))
        if names.n_unique() > 1:
            return used.alias("line")
    return pl.repeat(table.name, frame.height, eager=True).alias("line")


def _names(table: Table, *, apart: bool) -> pl.Series:
    """What each export's line is called: months of one line alike; where exports are ``apart``, never all alike."""
    stems = pl.Series([origin.stem for origin in table.origins])
    names = pl.Series([undated(stem) for stem in stems])
    return stems if apart and names.n_unique() == 1 else names


def _feeding(source: Source) -> bool:
    """Whether most of what one export takes in was made in another: then they are of several lines, one after the other."""
    frame = source.table.frame
    if source.into is None or SOURCE not in frame.columns or len(source.table.origins) < 2:
        return False
    ids = pl.DataFrame({"file": frame[SOURCE], "out": source.out.even, "in": source.into.even})
    made = ids.select("out", maker="file").drop_nulls().unique()
    taken = ids.select("file", "in").drop_nulls().unique()
    met = taken.join(made, left_on="in", right_on="out").filter(pl.col("maker") != pl.col("file"))
    of_all = taken.group_by("file").len("all").join(met.group_by("file").len("met"), on="file")
    return bool((of_all["met"] > _MOSTLY * of_all["all"]).any())


def _side_by_side(table: Table) -> bool:
    times = table.of_kind("time")
    if not times:
        return False
    time = pl.col(times[0].name)
    return side_by_side(table.frame.group_by(SOURCE).agg(begin=time.min(), end=time.max()))


def _times(table: Table, catalogue: Catalogue) -> list[pl.Series]:
    times = {role(column, catalogue): column for column in reversed(table.of_kind("time"))}
    start, end = times.get("time_start"), times.get("time_end") or times.get("time")
    if start is None and end is None:
        end = stamp_column(table, catalogue)
    return [_time(table, start).alias("start"), _time(table, end).alias("end")]


def _time(table: Table, column: Column | None) -> pl.Series:
    if column is None:
        return pl.repeat(None, table.frame.height, dtype=TIME, eager=True)
    return table.frame[column.name].cast(TIME, strict=False)
