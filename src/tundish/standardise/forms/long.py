"""Which tables are logs in long form - time, tag, value - and how do they become tables of one column a tag?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from tundish.errors import LongLogTooLarge, Message
from tundish.intake.raw import RawTable
from tundish.standardise.forms.roles import Book, Roles, asks_yes_or_no, find_book, find_roles, is_unit, is_words, said
from tundish.standardise.forms.scans import Scan, scans, step
from tundish.standardise.values.flags import BAD, UNCERTAIN, read_flags
from tundish.standardise.values.times import Times, read_times, serial_times
from tundish.table import ROW, ROWS_SHOWN, Finding, Origin, Repair

_KNOWN = 0.5
"""Least share of a log's tags that a list must name to be its tag list."""


def unfold(tables: Sequence[RawTable]) -> list[RawTable]:
    """Tables as they are, logs in long form as tables of one column a tag, lists of their tags used up for names and units.

    Raises :class:`tundish.errors.LongLogTooLarge` for a log that is read in parts.
    """
    roles = {i: found for i, table in enumerate(tables) if (found := find_roles(table)) is not None}
    if not roles:
        return list(tables)
    large = next((tables[i] for i in roles if tables[i].parts), None)
    if large is not None:
        raise LongLogTooLarge(file=large.origin.file, rows=sum(part.rows for part in large.parts))
    logs = {i: _Log(tables[i], found) for i, found in roles.items()}
    lists = {i: book for i, table in enumerate(tables) if i not in roles and (book := find_book(table)) is not None}
    used: set[int] = set()
    out: list[RawTable] = []
    for log in logs.values():
        used |= {place for place, book in lists.items() if log.takes(book)}
    for i, table in enumerate(tables):
        if i in logs:
            out += logs[i].tables()
        elif i not in used:
            out.append(table)
    return out


