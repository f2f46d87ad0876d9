"""What do people and the MES write down about the lots? Production results, bath analyses, inspection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.works import files
from tundish.works.pickling.lots import Run
from tundish.works.pickling.plant import ACID_OF_BATH, IRON_OF_BATH, drivers
from tundish.works.pickling.trend import DOSE, KELVIN, Exported
from tundish.works.sensors import Floats
from tundish.works.truth import Place

ACID_DENSITY = 10.6
"""[kg/m^3 per mass-%] free acid of a bath of density 1060 kg/m^3; unsourced, a property of this generated line."""
GOOD, UNDER, OVER = "양품", "미산세", "과산세"
_CREWS, _SHIFTS, _GRADES = ("1조", "2조", "3조"), ("주간", "오후", "야간"), ("SPHC", "SAPH440")
_CUSTOMERS = ("동해강관", "영일프레스", "형산철강", "오천스틸", "흥해산업")
_INSPECTORS = ("김도현", "박서준", "이하은", "정민석")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How each lot turned out."""

    text: npt.NDArray[np.str_]
    under: Floats
    """Log-odds of under-pickling plus the chance of the day; above 0: under-pickled."""
    over: Floats


def judge(run: Run) -> Verdicts:
    """Draw the verdicts: the part that the settings explain plus logistic chance that nothing explains."""
    rng = np.random.default_rng([run.plant.seed, 70 + run.stretch])
    drive = drivers(run.plant, run.settings)
    count = run.lots.start.size
    under = run.plant.under.logit(drive[0]) + rng.logistic(size=count)
    over = run.plant.over.logit(drive[1]) + rng.logistic(size=count)
    return Verdicts(np.where(under > 0, UNDER, np.where(over > 0, OVER, GOOD)), under, over)


def lot_numbers(run: Run) -> list[str]:
    """``L250301-0001``: day of the start, then a count within the day."""
    days = [(run.begin + timedelta(seconds=float(s))).strftime("%y%m%d") for s in run.lots.start]
    seen: dict[str, int] = {}
    numbers = []
    for day in days:
        seen[day] = seen.get(day, 0) + 1
        numbers.append(f"L{day}-{seen[day]:04d}")
    return numbers


def korean_time(moment: datetime) -> str:
    """``2025-03-01 오후 2:31:05`` as the MES writes it."""
    half = "오전" if moment.hour < 12 else "오후"
    return f"{moment:%Y-%m-%d} {half} {(moment.hour - 1) % 12 + 1}:{moment:%M:%S}"


def production(run: Run, folder: Path) -> list[Exported]:
    """Write the MES's lot table; in the Korean style each month is a file of its own, later ones zipped."""
    frame, heads = _production_table(run)
    korean = run.plant.style == "korean"
    months = [f"{(run.begin + timedelta(seconds=float(s))):%Y년%m월}" for s in run.lots.start]
    parts = sorted(set(months)) if korean else ["산세"]
    exported = []
    for i, part in enumerate(parts):
        body = frame.filter(pl.Series([month == part for month in months])) if korean else frame
        name = f"생산실적_{part}.csv"
        total = f"{sum(int(w.replace(',', '')) for w in body['weight']):,}"
        title = [f"생산실적 조회 [산세라인] {part}" if korean else "생산실적 조회 [산세라인]"]
        units = [["", "", "", "", "", "", "", "mm", "mm", "kg", "℃", "", ""]] if not korean else []
        footer = [["합계", f"{body.height}건", "", "", "", "", "", "", "", total, "", "", ""]]
        content = files.delimited([title, [""], [head for _, head in heads], *units], body, encoding="cp949", footer=footer)
        place = name if not korean or i == 0 else f"생산실적_{part}.zip/{name}"
        (folder / place.split("/")[0]).write_bytes(content if place == name else files.zipped(name, content))
        for key, head in heads:
            hot = key == "coiling"
            exported.append(Exported(key, Place(place, None, head, factor=1.0 if hot else None), "coiling" if hot else None))
    return exported


