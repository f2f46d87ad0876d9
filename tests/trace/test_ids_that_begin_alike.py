"""Heats, slabs and plates whose ids begin alike; the families are drawn here and known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from plain import table_of

from tundish.trace import find_target, trace
from tundish.trace.pieces import BATCH
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
HEATS = [f"A24-{1200 + n}" for n in range(30)]
SLABS = [f"{heat}-{slab:02d}" for heat in HEATS for slab in (1, 2, 3)]
PLATES = [f"{slab}-{plate}" for slab in SLABS for plate in (1, 2, 3, 4)]


def mill(spelled=lambda name: name):
    plates = pl.DataFrame(
        {"PLATE": [spelled(name) for name in PLATES], "TS": np.random.default_rng(0).normal(500, 9, len(PLATES))}
    )
    furnace = pl.DataFrame({"SLAB": SLABS[::-1], "soak": np.arange(len(SLABS), dtype=float)[::-1]})
    heats = pl.DataFrame({"HEAT": HEATS, "C": np.arange(len(HEATS)) / 100})
    ids = {"PLATE": "identity", "SLAB": "identity", "HEAT": "identity"}
    return [table_of(frame, file, kinds=ids) for frame, file in ((plates, "p.csv"), (furnace, "f.csv"), (heats, "h.csv"))]


@pytest.mark.parametrize("spelled", [str, lambda name: name.replace("-", ""), lambda name: name.lower().replace("-", "_")])
def test_a_plate_gets_the_values_of_its_slab_and_of_its_heat(spelled):
    tables = mill(spelled)
    pieces = trace(tables, find_target(tables, "TS", CATALOGUE), CATALOGUE)
    frame = pieces.table.frame.sort("#row")
    np.testing.assert_array_equal(frame["f|plant:soak"].to_numpy(), np.repeat(np.arange(90.0), 4))
    np.testing.assert_array_equal(frame["h|plant:C"].to_numpy(), np.repeat(np.arange(30) / 100, 12))
    assert frame[BATCH].n_unique() == len(HEATS)
    assert sum(finding.code == "genealogy" for finding in pieces.table.findings) == 2


def test_a_heat_is_told_of_by_all_its_slabs():
    _, furnace, heats = mill()
    tables = [furnace, heats]
    pieces = trace(tables, find_target(tables, "C", CATALOGUE), CATALOGUE)
    frame = pieces.table.frame.sort("#row")
    np.testing.assert_array_equal(frame["f|plant:soak|mean"].to_numpy(), np.arange(30.0) * 3 + 1)


def test_ids_that_begin_with_a_year_are_no_family():
    plates, *_ = mill()
    years = pl.DataFrame({"NO": [f"A{n}" for n in range(20, 60)], "C": np.arange(40.0)})
    tables = [plates, table_of(years, "years.csv", kinds={"NO": "identity"})]
    pieces = trace([*tables, mill()[1]], find_target(tables, "TS", CATALOGUE), CATALOGUE)
    assert not any("NO" in column.headers or "C" in column.headers for column in pieces.table.columns)


def test_heats_of_five_figures_are_long_enough():
    slabs = pl.DataFrame({"SLAB": [f"{52300 + n // 4}{n % 4 + 1:02d}" for n in range(80)], "TS": np.arange(80) % 17 * 1.5})
    heats = pl.DataFrame({"HEAT": [str(52300 + n) for n in range(20)], "C": np.arange(20) / 100})
    tables = [table_of(slabs, "s.csv", kinds={"SLAB": "identity"}), table_of(heats, "h.csv", kinds={"HEAT": "identity"})]
    pieces = trace(tables, find_target(tables, "TS", CATALOGUE), CATALOGUE)
    np.testing.assert_array_equal(pieces.table.frame.sort("#row")["h|plant:C"].to_numpy(), np.arange(80) // 4 / 100)
