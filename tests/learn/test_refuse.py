"""Copies and arithmetic of the target are refused with their formula; strong causes are not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from plants import Maker

from tundish.learn.identity import find_identities, grain, same_order
from tundish.learn.refuse import are_classes_of, refuse

RNG = np.random.default_rng(5)
N = 1200
NOISE = [RNG.normal(size=N).round(2) for _ in range(15)]
A, B, C = RNG.normal(100, 5, N).round(1), RNG.normal(50, 5, N).round(1), RNG.uniform(10, 30, N).round(1)
NAMES = ["a", "b", "c", *(f"n{i}" for i in range(15))]


def formulas(target: np.ndarray) -> list[str]:
    return [identity.formula for identity in find_identities(target, [A, B, C, *NOISE], NAMES)]


@pytest.mark.parametrize(
    ("target", "formula"),
    [
        (A + B - C, "{target} = a + b - c"),
        ((3 * A + 0.5 * B - 2).round(2), "{target} = 3 x a +0.5 x b -2"),
    ],
)
def test_sums(target, formula):
    assert formulas(target) == [formula]


def test_products_and_ratios_with_half_exponents():
    found = find_identities((A * B / np.sqrt(C)).round(3), [A, B, C, *NOISE], NAMES)
    assert len(found) == 1
    assert set(found[0].columns) == {0, 1, 2}
    assert "c^-0.5" in found[0].formula


def test_one_typing_error_hides_no_sum():
    target = A + B - C
    target[7] += 500
    assert len(formulas(target)) == 1


def test_power_triangle_and_rounded_multiple():
    usage = RNG.gamma(2, 20, N).round(2)
    factor = RNG.uniform(40, 99.5, N).round(2)
    reactive = (usage * np.sqrt(1 - (factor / 100) ** 2) / (factor / 100)).round(2)
    emitted = (usage * 0.00045).round(2)
    found = find_identities(usage, [reactive, factor, emitted, *NOISE], ["Q", "pf", "CO2", *NAMES[3:]])
    assert {frozenset(identity.columns) for identity in found} == {frozenset({0, 1}), frozenset({2})}
    assert any("sqrt(1 - pf^2)" in identity.formula for identity in found)


@pytest.mark.parametrize("scatter", [0.2, 1.0, 5.0])
def test_a_strong_cause_is_no_identity(scatter):
    target = (2 * A + B + scatter * RNG.normal(size=N)).round(1)
    assert formulas(target) == []
    assert not same_order(target, A)


@pytest.mark.parametrize(
    "copy", [lambda y: np.exp(y / 20), lambda y: -y, lambda y: y.round(-1), lambda y: (y > 100).astype(float)]
)
def test_recoded_copies(copy):
    assert same_order(A, copy(A))


def test_noisy_threshold_is_no_copy():
    assert not same_order(A, (A + RNG.normal(size=N) > 100).astype(float))


def graded(target: np.ndarray, edges: list[float], slips: int = 0) -> pl.Series:
    grades = np.array(list("ABCDE"))[np.digitize(target, edges)]
    grades[RNG.choice(N, slips, replace=False)] = "A"
    return pl.Series(grades)


def test_classes_cut_out_of_the_target_are_a_copy():
    assert are_classes_of(A, graded(A, [95.0, 103.0]))
    assert are_classes_of(A, graded(A, [100.0], slips=2))


def test_another_material_is_no_copy_of_the_target():
    steel = RNG.integers(0, 2, N)
    apart, overlapping = (400 + rise * steel + RNG.normal(0, 10, N) for rise in (300, 40))
    names = pl.Series(np.array(["SS400", "SM570"])[steel])
    assert not are_classes_of(apart, names)
    assert not are_classes_of(overlapping, names)


def test_grain():
    assert grain(np.array([1.25, 3.5, 2.75])) == 0.01
    assert grain(np.array([100.0, 250.0, 300.0])) == 10
    assert grain(RNG.normal(size=100)) == 0


def plant_with(outcome: np.ndarray, **columns: tuple) -> dict[str, str]:
    make = Maker(np.random.default_rng(0), len(outcome))
    for name, (values, kind, known) in columns.items():
        make.add(name, values, kind=kind, known=known)
    return {
        refusal.column.headers[0]: str(refusal.reason)
        for refusal in refuse(make.pieces(outcome), outcome, binary=bool(set(np.unique(outcome)) <= {0.0, 1.0}))
    }


def test_what_is_refused_and_what_stays():
    risk = RNG.normal(size=N)
    bad = (risk + 0.3 * RNG.normal(size=N) > 1).astype(float)
    refused = plant_with(
        bad,
        strong_cause=(risk, "number", "before"),
        defect_code=([f"K{i % 3}" if b else None for i, b in enumerate(bad)], "category", "before"),
        verdict_number=(10 - 3 * bad, "number", "before"),
        running=(np.arange(N), "number", "before"),
        constant=(np.full(N, 4.0), "number", "before"),
        lot_id=([f"L{i}" for i in range(N)], "identity", "before"),
        label=([f"X{i}" for i in range(N)], "category", "before"),
        later=(RNG.normal(size=N), "number", "after"),
        grade=([f"G{i % 4}" for i in range(N)], "category", "before"),
    )
    assert set(refused) == {"defect_code", "verdict_number", "running", "constant", "lot_id", "label", "later"}
    assert "fixes 100.0 %" in refused["defect_code"]


def test_only_the_late_part_of_a_formula_is_refused():
    entry, leaving = A, A - B
    refused = plant_with(B, entry=(entry, "number", "before"), leaving=(leaving, "number", "with_target"))
    assert set(refused) == {"leaving"}
    assert "result = entry - leaving" in refused["leaving"]
