"""In which language does the terminal answer?"""

import pytest

from tundish.cli.entry import run

HANGUL = range(ord("가"), ord("힣") + 1)


def korean(text: str) -> bool:
    return any(ord(letter) in HANGUL for letter in text)


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        (["--help"], {"LANG": "C.UTF-8"}, True),
        (["--help"], {"LANG": "en_US.UTF-8"}, False),
        (["--help"], {"LANG": "ko_KR.UTF-8"}, True),
        (["--help"], {"LANG": "ko_KR.UTF-8", "TUNDISH_LANG": "en"}, False),
        (["run", "--help", "--lang", "ko"], {"TUNDISH_LANG": "en"}, True),
        (["--lang=en", "works", "make", "--help"], {"LANG": "ko_KR.UTF-8"}, False),
    ],
)
def test_help_speaks_the_readers_language(words, environment, expected, monkeypatch, capsys):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "TUNDISH_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run(words) == 0
    assert korean(capsys.readouterr().out) is expected


@pytest.mark.parametrize(
    "words", [["run"], ["rum"], ["run", "x", "--targt"], ["demo", "--seed", "x"], ["works"], ["run", "x", "--out"]]
)
def test_usage_errors_are_one_short_text_in_either_language(words, capsys):
    seen = {}
    for lang in ("ko", "en"):
        assert run(["--lang", lang, *words]) == 2
        out, seen[lang] = capsys.readouterr()
        assert not out
        assert "Traceback" not in seen[lang]
        assert len(seen[lang].splitlines()) <= 2
    assert korean(seen["ko"])
    assert not korean(seen["en"])


def test_refusals_are_translated_and_end_with_what_to_do(tmp_path, capsys):
    assert run(["run", str(tmp_path / "없는곳"), "--lang", "ko"]) == 2
    text = capsys.readouterr().err
    assert "없는곳" in text
    assert korean(text.replace("없는곳", ""))
