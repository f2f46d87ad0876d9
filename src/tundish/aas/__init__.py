"""The Asset Administration Shell (IEC 63278, AAS 3.0): packages read tolerantly, written strictly."""

from tundish.aas.package import AasPackage, Json, Part

__all__ = ["AasPackage", "Json", "Part"]
