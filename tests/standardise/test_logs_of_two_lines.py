"""Are the logs of two machines kept apart, though one ran after the other and they share a few signals?"""

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.vocabulary import load_catalogue

FIRST = "일시,압연속도(m/s),소재감지,관두께(mm),압연하중(kN)"
LATER = "TIME,SPEED(m/s),PIPE_PRESENT,WALL_THK(mm)"


def test_a_shared_time_does_not_make_two_logs_one(tmp_path):
    mill = [f"2026-03-01 08:{n // 60:02d}:{n % 60:02d},1.4{n % 9},1,5.{n % 7}1,820{n % 10}" for n in range(600)]
    test = [f"2026-03-04 10:{n // 60:02d}:{n % 60:02d},0.7{n % 9},1,5.{n % 7}2" for n in range(600)]
    (tmp_path / "제관_PLC.csv").write_text("\n".join([FIRST, *mill]), encoding="utf-8")
    (tmp_path / "UT_LINE.csv").write_text("\n".join([LATER, *test]), encoding="utf-8")
    tables = standardise(read(tmp_path, SOURCES).tables, load_catalogue()).tables
    assert sorted(table.name for table in tables) == ["UT_LINE", "제관_PLC"]
