"""Is a length that a record writes on each row of one product, a little different each time, the product's or its parts'?"""

import polars as pl
import pytest

from tundish.trace.genealogy.events import told_by_rows


@pytest.mark.parametrize(
    ("lengths", "masses", "parts"),
    [
        ([1027.0, 1024.0, 1158.0, 1162.0], [11240.0, 11240.0, 18120.0, 18120.0], []),  # one coil of two, read twice
        ([500.0, 527.0, 300.0, 860.0], [11240.0, 11240.0, 18120.0, 18120.0], [0]),  # what each of both became
        ([6.01, 6.02, 6.0, 6.03], [41.2, 41.0, 41.5, 40.9], [0]),  # tubes of a pack
    ],
)
def test_lengths_alike_beside_one_mass_are_the_products(lengths, masses, parts):
    rows = pl.DataFrame({"event": [0, 0, 1, 1], "source": [0] * 4, "length_out": lengths, "mass_out": masses})
    assert told_by_rows(rows, "length_out") == parts
