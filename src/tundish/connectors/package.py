"""Is the ZIP inside an XLSX whole and harmless, and which of its cells hold errors?"""

from __future__ import annotations

import html
import io
import re
import zipfile
from dataclasses import dataclass

from tundish.errors import BrokenFile, HostileArchive, Message
from tundish.intake.unpack import BROKEN, Budget, damage

MOST_CELLS = 60_000_000
"""Rows times columns that a sheet may span: calamine keeps all of them."""

_CHUNK = 2**20
_CARRY = 4096
_NAMING = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_ERROR_CELL = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})(\d{1,7})"[^>]*>'
    rb"(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]{1,20})</v>"
)
_COLUMN = re.compile(rb'<c\b[^>]{0,40}?\br="([A-Z]{1,3})(\d{1,7})"')

Cells = dict[tuple[int, int], str]
"""Row and column, from 0, and what stands there."""


@dataclass(frozen=True)
class Package:
    """What calamine does not tell: for each sheet its error cells, such as ``#DIV/0!``."""

    errors: dict[str, Cells]


def open_package(file: str, data: bytes) -> Package:
    """Unpack all parts once, counting; raises BrokenFile when one breaks off, HostileArchive when they are too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            small, errors = _unpack(file, package, Budget(file, len(data)))
    except BROKEN as error:
        raise BrokenFile(file=file, expected=Message("a workbook"), found=damage(error)) from error
    return Package({name: errors[part] for name, part in _parts(small).items() if errors.get(part)})


def _unpack(file: str, package: zipfile.ZipFile, budget: Budget) -> tuple[dict[str, str], dict[str, Cells]]:
    """The two small parts that name the sheets, and the error cells of every other part."""
    small: dict[str, str] = {}
    errors: dict[str, Cells] = {}
    for info in package.infolist():
        budget.enter()
        if info.filename in _NAMING:
            raw = package.read(info)
            budget.take(len(raw))
            small[info.filename] = raw.decode("utf-8", "replace")
        else:
            errors[info.filename] = _scan(file, package, info, budget)
    return small, errors


def _scan(file: str, package: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Cells:
    """Read one part to its end; of a sheet, keep the error cells and see how far it spans."""
    errors: Cells = {}
    carry, columns, rows = b"", 0, 0
    is_sheet = _SHEET.fullmatch(info.filename) is not None
    with package.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            budget.take(len(chunk))
            if not is_sheet:
                continue
            window = carry + chunk
            if b't="e"' in window:
                errors |= {(int(r) - 1, _column(c)): html.unescape(text.decode()) for c, r, text in _ERROR_CELL.findall(window)}
            cells = _COLUMN.findall(window)
            if cells:
                columns = max(columns, *(_column(name) + 1 for name in {name for name, _ in cells}), 0)
                rows = max(rows, int(cells[-1][1]))
            if columns * rows > MOST_CELLS:
                found = Message("a sheet that spans {rows} rows and {columns} columns", rows=rows, columns=columns)
                raise HostileArchive(file=file, found=found, allowed=Message("{cells} cells", cells=MOST_CELLS))
            carry = window[-_CARRY:]
    return errors


def _column(letters: bytes) -> int:
    """Column number from 0 of letters such as ``AB``."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _parts(small: dict[str, str]) -> dict[str, str]:
    """Sheet name to the part that holds it."""
    relations = {}
    for tag in re.findall(r"<Relationship\b[^>]*>", small.get("xl/_rels/workbook.xml.rels", "")):
        known = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        target = known.get("Target", "")
        relations[known.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    parts = {}
    for tag in re.findall(r"<sheet\b[^>]*>", small.get("xl/workbook.xml", "")):
        known = dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
        identity = next((value for key, value in known.items() if key.endswith(":id")), "")
        parts[html.unescape(known.get("name", ""))] = relations.get(identity, "")
    return parts
