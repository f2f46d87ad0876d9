"""Are headers of another trade found among 736 names, by the names alone? GDC: MRR and recall@GT beside rapidfuzz.

The likeness is the product's own (tundish.standardise.matching.likeness): weights learned from the target list, no language
model, no word taken from the ground truth. MRR is over the source columns that have a truth; recall@GT takes as many of the
best pairs of the whole table as the truth has.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tundish.standardise.matching.likeness import Targets
from tundish.vocabulary import load_catalogue

DATA = Path("shared/data/standard/data-harmonization-benchmark/gdc_headers_groundtruth.json")
Score = Callable[[Sequence[str], Sequence[str]], np.ndarray]


def own(sources: Sequence[str], targets: Sequence[str]) -> np.ndarray:
    """The product's likeness."""
    likeness = Targets(tuple(targets), load_catalogue().words)
    return np.vstack([likeness.rank(source) for source in sources])


def rapidfuzz(sources: Sequence[str], targets: Sequence[str]) -> np.ndarray:
    """Token set ratio."""
    from rapidfuzz import fuzz, process, utils

    return process.cdist(list(sources), list(targets), scorer=fuzz.token_set_ratio, processor=utils.default_process)


def coma(sources: Sequence[str], targets: Sequence[str]) -> np.ndarray:
    """Coma by names."""
    import pandas as pd
    from valentine import valentine_match
    from valentine.algorithms import Coma

    frames = [pd.DataFrame({name: pd.Series(dtype=object) for name in names}) for names in (sources, targets)]
    scores = np.zeros((len(sources), len(targets)))
    for pair, score in valentine_match(frames, Coma()).items():
        scores[sources.index(pair.source_column), targets.index(pair.target_column)] = score
    return scores


def measure(score: Score, sets: dict[str, dict[str, list]]) -> tuple[float, float]:
    """MRR and recall@GT, each the mean over the sets."""
    ranks, recalls = [], []
    for one in sets.values():
        sources, targets = one["source_columns"], one["target_columns"]
        likes = score(sources, targets)
        truth: dict[str, set[str]] = defaultdict(set)
        for source, target in one["ground_truth"]:
            truth[source].add(target)
        ranks.append(np.mean([_reciprocal(likes[sources.index(s)], targets, right) for s, right in truth.items()]))
        best = np.argsort(-likes.ravel(), kind="stable")[: len(one["ground_truth"])]
        pairs = {(sources[n // len(targets)], targets[n % len(targets)]) for n in best}
        recalls.append(len(pairs & {tuple(pair) for pair in one["ground_truth"]}) / len(one["ground_truth"]))
    return float(np.mean(ranks)), float(np.mean(recalls))


def _reciprocal(likes: np.ndarray, targets: Sequence[str], right: set[str]) -> float:
    order = np.argsort(-likes, kind="stable")
    return next((1 / rank for rank, n in enumerate(order, 1) if targets[n] in right), 0.0)


def main() -> None:
    """Print the table."""
    path = next((folder / DATA for folder in Path(__file__).resolve().parents if (folder / DATA).is_file()), None)
    if path is None:
        sys.exit(f"{DATA} not found beside the checkout")
    sets = json.loads(path.read_text(encoding="utf-8"))
    print(f"{'':24s} {'MRR':>7s} {'recall@GT':>10s} {'s':>6s}")
    for name, score in (("tundish likeness", own), ("rapidfuzz token_set", rapidfuzz), ("Valentine Coma 1.0.1", coma)):
        began = time.process_time()
        mrr, recall = measure(score, sets)
        print(f"{name:24s} {mrr:7.3f} {recall:10.3f} {time.process_time() - began:6.1f}")


if __name__ == "__main__":
    main()
