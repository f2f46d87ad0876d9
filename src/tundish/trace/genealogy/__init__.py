"""Who came from whom? A graph of material with typed edges, built from production records and mended by evidence."""

from tundish.trace.genealogy.graph import Edge, EdgeKind, Genealogy

__all__ = ["Edge", "EdgeKind", "Genealogy"]
