"""What went wrong with this piece? Defects, and values that lie far from those of pieces like it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tundish.documents.words import amount, bare, between
from tundish.locale import number

if TYPE_CHECKING:
    from tundish.documents.history_form import MarkOut, NoteOut, RecordOut, ValueOut
    from tundish.documents.tree import Reader

_MOST = 4
"""Defects and values named at once; the page holds the rest."""


def standing_out(reader: Reader) -> list[str]:
    """One line each: defects of the piece, those of its products, values that stand out; or that nothing does."""
    _ = reader.say
    told = [*_defects(reader), *_of_products(reader)]
    found = [(record, value) for record in reader.out.records for value in record.values if value.odd]
    odd = {(record.piece, value.concept or value.name, value.value): (record, value) for record, value in found}
    ranked = sorted(odd.values(), key=lambda pair: (pair[0].piece != reader.out.piece.number, -(pair[1].far or 0.0)))
    told += [
        (reader.kin[record.piece].id + ": " if record.piece != reader.out.piece.number else "") + beside(value, reader)
        for record, value in ranked[:_MOST]
    ]
    if len(ranked) > _MOST:
        told.append(_("and {more} more", more=len(ranked) - _MOST))
    return told or [_nothing(reader)]


def beside(value: ValueOut, reader: Reader) -> str:
    """A value, and what its like have.

    ``항복강도 310 MPa (others: 420 ~ 450 MPa, 38 values)``
    """
    said = f"{bare(value.name, value.unit)} {shown(value)}"
    return f"{said} ({others(value, reader)})" if value.others else said


def others(value: ValueOut, reader: Reader) -> str:
    """What the like of a piece have; empty where there is nothing to compare with."""
    if value.usual is not None:
        return reader.say("most of {count} others: {usual}", count=number(value.others), usual=value.usual)
    if value.low is None or value.high is None:
        return ""
    span = between(_short(value.low), _short(value.high), value.unit)
    return reader.say("{count} others: {span}", count=number(value.others), span=span)


def shown(note: NoteOut) -> str:
    """A value to four digits with its unit."""
    return amount(_short(note.value) if isinstance(note.value, float) else note.value, note.unit)


def flaw(values: list[NoteOut] | list[ValueOut]) -> str:
    """What a defect is called: its name where the plant has one, else all that its row says."""
    named = [str(note.value) for note in values if note.concept == "inspection.defect"]
    return ", ".join(named or (f"{bare(note.name, note.unit)} {shown(note)}" for note in values))


def _defects(reader: Reader) -> Iterator[str]:
    """Those whose metres on the piece are known, then those that are only noted on it or on what it was made of."""
    profile = reader.out.profile
    marks: list[MarkOut] = [] if profile is None else [one for one in profile.marks if one.kind == "defect"]
    for one in marks[:_MOST]:
        yield " ".join(word for word in (flaw(one.notes), reader.place(one), one.side or "") if word)
    if len(marks) > _MOST:
        yield reader.say("and {more} more", more=len(marks) - _MOST)
    own = {reader.out.piece.number, *(tie.parent for tie in reader.out.up)}
    noted = [one for one in reader.out.records if one.kind == "defect" and one.piece in own and not _marked(one, marks)]
    for record in noted[:_MOST]:
        place = "" if record.piece == reader.out.piece.number else f"{reader.kin[record.piece].id}: "
        yield place + ", ".join(f"{bare(note.name, note.unit)} {shown(note)}" for note in record.values)
    if len(noted) > _MOST:
        yield reader.say("and {more} more", more=len(noted) - _MOST)


def _marked(record: RecordOut, marks: list[MarkOut]) -> bool:
    """Whether a mark tells of the same row; a table and its file may go by different names."""
    said = {(note.name, note.value) for note in record.values}
    return any(
        (one.piece, one.row) == (record.piece, record.row) and {(note.name, note.value) for note in one.notes} <= said
        for one in marks
    )


def _of_products(reader: Reader) -> Iterator[str]:
    below = {tie.child for tie in reader.out.down}
    bad: dict[int, list[RecordOut]] = {}
    for record in reader.out.records:
        if record.kind == "defect" and record.piece in below:
            bad.setdefault(record.piece, []).append(record)
    if bad:
        named = [f"{reader.kin[one].id} ({', '.join(flaw(record.values) for record in bad[one])})" for one in list(bad)[:_MOST]]
        dots = " …" if len(bad) > len(named) else ""
        yield reader.say("defects on {count} of its products: {named}", count=number(len(bad)), named=", ".join(named) + dots)


def _nothing(reader: Reader) -> str:
    compared = [value for record in reader.out.records for value in record.values if value.others]
    if not compared:
        return reader.say("No defect is recorded, and there are no values to compare with others.")
    return reader.say("No defect is recorded; {count} values lie among those of others.", count=number(len(compared)))


def _short(value: float) -> float:
    return float(f"{value:.4g}")