def inspection(run: Run, folder: Path, verdicts: Verdicts) -> list[Exported]:
    """Write the inspection's table: other spelling of the lot, stamped hours later, some ids mistyped, some rows twice."""
    rng = np.random.default_rng([run.plant.seed, 80 + run.stretch])
    count = run.lots.start.size
    later = run.lots.end + rng.uniform(4.0, 30.0, count) * 3600.0
    frame = _inspection_table(run, verdicts, later, rng)
    again = np.sort(rng.choice(count, size=max(count // 350, 1), replace=False))
    order = np.argsort(np.concatenate([later, later[again]]), kind="stable")
    rows = np.concatenate([np.arange(count), again])[order]
    done = np.concatenate([later, later[again]])[order] < run.lots.end[-1] + 20.0 * 3600.0
    korean = run.plant.style == "korean"
    heads = _INSPECTION_KOREAN if korean else _INSPECTION_TAGS
    name = "검사성적.csv" if korean else "INSPECTION_검사결과.csv"
    content = files.delimited([list(heads.values())], frame[rows[done]], encoding="cp949" if korean else "utf-8-sig")
    (folder / name).write_bytes(content)
    return [Exported("inspected_lot" if key == "lot" else key, Place(name, None, head)) for key, head in heads.items()]


def laboratory(run: Run, folder: Path) -> list[Exported]:
    """Write the workbook of bath analyses (every four hours) and of chemicals poured in."""
    korean = run.plant.style == "korean"
    name = "산세욕 분석일지.xlsx" if korean else "LAB_산세욕분석.xlsx"
    sheet, dosing = ("산농도 분석", "약품 투입일지") if korean else ("욕분석", "약품투입")
    acid_unit, acid_factor = ("염산(g/L)", ACID_DENSITY) if korean else ("염산(%)", 1.0)
    top = ["채취일시"]
    bottom = ["채취일시"]
    for bath in range(3):
        top += [f"{bath + 1}호 산세조"] * 2
        bottom += [acid_unit, "철(g/L)"]
    top += ["억제제(vol%)", "분석자"]
    bottom += ["억제제(vol%)", "분석자"]
    rows = _analyses(run, acid_factor)
    pages = [files.Sheet(sheet, "산세조 욕 분석 일지", [top, bottom], rows), _chemicals(run, dosing)]
    files.workbook(folder / name, pages)
    exported = []
    for bath in range(3):
        tank = f"{bath + 1}호 산세조"
        acid = Place(name, sheet, f"{tank} {acid_unit}", "laboratory", float(acid_factor * ACID_OF_BATH[bath]))
        iron = Place(name, sheet, f"{tank} 철(g/L)", "laboratory", float(IRON_OF_BATH[bath]))
        exported += [Exported(f"lab_acid_{bath + 1}", acid, "acid"), Exported(f"lab_iron_{bath + 1}", iron, "iron")]
    dose = Place(name, sheet, "억제제(vol%)", "laboratory", 1.0 / DOSE)
    return [*exported, Exported("lab_inhibitor", dose, "inhibitor"), Exported("lab_analyst", Place(name, sheet, "분석자"))]


def _production_table(run: Run) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    lots, plant = run.lots, run.plant
    rng = np.random.default_rng([plant.seed, 90 + run.stretch])
    coiling = np.round(lots.coiling - KELVIN + 2.0 * rng.standard_normal(lots.coiling.size))
    coiling[rng.random(coiling.size) < 0.007] = 0.0
    customer = rng.integers(len(_CUSTOMERS), size=int(lots.campaign.max()) + 1)[lots.campaign]
    coil = 4_100_000 + np.cumsum(rng.integers(1, 9, lots.start.size))
    note = ["용접 재작업" if chance < 0.02 else None for chance in rng.random(lots.start.size)]
    frame = pl.DataFrame(
        {
            "lot": lot_numbers(run),
            "coil": [f"HC{number}" for number in coil],
            "crew": [_CREWS[i] for i in lots.crew],
            "shift": [_SHIFTS[i] for i in lots.shift],
            "start": [korean_time(run.begin + timedelta(seconds=float(s))) for s in lots.start],
            "end": [korean_time(run.begin + timedelta(seconds=float(s))) for s in lots.end],
            "grade": [_GRADES[i] for i in lots.grade],
            "thickness": [f"{1000 * t:.2f}" for t in lots.thickness],
            "width": [f"{1000 * w:,.0f}" for w in lots.width],
            "weight": [f"{w:,.0f}" for w in lots.weight],
            "coiling": [f"{c:.0f}" for c in coiling],
            "customer": [_CUSTOMERS[i] for i in customer],
            "note": note,
        }
    )
    heads = _PRODUCTION_KOREAN if plant.style == "korean" else _PRODUCTION_TAGS
    return frame, list(heads.items())


def _inspection_table(run: Run, verdicts: Verdicts, later: Floats, rng: np.random.Generator) -> pl.DataFrame:
    count, korean = later.size, run.plant.style == "korean"
    numbers = [number.replace("-", "") for number in lot_numbers(run)]
    for i in np.flatnonzero(rng.random(count) < 1.0 / 300.0):
        numbers[i] = [numbers[i].replace("0", "O", 1), numbers[i][:-1], numbers[i] + numbers[i][-1]][int(rng.integers(3))]
    moments = [run.begin + timedelta(seconds=float(s)) for s in later]
    residual = 2.0 * np.exp(0.7 * verdicts.under + 0.1 * rng.standard_normal(count))
    lost = 8.0 * np.exp(0.35 * verdicts.over + 0.05 * rng.standard_normal(count))
    bad = verdicts.text != GOOD
    rework = np.where(bad, np.round(rng.uniform(0.5, 4.0, count), 1), 0.0)
    return pl.DataFrame(
        {
            "lot": numbers,
            "date": [f"{m:%Y.%m.%d}" if korean else f"{m:%Y%m%d}" for m in moments],
            "time": [korean_time(m)[11:-3] if korean else f"{m:%H:%M:%S}" for m in moments],
            "verdict": verdicts.text,
            "residual_scale": [f"{min(r, 99.0):.2f}" for r in residual],
            "weight_loss": [f"{x:.2f}" for x in lost],
            "inspector": [_INSPECTORS[i] for i in rng.integers(len(_INSPECTORS), size=count)],
            "rework": [f"{h:.1f}" for h in rework],
        }
    )


def _analyses(run: Run, acid_factor: float) -> list[list[str | float | datetime | None]]:
    rng = np.random.default_rng([run.plant.seed, 100 + run.stretch])
    grid, last = run.minutes.seconds, run.lots.end[-1]
    times = np.arange(1800.0, last, 4.0 * 3600.0) + rng.uniform(0.0, 1500.0, int(np.ceil((last - 1800.0) / 14_400.0)))
    acid, iron, inhibitor = (np.interp(times, grid, v) for v in (run.minutes.acid, run.minutes.iron, run.minutes.inhibitor))
    rows: list[list[str | float | datetime | None]] = []
    for i, time in enumerate(times):
        moment = (run.begin + timedelta(seconds=float(time))).replace(second=0, microsecond=0)
        row: list[str | float | datetime | None] = [moment]
        for bath in range(3):
            row.append(round(float(acid[i] * ACID_OF_BATH[bath] * acid_factor * (1.0 + 0.012 * rng.standard_normal())), 2))
            row.append(round(float(iron[i] * IRON_OF_BATH[bath] * (1.0 + 0.015 * rng.standard_normal())), 1))
        row.append(round(float(inhibitor[i] * (1.0 + 0.03 * rng.standard_normal())), 3))
        row.append(("한지우", "오세린")[int(rng.integers(2))])
        if rng.random() < 0.03:
            row[1 + int(rng.integers(7))] = "확인중"
        rows.append(row)
    return rows


def _chemicals(run: Run, name: str) -> files.Sheet:
    """Acid is poured in where it rises; the inhibitor's drum is changed every few days."""
    rng = np.random.default_rng([run.plant.seed, 110 + run.stretch])
    rising = np.diff(run.minutes.acid, prepend=run.minutes.acid[0]) > 0
    begins = np.flatnonzero(rising & ~np.roll(rising, 1)) * 60.0
    rows: list[list[str | float | datetime | None]] = []
    for time in begins[begins < run.lots.end[-1]]:
        moment = (run.begin + timedelta(seconds=float(time))).replace(second=0, microsecond=0)
        rows.append([moment, "염산 35%", round(float(rng.normal(2400.0, 250.0)), -1), _CREWS[int(rng.integers(3))]])
    return files.Sheet(name, "약품 투입 일지", [["투입일시", "약품", "투입량(L)", "작업조"]], rows)


_PRODUCTION_TAGS = {
    "lot": "LOT NO",
    "coil": "COIL NO",
    "crew": "근무조",
    "shift": "근무",
    "start": "작업시작",
    "end": "작업종료",
    "grade": "강종",
    "thickness": "두께",
    "width": "폭",
    "weight": "중량",
    "coiling": "권취온도",
    "customer": "수요가",
    "note": "비고",
}
_PRODUCTION_KOREAN = {
    "lot": "로트번호",
    "coil": "모재코일번호",
    "crew": "작업조",
    "shift": "주야구분",
    "start": "투입시각",
    "end": "배출시각",
    "grade": "재질",
    "thickness": "두께(mm)",
    "width": "폭(mm)",
    "weight": "중량(kg)",
    "coiling": "권취온도(℃)",
    "customer": "고객사",
    "note": "특이사항",
}
_INSPECTION_TAGS = {
    "lot": "LOT_ID",
    "date": "검사일자",
    "time": "검사시각",
    "verdict": "판정",
    "residual_scale": "잔류스케일(%)",
    "weight_loss": "모재감량(g/m2)",
    "inspector": "검사자",
    "rework": "재작업(h)",
}
_INSPECTION_KOREAN = {
    "lot": "로트",
    "date": "검사일",
    "time": "시각",
    "verdict": "판정결과",
    "residual_scale": "스케일잔존율(%)",
    "weight_loss": "모재감량 g/m2",
    "inspector": "검사원",
    "rework": "재처리시간(h)",
}
