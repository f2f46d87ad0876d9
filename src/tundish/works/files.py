"""How do files look that people and machines at a plant export? Writers whose bytes are the same on every run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

_STILL = datetime(2025, 1, 1)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: a title, header rows with merged cells, rows of cells."""

    name: str
    title: str
    headers: Sequence[Sequence[str]]
    """Rows of header cells; a cell that repeats its left or upper neighbour is merged with it."""
    rows: Sequence[Sequence[str | float | datetime | None]]


def delimited(
    headers: Sequence[Sequence[str]], body: pl.DataFrame, *, encoding: str, footer: Sequence[Sequence[str]] = ()
) -> bytes:
    """A comma-separated file of Windows lines: title and header rows, a body of texts, footer rows."""
    text = io.BytesIO()
    text.write(_lines(headers))
    body.write_csv(text, include_header=False, line_terminator="\r\n")
    text.write(_lines(footer))
    return text.getvalue().decode("utf-8").encode(encoding)


def zipped(name: str, content: bytes) -> bytes:
    """A ZIP with one member whose Korean name is written in CP949 without a flag, as Korean Windows tools do."""
    raw = name.encode("cp949")
    stand_in = "Z" * len(raw)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        member = zipfile.ZipInfo(stand_in, (_STILL.year, _STILL.month, _STILL.day, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, content)
    head, rest = packed.getvalue()[: 30 + len(raw)], packed.getvalue()[30 + len(raw) :]
    # the name stands twice: in the member's own header and in the directory at the end
    front, found, back = rest.rpartition(stand_in.encode())
    return head[:30] + raw + front + (raw if found else b"") + back


def workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write an XLSX with merged titles and headers and a fixed creation time."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"created": _STILL})
    bold = book.add_format({"bold": True, "align": "center"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.merge_range(0, 0, 0, len(sheet.headers[0]) - 1, sheet.title, bold)
        _write_headers(page, sheet.headers, bold)
        cells = ((y, x, cell) for y, row in enumerate(sheet.rows, 1 + len(sheet.headers)) for x, cell in enumerate(row))
        for y, x, cell in cells:
            if isinstance(cell, datetime):
                page.write_datetime(y, x, cell, moment)
            elif cell is not None:
                page.write(y, x, cell)
    book.close()


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    return "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) + "\r\n" for row in rows).encode()


def _write_headers(page: object, headers: Sequence[Sequence[str]], bold: object) -> None:
    done: set[tuple[int, int]] = set()
    for y, row in enumerate(headers):
        for x, cell in enumerate(row):
            if (y, x) in done:
                continue
            right = x
            while right + 1 < len(row) and row[right + 1] == cell:
                right += 1
            below = y
            while right == x and below + 1 < len(headers) and headers[below + 1][x] == cell:
                below += 1
            done |= {(j, i) for j in range(y, below + 1) for i in range(x, right + 1)}
            if (right, below) == (x, y):
                page.write(1 + y, x, cell, bold)  # type: ignore[attr-defined]
            else:
                page.merge_range(1 + y, x, 1 + below, right, cell, bold)  # type: ignore[attr-defined]
