"""Odd files that machines and laboratories write; each function writes one style."""

from __future__ import annotations

import random

from .sheet import NAMES, OddFile, Paper, cells, columns, join, sheet

KOREAN = ("utf-8", "utf-8-sig", "cp949", "cp949")
ENDS = ("\n", "\r\n", "\r\n")


def plc_logger(rng: random.Random, name: str) -> OddFile:
    """A data logger of a controller: date and time apart, a delimiter too many at each line's end."""
    of, mark = sheet(rng, words=0, ident=None), rng.choice(",;\t")
    decimal = rng.choice(".,") if mark != "," else "."
    paper = Paper({"\t": "tab"}.get(mark, mark), decimal=decimal)
    date = rng.choice(("%Y/%m/%d", "%Y-%m-%d", "%d.%m.%Y"))
    tail = rng.choice(("", mark))
    paper.header(mark.join(["DATE", "TIME", *(f"{n}({u})" for n, u in zip(of.names[1:], of.units[1:], strict=True))]) + tail)
    for values, row in zip(of.rows, cells(of, decimal=decimal), strict=True):
        out = [values[0].strftime(date), values[0].strftime("%H:%M:%S"), *row[1:]]
        paper.data(mark.join(out) + tail, out)
    return paper.file("plc_logger", name, encoding=rng.choice(KOREAN), end=rng.choice((*ENDS, "\r")))


def trend_recorder(rng: random.Random, name: str) -> OddFile:
    """A paperless recorder: what it is, when it began, then channel, tag and unit rows."""
    of = sheet(rng, key="", ident=None, words=0, measures=rng.randint(4, 8))
    paper = Paper(",")
    paper.meta(
        "Model,DX-2000", f"Serial No.,S5{rng.randint(100000, 999999)}", "Start Time,2024/03/01 00:00:00", "Sampling,1s", ""
    )
    count = len(of.columns)
    paper.header(join(["Date", "Time", *(f"CH{i + 1:03}" for i in range(count))], ","))
    paper.header(join(["", "", *of.names], ","))
    paper.header(join(["", "", *of.units], ","))
    for index, row in enumerate(cells(of)):
        out = [f"2024/03/{1 + index // 86400:02}", f"00:{index // 60 % 60:02}:{index % 60:02}", *row]
        paper.data(join(out, ","), out)
    return paper.file("trend_recorder", name, encoding=rng.choice(KOREAN), end="\r\n")


def panel_archive(rng: random.Random, name: str) -> OddFile:
    """An operator panel's archive: all cells quoted, decimal comma, a mark of its own at the end."""
    paper = Paper(";", '"', decimal=",")
    paper.header(join(["VarName", "TimeString", "VarValue", "Validity", "Time_ms"], ";", '"', only="all"))
    for index in range(rng.randint(10, 60)):
        value = f"{rng.gauss(400, 20):.{rng.choice((1, 3))}f}".replace(".", ",")
        row = [
            f"DB10.TEMP_{1 + index % 3}",
            f"01.03.2024 08:{index // 60:02}:{index % 60:02}",
            value,
            "1",
            f"{45352333333.0 + index:.4f}".replace(".", ","),
        ]
        paper.data(join(row, ";", '"', only="all"), row)
    if rng.random() < 0.6:
        paper.footer(
            join(["$RT_OFF$", "01.03.2024 09:00:00", "0", "2", f"{45352375000.25:.4f}".replace(".", ",")], ";", '"', only="all")
        )
    return paper.file("panel_archive", name, encoding=rng.choice(("utf-8", "utf-16", "utf-8-sig")), end="\r\n")


def display_log(rng: random.Random, name: str) -> OddFile:
    """A touch panel's log: section marks and settings above the table."""
    of = sheet(rng, words=0, ident=None)
    paper = Paper(",")
    paper.meta("[LOGGING]", "GT27_1,2,3,4", f"FileNo,{rng.randint(1, 9)}")
    paper.header(join(of.names, ","))
    if rng.random() < 0.5:
        paper.header(join(["", *of.units[1:]], ","))
    for row in cells(of, date="%Y/%m/%d %H:%M:%S"):
        paper.data(join(row, ","), row)
    return paper.file("display_log", name, encoding=rng.choice(KOREAN), end="\r\n")


def mes_report(rng: random.Random, name: str) -> OddFile:
    """A report of the production system: title, filters, table, total, count, who prepared it."""
    of = sheet(rng, words=2, missing=0.03)
    mark = rng.choice((",", "\t", ",", "|"))
    paper = Paper({"\t": "tab"}.get(mark, mark), '"' if mark == "," else "")
    paper.meta("생산실적 현황", f"조회기간: 2024-03-01 ~ 2024-03-{rng.randint(2, 31):02}", "공장: 제1공장 / 라인: CGL", "")
    paper.header(
        join([f"{n}({u})" if u else n for n, u in zip(of.names, of.units, strict=True)], mark, paper.quote, only="all")
    )
    for row in cells(of, date="%Y-%m-%d %H:%M"):
        paper.data(join(row, mark, paper.quote, only="words"), row)
    sums = ["합계", *[""] * (len(of.columns) - 1)]
    sums[2] = f"{rng.uniform(1e3, 1e5):.1f}"
    paper.footer(join(sums, mark, paper.quote))
    for line in rng.sample(
        ["", f"총 {len(of.rows)}건", f"작성자: {rng.choice(NAMES)[:3]}", "승인:", "- 이하 여백 -"], rng.randint(0, 3)
    ):
        paper.footer(line)
    return paper.file("mes_report", name, encoding=rng.choice(("utf-8", "utf-8-sig", "utf-16")), end=rng.choice(ENDS))


