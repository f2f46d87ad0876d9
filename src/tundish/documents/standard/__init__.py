"""The standardisation package: the shells, their linked series, a guide, a pre-verification report and a checklist."""

from tundish.documents.standard.facts import Facts
from tundish.documents.standard.publish import publish_standard

__all__ = ["Facts", "publish_standard"]
