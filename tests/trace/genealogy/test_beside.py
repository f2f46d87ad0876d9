"""Parents and children that stand beside each other in one row: what a person reads off the sheet is what is linked."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.mended import mend
from tundish.vocabulary import load_catalogue

START = datetime(2026, 3, 2, 6)


def traced(folder, **files):
    for name, rows in files.items():
        pl.DataFrame(rows).write_csv(folder / f"{name}.csv")
    catalogue = load_catalogue()
    return mend(standardise(read(folder, SOURCES).tables, catalogue).tables, catalogue)


def at(n, late=0.0):
    return str(START + timedelta(minutes=10 * n + late))


def shares(genealogy):
    ids = genealogy.pieces["id"]
    edges = genealogy.edges.with_columns(p=ids.gather(genealogy.edges["parent"]), c=ids.gather(genealogy.edges["child"]))
    return {(p, c): round(share, 3) for p, c, share in edges.select("p", "c", "share_of_child").iter_rows()}


def hot(count):
    return [
        {"코일번호": f"HC{3100 + n}", "압연시작": at(n), "압연종료": at(n, 2), "두께(mm)": 2.6, "중량(kg)": 18_000 + 9 * n}
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "lengths"),
    [
        (("IN_COIL_1", "IN_COIL_2", "IN_COIL_3"), ("IN_LEN_1", "IN_LEN_2", "IN_LEN_3")),
        (("MOTHER1", "MOTHER2", "MOTHER3"), ("MOTHER1_LEN", "MOTHER2_LEN", "MOTHER3_LEN")),
        (("투입코일①", "투입코일②", "투입코일③"), ("투입길이①", "투입길이②", "투입길이③")),
        (("투입코일", "투입코일2", "투입코일3"), ("사용길이(m)", "사용길이2(m)", "사용길이3(m)")),
        (("2CGL_IN1", "2CGL_IN2", "2CGL_IN3"), ("2CGL_IN1_M", "2CGL_IN2_M", "2CGL_IN3_M")),
    ],
)
def test_each_of_several_parents_in_a_row_is_linked_by_what_went_in_of_it(tmp_path, names, lengths):
    """Coils of 800 m are welded and cut at each 1,000 m: the sheet writes up to three parents, each with its length."""
    hc, rows, true = hot(40), [], {}
    for n in range(30):
        low, high = 1000 * n, 1000 * (n + 1)
        row = {"제품코일": f"GI{5000 + n}"}
        parents = [
            (p, min(high, 800 * (p + 1)) - max(low, 800 * p)) for p in range(40) if 800 * p < high and 800 * (p + 1) > low
        ]
        for k in range(3):
            p, length = parents[k] if k < len(parents) else (None, None)
            row |= {names[k]: "" if p is None else hc[p]["코일번호"], lengths[k]: length}
            if p is not None:
                true[hc[p]["코일번호"], row["제품코일"]] = round(length / 1000, 3)
        rows.append(row | {"시작시각": at(60 + n), "종료시각": at(60 + n, 9), "생산길이(m)": 1000})
    found = shares(traced(tmp_path, 열연실적=hc, CGL실적=rows).genealogy)
    assert found == true


def test_strips_beside_each_other_in_a_row_are_children_of_its_coil(tmp_path):
    hc = hot(30)
    rows = [
        {"모코일": hc[n]["코일번호"], "시작시각": at(40 + n), "종료시각": at(40 + n, 8)}
        | {f"OUT{k}": f"ST{9000 + 3 * n + k}" if k < 3 or n % 2 else "" for k in (1, 2, 3)}
        for n in range(30)
    ]
    found = shares(traced(tmp_path, 열연실적=hc, 슬리팅실적=rows).genealogy)
    assert set(found) == {(row["모코일"], row[f"OUT{k}"]) for row in rows for k in (1, 2, 3) if row[f"OUT{k}"]}


def test_a_mistyped_parent_is_mended_in_its_own_column(tmp_path):
    hc = hot(60)
    rows = [
        {"제품코일": f"CR{7000 + n}", "IN_COIL_1": hc[2 * n]["코일번호"], "IN_COIL_2": hc[2 * n + 1]["코일번호"],
         "시작시각": at(70 + n), "종료시각": at(70 + n, 9), "중량(kg)": 36_000 + 36 * n}
        for n in range(30)
    ]  # fmt: skip
    rows[12]["IN_COIL_2"] = rows[12]["IN_COIL_2"].replace("HC31", "HC81")
    mended = traced(tmp_path, 열연실적=hc, TCM실적=rows)
    assert ("HC3125", "CR7012") in shares(mended.genealogy)
    table = next(one for one in mended.tables if one.name.startswith("TCM"))
    ids = {column.header: table.frame[column.name] for column in table.columns}
    assert (ids["IN_COIL_1"][12], ids["IN_COIL_2"][12]) == ("HC3124", "HC3125")


def test_columns_with_numbers_that_mean_something_else_stay_apart(tmp_path):
    """A customer's number beside the mill's own, and set points of two zones, are no parents."""
    hc = hot(30)
    rows = [
        {"제품코일1": f"CR{7000 + n}", "제품코일2": f"A-{n:02d}/KR", "투입코일": hc[n]["코일번호"],
         "온도1": 450 + n, "온도2": 460, "시작시각": at(40 + n), "종료시각": at(40 + n, 9)}
        for n in range(30)
    ]  # fmt: skip
    found = shares(traced(tmp_path, 열연실적=hc, 소둔실적=rows).genealogy)
    assert set(found) == {(row["투입코일"], row["제품코일1"]) for row in rows}


def test_a_pack_weighs_what_its_rows_weigh_and_shares_follow(tmp_path):
    tubes = [
        {"관번호": f"TB{100 + n}", "투입빌렛": f"BT{500 + n}", "시작시각": at(n), "종료시각": at(n, 2), "중량(kg)": 60 + n % 7}
        for n in range(60)
    ]
    packs = [
        {"포장번호": f"PK{10 + n // 5}", "관번호": one["관번호"], "중량(kg)": one["중량(kg)"], "포장일시": at(100 + n // 5)}
        for n, one in enumerate(tubes)
    ]
    genealogy = traced(tmp_path, 제관실적=tubes, 포장실적=packs).genealogy
    weights = {one["관번호"]: one["중량(kg)"] for one in tubes}
    pack = {one["관번호"]: one["포장번호"] for one in packs}
    whole = {name: sum(weights[tube] for tube in pack if pack[tube] == name) for name in pack.values()}
    found = {pair: share for pair, share in shares(genealogy).items() if pair[1] in whole}
    assert found == {(tube, pack[tube]): pytest.approx(weights[tube] / whole[pack[tube]], abs=1e-3) for tube in weights}


def test_ids_listed_in_one_cell_are_each_a_piece(tmp_path):
    """A saw writes all blanks of a bar into one cell; a forge's note `3, 4` is none."""
    bars = [{"빌렛번호": f"BT{500 + n}", "시작시각": at(n), "종료시각": at(n, 2), "중량(kg)": 900 + n} for n in range(24)]
    saw = [
        {"봉강번호": bars[n]["빌렛번호"], "소재번호": ", ".join(f"BK{1000 + 3 * n + k}" for k in range(1 + n % 3)),
         "비고번호": "3, 4", "시작시각": at(30 + n), "종료시각": at(30 + n, 5)}
        for n in range(24)
    ]  # fmt: skip
    found = shares(traced(tmp_path, 연주실적=bars, 절단실적=saw).genealogy)
    assert set(found) == {(row["봉강번호"], blank) for row in saw for blank in row["소재번호"].split(", ")}
