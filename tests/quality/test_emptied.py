"""Is a text that was left out, for it is no number, told with its place, its rows and how often it stands there?"""

import polars as pl
from small_plants import BATH, bath_log

from tundish.cli import check

HASTY = ("확인중", "#DIV/0!")


def month(name, at, text, plant):
    log = bath_log().cast({BATH: pl.String}).with_row_index("n")
    log = log.with_columns(pl.when(pl.col("n").is_in(at)).then(pl.lit(text)).otherwise(BATH).alias(BATH)).drop("n")
    (plant / name).write_bytes(log.write_csv(None).encode("cp949"))


def test_emptied_texts_stand_on_the_page_file_by_file(plant, tmp_path, capsys):
    month("lots_2024-05.csv", [3, 8, 9], HASTY[0], plant)
    month("lots_2024-06.csv", [5], HASTY[0], plant)
    month("lots_2024-07.csv", [7, 11], HASTY[1], plant)
    out = tmp_path / "out"
    check.run(plant, out=out, freeze=False, lang="ko")
    from tundish.documents.quality_form import QualityOut

    told = QualityOut.model_validate_json((out / "quality.json").read_text(encoding="utf-8")).emptied
    assert {(one.file, one.column, one.text, one.count, tuple(one.rows)) for one in told} == {
        ("lots_2024-05.csv", BATH, HASTY[0], 3, (5, 10, 11)),
        ("lots_2024-06.csv", BATH, HASTY[0], 1, (7,)),
        ("lots_2024-07.csv", BATH, HASTY[1], 2, (9, 13)),
    }
    page = (out / "quality.html").read_text(encoding="utf-8")
    assert 'id="emptied"' in page and all(text in page for text in HASTY)
    assert HASTY[0] in capsys.readouterr().out


def test_a_plant_without_such_texts_has_no_such_section(plant, tmp_path):
    bath_log().write_csv(plant / "lots_2024-05.csv")
    check.run(plant, out=tmp_path / "out", freeze=False, lang="ko")
    assert 'id="emptied"' not in (tmp_path / "out" / "quality.html").read_text(encoding="utf-8")
