"""Does ``tundish unit`` answer in order, one line a text, for a program and for a person?"""

import json
import subprocess
import sys

from tundish.cli.entry import run


def test_one_json_line_a_text_in_order(capsys):
    texts = ["㎜", "T", "HRC", "℃", "", "-x", "㎜"]
    assert run(["unit", "--json", "--", *texts]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in lines] == [["text", "ucum", "si", "factor", "offset"]] * len(texts)
    assert [line["text"] for line in lines] == texts
    assert [line["ucum"] for line in lines] == ["mm", None, "{HRC}", "Cel", None, None, "mm"]
    assert (lines[3]["si"], lines[3]["factor"], lines[3]["offset"]) == ("K", 1.0, 273.15)


def test_a_person_reads_why_it_is_asked(capsys):
    assert run(["unit", "--lang", "en", "G", "㎏/㎠", "HV"]) == 0
    doubtful, pressure, scale = capsys.readouterr().out.splitlines()
    assert "gauss" in doubtful
    assert "98066.5" in pressure
    assert "never converted" in scale


def test_lines_of_the_standard_input_and_no_heavy_import():
    code = (
        "import sys; from tundish.cli.entry import run; run(['unit', '--json']); "
        "sys.exit(any(name in sys.modules for name in ('pint', 'lark', 'polars')))"
    )
    done = subprocess.run([sys.executable, "-c", code], input="㎜\n℃\n".encode(), capture_output=True, check=True)
    assert [json.loads(line)["ucum"] for line in done.stdout.decode().splitlines()] == ["mm", "Cel"]
