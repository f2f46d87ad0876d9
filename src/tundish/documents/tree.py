"""How does a history read in a terminal? A tree up, a tree down, the timeline, the balance, profiles as rows of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from tundish.documents.answer import FindingOut
from tundish.documents.glance import glance
from tundish.documents.history import KINDS, level_name
from tundish.documents.history_form import (
    HistoryOut,
    KinOut,
    MarkOut,
    OverviewOut,
    ProfileOut,
    SignalOut,
    StayOut,
    StepOut,
    TieOut,
)
from tundish.documents.standing_out import beside, shown
from tundish.documents.words import Say, amount, bare, percent, share, speaker
from tundish.locale import mark, number
from tundish.settings import Language
from tundish.trace.history.doubts import EVIDENCE
from tundish.trace.history.overview import DOUBTFUL

MOST_TIES = 40
"""Lines of a tree; the page and the JSON hold the rest."""
MOST_STAYS = 40
MOST_DOUBTS = 8
MOST_SIGNALS = 20
MARKS = {"sample": mark("sample"), "defect": mark("defect"), "weld": mark("weld")}
"""What lies at a place, in words."""
NOTHING = mark(
    "No table of this folder is a production record: which number was made, of which number, when. "
    "Add such an export, or see with the command match which columns were taken for numbers and times."
)
_BLOCKS = "▁▂▃▄▅▆▇█"
SPARK = 32
"""Characters of a profile."""


def text(out: HistoryOut, lang: Language, time_zone: str) -> list[str]:
    """The lines of a history."""
    _ = speaker(lang)
    reader = Reader(out, lang, time_zone)
    told = [reader.head(), "", *(f"  {asked}: {answer}" if asked else f"    {answer}" for asked, answer in glance(reader))]
    told += _part(_("Doubts"), list(reader.doubts()), "") if out.findings else []
    told += _part(_("What it was made of"), list(reader.tree(up=True)), _("No record tells."))
    told += _part(_("What was made of it"), list(reader.tree(up=False)), _("Nothing yet, as far as the records go."))
    told += _part(_("When it was where (reference clock)"), list(reader.stays()), _("No record tells."))
    if out.profile is not None:
        told += _part(_("Along its length"), list(reader.profile(out.profile)), _("No signal reaches it."))
    if out.records:
        told += _part(_("What the records say of it"), list(reader.records()), "")
    return told + _part(_("Mass balance"), [balance_line(step, _) for step in out.balance], _("No masses are recorded."))


def _part(title: str, lines: list[str], otherwise: str) -> list[str]:
    return ["", title, *(lines or [f"  {otherwise}"])]


class Reader:
    """One history in one language."""

    def __init__(self, out: HistoryOut, lang: Language, time_zone: str) -> None:
        self.out, self.lang, self.zone, self.say = out, lang, ZoneInfo(time_zone), speaker(lang)
        self.kin = {kin.number: kin for kin in out.pieces}

    def head(self) -> str:
        """The piece in one line."""
        kin = self.out.piece
        facts = [f"{level_name(kin.level, self.lang)} {kin.id}", kin.line or "", self.time(kin.made), size(kin)]
        return " · ".join(fact for fact in facts if fact)

    def doubts(self) -> Iterator[str]:
        """One line a finding, the gravest first, with where it is in this history."""
        ordered = sorted(self.out.findings, key=lambda one: one.severity == "info")
        for one in ordered[:MOST_DOUBTS]:
            yield f"  {'ⓘ' if one.severity == 'info' else '⚠'} {one.text}{where(one)}"
        if len(ordered) > MOST_DOUBTS:
            yield "  " + self.say("and {more} more", more=len(ordered) - MOST_DOUBTS)

    def tree(self, *, up: bool) -> Iterator[str]:
        """One line an edge, the nearest first, the farther ones under it."""
        ties = self.out.up if up else self.out.down
        of: dict[int, list[TieOut]] = {}
        for tie in ties:
            of.setdefault(tie.child if up else tie.parent, []).append(tie)
        shown: set[int] = set()
        left = MOST_TIES
        stack = [(tie, "", i == 0) for i, tie in enumerate(reversed(of.get(self.out.piece.number, [])))]
        while stack and left:
            tie, indent, last = stack.pop()
            far = tie.parent if up else tie.child
            again = far in shown and far in of
            yield f"  {indent}{'└─' if last else '├─'} {self.tie(tie, far)}" + (f" {self.say('(see above)')}" if again else "")
            left -= 1
            if not again:
                below = indent + ("   " if last else "│  ")
                stack += [(one, below, i == 0) for i, one in enumerate(reversed(of.get(far, [])))]
            shown.add(far)
        if stack:
            yield "  " + self.say("and more: {count} edges in all, on the page and in the JSON", count=len(ties))

    def tie(self, tie: TieOut, far: int) -> str:
        """One edge: the piece at its far end, what was done, which share, how sure."""
        kin = self.kin[far]
        facts = [self.say(KINDS[tie.kind]), share(tie.share), metres(tie)]
        sure = [percent(100 * tie.probability), self.say(EVIDENCE[tie.evidence].text)]
        doubt = " ⚠" if tie.probability < DOUBTFUL or far in self.out.open_ends else ""
        said = " ".join(fact for fact in facts if fact)
        return f"{kin.id} ({level_name(kin.level, self.lang)}) {said} [{', '.join(sure)}]{doubt}"

    def stays(self) -> Iterator[str]:
        """One line a visit to a line, in order of time."""
        found = visits(self.out.timeline)
        for visit in found[:MOST_STAYS]:
            first = visit[0]
            facts = [f"{self.time(first.start)} ~ {self.until(first)}", first.line, self.passed(visit)]
            facts += [self.mass(visit)]
            if first.turn > 1:
                facts.append(self.say("turn {turn}", turn=first.turn))
            yield "  " + "  ".join(fact for fact in facts if fact)
        if len(found) > MOST_STAYS:
            yield "  " + self.say("and {more} more", more=len(found) - MOST_STAYS)

    def until(self, stay: StayOut) -> str:
        """The end of a stay, marked where it lies before its begin."""
        backward = stay.start is not None and stay.end is not None and stay.end < stay.start
        return self.time(stay.end, after=stay.start) + (" ⚠" if backward else "")

    def passed(self, visit: Sequence[StayOut]) -> str:
        """What went in and what came out."""
        came = [self.kin[stay.piece].id for stay in visit if stay.goes != "out"]
        left = [self.kin[stay.piece].id for stay in visit if stay.goes == "out"]
        return " → ".join(_some(ids) for ids in (came, left) if ids)

    def mass(self, visit: Sequence[StayOut]) -> str:
        """Mass of what came in and of what came out, and scrap; what a row tells of its other side is told there."""
        came = [stay.mass_in_kg for stay in visit if stay.goes != "out" and stay.mass_in_kg is not None]
        left = [stay.mass_out_kg for stay in visit if stay.goes != "in" and stay.mass_out_kg is not None]
        both = any(stay.goes == "in" for stay in visit) and any(stay.goes == "out" for stay in visit)
        ins, outs = (number(round(sum(part))) if part else "" for part in (came, left))
        told = f"{ins} → {outs}".strip() if both or (ins and outs) else ins or outs
        scrap = [stay.scrap_kg for stay in visit if stay.goes != "out" and stay.scrap_kg]
        said = f"{told} kg" if came or left else ""
        return (said + (self.say(" (scrap {kg} kg)", kg=round(sum(scrap))) if scrap else "")).strip()

    def profile(self, profile: ProfileOut) -> Iterator[str]:
        """One line a signal, then what lies where."""
        for line, signals in groupby(profile.signals[:MOST_SIGNALS], lambda signal: signal.line):
            yield f"  {line}"
            for signal in signals:
                yield f"    {spark(signal)}  {bare(signal.column, signal.unit)}: {span(signal)}"
        if len(profile.signals) > MOST_SIGNALS:
            yield "  " + self.say("and {more} more", more=len(profile.signals) - MOST_SIGNALS)
        for one in profile.marks[:MOST_STAYS]:
            told = notes(one)
            yield f"  {place(one.from_m, one.to_m)}  {self.mark(one)}" + (f": {told}" if told else "")

    def records(self) -> Iterator[str]:
        """One line a row, values that stand out marked and beside what others have."""
        for record in self.out.records[:MOST_STAYS]:
            source = record.file + ("" if record.row is None else f": {number(record.row)}")
            values = [
                f"⚠ {beside(one, self)}" if one.odd else f"{bare(one.name, one.unit)} {shown(one)}" for one in record.values
            ]
            yield f"  {self.kin[record.piece].id} ({source})  {', '.join(values)}"
        if len(self.out.records) > MOST_STAYS:
            yield "  " + self.say("and {more} more", more=len(self.out.records) - MOST_STAYS)

    def place(self, noted: MarkOut) -> str:
        """Metres from and to."""
        return place(noted.from_m, noted.to_m)

    def mark(self, noted: MarkOut) -> str:
        """What lies there, and on which side or end."""
        words = [self.say(MARKS[noted.kind]), noted.side or "", noted.end or ""]
        return " ".join(word for word in words if word)

    def time(self, at: str | None, *, after: str | None = None) -> str:
        """Local time to the second; without the day where it is that of ``after``."""
        if at is None:
            return "?" if after else ""
        local = datetime.fromisoformat(at).astimezone(self.zone)
        same = after is not None and datetime.fromisoformat(after).astimezone(self.zone).date() == local.date()
        return local.strftime("%H:%M:%S" if same else "%Y-%m-%d %H:%M:%S")


def overview(out: OverviewOut, lang: Language) -> list[str]:
    """The lines of a plant's material."""
    _ = speaker(lang)
    told = [_("Material of {plant}", plant=out.plant), ""]
    if not out.levels:
        return [*told, "  " + _(NOTHING)]
    told.append(_("Pieces"))
    for one in out.levels:
        counts = {"pieces": one.pieces, "up": one.with_parents, "down": one.with_children, "unrecorded": one.unrecorded}
        told.append("  " + _(
            "{level}: {pieces} pieces, {up} with an origin, {down} used further, {unrecorded} only named by others",
            level=level_name(one.level, lang), **counts,
        ))  # fmt: skip
    told += ["", _("How they hang together")]
    for kind in out.kinds:
        values = {"kind": _(KINDS[kind.kind]), "line": kind.line or "-", "edges": kind.edges}
        told.append("  " + _("{kind} ({line}): {edges} edges, {mass} t", mass=round(kind.mass_kg / 1000), **values))
    told += ["", _("What the edges rest on")]
    for ground in out.grounds:
        mean = percent(None if ground.probability is None else 100 * ground.probability)
        told.append("  " + _(
            "{evidence}: {edges} edges, mean probability {percent}, {doubtful} below 95%",
            evidence=_(EVIDENCE[ground.evidence].text), edges=ground.edges, percent=mean, doubtful=ground.doubtful,
        ))  # fmt: skip
    told += ["", _("Mass balance"), *(balance_line(step, _) for step in out.steps)]
    ranked = sorted(out.findings, key=lambda one: one.severity == "info")
    worst = [f"  {'ⓘ' if one.severity == 'info' else '⚠'} {one.text}{where(one)}" for one in ranked[:MOST_STAYS]]
    return [*told, "", _("What stays open"), *worst] if worst else told


