"""Does the vocabulary come out as a page, or on the screen for a text?"""

from tundish.cli.entry import run


def test_without_a_text_the_page_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["vocabulary", "--lang", "en"]) == 0
    assert "vocabulary.html" in capsys.readouterr().out
    assert "pickling.bath_temperature" in (tmp_path / "vocabulary.html").read_text(encoding="utf-8")


def test_a_place_that_is_not_there_is_refused(tmp_path, capsys):
    assert run(["vocabulary", "--out", str(tmp_path / "no" / "where.html"), "--lang", "en"]) == 2
    assert "where.html" in capsys.readouterr().err


def test_a_text_prints_what_it_finds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["vocabulary", "ㅅㅅㅇㄷ", "--lang", "ko"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("pickling.bath_temperature  산세조 온도 / pickling bath temperature  10 ~ 110 ℃\n")
    assert "스트립이 지나는 산세조 안 산액의 온도." in told
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_finds_nothing_says_so(capsys):
    assert run(["vocabulary", "qqqq", "--lang", "en"]) == 0
    assert "No concept" in capsys.readouterr().out