class _Log:
    """One log on its way to tables."""

    def __init__(self, raw: RawTable, roles: Roles) -> None:
        self.raw, self.roles = raw, roles
        rows = raw.frame.with_columns(pl.col(roles.name).cast(pl.String).str.strip_chars().alias("#tag"))
        rows = rows.filter(pl.col("#tag").is_not_null())
        time, self.measured = _order(rows, roles.times)
        rows = rows.with_columns(time.alias("#time"))
        self.timeless = rows.filter(pl.col("#time").is_null())[ROW]
        self.rows = rows.filter(pl.col("#time").is_not_null())
        self.tags = self.rows["#tag"].unique(maintain_order=True).to_list()
        self.book = self._own_book()
        self.findings: list[Finding] = list(raw.findings)
        self.repairs: list[Repair] = list(raw.repairs)
        self._tell_timeless()
        self._flag()

    def takes(self, book: Book) -> bool:
        """Use a list of tags, if it is of this log; whether it was."""
        named = [tag for tag in self.tags if tag in book.words or tag in book.units]
        if len(named) < _KNOWN * len(self.tags):
            return False
        self.book = Book({**book.words, **self.book.words}, {**book.units, **self.book.units})
        text = "Names and units of {count} tags are from {file}, the list of tags."
        origin = Origin(self.raw.origin.file, self.raw.origin.sheet)
        self.repairs.append(Repair("tag_list", Message(text, count=len(named), file=book.file), origin, len(named)))
        return True

    def tables(self) -> Iterator[RawTable]:
        """One table a scan, the largest first; what belongs to the whole log is told with the first."""
        parts = {str(tag): part for (tag,), part in self.rows.partition_by("#tag", as_dict=True, include_key=True).items()}
        stamps = {tag: part["#time"].unique().sort().to_numpy() for tag, part in parts.items()}
        found = scans(stamps, measured=self.measured)
        self.repairs.append(self._told(found))
        headers = self._headers()
        labels = _labels(found, headers, measured=self.measured)
        for scan, label in zip(found, labels, strict=True):
            made = self._table(scan, label if len(found) > 1 else None, parts, headers)
            yield replace(made, findings=(*self.findings, *made.findings), repairs=(*self.repairs, *made.repairs))
            self.findings, self.repairs = [], []

    def _told(self, found: Sequence[Scan]) -> Repair:
        message = Message(
            "A log of {rows} rows (time, tag, value) became {tables} tables with a column for each of {tags} tags.",
            rows=self.rows.height,
            tables=len(found),
            tags=len(self.tags),
        )
        return Repair("long_form", message, Origin(self.raw.origin.file, self.raw.origin.sheet), self.rows.height)

    def _own_book(self) -> Book:
        """What the log's own columns say of its tags."""
        tags = self.rows.unique("#tag", keep="first", maintain_order=True)
        names = tags["#tag"].to_list()
        table = replace(self.raw, frame=tags)
        words = next((header for header in self.roles.of_tag if is_words(header)), None)
        unit = next((header for header in self.roles.of_tag if is_unit(header)), None)
        return Book(said(table, names, words), said(table, names, unit))

    def _headers(self) -> dict[str, str]:
        """What each tag's column is called: its words, where no other tag has the same, else the tag."""
        words = [self.book.words.get(tag, tag) for tag in self.tags]
        taken = {*self.roles.times, *self.roles.of_time, ROW}
        return {
            tag: word if words.count(word) == 1 and word not in taken else f"{tag}'" if tag in taken else tag
            for tag, word in zip(self.tags, words, strict=True)
        }

    def _tell_timeless(self) -> None:
        if len(self.timeless):
            message = Message("{count} rows of the log have no readable time; they were left out.", count=len(self.timeless))
            origin = Origin(self.raw.origin.file, self.raw.origin.sheet, self.roles.times[0])
            rows = tuple(self.timeless.head(ROWS_SHOWN).to_list())
            self.findings.append(Finding("no_time", "warning", message, origin, len(self.timeless), rows))

    def _flag(self) -> None:
        """Marks of quality, understood; a finding when they are not."""
        if self.roles.quality is None:
            return
        marks = self.rows[self.roles.quality]
        flags = read_flags(marks, yes_no=asks_yes_or_no(self.roles.quality))
        if flags is None and marks.drop_nulls().n_unique() > 1:
            shown = marks.drop_nulls().unique(maintain_order=True).head(5).cast(pl.String).to_list()
            text = "The marks of quality ({marks}) are of no known kind; all values were kept, good and bad."
            origin = Origin(self.raw.origin.file, self.raw.origin.sheet, self.roles.quality)
            self.findings.append(Finding("quality_unknown", "warning", Message(text, marks=shown), origin))
        if flags is not None:
            self.rows = self.rows.with_columns(flags.alias("#flag"))

    def _table(self, scan: Scan, label: str | None, parts: Mapping[str, pl.DataFrame], headers: Mapping[str, str]) -> RawTable:
        kept = (*self.roles.times, *self.roles.of_time)
        sheet = " ".join(part for part in (self.raw.origin.sheet, label) if part) or None
        origin = replace(self.raw.origin, sheet=sheet)
        findings: list[Finding] = []
        index = pl.DataFrame({"#time": scan.stamps})
        rows, columns = [], []
        for tag in scan.tags:
            place = replace(origin, column=headers[tag])
            part = _once(_trusted(_placed(parts[tag], scan, tag), place, findings), place, findings)
            rows.append(part.select("#time", ROW, *kept))
            values = part.select("#time", _cells(part, self.roles.values).alias(headers[tag]))
            columns.append(index.join(values, on="#time", how="left", maintain_order="left").drop("#time"))
        first = pl.concat(rows).unique("#time", keep="first", maintain_order=True)
        base = index.join(first, on="#time", how="left", maintain_order="left").drop("#time")
        frame = pl.concat([base, *columns], how="horizontal")
        units = (*(None for _ in kept), *(self.book.units.get(tag) for tag in scan.tags))
        made = replace(self.raw, origin=origin, frame=frame, headers=tuple(frame.columns[1:]), units=units)
        return replace(made, findings=tuple(findings), repairs=tuple(_moved(scan, origin)))


def _order(rows: pl.DataFrame, times: Sequence[str]) -> tuple[pl.Series, bool]:
    """A number for the time of each row, and whether it is in microseconds, or else only tells times apart."""
    joint = rows[times[0]]
    if len(times) > 1:
        joint = rows.select(pl.concat_str([pl.col(name).cast(pl.String) for name in times], separator=" ")).to_series()
    count = joint.n_unique() if len(times) > 1 else 0
    for name in times:
        column = rows[name]
        if column.n_unique() < count:
            continue
        if column.dtype in (pl.Datetime, pl.Date):
            return column.cast(pl.Datetime("us")).cast(pl.Int64) if column.dtype == pl.Date else _micros(column), True
        read = _counted(column, name) if column.dtype.is_numeric() else _read(column.cast(pl.String), name)
        if read is not None:
            return read.cast(pl.Int64), True
    whole = _read(joint, " ".join(times)) if len(times) > 1 else None
    if whole is not None:
        return whole.cast(pl.Int64), True
    return joint.cast(pl.String).cast(pl.Categorical).to_physical().cast(pl.Int64), False