def balance_line(step: StepOut, _: Say) -> str:
    """One balance: in = out + scrap + rest, but for the error."""
    of = f"{step.line or '-'} {step.of}" if step.of and step.of != step.line else step.line or "-"
    if not step.in_kg and not step.out_kg:
        return "  " + _("{of}: no masses are recorded", of=of)
    masses = {"came": step.in_kg, "left": step.out_kg, "scrap": step.scrap_kg, "rest": step.rest_kg}
    values = {name: "-" if value is None else number(round(value, 1)) for name, value in masses.items()}
    said = _("{of}: in {came} kg = out {left} + scrap {scrap} + rest {rest}; error {error}", of=of,
             error=percent(step.error_percent), **values)  # fmt: skip
    return "  " + said


def where(finding: FindingOut) -> str:
    """The numbers and rows that a finding of the whole plant names in this history."""
    rows = [f"{finding.file}: {', '.join(number(row) for row in finding.rows[:3])}"] if finding.rows else []
    unsaid = [one for one in dict.fromkeys(finding.found) if one not in finding.text]
    named = [*unsaid[:3], *rows]
    return f" ({'; '.join(named)})" if named else ""


def visits(timeline: Sequence[StayOut]) -> list[list[StayOut]]:
    """Stays that are one visit to a line: the same line, turn, begin and end; what went in and what came out."""
    found: dict[tuple[object, ...], list[StayOut]] = {}
    for stay in timeline:
        found.setdefault((stay.line, stay.turn, stay.start, stay.end), []).append(stay)
    return list(found.values())


