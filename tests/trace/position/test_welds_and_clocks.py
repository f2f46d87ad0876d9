import numpy as np
import polars as pl
from strips import aligned, at, genealogy, trend
from test_position_lines import CATALOGUE, LENGTHS, coils, error_of, run

from tundish.errors import Message
from tundish.table import Table
from tundish.trace.clocks import Aligned
from tundish.trace.pieces import Clock, Jump
from tundish.trace.position import measure


def cut_otherwise(times, *, long=1.005, told=True):
    """What four welded coils became: A alone, B with half of C, the rest of C with D; counted too long; cuts told or not."""
    cuts = ((0, 800.0, [(0, 0.0, 800.0)]), (1, 1650.0, [(1, 0.0, 1200.0), (2, 0.0, 450.0)]),
            (2, 1450.0, [(2, 450.0, 900.0), (3, 0.0, 1000.0)]))  # fmt: skip
    pieces = [{"id": f"C{i}", "length_m": length} for i, length in enumerate(LENGTHS)]
    stays = [
        {"piece": i, "line": "CAL", "start": at(times[i]), "end": at(times[i + 1]), "goes": "in", "length_in_m": length,
         "turned": False} for i, length in enumerate(LENGTHS)
    ]  # fmt: skip
    edges = []
    for number, length, parts in cuts:
        counted = length * (long if len(parts) > 1 else 1.0)
        pieces.append({"id": f"P{number}", "length_m": counted})
        ends = np.interp(100.0 + np.cumsum([0.0, 800.0, 1650.0, 1450.0]), 100.0 + np.cumsum([0.0, *LENGTHS]), times)
        stays.append({"piece": 4 + number, "line": "CAL", "start": at(ends[number]), "end": at(ends[number + 1]),
                      "goes": "out", "length_out_m": counted})  # fmt: skip
        along = 0.0
        for parent, low, high in parts:
            edge = {"parent": parent, "child": 4 + number, "kind": "welded", "line": "CAL", "at": at(ends[number + 1]),
                    "share_of_child": (high - low) / length, "share_of_parent": (high - low) / LENGTHS[parent],
                    "turned": False}  # fmt: skip
            edges.append(edge | ({"from_m": low, "to_m": high, "at_m": along} if told else {}))
            along += high - low
    return genealogy(pieces, edges, stays)


def test_a_weld_inside_a_coil_lies_where_the_line_saw_it_whatever_length_was_counted():
    table, t, metres, edges, times = run()
    made = measure([table], cut_otherwise(times), aligned({"plc": "CAL"}), CATALOGUE)
    profile = made.along(5)
    share = np.array([0.1, 0.6, 0.727, 0.728, 0.9])
    seconds = profile.map("CAL", share * profile.length_m).times_us / 1e6 - at(0).timestamp()
    begins = edges[2] - 1200.0
    off = np.interp(seconds, t, metres) - begins - share * 1650.0
    assert np.abs(off).max() < 1.2  # a weld is seen between samples 1.3 m apart; the counted length would part it 2 m off


def test_a_coil_welded_of_parts_that_no_record_cuts_lies_by_its_counted_length_about_the_weld():
    table, t, metres, edges, times = run()
    made = measure([table], cut_otherwise(times, long=1.0, told=False), aligned({"plc": "CAL"}), CATALOGUE)
    x = np.array([100.0, 1000.0, 1190.0, 1210.0, 1500.0])
    there = made.along(5).map("CAL", x)
    seconds = there.times_us / 1e6 - at(0).timestamp()
    off = np.interp(seconds, t, metres) - (edges[2] - 1200.0) - x
    assert np.abs(off).max() < 2.5
    assert (there.error_m > 2.5).all()  # where it was cut follows from masses alone, and that is said


def test_where_a_clock_was_set_back_rows_tell_which_reading_came_first():
    """The PLC's clock is set back by a minute at 1,200 s: sixty readings come twice."""
    table, t, metres, edges, times = run()
    shown = np.where(t < 1200.0, t, t - 60.0)
    frame = table.frame.with_columns(pl.Series("t", [at(s) for s in shown], dtype=pl.Datetime("us", "UTC")))
    table = Table(table.name, frame, table.columns, table.origins)
    instant = round(at(1200.0).timestamp() * 1e6)
    begin = round(at(0.0).timestamp() * 1e6)
    jump = Jump(at=instant, by_s=60.0, low_s=60.0, high_s=60.0, reason=Message("set"))
    clock = Clock("plc.csv", 0.0, 0.0, 0.0, Message("known"), reference=begin, jumps=(jump,))
    made = measure([table], coils(times, LENGTHS), Aligned((clock,), {"plc": "CAL"}), CATALOGUE)
    for piece in range(len(LENGTHS)):
        assert np.abs(error_of(made, piece, edges, metres, t)).max() < 0.6


