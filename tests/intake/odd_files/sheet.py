"""What is an odd file, and what is its truth? A sheet of made values, and a text written line by line beside its truth."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ROW_SEPARATORS = ("\n", "\r\n", "\r\n", "\r")
NAMES = ("홍길동", "김철수", "이영희", "박정비", "Müller", "Ivanov")
GRADES = ("SPHC", "SPCC", "STS304", "STS430", "SM490A", "S45C", "SCM440", "A5052")
NOTES = ("정상", "표면 스크래치", "재검사", "보류", "에지 크랙", "양호", "롤 마크", "OK", "NG")
MEASURES = (
    ("온도", "℃", 780, 40, 1), ("입측온도", "℃", 1150, 30, 1), ("두께", "mm", 3.2, 0.4, 3), ("속도", "mpm", 120, 15, 1),
    ("하중", "tonf", 850, 90, 1), ("압력", "MPa", 12.4, 1.1, 2), ("전류", "A", 410, 35, 1), ("유량", "ℓ/min", 55, 6, 2),
    ("TEMP_ZN1", "degC", 905, 22, 1), ("SPEED", "m/min", 88, 9, 2), ("FORCE", "kN", 7400, 600, 0), ("THK", "mm", 2.1, 0.1, 3),
    ("장력", "kgf", 1450, 120, 0), ("산농도", "g/L", 145, 12, 1), ("C", "wt%", 0.18, 0.02, 4), ("Mn", "wt%", 1.12, 0.1, 3),
    ("전력량", "kWh", 5300, 420, 1), ("VIB", "mm/s", 2.4, 0.7, 3), ("중량", "kg", 13200, 800, 0), ("폭", "mm", 1219, 3, 1),
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What a reader should understand of a file."""

    encoding: str
    delimiter: str
    """One character, ``tab``, or ``blanks`` for runs of blanks and fixed columns."""
    quote: str
    """The sign around quoted cells; empty when no cell is quoted."""
    header_rows: int
    """Rows of names and units; rules under them do not count."""
    first_line: int
    """Line of the first data row, from 1."""
    footer_rows: int
    """Lines with text below the last data row."""
    decimal: str
    cells: tuple[tuple[str, ...], ...]
    """Data rows as they should come out: no quotes, no blanks at their ends."""
    table: int = 0
    """Which table of the file is meant, where several stand under one another."""


@dataclass(frozen=True)
class OddFile:
    """A file and its truth."""

    style: str
    name: str
    content: bytes
    truth: Truth


@dataclass(frozen=True)
class Sheet:
    """Made values as numbers, times and words; ``columns`` holds (name, unit, decimals or None for words)."""

    columns: tuple[tuple[str, str, int | None], ...]
    rows: tuple[tuple[object, ...], ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [name for name, _, _ in self.columns]

    @property
    def units(self) -> list[str]:
        """Units of the columns, empty for words."""
        return [unit for _, unit, _ in self.columns]


def sheet(
    rng: random.Random,
    *,
    key: str = "시각",
    ident: str | None = "LOT NO",
    words: int = 1,
    measures: int = 0,
    rows: int = 0,
    missing: float = 0.0,
) -> Sheet:
    """A table with a time, an identity, some measures and some words."""
    picked = rng.sample(MEASURES, measures or rng.randint(3, 6))
    columns: list[tuple[str, str, int | None]] = [(key, "", None)] if key else []
    columns += [(ident, "", None)] if ident else []
    columns += [(name, unit, decimals) for name, unit, _, _, decimals in picked]
    columns += [(("강종", "판정", "비고")[index % 3], "", None) for index in range(words)]
    when = datetime(2024, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59))
    step = timedelta(seconds=rng.choice((1, 10, 60, 600, 3600)))
    made = []
    first = rng.randint(10000, 80000)
    for index in range(rows or rng.randint(8, 60)):
        row: list[object] = [when + step * index] if key else []
        row += [f"{chr(65 + first % 26)}{first + index}"] if ident else []
        row += [None if rng.random() < missing else rng.gauss(mean, spread) for _, _, mean, spread, _ in picked]
        row += [rng.choice(GRADES if word % 3 == 0 else NOTES) for word in range(words)]
        made.append(tuple(row))
    return Sheet(tuple(columns), tuple(made))


