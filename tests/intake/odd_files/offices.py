"""Odd files that spreadsheets, databases and systems of the office write; each function writes one style."""

from __future__ import annotations

import random

from .sheet import NAMES, NOTES, OddFile, Paper, cells, columns, join, sheet

KOREAN = ("utf-8", "utf-8-sig", "cp949", "cp949")
ENDS = ("\n", "\r\n", "\r\n")


def excel_korea(rng: random.Random, name: str) -> OddFile:
    """A workbook saved as CSV in Korea: thousands in quotes, title with commas behind it, empty columns."""
    of = sheet(rng, words=1, measures=5)
    names = [*of.names[:-1], "생산량(kg)", of.names[-1]]
    paper = Paper(",", '"')
    if rng.random() < 0.6:
        paper.meta("일일 작업일보" + "," * (len(names) - 1), "," * (len(names) - 1))
    paper.header(join(names, ",", '"'))
    for row in cells(of, date="%Y-%m-%d %H:%M"):
        out = [*row[:-1], f"{rng.randint(1000, 99999):,}", row[-1]]
        paper.data(join(out, ",", '"'), out)
    if rng.random() < 0.5:
        paper.footer(join(["계", *[""] * (len(names) - 3), "1,234,567", ""], ",", '"'))
    return paper.file("excel_korea", name, encoding=rng.choice(("cp949", "cp949", "utf-8-sig")), end="\r\n")


def excel_germany(rng: random.Random, name: str) -> OddFile:
    """A workbook saved as CSV in Germany: semicolons, points group thousands."""
    of = sheet(rng, key="Datum", ident="Charge", words=1)
    paper = Paper(";", decimal=",")
    if rng.random() < 0.3:
        paper.meta("sep=;")
    paper.header(
        join(
            ["Datum", "Charge", *("Temperatur", "Dicke", "Kraft", "Länge", "Menge", "Leistung")[: len(of.columns) - 3], "Güte"],
            ";",
        )
    )
    for row in cells(of, decimal=",", group=rng.choice(("", ".")), date="%d.%m.%Y %H:%M"):
        paper.data(join(row, ";"), row)
    if rng.random() < 0.3:
        paper.footer(join(["Summe", *[""] * (len(of.columns) - 2), "12"], ";"))
    return paper.file("excel_germany", name, encoding=rng.choice(("utf-8", "utf-8-sig")), end="\r\n")


def excel_russia(rng: random.Random, name: str) -> OddFile:
    """A workbook saved as CSV in Russia: semicolons, decimal comma, blanks group thousands."""
    of = sheet(rng, key="Дата", ident="Плавка", words=1)
    names = [
        "Дата",
        "Плавка",
        *("Температура", "Толщина", "Скорость", "Усилие", "Масса", "Ток")[: len(of.columns) - 3],
        "Марка",
    ]
    paper = Paper(";", decimal=",")
    paper.header(join(names, ";"))
    for row in cells(of, decimal=",", group=rng.choice(("", " ")), date="%d.%m.%Y %H:%M"):
        paper.data(join(row, ";"), row)
    if rng.random() < 0.4:
        paper.footer(join(["Итого", *[""] * (len(names) - 2), "12"], ";"))
    return paper.file("excel_russia", name, encoding=rng.choice(("utf-8", "utf-8-sig", "utf-16")), end="\r\n")


def sql_shell(rng: random.Random, name: str) -> OddFile:
    """What a database shell prints: rules under the header, fixed columns, a count."""
    of = sheet(rng, words=1, missing=rng.choice((0.0, 0.1)))
    rows = cells(of, date="%Y-%m-%d %H:%M:%S")
    lines = columns([of.names, *rows], gap=1, right=True)
    sizes = [max(len(row[i]) for row in [of.names, *rows]) for i in range(len(of.names))]
    paper = Paper("blanks")
    paper.meta(*rng.choice(([], [""], ["SQL> select * from heat_log;", ""])))
    rule = " ".join("-" * size for size in sizes)
    paper.header(lines[0])
    paper.meta(rule)
    page = rng.choice((0, 20))
    for index, (line, row) in enumerate(zip(lines[1:], rows, strict=True)):
        if page and index and index % page == 0:
            paper.meta("", lines[0], rule)
        paper.data(line, row)
    paper.footer("", f"{len(rows)} rows selected.")
    return paper.file("sql_shell", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "cp949")), end=rng.choice(ENDS))


