"""Can an id, a header or a file's name steer the terminal or the page that shows it?"""

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from datetime import datetime, timedelta

import polars as pl
import pytest

from tundish.cli.entry import run
from tundish.cli.terminal import bare, console, guarded

STEERING = "\x1b[31m\x07\u202e\x9b5m"
SEEN = "\\x1b[31m\\x07\\u202e\\u009b5m"
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """A mill whose coil, column, file and folder have names that ring, colour, turn and forge lines."""
    folder = tmp_path_factory.mktemp("works") / f"압연{STEERING}"
    (folder / "[").mkdir(parents=True)
    begin, turns = datetime(2025, 3, 1), [10 * i for i in range(40)]
    coils = [f"HC{i:04}" for i in range(40)]
    coils[5] = f"HC{STEERING}0005\n  100% sure"
    production = {
        "코일번호": coils,
        "슬래브번호": [f"SL{i:04}" for i in range(40)],
        "시작시각": [begin + timedelta(minutes=turn) for turn in turns],
        "종료시각": [begin + timedelta(minutes=turn + 9) for turn in turns],
        "생산중량(kg)": [20_000.0 + turn for turn in turns],
        f"온도{STEERING}(℃)": [900.0 + turn % 7 for turn in turns],
    }
    pl.DataFrame(production).write_parquet(folder / f"실적{STEERING}.parquet")
    (folder / "[" / "x].csv").write_text("a;b\n1;2\n3;4\n", encoding="utf-8")  # [/x] ends a style that was never begun
    return folder


@pytest.mark.parametrize("command", ["trace", "trace SL0005", "trace ZZ", "check", "match", "standard", "run"])
def test_nothing_steers_the_terminal_or_a_page(plant, command, capsys):
    name, *piece = command.split()
    assert run([name, str(plant), *piece, "--lang", "en"]) in (0, 2)
    told = capsys.readouterr()
    assert FORBIDDEN.search(told.out + told.err) is None, told
    assert command == "trace ZZ" or SEEN in told.out + told.err
    for page in plant.parent.rglob("*.html"):
        assert FORBIDDEN.search(page.read_text(encoding="utf-8")) is None, page


def test_an_id_forges_no_line(plant, capsys):
    assert run(["trace", str(plant), "SL0005", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "\n  100% sure" not in said
    assert f"HC{SEEN}0005\\x0a  100% sure" in said


def test_json_says_the_id_as_it_stands(plant, capsys):
    assert run(["trace", str(plant), "SL0005", "--json"]) == 0
    said = capsys.readouterr().out
    assert FORBIDDEN.search(said) is None
    assert f"HC{STEERING}0005\n  100% sure" in {piece["id"] for piece in json.loads(said)["pieces"]}


def test_a_bar_on_a_terminal_draws_any_name(plant):
    ours, theirs = pty.openpty()
    draw = (
        "import sys; from tundish.cli.terminal import guarded; from tundish.cli.progress import Display\n"
        "sys.stderr = guarded(sys.stderr)\n"
        "with Display(patience_s=0.0) as shown:\n    shown(sys.argv[1], 1, 3); shown('[/x].csv', 2, 3)"
    )
    place = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1"}
    with subprocess.Popen([sys.executable, "-c", draw, f"a{STEERING}.csv"], env=place, stderr=theirs) as drawn:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 20)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
    os.close(ours)
    assert drawn.returncode == 0, seen.decode()
    assert "[/x].csv" in seen.decode()
    assert not {"\x07", "\u202e", "\x9b"} & set(seen.decode())


def test_our_own_colours_come_through_and_nobody_elses():
    under = io.StringIO()
    stream = guarded(under)
    assert guarded(stream) is stream
    assert bare(stream) is under
    drawn = console(stream)
    drawn.print(f"a{STEERING}")
    bare(stream).write("\x1b[2K")
    stream.writelines(["\x1b[2K\n", "\tb\n"])
    assert under.getvalue() == "a" + SEEN.replace("\\x07", "") + "\n\x1b[2K\\x1b[2K\n\tb\n"  # Rich takes bells away
