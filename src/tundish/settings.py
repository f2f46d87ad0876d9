"""What did the plant decide? One frozen record, read only by flow and shells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["ko", "en"]


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """One live source: its kind, and the options that its connector understands."""

    kind: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ComputeSettings:
    """Where heavy work runs."""

    engine: Literal["local", "ray"] = "local"
    workers: int | None = None
    """How many parts at once; None for one a core."""
    address: str | None = None
    """``host:port`` of a running Ray cluster to join; None starts one on this machine and ends it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything plant.toml can say; an empty one means: find it.

    Keys of the mappings are ``file`` or ``file:column`` as they stand in the plant's files.
    """

    time_zone: str = "Asia/Seoul"
    skip: tuple[str, ...] = ()
    ragged: Mapping[str, Literal["refuse", "set_aside"]] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    """``file:column`` -> concept id, or ``-`` for: none."""
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Column name -> concept id, as another plant confirmed it."""
    units: Mapping[str, str] = field(default_factory=dict)
    """``file:column`` -> unit as a plant writes it."""
    missing: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """``file:column`` -> numbers that mean: not measured."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """``file`` -> column that holds the piece."""
    clock_offsets_s: Mapping[str, float] = field(default_factory=dict)
    """``file`` -> seconds to add to its times, so that they agree with the table of pieces."""
    gauges_m: Mapping[str, float] = field(default_factory=dict)
    """``file:column`` -> metres that the gauge stands behind its line's reference point, negative before it."""
    target: str | None = None
    bad: str | None = None
    """Value of the target that means: defect."""
    higher_is: Literal["better", "worse"] | None = None
    decision_moment: str | None = None
    """``start``, ``end``, ``target`` or a time column's ``file:column``."""
    known: Mapping[str, Literal["before", "after"]] = field(default_factory=dict)
    turnable: Mapping[str, bool] = field(default_factory=dict)
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """``file:column`` -> lower and upper specification limit in the plant's unit."""
    cost_per_bad: float | None = None
    """Won per defective piece, or per unit of the target when it is a number."""
    sources: Mapping[str, LiveSettings] = field(default_factory=dict)
    """Live sources by name; the name is also their folder's under ``landing/``."""
    compute: ComputeSettings = field(default_factory=ComputeSettings)
