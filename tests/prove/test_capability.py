import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tundish.prove.capability import capability, control_limits, cp_interval, cpk_interval


def test_individuals_chart_of_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook 6.3.2.2: flow rate of ten batches, limits 45.8159 and 55.8041 around 50.81."""
    flow = np.array([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    limits = control_limits(flow)
    assert limits.mean == pytest.approx(50.81)
    assert (limits.low, limits.high) == pytest.approx((45.8159, 55.8041), abs=2e-4)


def test_cpk_interval_as_printed() -> None:
    """Quality Digest, May 2000, 'Last word': Cpk 1.15 from 45 pieces lies between 0.89 and 1.41 with 95 % confidence."""
    found = cpk_interval(1.15, 45)
    assert (round(found.low, 2), round(found.high, 2)) == (0.89, 1.41)


def test_cp_interval_of_the_chi_square_table() -> None:
    """Chi-square table, 19 degrees of freedom: 8.907 at 2.5 % and 32.852 at 97.5 %."""
    found = cp_interval(2.0, 20)
    assert found.low == pytest.approx(2.0 * np.sqrt(8.907 / 19), abs=1e-3)
    assert found.high == pytest.approx(2.0 * np.sqrt(32.852 / 19), abs=1e-3)


def test_a_drift_shows_between_cpk_and_ppk() -> None:
    random = np.random.default_rng(3)
    steady = random.normal(100, 1, 2000)
    still = capability(steady, 94, 106)
    assert still.cpk.value == pytest.approx(2.0, abs=0.1)
    assert still.ppk.value == pytest.approx(2.0, abs=0.1)
    drifting = capability(steady + np.linspace(-4, 4, 2000), 94, 106)
    assert drifting.cpk.value > 1.5 * drifting.ppk.value


def test_one_limit_has_no_cp() -> None:
    found = capability(np.array([1.0, 2.0, 3.0, 2.0]), None, 4.0)
    assert found.cp is None and found.pp is None
    assert found.cpk.low < found.cpk.value < found.cpk.high
    assert found.outside == 0.0


@pytest.mark.parametrize(("values", "low", "high"), [([1.0, 2.0], None, None), ([1.0], 0.0, 2.0), ([1.0, 1.0, 1.0], 0.0, 2.0)])
def test_what_cannot_be_said_is_refused(values: list[float], low: float | None, high: float | None) -> None:
    with pytest.raises(ValueError, match=r"limit|values"):
        capability(np.array(values), low, high)


@given(st.floats(0.1, 100), st.floats(-1000, 1000))
def test_the_unit_does_not_matter(factor: float, offset: float) -> None:
    values = np.array([1.0, 2.5, 2.0, 3.0, 1.5, 2.2])
    one, other = capability(values, 0.0, 5.0), capability(values * factor + offset, offset, 5.0 * factor + offset)
    assert other.cpk.value == pytest.approx(one.cpk.value, rel=1e-6)
