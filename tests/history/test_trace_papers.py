"""Do text, JSON and page say the same, in both languages, whatever an id looks like?"""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import made_chain as made
import pytest
from jsonschema import Draft202012Validator

from tundish.cli.trace import page_name
from tundish.documents import history as papers
from tundish.documents import history_page, tree
from tundish.trace.history import history, in_memory

SCHEMA = Path(__file__).parents[2] / "docs" / "history.schema.json"
HOSTILE = '"><script>alert(1)</script>&</title>'


def out(piece="T-31", lang="en", **changed):
    return papers.written(history(in_memory(made.genealogy(**changed)), piece), "plant", lang, time_zone="Asia/Seoul")


def test_the_schema_is_the_one_in_docs_and_holds():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json.loads(papers.schema())
    validator = Draft202012Validator(json.loads(papers.schema()))
    validator.validate(json.loads(out().model_dump_json()))
    whole = papers.overview_written(in_memory(made.genealogy()), "plant", "ko", time_zone="Asia/Seoul")
    validator.validate(json.loads(whole.model_dump_json()))


def test_the_tree_shows_share_probability_and_evidence():
    text = "\n".join(tree.text(out(), "en", "Asia/Seoul"))
    assert re.search(r"├─ C-11 \(coil\) welded 75%", text)
    assert re.search(r"S-2 \(slab\) rolled 25% \[91%, a slip of one key\] ⚠", text)
    assert "2025-03-01 19:00:00" in text  # 10:00 UTC in Seoul


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_page_is_one_file_whose_pictures_are_sound(lang):
    page = history_page.page(out(lang=lang), lang, "Asia/Seoul")
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 2
    for picture in pictures:
        root = ElementTree.fromstring(picture)  # noqa: S314 - our own
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"]
    assert not re.search(r"https?://", re.sub(r'xmlns="[^"]*"', "", page))
    assert "<script" not in page


def test_hostile_ids_are_text():
    page = history_page.page(out(piece="P-21", T31=HOSTILE), "en", "Asia/Seoul")
    assert "<script" not in page
    for picture in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(picture)  # noqa: S314 - our own
    for piece in (HOSTILE, "../../etc/passwd", "con", "a" * 300, "코일/7", ".", "..", "index"):
        name = page_name(piece)
        assert re.fullmatch(r"[\w][\w.-]*\.html", name), name
        assert len(name.encode()) < 120
        assert ".." not in name
    assert page_name("a/b") != page_name("a_b")


def test_the_overview_counts_what_was_made():
    whole = papers.overview_written(in_memory(made.genealogy()), "plant", "en", time_zone="Asia/Seoul")
    levels = {one.level: (one.pieces, one.with_parents) for one in whole.levels}
    assert levels == {"heat": (2, 0), "slab": (3, 3), "coil": (6, 4), "strip": (2, 2), "lot": (1, 0)}
    page = history_page.overview(whole, "ko", "Asia/Seoul", command="tundish trace plant PIECE")
    assert "91" in json.dumps(whole.model_dump()) and "tundish trace plant PIECE" in page
    assert any("coil" in line for line in tree.overview(whole, "en"))
