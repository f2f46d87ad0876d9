"""The papers of a run: report.html, answer.json, and both tables as XLSX and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tundish.documents.answer import AnswerOut
    from tundish.documents.dossier import Dossier
    from tundish.settings import Language

__all__ = ["publish"]


def publish(dossier: Dossier, folder: Path, lang: Language) -> AnswerOut:
    """Write every paper of a run into an existing folder and return what answer.json says.

    Writes ``report.html``, ``answer.json``, ``answer.xlsx``, ``answer.csv``, ``pieces.xlsx``, ``pieces.csv``, ``card.json``.
    """
    from tundish.documents import tables
    from tundish.documents.report import report
    from tundish.documents.words import speaker
    from tundish.documents.workbook import write_xlsx
    from tundish.documents.written import card_json, written

    _ = speaker(lang)
    out = written(dossier, lang)
    (folder / "answer.json").write_text(out.model_dump_json(indent=2), encoding="utf-8")
    (folder / "report.html").write_text(report(dossier, out, lang), encoding="utf-8")
    (folder / "card.json").write_text(card_json(dossier), encoding="utf-8")
    pieces = tables.joined(dossier.pieces, dossier.time_zone, _)
    tables.write_csv(pieces, folder / "pieces.csv")
    write_xlsx([(_("Pieces"), pieces), (_("Columns"), tables.described(dossier.pieces, _))], folder / "pieces.xlsx")
    sheets = tables.answer_sheets(out, _)
    tables.write_csv(sheets[0][1], folder / "answer.csv")
    write_xlsx(sheets, folder / "answer.xlsx")
    return out
