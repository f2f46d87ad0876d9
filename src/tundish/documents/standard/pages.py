"""The papers of a standardisation as pages: self-contained, to be read on a screen and printed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files

from tundish.documents.standard import rows
from tundish.documents.standard.facts import Facts
from tundish.documents.words import percent, speaker
from tundish.locale import number, render
from tundish.settings import Language

NAMES = ("guide", "verification", "checklist")


def pages(facts: Facts, name: str, lang: Language) -> Mapping[str, str]:
    """HTML of each paper; ``name`` is the package's file without its suffix."""
    import jinja2

    folder = files("tundish.documents") / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda page: (folder / page).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"n": number, "percent": percent}
    said = {
        "_": speaker(lang),
        "lang": lang,
        "facts": facts,
        "name": name,
        "version": version("tundish"),
        "sound": not facts.faults and facts.same and not any(one.faults for one in facts.filled),
        "references": [render(one.message, lang) for one in facts.references],
        "grid": {key: getattr(rows, f"{key}_grid")(facts, lang) for key in _GRIDS},
    }
    return {paper: environment.get_template(f"standard_{paper}.html.j2").render(**said) for paper in NAMES}


_GRIDS = ("tag", "share", "template", "open", "finding", "fault", "series", "shell", "concept", "point")
