import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tundish.standardise.export import understand
from tundish.standardise.places import Place
from tundish.standardise.values.kinds import read_column
from tundish.standardise.values.numbers import number, read_numbers
from tundish.table import Origin

FINITE = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(lambda x: round(x, 4))


def german(x: float) -> str:
    return f"{x:,.4f}".replace(",", " ").replace(".", ",").replace(" ", ".")


@pytest.mark.parametrize(
    "written",
    [
        lambda x: f"{x:.4f}",
        lambda x: f"  {x:.4f} ",
        lambda x: f"{x:,.4f}",
        lambda x: f"'{x:.4f}",
        lambda x: f"{abs(x):.4f}-" if x < 0 else f"{x:.4f}",
        lambda x: "".join(chr(ord(c) + 0xFEE0) if c in "0123456789.-" else c for c in f"{x:.4f}"),
        lambda x: f"{x:.4f} mm",
        lambda x: f"{x:.4f}%",
        lambda x: f"{x:.9e}",
    ],
)
@settings(max_examples=30, deadline=None)
@given(values=st.lists(FINITE, min_size=1, max_size=20))
def test_what_was_written_is_read(written, values):
    numbers = read_numbers(pl.Series([written(x) for x in values], dtype=pl.String))
    assert numbers is not None
    assert numbers.values.to_list() == pytest.approx(values, rel=1e-8, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(values=st.lists(FINITE, min_size=1, max_size=20))
def test_decimal_commas_are_read_from_their_own_evidence(values):
    numbers = read_numbers(pl.Series([german(x) for x in values], dtype=pl.String))
    assert numbers is not None
    assert numbers.values.to_list() == pytest.approx(values, abs=1e-9)


def test_thousands_and_decimal_commas_are_told_apart():
    kilograms = read_numbers(pl.Series(["13,550", "0", "2,000"]))
    assert kilograms is not None and kilograms.values.to_list() == [13550, 0, 2000]
    by_dialect = read_numbers(pl.Series(["13,550", "0", "2,000"]), ",")
    assert by_dialect is not None and by_dialect.values.to_list() == [13.55, 0, 2.0]


def test_error_texts_become_empty_and_are_named():
    words = ["#DIV/0!", "#N/A", "#VALUE!", "확인중", "-", "N/A", "측정불가", "OVER", "Bad", "null", "NaN"]
    numbers = read_numbers(pl.Series(["1.5"] * 50 + words))
    assert numbers is not None
    assert numbers.values.null_count() == len(words)
    assert all(numbers.odd[word].value is None for word in words)


@pytest.mark.parametrize(
    "texts",
    [
        ["0012", "0013", "1200"],
        ["1호기", "2호기"],
        ["1열", "2열"],
        ["M21", "M22"],
        ["12:30", "12:45"],
        ["양품", "불량"],
        ["-", "N/A"],
    ],
)
def test_codes_and_words_are_no_numbers(texts):
    assert read_numbers(pl.Series(texts * 10)) is None


def test_a_limit_is_used_and_said():
    assert number("<0.01").value == 0.01
    assert number("<0.01").rule == "limit"


@given(st.text(max_size=12))
def test_any_text_gives_a_finite_number_or_none(text):
    value = number(text).value
    assert value is None or math.isfinite(value)


def test_cells_that_hold_their_unit_are_one_repair_not_one_a_spelling(export):
    raw = export("사출.csv", {"주입온도(℃)": [f"{1380 + n}℃" if n % 2 else f"{1380 + n}" for n in range(40)]})
    (found,) = understand(raw, "사출", "UTC")
    assert found.reads[0].values.to_list() == [1380.0 + n for n in range(40)]
    assert [(repair.code, repair.count) for repair in found.reads[0].repairs] == [("unit_in_cell", 20)]


@pytest.mark.parametrize(
    ("header", "texts", "kind"),
    [
        ("CHARG", [f"26031{n:02d}A" for n in range(40)], "identity"),
        ("강관번호", [f"T{n:04d}" for n in range(40)], "identity"),
        ("1호기 전류", [f"{12000 + n}A" for n in range(40)], "number"),
        ("부하", [f"{900 + 7 * n}A" for n in range(40)], "number"),
        ("측정값", [f"{8 + n / 10:.1f}A" for n in range(40)], "number"),
    ],
)
def test_a_letter_beside_many_digits_is_a_unit_only_where_something_is_measured(header, texts, kind):
    place = Place(Origin("f.csv", None, header), pl.int_range(2, 42, eager=True))
    read = read_column(pl.Series(texts), header, place, unit_text=None, decimal=None)
    assert read.kind == kind
    if kind == "identity":
        assert read.values.to_list() == texts
