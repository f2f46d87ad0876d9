"""Does every committed row of a database land once, through late commits, kills and restarts of either side?"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path

import polars as pl
import psycopg
import pytest
from databases import PASSWORD, Postgres
from sqlalchemy import exc

from tundish.connectors.sql import open_source
from tundish.connectors.sql.link import is_refusal
from tundish.connectors.sql.window import Window
from tundish.errors import BadSettings, SourceRefused
from tundish.intake import RawTable, SourceFile
from tundish.intake.folder import JOURNAL
from tundish.store import LANDED, Landing
from tundish.table import Finding

SECRET = "TUNDISH_TEST_PG"  # noqa: S105 - the name of a variable


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    server = Postgres()
    before = os.environ.get(SECRET)
    os.environ[SECRET] = PASSWORD
    try:
        server.start()
        yield server
    finally:
        server.remove()
        if before is None:
            del os.environ[SECRET]


def land(plant: Path, source) -> None:
    """What collect does, once."""
    with Landing(plant, source.name) as landing:
        for batch in source.batches(landing.cursor, once=True):
            landing.append(batch)
            source.acknowledge(batch)


def landed(plant: Path, source: str = "mes") -> pl.DataFrame:
    name = f"landing/{source}/{JOURNAL}"
    (table,) = (part for part in LANDED.read(SourceFile(name, plant / name)) if isinstance(part, RawTable))
    return table.frame


def lite(path: Path, **options: object):
    return open_source("mes", {"url": f"sqlite:///{path}", "table": "lot", "order_by": "id", "poll_s": 0.1, **options})


def fill(path: Path, rows) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE IF NOT EXISTS lot (id INTEGER, 로트 TEXT)")
    database.executemany("INSERT INTO lot VALUES (?, ?)", rows)
    database.commit()
    database.close()


def test_sqlite_lands_new_rows_only_and_ties_and_doubles_as_often_as_they_stand(tmp_path):
    path = tmp_path / "mes.db"
    fill(path, [(1, "a"), (2, "b"), (2, "c"), (2, "c")])
    for _ in range(2):
        land(tmp_path, lite(path))
    assert sorted(landed(tmp_path)["로트"].to_list()) == ["a", "b", "c", "c"]
    fill(path, [(2, "late"), (2, "c"), (3, "d")])
    land(tmp_path, lite(path, chunk=1))
    assert sorted(landed(tmp_path)["로트"].to_list()) == ["a", "b", "c", "c", "c", "d", "late"]


def test_a_missing_sqlite_file_is_refused_and_not_made(tmp_path):
    with pytest.raises(SourceRefused):
        list(lite(tmp_path / "none.db").batches(None, once=True))
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"url": "postgresql://u:plain@h/d", "table": "t", "order_by": "i"}, "url"),
        ({"url": "postgresql://h/d?password=plain", "table": "t", "order_by": "i"}, "url"),
        ({"url": "postgresql://h/d?user=u&PWD=plain", "table": "t", "order_by": "i"}, "url"),
        ({"url": "mssql+pyodbc:///?odbc_connect=SERVER%3Dh%3BPWD%3Dplain%3B", "table": "t", "order_by": "i"}, "url"),
        ({"url": "mssql+pyodbc:///?odbc_connect=SERVER%3Dh%3B+Password+%3D+plain", "table": "t", "order_by": "i"}, "url"),
        ({"url": "mssql+pyodbc:///?odbc_connect=PWD%3D${A}plain", "table": "t", "order_by": "i"}, "url"),
        ({"url": "sqlite:///x", "order_by": "i"}, "table"),
        ({"url": "sqlite:///x", "table": "t", "query": "select 1", "order_by": "i"}, "table"),
        ({"url": "sqlite:///x", "table": "t"}, "order_by"),
        ({"url": "sqlite:///x", "table": "t", "order_by": "i", "chunk": 0}, "chunk"),
        ({"url": "sqlite:///x", "table": "t", "order_by": "i", "odd": 1}, "odd"),
    ],
)
def test_wrong_words_are_refused_by_name_and_a_password_is_not_shown(options, key):
    with pytest.raises(BadSettings, match=rf"sources\.mes\.{key}") as caught:
        open_source("mes", options)
    assert "plain" not in str(caught.value)


def test_types_of_a_real_server(server, tmp_path):
    with server.connect() as database:
        database.execute(
            'CREATE TABLE "측정 값" ("번호" serial, "로트" text, "두께" numeric(8,3), big numeric(25,0), "등록" timestamptz, '
            "naive timestamp, day date, ok bool, picture bytea, more jsonb, id uuid, part int[], empty text)"
        )
        database.execute(
            'INSERT INTO "측정 값" ("로트","두께",big,"등록",naive,day,ok,picture,more,id,part) VALUES '
            "('한글 로트', 1.250, 1234567890123456789012345, '2025-03-01 09:00+09', '2025-03-01 09:00', '2025-03-01', true, "
            "'\\x00ff', '{\"a\": 1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,2}'), "
            "(null,null,null,null,null,null,null,null,null,null,null)"
        )
    source = open_source("mes", {"url": server.url, "table": "측정 값", "order_by": "번호"})
    (batch,) = source.batches(None, once=True)
    row = batch.frame.row(0, named=True)
    assert row == {
        "번호": 1,
        "로트": "한글 로트",
        "두께": 1.25,
        "big": "1234567890123456789012345",
        "등록": datetime(2025, 3, 1, tzinfo=UTC),
        "naive": datetime(2025, 3, 1, 9),
        "day": datetime(2025, 3, 1).date(),
        "ok": True,
        "more": '{"a": 1}',
        "id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "part": "[1, 2]",
        "empty": None,
    }
    assert set(batch.frame.row(1)) == {2, None}
    assert [finding.code for finding in batch.findings] == ["bytes_column"]


def test_moments_that_no_calendar_holds_are_left_empty_and_told_and_the_rows_land(server, tmp_path):
    with server.connect() as database:
        database.execute(
            "CREATE TABLE lasting (id serial, until timestamptz, since timestamp, day date, hour time, span tstzrange, "
            "several timestamptz[], took interval)"
        )
        database.execute(
            "INSERT INTO lasting (until, since, day, hour, span, several, took) VALUES "
            "('2025-03-01 09:00+09', '2025-03-01', '2025-03-01', '10:00', null, null, '1 hour'), "
            "('infinity', '-infinity', '0044-03-15 BC', '24:00', '[2025-01-01, infinity)', '{infinity}', '400000 years'), "
            "('20250-01-01+00', '0001-01-01 BC', 'infinity', '10:00', null, null, null), "
            "('0001-01-01 00:00+14', '2025-03-02', '2025-03-02', '10:00', null, null, null)"
        )
    source = {"url": server.url, "table": "lasting", "order_by": "id"}
    (batch,) = open_source("mes", source).batches(None, once=True)
    assert batch.frame["id"].to_list() == [1, 2, 3, 4]
    assert batch.frame["until"].to_list() == [datetime(2025, 3, 1, tzinfo=UTC), None, None, None]
    assert batch.frame["since"].to_list() == [datetime(2025, 3, 1), None, None, datetime(2025, 3, 2)]
    assert batch.frame["day"].null_count() == 2
    assert batch.frame["several"][1] == '["infinity"]'
    told = {(one.code, one.origin.column): one.message.values["found"] for one in batch.findings}
    assert {column for code, column in told if code == "moment_beyond"} >= {"until", "since", "day", "hour", "took"}
    assert told["moment_beyond", "until"] == "infinity"
    assert list(open_source("mes", source).batches(batch.cursor, once=True)) == []
    land(tmp_path, open_source("mes", source))
    assert landed(tmp_path).height == 4


def test_a_row_whose_place_is_infinity_is_told_and_hides_no_later_one(server, tmp_path):
    with server.connect() as database:
        database.execute("CREATE TABLE placed (at timestamptz, who text)")
        database.execute("INSERT INTO placed VALUES ('infinity','a'), ('-infinity','b'), ('0044-03-15 BC','c'), (now(), 'd')")
        source = {"url": server.url, "table": "placed", "order_by": "at", "overlap_s": 0}
        land(tmp_path, open_source("mes", source))
        for who in "ef":
            database.execute("INSERT INTO placed VALUES (now(), %s)", (who,))
            land(tmp_path, open_source("mes", source))
    assert sorted(landed(tmp_path)["who"].to_list()) == ["d", "e", "f"]
    name = f"landing/mes/{JOURNAL}"
    parts = LANDED.read(SourceFile(name, tmp_path / name))
    assert [part.code for part in parts if isinstance(part, Finding)] == ["no_order"]


def test_a_value_that_the_driver_cannot_hold_is_refused_and_not_waited_for():
    assert is_refusal(exc.DataError("SELECT 1", {}, psycopg.DataError("value too large")))
    assert not is_refusal(exc.OperationalError("SELECT 1", {}, psycopg.OperationalError("server closed the connection")))


@pytest.mark.parametrize(
    "query", ["password=${TUNDISH_TEST_PG}&user=plant", "user=plant&options=-c%20x.pwd%3D${TUNDISH_TEST_PG}"]
)
def test_a_secret_in_the_query_of_the_address_is_looked_up_and_never_said(server, monkeypatch, tmp_path, caplog, query):
    from tundish.connectors.live import open_live

    url = f"postgresql+psycopg://127.0.0.1:{server.port}/postgres?{query}"
    source = {"url": url, "table": "pg_am", "order_by": "oid"}
    if query.startswith("password"):
        land(tmp_path, open_live("mes", "sql", source))
        assert landed(tmp_path).height
    secret = "wr0ng s3cret=&/+%"  # noqa: S105 - a wrong one
    monkeypatch.setenv(SECRET, secret)
    with pytest.raises(SourceRefused) as caught, Landing(tmp_path, "mes") as landing:
        for batch in open_live("mes", "sql", source).batches(None, once=True):
            landing.append(batch)
    said = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(caught.value.message)
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for word in (PASSWORD, secret, "s3cret"):
        assert word not in said
        assert word.encode() not in files


def test_the_session_can_only_read(server):
    with server.connect() as database:
        database.execute("CREATE TABLE kept (id serial, x int)")
        database.execute("CREATE FUNCTION sly() RETURNS int LANGUAGE sql AS 'INSERT INTO kept(x) VALUES (1) RETURNING 1'")
        source = open_source("mes", {"url": server.url, "query": "SELECT 1 AS id, sly() AS x", "order_by": "id"})
        with pytest.raises(SourceRefused, match="read-only"):
            list(source.batches(None, once=True))
        assert database.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.parametrize(
    ("options", "secret", "word"),
    [
        ({"table": "nothere"}, PASSWORD, "nothere"),
        ({"query": "SELEC 1"}, PASSWORD, "syntax error"),
        ({"table": "pg_class", "order_by": "nocolumn"}, PASSWORD, "nocolumn"),
        ({"table": "pg_class", "order_by": "relname"}, "wr0ng-s3cret/@:", "password authentication failed"),
    ],
)
def test_what_waiting_cannot_mend_is_refused_without_the_password(server, monkeypatch, options, secret, word):
    monkeypatch.setenv(SECRET, secret)
    with pytest.raises(SourceRefused, match=word) as caught:
        list(open_source("mes", {"url": server.url, "order_by": "id", **options}).batches(None))
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value.__cause__)


def test_a_variable_that_is_not_set_is_named(server, monkeypatch):
    monkeypatch.delenv(SECRET)
    with pytest.raises(SourceRefused, match=SECRET):
        list(open_source("mes", {"url": server.url, "table": "t", "order_by": "id"}).batches(None))


def test_rows_that_commit_late_with_an_earlier_number_land_too(server, tmp_path):
    """Two transactions take their numbers in one order and commit in the other."""
    with server.connect() as one, server.connect() as two:
        one.execute("CREATE TABLE late (id serial, who text)")
        one.execute("BEGIN")
        one.execute("INSERT INTO late(who) VALUES ('first number, last commit')")
        two.execute("INSERT INTO late(who) VALUES ('second number, first commit')")
        source = {"url": server.url, "table": "late", "order_by": "id"}
        land(tmp_path, open_source("mes", source))
        assert landed(tmp_path).height == 1
        one.execute("COMMIT")
        land(tmp_path, open_source("mes", source))
        land(tmp_path, open_source("mes", source))
    assert sorted(landed(tmp_path)["id"].to_list()) == [1, 2]


READER = """
import sys
from pathlib import Path
from tundish.connectors.sql import open_source
from tundish.store import Landing
options = {"url": sys.argv[2], "table": "storm", "order_by": "id", "poll_s": 0.1, "chunk": 200, "overlap_s": 5}
source = open_source("mes", options)
with Landing(Path(sys.argv[1]), "mes", seal_rows=3000) as landing:
    for batch in source.batches(landing.cursor):
        landing.append(batch)
        source.acknowledge(batch)
        print(batch.frame.height, flush=True)
