"""The papers of a standardisation say what is, in both languages, and can harm nobody."""

import html.parser
import re

import openpyxl
import pytest

from tundish import flow
from tundish.documents.standard import publish_standard
from tundish.documents.standard.checks import hint, points
from tundish.documents.standard.publish import Source, file_name
from tundish.settings import Settings

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    plant = tmp_path_factory.mktemp("p") / "plant"
    plant.mkdir()
    rows = "\n".join(f"L{n:03d},2025-03-{1 + n // 4:02d} 0{n % 4}:00,{80 + n % 7},{n % 5},{70 + n % 3}" for n in range(80))
    header = f"LOT NO,기록시각,산세조1 온도(℃),{EVIL},산세조2 온도"
    (plant / "산세.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    return plant


@pytest.fixture(scope="module", params=["ko", "en"])
def written(request, folder, tmp_path_factory):
    found = flow.standard(folder, Settings(), lambda *_: None)
    source = Source(
        plant=EVIL,
        created="2025-04-01 09:00",
        tables=found.tables.tables,
        catalogue=found.catalogue,
        findings=found.intake.findings,
        skipped=(),
    )
    out = tmp_path_factory.mktemp(request.param)
    return publish_standard(source, out, request.param), out


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]


def test_pages_stand_alone_and_let_no_markup_through(written):
    _, out = written
    for name in ("guide", "verification", "checklist"):
        text = (out / f"{name}.html").read_text(encoding="utf-8")
        page = Page(text)
        assert "img" not in page.tags
        assert "script" not in page.tags
        assert not [link for link in page.links if not link.startswith("data:")]
        assert "url(" not in text


def test_the_share_of_tags_is_that_of_the_tables(written):
    facts, out = written
    states = [tag.state for tag in facts.tags]
    assert states == ["mapped", "mapped", "mapped", "open", "unit_open"]
    assert (facts.whole.tags, facts.whole.mapped, facts.whole.unit_open, facts.whole.open) == (5, 4, 1, 1)
    assert re.search(r"80%", (out / "verification.html").read_text(encoding="utf-8"))


def test_a_reason_does_not_say_the_name_of_its_row_again(written):
    facts, out = written
    text = (out / "verification.html").read_text(encoding="utf-8")
    for tag in facts.tags:
        assert f'<td class="wide">{tag.match.origin.column}: ' not in text


def test_the_next_command_is_named_as_it_was_called(written, monkeypatch):
    from tundish.documents.standard.pages import pages

    assert "tundish serve PLANT" in (written[1] / "guide.html").read_text(encoding="utf-8")
    monkeypatch.setenv("TUNDISH_CALLED", "python3 start.py")
    assert "python3 start.py serve PLANT" in pages(written[0], "a", "en")["guide"]


def test_workbooks_hold_every_tag_and_no_formula(written):
    facts, out = written
    book = openpyxl.load_workbook(out / "verification.xlsx")
    tags = book.worksheets[1]
    assert tags.max_row == len(facts.tags) + 1
    for name in ("guide", "verification", "checklist"):
        for sheet in openpyxl.load_workbook(out / f"{name}.xlsx"):
            assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_the_checklist_says_what_is_open_and_what_to_do(written):
    facts, _ = written
    found = {str(point.text): point for point in points(facts)}
    assert found["Every tag has a concept"].stand == "open"
    assert found["The package keeps the metamodel (AAS 3.0)"].stand == "done"
    assert found["Series are linked as files, none stands in the shell"].stand == "done"
    for point in found.values():
        assert point.stand != "open" or point.todo is not None, point


def test_every_demanded_place_has_a_hint_of_its_own():
    from tundish.aas import AasPackage
    from tundish.aas.conform import coverage
    from tundish.aas.template import fill, templates

    package = AasPackage(submodels=tuple(fill(number, f"urn:{number}", {}) for number in templates() if number != "02011"))
    other = {path for one in coverage(package) for path in one.open if str(hint(path)).startswith("Nothing in the exports")}
    said = {"ProcessId", "ProcessName", "ProcessDescription", "URIOfTheProduct", "Name", "Segments", "ProductData", "Processes"}
    assert {path.rpartition(".")[2] for path in other} <= said | {"TypeOfInspectionDocument", "item", "ProductCarbonFootprints"}


@pytest.mark.parametrize("name", ["a/b", "..", "", "CON?", "\x00", "가" * 300, "."])
def test_a_plant_of_any_name_gets_a_file(name):
    made = file_name(name)
    assert made
    assert len(made) <= 80
    assert not set('/\\:*?"<>|\x00') & set(made)
    assert not made.startswith(".")
