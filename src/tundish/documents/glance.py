"""What must a person see at once who has a complaint in hand? Faults, origin, way, doubts, and what else may have the fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tundish.documents.history import level_name
from tundish.documents.standing_out import standing_out
from tundish.documents.words import percent, share
from tundish.locale import mark, number
from tundish.trace.history.doubts import EVIDENCE
from tundish.trace.history.overview import DOUBTFUL

if TYPE_CHECKING:
    from tundish.documents.history_form import SiblingsOut, StayOut
    from tundish.documents.tree import Reader

_MOST_ORIGINS = 4
_MOST_NAMED = 6
_MOST_FAMILIES = 5
SAME = mark("The same {level} {piece} also became")


def glance(reader: Reader) -> list[tuple[str, str]]:
    """What is asked, and the answer in one line each."""
    _ = reader.say
    told = [(_("What stands out") if i == 0 else "", line) for i, line in enumerate(standing_out(reader))]
    told += [(_("Comes from"), _origin(reader)), (_("Its way"), _way(reader) or _("No record tells."))]
    told.append((_("How sure"), _sure(reader)))
    families = reader.out.siblings
    told += [(_siblings_of(reader, one), _named(reader, one)) for one in families[:_MOST_FAMILIES]]
    if len(families) > _MOST_FAMILIES:
        rest = sum(one.count for one in families[_MOST_FAMILIES:])
        told.append((_("Of parents farther up"), _("{count} products", count=rest)))
    if not families and reader.out.up:
        told.append((_("Siblings"), _("No other product of these parents is recorded.")))
    return told


def _origin(reader: Reader) -> str:
    """The pieces at the far end of the way up, each with its share, the largest first."""
    up = reader.out.up
    if not up:
        return reader.say("No record tells.")
    children = {tie.child for tie in up}
    shares: dict[int, float | None] = {}
    for tie in up:
        if tie.parent not in children:
            before = shares.get(tie.parent, 0.0)
            shares[tie.parent] = None if before is None or tie.share is None else before + tie.share
    ranked = sorted(shares, key=lambda one: -(shares[one] or 0.0))
    said = [f"{_called(reader, one)} {share(shares[one])}" for one in ranked[:_MOST_ORIGINS]]
    more = [reader.say("and {more} more", more=len(ranked) - _MOST_ORIGINS)] if len(ranked) > _MOST_ORIGINS else []
    return ", ".join([*said, *more])


def _way(reader: Reader) -> str:
    """The lines in order of time, with how often the material came back to one."""
    own = {reader.out.piece.number} | {tie.parent for tie in reader.out.up}
    lines: dict[str, list[StayOut]] = {}
    for stay in reader.out.timeline:
        if stay.piece in own:
            lines.setdefault(stay.line, []).append(stay)
    return " → ".join(" ".join(_passed(reader, line, stays)) for line, stays in lines.items())


def _passed(reader: Reader, line: str, stays: list[StayOut]) -> Iterator[str]:
    yield line
    start = next((stay.start for stay in stays if stay.start), None)
    if start is not None:
        yield reader.time(start)[5:16]
    turns = max(stay.turn for stay in stays)
    if turns > 1:
        yield reader.say("({turns} times)", turns=turns)


def _sure(reader: Reader) -> str:
    """The weakest link on the way up, and how much there is to check."""
    _, out = reader.say, reader.out
    said = []
    weak = min(out.up, key=lambda tie: tie.probability, default=None)
    if weak is not None and weak.probability < DOUBTFUL:
        ends = {"parent": reader.kin[weak.parent].id, "child": reader.kin[weak.child].id}
        sure = {"percent": percent(100 * weak.probability), "evidence": _(EVIDENCE[weak.evidence].text)}
        said.append(_("weakest link {parent} → {child}: {percent} ({evidence})", **ends, **sure))
    elif out.up:
        said.append(_("all {count} links on the way up at 95% or more", count=len(out.up)))
    if out.open_ends:
        said.append(_("open ends: {count}", count=len(out.open_ends)))
    warnings = sum(one.severity != "info" for one in out.findings)
    said.append(_("to check: {count}", count=warnings) if warnings else _("nothing to check"))
    return " · ".join(said)


def _siblings_of(reader: Reader, family: SiblingsOut) -> str:
    kin = reader.kin[family.parent]
    return reader.say(SAME, level=level_name(kin.level, reader.lang), piece=kin.id)


def _named(reader: Reader, family: SiblingsOut) -> str:
    ids = [reader.kin[one].id for one in family.pieces[:_MOST_NAMED]]
    dots = " …" if family.count > len(ids) else ""
    return reader.say("{count} products", count=number(family.count)) + f": {', '.join(ids)}{dots}"


def _called(reader: Reader, one: int) -> str:
    kin = reader.kin[one]
    return f"{level_name(kin.level, reader.lang)} {kin.id}"
