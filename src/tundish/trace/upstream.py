"""What happened on earlier lines to what a piece was made of?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import ROW, SOURCE, Column, Finding, Origin, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.carried import carried
from tundish.trace.clocks import Aligned
from tundish.trace.ids import Ids, comparable, is_identity, shares
from tundish.trace.lineage import Lineage, ended, numbers_of, ways
from tundish.trace.own_metres import OwnMetres
from tundish.trace.pieces import Clock, Link
from tundish.trace.spelling import spell
from tundish.trace.stamps import NEVER, Stamps, as_times, microseconds, stamp_column, stamps
from tundish.trace.stays.features import Feature, describe, when_known
from tundish.trace.stays.parted import Bench, of_parted_signals
from tundish.trace.stays.segments import Ints
from tundish.trace.stays.signals import Stay, of_signals
from tundish.vocabulary import Catalogue

_MOSTLY = 0.5


@dataclass(frozen=True)
class Upstream:
    """Features of one table about forebears, carried to the pieces asked about."""

    features: tuple[Feature, ...]
    link: Link
    linked: npt.NDArray[np.bool_]
    """Which pieces it tells of."""
    findings: tuple[Finding, ...]
    clocks: tuple[Clock, ...] = ()


def by_line(table: Table, lines: Mapping[str, str]) -> list[tuple[str | None, Table]]:
    """The rows of each line of a table stacked from logs of several; ``lines``: file -> line. None where it is not known."""
    told = [lines.get(origin.file) for origin in table.origins] or [lines.get(table.name)]
    if len(set(told)) == 1 or SOURCE not in table.frame.columns:
        return [(told[0] if len(set(told)) == 1 else None, table)]
    parts = []
    for line in dict.fromkeys(told):
        sources = [n for n, one in enumerate(told) if one == line]
        renumbered = pl.col(SOURCE).replace_strict(
            dict(zip(sources, range(len(sources)), strict=True)), return_dtype=table.frame[SOURCE].dtype
        )
        rows = table.frame.filter(pl.col(SOURCE).is_in(sources)).with_columns(renumbered)
        chunks = tuple(replace(chunk, source=sources.index(chunk.source)) for chunk in table.parts if chunk.source in sources)
        recipes = tuple(table.recipes[n] for n in sources) if table.recipes else ()
        origins = tuple(table.origins[n] for n in sources)
        parts.append((line, replace(table, frame=rows, origins=origins, parts=chunks, recipes=recipes)))
    return parts


def righted(table: Table, aligned: Aligned, catalogue: Catalogue) -> tuple[Table, dict[str, Clock]]:
    """The table with its stamps put right file by file, where it has several; and the clock that it is then to be read by."""
    clocks = {clock.file: clock for clock in aligned.clocks}
    stamp = stamp_column(table, catalogue)
    if len(table.origins) < 2 or SOURCE not in table.frame.columns or stamp is None or table.parts:
        return table, clocks
    times, source = stamps(table, stamp.name), table.frame[SOURCE].to_numpy()
    for number, origin in enumerate(table.origins):
        rows = source == number
        if origin.file in clocks:
            times[rows] = clocks[origin.file].right(times[rows])
    file = origin_of(table).file
    right = Clock(file, 0.0, 0.0, 0.0, Message("put right file by file"))
    return replace(table, frame=table.frame.with_columns(as_times(times, stamp.name))), {file: right}


def of_line(
    table: Table,
    line: str,
    lineage: Lineage,
    aligned: Aligned,
    catalogue: Catalogue,
    *,
    known_until: Stamps,
    without: frozenset[str],
    metres: OwnMetres | None = None,
    bench: Bench | None = None,
) -> Upstream | None:
    """Statistics of signals over the stays of forebears on a line, carried to the pieces; None when there was none of these.

    Where ``metres`` knows which metres of these became the piece, over the time in which they were under each gauge. Of what
    ended after the piece's moment (``known_until``) nothing is used.
    """
    stays = lineage.stays.filter(pl.col("line") == line)
    starts, ends = (microseconds(stays[name]) for name in ("start", "end"))
    if not starts.size:
        return None
    told, clocks = righted(table, aligned, catalogue)
    stay = Stay(starts, ends, line, {})
    if table.parts:
        if bench is None:
            raise ValueError(table.name)
        made = of_parted_signals(told, stay, catalogue, clocks, known_until=ends, without=without, bench=bench)
    else:
        made = of_signals(told, stay, catalogue, clocks, known_until=ends, without=without)
    if made is None:
        return None
    found, _ = ways(lineage, np.where(made.linked, stays["piece"].to_numpy(), -1), ends, known_until)
    if not found.reached.any():
        return None
    features = tuple(carried(feature, found, line) for feature in made.features)
    link = replace(made.link, pieces_linked=int(found.reached.sum()))
    own = None
    if metres is not None and not table.parts:
        own = _of_metres(told, line, metres, catalogue, clocks, known_until=known_until, without=without)
    if own is not None:
        features = tuple(_rather(feature, own) for feature in features)
    mine = tuple(clock for clock in aligned.clocks if any(origin.file == clock.file for origin in table.origins))
    findings = [one for one in made.findings if one.code not in ("linked", "pieces_without_signal")]
    said = [_joined(table, link, line), *([] if own is None else [_about_metres(table, line, own, found.reached)])]
    said += [_of_whole_stays(table, line)] if metres is not None and table.parts else []
    return Upstream(features, link, found.reached, (*said, *findings), mine or (made.clock,))


def _of_metres(
    table: Table,
    line: str,
    metres: OwnMetres,
    catalogue: Catalogue,
    clocks: Mapping[str, Clock],
    *,
    known_until: Stamps,
    without: frozenset[str],
) -> dict[str, Feature] | None:
    """The same statistics over each piece's own metres; null where these are not known, None where none are."""
    made: dict[str, Feature] = {}
    columns = [column for column in table.columns if column.name not in without and column.kind != "time"]
    for gauge_m, names in metres.gauges(table, columns).items():
        spells = metres.on(line, table, gauge_m)
        if spells is None:
            return None
        known = spells.known(known_until.size, known_until)
        others = without | {column.name for column in columns if column.name not in names}
        found = of_signals(
            table, Stay(spells.starts, spells.ends, line, {}), catalogue, clocks, known_until=spells.ends, without=others
        )
        ways_ = spells.to(known_until.size, known)
        for feature in () if found is None or not known.any() else found.features:
            window = "metres" if feature.column.window == "stay" else feature.column.window
            one = carried(Feature(replace(feature.column, window=window), feature.values), ways_, line)
            made[one.column.name] = one
    return made or None


