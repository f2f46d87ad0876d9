import numpy as np
import pytest
from generated import generate

from tundish.trace.clocks import estimate, given
from tundish.trace.stamps import stamps


def sides(made):
    lots, plc, _ = made.tables()
    signals = [plc.frame[f"plant:{name}"].to_numpy() for name in ("온도", "속도", "농도", "잡음")]
    return stamps(plc, "plant:시각"), signals, stamps(lots, "plant:투입"), stamps(lots, "plant:배출")


@pytest.mark.parametrize("offset", [-137.0, 0.0, 42.5, 611.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_offset_is_found_to_two_seconds_and_lies_in_its_interval(offset: float, seed: int):
    clock, doubt = estimate("plc.csv", *sides(generate(seed=seed, offset_s=offset)))
    assert doubt is None
    assert abs(clock.offset_s - offset) <= 2.0
    assert clock.low_s <= offset <= clock.high_s


def test_noise_three_times_the_settings_still_gives_the_offset():
    clock, _ = estimate("plc.csv", *sides(generate(noise=3.0, lots=600)))
    assert abs(clock.offset_s + 137) <= 10


def test_one_row_a_minute_is_enough():
    clock, _ = estimate("plc.csv", *sides(generate(step_s=60.0)))
    assert abs(clock.offset_s + 137) <= 5


@pytest.mark.parametrize("offset", [420.0, -137.0])
def test_a_log_that_is_written_only_while_the_line_runs(offset: float):
    times, signals, starts, ends = sides(generate(offset_s=offset))
    lot = np.searchsorted(starts, times + int(offset * 1e6), "right") - 1
    runs = (lot >= 0) & (times + int(offset * 1e6) <= ends[np.maximum(lot, 0)])
    assert 0.3 < runs.mean() < 0.99
    rng = np.random.default_rng(0)
    calm = [rng.normal(size=int(runs.sum())) for _ in signals]
    for seen in ([signal[runs] for signal in signals], calm):
        clock, _ = estimate("plc.csv", times[runs], seen, starts, ends)
        assert abs(clock.offset_s - offset) <= 15.0


def test_lots_of_equal_length_fit_anywhere_and_it_is_said():
    clock, doubt = estimate("plc.csv", *sides(generate(equal=True)))
    assert not clock.sure
    assert doubt is not None
    assert doubt.code == "clock_unsure"


def test_signals_that_do_not_follow_the_lots_give_no_offset():
    times, signals, starts, ends = sides(generate())
    rng = np.random.default_rng(1)
    walks = [np.cumsum(rng.normal(size=times.size)) for _ in range(3)] + [rng.normal(size=times.size)]
    clock, doubt = estimate("plc.csv", times, walks, starts, ends)
    assert clock.offset_s == 0.0
    assert doubt is not None
    assert doubt.code == "clock_unsure"
    clock, doubt = estimate("plc.csv", times, signals, starts[:3], ends[:3])
    assert clock.offset_s == 0.0
    assert doubt is not None


def test_a_stated_offset_has_no_width():
    clock = given("plc.csv", 12.0)
    assert clock.low_s == clock.offset_s == clock.high_s == 12.0
