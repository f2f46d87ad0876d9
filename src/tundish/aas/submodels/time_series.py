"""IDTA 02008: what does a series hold, and where do its records lie? Linked as Parquet, never inline."""

from __future__ import annotations

from datetime import datetime

from tundish.aas.package import Json
from tundish.aas.series import TIME, Series
from tundish.aas.submodels.parts import as_property
from tundish.aas.template import MORE, fill


def time_series(series: Series, identity: str, *, series_at: str = "") -> Json:
    """One table of records as a linked segment; ``series_at`` is what stands before the file's address."""
    times = series.times
    first, last = times.min(), times.max()
    if series.time is None or not (isinstance(first, datetime) and isinstance(last, datetime)):
        raise TypeError(series.name)
    file = f"{series_at}{series.file}"
    name = {"en": series.table.name, "ko": series.table.name}
    segment = {
        "Name": name,
        "Description": {
            "en": f"Parquet file; rows in the order of {series.time.header}, times in UTC, {TIME} in seconds from the start.",
            "ko": f"Parquet 파일입니다. 행은 {series.time.header} 순서이며, 시각은 UTC, {TIME} 열은 시작부터 지난 초입니다.",
        },
        "RecordCount": times.len(),
        "StartTime": first.isoformat().replace("+00:00", "Z"),
        "EndTime": last.isoformat().replace("+00:00", "Z"),
        "Duration": duration((last - first).total_seconds()),
        "SamplingInterval": _interval(series),
        "Endpoint": file,
        "Query": f"SELECT * FROM '{file}' ORDER BY {TIME}",  # noqa: S608 - a text for a reader, never run here
    }
    content = {
        "Metadata": {
            "Name": name,
            "Description": {"en": "Records as standardised.", "ko": "표준화한 기록입니다."},
            "Record": {"Time": [None], MORE: [as_property(field, None) for field in series.fields]},
        },
        "Segments": {"LinkedSegment": [segment]},
    }
    made = fill("02008", identity, content, name=f"TimeSeries_{series.name}"[:128])
    _name_time(made)
    return made


def duration(seconds: float) -> str:
    """A span as ISO 8601 writes it.

    >>> duration(90061.5), duration(0)
    ('P1DT1H1M1.5S', 'PT0S')
    """
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (round(rest, 6), "S"))
    clock = "".join(f"{value:g}{letter}" for value, letter in parts if value)
    date = f"{days:g}D" if days else ""
    return f"P{date}T{clock}" if clock else f"P{date}" if date else "PT0S"


def _interval(series: Series) -> int | None:
    """Seconds between records where nearly all lie equally far apart, and that is whole seconds."""
    gaps = series.times.diff().drop_nulls().dt.total_microseconds()
    usual = gaps.mode().min() if gaps.len() else None
    if not isinstance(usual, int) or usual <= 0 or usual % 1_000_000 or (gaps == usual).mean() < 0.9:  # type: ignore[operator]
        return None
    return usual // 1_000_000


def _name_time(submodel: Json) -> None:
    """The template wants the leading time numbered: Time00."""
    record = submodel["submodelElements"][0]["value"][-1]
    record["value"][0]["idShort"] = TIME
