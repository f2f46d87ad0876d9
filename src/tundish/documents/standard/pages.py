"""The papers of a standardisation as pages: self-contained, to be read on a screen and printed."""

from __future__ import annotations

from collections.abc import Mapping

from tundish.documents.page import fill
from tundish.documents.standard import rows
from tundish.documents.standard.facts import Facts
from tundish.locale import render
from tundish.settings import Language

NAMES = ("guide", "verification", "checklist")


def pages(facts: Facts, name: str, lang: Language) -> Mapping[str, str]:
    """HTML of each paper; ``name`` is the package's file without its suffix."""
    said = {
        "facts": facts,
        "name": name,
        "sound": not facts.faults and facts.same and not any(one.faults for one in facts.filled),
        "references": [render(one.message, lang) for one in facts.references],
        "grid": {key: getattr(rows, f"{key}_grid")(facts, lang) for key in _GRIDS},
    }
    return {paper: fill(f"standard_{paper}.html.j2", lang, **said) for paper in NAMES}


_GRIDS = ("tag", "share", "template", "open", "finding", "fault", "series", "shell", "concept", "point")
