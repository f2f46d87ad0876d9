"""What is set aside can be mended in Excel, whatever Excel does to the file, and a changed export is not mended by mistake."""

import csv
import io

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_plants import BATH, bath_log, findings, standard

from tundish.documents import quarantine
from tundish.documents.quarantine import DECISIONS, HEADERS
from tundish.errors import Message
from tundish.standardise.mends import Mend, Mends
from tundish.table import Aside, Origin

FIELDS = list(HEADERS)


def slipped(rows=400):
    frame = bath_log(rows)
    values = frame[BATH].to_list()
    values[50] = 841.0
    values[120] = -400.0
    return frame.with_columns(pl.Series(BATH, values))


def check(plant, out):
    found = standard(plant)
    out.mkdir(exist_ok=True)
    quarantine.write([aside for table in found.tables.tables for aside in table.asides], found.mends, out, "ko")
    return found


def bath(found):
    table = found.tables.tables[0]
    column = next(column for column in table.columns if BATH in column.headers)
    return [None if value is None else round(column.to_plant(value), 6) for value in table.frame[column.name].to_list()]


def decide(lines, **by_found):
    """Fill in decision and corrected value, by what was found."""
    head = lines[0]
    for line in lines[1:]:
        said = by_found.get(line[head.index(HEADERS["found"])])
        if said:
            line[head.index(HEADERS["decision"])], line[head.index(HEADERS["corrected"])] = said
    return lines


def test_mended_in_excel_and_read_again(plant, tmp_path):
    slipped().write_csv(plant / "로그.csv")
    first = check(plant, tmp_path / "out")
    assert bath(first)[50] is None and bath(first)[120] is None
    book = openpyxl.load_workbook(tmp_path / "out" / "quarantine.xlsx")
    lines = [[cell.value or "" for cell in row] for row in book.active.iter_rows()]
    assert {line[FIELDS.index("found")] for line in lines[1:]} == {"841.0", "-400.0"}
    sheet = book.active
    for row, line in enumerate(lines[1:], 2):
        corrected = "84.1" if line[FIELDS.index("found")] == "841.0" else ""
        sheet.cell(row, FIELDS.index("corrected") + 1, float(corrected) if corrected else None)
        sheet.cell(row, FIELDS.index("decision") + 1, DECISIONS["correct"] if corrected else "버림")
    book.save(plant / "quarantine.xlsx")
    second = check(plant, tmp_path / "out")
    assert bath(second)[50] == 84.1 and bath(second)[120] is None
    repairs = [repair for table in second.tables.tables for repair in table.repairs if repair.code == "mended"]
    assert {(repair.before, repair.after, repair.rows) for repair in repairs} == {
        ("841.0", "84.1", (52,)),
        ("-400.0", None, (122,)),
    }
    assert not [finding for finding in findings(second) if finding.code.startswith("mend")]
    # What was decided stands in the next file too: putting it into the plant loses nothing.
    (tmp_path / "out" / "quarantine.xlsx").replace(plant / "quarantine.xlsx")
    third = check(plant, tmp_path / "out")
    assert bath(third) == bath(second)