def psql_shell(rng: random.Random, name: str) -> OddFile:
    """Another database shell: strokes between columns, plus signs in the rule, a count in brackets."""
    of = sheet(rng, words=1, missing=0.05)
    rows = cells(of)
    sizes = [max(len(row[i]) for row in [of.names, *rows]) for i in range(len(of.names))]
    paper = Paper("|")
    paper.header(" " + " | ".join(cell.center(size) for cell, size in zip(of.names, sizes, strict=True)))
    paper.meta("+".join("-" * (size + 2) for size in sizes))
    for row in rows:
        paper.data(" " + " | ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)), row)
    paper.footer(f"({len(rows)} rows)")
    return paper.file("psql_shell", f"{name[:-4]}.txt", encoding="utf-8")


def framed(rng: random.Random, name: str) -> OddFile:
    """A table in a frame, or as in a wiki page: strokes at both ends of each line."""
    of = sheet(rng, words=1)
    rows = cells(of)
    sizes = [max(len(row[i]) for row in [of.names, *rows]) for i in range(len(of.names))]
    paper, box = Paper("|"), rng.random() < 0.5

    def line(row: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)) + " |"

    rule = ("+" if box else "|") + ("+" if box else "|").join("-" * (size + 2) for size in sizes) + ("+" if box else "|")
    paper.meta(*([rule] if box else []))
    paper.header(line(of.names))
    paper.meta(rule)
    for row in rows:
        paper.data(line(row), row)
    paper.footer(*([rule, f"{len(rows)} rows in set (0.01 sec)"] if box else []))
    return paper.file("framed", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "cp949")))


def commented(rng: random.Random, name: str) -> OddFile:
    """Comment lines above, sometimes the header is one of them."""
    of, mark = sheet(rng, words=rng.randint(0, 1), ident=None), rng.choice((",", "\t", ";"))
    paper = Paper({"\t": "tab"}.get(mark, mark))
    paper.meta("# exported by line server", f"# plant: 2, line: {rng.randint(1, 4)}", "# zone: Asia/Seoul")
    paper.header(rng.choice(("", "", "# ")) + mark.join(of.names))
    for row in cells(of, date="%Y-%m-%dT%H:%M:%S"):
        paper.data(mark.join(row), row)
    if rng.random() < 0.4:
        paper.footer("# end of file")
    return paper.file("commented", name, encoding=rng.choice(("utf-8", "cp949")), end=rng.choice(ENDS))


def headerless(rng: random.Random, name: str) -> OddFile:
    """Values only."""
    of, (mark, decimal) = sheet(rng, words=0), rng.choice(((",", "."), (";", ","), ("\t", ","), (";", ".")))
    paper = Paper({"\t": "tab"}.get(mark, mark), decimal=decimal)
    tail = rng.choice(("", mark))
    for row in cells(of, decimal=decimal):
        paper.data(mark.join(row) + tail, row)
    return paper.file("headerless", name, end=rng.choice((*ENDS, "\r")), last=rng.random() < 0.7)


def stacked_headers(rng: random.Random, name: str) -> OddFile:
    """Groups over names, units below."""
    of, mark = sheet(rng, words=0, measures=6), rng.choice((",", "\t", ";"))
    paper = Paper({"\t": "tab"}.get(mark, mark))
    if rng.random() < 0.5:
        paper.meta("조업 데이터")
    paper.header(mark.join(["", "", "입측", "", "", "출측", "", ""]))
    paper.header(mark.join(of.names))
    paper.header(mark.join(["", "", *(f"({unit})" for unit in of.units[2:])]))
    for row in cells(of):
        paper.data(mark.join(row), row)
    return paper.file("stacked_headers", name, encoding=rng.choice(KOREAN), end=rng.choice(ENDS))


