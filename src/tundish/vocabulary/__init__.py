"""The words: concepts with Korean and English names, and the units that plants write."""

from tundish.vocabulary.catalogue import Catalogue, load_catalogue
from tundish.vocabulary.concept import Concept
from tundish.vocabulary.units import Unit, parse_unit, split_header

__all__ = ["Catalogue", "Concept", "Unit", "load_catalogue", "parse_unit", "split_header"]
