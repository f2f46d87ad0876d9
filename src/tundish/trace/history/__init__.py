"""What happened to this piece? Genealogy, clocks and profiles put together for one piece."""

from tundish.trace.history.along import along
from tundish.trace.history.assemble import history
from tundish.trace.history.material import Material, in_memory
from tundish.trace.history.told import History, Kin, Siblings, Stay, Step, Tie

__all__ = ["History", "Kin", "Material", "Siblings", "Stay", "Step", "Tie", "along", "history", "in_memory"]
