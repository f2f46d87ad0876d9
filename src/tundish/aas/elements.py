"""How is one AAS element written so that it keeps every rule? Empty texts vanish, numbers are finite, names are unique."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from tundish.aas.names import LONGEST_NAME, clean, id_short
from tundish.aas.package import Json

Value = str | int | float | bool | date | datetime
Words = Mapping[str, str]
"""Language -> text."""


def reference(*ids: str) -> Json | None:
    """A reference to something outside; None without an id."""
    keys = [{"type": "GlobalReference", "value": clean(one)} for one in ids if clean(one)]
    return {"type": "ExternalReference", "keys": keys} if keys else None


def inside_of(submodel: str, *path: tuple[str, str]) -> Json:
    """A reference to an element of a submodel; ``path`` are its kinds and idShorts."""
    keys = [{"type": "Submodel", "value": submodel}, *({"type": kind, "value": name} for kind, name in path)]
    return {"type": "ModelReference", "keys": keys}


def texts(words: Words, longest: int | None = None) -> list[Json]:
    """A text in several languages, those that say nothing left out."""
    said = ((language, clean(text, longest)) for language, text in words.items())
    return [{"language": language, "text": text} for language, text in said if text]


def literal(value: Value | None, value_type: str) -> str | None:
    """A value as XSD writes it; None for what is none.

    >>> literal(1.10, "xs:double"), literal(math.nan, "xs:double"), literal(2.0, "xs:long"), literal(" ", "xs:string")
    ('1.1', None, '2', None)
    >>> literal(datetime(2025, 3, 1, 5, 31, tzinfo=UTC), "xs:dateTime"), literal(1e-7, "xs:decimal")
    ('2025-03-01T05:31:00Z', '0.0000001')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.date().isoformat() if value_type == "xs:date" else moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, int | float):
        return _number(value, value_type)
    return clean(str(value)) or None


def element(
    model_type: str, name: str | None, *, meaning: Sequence[str] = (), words: Words | None = None, **rest: object
) -> Json:
    """An element with what is known of it: ``meaning`` is its semantic id, then what means the same; None is left out."""
    made: Json = {"modelType": model_type}
    if name:
        made["idShort"] = name
    display = texts(words, LONGEST_NAME) if words else None
    if display:
        made["displayName"] = display
    semantic = reference(*meaning[:1])
    if semantic:
        made["semanticId"] = semantic
        also = [found for one in dict.fromkeys(meaning[1:]) if (found := reference(one))]
        if also:
            made["supplementalSemanticIds"] = also
    made.update({key: value for key, value in rest.items() if value is not None and value not in ([], {})})
    return made


def collection(name: str | None, inside: Iterable[Json], *, meaning: Sequence[str] = (), words: Words | None = None) -> Json:
    """A collection; what stands in it gets names that are unique, whatever case."""
    return element("SubmodelElementCollection", name, meaning=meaning, words=words, value=unique(inside))


def unique(elements: Iterable[Json]) -> list[Json]:
    """The elements with idShorts of which no two are alike (AASd-022)."""
    taken: set[str] = set()
    named = []
    for one in elements:
        name = id_short(one.get("idShort", ""), taken) if one.get("idShort", "").casefold() in taken else one["idShort"]
        taken.add(name.casefold())
        named.append(one if one["idShort"] == name else {**one, "idShort": name})
    return named


def _number(value: float, value_type: str) -> str:
    if value_type in ("xs:long", "xs:int", "xs:integer", "xs:unsignedLong", "xs:positiveInteger"):
        return str(round(value))
    short = f"{value:.12g}"
    return f"{float(short):.20f}".rstrip("0").rstrip(".") or "0" if value_type == "xs:decimal" else short