def size(kin: KinOut) -> str:
    """Mass and dimensions, as far as they are known."""
    thick = None if kin.thickness_m is None else amount(float(f"{1000 * kin.thickness_m:.4g}"), None)
    wide = None if kin.width_m is None else amount(float(f"{1000 * kin.width_m:.5g}"), None)
    across = " × ".join(part for part in (thick, wide) if part)
    parts = [
        "" if kin.mass_kg is None else amount(round(kin.mass_kg), "kg"),
        f"{across} mm" if across else "",
        "" if kin.length_m is None else amount(round(kin.length_m, 1), "m"),
    ]
    return ", ".join(part for part in parts if part)


def metres(tie: TieOut) -> str:
    """The part of the parent."""
    return "" if tie.from_m is None or tie.to_m is None else place(tie.from_m, tie.to_m)


def place(start: float, end: float) -> str:
    """Metres from and to, to the decimetre."""
    first, last = number(round(start, 1)), number(round(end, 1))
    return f"{first} m" if first == last else f"{first}~{last} m"


def notes(noted: MarkOut) -> str:
    """What stands in the row of a sample or defect."""
    return ", ".join(f"{bare(note.name, note.unit)} {amount(note.value, note.unit)}" for note in noted.notes)


def span(signal: SignalOut) -> str:
    """Least and greatest value, in the plant's unit."""
    lows, highs = [v for v in signal.low if v is not None], [v for v in signal.high if v is not None]
    if not lows or not highs:
        return "-"
    low, high = float(f"{min(lows):.4g}"), float(f"{max(highs):.4g}")
    return f"{number(low)} ~ {amount(high, signal.unit)}"


def spark(signal: SignalOut) -> str:
    """Means along the piece as blocks; a dot where nothing was measured.

    A fast line logs a row every few metres only, so a value reaches as far as the next is usually away.
    """
    cells = len(signal.mean)
    known = [place for place, value in enumerate(signal.mean) if value is not None]
    steps = sorted(later - earlier for earlier, later in pairwise(known))
    reach = steps[len(steps) // 2] if steps else 0
    ends = [(cells * i // SPARK, max(cells * (i + 1) // SPARK, cells * i // SPARK + 1)) for i in range(SPARK)]
    near = [
        (first, last) if _mean(signal.mean[first:last]) is not None else (max(first - reach, 0), last + reach)
        for first, last in ends
    ]
    means = [_mean(signal.mean[first:last]) for first, last in near]
    there = [value for value in means if value is not None]
    low, high = (min(there), max(there)) if there else (0.0, 1.0)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join("·" if value is None else _BLOCKS[round((value - low) * scale)] for value in means)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (f" … ({len(ids)})" if len(ids) > 3 else "")
