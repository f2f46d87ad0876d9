"""Two months of one source: what changed is told; a frozen delivery that differs is not used, an evolving one written down."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_plants import BATH, bath_log, findings, standard

from tundish.cli import check
from tundish.documents import contracts
from tundish.standardise.contracts import ColumnShape, Contract, Shape
from tundish.table import Origin

MAY, JUNE = "lots_2024-05.csv", "lots_2024-06.csv"


def june(**renamed):
    later = bath_log(300, seed=2)
    return later.with_columns(pl.col("시각").str.replace("2025-03", "2025-04")).rename(renamed)


@pytest.fixture
def frozen(plant, tmp_path):
    bath_log().write_csv(plant / MAY)
    check.run(plant, out=tmp_path / "out", freeze=True, lang="ko")
    return plant


def codes(plant):
    return sorted(finding.code for finding in findings(standard(plant)) if finding.code.startswith(("contract", "delivery")))


def test_what_is_frozen_is_readable_and_names_the_source_not_the_month(frozen):
    text = (frozen / "contracts.toml").read_text(encoding="utf-8")
    assert '["lots_*.csv"]' in text and 'mode = "freeze"' in text and BATH in text
    (contract,) = contracts.read(frozen)
    assert [column.header for column in contract.columns] == bath_log().columns
    assert codes(frozen) == []


def test_the_next_delivery_of_the_same_shape_is_taken(frozen):
    june().write_csv(frozen / JUNE)
    assert codes(frozen) == []
    assert standard(frozen).tables.tables[0].frame.height == 700


@pytest.mark.parametrize(
    ("delivery", "expected"),
    [
        (june().drop("라인속도(m/min)"), ["contract_missing", "delivery_set_aside"]),
        (june().with_columns(pl.lit("가").alias("비고")), ["contract_new", "delivery_set_aside"]),
        (june(**{BATH: "산세조 #1 온도(℃)"}), ["contract_renamed", "delivery_set_aside"]),
        (june().with_columns(pl.col(BATH) * 1.8 + 320), ["contract_range", "delivery_set_aside"]),
        (june().with_columns(pl.lit("정상").alias(BATH)), ["contract_kind", "delivery_set_aside"]),
        (june().select(BATH, "라인속도(m/min)", "시각"), []),
    ],
    ids=["missing", "new", "renamed", "range", "kind", "order"],
)
def test_a_delivery_that_differs_is_set_aside_and_told(frozen, delivery, expected):
    delivery.write_csv(frozen / JUNE)
    assert codes(frozen) == expected
    assert standard(frozen).tables.tables[0].frame.height == (400 if expected else 700)


@pytest.mark.parametrize(
    "renamed",
    [
        {BATH: BATH.replace("℃", "°C")},
        {BATH: BATH.replace("(℃)", " [ ℃ ]")},
        {"라인속도(m/min)": "라인속도 (m/min)"},
        {"라인속도(m/min)": "라인 속도(mpm)"},
        {"라인속도(m/min)": "라인속도（ｍ／ｍｉｎ）"},
    ],
)
def test_a_header_that_is_only_spelt_otherwise_is_the_same_column(frozen, tmp_path, renamed):
    june(**renamed).write_csv(frozen / JUNE)
    assert codes(frozen) == []
    assert standard(frozen).tables.tables[0].frame.height == 700
    check.run(frozen, out=tmp_path / "out", freeze=True, lang="ko")
    (contract,) = contracts.read(frozen)
    assert contract.pattern == "lots_*.csv"
    assert codes(frozen) == []


def test_two_headers_of_one_spelling_stay_two_columns():
    from tundish.standardise.deliveries import compare

    agreed = tuple(ColumnShape(header, "number") for header in ("온도(℃)", "온도(°C)"))
    contract = Contract("a.csv", "freeze", agreed)
    shape = Shape(Origin("a.csv"), tuple(ColumnShape(header, "number") for header in ("온도(°C)", "온도(℃)")))
    assert compare(contract, shape) == []
    one_gone = compare(contract, Shape(Origin("a.csv"), agreed[1:]))
    assert [(change.code, change.header) for change in one_gone] == [("missing", "온도(℃)")]


def test_another_unit_is_another_header(frozen):
    june(**{"라인속도(m/min)": "라인속도(m/s)"}).write_csv(frozen / JUNE)
    assert "delivery_set_aside" in codes(frozen)


def test_large_letters_in_a_files_name_are_the_same_source(frozen, tmp_path):
    june().drop(BATH).write_csv(frozen / "LOTS_2024-06.CSV")
    assert codes(frozen) == ["contract_missing", "delivery_set_aside"]
    june().write_csv(frozen / "LOTS_2024-06.CSV")
    assert codes(frozen) == []
    check.run(frozen, out=tmp_path / "out", freeze=True, lang="ko")
    assert [contract.pattern for contract in contracts.read(frozen)] == ["lots_*.csv"]


def test_a_file_under_no_contract_is_used_and_told(frozen):
    june().write_csv(frozen / "일보.csv")
    assert codes(frozen) == ["contract_none"]


def test_a_month_in_four_figures_is_the_same_source(plant, tmp_path):
    bath_log().write_csv(plant / "도금실적_2403.csv")
    check.run(plant, out=tmp_path / "out", freeze=True, lang="ko")
    june().drop(BATH).write_csv(plant / "도금실적_2404.csv")
    assert codes(plant) == ["contract_missing", "delivery_set_aside"]


def agree(plant, tmp_path):
    check.run(plant, out=tmp_path / "out", freeze=True, lang="en")
    return {contract.pattern: [column.header for column in contract.columns] for contract in contracts.read(plant)}


def test_what_is_agreed_anew_takes_the_place_of_what_was(frozen, tmp_path, capsys):
    later = june().drop("라인속도(m/min)").with_columns(pl.lit("가").alias("조"))
    later.write_csv(frozen / JUNE)
    agreed = agree(frozen, tmp_path)
    assert agreed == {"lots_*.csv": later.columns, MAY: bath_log().columns}
    said = capsys.readouterr().out
    assert "lots_*.csv: agreed anew. New columns: 조. Columns gone: 라인속도(m/min)." in said
    assert codes(frozen) == []
    later.with_columns(pl.col("시각").str.replace("-04-", "-05-")).write_csv(frozen / "lots_2024-07.csv")
    assert codes(frozen) == []
    june().write_csv(frozen / "lots_2024-08.csv")
    assert codes(frozen) == ["contract_missing", "contract_new", "delivery_set_aside"]


def test_deliveries_that_became_alike_are_one_source_again(frozen, tmp_path):
    june().drop(BATH).write_csv(frozen / JUNE)
    agree(frozen, tmp_path)
    june().write_csv(frozen / JUNE)
    assert agree(frozen, tmp_path) == {"lots_*.csv": bath_log().columns}
    assert codes(frozen) == []


def test_a_source_without_a_delivery_stays_agreed(frozen, tmp_path):
    (frozen / MAY).rename(frozen / "일보_2024-06.csv")
    assert set(agree(frozen, tmp_path)) == {"일보_*.csv", "lots_*.csv"}


def test_a_pattern_that_a_person_wrote_is_kept(frozen, tmp_path):
    path = frozen / "contracts.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("lots_*.csv", "lots_2024-*.csv"), encoding="utf-8")
    june().write_csv(frozen / JUNE)
    assert set(agree(frozen, tmp_path)) == {"lots_2024-*.csv"}


def test_a_new_name_that_a_person_allows_is_the_same_column(frozen):
    june(**{BATH: "산세조 #1 온도(℃)"}).write_csv(frozen / JUNE)
    path = frozen / "contracts.toml"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if BATH in line)
    path.write_text(text.replace(line, line.replace(" },", ', also = ["산세조 #1 온도(℃)"] },')), encoding="utf-8")
    assert codes(frozen) == []


def test_a_source_that_may_evolve_is_taken_and_written_down(frozen, tmp_path):
    path = frozen / "contracts.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('mode = "freeze"', 'mode = "evolve"', 1).replace(
        '# mode = "evolve": 달', '# mode = "freeze": 달'), encoding="utf-8")  # fmt: skip
    text = path.read_text(encoding="utf-8")
    path.write_text(
        "\n".join('mode = "evolve"' if line.startswith("mode") else line for line in text.splitlines()), encoding="utf-8"
    )
    june().with_columns(pl.lit("가").alias("비고")).write_csv(frozen / JUNE)
    assert codes(frozen) == ["contract_new"]
    (frozen / MAY).rename(tmp_path / MAY)
    check.run(frozen, out=tmp_path / "out", freeze=False, lang="ko")
    (contract,) = contracts.read(frozen)
    assert contract.mode == "evolve" and "비고" in {column.header for column in contract.columns}
    assert len(contract.changes) == 1 and JUNE in contract.changes[0]
    assert codes(frozen) == []


def test_an_evolving_source_settles_while_the_files_of_old_stay_in_the_folder(frozen, tmp_path):
    path = frozen / "contracts.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('\nmode = "freeze"', '\nmode = "evolve"'), encoding="utf-8")
    june().with_columns(pl.lit("가").alias("비고")).write_csv(frozen / JUNE)
    texts = []
    for _ in range(3):
        check.run(frozen, out=tmp_path / "out", freeze=False, lang="ko")
        texts.append(path.read_text(encoding="utf-8"))
    assert "비고" in texts[0]
    assert texts[0] == texts[1] == texts[2]


def test_all_set_aside_says_what_to_do(frozen):
    from tundish import flow
    from tundish.errors import AllSetAside
    from tundish.settings import Settings

    june().drop(BATH).write_csv(frozen / JUNE)
    (frozen / MAY).unlink()
    with pytest.raises(AllSetAside):
        flow.prepare(frozen, Settings(), lambda *_: None)


names = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=15)
columns = st.builds(
    ColumnShape, header=names, kind=st.sampled_from([None, "number", "time", "text"]), unit=st.one_of(st.none(), names),
    missing=st.sampled_from([0.0, 0.25]), low=st.just(1.5), high=st.just(2.5), also=st.lists(names, max_size=2).map(tuple),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(columns, min_size=1, max_size=4), names, st.lists(names, max_size=2).map(tuple))
def test_contracts_come_back_from_their_file(tmp_path_factory, made, pattern, changes):
    folder = tmp_path_factory.mktemp("c")
    contract = Contract(pattern, "freeze", tuple(made), "2026-01-01", "cp949", ";", changes)
    contracts.write([contract], folder)
    assert contracts.read(folder) == (contract,)