def _counted(column: pl.Series, header: str) -> pl.Series | None:
    times = serial_times(column.cast(pl.Float64), header)
    return None if times is None else times.values


def _micros(column: pl.Series) -> pl.Series:
    return column.dt.cast_time_unit("us").cast(pl.Int64)


def _read(texts: pl.Series, header: str) -> pl.Series | None:
    """Texts as times, each distinct one read once; None when they are no times or their order is open."""
    distinct = texts.unique(maintain_order=True)
    times = read_times(distinct, header)
    if not isinstance(times, Times):
        return None
    return texts.replace_strict(distinct, times.values, return_dtype=times.values.dtype)


def _labels(found: Sequence[Scan], headers: Mapping[str, str], *, measured: bool) -> list[str]:
    """A name for each table: the step of its scan, or its first tag."""
    labels: list[str] = []
    for scan in found:
        usual = step(scan.stamps) if measured else None
        label = headers[scan.tags[0]] if usual is None else f"{float(f'{usual / 1e6:.2g}'):g} s"
        count = sum(other == label or other.startswith(f"{label} (") for other in labels)
        labels.append(f"{label} ({count + 1})" if count else label)
    return labels


def _placed(part: pl.DataFrame, scan: Scan, tag: str) -> pl.DataFrame:
    """A tag's rows at the times of the scan."""
    if tag not in scan.moved:
        return part
    own, places = (pl.Series(values) for values in scan.moved[tag])
    return part.with_columns(pl.col("#time").replace_strict(own, places))


def _trusted(part: pl.DataFrame, place: Origin, findings: list[Finding]) -> pl.DataFrame:
    """Without values that the source itself calls bad; what it calls uncertain stays, and is told."""
    if "#flag" not in part.columns:
        return part
    bad, uncertain = (part.filter(pl.col("#flag") == flag)[ROW] for flag in (BAD, UNCERTAIN))
    if len(bad):
        message = Message("{count} values that the source marks as bad were left out.", count=len(bad))
        findings.append(Finding("quality_bad", "warning", message, place, len(bad), tuple(bad.head(ROWS_SHOWN).to_list())))
    if len(uncertain):
        message = Message("{count} values that the source marks as uncertain were kept.", count=len(uncertain))
        rows = tuple(uncertain.head(ROWS_SHOWN).to_list())
        findings.append(Finding("quality_uncertain", "info", message, place, len(uncertain), rows))
    return part.with_columns(pl.col("#flag").eq_missing(BAD).alias("#bad"))


def _once(part: pl.DataFrame, place: Origin, findings: list[Finding]) -> pl.DataFrame:
    """One row a time, the last that was written; told when another said something else."""
    if part["#time"].is_unique().all():
        return part
    last = part.unique("#time", keep="last", maintain_order=True)
    message = Message("{count} times stand more than once; the value written last was taken.", count=part.height - last.height)
    rows = tuple(part.filter(~pl.col("#time").is_unique())[ROW].head(ROWS_SHOWN).to_list())
    findings.append(Finding("time_repeated", "info", message, place, part.height - last.height, rows))
    return last


def _cells(part: pl.DataFrame, names: Sequence[str]) -> pl.Expr:
    """The value of each row: from the one column that holds any, else from the first of several that does."""
    filled = [name for name in names if part[name].null_count() < part.height] or list(names[:1])
    one_kind = len({part[name].dtype for name in filled}) == 1
    cells = pl.coalesce([pl.col(name) if one_kind else pl.col(name).cast(pl.String) for name in filled])
    return pl.when(~pl.col("#bad")).then(cells) if "#bad" in part.columns else cells


def _moved(scan: Scan, origin: Origin) -> Iterator[Repair]:
    if not scan.moved:
        return
    most = max(float(np.abs(own - places).max()) for own, places in scan.moved.values()) / 1e6
    message = Message(
        "{count} tags are written a little before or after the others; their times were moved onto those of {leader}, "
        "by {most_s} s at most.",
        count=len(scan.moved),
        leader=scan.tags[0],
        most_s=round(most, 6),
    )
    yield Repair("times_aligned", message, origin, len(scan.moved))