def test_ten_rows_of_one_written_second_are_laid_evenly_inside_it():
    """Ten rows a second, stamped with the second alone: a temperature that grows with the metres stays straight."""
    t = np.arange(0.0, 800.0, 0.1)
    there = (t >= 100.05) & (t < 600.05)
    table = trend("plc", np.floor(t + 1e-9), {"line.speed": np.full(t.size, 2.0), "position.strip_present": there,
                                              "annealing.temperature": 900.0 + 0.2 * t})  # fmt: skip
    stays = [{"piece": 0, "line": "CAL", "start": at(100), "end": at(600), "goes": "through", "length_in_m": 1000.0,
              "length_out_m": 1000.0, "turned": False}]  # fmt: skip
    made = measure([table], genealogy([{"id": "A", "length_m": 1000.0}], stays=stays), aligned({"plc": "CAL"}), CATALOGUE)
    profile = made.along(0)
    level = profile.levels[0]
    row = next(s.row for s in profile.signals if s.column.name == "annealing.temperature")
    cells = np.arange(level.mean.shape[1])
    assert np.abs(level.mean[row] - (900.0 + 0.2 * (100.05 + (cells + 0.5) / 2.0)))[2:-2].max() < 0.1
    assert (level.count[row][2:-2] >= 4).all()


def test_what_leaves_a_strand_lies_between_its_written_times_where_its_clock_is_known():
    """A strand at 0.02 m/s shows no mark; slabs of 6 m leave it every 300 s."""
    t = np.arange(0.0, 4000.0, 1.0)
    table = trend("ccm", t, {"casting.speed": np.full(t.size, 0.02)})
    pieces = [{"id": f"S{i}", "length_m": 6.0, "level": "slab"} for i in range(8)]
    stays = [
        {"piece": i, "line": "ccm", "start": at(300 * i + 500), "end": at(300 * i + 800), "goes": "out", "length_out_m": 6.0}
        for i in range(8)
    ]  # fmt: skip
    slabs = genealogy(pieces, stays=stays)
    x = np.array([0.5, 3.0, 5.5])
    made = measure([table], slabs, aligned({"ccm": "ccm"}), CATALOGUE)
    for piece in range(8):
        there = made.along(piece).map("ccm", x)
        seconds = there.times_us / 1e6 - at(0).timestamp()
        assert np.abs((seconds - 300 * piece - 500) * 0.02 - x).max() < 0.1
        assert (there.error_m > 0.01).all()


def test_slabs_that_leave_a_strand_end_to_end_lie_nearer_than_their_typed_times():
    """Thirty slabs of 6 m, times typed to half a minute, one of them by ten minutes wrong."""
    rng = np.random.default_rng(3)
    t = np.arange(0.0, 11_000.0, 1.0)
    table = trend("ccm", t, {"casting.speed": np.full(t.size, 0.02)})
    true = 500.0 + 300.0 * np.arange(31)
    typed = [np.round((true[i : i + 30] + 20.0 * rng.standard_normal(30)) / 30.0) * 30.0 for i in (0, 1)]
    typed[1][12] += 600.0
    counted = 6.0 * (1.0 + 0.002 * rng.standard_normal(30))
    pieces = [{"id": f"S{i}", "length_m": counted[i], "level": "slab"} for i in range(30)]
    stays = [
        {"piece": i, "line": "ccm", "start": at(typed[0][i]), "end": at(typed[1][i]), "goes": "out", "length_out_m": counted[i]}
        for i in range(30)
    ]  # fmt: skip
    made = measure([table], genealogy(pieces, stays=stays), aligned({"ccm": "ccm"}), CATALOGUE)
    x = np.array([0.5, 3.0, 5.5])
    for piece in range(30):
        there = made.along(piece).map("ccm", x)
        off = np.abs((there.times_us / 1e6 - at(0).timestamp() - true[piece]) * 0.02 - x)
        assert off.max() < 0.3  # 15 s; each time alone is 20 s off and more
        assert (off <= 2.0 * there.error_m).all()
