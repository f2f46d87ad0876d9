"""The kinds of question that can be asked, one a file; the first that fits the target is asked."""

from tundish.errors import Message, OddTarget
from tundish.learn.question import Question, Wish
from tundish.questions.energy import Energy
from tundish.questions.property import Property
from tundish.questions.quality import Quality
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue

QUESTIONS: tuple[type[Quality] | type[Energy] | type[Property], ...] = (Quality, Energy, Property)
"""In the order in which they are tried."""


def ask(pieces: Pieces, wish: Wish, catalogue: Catalogue) -> Question:
    """Ask the question that fits the target: a class, a value of a piece, or a value of a regular time series.

    Raises :class:`~tundish.errors.OneOutcome` when the target never changes, :class:`~tundish.errors.BadSettings` when the
    wish names a value that the target does not have, :class:`~tundish.errors.OddTarget` when it is neither number nor class.
    """
    for question in QUESTIONS:
        if question.fits(pieces, wish):
            return question.of(pieces, wish, catalogue)
    target = pieces.table.column(pieces.target)
    raise OddTarget(file=target.origin.file, column=target.header, found=Message("it holds times"))


__all__ = ["QUESTIONS", "Question", "Wish", "ask"]
