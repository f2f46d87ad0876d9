"""What did the signals of earlier lines do while a piece's forebears, or its own metres, were there?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.clocks.righted import righted
from tundish.trace.forebears.carried import Upstream, carried
from tundish.trace.forebears.lineage import sources_of
from tundish.trace.forebears.own_metres import OwnMetres
from tundish.trace.ground import Ground
from tundish.trace.pieces import Clock, Link
from tundish.trace.stamps import microseconds
from tundish.trace.stays.features import Feature
from tundish.trace.stays.signals import Stay


def of_line(table: Table, line: str, ground: Ground) -> Upstream | None:
    """Statistics of signals over the stays of forebears on a line, carried to the pieces; None when there was none of these.

    Where it is known which metres of these became the piece, over the time in which they were under each gauge. Of what ended
    after the piece's moment nothing is used.
    """
    laid, metres = ground.laid, None if table.parts else ground.metres
    known_until, without = laid.moments.cut.moments, laid.no_statistics(table)
    stays = laid.lineage.stays.filter(pl.col("line") == line)
    starts, ends = (microseconds(stays[name]) for name in ("start", "end"))
    if not starts.size:
        return None
    told, clocks = righted(table, ground.aligned, laid.catalogue)
    made = ground.signals(told, Stay(starts, ends, line, {}), clocks, known_until=ends, without=without)
    if made is None:
        return None
    found, _ = sources_of(laid.lineage, np.where(made.linked, stays["piece"].to_numpy(), -1), ends, known_until)
    if not found.reached.any():
        return None
    features = tuple(carried(feature, found, line) for feature in made.features)
    link = replace(made.link, pieces_linked=int(found.reached.sum()))
    own = None if metres is None else _of_metres(told, line, metres, ground, clocks)
    if own is not None:
        features = tuple(_rather(feature, own) for feature in features)
    mine = tuple(clock for clock in ground.aligned.clocks if any(origin.file == clock.file for origin in table.origins))
    findings = [one for one in made.findings if one.code not in ("linked", "pieces_without_signal")]
    said = [_joined(table, link, line), *([] if own is None else [_about_metres(table, line, own, found.reached)])]
    said += [_of_whole_stays(table, line)] if ground.metres is not None and table.parts else []
    return Upstream(features, link, found.reached, (*said, *findings), mine or (made.clock,))


def _of_metres(
    table: Table, line: str, metres: OwnMetres, ground: Ground, clocks: Mapping[str, Clock]
) -> dict[str, Feature] | None:
    """The same statistics over each piece's own metres; null where these are not known, None where none are."""
    made: dict[str, Feature] = {}
    known_until, without = ground.laid.moments.cut.moments, ground.laid.no_statistics(table)
    columns = [column for column in table.columns if column.name not in without and column.kind != "time"]
    for gauge_m, names in metres.gauges(table, columns).items():
        spells = metres.on(line, table, gauge_m)
        if spells is None:
            return None
        known = spells.known(known_until.size, known_until)
        others = without | {column.name for column in columns if column.name not in names}
        stay = Stay(spells.starts, spells.ends, line, {})
        found = ground.signals(table, stay, clocks, known_until=spells.ends, without=others)
        sources = spells.to(known_until.size, known)
        for feature in () if found is None or not known.any() else found.features:
            window = "metres" if feature.column.window == "stay" else feature.column.window
            one = carried(Feature(replace(feature.column, window=window), feature.values), sources, line)
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


def about_later(table: Table, line: str) -> Finding:
    """Signals of a line that the pieces had not been on, nor what they were made of."""
    text = Message(
        "{file} tells of {line}, where neither pieces nor what they were made of had been by the decision; it is set aside.",
        file=files_of(table), line=line,
    )  # fmt: skip
    return Finding("other_line", "info", text, origin_of(table), table.frame.height)
