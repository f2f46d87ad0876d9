import numpy as np
import polars as pl
import pytest
from strips import aligned, at, genealogy, trend

from tundish.table import Table
from tundish.trace.position import measure
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
V = 2.0


def run(scale=1.0, noise=0.0, drop=()):
    """A welded line at a speed that changes evenly: true metres by hand, welds between the coils."""
    rng = np.random.default_rng(0)
    t = np.arange(0.0, 2600, 0.5)
    speed = V * (1.0 + 0.3 * np.sin(t / 200.0))
    metres = V * (t + 60.0 * (1.0 - np.cos(t / 200.0)))
    edges = 100.0 + np.concatenate(([0.0], np.cumsum(LENGTHS)))
    times = np.interp(edges, metres, t)
    weld = np.zeros(t.size, bool)
    for number, when in enumerate(times):
        if number not in drop:
            weld[np.searchsorted(t, when)] = True
    shown = speed * scale * (1.0 + noise * rng.standard_normal(t.size))
    temperature = 900.0 + metres * 0.1
    table = trend("plc", t, {"line.speed": shown, "position.weld_detected": weld, "annealing.temperature": temperature})
    return table, t, metres, edges, times


def coils(times, lengths, clock_s=0.0, **more):
    pieces = [{"id": f"C{i}", "length_m": length} for i, length in enumerate(lengths)]
    stays = [
        {"piece": i, "line": "CAL", "start": at(times[i] + clock_s), "end": at(times[i + 1] + clock_s), "goes": "through",
         "length_in_m": length, "length_out_m": length - 0.8, "turned": False} | more
        for i, length in enumerate(lengths)
    ]  # fmt: skip
    return genealogy(pieces, stays=stays)


LENGTHS = (800.0, 1200.0, 900.0, 1000.0)


def error_of(lengths_, piece, edges, metres, t):
    begin, length = edges[piece], LENGTHS[piece]
    x = np.linspace(0.5, length - 0.5, 200)
    there = lengths_.along(piece).map("CAL", x)
    seconds = there.times_us / 1e6 - at(0).timestamp()
    return np.interp(seconds, t, metres) - begin - x


def test_length_is_the_integral_of_speed_held_by_the_welds_whatever_the_gauge_is_off():
    for scale in (1.0, 1.002, 0.97):
        table, t, metres, edges, times = run(scale=scale)
        made = measure([table], coils(times, LENGTHS), aligned({"plc": "CAL"}), CATALOGUE)
        assert made.scales["CAL"] == pytest.approx(scale, rel=1e-3)
        for piece in range(len(LENGTHS)):
            error = error_of(made, piece, edges, metres, t)
            assert np.abs(error).max() < 0.6  # a weld is seen between two samples, 0.8 to 1.3 m apart


def test_clocks_that_are_off_move_no_metre():
    table, t, metres, edges, times = run(noise=0.01)
    for off in (-40.0, 25.0):
        made = measure([table], coils(times, LENGTHS, clock_s=off), aligned({"plc": "CAL"}), CATALOGUE)
        error = error_of(made, 1, edges, metres, t)
        assert np.quantile(np.abs(error), 0.95) < 1.0


def test_a_missing_weld_is_replaced_by_recorded_lengths_and_told():
    table, t, metres, edges, times = run(drop=(2,))
    made = measure([table], coils(times, LENGTHS), aligned({"plc": "CAL"}), CATALOGUE)
    assert {f.code for f in made.findings} >= {"marks_missing"}
    for piece in (1, 2):
        assert np.abs(error_of(made, piece, edges, metres, t)).max() < 1.5


def test_a_pulse_too_many_parts_no_coil():
    table, t, metres, edges, times = run()
    flags = table.frame["position.weld_detected"].to_list()
    flags[int(np.searchsorted(metres, edges[1] + 500.0))] = "1"
    frame = table.frame.with_columns(pl.Series("position.weld_detected", flags))
    table = Table(table.name, frame, table.columns, table.origins)
    made = measure([table], coils(times, LENGTHS), aligned({"plc": "CAL"}), CATALOGUE)
    assert np.abs(error_of(made, 1, edges, metres, t)).max() < 0.6


def test_values_lie_where_they_were_measured_gauge_and_all():
    table, _, _, edges, times = run()
    made = measure(
        [table], coils(times, LENGTHS), aligned({"plc": "CAL"}), CATALOGUE,
        gauges_m={"plc.csv:annealing.temperature": 30.0, "plc.csv:line.speed": 0.0},
    )  # fmt: skip
    profile = made.along(1)
    row = next(s.row for s in profile.signals if s.column.name == "annealing.temperature")
    level = profile.levels[0]
    cells = np.flatnonzero(level.count[row])
    # the gauge shows 900 K + 0.1 K/m of what has passed the reference point, and sees material 30 m after that
    expected = 900.0 + 0.1 * (edges[1] + cells + 0.5 + 30.0)
    assert np.abs(level.mean[row, cells] - expected).max() < 0.15
    assert (level.low[row, cells] <= level.mean[row, cells] + 1e-9).all()
    empty = level.count[row] == 0
    assert empty.any()  # 1 m cells, 1.3 m a sample: some hold none
    assert np.isnan(level.mean[row, empty]).all()


