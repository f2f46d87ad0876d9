"""Two lines made by hand: hot coils, welded and cut on a tandem mill; what a finished coil is like was settled before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tundish import flow, trace
from tundish.documents.names import made_of
from tundish.settings import Settings
from tundish.table import Column
from tundish.trace.forebears.carried import carried
from tundish.trace.forebears.lineage import Lineage, sources_of
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS, Genealogy
from tundish.trace.pieces import END, PIECE
from tundish.trace.stamps import NEVER
from tundish.trace.stays.features import Feature

BEGIN = datetime(2025, 3, 3, 6, tzinfo=UTC)
HOT_S, COLD_S, STEP_S = 180.0, 240.0, 5.0
COILS = 320
SETTINGS = Settings(target="inspection.csv:판정", time_zone="UTC")


def told(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=round(seconds))).strftime("%Y-%m-%d %H:%M:%S")


def write(folder: Path, name: str, columns: dict[str, list[object]]) -> None:
    pl.DataFrame({key: [str(value) for value in values] for key, values in columns.items()}).write_csv(folder / name)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The plant's folder, and what finished coils are made of: id -> (temperature, share-weighted phosphorus of the heat)."""
    folder, rng = tmp_path_factory.mktemp("two_lines"), np.random.default_rng(7)
    temperature, phosphorus = rng.normal(880, 12, COILS), rng.normal(0.015, 0.003, COILS // 4)
    starts = 200.0 * np.arange(COILS)  # an exact rhythm, which fits a piece away nearly as well
    hot = {
        "코일번호": [],
        "슬라브번호": [],
        "용강번호": [],
        "시작시각": [],
        "종료시각": [],
        "투입중량(kg)": [],
        "제품중량(kg)": [],
    }
    for n in range(COILS):
        row = f"HC{n:05d}", f"S{n:05d}", f"{500 + n // 4}A", told(starts[n]), told(starts[n] + HOT_S), 20400, 20000
        for column, value in zip(hot.values(), row, strict=True):
            column.append(value)
    clock = np.arange(-600.0, starts[-1] + 900.0, STEP_S)
    on = np.clip(np.searchsorted(starts, clock, "right") - 1, 0, COILS - 1)
    rolling = (clock >= starts[on]) & (clock <= starts[on] + HOT_S)
    level = np.where(rolling, temperature[on], 150.0) + rng.normal(0, 1.0, clock.size)
    write(folder, "hot_trend.csv", {"시각": [told(t + 60.0) for t in clock], "사상출측온도(℃)": np.round(level, 1).tolist(),
                                    "압연하중(kN)": np.round(np.where(rolling, 2400, 0) + rng.normal(0, 9, clock.size), 1).tolist()})  # fmt: skip  # noqa: E501
    cold, truth = _tandem(rng, temperature, phosphorus)
    write(folder, "hot_records.csv", hot)
    write(folder, "cold_records.csv", cold)
    write(
        folder,
        "heat_analysis.csv",
        {"용강번호": [f"{500 + n}A" for n in range(COILS // 4)], "P(%)": np.round(phosphorus, 5).tolist()},
    )
    score = np.array([(t - 880) / 12 + (p - 0.015) / 0.003 for t, p in truth.values()])
    bad = rng.random(score.size) < 1 / (1 + np.exp(-2.5 * score + 1.0))
    write(folder, "inspection.csv", {"냉연코일번호": list(truth), "판정": ["불합격" if one else "합격" for one in bad]})
    return folder, truth


def _tandem(rng, temperature, phosphorus):
    """Coils run one behind the other; every finished coil is as heavy as 1.0 to 1.5 hot ones, so most have two parents."""
    edges = np.cumsum(rng.uniform(1.0, 1.5, int(COILS / 1.3)))
    edges = np.concatenate(([0.0], edges[edges < COILS]))
    cold = {"냉연코일번호": [], "투입코일번호": [], "시작시각": [], "종료시각": [], "투입중량(kg)": [], "제품중량(kg)": []}
    truth = {}
    for n, (low, high) in enumerate(pairwise(edges)):
        begin = 86_400.0 + 300.0 * n
        parts = [(c, min(high, c + 1) - max(low, c)) for c in range(int(low), int(np.ceil(high)))]
        name, mass = f"CC{n:05d}", 20_000 * (high - low)
        for parent, part in parts:
            typed = f"HC{parent:05d}"
            typed = typed[:-2] + typed[-1] + typed[-2] if rng.random() < 1 / 100 else typed
            row = name, typed, told(begin), told(begin + COLD_S), round(20_000 * part), round(mass)
            for column, value in zip(cold.values(), row, strict=True):
                column.append(value)
        share = np.array([part for _, part in parts]) / (high - low)
        hots = np.array([parent for parent, _ in parts])
        truth[name] = float(share @ temperature[hots]), float(share @ phosphorus[hots // 4])
    return cold, truth


@pytest.fixture(scope="module")
def prepared(made):
    return flow.prepare(made[0], SETTINGS, lambda *_: None)


@pytest.fixture(scope="module")
def pieces(prepared):
    return trace.trace(prepared.tables.tables, prepared.target, prepared.catalogue, time_zone="UTC")


def feature(pieces, beginning: str, statistic: str) -> Column:
    return next(
        c for c in pieces.table.columns if beginning in c.name and c.statistic == statistic and "upstream" in (c.window or "")
    )


def test_a_signal_of_an_earlier_line_comes_by_the_stays_of_forebears_and_their_shares(made, pieces):
    column = feature(pieces, "hot_trend|", "mean")
    found = dict(zip(pieces.table.frame[PIECE], pieces.table.frame[column.name], strict=True))
    known = [name for name in made[1] if found[name] is not None]
    assert len(known) >= 0.97 * len(made[1])
    away = np.abs([found[name] - 273.15 - made[1][name][0] for name in known])
    assert np.quantile(away, 0.97) < 2.0
    assert column.window == "upstream:hot|stay"
    assert made_of(column, lambda text, **values: text.format(**values)) == "mean over the stay, on hot"


def test_the_analysis_of_the_heat_comes_through_coils_and_welds(made, pieces):
    column = feature(pieces, "chemistry.phosphorus", "value")
    found = dict(zip(pieces.table.frame[PIECE], pieces.table.frame[column.name], strict=True))
    away = np.abs([found[name] - p for name, (_, p) in made[1].items() if found[name] is not None])
    assert np.quantile(away, 0.97) < 2e-5


def test_pieces_that_are_several_rows_take_their_stay_from_the_genealogy(pieces):
    assert pieces.table.frame[END].null_count() == 0
    assert "decided when the piece leaves the line" in {str(f.message) for f in pieces.table.findings}


def test_mistyped_ids_are_repairs_of_their_table(pieces):
    assert "id_mended" in {repair.code for repair in pieces.table.repairs}


def test_the_main_job_finds_the_causes_upstream(made, prepared):
    answer = flow.answer(made[0], prepared, SETTINGS, lambda *_: None).answer
    headers = [cause.column.header for cause in answer.causes]
    assert set(headers[:2]) == {"사상출측온도(℃)", "P(%)"}, headers


def small(shares):
    """Piece 2 made of 0 and 1, which were on one line for 10 s each, 0 first."""
    times = [datetime(2025, 1, 1, 0, 0, s, tzinfo=UTC) for s in (0, 10, 20, 30, 40, 50)]
    names = {"id": ["A", "B", "P"], "even": ["A", "B", "P"], "level": ["coil"] * 3}
    blank = {"piece": [0, 1, 2], "line": ["hot", "hot", "cold"], "start": times[::2], "end": times[1::2], "goes": ["out"] * 3}
    edges = {"parent": [0, 1], "child": [2, 2], "share_of_child": shares}
    frames = [
        pl.DataFrame(values).pipe(_filled, schema) for values, schema in ((names, PIECES), (edges, EDGES), (blank, STAYS))
    ]
    return Lineage(Genealogy(*frames), np.array([2, -1]))


def _filled(frame, schema):
    return frame.select(
        (pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, dtype=kind).alias(name))
        for name, kind in schema.items()
    )


def amount(statistic, values, shares, ends=(0, 0), moment=NEVER):
    found, _ = sources_of(small(shares), np.array([0, 1]), np.array(ends), np.array([moment, moment]))
    kind = "number" if isinstance(values[0], float) else "category"
    return carried(Feature(Column("x", kind, (), statistic=statistic), pl.Series(values)), found, "hot").values.to_list()


def test_numbers_are_weighted_extremes_stay_extremes_words_are_the_heaviest():
    assert amount("mean", [10.0, 20.0], [0.25, 0.75]) == [17.5, None]
    assert amount("min", [10.0, 20.0], [0.25, 0.75]) == [10.0, None]
    assert amount("max", [10.0, 20.0], [0.25, 0.75]) == [20.0, None]
    assert amount("std", [3.0, 4.0], [0.5, 0.5]) == [pytest.approx(np.sqrt(12.5)), None]
    assert amount("value", ["x", "y"], [0.25, 0.75]) == ["y", None]
    assert amount("mean", [10.0, None], [0.25, 0.75]) == [10.0, None]


def test_unknown_shares_count_alike():
    assert amount("mean", [10.0, 20.0], [None, 0.75]) == [15.0, None]


def test_what_ended_after_the_moment_is_not_used():
    assert amount("mean", [10.0, 20.0], [0.25, 0.75], ends=(5, 15), moment=10) == [10.0, None]


def test_pieces_that_went_into_a_line_and_not_out_of_it_were_there():
    """Strips that were packed: what came out has a number of its own."""
    went = small([0.5, 0.5])
    stays = went.genealogy.stays.with_columns(
        goes=pl.when(pl.col("piece") == 2).then(pl.lit("in")).otherwise(pl.col("goes").cast(pl.String)).cast(STAYS["goes"])
    )
    packed = Lineage(replace(went.genealogy, stays=stays), went.own)
    begun = int(stays["start"].to_physical()[2])
    assert packed.lines(np.array([begun, NEVER])) == {"cold"}
    assert packed.stays["line"].unique().to_list() == ["hot"]
