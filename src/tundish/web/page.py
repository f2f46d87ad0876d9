"""What does a person see who opens the address in a browser? What is served, since when, and where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from tundish.errors import Message
from tundish.intake.folder import plant_name
from tundish.locale import harmless, mark, number, render, say
from tundish.locale.called import called
from tundish.settings import Language
from tundish.table import Finding
from tundish.web.refusals import language

if TYPE_CHECKING:
    from jinja2 import Template

    from tundish.web.state import State

router = APIRouter(include_in_schema=False)
TEMPLATES = Path(__file__).parent / "templates"
MOST_FINDINGS = 20
LINKS = (
    ("/shells", mark("Shells: the plant, its lines, its product types")),
    ("/submodels", mark("Submodels: what is known of each of them")),
    ("/submodels/$value", mark("Values alone")),
    ("/concept-descriptions", mark("Concepts: what each value means")),
    ("/serialization", mark("All of it in one file")),
    ("/description", mark("Profiles of the AAS API")),
    ("/v1/info", mark("i3X 1.0: the same data as objects with values and history")),
    ("/openapi.json", mark("Every address, for programs (OpenAPI)")),
)


def version() -> str:
    """The version of the program."""
    return installed("tundish")


@router.get("/")
def start(request: Request) -> Response:
    """The page."""
    asked = request.query_params.get("lang")
    lang: Language = asked if asked in ("ko", "en") else language(request)  # type: ignore[assignment]
    return HTMLResponse(shown(request.app.state.plant, lang))


@router.get("/style.css")
def style() -> Response:
    """How the page looks."""
    return FileResponse(TEMPLATES / "start.css", media_type="text/css")


def shown(state: State, lang: Language) -> str:
    """The page as HTML."""
    snapshot = state.current()
    package = snapshot.package
    page = _template().render(
        lang=lang,
        _=lambda text, **values: say(text, lang, **values),
        say=lambda text: say(text, lang),
        render=lambda message: render(message, lang),
        plant=plant_name(state.plant),
        counts=(
            (mark("Tables"), len(snapshot.standard.tables.tables)),
            (mark("Shells"), len(package.shells)),
            (mark("Submodels"), len(package.submodels)),
            (mark("Concepts"), len(package.concept_descriptions)),
        ),
        number=number,
        changed_at=render(Message("{time}", time=snapshot.changed_at), lang),
        trouble=state.trouble,
        about=_about_tables(snapshot.standard.findings),
        set_aside=[one for one in snapshot.standard.findings if one.code == "delivery_set_aside"][:MOST_FINDINGS],
        check=called(f"check {state.plant}"),
        findings=snapshot.findings[:MOST_FINDINGS],
        more=max(0, len(snapshot.findings) - MOST_FINDINGS),
        links=LINKS,
        version=version(),
    )
    return harmless(page)


def _about_tables(findings: Sequence[Finding]) -> tuple[tuple[str, int], ...]:
    """Errors and warnings about the plant's own tables."""
    counts = Counter(one.severity for one in findings)
    return (mark("Errors"), counts["error"]), (mark("Warnings"), counts["warning"])


@lru_cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    room = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return room.get_template("start.html.j2")
