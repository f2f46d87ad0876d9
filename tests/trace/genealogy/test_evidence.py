"""Is a pair judged that differs more from all others than any the judge has learned from?"""

import numpy as np
import polars as pl
import pytest

from tundish.trace.genealogy.evidence import UNKNOWN, Sides, learn
from tundish.trace.stamps import NEVER


def sides(put_in_kg: np.ndarray) -> Sides:
    """One line that uses coils of 10 t each; of length, thickness, width, times and order nothing is written."""
    n = put_in_kg.size
    none, nothing = np.full(n, UNKNOWN), np.full(n, np.nan)
    uses = {f"{name}_{side}": nothing for name in ("mass", "length", "thickness", "width") for side in ("in", "out")}
    return Sides(
        line=np.zeros(n, dtype=np.int64),
        at=np.full(n, NEVER),
        measures=uses | {"mass_in": put_in_kg},
        before=none,
        after=none,
        like_before=np.full(n, 2),
        like_after=np.full(n, 2),
        belongs={},
        stem=pl.Series(["?"] * n),
        made=np.full(n, NEVER),
        rank=np.arange(n),
        from_line=np.zeros(n, dtype=np.int64),
        of={"mass": np.full(n, 10_000.0), "length": nothing, "thickness": nothing, "width": nothing},
        name=pl.Series([f"C{i}" for i in range(n)]),
        space=np.zeros(n, dtype=np.int64),
        wanted=np.zeros(n, dtype=np.int64),
        unrecorded=np.zeros(n, dtype=bool),
    )


@pytest.mark.parametrize("put_in_kg", [1_000.0, 100_000.0])
def test_a_mass_beyond_all_that_were_learned_from_is_judged(put_in_kg):
    weighed = np.random.default_rng(3).normal(10_000.0, 20.0, 200)
    pairs = np.arange(200)
    judge = learn(sides(weighed), pairs, pairs)
    weighed[7] = put_in_kg
    told = judge.of(sides(weighed), pairs, pairs)["mass:mass_in"]
    assert np.isfinite(told).all()
    assert told[7] <= np.median(told)
