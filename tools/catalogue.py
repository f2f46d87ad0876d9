"""Which sentences can a reader meet, and is each one translated? Extracts, merges and compiles the catalogue.

`python tools/catalogue.py` brings `src/tundish/locale/ko/LC_MESSAGES/tundish.po` up to date, compiles it, and lists what is
still to be translated. Sentences are the first argument of `Message(...)`, `_(...)`, `mark(...)`, `say(...)`, the class-level
`text` of an exception, and `_()` or `{% trans %}` in a Jinja template.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "tundish"
PO = SOURCE / "locale" / "ko" / "LC_MESSAGES" / "tundish.po"
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
"""Date in the compiled catalogue, so that the same sentences give the same bytes."""
HEADER = r"""msgid ""
msgstr ""
"Language: ko\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""
MARKERS = {"Message", "_", "mark", "say"}


class NotLiteral(Exception):
    """A sentence that is put together at run time cannot be translated."""


def sentences() -> Iterator[tuple[str, str, int]]:
    """All sentences: text, file, line."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for text, line in in_python(path.read_text(encoding="utf-8"), name):
            yield text, name, line
    for path in sorted(SOURCE.rglob("*.j2")) + sorted(SOURCE.rglob("*.jinja")) + sorted(SOURCE.rglob("templates/*.html")):
        name = path.relative_to(ROOT).as_posix()
        for text, line in in_template(path.read_bytes()):
            yield text, name, line


def in_python(code: str, name: str) -> Iterator[tuple[str, int]]:
    """Sentences of one module; :class:`NotLiteral` where a marker is given anything but literal text or a name.

    Where a name is given (``Message(text, ...)``), everything in the module that reads like a sentence is taken.
    """
    tree = ast.parse(code)
    by_name = False
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _class_texts(node)
        elif isinstance(node, ast.Call) and node.args and _called(node.func) in MARKERS:
            yield from _literals(node.args[0], name)
            by_name |= isinstance(node.args[0], ast.Name | ast.Subscript)
    if by_name:
        yield from _sentences(tree)


def in_template(content: bytes) -> Iterator[tuple[str, int]]:
    """Sentences of one Jinja template."""
    from jinja2.ext import babel_extract

    options = {"newstyle_gettext": "true", "trimmed": "true"}
    for line, _, text, _ in babel_extract(io.BytesIO(content), ("_", "gettext"), [], options):
        first = text[0] if isinstance(text, tuple) else text
        if isinstance(first, str):
            yield first, line


def _called(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


def _class_texts(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        value = getattr(statement, "value", None)
        named = any(isinstance(target, ast.Name) and target.id == "text" for target in targets)
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value, statement.lineno


def _literals(node: ast.expr, name: str) -> Iterator[tuple[str, int]]:
    match node:
        case ast.Constant(value=str(text)):
            yield text, node.lineno
        case ast.IfExp():
            yield from _literals(node.body, name)
            yield from _literals(node.orelse, name)
        case ast.Attribute() | ast.Name() | ast.Subscript():
            return  # a text marked elsewhere: `mark("...")` in a constant, or the class-level `text`
        case _:
            raise NotLiteral(f"{name}, line {node.lineno}: a sentence must be literal text, found {ast.unparse(node)[:60]}")


def _sentences(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Texts of several words that end with a full stop, docstrings and parts of f-strings left out."""
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    apart |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart and _reads(node.value):
            yield node.value, node.lineno


def _reads(text: str) -> bool:
    return " " in text and text.endswith(".") and text[0] not in " ,"


def template() -> Catalog:
    """The catalogue without translations."""
    found = Catalog(project="tundish", charset="utf-8")
    for text, name, line in sentences():
        if text:
            found.add(text, locations=[(name, line)])
    return found


def merged() -> Catalog:
    """The Korean catalogue with every sentence of today; translations kept, sentences that left dropped."""
    old = read_po(io.BytesIO(PO.read_bytes()), locale="ko") if PO.exists() else Catalog(locale="ko")
    old.update(template(), no_fuzzy_matching=True, keep_user_comments=False)
    old.obsolete.clear()
    return old


def to_translate(catalogue: Catalog) -> list[str]:
    """Sentences without a Korean text, or marked as doubtful."""
    return [str(m.id) for m in catalogue if m.id and (not m.string or m.fuzzy)]


def po_bytes(catalogue: Catalog) -> bytes:
    """The catalogue as text: no dates and no line numbers, so that it only changes when a sentence does."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, omit_header=True, include_lineno=False, sort_output=True)
    return HEADER.encode() + buffer.getvalue()


def mo_bytes(po: bytes) -> bytes:
    """The catalogue as gettext reads it."""
    buffer = io.BytesIO()
    catalogue = read_po(io.BytesIO(po), locale="ko")
    catalogue.creation_date = catalogue.revision_date = ALWAYS
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def main() -> int:
    """Update the files and say what is missing."""
    catalogue = merged()
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(po_bytes(catalogue))
    PO.with_suffix(".mo").write_bytes(mo_bytes(PO.read_bytes()))
    missing = to_translate(catalogue)
    for text in missing:
        sys.stdout.write(f"to translate: {text}\n")
    sys.stdout.write(f"{len(list(catalogue)) - 1} sentences, {len(missing)} to translate\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
