"""Is every sentence translated, in good Korean, and is the compiled catalogue the one that is read?"""

import importlib.util
import re
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTICLE = re.compile(r"\}(을|를|이|가|은|는|와|과|로|으로|이나|나|이라|라)(?![가-힣(])")


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "tools" / "catalogue.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def catalogue(tool):
    return tool.merged()


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_sentence_is_translated(tool, catalogue):
    assert tool.to_translate(catalogue) == []


def test_the_files_are_those_of_today(tool, catalogue):
    assert tool.PO.read_bytes() == tool.po_bytes(catalogue), "run: python tools/catalogue.py"
    assert tool.PO.with_suffix(".mo").read_bytes() == tool.mo_bytes(tool.PO.read_bytes()), "run: python tools/catalogue.py"


def test_values_are_the_same_on_both_sides(catalogue):
    wrong = [m.id for m in catalogue if m.id and not fields(m.string) <= fields(m.id)]
    lost = [m.id for m in catalogue if m.id and fields(m.id) - fields(m.string)]
    assert wrong == []
    assert lost == []


def test_no_particle_hangs_on_a_value(catalogue):
    assert [m.string for m in catalogue if m.id and PARTICLE.search(m.string)] == []


def test_a_sentence_put_together_at_run_time_is_found(tool):
    with pytest.raises(tool.NotLiteral):
        list(tool.in_python('Message(f"{x} is bad")', "made.py"))
    assert list(tool.in_python('Message("one " "two {a}", a=1)', "made.py")) == [("one two {a}", 1)]
    assert [text for text, _ in tool.in_python('class E(InputError):\n    text = "gone"', "made.py")] == ["gone"]
    assert list(tool.in_template(b'<p>{{ _("seen {n}", n=1) }}</p>')) == [("seen {n}", 1)]
