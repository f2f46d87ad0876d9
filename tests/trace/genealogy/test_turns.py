"""Slips that a plant's own order gives away: in a maker's record, in a child's id, in a heat that no melt record knows."""

from datetime import datetime, timedelta

import polars as pl

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.mended import mend
from tundish.vocabulary import load_catalogue

START = datetime(2026, 3, 2, 6)


def at(n, late=0.0):
    return str(START + timedelta(minutes=7 * n + late))


def pairs(folder, **files):
    for name, rows in files.items():
        pl.DataFrame(rows).write_csv(folder / f"{name}.csv")
    catalogue = load_catalogue()
    genealogy = mend(standardise(read(folder, SOURCES).tables, catalogue).tables, catalogue).genealogy
    ids = [name.replace("-", "") for name in genealogy.pieces["id"]]
    return {(ids[p], ids[c]) for p, c in genealogy.edges.select("parent", "child").iter_rows()}


def plant():
    """Forty slabs of ten heats, numbered by where they were cut; each rolled to a coil, each coil slit in two."""
    heats = [{"용강번호": f"H264{120 + 3 * h}", "출강시각": at(4 * h - 9), "출강량(ton)": 100 + h} for h in range(10)]
    slabs, coils, strips = [], [], []
    for n in range(40):
        slabs.append(
            {
                "SLAB_NO": f"S{412000 + 7 * n}{n % 2 + 1}",
                "HEAT_NO": heats[n // 4]["용강번호"],
                "CUT_DATE": at(n),
                "SLAB_WGT": 20_000 + 37 * n,
            }
        )
        coils.append(
            {"코일번호": f"HC{3100 + n}", "슬라브번호": slabs[n]["SLAB_NO"], "압연시작": at(n, 900), "압연종료": at(n, 902),
             "중량(kg)": 19_600 + 36 * n}
        )  # fmt: skip
        strips += [
            {"제품번호": f"HC{3100 + n}-{k}", "모코일": f"HC{3100 + n}", "시작시각": at(n, 2000), "종료시각": at(n, 2005),
             "제품폭(mm)": 500 + 20 * k, "중량(kg)": 9_000 + 17 * n}
            for k in (2, 1)
        ]  # fmt: skip
    return {"제강실적": heats, "CC_SLAB": slabs, "열연실적": coils, "슬리팅실적": strips}


def true_pairs(tables):
    found = {(row["HEAT_NO"], row["SLAB_NO"]) for row in tables["CC_SLAB"]}
    found |= {(row["슬라브번호"], row["코일번호"]) for row in tables["열연실적"]}
    return found | {(row["모코일"], row["제품번호"].replace("-", "")) for row in tables["슬리팅실적"]}


def test_slips_are_told_by_register_and_order(tmp_path):
    tables = plant()
    true = true_pairs(tables)
    tables["CC_SLAB"][21]["HEAT_NO"] = "H244135"  # of heat H264135: no melt record knows it
    tables["CC_SLAB"][30]["SLAB_NO"] = "S4192101"  # the caster's own slip: S4122101 was rolled
    tables["슬리팅실적"][41]["제품번호"] = "HC1320-1"  # HC3120-1, which no other row names
    tables["슬리팅실적"][50]["모코일"] = "HC3122"  # HC3125-2 of HC3125
    assert pairs(tmp_path, **tables) == true


def test_ids_out_of_turn_without_a_slip_stay(tmp_path):
    """Slabs that were rolled out of turn, and one from the yard of last year, are what they say."""
    tables = plant()
    order = [3, 1, 2, 0, *range(4, 30), *range(39, 29, -1)]
    tables["열연실적"] = [
        row | {"슬라브번호": tables["CC_SLAB"][k]["SLAB_NO"]} for row, k in zip(tables["열연실적"], order, strict=True)
    ]
    old = {"코일번호": "HC2950", "슬라브번호": "S3980552", "압연시작": at(17, 903), "압연종료": at(17, 905), "중량(kg)": 18_800}
    tables["열연실적"].insert(18, old)
    tables["슬리팅실적"] = [row for row in tables["슬리팅실적"] if row["모코일"] != "HC3139"]
    assert pairs(tmp_path, **tables) == true_pairs(tables)
