"""Which values were set aside, as a file that an engineer mends in Excel and puts back, and how is that file read again?

``quarantine.xlsx`` and ``quarantine.csv`` hold the same lines. Headers and decisions are written in both languages and found
again by either, for a spreadsheet may save the file in another encoding, with other numbers formats, and without zeros.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tundish.errors import InputError, Message, QuarantineUnread
from tundish.intake.encoding import decode
from tundish.locale import render
from tundish.settings import Language
from tundish.standardise.mends import Decision, Mend, Mends, key_of
from tundish.table import Aside, Finding, Origin

NAMES = ("quarantine.xlsx", "quarantine.csv")
_NEARLY = re.compile(r"quarantine.*\.(?:xlsx|xlsm|xls|csv)", re.IGNORECASE)
"""Names under which a spreadsheet or a browser keeps a copy: quarantine (1).xlsx."""
MOST_BYTES = 64 * 2**20
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_HASH = 12
HEADERS: Mapping[str, str] = {
    "file": "파일 / file",
    "sheet": "시트 / sheet",
    "row": "행 / row",
    "last": "끝 행 / last row",
    "column": "열 / column",
    "found": "적힌 값 / found",
    "expected": "기대 / expected",
    "reason": "이유 / reason",
    "count": "개수 / cells",
    "corrected": "고친 값 / corrected",
    "decision": "결정 / decision",
    "sha256": "파일 지문 / file hash",
    "code": "코드 / code",
}
"""Fields of a line and the header of each; the file is found again by the words before or behind the stroke."""
DECISIONS: Mapping[Decision, str] = {"correct": "고침 / correct", "keep": "그대로 / keep", "drop": "버림 / drop"}
_SAID: Mapping[str, Decision] = {
    **dict.fromkeys(("고침", "수정", "정정", "correct", "corrected"), "correct"),
    **dict.fromkeys(("그대로", "사용", "유지", "맞음", "keep", "use", "use as is", "as is"), "keep"),
    **dict.fromkeys(("버림", "제외", "삭제", "drop", "delete", "remove"), "drop"),
}


def write(asides: Sequence[Aside], mends: Mends, folder: Path, lang: Language) -> int:
    """Write both files and return the number of lines: what is set aside now, and what was decided before."""
    lines = [*_open(asides, lang), *_decided(mends)]
    _write_csv(lines, folder / "quarantine.csv")
    _write_xlsx(lines, folder / "quarantine.xlsx")
    return len(lines)


def read(plant: Path) -> Mends:
    """What was decided in the plant's quarantine files; lines that say nothing yet are left out, odd ones become findings."""
    lines: list[Mend] = []
    findings: list[Finding] = []
    for path in sorted(plant.iterdir()):
        name = path.name
        if not path.is_file() or not _NEARLY.fullmatch(name):
            continue
        if name.lower() not in NAMES:
            message = Message(
                "{file} was not taken as the quarantine file. Save it as quarantine.xlsx, beside the exports.", file=name
            )
            findings.append(Finding("mends_unread", "warning", message, Origin(name)))
            continue
        try:
            rows = list(_rows(path))
            mends, odd = _mends(name, rows)
        except InputError as failure:
            mends, odd = [], [Finding("mends_unread", "warning", failure.message, Origin(name))]
        lines += mends
        findings += odd
    agreed, contradictions = _without_contradictions(lines)
    return Mends(tuple(agreed), (*findings, *contradictions))


def _open(asides: Iterable[Aside], lang: Language) -> Iterator[dict[str, str]]:
    for aside in asides:
        yield {
            **_spot(aside),
            "reason": render(aside.reason, lang),
            "count": f"{aside.count}",
            "corrected": "",
            "decision": "",
            "sha256": f"sha:{aside.sha256[:_HASH]}",
        }


def _decided(mends: Mends) -> Iterator[dict[str, str]]:
    for mend in mends.lines:
        yield {
            **_spot(mend),
            "reason": mend.reason,
            "count": "",
            "corrected": mend.corrected,
            "decision": DECISIONS[mend.decision],
            "sha256": f"sha:{mend.sha256}",
        }


def _spot(one: Aside | Mend) -> dict[str, str]:
    """Where a value stands, and what was found there."""
    return {
        "file": one.origin.file,
        "sheet": one.origin.sheet or "",
        "row": "" if one.row is None else f"{one.row}",
        "last": "" if one.last in (None, one.row) else f"{one.last}",
        "column": one.origin.column or "",
        "found": one.found,
        "expected": one.expected,
        "code": one.code,
    }


def _write_csv(lines: Sequence[Mapping[str, str]], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADERS.values())
        table.writerows([_harmless(line[field]) for field in HEADERS] for line in lines)