@pytest.mark.parametrize("unit", [60.0, 1000.0])
def test_gauges_stand_as_many_metres_on_where_lengths_alone_tell_the_unit_of_the_speed(unit: float):
    table, t, metres, edges, times = run(scale=unit)
    # the welds are seen 30 m before the reference point: there each is 30 m later
    seen = np.searchsorted(metres, edges - 30.0)
    weld = pl.Series("position.weld_detected", [str(int(row in seen)) for row in range(t.size)])
    table = Table(table.name, table.frame.with_columns(weld), table.columns, table.origins)
    gauges = {"plc.csv:position.weld_detected": -30.0}
    made = measure([table], coils(times, LENGTHS), aligned({"plc": "CAL"}), CATALOGUE, gauges_m=gauges)
    assert made.scales["CAL"] == pytest.approx(1.0, rel=1e-3)
    for piece in range(len(LENGTHS)):
        assert np.abs(error_of(made, piece, edges, metres, t)).max() < 1.4


def test_unplaced_gauges_and_missing_speed_are_told():
    table, t, *_, times = run()
    holes = table.frame.with_columns(
        **{"line.speed": np.where((t > 800) & (t < 860), np.nan, table.frame["line.speed"].to_numpy())}
    )
    made = measure([Table("plc", holes, table.columns, table.origins)], coils(times, LENGTHS), aligned({"plc": "CAL"}),
                   CATALOGUE, gauges_m={"plc.csv:nothing": 3.0})  # fmt: skip
    assert {f.code for f in made.findings} >= {"gauge_unplaced", "speed_missing", "no_such_gauge"}


def test_a_coil_turned_cropped_and_cut_comes_back_to_the_metre_it_left():
    """Coil A (1,000 m) leaves line one; runs tail first into line two, 10 m and 20 m cropped, elongated by 2, cut at 400 m."""
    t = np.arange(0.0, 1400.0, 0.5)
    one = trend("one", t, {"line.speed": np.full(t.size, 1.0), "position.strip_present": (t >= 100.25) & (t < 1100.25)})
    two = trend("two", t, {"line.speed": np.full(t.size, 2.0), "position.strip_present": (t >= 200.25) & (t < 1170.25)})
    pieces = [{"id": "A", "length_m": 1000.0}, {"id": "B1", "length_m": 780.0}, {"id": "B2", "length_m": 1160.0}]
    edges = [
        {"parent": 0, "child": 1, "kind": "rolled", "line": "two", "at": at(590), "from_m": 10.0, "to_m": 400.0, "at_m": 0.0,
         "turned": True, "flipped": False},
        {"parent": 0, "child": 2, "kind": "rolled", "line": "two", "at": at(1170), "from_m": 400.0, "to_m": 980.0, "at_m": 0.0,
         "turned": True, "flipped": False},
    ]  # fmt: skip
    stays = [
        {"piece": 0, "line": "one", "start": at(100), "end": at(1100), "goes": "out", "length_out_m": 1000.0},
        {"piece": 0, "line": "two", "start": at(200), "end": at(1170), "goes": "in", "length_in_m": 1000.0, "head_crop_m": 10.0,
         "tail_crop_m": 20.0, "turned": True},
        {"piece": 1, "line": "two", "start": at(200), "end": at(590), "goes": "out", "length_out_m": 780.0},
        {"piece": 2, "line": "two", "start": at(590), "end": at(1170), "goes": "out", "length_out_m": 1160.0},
    ]  # fmt: skip
    made = measure([one, two], genealogy(pieces, edges, stays), aligned({"one": "one", "two": "two"}), CATALOGUE)
    for piece, begin, length in ((1, 10.0, 780.0), (2, 400.0, 1160.0)):
        profile = made.along(piece)
        x = np.array([1.0, 100.0, length - 1.0])
        into = begin + x / 2.0
        second, first = profile.map("two", x), profile.map("one", x)
        assert second.metres == pytest.approx(into, abs=0.2)  # the product is ruled by the gauge, not as recorded
        assert first.metres == pytest.approx(1000.0 - into, abs=0.4)
        assert (second.times_us / 1e6 - at(0).timestamp()) == pytest.approx(200.25 + into - 10.0, abs=0.4)
        assert (first.times_us / 1e6 - at(0).timestamp()) == pytest.approx(100.25 + 1000.0 - into, abs=0.4)
        assert [s.mirrored for s in profile.stretches] == [False, True]
        assert profile.mapped("one") == 1.0
        assert np.isnan(profile.map("one", [-1.0, length + 10.0]).metres).all()


