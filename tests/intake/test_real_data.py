"""The real sets: shapes and first headers as their own notes give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tundish.connectors import SOURCES
from tundish.errors import NothingUsable
from tundish.intake import read

SHAPES = {
    "posco_plate_scale": {"SCALE_2021_720rows_cp949.csv": (720, 21), "SCALE_2023_1000rows_cp949.csv": (1000, 22)},
    "ladle_furnace": {
        "data_arc.csv": (14_876, 5),
        "data_bulk.csv": (3_129, 16),
        "data_bulk_time.csv": (3_129, 16),
        "data_gas.csv": (3_239, 2),
        "data_temp.csv": (15_907, 3),
        "data_wire.csv": (3_081, 10),
        "data_wire_time.csv": (3_081, 10),
    },
    "steel_energy_uci": {"Steel_industry_data.csv.gz": (35_040, 11)},
    "kamp_surface_treatment": {"surface_treatment_raw.csv": (177, 26)},
    "rolling_stand": {"1939351_F2.txt": (290, 24), "1939351_F3.txt": (287, 24)},
    "matbench_steels": {"matbench_steels.csv": (312, 2), "steel_strength.csv": (312, 17)},
    "steel_plates_faults_uci": {"SteelPlatesFaults.csv": (1_941, 34)},
}
"""F3 has 288 lines, the first of them its header; counters that pandas wrote in front do not count as columns."""


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(shared: Path, name: str) -> None:
    tables = read(shared / name, SOURCES).tables
    found = {table.origin.file: (table.frame.height, len(table.headers)) for table in tables}
    assert found == SHAPES[name]
    assert not any(finding.severity != "info" for table in tables for finding in table.findings)


def test_both_stands_get_the_same_headers(shared: Path) -> None:
    one, other = read(shared / "rolling_stand", SOURCES).tables
    assert one.headers == other.headers
    assert one.headers[:3] == ("Lp.", "MatID", "xTime")
    assert (one.dialect["decimal"], other.dialect["decimal"]) == (",", ".")
    assert [len(table.frame["MatID"].unique()) for table in (one, other)] == [1, 1]


def test_a_file_with_a_header_only_is_told_and_stops_nothing(shared: Path) -> None:
    found = read(shared / "sidenor_ladle", SOURCES)
    assert [finding.origin.file for finding in found.findings if finding.code == "header_only"] == ["tt.csv"]
    assert {table.origin.file: table.frame.height for table in found.tables} == {
        "2019_Process Parameters.csv": 1,
        "7654321.gz": 4_927,
        "Alloys addition time and weights v2.csv": 6,
    }


def test_pictures_are_no_tables(shared: Path) -> None:
    with pytest.raises(NothingUsable):
        read(shared / "x_sdd", SOURCES)
