"""Do ids of digits meet, whatever a workbook or a text made of them?"""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.genealogy import trace_material
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
HEATS = range(40123, 40173)


def stamp(minutes):
    return f"2025-06-{1 + minutes // 1440:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}"


@pytest.mark.parametrize("head", ["HEAT_NO", "용해번호", "Heat No."])
@pytest.mark.parametrize(
    ("kept", "typed", "told"),
    [
        (int, str, False),
        (float, str, False),
        (int, "{}.0".format, False),
        (int, "0{}".format, True),
        (int, "'{}".format, True),
        (lambda n: f"0{n}" if n % 2 else n, "0{}".format, True),
    ],
)
def test_heats_of_a_workbook_and_of_a_text_are_the_same(tmp_path, head, kept, typed, told):
    book = Workbook()
    sheet = book.active
    sheet.append([head, "TAP_START", "TAP_END", "WEIGHT(kg)"])
    for n, heat in enumerate(HEATS):
        sheet.append([kept(heat), stamp(60 * n), stamp(60 * n + 40), 80000 + n])
    book.save(tmp_path / "melt.xlsx")
    text = [f"SLAB_NO,{head},START,END,WEIGHT(kg)"]
    for n, heat in enumerate(HEATS):
        for k in range(4):
            times = (stamp(60 * n + 50 + 10 * k), stamp(60 * n + 58 + 10 * k))
            text.append(",".join((f"SL{1000 + 4 * n + k}", typed(heat), *times, "19000")))
    (tmp_path / "cast.csv").write_text("\n".join(text), encoding="utf-8")
    genealogy = trace_material(standardise(read(tmp_path, SOURCES).tables, CATALOGUE).tables, CATALOGUE)
    assert genealogy.edges.height == 4 * len(HEATS)
    assert genealogy.pieces.height == 5 * len(HEATS)
    findings = [one for one in genealogy.findings if one.code == "id_respelled"]
    assert bool(findings) == told
    assert all((one.origin.file == "cast.csv" and one.rows[0] == 2) or one.rows[0] == 6 for one in findings)
