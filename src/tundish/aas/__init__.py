"""The Asset Administration Shell (IEC 63278, AAS 3.0): packages read tolerantly, written strictly."""

from tundish.aas.describe import describe
from tundish.aas.package import AasPackage, Json, Part
from tundish.aas.read import read_package
from tundish.aas.reference import Reference, read_reference
from tundish.aas.series import write_series
from tundish.aas.verify import Fault, verify
from tundish.aas.write import write_json, write_package

__all__ = [
    "AasPackage",
    "Fault",
    "Json",
    "Part",
    "Reference",
    "describe",
    "read_package",
    "read_reference",
    "verify",
    "write_json",
    "write_package",
    "write_series",
]
