"""Is an id that two records make told twice, made again, or given to two pieces?"""

from __future__ import annotations

import pytest

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.genealogy import trace_material
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()


def stamp(minutes):
    return f"2025-{6 + minutes // 40320:02d}-{1 + minutes // 1440 % 28:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}"


def rows():
    return [[f"CQ{4000 + n}", f"SL{300 + n}", stamp(30 * n), stamp(30 * n + 10), 19000 + 37 * n % 1000] for n in range(400)]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (lambda made: made.insert(107, [*made[100][:2], stamp(3180), stamp(3190), made[100][4]]), 109, "written twice"),
        (lambda made: made.append(["CQ4100", "SL400", stamp(30000), stamp(30010), 18000]), 402, "rework"),
        (lambda made: made.append(["CQ4100", "SL990", stamp(30000), stamp(30010), 18000]), 402, "another piece"),
    ],
)
def test_the_likeliest_cause_is_told_with_file_row_and_chance(tmp_path, change, place, words):
    made = rows()
    change(made)
    text = ["코일번호,투입 슬래브번호,작업시작,작업종료,중량(kg)", *(",".join(map(str, row)) for row in made)]
    (tmp_path / "열연.csv").write_text("\n".join(text), encoding="utf-8")
    genealogy = trace_material(standardise(read(tmp_path, SOURCES).tables, CATALOGUE).tables, CATALOGUE)
    (told,) = [one for one in genealogy.findings if one.code == "made_twice"]
    assert words in str(told.message)
    assert (told.origin.file, told.rows, told.found) == ("열연.csv", (place,), ("CQ4100",))
    other, chance = told.expected[0].rstrip(")").split(" (")
    assert other == "열연.csv / 102"
    assert 0.5 < float(chance) <= 1.0
