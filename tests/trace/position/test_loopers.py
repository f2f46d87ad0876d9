"""A continuous annealing line by hand: entry, furnace and exit run at their own speeds, loopers take up the difference."""

from dataclasses import replace

import numpy as np
import pytest
from strips import aligned, at, genealogy, trend
from test_position_lines import CATALOGUE

from tundish.table import Column, Origin
from tundish.trace.position import measure
from tundish.trace.position.trend import apart_by_loopers

LENGTHS = (612.0, 547.0, 683.0, 590.0, 655.0, 571.0, 640.0, 598.0, 667.0, 559.0, 621.0, 700.0)
ENDS = np.concatenate(([0.0], np.cumsum(LENGTHS)))
PATH_M = {"entry": 150.0, "exit": 120.0}
"""Least strip between each end and the furnace."""
LOOPER_M = 250.0
FURNACE_GAUGE_M = 40.0


def counted():
    """Second by second: metres of the whole strip that stand at the entry, in the furnace and at the exit."""
    step, welds, ran = 0.5, list(ENDS[1:-1]), []
    least_in, least_out = PATH_M["entry"], PATH_M["exit"]
    furnace, held, left = -least_in - LOOPER_M, least_in + LOOPER_M, least_out
    pause = rest = 0.0
    cuts = list(ENDS[1:-1])
    while furnace - left < ENDS[-1] + 5.0:
        entry, exit_ = furnace + held, furnace - left
        if welds and entry >= welds[0]:
            welds.pop(0)
            pause = 45.0
        if cuts and exit_ >= cuts[0]:
            cuts.pop(0)
            rest = 20.0
        speed = 2.6
        v_in = 0.0 if pause > 0 else speed * (1.4 if held < least_in + LOOPER_M else 1.0)
        v_out = 0.3 if rest > 0 else speed * (1.3 if left > least_out else 1.0)
        pause, rest = pause - step, rest - step
        ran.append((entry, furnace, exit_, v_in, speed, v_out))
        furnace, held, left = furnace + speed * step, held + (v_in - speed) * step, left + (speed - v_out) * step
    return np.arange(len(ran)) * step, np.array(ran).T


def flags(metres):
    """True while a weld passes these metres."""
    seen = np.zeros(metres.size, bool)
    for weld in ENDS[1:-1]:
        first = int(np.argmax(metres >= weld))
        seen[first : first + 3] = True
    return seen


def line(*, entry_weld=True, furnace_jumps=True):
    """The line's trend, its coils by their lengths, and truth."""
    seconds, (entry, furnace, exit_, v_in, speed, v_out) = counted()
    coil = np.clip(np.searchsorted(ENDS, furnace - FURNACE_GAUGE_M, "right") - 1, 0, len(LENGTHS) - 1)
    rng = np.random.default_rng(4)
    levels = rng.normal(0.0, 9.0, len(LENGTHS))[coil] if furnace_jumps else 0.0
    table = trend("plc", seconds, {
        "line.entry_speed": v_in, "annealing.line_speed": np.full(seconds.size, speed), "line.exit_speed": v_out,
        "annealing.soaking_temperature": 1050.0 + levels + rng.normal(0.0, 0.5, seconds.size),
        "position.weld_detected": flags(exit_), "position.weld_detected@2": flags(entry),
    })  # fmt: skip
    second = Column("position.weld_detected@2", "category", (Origin("plc.csv", column="ENT_WELD"),),
                    concept="position.weld_detected")  # fmt: skip
    columns = tuple(one for one in table.columns if one.name != second.name) + ((second,) if entry_weld else ())
    table = replace(table, columns=columns)
    at_exit = np.interp(ENDS, exit_, seconds)
    pieces = [{"id": f"C{i}", "length_m": length} for i, length in enumerate(LENGTHS)]
    stays = [
        {"piece": i, "line": "CAL", "start": at(at_exit[i]), "end": at(at_exit[i + 1]), "goes": "through",
         "length_in_m": length, "length_out_m": length, "head_crop_m": 0.0, "tail_crop_m": 0.0, "turned": False}
        for i, length in enumerate(LENGTHS)
    ]  # fmt: skip
    made = measure(
        [table], genealogy(pieces, (), stays), aligned({"plc": "CAL"}), CATALOGUE,
        gauges_m={"plc.csv:annealing.soaking_temperature": FURNACE_GAUGE_M},
    )  # fmt: skip
    return made, seconds, {"entry": entry, "centre": furnace, None: exit_}


def off(made, seconds, metres, section):
    """By how much places of the inner coils lie off in a section, and what is said of it."""
    errors, said = [], []
    for piece in range(2, len(LENGTHS) - 2):
        x = np.arange(25.0, LENGTHS[piece] - 25.0, 20.0)
        there = made.along(piece).map("CAL", x, section=section)
        when = there.times_us / 1e6 - at(0).timestamp()
        errors.append(np.interp(when, seconds, metres[section]) - ENDS[piece] - x)
        said.append(there.error_m)
    return np.abs(np.concatenate(errors)), np.concatenate(said)


def test_each_section_has_its_own_metres_tied_by_the_welds_that_both_ends_see():
    made, seconds, metres = line()
    for section in (None, "entry"):
        errors, said = off(made, seconds, metres, section)
        assert errors.max() < 2.5
        assert (errors <= said + 1.0).mean() > 0.9


def test_a_furnace_without_a_weld_detector_is_tied_by_what_jumps_there_at_the_welds():
    made, seconds, metres = line()
    errors, _ = off(made, seconds, metres, "centre")
    assert errors.max() < 4.0
    assert not [finding for finding in made.findings if finding.code == "section_untied"]


@pytest.mark.parametrize("entry_weld", [True, False])
def test_where_nothing_ties_a_section_its_error_holds_the_looper_and_it_is_told(entry_weld):
    made, seconds, metres = line(entry_weld=entry_weld, furnace_jumps=False)
    errors, said = off(made, seconds, metres, "centre")
    assert errors.max() > 20.0
    assert (errors <= said).mean() > 0.95
    assert [finding.code for finding in made.findings].count("section_untied") == 1
    assert off(made, seconds, metres, None)[0].max() < 2.5


def test_rolls_between_two_speeds_are_no_looper_nor_is_strip_that_has_not_come_in_yet():
    times = np.arange(4000, dtype=np.int64) * 1_000_000
    exit_ = np.where(np.arange(4000) % 900 < 60, 0.5, 12.0)
    entry = exit_ / np.where(np.arange(4000) < 2000, 2.0, 4.0)
    assert not apart_by_loopers(exit_, entry, times)
    assert not apart_by_loopers(exit_, np.where(np.arange(4000) < 300, 0.0, entry), times)
    waiting = np.where(np.arange(4000) % 700 < 40, 0.0, 3.0)
    assert apart_by_loopers(np.full(4000, 2.8), waiting, times)
