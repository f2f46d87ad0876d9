"""How do work and its outcome travel between processes? As JSON: nothing that comes back from a worker is ever unpickled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tundish.errors import Message, PartFailed, TundishError
from tundish.ports import Plain


@dataclass(frozen=True, slots=True)
class Work:
    """One part of a job, with everything that a worker needs to know."""

    function: str
    shared: Mapping[str, Plain]
    part: str
    values: Mapping[str, Plain]
    folder: Path
    program: str
    """Which program gave the work out; a worker that is another refuses it."""
    lying: tuple[str, ...] = ()
    """Files that lie in the folder under the name of this part: perhaps its result."""


@dataclass(frozen=True, slots=True)
class Done:
    """A part's result lies in the folder."""

    file: str
    inputs: Mapping[str, Plain]
    """Path -> digest of each file that the part read."""


Outcome = Done | TundishError


def pack_work(work: Work) -> bytes:
    """Work as JSON; TypeError for values that are not plain.

    >>> work = Work("a.b:c", {"from": Path("x"), "to": (1, 2.5)}, "p", {}, Path("out"), "v1")
    >>> unpack_work(pack_work(work)) == work
    True
    """
    fields = {name: getattr(work, name) for name in Work.__slots__}
    return json.dumps({name: plain(value) for name, value in fields.items()}).encode()


def unpack_work(text: bytes) -> Work:
    """What :func:`pack_work` packed."""
    return Work(**{name: _value(value) for name, value in json.loads(text).items()})


def pack_outcome(outcome: Outcome) -> bytes:
    """A result's place, or a refusal with all that its sentence needs."""
    if isinstance(outcome, Done):
        return json.dumps({"file": outcome.file, "inputs": plain(outcome.inputs)}).encode()
    error = {"error": _name(type(outcome)), "said": str(outcome), "values": _sayable(outcome.message.values)}
    return json.dumps(error | {"notes": getattr(outcome, "__notes__", [])}).encode()


def unpack_outcome(text: bytes, work: Work) -> Outcome:
    """What :func:`pack_outcome` packed; an error of a class that this process does not know becomes a PartFailed."""
    said: dict[str, Any] = json.loads(text)
    if "file" in said:
        return Done(said["file"], _value(said["inputs"]))
    kind = next((kind for kind in _kinds(TundishError) if _name(kind) == said["error"]), None)
    error: TundishError
    if kind is None:
        error = PartFailed(part=work.part, function=work.function, found=said["said"])
    else:
        error = kind.__new__(kind)
        TundishError.__init__(error, **_value(said["values"]))
    for note in said["notes"]:
        error.add_note(note)
    return error


def _kinds(kind: type[TundishError]) -> Iterator[type[TundishError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


def _name(kind: type[TundishError]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def plain(value: object) -> object:
    """A plain value in JSON's own kinds; an object (``path``, ``map``, ``text``) stands for what JSON has no word for."""
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, Message):
        return {"text": value.text, "values": plain(value.values)}
    if isinstance(value, Mapping):
        return {"map": {key: plain(inner) for key, inner in value.items()}}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    return value


def _value(plain: Any) -> Any:  # noqa: ANN401 - JSON holds anything
    if isinstance(plain, list):
        return tuple(_value(inner) for inner in plain)
    if not isinstance(plain, dict):
        return plain
    if "path" in plain:
        return Path(plain["path"])
    if "text" in plain:
        return Message(plain["text"], **_value(plain["values"]))
    return {key: _value(inner) for key, inner in plain["map"].items()}


def _sayable(value: object) -> object:
    """A value of a message: plain where it can be, else its text."""
    if isinstance(value, Message):
        return {"text": value.text, "values": _sayable(value.values)}
    if isinstance(value, Mapping):
        return {"map": {str(key): _sayable(inner) for key, inner in value.items()}}
    if isinstance(value, tuple | list | set | frozenset):
        return [_sayable(inner) for inner in value]
    if value is None or isinstance(value, str | int | float | bool | Path):
        return plain(value)
    return str(value)
