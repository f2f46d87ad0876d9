"""Is a coil that was slit first in two, then in three strips laid out part by part, and not lane by lane?"""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS, Genealogy
from tundish.trace.position.book import spans_of, stay_lengths

BEGIN = datetime(2024, 3, 31, tzinfo=UTC)


def slit(lengths: list[tuple[int, float, int]]) -> Genealogy:
    """A coil of 1,000 m without crops, slit to strips: (lane, length in m, seconds after the start at which it was done)."""
    strips = range(1, len(lengths) + 1)
    pieces = pl.DataFrame({"id": ["c", *(f"s{n}" for n in strips)], "length_m": [1000.0, *(one[1] for one in lengths)]})
    edges = pl.DataFrame(
        {
            "parent": [0] * len(lengths), "child": list(strips), "kind": ["slit"] * len(lengths),
            "line": ["slitter"] * len(lengths),
            "at": [BEGIN + timedelta(seconds=one[2]) for one in lengths], "lane": [one[0] for one in lengths],
            "table": ["t"] * len(lengths), "row": list(strips),
        }
    )  # fmt: skip
    stays = pl.DataFrame(
        {"piece": [0], "line": ["slitter"], "goes": ["in"], "start": [BEGIN], "end": [BEGIN], "length_in_m": [1000.0]}
    )
    return Genealogy(_filled(pieces, PIECES), _filled(edges, EDGES), _filled(stays, STAYS))


def _filled(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    missing = [pl.lit(None).alias(name) for name in schema if name not in frame.columns]
    return frame.with_columns(missing).select(schema.names()).cast(schema)


def test_parts_of_different_numbers_of_strips_follow_each_other() -> None:
    found = slit([(1, 600.0, 300), (2, 601.0, 301), (1, 400.0, 500), (2, 399.0, 499), (3, 400.0, 500)])
    spans = spans_of(found, *stay_lengths(found))
    np.testing.assert_allclose(spans.low_in, [0.0, 0.0, 600.0, 600.0, 600.0], atol=1.0)
    np.testing.assert_allclose(spans.high_in, [600.0, 600.0, 1000.0, 1000.0, 1000.0], atol=1.0)
    assert spans.strips.tolist() == [2, 2, 3, 3, 3]


def test_a_strip_that_is_not_recorded_moves_no_other() -> None:
    found = slit([(2, 600.0, 300), (1, 400.0, 500), (2, 400.0, 500)])
    spans = spans_of(found, *stay_lengths(found))
    np.testing.assert_allclose(spans.low_in, [0.0, 600.0, 600.0], atol=1.0)


def test_strips_without_numbers_lie_side_by_side_until_they_fill_the_width() -> None:
    strips = [(0, 600.0, 300), (0, 601.0, 240), (0, 400.0, 560), (0, 399.0, 500), (0, 400.0, 500)]
    found = slit(strips)
    pieces = found.pieces.with_columns(width_m=pl.Series([1.2, 0.59, 0.59, 0.39, 0.39, 0.39]))
    edges = found.edges.with_columns(lane=pl.lit(None, pl.Int64))
    spans = spans_of(Genealogy(pieces, edges, found.stays), *stay_lengths(found))
    np.testing.assert_allclose(spans.low_in, [0.0, 0.0, 600.0, 600.0, 600.0], atol=1.0)
    assert spans.strips.tolist() == [2, 2, 3, 3, 3]
