"""IDTA 02031: what is a line set to, what does it do, and what did its last runs look like?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from tundish.aas.elements import Value, Words
from tundish.aas.inventory import Line
from tundish.aas.package import Json
from tundish.aas.series import Field, Series
from tundish.aas.submodels.parts import as_property, mean, parameter, plausible, seen
from tundish.aas.template import MORE, fill
from tundish.table import Column
from tundish.vocabulary import Concept

LAST_RUNS = 3
"""Runs that are written out; all of them lie in the series."""
_RESOURCES = frozenset(("line", "energy"))
_PRODUCTS = frozenset(("product", "chemistry", "mechanical", "inspection"))
_COMPLETED = "Completed"


@dataclass(frozen=True)
class Run:
    """One passage of a piece through the line, or all that was recorded where no piece is told."""

    piece: str | None
    start: datetime
    end: datetime
    row: tuple[Series, int] | None
    """Series and row that told of it."""


def process_type(line: Line, series: Sequence[Series], identity: str) -> Json:
    """Parameters of a line: what its set-points and actual values were, and what is possible at all."""
    groups = _grouped(line, series, lambda one, field: _ranges(field, one))
    process = {"ProcessId": line.area.id, "ProcessName": line.area.name_en, "ProcessDescription": _about(line), **groups}
    return fill("02031-1", identity, {"Processes": {"Process__00__": [process]}})


def process_runs(line: Line, series: Sequence[Series], identity: str) -> Json:
    """The last runs of a line, each with what it was set to and what was measured while it lasted."""
    runs: Sequence[Run | None] = _runs(series) or [None]
    return fill("02031-2", identity, {"Run__00__": [_run(line, series, run) for run in runs]})


def _run(line: Line, series: Sequence[Series], run: Run | None) -> dict[str, Any]:
    process: dict[str, Any] = {"ProcessId": line.area.id, "ProcessName": line.area.name_en, "ProcessDescription": _about(line)}
    if run is not None:
        process |= _grouped(line, series, lambda one, field: _of_run(field, one, run))
        process["ProcessStartTime"] = run.start.isoformat().replace("+00:00", "Z")
        process["ProcessEndTime"] = run.end.isoformat().replace("+00:00", "Z")
        process["ProcessStatus"] = _COMPLETED
        process["ProcessBoM"] = {MORE: list(_identities(run))}
    return {"Process__00__": [process]}


def _grouped(line: Line, series: Sequence[Series], make: Any) -> dict[str, Any]:  # noqa: ANN401
    """Parameters of product, process and resource; a set-point stands with what it sets."""
    groups: dict[str, list[Json]] = {"ProductParameters": [], "ProcessParameters": [], "ResourceParameters": []}
    for field, concept, inside in _parameters(series, make):
        if inside:
            groups[_group(line, field.column, concept)].append(parameter(field, inside))
    return {name: {MORE: found} for name, found in groups.items()}


def _parameters(series: Sequence[Series], make: Any) -> Iterator[tuple[Field, Concept, list[Json]]]:  # noqa: ANN401
    """Each quantity of the line once, with what is known of it; the set-point first."""
    done: set[tuple[str, str | None]] = set()
    fields = [(one, field, field.meaning.concept) for one in series for field in one.fields]
    told = [(one, field, concept) for one, field, concept in fields if concept and _is_parameter(field, concept)]
    for _, field, concept in told:
        key = (concept.setpoint_of or concept.id, field.column.position)
        if key in done:
            continue
        done.add(key)
        same = [(s, f, c) for s, f, c in told if (c.setpoint_of or c.id, f.column.position) == key]
        same.sort(key=lambda entry: entry[2].setpoint_of is None)
        head = next(((f, c) for _, f, c in same if c.setpoint_of is None), (field, concept))
        yield head[0], head[1], [made for s, f, _ in same for made in make(s, f)]


def _is_parameter(field: Field, concept: Concept) -> bool:
    """Neither a name of material, a time or a text, nor who was there: people's names stay in the plant."""
    if concept.role in ("identity", "time", "time_start", "time_end") or field.column.kind in ("identity", "text", "time"):
        return False
    return concept.role != "context" or field.column.kind == "number"


def _group(line: Line, column: Column, concept: Concept) -> str:
    if concept.area in _PRODUCTS or concept.role == "material":
        return "ProductParameters"
    return "ResourceParameters" if concept.area in _RESOURCES and concept.area != line.area.id else "ProcessParameters"


def _ranges(field: Field, series: Series) -> Iterator[Json]:
    concept = field.meaning.concept
    kind = "SetPoint" if concept and concept.setpoint_of else "Actual"
    found = seen(field, series.table.frame, name=kind)
    if found:
        yield found
        possible = plausible(concept, f"{kind}Plausible") if concept and field.meaning.confirmed else None
        if possible:
            yield possible


def _of_run(field: Field, series: Series, run: Run) -> Iterator[Json]:
    concept = field.meaning.concept
    value = _value(field, series, run)
    if value is not None:
        yield as_property(field, value, name="SetPoint" if concept and concept.setpoint_of else "Actual")


def _value(field: Field, series: Series, run: Run) -> Value | None:
    """Of the row that told of the run, else the mean of what was recorded while it lasted."""
    if run.row and run.row[0] is series:
        found: Value | None = series.table.frame[field.column.name][run.row[1]]
        return found
    if run.row is None:
        return mean(field, series.table.frame)
    if series.time is None or series.table.of_kind("identity"):
        return None
    time = pl.col(series.time.name)
    return mean(field, series.table.frame.filter((time >= run.start) & (time <= run.end)))


def _runs(series: Sequence[Series]) -> list[Run]:
    """The last pieces of the table that says when each began and ended; else all that was recorded, as one."""
    for one in series:
        pair = _span(one)
        if pair and one.table.of_kind("identity"):
            rows = one.table.frame.with_row_index("#at").filter(pl.col(pair[0]) < pl.col(pair[1])).sort(pair[1]).tail(LAST_RUNS)
            if rows.height:
                return [Run(None, row[pair[0]], row[pair[1]], (one, row["#at"])) for row in rows.iter_rows(named=True)]
    spans = [(one.times.min(), one.times.max()) for one in series]
    firsts = [first for first, _ in spans if isinstance(first, datetime)]
    lasts = [last for _, last in spans if isinstance(last, datetime)]
    return [Run(None, min(firsts), max(lasts), None)] if firsts else []


def _span(series: Series) -> tuple[str, str] | None:
    roles = {field.meaning.concept.role: field.column.name for field in series.fields if field.meaning.concept}
    start, end = roles.get("time_start"), roles.get("time_end")
    return (start, end) if start and end else None


def _identities(run: Run) -> Iterable[Json]:
    if run.row is None:
        return
    series, at = run.row
    for field in series.fields:
        value = series.table.frame[field.column.name][at]
        if field.column.kind == "identity" and value is not None:
            yield as_property(field, str(value))


def _about(line: Line) -> Words:
    tables = ", ".join(table.name for table in line.tables)
    return {
        "en": f"{line.area.name_en}, as the tables {tables} tell.",
        "ko": f"{line.area.name_ko} 공정입니다. 근거가 된 표: {tables}",
    }
