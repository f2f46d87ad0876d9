"""What does each row of a production record measure, in SI?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from tundish.table import Table
from tundish.trace.genealogy.spaces import IdColumn

MEASURES: Mapping[str, tuple[str, ...]] = {
    "mass_in": ("production.input_mass",),
    "mass_out": ("product.weight", "production.mass", "product.theoretical_weight", "melting.tapped_mass"),
    "scrap": ("production.scrap_mass",),
    "length_in": ("production.input_length",),
    "length_out": ("production.output_length", "product.length", "line.length_run"),
    "thickness_in": ("production.input_thickness", "product.hot_thickness", "rolling.entry_thickness"),
    "thickness_out": ("product.thickness", "rolling.exit_thickness"),
    "width_in": ("production.input_width", "product.hot_width"),
    "width_out": ("product.width",),
    "from_m": ("position.from",),
    "to_m": ("position.to",),
    "at_m": ("position.on_product",),
    "head_crop": ("position.head_crop",),
    "tail_crop": ("position.tail_crop",),
    "lane": ("position.lane",),
    "bare_mass_in": ("production.input_mass",),
    "bare_length_in": ("production.input_length",),
}
"""Concepts that say each measure of a record, the plainest first."""
_BARE = "bare_"
"""Measures in no known unit: how they part a whole holds in any."""
_CUT_FOR = "forging.blank_mass"
"""What a blank weighs: it comes out of the saw, and goes into the press."""
_DIVIDED = 1.5
"""So many products of one piece and more: it was cut."""
_BARE_LENGTH = re.compile(r"\s*(길이|length|len\.?)\s*([(\[].*[)\]])?\s*", re.IGNORECASE)
"""A length of nothing said, in a table of what a line made: of what it made."""
_OF_LEVEL = {"mass": "weight", "length": "length", "thickness": "thickness", "width": "width"}
_YES = re.compile(r"(y|yes|1|1\.0|t|true|o|on|예|유|반전|역|역방향|뒤집음|있음|reversed|turned|flipped)", re.IGNORECASE)
_NO = re.compile(r"(n|no|0|0\.0|f|false|x|off|아니오|무|정|정방향|없음|normal|-)", re.IGNORECASE)


def wanted_concepts() -> frozenset[str]:
    """Concepts of all columns that records are made of, but for times and ids."""
    measures = {concept for concepts in MEASURES.values() for concept in concepts}
    slabs = {f"product.{kind}_{name}" for kind in ("slab", "billet") for name in _OF_LEVEL.values()}
    said = {"production.equipment", "production.process", "position.turned", "position.flipped", _CUT_FOR}
    return frozenset(measures | slabs | said)


def measure(table: Table, out: IdColumn, into: IdColumn | None, name: str) -> pl.Series:
    """The first column that says it; dimensions of slabs and billets are those of the side that the slab stands on."""
    told = _told(table, out, into, name)
    if name == "length_out" and told.null_count():
        # exports of two lines under one another: one says whose length it is, the other not
        bare = [
            c for c in table.columns
            if c.concept in (None, "product.length") and c.unit == "m" and _BARE_LENGTH.fullmatch(c.header)
        ]  # fmt: skip
        for column in bare[:1]:
            told = told.fill_null(table.frame[column.name].cast(pl.Float64).fill_nan(None))
    return told


def _told(table: Table, out: IdColumn, into: IdColumn | None, name: str) -> pl.Series:
    quantity, _, side = name.partition("_")
    concepts = MEASURES[name]
    if quantity in _OF_LEVEL and side in ("in", "out"):
        one = into if side == "in" else out
        if one is not None and one.space.startswith("slab"):
            concepts = (*concepts, f"product.slab_{_OF_LEVEL[quantity]}", f"product.billet_{_OF_LEVEL[quantity]}")
    if name == ("mass_out" if _cuts(out, into) else "mass_in"):
        concepts = (*concepts, _CUT_FOR)
    for concept in concepts:
        for column in table.columns:
            if (
                column.concept == concept
                and column.kind == "number"
                and (column.unit is None if name.startswith(_BARE) else column.unit is not None or name == "lane")
                and column.statistic == "value"
                and table.frame[column.name].null_count() < table.frame.height
            ):
                return table.frame[column.name].cast(pl.Float64).fill_nan(None).alias(name)
    return pl.repeat(None, table.frame.height, dtype=pl.Float64, eager=True).alias(name)


def _cuts(out: IdColumn, into: IdColumn | None) -> bool:
    return into is not None and out.ids.words.len() > _DIVIDED * into.ids.words.len()


def flag(table: Table, name: str, concept: str) -> pl.Series:
    """What a column of yes and no says, row by row; null where it says neither."""
    for column in table.columns:
        if column.concept == concept:
            words = table.frame[column.name].cast(pl.String).str.strip_chars()
            told = words.unique().drop_nulls()
            reading = {word: True if _YES.fullmatch(word) else False if _NO.fullmatch(word) else None for word in told}
            return words.replace_strict(reading, default=None, return_dtype=pl.Boolean).alias(name)
    return pl.repeat(None, table.frame.height, dtype=pl.Boolean, eager=True).alias(name)
