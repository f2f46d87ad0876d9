"""Odd files in styles written when all else was done, and judged once as they came: an honest figure for what comes next."""

from __future__ import annotations

import random

from .sheet import NAMES, OddFile, Paper, cells, join, sheet


def coil_shipping(rng: random.Random, name: str) -> OddFile:
    """A shipping list for a customer: semicolons, words quoted, subtotal within, bank and signature below."""
    of = sheet(rng, key="출하일", ident="코일번호", words=1, measures=3)
    paper = Paper(";", '"')
    paper.meta('"출하 명세서";;;;;', f'"수신";"{rng.choice(NAMES[:4])}";;;;')
    paper.header(join(of.names, ";", '"', only="all"))
    for row in cells(of, date="%Y.%m.%d"):
        paper.data(join(row, ";", '"', only="words"), row)
    paper.footer('"총 계";"";1;2;3;""', '"담당자 : 이영희";;;;;')
    return paper.file("coil_shipping", name, encoding=rng.choice(("cp949", "utf-8-sig")), end="\r\n")


def roll_grinder(rng: random.Random, name: str) -> OddFile:
    """A roll grinder: settings as key = value, then points by tabs with decimal commas."""
    paper = Paper("tab", decimal=",")
    paper.meta(f"Roll = WR{rng.randint(100, 999)}", "Grinder = 2", "Crown = 0,050 mm", "")
    paper.header("Pos\tDia\tTaper\tRound")
    paper.header("[mm]\t[mm]\t[µm]\t[µm]")
    for index in range(rng.randint(10, 50)):
        values = (index * 50.0, rng.gauss(612, 0.05), rng.gauss(3, 1), abs(rng.gauss(2, 0.4)))
        row = [f"{value:.{d}f}".replace(".", ",") for value, d in zip(values, (1, 3, 2, 2), strict=True)]
        paper.data("\t".join(row), row)
    paper.footer("*** END OF REPORT ***")
    return paper.file("roll_grinder", name, encoding=rng.choice(("utf-8", "utf-16")), end="\r\n")


def alarm_list(rng: random.Random, name: str) -> OddFile:
    """An alarm history: commas, all quoted, times with milliseconds, words with commas, no units."""
    paper = Paper(",", '"')
    paper.header(join(["No", "Time", "Tag", "Level", "Message", "Ack"], ",", '"', only="all"))
    for index in range(rng.randint(12, 60)):
        message = rng.choice(("유압 저하, 펌프 확인", "비상정지", "온도 상한(HH)", "통신 이상, 재시도", "EDGE WAVE"))
        row = [
            str(index + 1),
            f"2024/03/01 {index // 60:02}:{index % 60:02}:00.{rng.randint(0, 999):03}",
            f"PL1.AL{rng.randint(1, 99)}",
        ]
        row += [rng.choice(("경고", "중고장", "경고장")), message, rng.choice(("", "확인"))]
        paper.data(join(row, ",", '"', only="all"), row)
    return paper.file("alarm_list", name, encoding=rng.choice(("cp949", "utf-8", "utf-8-sig")), end="\r\n")


def cupola_log(rng: random.Random, name: str) -> OddFile:
    """A foundry's log by pipes with blanks, comments with an exclamation mark, averages below."""
    of = sheet(rng, ident=None, words=0, measures=4)
    paper = Paper("|")
    paper.meta("! cupola 1", "! shift B")
    paper.header(" | ".join(of.names))
    paper.header(" | ".join(["-", *of.units[1:]]))
    for row in cells(of, date="%H:%M:%S"):
        paper.data(" | ".join(row), row)
    paper.footer(" | ".join(["AVG", "1.0", "2.0", "3.0", "4.0"]))
    return paper.file("cupola_log", f"{name[:-4]}.log", encoding=rng.choice(("cp949", "utf-8")), end=rng.choice(("\n", "\r\n")))


def french_export(rng: random.Random, name: str) -> OddFile:
    """A French spreadsheet: semicolons, decimal commas, a quoted header, empty lines at the end."""
    of = sheet(rng, key="Date", ident="Coulée", words=1, measures=4)
    paper = Paper(";", '"', decimal=",")
    names = ["Date", "Coulée", "Température (°C)", "Épaisseur (mm)", "Débit (l/min)", "Énergie (kWh)", "Nuance"]
    paper.header(join(names, ";", '"', only="all"))
    for row in cells(of, decimal=",", date="%d/%m/%Y %H:%M"):
        paper.data(join(row, ";"), row)
    paper.footer("", "", ";;;;;;"[:0])
    return paper.file("french_export", name, encoding=rng.choice(("utf-8", "utf-8-sig", "utf-16")), end="\r\n")


STYLES = (coil_shipping, roll_grinder, alarm_list, cupola_log, french_export)
