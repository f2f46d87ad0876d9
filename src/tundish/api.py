"""What may other programs use? The six verbs, what they hand to each other, and nothing else.

The list is kept by a test; what is not in it may change without notice. See docs/python.md.
"""

from tundish.connectors import SOURCES
from tundish.errors import InputError, Message
from tundish.intake import Intake, RawTable, read
from tundish.learn import learn
from tundish.learn.answer import Answer, Cause, Limit, Window
from tundish.prove import Evidence, Split, prove, split
from tundish.questions import Question, Wish, ask
from tundish.share import Card, share
from tundish.standardise import Standardised, standardise
from tundish.table import Column, Finding, Table
from tundish.trace import Pieces, Target, find_target, trace
from tundish.vocabulary import load_catalogue

__all__ = [
    "SOURCES",
    "Answer",
    "Card",
    "Cause",
    "Column",
    "Evidence",
    "Finding",
    "InputError",
    "Intake",
    "Limit",
    "Message",
    "Pieces",
    "Question",
    "RawTable",
    "Split",
    "Standardised",
    "Table",
    "Target",
    "Window",
    "Wish",
    "ask",
    "find_target",
    "learn",
    "load_catalogue",
    "prove",
    "read",
    "share",
    "split",
    "standardise",
    "trace",
]
