"""Are exports with the same columns the lines that they are of, and the months of one line one line?"""

from __future__ import annotations

import pytest

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.genealogy import trace_material
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
HEAD = "코일번호,모코일번호,시작시각,종료시각,생산중량(kg)\n"


def at(hours):
    return f"2025-{3 + hours // 720:02d}-{1 + hours // 24 % 30:02d} {hours % 24:02d}:00"


def export(folder, name, made, of, first_hour):
    """Sixty coils, one an hour."""
    rows = [f"{made}{n:04},{of}{n:04},{at(first_hour + n)},{at(first_hour + n + 1)},{19_000 + n}\n" for n in range(60)]
    (folder / name).write_text(HEAD + "".join(rows), encoding="utf-8")


def lines(folder):
    tables = standardise(read(folder, sources=SOURCES).tables, CATALOGUE).tables
    assert any(len(table.origins) > 1 for table in tables), "the exports are no longer one table"
    return trace_material(tables, CATALOGUE).stays["line"].value_counts(name="n").sort("line").rows()


def test_two_lines_that_neither_feed_each_other_nor_run_at_once_are_two(tmp_path):
    export(tmp_path, "PROD_산세.csv", "PK24", "HR24", 0)
    export(tmp_path, "생산실적_2슬리터.csv", "SS24", "CA24", 200)
    assert {line for line, _ in lines(tmp_path)} == {"산세", "2슬리터"}


@pytest.mark.parametrize("names", [("열연_2025-03", "열연_2025-04"), ("열연실적 3월", "열연실적 4월"), ("HSM_1", "HSM_2")])
def test_months_of_one_line_are_one_line(tmp_path, names):
    for n, name in enumerate(names):
        export(tmp_path, f"{name}.csv", f"HC2{n}", f"SL2{n}", 700 * n)
    assert len(lines(tmp_path)) == 1
