"""How does a test make a raw table by hand?"""

from collections.abc import Callable

import polars as pl
import pytest

from tundish.intake import RawTable
from tundish.table import Origin


def make(file: str, columns: dict[str, list], *, units: dict[str, str] | None = None, **dialect: str) -> RawTable:
    height = len(next(iter(columns.values())))
    frame = pl.DataFrame({"#row": range(2, height + 2), **columns}, strict=False)
    headers = tuple(columns)
    return RawTable(
        Origin(file), frame, headers, tuple((units or {}).get(header) for header in headers), {"decimal": ".", **dialect}, file
    )


@pytest.fixture(scope="session")
def export() -> Callable[..., RawTable]:
    return make
