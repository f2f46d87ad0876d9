"""Is the report one safe file that a Korean foreman can read?"""

import re
from base64 import b64decode
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import made_dossier as made
import pytest

from tundish.documents.report import report
from tundish.documents.written import written
from tundish.errors import Message
from tundish.table import Finding, Origin

ABBREVIATIONS = {"Tundish", "SHA", "Cp", "Cpk", "Pp", "Ppk", "plant", "toml", "limits", "MPa", "min"}
"""Words of the trade that stay as they are."""


def text_of(html):
    """What a reader sees: the text, and the words inside the pictures."""
    pictures = [b64decode(code).decode() for code in re.findall(r"base64,([^\"]+)", html)]
    drawn = [unescape(word) for svg in pictures for word in re.findall(r"<text[^>]*>(.*?)</text>", svg)]
    drawn = [re.sub(r"<[^>]+>", " ", word) for word in drawn]
    body = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", body)) + " " + " ".join(drawn), pictures


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


@pytest.fixture(scope="module", params=["ko", "en"])
def page(request):
    run = made.dossier()
    return report(run, written(run, request.param), request.param)


@pytest.fixture(scope="module")
def korean():
    run = made.dossier()
    return report(run, written(run, "ko"), "ko")


def test_nothing_is_fetched_and_nothing_runs(page):
    tags = Tags()
    tags.feed(page)
    for tag, attributes in tags.seen:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "form"}
        assert all(not name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset", "action"):
            assert attributes.get(name, "data:").startswith("data:")
    assert "url(" not in page
    _, pictures = text_of(page)
    assert all("<script" not in svg and "href=" not in svg.replace("xmlns:xlink", "") for svg in pictures)


def test_names_of_the_plant_are_text_only(page):
    """The hostile header stands in headings, tables and pictures, and never as a tag."""
    tags = Tags()
    tags.feed(page)
    assert all(attributes.get("src", "data:") != "x" for _, attributes in tags.seen)
    assert "<b>포항" not in page
    text, pictures = text_of(page)
    assert made.HOSTILE in text
    assert all("<img" not in svg for svg in pictures)


def test_small(page):
    assert len(page.encode()) < 2_000_000


def test_page_one_says_what_to_keep(korean):
    text, _ = text_of(korean)
    first = text[: text.index("원인 ")] if "원인 " in text else text
    assert "ROLLING_TEMP_T5 / 압연 온도(℃)" in first
    assert "1,000 ℃ 이하" in first
    assert "1273" not in text
    assert "4%" in first
    assert "1,230만 원" in text


def test_no_english_is_left_in_korean(korean):
    """Every Latin word on the Korean page comes from the plant's data or is a word of the trade."""
    text, _ = text_of(korean)
    data = " ".join(
        [made.HOSTILE, *(name for column in made.pieces().table.columns for name in (column.name, *column.headers)),
         "P B ab"]
    )  # fmt: skip
    known = ABBREVIATIONS | set(re.findall(r"[A-Za-z]+", data))
    words = set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\S+\.(csv|xlsx|txt)\S*|\b[0-9a-f]{64}\b", " ", text)))
    # A long name of the plant may be cut in a picture.
    assert {word for word in words if not any(name.startswith(word) for name in known)} == set()


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("verdict", ["too_little_data", "not_yet"])
def test_page_one_without_an_answer(lang, verdict):
    run = made.without_answer(verdict)
    text, _ = text_of(report(run, written(run, lang), lang))
    wanted = {"ko": "원인을 찾지 못했습니다", "en": "No cause found for"}[lang]
    assert wanted in text
    assert {"ko": "관리범위 없음", "en": "No window is given"}[lang] in text


def test_charts_are_there(korean):
    """Benefit; curve and good against bad for two settings, levels for one; evidence; p chart and two individuals charts."""
    assert korean.count("<figure") == 1 + (2 + 2 + 1) + 3 + 3
    text, _ = text_of(korean)
    for word in ("양품", "불량", "관리도", "시간에 따른 검증", "체류 중 평균"):
        assert word in text


def test_capability_against_the_limits():
    run = made.of_a_number((251.0, 269.0))
    text, _ = text_of(report(run, written(run, "ko"), "ko"))
    found = float(re.search(r"Cpk\s+(\d\.\d\d)", text).group(1))
    assert found == pytest.approx(1.0, abs=0.1)
    assert "251 MPa ~ 269 MPa" in text


def test_without_limits_it_says_so():
    run = made.of_a_number()
    text, _ = text_of(report(run, written(run, "ko"), "ko"))
    assert "규격한계를 알 수 없어" in text
    assert "실측" in text and "예측" in text


def test_what_is_not_used_stands_before_the_answer():
    run = made.dossier()
    place = Origin("lots_2024-06.csv")
    told = Finding("delivery_set_aside", "error", Message("{file} was set aside <b>", file=place.file), place)
    missing = Finding("contract_missing", "error", Message("The column is gone"), Origin(place.file, None, "두께(mm)"))
    run = replace(run, findings=(*run.findings, missing, told))
    page = report(run, written(run, "en"), "en")
    box = page[page.index('class="aside"') : page.index('class="verdict')]
    assert "lots_2024-06.csv was set aside &lt;b&gt;" in box and "두께(mm)" in box and "The column is gone" in box