def profiles(turned: bool, seed: int):
    """The same thickness on two lines, on the second from tail to head."""
    rng = np.random.default_rng(seed)
    t = np.arange(0.0, 700.0, 0.5)
    waves = [(0.02 * rng.uniform(0.5, 1), 2 * np.pi / rng.uniform(20, 120), rng.uniform(0, 6)) for _ in range(8)]

    def thick(x):
        return 1e-3 * (2.0 + sum(a * np.sin(k * x + p) for a, k, p in waves)) * (1 + 0.0015 * rng.standard_normal(x.size))

    first = trend("one", t, {"line.speed": np.full(t.size, 2.0), "position.strip_present": (t >= 50.25) & (t < 550.25),
                             "product.thickness": thick(2.0 * (t - 50.25))})  # fmt: skip
    x = 2.0 * (t - 80.25)
    second = trend("two", t, {"line.speed": np.full(t.size, 2.0), "position.strip_present": (t >= 80.25) & (t < 580.25),
                              "product.thickness": thick(1000.0 - x if turned else x)})  # fmt: skip
    stays = [{"piece": 0, "line": line, "start": at(start), "end": at(start + 500), "goes": "through", "length_in_m": 1000.0,
              "length_out_m": 1000.0} for line, start in (("one", 50), ("two", 80))]  # fmt: skip
    return [first, second], genealogy([{"id": "A", "length_m": 1000.0}], stays=stays)


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_profiles_of_two_lines_tell_the_direction(turned: bool, seed: int):
    tables, made = profiles(turned, seed)
    gauges = {"one.csv:product.thickness": 0.0, "two.csv:product.thickness": 0.0}
    profile = measure(tables, made, aligned({"one": "one", "two": "two"}), CATALOGUE, gauges_m=gauges).along(0)
    turning = profile.stretches[1].turning
    assert turning.turned is turned
    assert turning.by == "profile"
    assert turning.probability > 0.99
    x = np.linspace(5, 995, 100)
    seconds = profile.map("one", x).times_us / 1e6 - at(0).timestamp()
    true = 50.25 + (1000.0 - x if turned else x) / 2.0
    assert np.quantile(np.abs(seconds - true) * 2.0, 0.95) < 0.8  # a metre a sample: head and tail of the axis to half of it
    assert ("direction_found" in {f.code for f in profile.findings}) is (not turned)


def test_without_profiles_a_coil_is_taken_to_turn_and_it_is_said():
    tables, made = profiles(True, 0)
    bare = [Table(t.name, t.frame.drop("product.thickness"), t.columns[:-1], t.origins) for t in tables]
    profile = measure(bare, made, aligned({"one": "one", "two": "two"}), CATALOGUE).along(0)
    assert profile.stretches[1].turning.turned is True
    assert "direction_assumed" in {f.code for f in profile.findings}


def test_a_pass_whose_profile_is_another_pieces_is_left_unmapped():
    tables, made = profiles(False, 0)
    other, _ = profiles(False, 1)
    gauges = {"one.csv:product.thickness": 0.0, "two.csv:product.thickness": 0.0}
    profile = measure([other[0], tables[1]], made, aligned({"one": "one", "two": "two"}), CATALOGUE, gauges_m=gauges).along(0)
    assert np.isnan(profile.map("one", [500.0]).times_us).all()
    assert profile.mapped("two") == 1.0
    assert "metres_unmapped" in {f.code for f in profile.findings}


def test_a_bar_without_welds_lies_between_its_head_and_its_tail_in_its_own_running_direction():
    """Bars of 60 m follow each other at gaps of 20 m; the log has speed and strip-present alone; no crop, no turning."""
    t = np.arange(0.0, 200.0, 0.1)
    metres = 4.0 * t
    there = (metres % 80.0 >= 20.0) & (metres < 640.0)
    table = trend("mill", t, {"line.speed": np.full(t.size, 4.0), "position.strip_present": there})
    pieces = [{"id": f"B{i}", "length_m": 60.0, "level": "bar"} for i in range(8)]
    stays = [
        {"piece": i, "line": "mill", "start": at(20 * i + 8), "end": at(20 * i + 23), "goes": "out", "length_out_m": 60.0}
        for i in range(8)
    ]  # fmt: skip
    made = measure([table], genealogy(pieces, stays=stays), aligned({"mill": "mill"}), CATALOGUE)
    x = np.array([1.0, 30.0, 59.0])
    for piece in range(8):
        there_ = made.along(piece).map("mill", x)
        seconds = there_.times_us / 1e6 - at(0).timestamp()
        assert np.abs(seconds * 4.0 - (80.0 * piece + 20.0 + x)).max() < 0.5
        assert (there_.error_m > 0).all()
