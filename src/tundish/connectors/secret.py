"""Which words in a source's options are secrets? ``${NAME}``: a variable of the environment, looked up when connecting."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from tundish.errors import Message, SourceRefused

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
