"""Which table without header gets the header that stands alone in another file of its folder?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from tundish.errors import Message
from tundish.intake.raw import RawTable
from tundish.table import ROW, Finding, Origin, Repair


def lend_headers(tables: Sequence[RawTable]) -> tuple[list[RawTable], list[RawTable]]:
    """Give headers that stand alone to tables of as many columns in the same folder.

    Returns the tables with rows, and the headers that no table took. Two different headers that both fit are not chosen from.
    """
    alone = [table for table in tables if not table.frame.height]
    used: set[str] = set()
    lent = []
    for table in tables:
        if not table.frame.height:
            continue
        if table.dialect.get("header_rows") != "0" or table.parts:
            lent.append(table)
            continue
        fitting = [header for header in alone if _fits(header, table)]
        used |= {header.origin.file for header in fitting}
        lent.append(_with(table, fitting[0]) if len({header.headers for header in fitting}) == 1 else _without(table, fitting))
    return lent, [header for header in alone if header.origin.file not in used]


def _fits(header: RawTable, table: RawTable) -> bool:
    same_folder = PurePosixPath(header.origin.file).parent == PurePosixPath(table.origin.file).parent
    return same_folder and len(header.headers) == len(table.headers)


def _with(table: RawTable, header: RawTable) -> RawTable:
    names = dict(zip(table.headers, header.headers, strict=True))
    text = "The file has no header; the {count} names in {header} fit its columns and were taken."
    message = Message(text, count=len(names), header=header.origin.file)
    origin = Origin(table.origin.file, table.origin.sheet)
    return replace(
        table,
        frame=table.frame.select(ROW, *names).rename(names),
        headers=header.headers,
        units=header.units,
        findings=(*table.findings, Finding("header_lent", "info", message, origin)),
        repairs=(*table.repairs, Repair("header_lent", message, origin, len(names), None, ", ".join(header.headers)[:200])),
    )


def _without(table: RawTable, fitting: Sequence[RawTable]) -> RawTable:
    text = "The file has no header; its columns are called column 1 to column {count}. Write the names into its first line."
    message = Message(text, count=len(table.headers))
    if fitting:
        text = "The file has no header; several would fit ({headers}), so none was taken. Write the names into its first line."
        message = Message(text, headers=", ".join(header.origin.file for header in fitting))
    finding = Finding("no_header", "warning", message, Origin(table.origin.file, table.origin.sheet))
    return replace(table, findings=(*table.findings, finding))
