"""Does each coil count by what it was thinned to, and does a note that a coil was there leave its ends alone?"""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from strips import aligned, at, genealogy, trend

from tundish.trace.position import measure
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
CAME = (700.0, 745.0, 690.0, 722.0, 655.0, 731.0, 668.0, 749.0, 702.0, 684.0, 735.0, 661.0)
THICK = (0.8,) * 8 + (1.1,) * 4
"""Exit thickness in mm of two orders, of coils 2.4 mm thick as they come in."""
SPEED = 8.0


def mill(told: bool, lost: int | None = None, written: tuple[str, ...] = ("start", "end")):
    """A tandem mill that rolls twelve coils welded end to end; its log ends with the last one."""
    left = np.array(CAME) * 2.4 / np.array(THICK)
    edges = 100.0 + np.concatenate(([0.0], np.cumsum(left)))
    t = np.arange(0.0, (edges[-1] + 60.0) / SPEED, 0.1)
    weld = np.zeros(t.size, bool)
    weld[np.searchsorted(t * SPEED, edges[:-1])] = True
    table = trend("plc", t, {"line.speed": np.full(t.size, SPEED), "position.weld_detected": weld})
    count = len(CAME)
    pieces = [{"id": f"H{i}", "length_m": CAME[i], "thickness_m": 2.4e-3 if told else None} for i in range(count)]
    pieces += [
        {"id": f"C{i}", "length_m": left[i] * (0.45 if i == lost else 1.0), "thickness_m": THICK[i] * 1e-3 if told else None}
        for i in range(count)
    ]
    drawn = [{"parent": i, "child": count + i, "kind": "rolled", "line": "TCM"} for i in range(count)]
    when = edges / SPEED
    stays = [
        {"piece": i, "line": "TCM", "start": at(when[i]), "end": at(when[i + 1]), "goes": "in", "length_in_m": CAME[i]}
        for i in range(count)
    ]
    stays += [
        {"piece": count + i, "line": "TCM", "start": at(when[i]), "end": at(when[i + 1]), "goes": "out",
         "length_out_m": pieces[count + i]["length_m"]} for i in range(count)
    ]  # fmt: skip
    stays = [{name: value for name, value in one.items() if name not in {"start", "end"} - set(written)} for one in stays]
    made = measure([table], genealogy(pieces, drawn, stays), aligned({"plc": "TCM"}), CATALOGUE)
    return made, edges


@pytest.mark.parametrize("told", [True, False])
def test_coils_of_another_order_miss_no_product_because_they_became_shorter(told: bool):
    made, edges = mill(told)
    rows = made.book.genealogy.stays.with_row_index("stay").filter(goes="in").sort("piece")["stay"].to_numpy()
    assert np.abs(made.book.passes.low_m[rows] - edges[:-1]).max() < 2.0
    assert np.abs(made.book.passes.high_m[rows] - edges[1:]).max() < 4.0  # no weld ends the last coil: its length does


@pytest.mark.parametrize("told", [True, False])
def test_a_coil_of_which_a_product_is_not_recorded_lies_between_its_welds(told: bool):
    made, edges = mill(told, lost=4)
    rows = made.book.genealogy.stays.with_row_index("stay").filter(goes="in").sort("piece")["stay"].to_numpy()
    assert np.abs(made.book.passes.low_m[rows] - edges[:-1]).max() < 2.0


def test_a_list_of_what_was_put_on_a_line_turns_no_coil():
    t = np.arange(0.0, 400.0, 0.5)
    plc = [trend(name, t, {"line.speed": np.full(t.size, 2.0), "position.strip_present": (t >= 50.0) & (t < 300.0)})
           for name in ("one", "two")]  # fmt: skip
    pieces = [{"id": "A", "length_m": 500.0}]
    stays = [
        {"piece": 0, "line": "ONE", "start": at(50), "end": at(300), "goes": "out", "length_out_m": 500.0},
        {"piece": 0, "line": "LIST", "start": at(310), "goes": "through"},
        {"piece": 0, "line": "TWO", "start": at(86450), "end": at(86700), "goes": "through", "length_in_m": 500.0,
         "length_out_m": 500.0, "turned": True},
    ]  # fmt: skip
    late = plc[1].frame.with_columns(t=pl.col("t") + timedelta(days=1))
    tables = [plc[0], type(plc[1])("two", late, plc[1].columns, plc[1].origins)]
    made = measure(tables, genealogy(pieces, stays=stays), aligned({"one": "ONE", "two": "TWO"}), CATALOGUE)
    x = np.array([100.0, 400.0])
    there = made.along(0).map("ONE", x)
    assert (there.times_us / 1e6 - at(0).timestamp()).tolist() == pytest.approx((50.0 + (500.0 - x) / 2.0).tolist(), abs=1.0)


@pytest.mark.parametrize("kept", ["start", "end"])
def test_a_line_that_writes_only_when_each_coil_began_or_ended_is_followed_too(kept: str):
    made, edges = mill(told=True, written=(kept,))
    rows = made.book.genealogy.stays.with_row_index("stay").filter(goes="in").sort("piece")["stay"].to_numpy()
    assert np.abs(made.book.passes.low_m[rows] - edges[:-1]).max() < 2.0