def _rather(feature: Feature, own: Mapping[str, Feature]) -> Feature:
    """The value over the piece's own metres, where it is known, else over the whole stay."""
    better = own.get(feature.column.name)
    if better is None:
        return feature
    return Feature(better.column, pl.select(pl.coalesce(better.values, feature.values)).to_series())


def _about_metres(table: Table, line: str, own: Mapping[str, Feature], reached: npt.NDArray[np.bool_]) -> Finding:
    """How many pieces are told of by their own metres, how many by the whole stay of what they were made of."""
    known = np.any([feature.values.is_not_null().to_numpy() for feature in own.values()], axis=0)
    count, rest = int(known.sum()), int((reached & ~known).sum())
    text = Message(
        "{file} on {line}: for {count} pieces over their own metres, for {rest} over the whole stay of what they were made of, "
        "because their metres there are not known.",
        file=files_of(table), line=line, count=count, rest=rest,
    )  # fmt: skip
    return Finding("own_metres", "info", text, origin_of(table), rest)


def _of_whole_stays(table: Table, line: str) -> Finding:
    text = Message(
        "{file} is read in parts: its signals on {line} are those of the whole stay of what a piece was made of, not only of "
        "the metres that became the piece.", file=files_of(table), line=line,
    )  # fmt: skip
    return Finding("whole_stay_in_parts", "info", text, origin_of(table))


def _joined(table: Table, link: Link, line: str) -> Finding:
    text = Message(
        "{file} joined by time on {line}: {rows_linked} of {rows} rows, {pieces_linked} pieces by what they were made of.",
        file=files_of(table), line=line, rows_linked=link.rows_linked, rows=link.rows, pieces_linked=link.pieces_linked,
    )  # fmt: skip
    return Finding("linked", "info", text, origin_of(table), link.rows_linked)


def of_rows(
    whole: Table,
    lineage: Lineage,
    catalogue: Catalogue,
    *,
    bridges: Sequence[Table],
    known_until: Stamps,
    without: frozenset[str],
) -> Upstream | None:
    """Values of rows that each name a forebear, carried to the pieces; None when most rows name none.

    ``bridges``: tables that may name both a forebear and what the rows name, as a coil's record does its heat. Rows of a
    stay that ended, or, without one, that were stamped, after the piece's moment are not used; where these are the most, the
    values are known only after the moment.
    """
    named = _naming(whole, lineage, catalogue)
    at = np.arange(whole.frame.height)
    if named is None:
        bridged = _bridged(whole, bridges, lineage, catalogue)
        if bridged is None:
            return None
        column, pieces, at = bridged
    else:
        column, pieces = named
    table = replace(whole, frame=whole.frame[at])
    rows = table.frame[ROW].to_list() if ROW in table.frame.columns else range(1, table.frame.height + 1)
    told = ended(lineage.genealogy, table, pieces, rows)
    stamp = stamp_column(table, catalogue)
    stamped = np.full(pieces.size, NEVER) if stamp is None else stamps(table, stamp.name)
    ends = told["end"].to_numpy()
    ends = np.where(ends == NEVER, stamped, ends)
    found, late = ways(lineage, pieces, ends, known_until)
    too_late = late > found.source.size
    if too_late:
        found, _ = ways(lineage, pieces, ends, np.full_like(known_until, NEVER))
    if not found.reached.any():
        return None
    reason = Message("most rows of {file} are stamped after the decision moment", file=files_of(table))
    features = []
    for line, of_its in _lines(told["line"], found.source):
        for feature in _values(table, catalogue, without):
            kept = feature if of_its is None else Feature(feature.column, feature.values.set(~of_its, None))
            one = carried(kept, found, line)
            features.append(when_known(one, "after", reason) if too_late else one)
    reached = int(np.unique(at[found.source]).size)
    link = Link(table.name, "key", (column.header, column.header), whole.frame.height, reached, int(found.reached.sum()), 0)
    text = Message(
        "{file} joined by {column}: {rows_linked} of {rows} rows, {pieces_linked} pieces by what they were made of.",
        file=files_of(table), column=column.header, rows_linked=reached, rows=link.rows, pieces_linked=link.pieces_linked,
    )  # fmt: skip
    told_ = [Finding("linked", "info", text, origin_of(table), reached)]
    if late and not too_late:
        said = Message("{file}: {count} rows came after the decision moment of their piece and are not used.",
                       file=files_of(table), count=late)  # fmt: skip
        told_.append(Finding("late_rows", "info", said, origin_of(table), late))
    return Upstream(tuple(features), link, found.reached, tuple(told_))


