"""A hot line and a cutting line made by hand: what was done to some metres of a coil shows on what was cut from these only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tundish import flow, trace
from tundish.documents.names import made_of
from tundish.settings import Settings
from tundish.trace.forebears.own_metres import Spells
from tundish.trace.pieces import PIECE
from tundish.trace.stamps import NEVER

BEGIN = datetime(2025, 3, 3, 6, tzinfo=UTC)
COILS, PARTS, SPEED = 220, 3, 5.0
SETTINGS = Settings(target="inspection.csv:판정", time_zone="UTC", gauges_m={"hot_trend.csv:권취온도(℃)": 30.0})


def told(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=round(seconds))).strftime("%Y-%m-%d %H:%M:%S")


def write(folder, name, columns):
    pl.DataFrame({key: [str(value) for value in values] for key, values in columns.items()}).write_csv(folder / name)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The plant's folder, and the coiling temperature of each final coil's own metres: id -> deg C.

    Each hot coil is warm, usual and cool over a third of its length each, in any order: its mean tells nothing.
    """
    folder, rng = tmp_path_factory.mktemp("own_metres"), np.random.default_rng(11)
    long = rng.uniform(700.0, 1100.0, COILS)
    lasts = long / SPEED
    starts = np.cumsum(lasts + rng.uniform(40.0, 80.0, COILS))
    level = 600.0 + np.array([rng.permutation([-15.0, 0.0, 15.0]) for _ in range(COILS)]) + rng.normal(0, 3, (COILS, PARTS))
    hot = {
        "코일번호": [f"HC{n:05d}" for n in range(COILS)],
        "시작시각": [told(s) for s in starts],
        "종료시각": [told(s) for s in starts + lasts],
        "제품중량(kg)": np.round(22.0 * long).tolist(),
        "제품길이(m)": np.round(long, 1).tolist(),
    }
    write(folder, "hot_records.csv", hot)
    clock = np.arange(-300.0, starts[-1] + 600.0, 2.0)

    def on(at):
        coil = np.clip(np.searchsorted(starts, at, "right") - 1, 0, COILS - 1)
        return coil, (at >= starts[coil]) & (at <= starts[coil] + lasts[coil])

    running = on(clock)[1]
    coil, under = on(clock - 30.0 / SPEED)
    third = np.clip(((clock - 30.0 / SPEED - starts[coil]) / lasts[coil] * PARTS).astype(int), 0, PARTS - 1)
    heat = np.where(under, level[coil, third], 90.0) + rng.normal(0, 1.0, clock.size)
    trend = {
        "시각": [told(t) for t in clock],
        "라인속도(m/min)": np.round(np.where(running | on(clock - 20.0)[1], SPEED * 60, 0.0), 1).tolist(),
        "소재감지": running.astype(int).tolist(),
        "권취온도(℃)": np.round(heat, 1).tolist(),
        "압연하중(kN)": np.round(np.where(running, 2400, 0) + rng.normal(0, 9, clock.size), 1).tolist(),
    }
    write(folder, "hot_trend.csv", trend)
    return folder, _cut(folder, rng, level, long)


def _cut(folder, rng, level, long):
    """Each coil runs in tail first and is cut into three, at other places than where its temperature changed."""
    names = ["절단코일번호", "투입코일번호", "시작시각", "종료시각", "제품중량(kg)", "제품길이(m)"]
    names += ["시작위치(m)", "종료위치(m)", "반전"]
    cut, truth = {name: [] for name in names}, {}
    for n in range(COILS):
        edges = long[n] * np.array([0.0, rng.uniform(0.3, 0.37), rng.uniform(0.63, 0.7), 1.0])
        for k in range(PARTS):
            begin = 86_400.0 + 400.0 * n + 100.0 * k
            low, high = edges[k], edges[k + 1]
            name = f"CC{PARTS * n + k:05d}"
            row = name, f"HC{n:05d}", told(begin), told(begin + 80), round(22.0 * (high - low)), round(high - low, 1)
            for column, value in zip(cut.values(), (*row, round(low, 1), round(high, 1), "Y"), strict=True):
                column.append(value)
            metres = long[n] - np.arange(low, high, 1.0)
            truth[name] = float(level[n, np.clip((metres / long[n] * PARTS).astype(int), 0, PARTS - 1)].mean())
    write(folder, "cut_records.csv", cut)
    bad = rng.random(len(truth)) < 1 / (1 + np.exp(-0.25 * (np.array(list(truth.values())) - 606.0)))
    write(folder, "inspection.csv", {"절단코일번호": list(truth), "판정": ["불합격" if one else "합격" for one in bad]})
    return truth


@pytest.fixture(scope="module")
def prepared(made):
    return flow.prepare(made[0], SETTINGS, lambda *_: None)


@pytest.fixture(scope="module")
def pieces(prepared):
    return trace.trace(prepared.tables.tables, prepared.target, prepared.catalogue, time_zone="UTC", gauges_m=SETTINGS.gauges_m)


def of_temperature(pieces):
    return next(
        c
        for c in pieces.table.columns
        if "권취온도(℃)" in c.headers and c.statistic == "mean" and "upstream" in (c.window or "")
    )


def test_a_piece_gets_what_was_measured_over_its_own_metres(made, pieces):
    column = of_temperature(pieces)
    assert made_of(column, lambda text, **values: text.format(**values)) == "mean over its own metres, on hot"
    found = dict(zip(pieces.table.frame[PIECE], pieces.table.frame[column.name], strict=True))
    away = np.abs([found[name] - 273.15 - warm for name, warm in made[1].items() if found[name] is not None])
    assert away.size >= 0.97 * len(made[1])
    (said,) = [finding for finding in pieces.table.findings if finding.code == "own_metres"]
    assert said.origin.file == "hot_trend.csv"
    assert said.message.values["rest"] < 0.12 * len(made[1])
    assert np.sort(away)[said.message.values["count"] - 1] < 4.0
    assert np.median(away) < 1.0


def test_the_main_job_finds_a_cause_that_acts_by_metres(made, prepared):
    answer = flow.answer(made[0], prepared, SETTINGS, lambda *_: None).answer
    assert [cause.column.header for cause in answer.causes] == ["권취온도(℃)"]


def test_it_is_not_found_without_metres(made, prepared):
    """Without the speed no metre is known; each coil as a whole is as warm as the next."""
    blind = replace(
        prepared, tables=replace(prepared.tables, tables=tuple(without_speed(table) for table in prepared.tables.tables))
    )
    answer = flow.answer(made[0], blind, SETTINGS, lambda *_: None).answer
    assert [cause.column.header for cause in answer.causes] == []


def without_speed(table):
    kept = tuple(column for column in table.columns if column.concept != "line.speed")
    return replace(table, columns=kept)


def test_pieces_that_are_partly_known_or_came_later_are_left_to_the_stays():
    spells = Spells(
        place=np.array([0, 0, 1, 2]),
        starts=np.array([5, 20, 5, NEVER]),
        ends=np.array([10, 30, 10, NEVER]),
        weight=np.array([0.5, 0.5, 0.7, 1.0]),
    )
    never = np.full(3, NEVER)
    assert spells.known(3, never).tolist() == [True, False, False]
    assert spells.known(3, np.array([25, 99, 99])).tolist() == [False, False, False]
    sources = spells.to(3, np.array([True, False, True]))
    assert (sources.place.tolist(), sources.source.tolist(), sources.weight.tolist()) == ([0, 0], [0, 1], [0.5, 0.5])
