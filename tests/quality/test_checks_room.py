"""Every file of the room of checks answers one question in one shape, and never stops on odd tables."""

import importlib
import pkgutil

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tundish.intake.raw import RawTable
from tundish.standardise import checks
from tundish.standardise.export import understand
from tundish.standardise.judge import judge
from tundish.standardise.meaning import Decided, give_meaning
from tundish.standardise.sheet import lay_out
from tundish.table import ROW, ROWS_SHOWN, Origin
from tundish.vocabulary import load_catalogue

MODULES = [importlib.import_module(f"{checks.__name__}.{found.name}") for found in pkgutil.iter_modules(checks.__path__)]
HEADERS = ("시각", "로트번호", "산세조1 온도(℃)", "두께(mm)", "C(%)", "중량(kg)")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_file_of_the_room_is_a_check_that_runs(module):
    assert module.check in checks.CHECKS
    assert module.__doc__.strip().endswith("?")
    assert module.check.__doc__


def understood(frame):
    raw = RawTable(Origin("a.csv"), frame, tuple(frame.columns[1:]), (None,) * (frame.width - 1), {}, "0" * 64)
    export = understand(raw, "a", "Asia/Seoul")[0]
    return export, give_meaning(export, load_catalogue(), Decided({}, {}, {}), "Asia/Seoul")


cells = st.one_of(
    st.none(), st.sampled_from(["0", "-9999", "1e308", "-1e308", "", "85.1", "850", "=1+1", "2025-03-01 00:00:00"])
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[cells] * len(HEADERS)), min_size=1, max_size=60), st.integers(1, 12))
def test_odd_tables_give_findings_and_lose_nothing(rows, times):
    frame = pl.DataFrame(rows * times, schema=dict.fromkeys(HEADERS, pl.String), orient="row").with_row_index(ROW, 2)
    export, meant = understood(frame)
    judged = judge(export, meant)
    sheet = lay_out(export, meant)
    for finding in judged.findings:
        assert finding.count >= 1 and len(finding.rows) <= ROWS_SHOWN
        assert not finding.found or len(finding.found) == len(finding.rows)
        assert str(finding.message)
    emptied = sum(a.read.values.null_count() - b.read.values.null_count() for a, b in zip(judged.columns, meant, strict=True))
    assert emptied == sum(aside.count for aside in judged.asides)
    assert sheet.height == frame.height


def test_a_cell_is_explained_once():
    rng = np.random.default_rng(3)
    values = np.round(84 + rng.normal(0, 0.4, 500), 1)
    values[100] = 841.0
    times = pl.datetime_range(pl.datetime(2025, 3, 1), pl.datetime(2025, 3, 2), "10s", eager=True)[:500]
    frame = pl.DataFrame(
        {ROW: range(2, 502), "시각": times.dt.strftime("%Y-%m-%d %H:%M:%S"), "산세조1 온도(℃)": values.astype(str)}
    )
    export, meant = understood(frame)
    judged = judge(export, meant)
    (finding,) = [one for one in judged.findings if 102 in one.rows]
    assert (finding.code, finding.found, finding.expected, finding.rows) == ("decimal_slip", ("841.0",), ("84.1",), (102,))
    assert finding.hint is not None and finding.picture is not None
    assert len(finding.picture.lows) <= 240 and finding.picture.marks[0][1] == 841.0


def test_a_large_log_is_drawn_with_few_points():
    rng = np.random.default_rng(3)
    rows = 30_000
    values = np.round(60 + rng.normal(0, 0.4, rows), 2)
    values[9000:9400] = values[9000]
    times = pl.datetime_range(pl.datetime(2025, 3, 1), pl.datetime(2025, 3, 9), "10s", eager=True)[:rows]
    frame = pl.DataFrame(
        {ROW: range(2, rows + 2), "시각": times.dt.strftime("%Y-%m-%d %H:%M:%S"), "산세조1 온도(℃)": values.astype(str)}
    )
    judged = judge(*understood(frame))
    (finding,) = [one for one in judged.findings if one.code == "frozen"]
    assert len(finding.picture.lows) == 240 and len(finding.picture.spans) == 1
    (aside,) = judged.asides
    assert (aside.row, aside.last, aside.count) == (9002, 9401, 400)


def test_a_stretch_in_kgf_among_kilopascals_is_told():
    pressure = np.round(np.random.default_rng(3).normal(36, 2, 900), 1)
    pressure[600:640] = np.round(pressure[600:640] / 98.0665, 3)
    cells = [f"{value:g}" for value in pressure]
    export, meant = understood(pl.DataFrame({"에어나이프 압력(kPa)": cells}).with_row_index(ROW, 2))
    told = [finding for finding in judge(export, meant).findings if finding.code == "mixed_units"]
    assert [finding.count for finding in told] == [40]
