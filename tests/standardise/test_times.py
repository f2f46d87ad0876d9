from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tundish.standardise.export import understand
from tundish.standardise.values.stamps import moment
from tundish.standardise.values.times import Times, Undecided, read_times, serial_times

MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2049, 12, 31)).map(lambda t: t.replace(microsecond=0))
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def korean_half(t: datetime) -> str:
    return f"{t:%Y-%m-%d} {'오전' if t.hour < 12 else '오후'} {(t.hour - 1) % 12 + 1}:{t:%M:%S}"


FORMATS = {
    "iso": lambda t: f"{t:%Y-%m-%d %H:%M:%S}",
    "iso_t": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}",
    "colon": lambda t: f"{t:%Y-%m-%d:%H:%M:%S}",
    "sas": lambda t: f"{t.day:02d}{MONTHS[t.month - 1]}{t.year}:{t:%H:%M:%S}",
    "blanks": lambda t: f"{t:%Y %m %d %H:%M:%S}",
    "dots": lambda t: f"{t:%Y.%m.%d %H:%M:%S}",
    "short": lambda t: f"{t.year}/{t.month}/{t.day} {t.hour}:{t:%M:%S}",
    "compact": lambda t: f"{t:%Y%m%d%H%M%S}",
    "halves": lambda t: f"{t:%Y%m%d %H%M%S}",
    "korean": lambda t: f"{t.year}년 {t.month}월 {t.day}일 {t.hour}시 {t:%M}분 {t:%S}초",
    "korean_half": korean_half,
    "weekday": lambda t: f"{t:%Y.%m.%d} ({'월화수목금토일'[t.weekday()]}) {t:%H:%M:%S}",
    "milliseconds": lambda t: f"{t:%Y-%m-%d %H:%M:%S}.000",
}


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20, deadline=None)
@given(written=st.lists(MOMENTS, min_size=1, max_size=12))
def test_what_was_written_is_read(name, written):
    times = read_times(pl.Series([FORMATS[name](t) for t in written]), "일시")
    assert isinstance(times, Times)
    assert times.values.to_list() == written
    assert not times.utc


@settings(max_examples=30, deadline=None)
@given(t=MOMENTS, hours=st.integers(min_value=-11, max_value=13))
def test_offsets_lead_to_utc(t, hours):
    text = f"{t:%Y-%m-%dT%H:%M:%S}{hours:+03d}:00"
    times = read_times(pl.Series([text, text]), "x")
    assert isinstance(times, Times) and times.utc
    assert times.values[0] == t - timedelta(hours=hours)


@pytest.mark.parametrize("order", ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"])
def test_the_order_of_day_and_month_is_found_over_the_whole_column(order):
    written = [datetime(2025, 1, 1) + timedelta(hours=5 * i) for i in range(300)]
    times = read_times(pl.Series([t.strftime(order) for t in written]), "x")
    assert isinstance(times, Times) and times.values.to_list() == written


@pytest.mark.parametrize("order", ["%d/%m/%Y", "%m/%d/%Y", "%y-%m-%d", "%d-%m-%y"])
def test_an_order_that_all_days_allow_is_found_by_running_on(order):
    written = [datetime(2025, 3, 1) + timedelta(days=i) for i in range(12)]
    times = read_times(pl.Series([t.strftime(order) for t in written]), "x")
    assert isinstance(times, Times) and times.values.to_list() == written


def test_an_order_that_nothing_tells_is_not_guessed():
    assert isinstance(read_times(pl.Series(["03/04/2025", "03/04/2025"]), "일자"), Undecided)
    known = read_times(pl.Series(["03/04/2025", "03/04/2025"]), "일자", "dmy")
    assert isinstance(known, Times) and known.values[0] == datetime(2025, 4, 3)


def test_hour_24_is_the_next_day():
    times = read_times(pl.Series(["2025-03-01 23:00", "2025-03-01 24:00"]), "x")
    assert isinstance(times, Times) and times.values[1] == datetime(2025, 3, 2)


def test_numbers_become_times_only_under_a_header_of_time():
    days = pl.Series([45000.25, 45001.5])
    assert serial_times(days, "온도") is None
    read = serial_times(days, "작업일시")
    assert read is not None and read.values[0] == datetime(2023, 3, 15, 6)
    unix = serial_times(pl.Series([1.7e9, 1.7e9 + 60]), "timestamp")
    assert unix is not None and unix.utc and unix.values[0] == datetime(2023, 11, 14, 22, 13, 20)
    milliseconds = serial_times(pl.Series([1.7e12]), "time")
    assert milliseconds is not None and milliseconds.values[0] == datetime(2023, 11, 14, 22, 13, 20)


@pytest.mark.parametrize("header, text", [("LOT_NO", "20250301080005"), ("작업지시번호", "202503010800"), ("압력", "20250301")])
def test_digits_that_are_names_or_measures_are_no_times(header, text):
    assert read_times(pl.Series([text] * 5), header) is None


@given(st.text(max_size=25))
def test_any_text_is_a_moment_or_none(text):
    found = moment(text)
    assert found is None or isinstance(found[0], datetime)


@pytest.mark.parametrize(
    "written",
    [
        lambda t: f"{t.month}/{t.day} {'오전' if t.hour < 12 else '오후'} {(t.hour - 1) % 12 + 1}:{t:%M}",
        lambda t: f"{t.month}월 {t.day}일 {t:%H:%M}",
        lambda t: f"{t:%m.%d} {t:%H:%M}",
    ],
)
def test_dates_without_a_year_take_the_year_of_the_title_and_turn_over_it(export, written):
    moments = [datetime(2024, 11, 20, 8, 30) + timedelta(hours=7 * i) for i in range(300)]
    raw = export("2024년 작업일지.csv", {"작업일시": [written(t) for t in moments], "값": list(range(300))})
    (found,) = understand(raw, "일지", "UTC")
    assert found.reads[0].values.dt.replace_time_zone(None).to_list() == moments
    assert found.reads[0].repairs[0].code == "year_from_name"


def test_dates_without_a_year_are_asked_about_where_no_title_tells_it(export):
    raw = export("일지.csv", {"분석일": ["3/2", "3/14", "3/15"], "비율": ["1/2", "1/4", "3/4"]})
    (found,) = understand(raw, "일지", "UTC")
    assert [finding.code for read in found.reads for finding in read.findings] == ["year_unknown"]


def test_days_that_no_plant_saw_stand_for_nothing_written(export):
    written = [f"2025-03-01 08:{i:02}:00" for i in range(40)]
    written[3], written[7], written[9] = "0001-01-01 00:00:00", "9999-12-31 23:59:59", "1899-12-30 00:00:00"
    (found,) = understand(export("일지.csv", {"작업시각": written, "값": list(range(40))}), "일지", "Asia/Seoul")
    time = found.reads[0]
    assert [index for index, value in enumerate(time.values) if value is None] == [3, 7, 9]
    assert [(finding.code, finding.count) for finding in time.findings] == [("no_such_time", 3)]


def test_days_that_never_were_leave_a_column_its_kind_and_are_named():
    texts = [f"2024-02-{day:02} 08:00:00" for day in (1, 2, 3, 30)] * 10
    found = read_times(pl.Series("시각", texts), "시각")
    assert isinstance(found, Times)
    assert found.values.null_count() == 10
    assert found.unread == ("2024-02-30 08:00:00",)