def _harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula: an apostrophe before what begins like one and is no number."""
    return f"'{text}" if text.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(text) else text


def _write_xlsx(lines: Sequence[Mapping[str, str]], path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("quarantine")
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        text, mark = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bg_color": "#FFF4CC"})
        for at, (field, title) in enumerate(HEADERS.items()):
            to_fill = field in ("corrected", "decision")
            width = {"reason": 60, "file": 28, "column": 22, "expected": 18}.get(field, 14)
            sheet.set_column(at, at, width, mark if to_fill else text)
            sheet.write_string(0, at, title, head)
        for row, line in enumerate(lines, 1):
            for at, field in enumerate(HEADERS):
                sheet.write_string(row, at, line[field][:32_767], mark if field in ("corrected", "decision") else text)
        at = list(HEADERS).index("decision")
        choice = {"validate": "list", "source": list(DECISIONS.values()), "error_type": "warning"}
        sheet.data_validation(1, at, max(len(lines), 1), at, choice)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(lines), 1), len(HEADERS) - 1)


def _rows(path: Path) -> Iterator[list[str]]:
    if path.stat().st_size > MOST_BYTES:
        raise _unread(path.name, Message("{size} bytes", size=path.stat().st_size))
    data = path.read_bytes()
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return _cells(path.name, data)
    text = decode(data, path.name).utf8.decode("utf-8")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return iter(list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
    except csv.Error as failure:
        raise _unread(path.name, str(failure)) from failure


def _cells(name: str, data: bytes) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    from tundish.connectors.package import open_package

    if data.startswith(b"PK"):
        open_package(name, data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        cells = book.get_sheet_by_index(0).to_python()
    except (CalamineError, ValueError) as failure:
        raise _unread(name, str(failure)[:200]) from failure
    return ([_text(cell) for cell in row] for row in cells)


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return "" if cell is None else str(cell)


def _unread(name: str, found: Message | str) -> InputError:
    return QuarantineUnread(file=name, found=found)


def _mends(name: str, rows: Sequence[Sequence[str]]) -> tuple[list[Mend], list[Finding]]:
    at, fields = _header(name, rows)
    lines: list[Mend] = []
    findings: list[Finding] = []
    for number, row in enumerate(rows[at + 1 :], at + 2):
        values = {field: _plain(row[place]) if place < len(row) else "" for field, place in fields.items()}
        if not any(values.values()) or not (values["corrected"] or values["decision"]):
            continue
        found = _mend(values, Origin(name, row=number))
        if isinstance(found, Mend):
            lines.append(found)
        else:
            findings.append(Finding("mend_unclear", "warning", found, Origin(name), rows=(number,)))
    return lines, findings


def _header(name: str, rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    words = {part.strip().casefold(): field for field, title in HEADERS.items() for part in (title, *title.split("/"))}
    for at, row in enumerate(rows[:20]):
        fields: dict[str, int] = {}
        for place, title in enumerate(row):
            field = words.get(_plain(title).casefold())
            if field is not None:
                fields.setdefault(field, place)
        if {"file", "column", "found"} <= fields.keys() and fields.keys() & {"corrected", "decision"}:
            return at, {field: fields.get(field, 10**6) for field in HEADERS}
    titles = ", ".join(HEADERS[field] for field in ("file", "column", "found", "corrected", "decision"))
    raise _unread(name, Message("no line with the headers {titles}", titles=titles))


def _mend(values: Mapping[str, str], line: Origin) -> Mend | Message:
    """One line as a decision, or what is unclear about it."""
    said = values["decision"].casefold()
    decision = next((_SAID[part.strip()] for part in (said, *said.split("/")) if part.strip() in _SAID), None)
    if decision is None and not said and values["corrected"]:
        decision = "correct"
    if decision is None:
        choices = ", ".join(DECISIONS.values())
        return Message("{found} is no decision. Write one of: {choices}.", found=values["decision"], choices=choices)
    if decision == "correct" and not values["corrected"]:
        return Message("The line is to be corrected, but holds no corrected value. Write it, or choose another decision.")
    if decision != "correct" and values["corrected"]:
        return Message("The line holds a corrected value, but another decision. Take out one of the two.")
    row, last = _number(values["row"]), _number(values["last"])
    if values["row"] and row is None:
        return Message("{found} is no row number.", found=values["row"])
    return Mend(
        origin=Origin(values["file"], values["sheet"] or None, values["column"]),
        row=row,
        last=last,
        found=values["found"],
        decision=decision,
        corrected=values["corrected"],
        sha256=values["sha256"].removeprefix("sha:").lower(),
        line=line,
        code=values["code"],
        expected=values["expected"],
        reason=values["reason"],
    )


def _plain(text: str) -> str:
    """A cell without the apostrophe that kept it from being a formula."""
    text = text.strip()
    return text[1:] if text[:1] == "'" else text


def _number(text: str) -> int | None:
    plain = re.sub(r"[,\s']", "", text)
    return int(float(plain)) if re.fullmatch(r"\d{1,9}(?:\.0*)?", plain) else None


def _without_contradictions(lines: Sequence[Mend]) -> tuple[list[Mend], list[Finding]]:
    """Lines that say different things of the same cells change nothing; the same line twice counts once."""
    first: dict[object, Mend] = {}
    against: set[object] = set()
    findings: list[Finding] = []
    for line in lines:
        key = (key_of(line.origin), line.row, line.found if line.row is None else "")
        former = first.setdefault(key, line)
        if (former.decision, former.corrected, former.last) != (line.decision, line.corrected, line.last):
            against.add(key)
            message = Message(
                "Two lines say different things of {file}, {column}, row {row}; neither was applied. Take one of them out.",
                file=line.origin.file,
                column=line.origin.column or "-",
                row="-" if line.row is None else str(line.row),
            )
            findings.append(Finding("mend_unclear", "warning", message, line.line, rows=(line.line.row or 0,)))
    return [line for key, line in first.items() if key not in against], findings
