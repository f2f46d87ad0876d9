"""What did the plant decide? Reads and checks plant.toml, key by key."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast
from zoneinfo import available_timezones

from tundish.disk import why
from tundish.errors import BadSettings, Message
from tundish.settings import ComputeSettings, LiveSettings, Settings

NAME = "plant.toml"
MOST_BYTES = 2**20
Check = Callable[[Any], bool]
_SHOWN = 200
_MOST_SECONDS = 10 * 366 * 86400
_MOST_METRES = 10_000
_MOST = 1e15
"""No number of a plant is larger; also keeps out inf and nan."""


def read(path: Path) -> Settings:
    """Settings of a plant; every wrong word is a :class:`~tundish.errors.BadSettings` with file, key, expected and found."""
    values = _Values(path, toml_of(path))
    return Settings(
        time_zone=values.one("plant", "time_zone", _ZONE) or "Asia/Seoul",
        target=values.one("plant", "target", _TEXT),
        bad=values.one("plant", "bad", _TEXT),
        higher_is=values.one("plant", "higher_is", _HIGHER),
        decision_moment=values.one("plant", "decision_moment", _TEXT),
        skip=tuple(values.one("read", "skip", _TEXTS) or ()),
        ragged=values.ragged(),
        mapping=values.all("mapping", _TEXT),
        synonyms=values.all("synonyms", _TEXT),
        units=values.all("units", _TEXT),
        missing={key: tuple(map(float, numbers)) for key, numbers in values.all("missing", _NUMBERS).items()},
        keys=values.all("keys", _TEXT),
        clock_offsets_s={key: float(offset) for key, offset in values.all("clocks", _OFFSET).items()},
        gauges_m={key: float(metres) for key, metres in values.all("gauges", _METRES).items()},
        known=values.all("known", _KNOWN),
        turnable=values.all("turnable", _YES_NO),
        limits={key: (limit.get("low"), limit.get("high")) for key, limit in values.all("limits", _LIMITS).items()},
        cost_per_bad=values.one("cost", "per_bad", _COST),
        sources=values.sources(),
        compute=values.compute(),
    )


def toml_of(path: Path) -> dict[str, Any]:
    """The content of a TOML file from outside; :class:`~tundish.errors.BadSettings` when it is none or too long."""
    whole = Message("the file")
    if not path.is_file():
        there = Message("a folder or device") if path.exists() else Message("no file of this name")
        raise BadSettings(file=path.name, key=whole, expected=Message("a text file"), found=there)
    if path.stat().st_size > MOST_BYTES:
        most = Message("{size} bytes at most", size=MOST_BYTES)
        raise BadSettings(file=path.name, key=whole, expected=most, found=Message("{size} bytes", size=path.stat().st_size))
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as failure:
        raise BadSettings(file=path.name, key=whole, expected=Message("a readable file"), found=why(failure)) from failure
    except RecursionError as failure:
        deep = Message("brackets nested too deep")
        raise BadSettings(file=path.name, key=Message("syntax"), expected="TOML", found=deep) from failure
    except UnicodeDecodeError as failure:
        byte = Message(
            "byte {byte} at position {position}", byte=f"0x{failure.object[failure.start]:02x}", position=failure.start
        )
        raise BadSettings(
            file=path.name,
            key=Message("encoding"),
            expected=Message("UTF-8 (in the editor: save as, encoding UTF-8)"),
            found=byte,
        ) from failure
    except tomllib.TOMLDecodeError as failure:
        raise BadSettings(file=path.name, key=Message("syntax"), expected=_LINES, found=_spot(str(failure))) from failure
    except ValueError as failure:  # a number of thousands of digits
        raise BadSettings(file=path.name, key=Message("syntax"), expected="TOML", found=str(failure)[:300]) from failure


def _spot(failure: str) -> Message:
    """Where the parser stopped; its own words are for programmers."""
    place = re.search(r"at line (\d+), column (\d+)", failure)
    if place is None:
        return Message("a file that ends within a line")
    return Message("something else in line {line}, at character {character}", line=int(place[1]), character=int(place[2]))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST


def _limits(value: object) -> bool:
    if not isinstance(value, dict) or not value or not set(value) <= {"low", "high"} or not all(map(_number, value.values())):
        return False
    return len(value) == 1 or bool(value["low"] < value["high"])


def _offset(value: Any) -> bool:  # noqa: ANN401 - TOML gives anything
    return _number(value) and bool(abs(value) <= _MOST_SECONDS)


def _workers(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1024


def _address(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}", value) is not None


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


KINDS = ("opcua", "mqtt", "sql", "folder")
"""Kinds of live source; a test holds them to what the connectors offer."""
_SOURCE_NAME = re.compile(r"[\w-]{1,60}")
_LINES = Message("lines such as {example}", example='target = "판정"')
_TEXT = (_text, Message("a text in quotes"))
_TEXTS = (_list_of(_text), Message("a list of texts, such as {example}", example='["old.xlsx"]'))
_OFFSET = (_offset, Message("a number of seconds, ten years at most"))
_METRES = (
    lambda value: _number(value) and bool(abs(value) <= _MOST_METRES),
    Message("a number of metres, {most} at most", most=10_000),
)
_NUMBERS = (_list_of(_number), Message("a list of numbers, such as {example}", example="[0, -9999]"))
_COST = (lambda value: _number(value) and value >= 0, Message("a number of won, 0 or more"))
_YES_NO = (lambda value: isinstance(value, bool), Message("true or false"))
_ZONE = (lambda value: value in available_timezones(), Message("a time zone, such as {example}", example='"Asia/Seoul"'))
_HIGHER = (lambda value: value in ("better", "worse"), Message("{one} or {other}", one='"better"', other='"worse"'))
_KNOWN = (lambda value: value in ("before", "after"), Message("{one} or {other}", one='"before"', other='"after"'))
_LIMITS = (_limits, Message("numbers, low less than high, such as {example}", example="{ low = 245, high = 300 }"))
_SOURCE = (lambda value: isinstance(value, dict), Message("a section, such as {example}", example="[sources.mes]"))
_COMPUTE: Mapping[str, tuple[Check, Message]] = {
    "engine": (lambda value: value in ("local", "ray"), Message("{one} or {other}", one='"local"', other='"ray"')),
    "workers": (_workers, Message("a whole number, {least} to {most}", least=1, most=1024)),
    "address": (_address, Message("an address with a port, such as {example}", example='"10.0.0.5:6379"')),
}
_RAGGED = (lambda value: value in ("refuse", "set_aside"), Message("{one} or {other}", one='"refuse"', other='"set_aside"'))
_SECTIONS: Mapping[str, tuple[str, ...] | None] = {
    "plant": ("time_zone", "target", "bad", "higher_is", "decision_moment"),
    "read": ("skip", "ragged"),
    "cost": ("per_bad",),
    "compute": ("engine", "workers", "address"),
    **dict.fromkeys(
        ("mapping", "synonyms", "units", "missing", "keys", "clocks", "gauges", "known", "turnable", "limits", "sources")
    ),
}


class _Values:
    """The file's tables, each word checked where it is asked for."""

    def __init__(self, path: Path, toml: dict[str, Any]) -> None:
        self.path = path
        self.toml = toml
        for section, value in toml.items():
            self._at_home(section)
            self._known(section, section, tuple(_SECTIONS))
            if not isinstance(value, dict):
                self._fail(f"[{section}]", Message("a section"), _seen(section, value))
            for key in value if _SECTIONS[section] is not None else ():
                self._known(f"{section}.{key}", key, _SECTIONS[section] or ())

    def one(self, section: str, key: str, rule: tuple[Check, Message]) -> Any:  # noqa: ANN401 - the rule says what it is
        """A value, or None when the file does not say."""
        value = self.toml.get(section, {}).get(key)
        if value is not None and not rule[0](value):
            self._fail(f"{section}.{key}", rule[1], value)
        return value

    def all(self, section: str, rule: tuple[Check, Message]) -> dict[str, Any]:
        """All pairs of a section."""
        pairs = cast(dict[str, Any], self.toml.get(section, {}))
        for key, value in pairs.items():
            if not rule[0](value):
                self._fail(f'{section}."{key}"', rule[1], _seen(section, value))
        return pairs

    def ragged(self) -> dict[str, Any]:
        """``ragged = "set_aside"`` for every file, or a table of files."""
        said = self.toml.get("read", {}).get("ragged")
        if not isinstance(said, dict):
            one = self.one("read", "ragged", _RAGGED)
            return {} if one is None else {"*": one}
        for file, value in said.items():
            if not _RAGGED[0](value):
                self._fail(f'read.ragged."{file}"', _RAGGED[1], value)
        return said

    def compute(self) -> ComputeSettings:
        """Where heavy work runs; what only a cluster knows is refused elsewhere, so that nobody waits for it in vain."""
        engine, workers, address = (self.one("compute", key, rule) for key, rule in _COMPUTE.items())
        if address is not None and engine != "ray":
            self._fail("compute.address", Message('engine = "ray" beside it'), engine or "local")
        if address is not None and workers is not None:
            self._fail(
                "compute.workers", Message("no number beside an address: the cluster there has its own workers"), workers
            )
        return ComputeSettings(engine or "local", workers, address)

    def sources(self) -> dict[str, LiveSettings]:
        """Live sources; their options are checked by the connector that is asked for them."""
        found = {}
        for name, options in self.all("sources", _SOURCE).items():
            if not _SOURCE_NAME.fullmatch(name):
                self._fail(f'sources."{name}"', Message("a name of letters, digits, _ and -, 60 at most"), name)
            if "kind" not in options:
                self._fail(f"sources.{name}.kind", Message("one of {words}", words=KINDS), "")
            if options["kind"] not in KINDS:
                near = get_close_matches(str(options["kind"]), KINDS, n=1)
                self._fail(f"sources.{name}.kind", Message("one of {words}", words=near or KINDS), options["kind"])
            said = {key: value for key, value in options.items() if key != "kind"}
            found[name] = LiveSettings(options["kind"], said)
        return found

    def _known(self, where: str, word: str, known: tuple[str, ...]) -> None:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            self._fail(where, Message("one of {words}", words=near or known), word)

    def _at_home(self, word: str) -> None:
        """A word of a section that stands before all sections: say where it belongs."""
        for section, words in _SECTIONS.items():
            if word in (words or ()):
                self._fail(word, Message("{word} below the line {section}", word=word, section=f"[{section}]"), self.toml[word])

    def _fail(self, key: str, expected: Message, found: object) -> None:
        shown = _as_written(found)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        raise BadSettings(file=self.path.name, key=key, expected=expected, found=shown)


def _seen(section: str, value: object) -> object:
    """A value as it may be shown: an address of a live source may hold a password."""
    return "***" if section == "sources" else value


def _as_written(found: object) -> str:
    """A value as it stands in the file, on one line."""
    if isinstance(found, dict):
        return "{ " + ", ".join(f"{key} = {_as_written(value)}" for key, value in found.items()) + " }"
    return str(found) if isinstance(found, float) else json.dumps(found, ensure_ascii=False, default=str)
