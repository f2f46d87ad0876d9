"""How bad is a piece likely to be at its settings? A smooth additive risk, calmer than single good and bad pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tundish.learn.answer import Floats
from tundish.learn.marks import Flags, Levels, Setting

KNEES = (0.2, 0.4, 0.6, 0.8)
"""Quantiles of a setting at which its line may bend."""
PENALTY = 0.1
"""Inverse strength of the ridge penalty on the logistic weights (scikit-learn's C); tuned on generated lines only."""


def smooth_risk(settings: Sequence[Setting], others: Sequence[Setting], badness: Floats, among: Flags) -> Floats:
    """Expected badness of each piece at its settings, the other causes held at what they were on average.

    Logistic regression (0/1 badness) or ridge on broken lines of each setting, fitted on the pieces in ``among`` only.
    """
    from sklearn.linear_model import LogisticRegression, RidgeCV

    mine, theirs = (np.hstack([_bent(part) for part in parts]) if parts else None for parts in (settings, others))
    if mine is None:
        return np.full(badness.size, float(badness[among].mean()))
    design = mine if theirs is None else np.hstack((mine, theirs))
    known = badness[among]
    binary = bool(np.isin(known, (0.0, 1.0)).all())
    if binary and np.unique(known).size < 2:
        return np.full(badness.size, float(known.mean()))
    model = LogisticRegression(C=PENALTY, max_iter=500) if binary else RidgeCV(alphas=np.geomspace(1, 10_000, 9))
    fitted = model.fit(design[among], known)
    weights, base = np.ravel(fitted.coef_), float(np.ravel(fitted.intercept_)[0])
    line = base + mine @ weights[: mine.shape[1]]
    if theirs is not None:
        line = line + float((theirs[among] @ weights[mine.shape[1] :]).mean())
    return np.asarray(1.0 / (1.0 + np.exp(-line)) if binary else line, dtype=float)


def _bent(part: Setting) -> Floats:
    """The setting as a line with knees, and whether it is unknown; a class as one column a level."""
    if isinstance(part, Levels):
        return np.asarray(part.codes[:, None] == np.arange(len(part.names))[None, :], dtype=float)
    known = np.isfinite(part.values)
    spread = float(part.values[known].std()) or 1.0
    scaled = np.where(known, (part.values - part.values[known].mean()) / spread, 0.0)
    knees = np.quantile(scaled[known], KNEES)
    return np.column_stack((scaled, *(np.where(known, np.maximum(scaled - knee, 0.0), 0.0) for knee in knees), ~known))