def paged(rng: random.Random, name: str) -> OddFile:
    """A printed list: the header again on each page, page numbers, form feeds."""
    of, mark = sheet(rng, words=1, rows=rng.randint(45, 90)), rng.choice((",", "\t"))
    paper = Paper({"\t": "tab"}.get(mark, mark))
    header = mark.join(of.names)
    paper.meta("품질 실적표")
    paper.header(header)
    for index, row in enumerate(cells(of)):
        if index and index % 30 == 0:
            paper.meta(f"- {index // 30} -", "\x0c품질 실적표", header)
        paper.data(mark.join(row), row)
    paper.footer(f"- {len(of.rows) // 30 + 1} -")
    return paper.file("paged", name, encoding=rng.choice(("utf-8", "cp949")), end="\r\n")


def single_quotes(rng: random.Random, name: str) -> OddFile:
    """Single quotes around words, as some loggers write for a database."""
    of, mark = sheet(rng, words=2), rng.choice((",", ";"))
    paper = Paper(mark, "'")
    paper.header(join(of.names, mark, "'", only="all"))
    for row in cells(of):
        row[-1] = rng.choice((f"{row[-1]}{mark} 확인", row[-1], row[-1]))
        paper.data(join(row, mark, "'", only="words"), row)
    return paper.file("single_quotes", name, encoding=rng.choice(KOREAN), end=rng.choice(ENDS))


def comma_dates(rng: random.Random, name: str) -> OddFile:
    """Dates that hold a comma."""
    of, mark = sheet(rng, words=1), rng.choice((",", "\t", ";"))
    paper = Paper({"\t": "tab"}.get(mark, mark), '"' if mark == "," else "")
    paper.header(join(of.names, mark, paper.quote))
    for row in cells(of, date="%b %d, %Y %H:%M:%S"):
        paper.data(join(row, mark, paper.quote), row)
    return paper.file("comma_dates", name, encoding=rng.choice(("utf-8", "cp949")), end=rng.choice(ENDS))


def escaped_quotes(rng: random.Random, name: str) -> OddFile:
    """Quotes inside quotes behind a backslash."""
    of = sheet(rng, words=1)
    paper = Paper(",", '"')
    paper.header(join([*of.names, "remark"], ",", '"', only="all"))
    for row in cells(of):
        out = [*row, rng.choice((f'지름 3" 관, {rng.choice(NOTES)}', 'LINE "A"', "-", "정상"))]
        paper.data(join(out, ",", '"', only="words", escape="backslash"), out)
    return paper.file("escaped_quotes", name, encoding=rng.choice(("utf-8", "utf-8-sig")))


def signed_sheet(rng: random.Random, name: str) -> OddFile:
    """A check sheet with who made it, checked it and approved it below."""
    of = sheet(rng, words=2, ident="코일번호")
    paper = Paper(",")
    paper.meta("자주검사 체크시트", "설비명: PKL-2", "")
    paper.header(join(of.names, ","))
    for row in cells(of, date="%y.%m.%d %H:%M"):
        paper.data(join(row, ","), row)
    paper.footer("", f"작성: {NAMES[0]}", "검토: 김반장", "※ 특이사항 없음")
    return paper.file("signed_sheet", name, encoding="cp949", end="\r\n")


def aligned(rng: random.Random, name: str) -> OddFile:
    """Fixed columns with gaps where nothing was measured."""
    of = sheet(rng, words=1, missing=0.12, rows=rng.randint(20, 50))
    rows = cells(of, date="%Y-%m-%d %H:%M:%S")
    lines = columns([of.names, *rows], gap=rng.choice((2, 3, 4)), right=rng.random() < 0.6)
    paper = Paper("blanks")
    paper.header(lines[0])
    for line, row in zip(lines[1:], rows, strict=True):
        paper.data(line, row)
    return paper.file("aligned", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "cp949")), end=rng.choice(ENDS))


def one_blank(rng: random.Random, name: str) -> OddFile:
    """One blank between numbers, nothing else."""
    of = sheet(rng, key="", ident=None, words=0)
    paper = Paper("blanks")
    if rng.random() < 0.6:
        paper.header(" ".join(["NO", *of.names]))
    for index, row in enumerate(cells(of)):
        paper.data(" ".join([str(index + 1), *row]), [str(index + 1), *row])
    return paper.file("one_blank", f"{name[:-4]}.dat", encoding=rng.choice(("utf-8", "cp949")), end=rng.choice(ENDS))
