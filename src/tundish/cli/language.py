"""Which language does the reader want? ``--lang``, else TUNDISH_LANG, else the system's, else Korean."""

from __future__ import annotations

import locale as system
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tundish.settings import Language


def choose(words: Sequence[str], environment: Mapping[str, str]) -> Language:
    """The language of this call; a ``--lang`` that is neither ko nor en is left for the command to refuse.

    >>> choose(["run", "plant", "--lang", "en"], {"TUNDISH_LANG": "ko"}), choose(["run", "--lang=ko"], {"LANG": "en_US.UTF-8"})
    ('en', 'ko')
    >>> choose(["run"], {"LANG": "en_US.UTF-8"}), choose(["run"], {"LANG": "C.UTF-8"})
    ('en', 'ko')
    """
    asked = [*_asked(words), environment.get("TUNDISH_LANG", ""), _of_system(environment)]
    for text in asked:
        if text.lower().startswith("en"):
            return "en"
        if text.lower().startswith("ko"):
            return "ko"
    return "ko"


def _asked(words: Sequence[str]) -> list[str]:
    after = [value for option, value in pairwise(words) if option == "--lang"]
    return after + [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]


def _of_system(environment: Mapping[str, str]) -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return environment[name]
    return system.getlocale()[0] or ""
