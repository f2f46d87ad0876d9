"""What happened to this piece? Genealogy, clocks and profiles put together for one piece."""

from tundish.trace.history.along import along
from tundish.trace.history.assemble import history
from tundish.trace.history.in_parts import lay_parts
from tundish.trace.history.material import Material, in_memory
from tundish.trace.history.told import History, Kin, Record, Siblings, Stay, Step, Tie, Value

__all__ = [
    "History",
    "Kin",
    "Material",
    "Record",
    "Siblings",
    "Stay",
    "Step",
    "Tie",
    "Value",
    "along",
    "history",
    "in_memory",
    "lay_parts",
]
