"""Are CP949 and UTF-8 told apart on short files, and is a damaged one told instead of read as gibberish?"""

import random

import pytest
from encoding_samples import HEADERS, WORDS, header_only, in_cells, mixed, samples
from hypothesis import given
from hypothesis import strategies as st

from tundish.errors import BrokenFile
from tundish.intake.encoding import decode

SAMPLES = list(samples())
SAID = {"utf-8-sig": "utf-8 with BOM", "utf-16": "utf-16-le with BOM"}


def test_there_are_samples_enough():
    assert len(SAMPLES) >= 160
    assert len({sample.data for sample in SAMPLES}) == len(SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.kind} {sample.encoding}")
def test_a_sample_is_read_in_its_encoding(sample):
    found = decode(sample.data, "a.csv")
    assert found.encoding == SAID.get(sample.encoding, sample.encoding)
    assert found.utf8.decode() == sample.text
    assert not found.findings


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
@pytest.mark.parametrize("index", range(40))
def test_a_file_that_breaks_off_inside_a_character_is_told(encoding, index):
    rng = random.Random(f"cut {index}")
    text = (in_cells, mixed)[index % 2](rng).rstrip("\n") + rng.choice(WORDS[:16])
    data = text.encode(encoding)[:-1]
    try:
        found = decode(data, "a.csv")
    except BrokenFile as error:
        assert "breaks off" in str(error.message.values["found"])
    else:
        assert found.encoding == encoding
        assert found.findings


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
@pytest.mark.parametrize("index", range(40))
def test_one_broken_byte_spoils_one_line_and_is_told(encoding, index):
    rng = random.Random(f"broken {index}")
    lines = [f"{rng.choice(HEADERS)},비고", *(f"{i},{i * 2},{rng.choice(WORDS)},x" for i in range(12))]
    data = [line.encode(encoding) for line in lines]
    data[7] = data[7][:-1] + b"\xff" + data[7][-1:]
    found = decode(b"\n".join(data), "a.csv")
    assert found.encoding == encoding
    assert [finding.rows for finding in found.findings] == [(8,)]
    read = found.utf8.decode().split("\n")
    assert read[:7] + read[8:] == lines[:7] + lines[8:]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_header_alone_or_nearly(rows):
    for header in HEADERS:
        text = "\n".join([header, *["1,2,3"] * rows])
        for encoding in ("cp949", "utf-8"):
            assert decode(text.encode(encoding), "a.csv").utf8.decode() == text


def test_a_late_character_counts_as_an_early_one():
    text = "a,b,c\n" + "1,2,3\n" * 200_000 + "1,2,양호\n"
    for encoding in ("cp949", "utf-8"):
        assert decode(text.encode(encoding), "a.csv").encoding == encoding


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=12))
def test_any_hangul_in_utf8_comes_out(text):
    assert decode(f"a,b\n1,{text}\n".encode(), "a.csv").utf8.decode() == f"a,b\n1,{text}\n"


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_any_words_of_a_plant_in_cp949_come_out(words):
    text = header_only(random.Random(1), 2) + f"1,2,{' '.join(words)}\n"
    assert decode(text.encode("cp949"), "a.csv").utf8.decode() == text
