"""How do chunks, recipes and clocks travel to the worker that reads a part? As text and plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from tundish.errors import Message
from tundish.ports import Plain
from tundish.table import Chunk, Mended, Recipe, Rule, Verdict, Watch
from tundish.trace.pieces import Clock, Jump
from tundish.trace.stamps import Stamps


def packed_clock(clock: Clock) -> Plain:
    """A clock in plain values."""
    return (clock.offset_s, clock.drift_ppm, clock.reference, tuple((jump.at, jump.by_s) for jump in clock.jumps))


def right(packed: Plain, times: Stamps) -> Stamps:
    """Times as the pieces' clock would show them, by a clock in plain values."""
    offset_s, drift_ppm, reference, jumps = json.loads(json.dumps(packed))
    nothing = Message("")
    steps = tuple(Jump(at=at, by_s=by_s, low_s=by_s, high_s=by_s, reason=nothing) for at, by_s in jumps)
    return Clock("", offset_s, offset_s, offset_s, nothing, drift_ppm, reference=reference, jumps=steps).right(times)


def packed_chunk(chunk: Chunk) -> str:
    """A chunk as text."""
    return json.dumps(asdict(chunk), ensure_ascii=False)


def packed_recipe(recipe: Recipe) -> str:
    """A recipe as text."""
    return json.dumps(asdict(recipe), ensure_ascii=False)


def chunk_of(text: Plain) -> Chunk:
    """What :func:`packed_chunk` gave."""
    return Chunk(**json.loads(str(text)))


def opened(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> tuple[Chunk, Recipe]:
    """The chunk of a part, and how its file is read."""
    chunk = chunk_of(values["chunk"])
    return chunk, recipe_of(names(shared["recipes"])[chunk.source])


@lru_cache(maxsize=64)
def recipe_of(text: str) -> Recipe:
    """What :func:`packed_recipe` gave."""
    said = json.loads(text)
    return Recipe(tuple(_rule(rule) for rule in said["rules"]), said["time_zone"])


def names(plain: Plain) -> list[str]:
    """A tuple of texts."""
    return [str(name) for name in plain] if isinstance(plain, tuple | list) else []


def _rule(said: dict[str, object]) -> Rule:
    made = _tupled(said)
    watch, mends = made["watch"], made["mends"]
    kept = {**made, "watch": None if watch is None else Watch(**watch), "verdict": Verdict(**made["verdict"])}
    return Rule(**{**kept, "mends": tuple(Mended(**mend) for mend in mends)})


def _tupled(value: object) -> Any:  # noqa: ANN401 - JSON holds anything
    """Lists of JSON as the tuples that they were."""
    if isinstance(value, list):
        return tuple(_tupled(one) for one in value)
    return {key: _tupled(one) for key, one in value.items()} if isinstance(value, dict) else value
