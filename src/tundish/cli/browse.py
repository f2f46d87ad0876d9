"""What can be taken from a server or a broker, what does it seem to mean, and what is to be written into plant.toml for it?"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tundish.cli.output import writing
from tundish.errors import BadAddress, BadSettings, BrowseRefused, Message, SourceRefused
from tundish.locale import plain, render, say
from tundish.locale.called import called
from tundish.settings import Language

if TYPE_CHECKING:
    from tundish.connectors.seen import Seen
    from tundish.standardise.matching.match import Matched

_TYPED = {"url": "URL", "topics": "--topic", "browse": "--root"}
"""Words of plant.toml as they are typed behind the command, where they differ."""
_KINDS = {"opc.tcp": "opcua", "mqtt": "mqtt", "mqtts": "mqtt"}


def run(url: str, *, options: Mapping[str, object], seconds: float, out: Path | None, as_json: bool, lang: Language) -> None:
    """Print a line a tag, and the section for plant.toml behind them or into ``out``.

    Raises :class:`~tundish.errors.BrowseRefused` when nobody answers, :class:`~tundish.errors.BadAddress` for a wrong address.
    """
    kind = _kind(url)
    given = {key: value for key, value in options.items() if value}
    seen = _explored(kind, url, given, seconds)
    for one, found in zip(seen, _meanings(seen), strict=True):
        line = json.dumps(_as_json(one, found, lang), ensure_ascii=False) if as_json else _as_text(one, found)
        sys.stdout.write(f"{line}\n")
    section = _section(kind, url, given)
    if out is not None:
        with writing(out), out.open("a", encoding="utf-8") as file:
            file.write(f"\n{section}")
        sys.stderr.write(say("The section stands in {path}.", lang, path=out) + "\n")
    elif not as_json:
        then = called("collect PLANT")
        tags = say("{count} tags. For plant.toml, then: {command}", lang, count=str(len(seen)), command=then)
        sys.stdout.write(f"\n# {tags}\n{section}")


def _kind(url: str) -> str:
    try:
        kind = _KINDS.get(urlsplit(url).scheme)
    except ValueError:
        kind = None
    if kind is None:
        expected = Message("an address such as {example}", example='"opc.tcp://192.168.0.10:4840", "mqtt://192.168.0.10"')
        raise BadAddress(key="URL", expected=expected, found=f'"{url}"')
    return kind


def _explored(kind: str, url: str, options: Mapping[str, object], seconds: float) -> list[Seen]:
    """What is offered there; a refusal speaks of what was typed, for there is no plant.toml yet."""
    from tundish.connectors.live import explore_live

    try:
        return explore_live(kind, url, options, seconds=seconds)
    except SourceRefused as failure:
        raise BrowseRefused(address=url, found=failure.message.values["found"]) from failure
    except BadSettings as failure:
        said = failure.message.values
        word = str(said["key"]).rpartition(".")[2]
        raise BadAddress(key=_TYPED.get(word, f"--{word}"), expected=said["expected"], found=said["found"]) from failure


def _meanings(seen: list[Seen]) -> list[Matched]:
    """Concepts of the tags, each judged among those that stand in the same folder of the tree."""
    from tundish.intake.listing import Listed
    from tundish.standardise.listed import match_listed
    from tundish.vocabulary import load_catalogue

    catalogue = load_catalogue()
    rooms: dict[str, list[int]] = {}
    for place, one in enumerate(seen):
        rooms.setdefault(one.tag.rpartition("/")[0], []).append(place)
    found: dict[int, Matched] = {}
    for room, places in rooms.items():
        columns = [Listed(_header(seen[place]), seen[place].samples) for place in places]
        found.update(zip(places, match_listed(columns, catalogue, name=room), strict=True))
    return [found[place] for place in range(len(seen))]


def _header(one: Seen) -> str:
    """As it would stand over a column: the name in words, else the end of the path; the unit in brackets."""
    name = one.name or one.tag.rpartition("/")[2]
    return f"{name} ({one.unit})" if one.unit else name


def _as_text(one: Seen, found: Matched) -> str:
    value = one.samples[-1] if one.samples else "-"
    meaning = f"{found.match.concept} {found.match.score:.2f}" if found.match.concept else "-"
    address = "" if one.address == one.tag else one.address
    return "\t".join(plain(text) for text in (one.tag, address, one.name or "", one.kind, value, one.unit or "", meaning))


def _as_json(one: Seen, found: Matched, lang: Language) -> dict[str, object]:
    match = found.match
    return {
        "tag": one.tag,
        "address": one.address,
        "name": one.name,
        "kind": one.kind,
        "value": one.samples[-1] if one.samples else None,
        "unit": one.unit,
        "concept": match.concept,
        "score": match.score,
        "alternatives": [{"concept": concept, "score": score} for concept, score in match.alternatives],
        "reason": render(match.reason, lang),
    }


def _section(kind: str, url: str, options: Mapping[str, object]) -> str:
    """``[sources.<name>]`` as it can be pasted into plant.toml."""
    import tomlkit

    host = (urlsplit(url).hostname or kind).replace(".", "-").replace(":", "-")
    table = tomlkit.table()
    for key, value in {"kind": kind, "url": url, **options}.items():
        table[key] = list(value) if isinstance(value, tuple) else value
    document = tomlkit.document()
    document["sources"] = {f"{kind}-{host}": table}
    return tomlkit.dumps(document)
