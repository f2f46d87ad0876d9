"""How is a table written as XLSX, fast and without harm? Office Open XML by hand, strings as strings, no formula ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import polars as pl

MOST_ROWS = 1_048_575
"""Rows that one sheet of a workbook holds below its header (Excel specification and limits)."""
MOST_LETTERS = 32_767
"""Letters that one cell holds (Excel specification and limits)."""
BATCH = 4_000
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NOT_XML = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
_BOLD, _TIME = 1, 2
"""Styles of cells: a header, and a time."""
_PLAIN = 'fontId="0" fillId="0" borderId="0"'
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    f'<cellStyleXfs count="1"><xf numFmtId="0" {_PLAIN}/></cellStyleXfs>'
    f'<cellXfs count="3"><xf numFmtId="0" {_PLAIN} xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    f'<xf numFmtId="164" {_PLAIN} xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def write_xlsx(sheets: Iterable[tuple[str, pl.DataFrame]], path: Path) -> None:
    """Write sheets of text, numbers and naive times; what has more rows or letters than a workbook holds is cut there."""
    names = []
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for number, (name, frame) in enumerate(sheets, 1):
            names.append(name[:31])
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as part:
                for text in _sheet(frame.head(MOST_ROWS)):
                    part.write(text.encode("utf-8"))
        for place, text in _frame_of_parts(names):
            archive.writestr(place, _HEAD + text)


def letters(column: int) -> str:
    """Name of a column counted from 0.

    >>> letters(0), letters(25), letters(26), letters(701), letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _sheet(frame: pl.DataFrame) -> Iterator[str]:
    last = f"{letters(max(frame.width - 1, 0))}{frame.height + 1}"
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15" defaultColWidth="18"/><sheetData>'
    )
    titles = pl.DataFrame({f"{at}": [title] for at, title in enumerate(frame.columns)})
    yield from _rows(titles, 1, style=_BOLD)
    plain = frame.rename({title: f"{at}" for at, title in enumerate(frame.columns)})
    for start in range(0, frame.height, BATCH):
        yield from _rows(plain[start : start + BATCH], start + 2)
    yield "</sheetData>"
    if frame.width:
        yield f'<autoFilter ref="A1:{last}"/>'
    yield "</worksheet>"


def _rows(frame: pl.DataFrame, first: int, style: int | None = None) -> Iterator[str]:
    if not frame.width or not frame.height:
        return
    row = pl.int_range(first, first + frame.height, dtype=pl.Int64).cast(pl.String)
    cells = [
        _cell(pl.col(name), dtype, letters(at), row, style)
        for at, (name, dtype) in enumerate(zip(frame.columns, frame.dtypes, strict=True))
    ]
    texts = frame.select(pl.concat_str(pl.lit('<row r="'), row, pl.lit('">'), *cells, pl.lit("</row>")))
    yield "".join(texts.to_series().to_list())


def _cell(values: pl.Expr, dtype: pl.DataType, column: str, row: pl.Expr, style: int | None) -> pl.Expr:
    """XML of one column's cells; an empty text where there is no value."""
    if isinstance(dtype, pl.Datetime):
        # Days since the last of 1899, as a workbook counts time (ECMA-376, 18.17.4.1).
        values, style, dtype = values.dt.epoch("us") / 86_400_000_000 + 25_569, _TIME, pl.Float64()
    look = "" if style is None else f' s="{style}"'
    begin = pl.concat_str(pl.lit(f'<c r="{column}'), row, pl.lit('"'))
    if dtype.is_numeric():
        text = values.cast(pl.String)
        finite = values.is_finite() if dtype.is_float() else values.is_not_null()
        known, made = finite, pl.concat_str(begin, pl.lit(f"{look}><v>"), text, pl.lit("</v></c>"))
    else:
        known = values.is_not_null()
        opened = pl.lit(f'{look} t="inlineStr"><is><t xml:space="preserve">')
        made = pl.concat_str(begin, opened, _escaped(values.cast(pl.String)), pl.lit("</t></is></c>"))
    return pl.when(known).then(made).otherwise(pl.lit(""))


def _escaped(text: pl.Expr) -> pl.Expr:
    short = text.str.slice(0, MOST_LETTERS).str.replace_all(_NOT_XML, "\ufffd")
    # A workbook reads _x0041_ as a letter: the underscore of such a text is written by its own number.
    plain = short.str.replace_all(r"_(x[0-9A-Fa-f]{4}_)", "_x005F_${1}")
    return plain.str.replace_all("&", "&amp;", literal=True).str.replace_all("<", "&lt;", literal=True).str.replace_all(
        ">", "&gt;", literal=True
    )  # fmt: skip


def _frame_of_parts(names: list[str]) -> Iterator[tuple[str, str]]:
    """The parts of the package beside the sheets."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name="{_attribute(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, names, strict=True)
    )
    yield "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>'
    links = "".join(_link(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    styles = _link(f"rId{len(names) + 1}", "styles", "styles.xml")
    yield "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{links}{styles}</Relationships>'
    yield "xl/styles.xml", _STYLES
    book = _link("rId1", "officeDocument", "xl/workbook.xml")
    yield "_rels/.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{book}</Relationships>'
    parts = "".join(_type(f"/xl/worksheets/sheet{n}.xml", "worksheet+xml") for n in numbers)
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{_type('/xl/workbook.xml', 'sheet.main+xml')}{_type('/xl/styles.xml', 'styles+xml')}{parts}</Types>",
    )


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"/>'


def _type(part: str, kind: str) -> str:
    return f'<Override PartName="{part}" ContentType="{_TYPES}.{kind}"/>'


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
