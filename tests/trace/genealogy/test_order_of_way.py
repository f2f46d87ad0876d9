"""Which line did a coil come through first, where a line writes only when it was done with it?"""

from datetime import datetime, timedelta

import polars as pl

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.mended import mend
from tundish.vocabulary import load_catalogue

START = datetime(2026, 3, 2, 6)


def test_the_end_tells_the_order_where_no_start_is_written(tmp_path):
    def at(n, late):
        return str(START + timedelta(minutes=10 * n, hours=late))

    tempered = [
        {"코일번호": f"CA{n:04d}", "작업시작": at(n, 0), "작업종료": at(n + 1, 0), "중량(kg)": 9000 + n} for n in range(20)
    ]
    wound = [{"코일번호": f"CA{n:04d}", "작업종료": at(n, 48), "중량(kg)": 8990 + n} for n in range(20)]
    pl.DataFrame(tempered).write_csv(tmp_path / "조질압연실적.csv")
    pl.DataFrame(wound).write_csv(tmp_path / "권취실적.csv")
    catalogue = load_catalogue()
    made = mend(standardise(read(tmp_path, SOURCES).tables, catalogue).tables, catalogue).genealogy
    ways = made.stays.group_by("piece", maintain_order=True).agg("line")["line"].to_list()
    assert ways == [["조질압연", "권취"]] * 20
