"""How does evidence become a probability? A logistic regression whose numbers stand in calibration.yaml."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tundish.vocabulary.pages import read_yaml

FEATURES = ("name", "lead", "against", "unit_fits", "inside", "support", "foreign", "unknown")
"""What :attr:`tundish.standardise.matching.evidence.Evidence.features` gives, in this order."""


def probability(features: Sequence[float]) -> float:
    """Probability that the meaning is right.

    >>> sure, doubtful = (0.98, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0), (0.55, 0.0, 0.3, 0.0, 0.0, 0.0, 0.0, 0.5)
    >>> probability(sure) > 0.95, probability(doubtful) < 0.3
    (True, True)
    """
    intercept, weights = _numbers()
    odds = intercept + sum(weight * feature for weight, feature in zip(weights, features, strict=True))
    return 1 / (1 + math.exp(-odds))


def threshold() -> float:
    """Least probability at which a column is given a concept."""
    return float(_document()["threshold"])


@lru_cache(maxsize=1)
def _numbers() -> tuple[float, tuple[float, ...]]:
    weights = _document()["weights"]
    return float(_document()["intercept"]), tuple(float(weights[feature]) for feature in FEATURES)


@lru_cache(maxsize=1)
def _document() -> Any:  # noqa: ANN401 - YAML gives anything
    return read_yaml(files("tundish.standardise.matching") / "calibration.yaml")