def _naming(table: Table, lineage: Lineage, catalogue: Catalogue) -> tuple[Column, Ints] | None:
    """The column that says which forebear a row is about: what the row made rather than what went in."""
    ahead = lineage.ties["piece"].unique().to_numpy()
    stays = lineage.genealogy.stays
    made = stays.filter((pl.col("table") == table.name) & (pl.col("goes") != "in"))["piece"].to_numpy()
    best: tuple[tuple[int, bool, int], Column, Ints] | None = None
    for column in table.columns:
        if not is_identity(column, catalogue) or column.kind in ("time", "number"):
            continue
        pieces = numbers_of(table, column, lineage.genealogy, catalogue)
        written = table.frame.height - table.frame[column.name].null_count()
        met = int(np.isin(pieces, ahead).sum())
        if not met or (pieces >= 0).sum() < _MOSTLY * written:
            continue
        goes_in = column.concept is not None and catalogue.concept(column.concept).goes_in
        rank = (int(np.isin(pieces, made).sum()), not goes_in, met)
        if best is None or rank > best[0]:
            best = rank, column, pieces
    return None if best is None else best[1:]


def _bridged(
    table: Table, bridges: Sequence[Table], lineage: Lineage, catalogue: Catalogue
) -> tuple[Column, Ints, Ints] | None:
    """The column by which rows hang on another table that names forebears; for each pair the forebear and the row."""
    for mine in _ids(table, catalogue):
        for bridge in bridges:
            named = None if bridge.name == table.name else _naming(bridge, lineage, catalogue)
            for other in _ids(bridge, catalogue) if named else ():
                if named is None or other.column is named[0] or shares(other, mine) <= 0:
                    continue
                theirs, here = comparable(other, mine)
                over = pl.DataFrame({"id": theirs, "piece": named[1]}).drop_nulls().unique(maintain_order=True)
                pairs = pl.DataFrame({"id": here, "row": np.arange(here.len())}).join(over, on="id", maintain_order="left")
                return mine.column, pairs["piece"].to_numpy(), pairs["row"].to_numpy()
    return None


def _ids(table: Table, catalogue: Catalogue) -> list[Ids]:
    """Columns of ids that are no row numbers."""
    columns = [c for c in table.columns if c.kind not in ("time", "number") and is_identity(c, catalogue)]
    found = [Ids(table, column, spell(table.frame[column.name])) for column in columns]
    return [ids for ids in found if not ids.running]


def _values(table: Table, catalogue: Catalogue, without: frozenset[str]) -> list[Feature]:
    made = []
    for column in table.columns:
        identity = is_identity(column, catalogue)
        if column.kind == "time" or (not identity and column.name in without):
            continue
        values = table.frame[column.name]
        if identity:
            made.append(Feature(replace(describe(table, column), kind="identity"), values.cast(pl.String)))
        else:
            made.append(Feature(describe(table, column), values))
    return made


def _lines(lines: pl.Series, rows: Ints) -> list[tuple[str | None, pl.Series | None]]:
    """Each line that the rows used are of, and which rows; one line of all without a second."""
    names = lines.gather(np.unique(rows)).unique().sort().to_list()
    if len(names) < 2:
        return [(names[0] if names else None, None)]
    return [(name, pl.Series([one == name for one in lines.to_list()])) for name in names]


def about_shares(lineage: Lineage, origin: Origin) -> list[Finding]:
    """Pieces of which it is not known how much came from which forebear."""
    count = lineage.unweighed.size
    if not count:
        return []
    text = Message("{count} pieces: how much came from which forebear is not known; their forebears count alike.", count=count)
    return [Finding("shares_unknown", "info", text, origin, count)]


def about_later(table: Table, line: str) -> Finding:
    """Signals of a line that the pieces had not been on, nor what they were made of."""
    text = Message(
        "{file} tells of {line}, where neither pieces nor what they were made of had been by the decision; it is set aside.",
        file=files_of(table), line=line,
    )  # fmt: skip
    return Finding("other_line", "info", text, origin_of(table), table.frame.height)
