"""Does ``tundish match`` print one line a column, in order, for every kind of file, and do synonyms travel without values?"""

import json
import re

import polars as pl
import pytest

from tundish.cli.entry import run as main

LIST = "산세조1 온도(℃)\t78|82|85\n코일번호\tC1|C2|C3\n비고\n\tx|y\nTAG_01\t1|2\n"


def answers(capsys, *words):
    code = main(["match", *map(str, words), "--json", "--lang", "en"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_is_answered_line_by_line(tmp_path, capsys, encoding, end):
    file = tmp_path / "columns.txt"
    file.write_bytes(LIST.replace("\n", end).encode(encoding))
    code, lines = answers(capsys, file)
    assert code == 0
    assert [line["header"] for line in lines] == ["산세조1 온도(℃)", "코일번호", "비고", "", "TAG_01"]
    assert [line["concept"] for line in lines] == ["pickling.bath_temperature", "identity.coil", "production.note", None, None]
    assert set(lines[0]) >= {"header", "concept", "score", "unit", "alternatives", "reason"}
    assert (lines[0]["unit"], lines[0]["ucum"]) == ("℃", "Cel")
    assert all(0 <= line["score"] <= 1 for line in lines)


def test_one_line_is_a_list_too(tmp_path, capsys):
    (tmp_path / "one.txt").write_text("라인속도(mpm)\t92|118|120\n", encoding="utf-8")
    assert [line["concept"] for line in answers(capsys, tmp_path / "one.txt")[1]] == ["line.speed"]


def test_a_table_keeps_every_column_in_order(tmp_path, capsys):
    rows = "\n".join(f"{n},C{n:03d},{80 + n % 5}.1,,{n % 3}" for n in range(1, 40))
    (tmp_path / "lots.csv").write_text(f"순번,코일번호,산세조1 온도(℃),빈칸,X_17\n{rows}\n", encoding="utf-8")
    _, lines = answers(capsys, tmp_path / "lots.csv")
    assert [line["header"] for line in lines] == ["순번", "코일번호", "산세조1 온도(℃)", "빈칸", "X_17"]
    assert [line["concept"] for line in lines][1:3] == ["identity.coil", "pickling.bath_temperature"]


def test_a_table_parted_by_tabs_is_no_list(tmp_path, capsys):
    rows = "\n".join(f"C{n:03d}\t{80 + n}" for n in range(30))
    (tmp_path / "lots.tsv").write_text(f"코일번호\t라인속도(mpm)\n{rows}\n", encoding="utf-8")
    assert [line["header"] for line in answers(capsys, tmp_path / "lots.tsv")[1]] == ["코일번호", "라인속도(mpm)"]


def test_a_workbook_gives_all_sheets(tmp_path, capsys):
    frame = pl.DataFrame({"코일번호": [f"C{n}" for n in range(20)], "두께(mm)": [1.0 + n / 10 for n in range(20)]})
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        frame.write_excel(book, worksheet="1월")
        frame.rename({"두께(mm)": "폭(mm)"}).write_excel(book, worksheet="2월")
    assert [line["header"] for line in answers(capsys, tmp_path / "book.xlsx")[1]] == [
        "코일번호",
        "두께(mm)",
        "코일번호",
        "폭(mm)",
    ]


@pytest.mark.parametrize("content", [None, b"", b"\x00\x01\x02\xff" * 50])
def test_what_cannot_be_read_is_said_and_ends_with_two(tmp_path, capsys, content):
    file = tmp_path / "bad.csv"
    if content is not None:
        file.write_bytes(content)
    assert main(["match", str(file), "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "bad.csv" in shown.err


def shown(capsys, *words, lang="ko"):
    code = main(["match", *map(str, words), "--lang", lang])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err


def table(folder, name, **columns):
    frame = pl.DataFrame(columns)
    (folder / name).write_bytes(frame.write_csv(None).encode("cp949"))


def two_times(rows=60):
    days = [f"2025-03-{1 + n // 24:02d} {n % 24:02d}:00:00" for n in range(rows)]
    return {
        "시각": days,
        "기록시각": days,
        "코일번호": [f"C{n:03d}" for n in range(rows)],
        "X_17": [n % 7 for n in range(rows)],
    }


def test_a_terminal_shows_a_head_the_name_before_the_id_and_what_is_open(tmp_path, capsys):
    table(tmp_path, "a.csv", **two_times())
    code, lines, _ = shown(capsys, tmp_path / "a.csv")
    assert code == 0
    assert "코일번호 [identity.coil]" in next(line for line in lines if line.startswith("코일번호"))
    scores = {len(line[: re.search(r"  (0\.\d\d|-) ", line).start()].encode("cp949")) for line in lines[1:5]}
    assert len(scores) == 1, "columns stand under each other"
    _, english, _ = shown(capsys, tmp_path / "a.csv", lang="en")
    assert english[0].split() == ["Column", "Meaning", "Probability", "Unit", "Next", "candidates"]
    assert "not decided" in next(line for line in english if line.startswith("X_17"))
    assert "under [mapping] in plant.toml" in "".join(english)


def test_candidates_fall_and_say_when_another_column_has_them():
    from tundish.cli.matched import lines_of
    from tundish.errors import Message
    from tundish.standardise.matching.match import Matched
    from tundish.table import Match, Origin
    from tundish.vocabulary import load_catalogue

    def found(name, concept, score, *others):
        return name, Matched(Match(Origin("a.csv", None, name), concept, score, None, None, others, Message("")))

    near = (("production.date", 0.12), ("production.timestamp", 0.93), ("identity.coil", 0.4))
    rows = [found("시각", "production.timestamp", 0.97), found("일시", None, 0.12, *near), found("번호", None, 0.0)]
    _, first, open_, nothing, end = lines_of(rows, load_catalogue(), "en")
    assert "[production.timestamp]" in first and "0.97" in first
    at = [open_.index(text) for text in ("[production.timestamp] 0.93", "another column has it", "0.40", "0.12")]
    assert at == sorted(at) and "not decided" in open_ and "nothing near" in nothing
    assert end.startswith("2 of 3 columns")


def test_a_folder_gives_all_its_tables(tmp_path, capsys):
    for name, rows in (("1월.csv", 60), ("2월.csv", 50)):
        table(tmp_path, name, **two_times(rows))
    (tmp_path / "메모.pdf").write_bytes(b"%PDF-1.4")
    code, lines, _ = shown(capsys, tmp_path)
    assert code == 0 and [line for line in lines if line.startswith("#")] == ["# 1월.csv", "# 2월.csv"]
    _, lines = answers(capsys, tmp_path)
    assert [line["file"] for line in lines] == ["1월.csv"] * 4 + ["2월.csv"] * 4


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", b"import os\nprint(os)\n"),
        ("program", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 9),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00" * 9),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, capsys, name, content):
    (tmp_path / name).write_bytes(content)
    code, lines, told = shown(capsys, tmp_path / name, lang="en")
    assert code == 2 and not lines
    assert told.startswith(f"{name}: no table and no list of headers")


def test_synonyms_travel_without_values_and_files(tmp_path, capsys):
    giver, taker, file = tmp_path / "giver", tmp_path / "taker", tmp_path / "given.toml"
    giver.mkdir()
    taker.mkdir()
    (giver / "plant.toml").write_text(
        '[mapping]\n"비밀.csv:T-7 (℃)" = "pickling.bath_temperature"\n'
        '"비밀.csv:LOT 20240301" = "identity.lot"\n"비밀.csv:x" = "-"\n',
        encoding="utf-8",
    )
    assert main(["synonyms", str(giver), "--out", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    assert "T-7 (℃)" in text and "비밀" not in text and "2024" not in text and "giver" not in text
    assert main(["synonyms", str(taker), "--take", str(file)]) == 0
    assert '"T-7 (℃)" = "pickling.bath_temperature"' in (taker / "plant.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        'format = "other"\n[synonyms]\n"a" = "line.speed"\n',
        'format = "tundish-synonyms-1"\n[synonyms]\n"a" = "no.such"\n',
        'format = "tundish-synonyms-1"\n[synonyms]\n"a" = 3\n',
        'format = "tundish-synonyms-1"\nsynonyms = 3\n',
        'format = "tundish-synonyms-1"\n[synonyms]\n"a\\u001b[2J" = "line.speed"\n',
        f'format = "tundish-synonyms-1"\n[synonyms]\n"{"a" * 300}" = "line.speed"\n',
    ],
)
def test_a_hostile_file_is_refused_whole(tmp_path, capsys, text):
    (tmp_path / "plant").mkdir()
    (tmp_path / "given.toml").write_text(text, encoding="utf-8")
    assert main(["synonyms", str(tmp_path / "plant"), "--take", str(tmp_path / "given.toml")]) == 2
    assert not (tmp_path / "plant" / "plant.toml").exists()
    assert "\x1b" not in capsys.readouterr().err


def test_a_text_that_calls_itself_a_workbook_is_no_list_of_headers(tmp_path, capsys):
    file = tmp_path / "bad.xlsx"
    file.write_text("nonsense")
    assert main(["match", str(file), "--json"]) == 2
    assert "bad.xlsx" in capsys.readouterr().err
