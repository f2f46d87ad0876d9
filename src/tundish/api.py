"""What may other programs use? The six verbs, what standard data are made of, what is handed on, and nothing else.

The list is kept by a test; what is not in it may change without notice. See docs/python.md.
"""

from tundish.aas import AasPackage, describe, read_package, verify, write_package
from tundish.connectors import SOURCES
from tundish.errors import InputError, Message
from tundish.intake import Intake, RawTable, read
from tundish.learn import learn
from tundish.learn.answer import Answer, Cause, Limit, Window
from tundish.prove import Evidence, Split, prove, split
from tundish.questions import Question, Wish, ask
from tundish.share import Card, share
from tundish.standardise import Standardised, standardise
from tundish.standardise.listed import match_columns
from tundish.standardise.matching.match import Matched
from tundish.table import Column, Finding, Table
from tundish.trace import Pieces, Target, find_target, trace
from tundish.trace.genealogy import Genealogy, trace_material
from tundish.trace.history import History, history, in_memory
from tundish.vocabulary import Concept, Unit, load_catalogue, parse_unit

__all__ = [
    "SOURCES",
    "AasPackage",
    "Answer",
    "Card",
    "Cause",
    "Column",
    "Concept",
    "Evidence",
    "Finding",
    "Genealogy",
    "History",
    "InputError",
    "Intake",
    "Limit",
    "Matched",
    "Message",
    "Pieces",
    "Question",
    "RawTable",
    "Split",
    "Standardised",
    "Table",
    "Target",
    "Unit",
    "Window",
    "Wish",
    "ask",
    "describe",
    "find_target",
    "history",
    "in_memory",
    "learn",
    "load_catalogue",
    "match_columns",
    "parse_unit",
    "prove",
    "read",
    "read_package",
    "share",
    "split",
    "standardise",
    "trace",
    "trace_material",
    "verify",
    "write_package",
]
