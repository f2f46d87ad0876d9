"""Parquet files that unpack to too much, and columns that hold no plain values."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest

from tundish.connectors.parquet import FREE_CELLS, PARQUET
from tundish.errors import HostileArchive
from tundish.intake import RawTable, SourceFile


def read(frame: pl.DataFrame) -> RawTable:
    out = io.BytesIO()
    frame.write_parquet(out)
    (table,) = PARQUET.read(SourceFile("설비.parquet", None, out.getvalue()))
    return table


def test_constant_numbers_that_unpack_to_gigabytes_are_refused_before_they_do() -> None:
    rows = FREE_CELLS // 2 + 1
    with pytest.raises(HostileArchive, match=r"설비\.parquet.*rows and 2 columns"):
        read(pl.DataFrame({"a": np.zeros(rows, np.int8), "b": np.zeros(rows, np.int8)}))


def test_one_long_text_in_many_rows_is_refused() -> None:
    remark = pl.Series("비고", ["x" * 100_000]).gather(np.zeros(11_000, np.uint32))
    with pytest.raises(HostileArchive, match="texts of 1100000000 bytes"):
        read(pl.DataFrame({"비고": remark, "값": np.ones(11_000)}))


def test_lists_records_and_bytes_are_left_out_and_named() -> None:
    table = read(pl.DataFrame({"로트": ["L1"], "파형": [[1.0, 2.0]], "기록": [{"a": 1}], "원본": [b"\xff\x00"], "값": [3.5]}))
    assert table.headers == ("로트", "값")
    assert [(found.code, found.origin.column) for found in table.findings] == [
        ("nested_column", "파형"),
        ("nested_column", "기록"),
        ("nested_column", "원본"),
    ]
