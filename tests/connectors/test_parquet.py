"""Parquet files that unpack to too much, and columns that hold no plain values."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest

from tundish.connectors import parquet as module
from tundish.connectors.parquet import PARQUET
from tundish.errors import HostileArchive
from tundish.intake import RawTable, SourceFile


def read(frame: pl.DataFrame) -> RawTable:
    out = io.BytesIO()
    frame.write_parquet(out)
    (table,) = PARQUET.read(SourceFile("설비.parquet", None, out.getvalue()))
    return table


def test_constant_numbers_that_unpack_to_gigabytes_are_refused_before_they_do() -> None:
    rows = module.FREE_CELLS // 2 + 1
    with pytest.raises(HostileArchive, match=r"설비\.parquet.*rows and 2 columns"):
        read(pl.DataFrame({"a": np.zeros(rows, np.int8), "b": np.zeros(rows, np.int8)}))


def test_one_long_text_in_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TEXT_BYTES", 10_000)
    with pytest.raises(HostileArchive, match=r"20,?000 bytes|20000 bytes"):
        read(pl.DataFrame({"로트": ["x" * 1000] * 20, "값": [1.0] * 20}))


def test_lists_records_and_bytes_are_left_out_and_named() -> None:
    table = read(pl.DataFrame({"로트": ["L1"], "파형": [[1.0, 2.0]], "기록": [{"a": 1}], "원본": [b"\xff\x00"], "값": [3.5]}))
    assert table.headers == ("로트", "값")
    assert [(found.code, found.origin.column) for found in table.findings] == [
        ("nested_column", "파형"),
        ("nested_column", "기록"),
        ("nested_column", "원본"),
    ]
