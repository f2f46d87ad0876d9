import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tundish.trace.spelling import spell


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L250301-0001", "L2503010001"),
        ("l250301_0001", "L250301 0001"),
        ("Ｌ２５０３０１－０００１", "L2503010001"),
        ("0042", "42"),
    ],
)
def test_spellings_of_one_id_become_one(one: str, other: str):
    assert spell(pl.Series([one])).even[0] == spell(pl.Series([other])).even[0]


def test_decimal_tails_of_workbooks_go():
    assert spell(pl.Series(["1203.0", "1204.0"])).even.to_list() == ["1203", "1204"]
    assert spell(pl.Series([1203.0, None])).even.to_list() == ["1203", None]


def test_three_spellings_in_one_table_are_one_heat():
    ids = pl.Series(["H-101", "H101", "h 101", "H-102", "H-102"])
    assert spell(ids).even.to_list() == ["H101", "H101", "H101", "H102", "H102"]


def test_leading_zeros_stay_where_they_tell_ids_apart():
    assert spell(pl.Series(["01", "1", "2"])).even.n_unique() == 3


@given(st.lists(st.text("0123-A", min_size=1, max_size=5), min_size=1, max_size=8, unique=True))
def test_ids_that_are_unique_in_a_table_stay_unique(ids: list[str]):
    spelled = spell(pl.Series(ids))
    assert spelled.even.n_unique() == spelled.plain.n_unique()
