"""Do landed signals reach the main job as tables of known concepts, with their gaps?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tundish import flow
from tundish.errors import Message
from tundish.intake.live import SIGNALS, Batch, Gap, Tag
from tundish.settings import Settings
from tundish.store import Landing

BEGIN = datetime(2025, 3, 18, tzinfo=UTC)


def rows(second: int):
    stamp = BEGIN + timedelta(seconds=second)
    yield stamp, "ns=2;s=T1", 80.0 + second / 100, None, "bad" if second == 7 else "good"
    yield stamp, "ns=2;s=V", 60.0, None, "good"
    yield stamp, "ns=2;s=State", None, "RUN" if second % 90 < 70 else "STOP", "good"
    if second % 60 == 0:
        yield stamp, "ns=2;s=C", 14.0, None, "uncertain"


def test_signals_become_tables_with_units_names_and_gaps(tmp_path):
    tags = (Tag("ns=2;s=T1", "산세조1 온도", "°C"), Tag("ns=2;s=V", "라인속도", "m/min"), Tag("ns=2;s=C", "염산 농도", "%"))
    gap = Gap(BEGIN + timedelta(seconds=100), BEGIN + timedelta(seconds=200), Message("the server began anew"))
    with Landing(tmp_path, "plc") as landing:
        for first in range(0, 600, 20):
            if 100 <= first < 200:
                continue
            frame = pl.DataFrame([row for second in range(first, first + 20) for row in rows(second)], SIGNALS, orient="row")
            batch = Batch(f"{first}", frame, tags=tags if first == 0 else (), gaps=(gap,) if first == 200 else ())
            landing.append(batch)
            if first == 300:
                landing.seal()
    standard = flow.standard(tmp_path, Settings(), lambda *_: None)
    found = {column.header: (table, column) for table in standard.tables.tables for column in table.columns}
    table, column = found["산세조1 온도"]
    assert column.origins[0].file == "landing/plc"
    assert table.frame.height == 500
    assert table.frame[column.name].null_count() == 1
    assert table.frame[column.name][0] == pytest.approx(80 + 273.15)
    assert found["라인속도"][0] is table
    assert table.frame[found["라인속도"][1].name][0] == pytest.approx(1.0)
    assert found["ns=2;s=State"][0] is table
    assert set(table.frame[found["ns=2;s=State"][1].name].to_list()) == {"RUN", "STOP"}
    assert found["염산 농도"][0].frame.height == 8
    assert table.frame[table.of_kind("time")[0].name][0] == BEGIN
    gaps = [finding for finding in standard.intake.findings if finding.code == "gap"]
    assert [(finding.message.values["begin"], finding.message.values["end"]) for finding in gaps] == [(gap.begin, gap.end)]
    codes = {finding.code for table in standard.tables.tables for finding in table.findings}
    assert {"quality_bad", "quality_uncertain"} <= codes


def test_many_signals_written_a_little_apart_come_in_one_table(tmp_path):
    """As an OPC UA server stamps them: each value when it was written, microseconds apart."""
    rows = [
        (BEGIN + timedelta(seconds=second, microseconds=37 * tag + second % 5), f"t{tag}", float(second), None, "good")
        for second in range(60)
        for tag in range(200)
    ]
    with Landing(tmp_path, "plc") as landing:
        landing.append(Batch("1", pl.DataFrame(rows, SIGNALS, orient="row")))
    (table,) = flow.standard(tmp_path, Settings(), lambda *_: None).tables.tables
    assert table.frame.height == 60
    assert len([column for column in table.columns if column.header.startswith("t")]) >= 200
