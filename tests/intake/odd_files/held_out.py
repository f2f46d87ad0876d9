"""Odd files in styles that the reader was not tuned on: 54 of 63 were right at the first look, then star totals were mended."""

from __future__ import annotations

import random

from .sheet import NOTES, OddFile, Paper, cells, columns, join, sheet


def weighbridge(rng: random.Random, name: str) -> OddFile:
    """Tickets of a weighbridge: strokes, a title, two header rows, totals of each kind."""
    paper = Paper("|")
    paper.meta("계량대장|||||", f"출력일시: 2024-03-0{rng.randint(1, 9)} 18:00|||||")
    paper.header("전표번호|차량번호|품명|총중량|공차중량|실중량")
    paper.header("|||kg|kg|kg")
    for index in range(rng.randint(8, 30)):
        gross, empty = rng.randint(20000, 42000), rng.randint(9000, 15000)
        car = f"{rng.randint(10, 99)}가{rng.randint(1000, 9999)}"
        row = [
            f"240301-{index + 1:03}",
            car,
            rng.choice(("고철A", "고철B", "선철", "슬래그")),
            *map(str, (gross, empty, gross - empty)),
        ]
        paper.data("|".join(row), row)
    paper.footer("총계|||1234567|456789|777778")
    return paper.file("weighbridge", name, encoding=rng.choice(("cp949", "utf-8")), end="\r\n")


def furnace_chart(rng: random.Random, name: str) -> OddFile:
    """A furnace's chart as text: comments, blanks between columns, END."""
    of = sheet(rng, key="", ident=None, words=0, rows=rng.randint(15, 60))
    paper = Paper("blanks")
    paper.meta("# FURNACE NO 3", f"# CHARGE {rng.randint(1000, 9999)}", "#")
    paper.header("   ".join(["TIME", *(n.replace(" ", "_") for n in of.names)]))
    for index, row in enumerate(cells(of)):
        out = [f"{index // 60:02}:{index % 60:02}:00", *row]
        paper.data("   ".join(out), out)
    paper.footer("END")
    return paper.file("furnace_chart", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "cp949")), end="\r\n")


def fluorescence(rng: random.Random, name: str) -> OddFile:
    """A fluorescence spectrometer: words quoted, limits of detection, average below a blank line."""
    oxides = ["CaO", "SiO2", "Al2O3", "MgO", "FeO", "MnO"][: rng.randint(4, 6)]
    paper = Paper(",", '"')
    paper.header(join(["Sample", "Measured", *oxides], ",", '"', only="words"))
    paper.header(join(["", "", *["wt%"] * len(oxides)], ",", '"', only="words"))
    for index in range(rng.randint(8, 25)):
        values = [
            rng.choice(("<0.01", f"{abs(rng.gauss(12, 6)):.2f}")) if rng.random() < 0.1 else f"{abs(rng.gauss(12, 6)):.2f}"
            for _ in oxides
        ]
        row = [f'SLAG 4" #{index + 1}', f"2024-03-01 {8 + index // 4:02}:{index % 4 * 15:02}", *values]
        paper.data(join(row, ",", '"', only="words"), row)
    paper.footer("", join(["Average", "", *["11.80"] * len(oxides)], ",", '"', only="words"))
    return paper.file("fluorescence", name, encoding="utf-8", end=rng.choice(("\n", "\r\n")))


def business_list(rng: random.Random, name: str) -> OddFile:
    """A list of a business system: strokes at both ends, rules of hyphens, grouped points, totals with a star."""
    paper = Paper("|", decimal=",")
    rule = "-" * 66
    paper.meta("Bestandsliste      Werk 1000", f"Datum: 0{rng.randint(1, 9)}.03.2024", rule)
    rows = []
    for index in range(rng.randint(10, 35)):
        amount = f"{rng.uniform(100, 90000):,.3f}".translate(str.maketrans(",.", ".,"))
        rows.append(
            [
                f"10{index:04}",
                rng.choice(("Coil warm", "Coil kalt", "Blech", "Draht")),
                f"C{rng.randint(100, 999)}",
                amount,
                "KG",
            ]
        )
    sizes = [8, 12, 8, 14, 4]

    def line(cells: list[str]) -> str:
        return (
            "|"
            + "|".join(
                f" {cell:<{size}}" if index != 3 else f"{cell:>{size}} "
                for index, (cell, size) in enumerate(zip(cells, sizes, strict=True))
            )
            + "|"
        )

    paper.header(line(["Material", "Text", "Charge", "Bestand", "ME"]))
    paper.meta(rule)
    for row in rows:
        paper.data(line(row), row)
    paper.footer(rule, line(["*", "", "", "1.234.567,890", "KG"]), rule)
    return paper.file("business_list", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "utf-8-sig")), end="\r\n")


def vibration(rng: random.Random, name: str) -> OddFile:
    """A vibration analyser: keys and values, then names and bracketed units, scientific numbers."""
    paper = Paper("tab")
    paper.meta("Instrument\tVA-5", f"Machine\tF{rng.randint(1, 7)} work roll", "Window\tHanning", "Lines\t800", "")
    paper.header("Frequency\tAmplitude\tPhase")
    paper.header("(Hz)\t(mm/s)\t(deg)")
    for index in range(rng.randint(15, 70)):
        row = [f"{index * 1.25:.2f}", f"{abs(rng.gauss(0.4, 0.2)):.4e}", f"{rng.uniform(-180, 180):.1f}"]
        paper.data("\t".join(row), row)
    return paper.file("vibration", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "utf-16")), end="\r\n")


def power_meter(rng: random.Random, name: str) -> OddFile:
    """A power meter's day sheet: grouped thousands in quotes, title, sum, and a remark in brackets below."""
    paper = Paper(",", '"')
    paper.meta("전력사용량 조회", f"고객번호 : 01-{rng.randint(1000, 9999)}-{rng.randint(1000, 9999)}", "")
    paper.header("일시,유효전력(kWh),무효전력(kVarh),최대수요(kW),역률(%)")
    for index in range(rng.randint(12, 48)):
        row = [
            f"2024-03-{1 + index // 24:02} {index % 24:02}:00",
            f"{rng.randint(1000, 9000):,}",
            f"{rng.uniform(1000, 3000):,.1f}",
            f"{rng.randint(1000, 6000):,}",
            f"{rng.uniform(85, 99):.1f}",
        ]
        paper.data(join(row, ",", '"'), row)
    paper.footer('총합계,"123,456","45,678.9",,', "(단위: kWh)")
    return paper.file("power_meter", name, encoding=rng.choice(("cp949", "utf-8-sig")), end="\r\n")


def furnace_lining(rng: random.Random, name: str) -> OddFile:
    """A foreman's list in fixed columns, Korean words, gaps, a closing line."""
    of = sheet(rng, key="일시", ident="히트번호", words=2, missing=0.08, measures=3, rows=rng.randint(15, 40))
    rows = cells(of, date="%m/%d %H:%M")
    lines = columns([of.names, *rows], gap=3)
    paper = Paper("blanks")
    paper.meta("*** 래들 내화물 점검표 ***", "")
    paper.header(lines[0])
    paper.meta("=" * max(map(len, lines)))
    for line, row in zip(lines[1:], rows, strict=True):
        paper.data(line, row)
    paper.footer("=" * max(map(len, lines)), f"확인: {rng.choice(NOTES)}")
    return paper.file("furnace_lining", f"{name[:-4]}.txt", encoding=rng.choice(("utf-8", "cp949")), end="\r\n")


STYLES = (weighbridge, furnace_chart, fluorescence, business_list, vibration, power_meter, furnace_lining)
