"""A log of coils that came to a pickler's uncoiler is no line; a furnace and a scale in the yard are."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tundish.trace.genealogy.entries import without_entry_logs
from tundish.trace.genealogy.graph import STAYS

START = datetime(2026, 3, 3, 12, tzinfo=UTC)
COILS = 24


def stays(rows):
    frame = pl.DataFrame(rows)
    return frame.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in STAYS.items() if name not in frame.columns
    ).select(STAYS.names()).cast(STAYS)  # fmt: skip


def mill(n):
    begin = START + timedelta(minutes=6 * n)
    return {
        "piece": n,
        "line": "TCM",
        "start": begin,
        "end": begin + timedelta(minutes=7),
        "goes": "in",
        "turn": 1,
        "table": "TCM",
    }


def came(n, minutes, **more):
    begin = START + timedelta(minutes=6 * n - minutes)
    return {"piece": n, "line": "ENTRY", "start": begin, "goes": "through", "turn": 1, "table": "ENTRY", **more}


def test_arrivals_at_the_entry_belong_to_the_line(n=COILS):
    told = without_entry_logs(stays([*map(mill, range(n)), *(came(k, 5, head_crop_m=5.0 + k) for k in range(n))]))
    assert told["line"].unique().to_list() == ["TCM"]
    assert told.sort("piece")["head_crop_m"].to_list() == [5.0 + k for k in range(n)]


@pytest.mark.parametrize(
    ("minutes", "more"),
    [
        (6 * 40, {}),  # forty coils lie between: a furnace, or the yard
        (5, {"end": START}),  # it says when the coil left: a stay
        (5, {"length_out_m": 800.0}),  # it says what became of it
    ],
)
def test_what_holds_or_changes_a_piece_is_a_line(minutes, more):
    rows = stays([*map(mill, range(COILS)), *(came(k, minutes, **more) for k in range(COILS))])
    assert without_entry_logs(rows).equals(rows)