"""


def test_reader_and_server_killed_in_turn_every_committed_row_lands_once(server, tmp_path):
    """A writer commits rows all the while, from two sessions whose commits overlap; it knows which commits were confirmed."""
    confirmed: set[int] = set()
    with server.connect() as database:
        database.execute("CREATE TABLE storm (id bigserial PRIMARY KEY, writer int, n int)")
    over = threading.Event()

    def write(writer: int) -> None:
        dice, n = random.Random(writer), 0
        while not over.is_set():
            try:
                with server.connect() as database:
                    while not over.is_set():
                        with database.transaction():
                            numbers = range(n, n + dice.randrange(1, 40))
                            found = [
                                database.execute("INSERT INTO storm(writer, n) VALUES (%s, %s) RETURNING id", (writer, k))
                                for k in numbers
                            ]
                            ids = {cursor.fetchone()[0] for cursor in found}
                            time.sleep(dice.random() * 0.03)
                        n = numbers.stop
                        confirmed.update(ids)
            except psycopg.OperationalError:
                n += 1000
                time.sleep(0.05)

    def reader() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", READER, tmp_path, server.url], stdout=subprocess.DEVNULL)

    writers = [threading.Thread(target=write, args=(i,)) for i in range(2)]
    for writer in writers:
        writer.start()
    child = reader()
    try:
        time.sleep(1.5)
        for how in (signal.SIGINT, signal.SIGKILL):
            child.kill()
            child.wait()
            child = reader()
            time.sleep(1.2)
            server.stop(how)
            time.sleep(0.3)
            server.start()
            time.sleep(0.8)
    finally:
        over.set()
        for writer in writers:
            writer.join()
        child.kill()
        child.wait()
    source = open_source("mes", {"url": server.url, "table": "storm", "order_by": "id"})
    land(tmp_path, source)
    with server.connect() as database:
        there = {row[0] for row in database.execute("SELECT id FROM storm").fetchall()}
    rows = landed(tmp_path)["id"].to_list()
    assert len(rows) == len(set(rows))
    assert set(rows) == there
    assert confirmed <= there
    assert len(there) > 500


def test_a_server_that_is_down_is_waited_for_and_told(server):
    source = open_source("mes", {"url": server.url, "table": "pg_class", "order_by": "relname", "poll_s": 0.1})
    server.stop()
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.extend(batch.frame.height for batch in source.batches(None)))
    thread.start()
    for _ in range(100):
        if source.waiting_for is not None:
            break
        time.sleep(0.05)
    assert "does not answer" in str(source.waiting_for)
    server.start()
    for _ in range(200):
        if got:
            break
        time.sleep(0.05)
    source.stop()
    thread.join(10)
    assert got
    assert source.waiting_for is None


@pytest.mark.parametrize(
    "values",
    [
        [bytes([0, n]) for n in range(9)],  # a rowversion of SQL Server
        [time_of_day(10, n) for n in range(9)],
        [Decimal(n) / 3 for n in range(9)],
        [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(9)],
    ],
)
def test_the_place_of_any_kind_of_column_is_found_again_after_a_restart(values):
    clock = [0.0]
    window = Window(10.0, now=lambda: clock[0])
    for value in values:
        assert window.is_new(value, repr(value).encode()[:8].ljust(8))
        clock[0] += 100
    window.turn()
    assert Window.after(window.cursor(), 10.0).low == window.low == values[-1]


def test_a_query_may_end_with_a_comment(tmp_path):
    path = tmp_path / "mes.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (i)")
        database.execute("INSERT INTO t VALUES (7)")
        database.commit()
    source = open_source("mes", {"url": f"sqlite:///{path}", "query": "SELECT i FROM t -- the last\n", "order_by": "i"})
    assert [batch.frame.rows() for batch in source.batches(None, once=True)] == [[(7,)]]


def test_the_window_stays_small_and_forgets_nothing_it_needs():
    """A clock and a table of our own: rows come late by up to the overlap; each is new once."""
    dice = random.Random(5)
    clock = [0.0]
    window = Window(10.0, now=lambda: clock[0])
    table: list[tuple[int, float]] = []
    for n in range(3000):
        table.append((n, n * 0.1 + dice.random() * 9))
    seen: dict[int, int] = {}
    for look in range(320):
        clock[0] = look * 1.0
        visible = sorted(n for n, at in table if at <= clock[0] and (window.low is None or n >= window.low))
        if look % 7 == 0:
            window = Window.after(window.cursor(), 10.0, now=lambda: clock[0])
        for n in visible:
            if window.is_new(n, n.to_bytes(8, "big")):
                seen[n] = seen.get(n, 0) + 1
        window.turn()
        assert len(window.cursor()) < 6000
    assert seen == dict.fromkeys(range(3000), 1)
