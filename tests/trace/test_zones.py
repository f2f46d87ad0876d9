"""Furnaces whose zones, phases and decision moments are known, joined by the clock."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from plain import catalogue_of, table_of

from tundish.documents.names import made_of
from tundish.trace import find_target, trace
from tundish.trace.stays.zones import zone_of
from tundish.vocabulary import Concept, load_catalogue

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("names", "zone"),
    [
        (("예열대 진입시각",), "preheat"),
        (("SOAK_ZONE_TEMP",), "soak"),
        (("3존 온도",), "3"),
        (("TEMP_ZONE_12",), "12"),
        (("가열로 온도",), None),
        (("HEAT_NO",), None),
        (("속도",), None),
        (("Zone 2 heating temperature",), "2"),
    ],
)
def test_names_tell_the_zone(names, zone):
    assert zone_of(*names) == zone


def stamps(seconds):
    return pl.Series([BEGAN + timedelta(seconds=float(s)) for s in seconds]).dt.cast_time_unit("us")


@pytest.fixture(scope="module")
def furnace():
    """300 pieces, three zones of 10, 20 and 15 minutes; each zone's temperature shows the piece only while it is in it."""
    rng = np.random.default_rng(7)
    pieces, stay = 300, 2700.0
    starts = np.arange(pieces) * stay
    level = rng.normal(900, 10, (pieces, 3))
    clock = np.arange(-3600, starts[-1] + stay + 3600, 20.0)
    running = np.clip((clock // stay).astype(int), 0, pieces - 1)
    into = clock - starts[running]
    inside = np.searchsorted([0.0, 600.0, 1800.0], into, "right") - 1
    values = np.array([np.where(inside == zone, level[running, zone], 500.0) for zone in range(3)])
    values += rng.normal(0, 1, values.shape)
    lots = pl.DataFrame(
        {"번호": [f"P{n:05d}" for n in range(pieces)], "장입시각": stamps(starts), "예열대 진입시각": stamps(starts + 0.5),
         "가열대 진입시각": stamps(starts + 600), "균열대 진입시각": stamps(starts + 1800),
         "추출시각": stamps(starts + stay - 20),
         "강도": level[:, 1] + rng.normal(0, 1, pieces)}
    )  # fmt: skip
    signals = pl.DataFrame(
        {"시각": stamps(clock), "예열대 온도": values[0], "가열대 온도": values[1], "균열대 온도": values[2]}
    )
    catalogue = catalogue_of([Concept("t.strength", "강도", "strength", "number", "result")])
    tables = [table_of(lots, "lots.csv", kinds={"번호": "identity"}), table_of(signals, "plc.csv")]
    return level, catalogue, tables


def traced_by(furnace, **more):
    _, catalogue, tables = furnace
    given = {"clock_offsets_s": {"plc.csv": 0.0}, **more}
    return trace(tables, find_target(tables, "강도", catalogue), catalogue, **given)


def test_a_zones_signal_counts_while_the_piece_was_in_it(furnace):
    made = traced_by(furnace)
    for zone, header in enumerate(("예열대", "가열대", "균열대")):
        column = made.table.column(f"plc|plant:{header} 온도|mean")
        assert column.window == f"zone:{header} 진입시각"
        apart = made.table.frame[column.name].to_numpy() - furnace[0][:, zone]
        assert np.abs(np.median(apart)) < 1
        assert made_of(column, lambda text, **values: text.format(**values)) == f"mean while in the zone of {header} 진입시각"


def test_no_row_after_the_decision_is_used(furnace):
    made = traced_by(furnace, decision_moment="start")
    names = [c.name for c in made.table.columns if c.name.startswith("plc|") and c.statistic == "mean" and "균열대" in c.name]
    assert all(made.table.frame[name].null_count() == made.table.frame.height for name in names)


def test_a_batchs_phases_become_features():
    rng = np.random.default_rng(8)
    pieces, every = 120, 30_000
    heat, hold = rng.uniform(6000, 9000, pieces), rng.uniform(7000, 14000, pieces)
    starts = np.arange(pieces) * every
    clock = np.arange(0, pieces * every, 60.0)
    batch = np.minimum((clock // every).astype(int), pieces - 1)
    into = clock - starts[batch]
    up = 300 + 670 * np.clip(into / heat[batch], 0, 1)
    down = 970 - 600 * np.clip((into - heat[batch] - hold[batch]) / 6000, 0, 1)
    value = np.minimum(up, down) + rng.normal(0, 1, clock.size)
    lots = pl.DataFrame({"번호": [f"B{n:04d}" for n in range(pieces)], "시작": stamps(starts), "종료": stamps(starts + 28_500),
                         "강도": hold / 100 + rng.normal(0, 1, pieces)})  # fmt: skip
    signals = pl.DataFrame({"시각": stamps(clock), "소둔온도": value})
    catalogue = load_catalogue()
    tables = [
        table_of(lots, "lots.csv", kinds={"번호": "identity"}),
        table_of(signals, "plc.csv", concepts={"소둔온도": "annealing.temperature"}),
    ]
    made = trace(tables, find_target(tables, "강도", catalogue), catalogue, clock_offsets_s={"plc.csv": 0.0})
    column = next(c for c in made.table.columns if c.statistic == "duration" and c.window == "holding")
    found = made.table.frame[column.name].to_numpy()
    assert np.nanmedian(np.abs(found - hold)) < 300
    rate = next(c for c in made.table.columns if c.statistic == "slope" and c.window == "heating")
    assert np.nanmedian(np.abs(made.table.frame[rate.name].to_numpy() / (670 / heat * 3600) - 1)) < 0.03
