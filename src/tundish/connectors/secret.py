"""Which words in a source's options are secrets? ``${NAME}``: a variable of the environment, looked up when connecting."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from tundish.errors import Message, SourceRefused, TundishError
from tundish.table import Finding

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def revealed(text: str, *, source: str, address: str, environment: Mapping[str, str] | None = None) -> str:
    """The text with every ``${NAME}`` replaced; keep the result out of every message, log and file.

    Raises :class:`~tundish.errors.SourceRefused` for a variable that is not set.

    >>> revealed("user:${PASSWORD}@db", source="mes", address="db", environment={"PASSWORD": "s"})
    'user:s@db'
    """
    known = os.environ if environment is None else environment

    def value(found: re.Match[str]) -> str:
        if found[1] not in known:
            missing = Message("the environment variable {variable} is not set", variable=found[1])
            raise SourceRefused(source=source, address=address, found=missing)
        return known[found[1]]

    return _REFERENCE.sub(value, text)


def is_reference(text: str) -> bool:
    """Whether a text is one ``${NAME}`` and nothing else, as a password has to be."""
    return _REFERENCE.fullmatch(text) is not None


def words_of(options: object, environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """What the ``${NAME}`` of a source's options stand for, in every spelling it may be said in, the longest first."""
    known = os.environ if environment is None else environment
    named = {name for text in _texts(options) for name in _REFERENCE.findall(text)}
    values = {known[name] for name in named if known.get(name)}
    spelt = {spelling for value in values for spelling in (value, quote(value, safe=""), quote_plus(value), repr(value)[1:-1])}
    return tuple(sorted(spelt, key=len, reverse=True))


def masked(said: Any, words: tuple[str, ...]) -> Any:  # noqa: ANN401 - as it came
    """A text, or a sentence with all its values, without the words.

    >>> masked("no entry for user tom with s3cret", ("s3cret", "tom"))
    'no entry for user *** with ***'
    """
    match said:
        case str():
            for word in words:
                said = said.replace(word, "***")
            return said
        case Message():
            return Message(said.text, **{name: masked(value, words) for name, value in said.values.items()})
        case Finding():
            return replace(said, message=masked(said.message, words))
        case list() | tuple():
            return type(said)(masked(part, words) for part in said)
        case BaseException():
            return masked(str(said), words)
        case _:
            return said


def hush(failure: BaseException, words: tuple[str, ...]) -> None:
    """Take the words out of a failure and of all that led to it, so that a traceback may be shown."""
    waiting, met = [failure], set()
    while waiting:
        one = waiting.pop()
        if id(one) in met:
            continue
        met.add(id(one))
        one.args = masked(one.args, words)
        if isinstance(one, TundishError):
            one.message = masked(one.message, words)
        for name, value in vars(one).items():
            if isinstance(value, str):
                setattr(one, name, masked(value, words))
        parts = (one.__cause__, one.__context__, getattr(one, "orig", None))
        waiting += [part for part in parts if isinstance(part, BaseException)]


def _texts(options: object) -> list[str]:
    match options:
        case str():
            return [options]
        case Mapping():
            return [text for value in options.values() for text in _texts(value)]
        case list() | tuple():
            return [text for value in options for text in _texts(value)]
        case _:
            return []
