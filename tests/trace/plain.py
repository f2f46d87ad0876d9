"""Tables as standardising makes them when it recognises no concept: names from the headers, kinds from the types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from tundish.table import Column, Kind, Origin, Table
from tundish.vocabulary import Catalogue, Concept, load_catalogue


def kind_of(values: pl.Series) -> Kind:
    if values.dtype == pl.Datetime:
        return "time"
    if values.dtype.is_numeric():
        return "number"
    return "category" if values.n_unique() <= 50 else "text"


def table_of(
    frame: pl.DataFrame, file: str, *, concepts: Mapping[str, str] | None = None, kinds: Mapping[str, Kind] | None = None,
    name: str | None = None,
) -> Table:  # fmt: skip
    concepts, kinds = concepts or {}, kinds or {}
    columns = tuple(
        Column(
            name=concepts.get(header, f"plant:{header}"),
            kind=kinds.get(header) or kind_of(frame[header]),
            origins=(Origin(file, column=header),),
            concept=concepts.get(header),
        )
        for header in frame.columns
    )
    body = frame.rename({header: column.name for header, column in zip(frame.columns, columns, strict=True)}).with_columns(
        pl.int_range(2, frame.height + 2, dtype=pl.Int64).alias("#row"), pl.lit(0, pl.Int32).alias("#source")
    )
    return Table(name or file.rsplit(".", 1)[0], body, columns, (Origin(file),))


def catalogue_of(concepts: Sequence[Concept] = ()) -> Catalogue:
    return replace(load_catalogue(), concepts=tuple(concepts))


def read_plain(
    path, *, times: Mapping[str, str] | None = None, encoding: str = "utf8", zone: str = "Asia/Seoul", **more
) -> Table:
    frame = pl.read_csv(path, encoding=encoding, infer_schema_length=None, **more)
    for header, form in (times or {}).items():
        frame = frame.with_columns(
            pl.col(header).str.strptime(pl.Datetime("us"), form).dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
        )
    return table_of(frame, path.name)