def written(
    value: object, decimals: int | None, *, decimal: str = ".", group: str = "", date: str = "%Y-%m-%d %H:%M:%S"
) -> str:
    """A value as a tool writes it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime(date)
    if isinstance(value, float):
        text = f"{value:,.{decimals or 0}f}"
        return text.replace(",", "\0").replace(".", decimal).replace("\0", group)
    return str(value)


def cells(of: Sheet, **how: str) -> list[list[str]]:
    """The whole sheet as texts."""
    return [[written(value, column[2], **how) for value, column in zip(row, of.columns, strict=True)] for row in of.rows]


@dataclass
class Paper:
    """A text that grows line by line, beside what is true of it."""

    delimiter: str
    quote: str = ""
    decimal: str = "."
    lines: list[str] = field(default_factory=list)
    header_rows: int = 0
    first: int = 0
    footers: int = 0
    kept: list[tuple[str, ...]] = field(default_factory=list)

    def meta(self, *lines: str) -> None:
        """Lines above the header, rules, blank lines, and pages between the data."""
        self.lines += lines

    def header(self, *lines: str) -> None:
        """Rows of names or units."""
        self.lines += lines
        self.header_rows += len(lines)

    def data(self, line: str, row: list[str]) -> None:
        """One data row; the line may hold line ends inside quotes."""
        self.first = self.first or sum(one.count("\n") + 1 for one in self.lines) + 1
        self.lines.append(line)
        self.kept.append(tuple(" ".join(cell.split("\n")) if not self.quote else cell for cell in row))

    def footer(self, *lines: str) -> None:
        """Lines below the last data row."""
        self.lines += lines
        self.footers += sum(bool(line.strip()) for line in lines)

    def file(self, style: str, name: str, *, encoding: str = "utf-8", end: str = "\n", last: bool = True) -> OddFile:
        """The finished file."""
        text = "\n".join(self.lines) + ("\n" if last else "")
        text = text.replace("\n", end)
        told = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
        decimal = self.decimal if any(self.decimal in cell for row in self.kept for cell in row) else "."
        truth = Truth(
            "ascii" if told in ("utf-8", "cp949") and text.isascii() and encoding != "utf-8-sig" else told,
            self.delimiter, self.quote, self.header_rows, self.first, self.footers, decimal, tuple(self.kept),
        )  # fmt: skip
        return OddFile(style, name, text.encode(encoding), truth)


def join(row: list[str], delimiter: str, quote: str = "", *, only: str = "needed", escape: str = "double") -> str:
    """A line of cells; ``only``: all, words or needed cells are quoted."""
    out = []
    for cell in row:
        needed = any(sign in cell for sign in (delimiter, quote or "\0", "\n"))
        number = cell.replace(".", "", 1).replace(",", "", 1).lstrip("-").isdigit()
        if quote and (only == "all" or needed or (only == "words" and cell and not number)):
            out.append(quote + cell.replace(quote, quote * 2 if escape == "double" else f"\\{quote}") + quote)
        else:
            out.append(cell)
    return delimiter.join(out)


def columns(rows: list[list[str]], *, gap: int = 2, right: bool = False) -> list[str]:
    """Rows in fixed columns."""
    sizes = [max(wide(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = []
    for row in rows:
        padded = []
        for cell, size in zip(row, sizes, strict=True):
            blanks = " " * (size - wide(cell))
            number = cell.replace(".", "", 1).replace(",", "").lstrip("-").isdigit()
            padded.append(blanks + cell if right and number else cell + blanks)
        lines.append((" " * gap).join(padded).rstrip())
    return lines


def wide(text: str) -> int:
    """Characters of a text; tools count characters, not their width on screen."""
    return len(text)