@pytest.mark.parametrize("encoding", ["cp949", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_saved_again_as_csv(plant, tmp_path, encoding, delimiter):
    slipped().write_csv(plant / "로그.csv")
    check(plant, tmp_path / "out")
    text = (tmp_path / "out" / "quarantine.csv").read_text(encoding="utf-8-sig")
    lines = decide(list(csv.reader(io.StringIO(text))), **{"841.0": ("고침", "84.10"), "-400.0": ("keep", "")})
    for line in lines[1:]:  # Excel takes the point of a whole number away, and groups thousands of rows.
        line[FIELDS.index("found")] = line[FIELDS.index("found")].removesuffix(".0")
        line[FIELDS.index("row")] = f"{int(line[FIELDS.index('row')]):,}.0"
    with (plant / "quarantine.csv").open("w", encoding=encoding, newline="", errors="replace") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    found = check(plant, tmp_path / "out")
    assert bath(found)[50] == 84.1 and bath(found)[120] == -400.0


def test_a_changed_export_is_not_mended_by_mistake(plant, tmp_path):
    slipped().write_csv(plant / "로그.csv")
    check(plant, tmp_path / "out")
    text = (tmp_path / "out" / "quarantine.csv").read_text(encoding="utf-8-sig")
    lines = decide(list(csv.reader(io.StringIO(text))), **{"841.0": ("고침", "84.1")})
    with (plant / "quarantine.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)
    frame = slipped()
    pl.concat([frame[:5], frame]).write_csv(plant / "로그.csv")
    found = check(plant, tmp_path / "out")
    assert bath(found)[50] is not None and bath(found)[55] is None
    assert [finding.code for finding in findings(found) if finding.code.startswith("mend")] == ["mend_not_applied"]
    (plant / "로그.csv").rename(plant / "다른.csv")
    assert "mend_unknown" in {finding.code for finding in findings(standard(plant))}


def test_frozen_stretch_is_called_true_in_one_line(plant, tmp_path):
    frame = bath_log(900)
    values = frame[BATH].to_list()
    values[300:500] = [values[300]] * 200
    frame.with_columns(pl.Series(BATH, values)).write_csv(plant / "로그.csv")
    assert bath(check(plant, tmp_path / "out"))[300:500] == [None] * 200
    text = (tmp_path / "out" / "quarantine.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == 2
    lines[1][FIELDS.index("decision")] = "그대로"
    with (plant / "quarantine.csv").open("w", encoding="cp949", newline="") as file:
        csv.writer(file).writerows(lines)
    assert bath(check(plant, tmp_path / "out")) == [round(value, 6) for value in values]


@pytest.mark.parametrize(
    ("decision", "corrected", "code"),
    [
        ("maybe", "", "mend_unclear"),
        ("고침", "", "mend_unclear"),
        ("버림", "3", "mend_unclear"),
        ("고침", "열", "mend_not_applied"),
    ],
)
def test_what_is_unclear_changes_nothing_and_is_told(plant, tmp_path, decision, corrected, code):
    slipped().write_csv(plant / "로그.csv")
    before = bath(check(plant, tmp_path / "out"))
    text = (tmp_path / "out" / "quarantine.csv").read_text(encoding="utf-8-sig")
    lines = decide(list(csv.reader(io.StringIO(text))), **{"841.0": (decision, corrected)})
    with (plant / "quarantine.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)
    found = standard(plant)
    assert bath(found) == before
    assert [finding.code for finding in findings(found) if finding.code.startswith("mend")] == [code]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rest", b"\x00\x01\x02", "아무 말\n".encode("cp949"), b"a,b\n1,2\n"])
def test_a_broken_quarantine_file_is_a_finding(plant, content):
    bath_log().write_csv(plant / "로그.csv")
    (plant / "quarantine.xlsx").write_bytes(content)
    assert [finding.code for finding in findings(standard(plant)) if finding.code.startswith("mend")] == ["mends_unread"]


words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).map(str.strip).filter(
    lambda text: text and not text.startswith("'")
)  # fmt: skip
values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(str), st.sampled_from(["=1+1", "@x", "-3", "007"])
)
asides_made = st.builds(
    Aside,
    code=st.just("outlier"),
    origin=st.builds(Origin, file=words, sheet=st.one_of(st.none(), words), column=words),
    row=st.integers(1, 10**6),
    last=st.none(),
    found=values,
    expected=st.just("1 ~ 2"),
    reason=st.builds(Message, st.just("plain")),
    count=st.just(1),
    sha256=st.just("ab" * 32),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(asides_made, min_size=1, max_size=6, unique_by=lambda aside: (aside.origin, aside.row)), st.booleans())
def test_every_line_comes_back_through_a_spreadsheet(tmp_path_factory, made, as_book):
    folder = tmp_path_factory.mktemp("q")
    mends = [Mend(aside.origin, aside.row, None, aside.found, "correct", "12.5", "ab" * 6, Origin("q")) for aside in made]
    quarantine.write([], Mends(tuple(mends)), folder, "ko")
    if as_book:
        book = openpyxl.load_workbook(folder / "quarantine.xlsx")
        assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
        book.save(folder / "quarantine.xlsx")
        (folder / "quarantine.csv").unlink()
    else:
        (folder / "quarantine.xlsx").unlink()
        text = (folder / "quarantine.csv").read_bytes().decode("utf-8-sig")
        cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "\t"))]
    again = quarantine.read(folder)
    assert not again.findings
    told = {(mend.origin, mend.row, mend.found, mend.decision, mend.corrected, mend.sha256) for mend in again.lines}
    assert told == {(mend.origin, mend.row, mend.found, mend.decision, mend.corrected, mend.sha256) for mend in mends}


@pytest.mark.parametrize(("typed", "meant"), [("1,250", 1.25), ("1.250", 1.25), ("1,25", 1.25)])
def test_a_correction_is_written_like_the_column(plant, tmp_path, typed, meant):
    """1,250 in a column of decimal commas is not twelve hundred and fifty."""
    lines = ["일시;두께(mm)", *(f"2025-01-01 {i // 60:02d}:{i % 60:02d}:00;1,{200 + i * 7 % 30}" for i in range(200))]
    lines[50] = "2025-01-01 00:49:00;-50,5"
    (plant / "로그.csv").write_text("\n".join(lines), encoding="utf-8")
    check(plant, tmp_path / "out")
    with (tmp_path / "out" / "quarantine.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    decide(rows, **{"'-50,5": ("", typed)})
    with (plant / "quarantine.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    table = check(plant, tmp_path / "out").tables.tables[0]
    column = next(column for column in table.columns if "두께(mm)" in column.headers)
    assert column.to_plant(table.frame[column.name][49]) == pytest.approx(meant)


@pytest.mark.parametrize(("name", "told"), [("Quarantine.XLSX", []), ("quarantine (1).xlsx", ["mends_unread"])])
def test_a_copy_under_another_name_is_read_or_told(plant, tmp_path, name, told):
    slipped().write_csv(plant / "로그.csv")
    check(plant, tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "quarantine.xlsx")
    for row in range(2, book.active.max_row + 1):
        book.active.cell(row, FIELDS.index("decision") + 1, "버림")
    book.save(plant / name)
    mends = quarantine.read(plant)
    assert [finding.code for finding in mends.findings] == told
    assert bool(mends.lines) == (not told)
