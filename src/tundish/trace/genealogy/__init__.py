"""Who came from whom? A graph of material with typed edges, built from production records and mended by evidence."""

from tundish.trace.genealogy.balance import balance
from tundish.trace.genealogy.build import trace_material
from tundish.trace.genealogy.graph import Edge, EdgeKind, Genealogy
from tundish.trace.genealogy.mend import mend_ids

__all__ = ["Edge", "EdgeKind", "Genealogy", "balance", "mend_ids", "trace_material"]
