"""Which words does the program know? ``tundish vocabulary`` writes them as a page, or prints those that a text finds."""

from __future__ import annotations

import sys
from pathlib import Path

from tundish.cli.output import writing
from tundish.locale import say
from tundish.settings import Language

SHOWN = 20
"""Concepts on the screen for one text; the page shows all."""


def run(text: str, *, out: Path, lang: Language) -> None:
    """Print the concepts that the text finds; without a text write the page."""
    from tundish.vocabulary import load_catalogue

    catalogue = load_catalogue()
    if text.strip():
        _print(text, lang)
        return
    from tundish.documents import vocabulary

    with writing(out):
        vocabulary.publish(catalogue, out, lang)
    sys.stdout.write(say("Vocabulary written: {path}", lang, path=str(out)) + "\n")


def _print(text: str, lang: Language) -> None:
    from tundish.documents.vocabulary import span
    from tundish.vocabulary import load_catalogue
    from tundish.vocabulary.search import find

    found = find(load_catalogue().concepts, text)
    for concept in found[:SHOWN]:
        name = f"{concept.name_ko} / {concept.name_en}"
        definition = concept.definition_ko if lang == "ko" else concept.definition_en
        sys.stdout.write(
            f"{concept.id}  {name}  {span(concept) or concept.plant_unit or ''}".rstrip() + f"\n    {definition}\n"
        )
    if not found:
        sys.stdout.write(say("No concept holds all these words. Try one of them, or fewer letters.", lang) + "\n")
    elif len(found) > SHOWN:
        sys.stdout.write(say("and {more} more", lang, more=len(found) - SHOWN) + "\n")
