"""What does a unit on a plant's sheet mean? ``tundish unit`` says it for texts, one line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from tundish.locale import plain, say
from tundish.settings import Language
from tundish.vocabulary.understood import Understood, understood
from tundish.vocabulary.units import meanings


def run(texts: Sequence[str], *, as_json: bool, lang: Language) -> None:
    """Print one line for each text, or for each line of standard input when there is none."""
    told = (understood(text) for text in (texts or _lines()))
    if as_json:
        for one in told:
            sys.stdout.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
        return
    for one in told:
        sys.stdout.write(f"{plain(one.text)}\t{_said(one, lang)}\n")


def _lines() -> Iterator[str]:
    return (line.rstrip("\r\n") for line in sys.stdin)


def _said(one: Understood, lang: Language) -> str:
    if one.ucum is None:
        may_be = meanings(one.text)
        if may_be:
            return say("asked: it may mean {meanings}. Write the unit out.", lang, meanings=may_be)
        return say("asked: unknown. Write the unit out.", lang)
    if one.factor is None:
        return say("{ucum}: a scale of its own, never converted", lang, ucum=one.ucum)
    value = f"{one.factor:.10g}"
    if one.offset:
        offset = f"{one.offset:.10g}"
        return say("{ucum}: × {factor} + {offset} = {si}", lang, ucum=one.ucum, factor=value, offset=offset, si=one.si)
    return say("{ucum}: × {factor} = {si}", lang, ucum=one.ucum, factor=value, si=one.si)
