"""Are trends of several lines that stand in one table read, each around its own stays?"""

from datetime import timedelta

import made_chain as made
import polars as pl

from tundish.table import ROW, SOURCE, Column, Origin, Table
from tundish.trace.history.along import _during, lines_of
from tundish.trace.history.material import InMemory, in_memory
from tundish.vocabulary import load_catalogue


def test_each_export_of_a_stack_is_read_around_the_stays_on_its_own_line():
    origins = (Origin("TREND_hot.csv"), Origin("TREND_slit.csv"))
    times = [made.BEGIN + timedelta(hours=hour) for hour in range(48)]
    frame = pl.DataFrame({ROW: range(96), SOURCE: [0] * 48 + [1] * 48, "t": times * 2}).with_columns(
        pl.col("t").cast(pl.Datetime("us", "UTC"))
    )
    table = Table("TREND", frame, (Column("t", "time", origins, concept="production.timestamp"),), origins)
    material = in_memory(made.genealogy(), tables=(table,))
    material = type(material)(**{**vars(material), "lines": {"TREND_hot.csv": "hot", "TREND_slit.csv": "slit"}})
    lines = lines_of(table, material)
    assert lines == ["hot", "slit"]
    hours = [int((made.BEGIN + timedelta(hours=hour)).timestamp() * 1_000_000) for hour in (2, 4, 30, 31)]
    windows = {"hot": (hours[0], hours[1]), "slit": (hours[2], hours[3])}
    found = _during(table, material, lines, windows, load_catalogue())
    assert found is not None
    rows = InMemory(table).rows(found[0], within=found[1])
    assert rows.filter(pl.col(SOURCE) == 0)["t"].to_list() == times[2:5]
    assert rows.filter(pl.col(SOURCE) == 1)["t"].to_list() == times[30:32]
    assert _during(table, material, lines, {"other": windows["hot"]}, load_catalogue()) is None
