"""How does a paper become one HTML file that needs no network? One environment for all templates, everything escaped."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

from tundish.documents.words import percent, speaker
from tundish.locale import harmless, number
from tundish.locale.called import called
from tundish.settings import Language

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def fill(template: str, lang: Language, **values: object) -> str:
    """The page of a template; ``_`` says a sentence in ``lang``, the filters ``n`` and ``percent`` write numbers."""
    room = _environment().get_template(template)
    return harmless(room.render(_=speaker(lang), called=called, lang=lang, version=version("tundish"), **values))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    import jinja2

    folder = files("tundish.documents") / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"n": number, "percent": percent, "breakable": _breakable}
    return environment


def _breakable(text: object) -> Markup:
    """A name that a narrow column breaks behind its dots and bars, not in the middle of a word."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[._:/-])", str(text)))
