"""How does a frame lie on disk so that one row of ten million is read without the rest? One mapped array a column.

Polars 2 reads Arrow files into memory as a whole; arrays of NumPy are mapped by the system, page by page as they are touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.genealogy.index import Rows

NOTHING = np.iinfo(np.int64).min
"""Stands for null in whole numbers and times."""
_LISTS = "words.json"
"""Words of the columns that repeat few words, in the order of their codes."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A column of texts, each different: one stretch of bytes, and where each text begins."""

    starts: Array
    letters: Array

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.starts) - 1

    def __getitem__(self, row: int, /) -> str | None:
        """The text of a row; None for an empty one."""
        text = self.letters[self.starts[row] : self.starts[row + 1]].tobytes().decode()
        return text or None


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """A frame on disk, of a known schema."""

    height: int
    schema: Mapping[str, pl.DataType]
    columns: Mapping[str, Array | Texts]
    words: Mapping[str, tuple[str, ...]]

    def take(self, rows: Rows, /) -> pl.DataFrame:
        """These rows, in this order."""
        return pl.DataFrame([self._column(name, rows) for name in self.schema])

    def texts(self, name: str) -> Texts:
        """A column of texts, each to be read alone; TypeError for another column."""
        column = self.columns[name]
        if not isinstance(column, Texts):
            raise TypeError(name)
        return column

    def _column(self, name: str, rows: Rows) -> pl.Series:
        column, dtype, words = self.columns[name], self.schema[name], self.words.get(name)
        if isinstance(column, Texts):
            return pl.Series(name, [column[row] for row in rows.tolist()], dtype=pl.String)
        found = column[rows].tolist()
        if words is not None:
            return pl.Series(name, [words[code] if code >= 0 else None for code in found], dtype=dtype)
        if column.dtype == np.float64:
            return pl.Series(name, [None if value != value else value for value in found], dtype=dtype)  # noqa: PLR0124 - NaN
        if column.dtype == np.int8:
            return pl.Series(name, [None if value < 0 else value > 0 for value in found], dtype=dtype)
        return pl.Series(name, [None if value == NOTHING else value for value in found], dtype=dtype)


def put(frame: pl.DataFrame, folder: Path, *, texts: Iterable[str] = ()) -> None:
    """Write a frame into a new folder; columns named in ``texts`` differ in nearly every row, other texts repeat few words."""
    folder.mkdir(parents=True)
    words: dict[str, list[str]] = {}
    for series in frame:
        if series.name in texts:
            _put_texts(series, folder)
        elif series.dtype == pl.String:
            words[series.name] = series.drop_nulls().unique().sort().to_list()
            save(folder, series.name, _codes(series.cast(pl.Enum(words[series.name]))))
        elif isinstance(series.dtype, pl.Enum):
            words[series.name] = series.dtype.categories.to_list()
            save(folder, series.name, _codes(series))
        elif series.dtype == pl.Boolean:
            save(folder, series.name, series.cast(pl.Int8).fill_null(-1).to_numpy())
        elif series.dtype == pl.Float64:
            save(folder, series.name, series.fill_null(np.nan).to_numpy())
        else:
            save(folder, series.name, series.to_physical().cast(pl.Int64).fill_null(NOTHING).to_numpy())
    (folder / _LISTS).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")


def shelf(folder: Path, schema: Mapping[str, pl.DataType]) -> Shelf:
    """The frame in a folder that :func:`put` wrote; OSError or ValueError when it is not whole."""
    words = {name: tuple(told) for name, told in json.loads((folder / _LISTS).read_text(encoding="utf-8")).items()}
    columns: dict[str, Array | Texts] = {}
    for name in schema:
        starts = folder / f"{name}.starts.npy"
        if starts.exists():
            columns[name] = Texts(mapped(starts), mapped(folder / f"{name}.letters.npy"))
        else:
            columns[name] = mapped(folder / f"{name}.npy")
    heights = {len(column) for column in columns.values()}
    if len(heights) != 1:
        raise ValueError(f"{folder}: columns of different lengths")
    return Shelf(heights.pop(), schema, columns, words)


def mapped(path: Path) -> Array:
    """An array on disk, read where it is touched; one that holds nothing cannot be mapped and is read."""
    header = np.load(path, mmap_mode=None) if path.stat().st_size <= _SMALL else np.load(path, mmap_mode="r")
    return np.asarray(header)


def save(folder: Path, name: str, values: Array) -> None:
    """An array as :func:`numpy.save` writes it; but that one hides why the system did not write."""
    whole = np.ascontiguousarray(values)
    with (folder / f"{name}.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(whole))
        file.write(whole.view(np.uint8).data)


_SMALL = 4096


def _codes(words: pl.Series) -> Array:
    return words.to_physical().cast(pl.Int64).fill_null(-1).cast(pl.Int32).to_numpy()


def _put_texts(series: pl.Series, folder: Path) -> None:
    known = series.fill_null("")
    starts = np.zeros(len(known) + 1, dtype=np.int64)
    np.cumsum(known.str.len_bytes().to_numpy(), out=starts[1:])
    joined = known.str.join("").item() if len(known) else ""
    save(folder, f"{series.name}.starts", starts)
    save(folder, f"{series.name}.letters", np.frombuffer((joined or "").encode(), dtype=np.uint8))
