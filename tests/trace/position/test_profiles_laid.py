"""Profiles of one strip measured twice, with exact truth: where each metre lies, and how sure that is said to be."""

import numpy as np
import pytest

from tundish.trace.position.curves import smoothed, together
from tundish.trace.position.measured import Measured
from tundish.trace.position.registration import Prior, pair, refine, search

LENGTH_M = 2000.0
NOISE = 0.0015
PRIOR = Prior(0.0, LENGTH_M, 0.3, 1.5, 0.1)


def strip(rng):
    """Thickness of a strip by the metre: waves as long as rolls and furnaces make them."""
    waves = [(rng.uniform(0.001, 0.003), rng.uniform(20.0, 250.0), rng.uniform(0.0, 6.0)) for _ in range(9)]
    return lambda x: 1.0 + sum(size * np.sin(2 * np.pi / long * x + phase) for size, long, phase in waves)


def samples(rng, spacing):
    """Where samples fall on a line whose speed is never quite even."""
    count = int(LENGTH_M / spacing)
    return np.cumsum(spacing * (1 + 0.1 * np.sin(np.arange(count) / 97.0) + 0.01 * rng.standard_normal(count)))


def measured_twice(rng, spacings, shift):
    """What lies at x on the first lies at x + shift(x) on the second, as a strip 0.1 % longer makes it."""
    thick = strip(rng)
    first, second = (samples(rng, spacing) for spacing in spacings)
    noise = [1 + NOISE * rng.standard_normal(x.size) for x in (first, second)]
    return Measured(first, thick(first) * noise[0], True), Measured(second, thick(second - shift(second)) * noise[1], True)


@pytest.mark.parametrize("spacings", [(0.8, 0.3), (0.3, 0.8), (1.0, 0.9)])
def test_a_shift_that_grows_along_the_strip_is_found_to_decimetres_and_its_doubt_is_honest(spacings):
    errors, said = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)

        def shift(x):
            return 2.0 - 1.5 * x / LENGTH_M

        made = pair(*measured_twice(rng, spacings, shift))
        found = refine([made], PRIOR, search(made, PRIOR))
        errors.append(found.by_m - shift(found.x))
        said.append(found.sd_m)
    errors, said = np.concatenate(errors), np.concatenate(said)
    assert np.quantile(np.abs(errors), 0.95) < 0.4
    assert np.abs(errors.mean()) < 0.08
    assert (np.abs(errors) <= 1.96 * said).mean() > 0.9


def test_strips_that_are_not_the_same_are_not_alike_however_they_are_laid():
    rng = np.random.default_rng(7)
    one, _ = measured_twice(rng, (0.8, 0.3), lambda x: 0.0 * x)
    _, other = measured_twice(rng, (0.8, 0.3), lambda x: 0.0 * x)
    made = pair(one, other)
    assert search(made, PRIOR).correlation < 0.5
    assert made.effective > 30


def test_the_curve_through_noisy_samples_follows_the_strip_and_not_the_noise():
    rng = np.random.default_rng(3)
    thick, x = strip(rng), samples(rng, 0.4)
    seen = Measured(x, thick(x) * (1 + NOISE * rng.standard_normal(x.size)), True)
    curve = smoothed(seen, x[0], x[-1])
    inner = x[200:-200]
    off = curve.at(inner) + curve.slow(inner) - thick(inner)
    assert np.std(off) < 0.4 * NOISE
    assert np.abs(np.mean(off)) < 0.1 * NOISE


def test_independent_samples_count_one_and_a_running_mean_of_nine_counts_nine():
    noise = np.random.default_rng(0).standard_normal(20_000)
    assert together(noise) == pytest.approx(1.0, abs=0.1)
    assert together(np.convolve(noise, np.ones(9) / 9, "valid")) == pytest.approx(9.0, rel=0.1)


def rolled(*, waves, seed, metres=900.0):
    """A strip's thickness as two lines measure it, laid over each other from the wrong end."""
    rng = np.random.default_rng(seed)
    x = np.arange(0.0, metres, 0.5)

    def seen(at):
        level = sum(a * np.sin(2 * np.pi * at / length + phase) for a, length, phase in waves)
        return Measured(x, level + 0.1 * rng.standard_normal(x.size), placed=True)

    return seen(x), seen(metres - x)


def test_what_comes_back_again_and_again_amounts_to_few_samples_however_long_the_strip():
    rng = np.random.default_rng(7)
    mark_of_a_roll = [(1.0, 33.0, 0.4)]
    strip = [(rng.uniform(0.3, 1.0), rng.uniform(20.0, 150.0), rng.uniform(0, 6)) for _ in range(14)]
    periodic, own = (pair(*rolled(waves=waves, seed=3)) for waves in (mark_of_a_roll, strip))
    assert periodic.effective > 20.0  # by its autocorrelation alone it would be sure of the direction
    assert periodic.telling < 5.0
    assert own.telling > 8.0
