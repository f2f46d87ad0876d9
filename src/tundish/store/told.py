"""How do a sentence and a finding lie in the journal, so that a later run can say them in the reader's language?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from tundish.errors import Message
from tundish.table import Finding, Origin


def packed(message: Message) -> str:
    """A sentence as JSON: template and values.

    >>> unpacked(packed(Message("{n} values", n=3)))
    Message(text='{n} values', values={'n': 3})
    """
    return json.dumps(_plain(message), ensure_ascii=False)


def unpacked(text: str) -> Message:
    """The sentence again; ValueError for what is none."""
    value = _again(json.loads(text))
    if not isinstance(value, Message):
        raise ValueError(text[:100])
    return value


def packed_finding(finding: Finding) -> str:
    """A finding as JSON."""
    said = {"code": finding.code, "severity": finding.severity, "message": _plain(finding.message)}
    where = {"origin": asdict(finding.origin), "count": finding.count, "rows": finding.rows, "found": finding.found}
    return json.dumps({**said, **where, "hint": _plain(finding.hint)}, ensure_ascii=False)


def unpacked_finding(text: str) -> Finding:
    """The finding again."""
    said = json.loads(text)
    message = _again(said["message"])
    return Finding(
        said["code"],
        said["severity"],
        message,
        Origin(**said["origin"]),
        said["count"],
        tuple(said["rows"]),
        tuple(said.get("found", ())),
        hint=_again(said.get("hint")),
    )


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON holds anything
    match value:
        case Message():
            return {"text": value.text, "values": {name: _plain(part) for name, part in value.values.items()}}
        case datetime():
            return {"time": value.isoformat()}
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return str(value)


def _again(value: object) -> Any:  # noqa: ANN401 - JSON holds anything
    match value:
        case {"text": str(text), "values": Mapping() as values}:
            return Message(text, **{str(name): _again(part) for name, part in values.items()})
        case {"time": str(time)}:
            return datetime.fromisoformat(time)
        case list():
            return [_again(part) for part in value]
        case _:
            return value
