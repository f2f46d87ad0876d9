"""What happened to this piece? The tree, the timeline and the doubts on the screen, a page beside the plant, or JSON alone."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tundish.cli import output
from tundish.cli.plant import decided_by
from tundish.cli.progress import Display
from tundish.disk import whole_file
from tundish.locale import one_line, say
from tundish.locale.called import called
from tundish.settings import Language, Settings

OVERVIEW = "index.html"
_MOST_BYTES = 80
"""Of a piece's id in a file's name."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|index)", re.IGNORECASE)


def run(plant: Path, piece: str | None, *, out: Path | None, as_json: bool, lang: Language) -> None:
    """Tell the history of a piece, or without one what the plant's material looks like."""
    settings = decided_by(plant) or Settings()
    folder = None if as_json and out is None else output.place(plant, out, paper="trace")
    told = _overview(plant, settings, lang) if piece is None else _history(plant, piece, settings, lang)
    if folder is not None:
        _put(told.page(), folder / told.name)
    if as_json:
        sys.stdout.write(told.document + "\n")
        return
    last = "" if folder is None else "\n\n" + say("The page with pictures: {path}", lang, path=folder / told.name)
    sys.stdout.write("\n".join(map(one_line, told.lines)) + last + "\n")


@dataclass(frozen=True)
class _Told:
    """What is said: lines of the screen, a document, a page and the name of its file."""

    lines: list[str]
    document: str
    page: Callable[[], str]
    name: str


def _history(plant: Path, piece: str, settings: Settings, lang: Language) -> _Told:
    from tundish.documents import history, history_page, tree
    from tundish.intake.folder import plant_name

    with Display() as progress:
        from tundish import flow

        told = flow.history(plant, piece, settings, progress)
    out = history.written(told, plant_name(plant), lang, time_zone=settings.time_zone)
    lines = tree.text(out, lang, settings.time_zone)
    page = partial(history_page.page, out, lang, settings.time_zone)
    return _Told(lines, out.model_dump_json(indent=1), page, page_name(told.piece.id))


def _overview(plant: Path, settings: Settings, lang: Language) -> _Told:
    from tundish.documents import history, history_page, tree
    from tundish.intake.folder import plant_name

    with Display() as progress:
        from tundish import flow

        whole = flow.material(plant, settings, progress)
    out = history.overview_written(whole, plant_name(plant), lang, time_zone=settings.time_zone)
    command = called(f"trace {plant} ") + say("PIECE", lang)
    page = partial(history_page.overview, out, lang, settings.time_zone, command=command)
    return _Told(tree.overview(out, lang), out.model_dump_json(indent=1), page, OVERVIEW)


def _put(page: str, path: Path) -> None:
    with output.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_text(page, encoding="utf-8")


def page_name(piece: str) -> str:
    """A name for a piece's page, safe on every system; ids that lose a character by it keep apart by a few of their hash.

    >>> page_name("HC-1234"), page_name("코일 7"), page_name("../x"), page_name("con")
    ('HC-1234.html', '코일_7-692cd0.html', '_._x-d6b96a.html', '_con-1143da.html')
    """
    safe = re.sub(r"[^\w.-]", "_", piece)
    safe = re.sub(r"^[.-]|\.(?=\.|$)", "_", safe)
    safe = f"_{safe}" if _RESERVED.fullmatch(safe.partition(".")[0]) else safe
    safe = safe.encode()[:_MOST_BYTES].decode(errors="ignore")
    return f"{safe}.html" if safe == piece else f"{safe}-{hashlib.sha256(piece.encode()).hexdigest()[:6]}.html"