def dump_rare_marks(rng: random.Random, name: str) -> OddFile:
    """A host dump with a delimiter that nobody types."""
    of, mark = sheet(rng, words=2), rng.choice("^~|¦"[:3])
    paper = Paper(mark)
    if rng.random() < 0.7:
        paper.header(join(of.names, mark))
    else:
        of = sheet(rng, words=1)
    for row in cells(of, date="%Y%m%d%H%M%S"):
        paper.data(join(row, mark), row)
    if rng.random() < 0.4:
        paper.footer("EOF")
    return paper.file("dump_rare_marks", name, encoding=rng.choice(KOREAN), end=rng.choice(ENDS))


def spectrometer(rng: random.Random, name: str) -> OddFile:
    """An emission spectrometer: fixed columns, then mean and deviation."""
    elements = ["C", "Si", "Mn", "P", "S", "Cr", "Ni", "Mo", "Cu"][: rng.randint(5, 9)]
    rows = [[f"H{2400 + i}", *(f"{abs(rng.gauss(0.3, 0.1)):.4f}" for _ in elements)] for i in range(rng.randint(6, 20))]
    tails = [[label, *(f"{abs(rng.gauss(0.3, 0.1)):.4f}" for _ in elements)] for label in ("Mean", "Std")]
    lines = columns([["Sample", *elements], *rows, *tails], gap=rng.choice((2, 3)))
    paper = Paper("blanks")
    paper.meta("Method: Fe-10   Date: 2024-03-01", "Operator: QC2", "")
    paper.header(lines[0])
    for line, row in zip(lines[1:], rows, strict=False):
        paper.data(line, row)
    paper.footer(*lines[-2:])
    return paper.file("spectrometer", f"{name[:-4]}.txt", encoding="utf-8", end="\r\n")


def tensile_tester(rng: random.Random, name: str) -> OddFile:
    """A testing machine: key and value lines, header, units, specimens, statistics."""
    decimal, mark = rng.choice(((",", ";"), (".", ","), (",", "\t"), (".", "\t")))
    paper = Paper({"\t": "tab"}.get(mark, mark), decimal=decimal)
    paper.meta(
        f"Test standard{mark}KS B 0802", f"Operator{mark}{rng.choice(NAMES[:4])}", f"Date{mark}2024-03-0{rng.randint(1, 9)}", ""
    )
    paper.header(mark.join(["No", "시편", "두께", "폭", "YP", "TS", "EL"]))
    paper.header(mark.join(["", "", "mm", "mm", "N/mm2", "N/mm2", "%"]))

    def line(first: str, second: str) -> list[str]:
        values = (rng.gauss(2, 0.05), rng.gauss(12.5, 0.02), rng.gauss(320, 9), rng.gauss(440, 8), rng.gauss(34, 2))
        return [
            first,
            second,
            *(f"{value:.{d}f}".replace(".", decimal) for value, d in zip(values, (3, 2, 1, 1, 1), strict=True)),
        ]

    for index in range(rng.randint(5, 30)):
        row = line(str(index + 1), f"T{rng.randint(100, 999)}-{index}")
        paper.data(mark.join(row), row)
    for label in rng.choice((("평균", "표준편차"), ("Mean", "S.D."), ("평균", "최대", "최소"), ("x̄", "s")[:0])):
        paper.footer(mark.join(line(label, "")))
    return paper.file("tensile_tester", name, encoding=rng.choice(("utf-8", "utf-8-sig", "cp949")), end="\r\n")


def fast_signals(rng: random.Random, name: str) -> OddFile:
    """A text export of fast signals: tabs, names, units, scientific numbers."""
    of = sheet(rng, key="", ident=None, words=0, rows=rng.randint(20, 80))
    decimal = rng.choice(".,")
    paper = Paper("tab", decimal=decimal)
    paper.header("\t".join(["Time", *(f"[{i}:{j}] {n}" for (j, n), i in zip(enumerate(of.names), [1] * 9, strict=False))]))
    paper.header("\t".join(["sec", *of.units]))
    for index, row in enumerate(of.rows):
        out = [f"{index * 0.01:.3f}", *(f"{value:.6E}" for value in row)]
        out = [cell.replace(".", decimal) for cell in out]
        paper.data("\t".join(out), out)
    return paper.file("fast_signals", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "cp949")), end="\r\n")


def lims(rng: random.Random, name: str) -> OddFile:
    """A laboratory system: everything quoted, remarks with quotes, commas and line ends inside."""
    of, mark = sheet(rng, words=1, missing=0.05), rng.choice(",;,")
    decimal = rng.choice(".,") if mark == ";" else "."
    paper = Paper(mark, '"', decimal=decimal)
    paper.header(join([*of.names, "소견"], mark, '"', only="all"))
    for row in cells(of, decimal=decimal):
        remark = rng.choice(
            ["", "이상 없음", 'O/D 3" 배관, 재시험', "1차: 불합격\n2차: 합격", "표면, 에지 확인", 'EDGE "B" 측']
        )
        out = [*row, remark]
        paper.data(join(out, mark, '"', only=rng.choice(("all", "words"))), out)
    return paper.file("lims", name, encoding=rng.choice(KOREAN), end=rng.choice(ENDS))
