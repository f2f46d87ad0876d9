"""How is the time of a piece drawn? A row a line, a bar a stay, the hours below."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from tundish.documents.history_form import HistoryOut, StayOut
from tundish.documents.tree import visits
from tundish.documents.words import Say

WIDTH = 1000
_LEFT, _RIGHT, _ROW, _TOP, _BELOW = 130, 14, 30, 8, 26
_STEPS = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)
_MOST_TICKS = 9
_LABEL = 84
"""Room that a date and time needs."""


def bars(out: HistoryOut, time_zone: str, _: Say) -> str:
    """An SVG without script; empty where no time is known."""
    told = [visit for visit in visits(out.timeline) if visit[0].start and visit[0].end]
    if not told:
        return ""
    times = [(_time(visit[0].start), _time(visit[0].end)) for visit in told]
    first, last = min(start for start, _end in times), max(end for _start, end in times)
    span = max((last - first).total_seconds(), 1.0)
    lines = list(dict.fromkeys(visit[0].line for visit in told))
    names = {kin.number: kin.id for kin in out.pieces}
    height = _TOP + _ROW * len(lines) + _BELOW

    def x(at: datetime) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (at - first).total_seconds() / span

    title = _("When {piece} and what it was made of were where", piece=out.piece.id)
    parts = [
        f'<svg class="bars" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>'
    ]
    for i, line in enumerate(lines):
        y = _TOP + i * _ROW
        parts.append(f'<text class="line" x="{_LEFT - 8}" y="{y + 19}">{escape(line[:16])}</text>')
        parts.append(f'<path class="rule" d="M{_LEFT},{y + _ROW} H{WIDTH - _RIGHT}"/>')
    for visit, (start, end) in zip(told, times, strict=True):
        y, wide = _TOP + lines.index(visit[0].line) * _ROW, max(x(end) - x(start), 3.0)
        own = " own" if any(stay.piece == out.piece.number for stay in visit) else ""
        said = f"{visit[0].line}: {_said(visit, names)}"
        at = min(x(start), WIDTH - _RIGHT - wide)
        parts.append(
            f'<rect class="stay{own}" x="{at:.1f}" y="{y + 6}" width="{wide:.1f}" height="18" rx="2">'
            f"<title>{escape(said)}</title></rect>"
        )
    zone = ZoneInfo(time_zone)
    for i, line in enumerate(lines):
        begun = min(start for visit, (start, _end) in zip(told, times, strict=True) if visit[0].line == line)
        ended = max(end for visit, (_start, end) in zip(told, times, strict=True) if visit[0].line == line)
        parts.append(_begun(begun.astimezone(zone), x(begun), x(ended), _TOP + i * _ROW + 19))
    for tick in _ticks(first, last, zone):
        shown = tick.astimezone(zone)
        text = shown.strftime("%m-%d" if (shown.hour, shown.minute) == (0, 0) else "%m-%d %H:%M")
        parts.append(f'<path class="tick" d="M{x(tick):.1f},{_TOP} V{height - _BELOW}"/>')
        parts.append(f'<text class="hour" x="{x(tick):.1f}" y="{height - 8}">{text}</text>')
    return "".join([*parts, "</svg>"])


def _begun(at: datetime, left: float, right: float, y: float) -> str:
    """When the first stay on a line began, where there is room beside the bars."""
    if right + _LABEL < WIDTH - _RIGHT:
        return f'<text class="at" x="{right + 6:.1f}" y="{y}">{at:%m-%d %H:%M}</text>'
    if left - _LABEL > _LEFT:
        return f'<text class="at" text-anchor="end" x="{left - 6:.1f}" y="{y}">{at:%m-%d %H:%M}</text>'
    return ""


def _said(visit: list[StayOut], names: dict[int, str]) -> str:
    came = ", ".join(names[stay.piece] for stay in visit[:4] if stay.goes != "out")
    left = ", ".join(names[stay.piece] for stay in visit[:4] if stay.goes == "out")
    return " → ".join(part for part in (came, left) if part)


def _ticks(first: datetime, last: datetime, zone: ZoneInfo) -> list[datetime]:
    """Round local times between first and last, about as many as have room."""
    span = (last - first).total_seconds()
    step = next((step for step in _STEPS if span / step <= _MOST_TICKS), _STEPS[-1])
    local = first.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + timedelta(seconds=step * (int((local - midnight).total_seconds()) // step + 1))
    found = []
    while at <= last:
        found.append(at)
        at += timedelta(seconds=step)
    return found


def _time(at: str | None) -> datetime:
    return datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)
