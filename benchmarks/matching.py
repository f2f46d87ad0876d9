"""How often is a column's meaning right, wrong, or left open? Tundish beside rapidfuzz and Coma on the same headers.

    python benchmarks/matching.py            # all plants of tests/standardise/plants, or of a folder: --folder DIR
    python benchmarks/matching.py --fit      # fits calibration.yaml anew on the plants with split: tuning

rapidfuzz is given every name and synonym of the vocabulary, Coma the Korean and English names; they never abstain.
Coma by values has nothing to compare with: a vocabulary holds no values.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "standardise"))

from known_plants import FOLDER, Plant, read_plants  # noqa: E402

from tundish.intake.listing import Listed  # noqa: E402
from tundish.standardise.listed import sketches_of  # noqa: E402
from tundish.standardise.matching.calibration import FEATURES, threshold  # noqa: E402
from tundish.standardise.matching.evidence import Evidence  # noqa: E402
from tundish.standardise.matching.look import ColumnSketch, look_at  # noqa: E402
from tundish.standardise.matching.match import judge, lined_up, match  # noqa: E402
from tundish.vocabulary import Catalogue, load_catalogue  # noqa: E402
from tundish.vocabulary.words import even_name  # noqa: E402

Answer = tuple[tuple[str | None, ...], list[tuple[str, float]], float]
"""What is right, concepts in order of likeness, and the score of the first."""
CALIBRATION = ROOT / "src" / "tundish" / "standardise" / "matching" / "calibration.yaml"
SIGNS = (1, 1, -1, 1, 1, 1, -1, -1)
"""What may speak for a meaning and what only against it."""
THINNED = ((0.25, 0.4, 1), (0.25, 0.4, 2), (0.4, 0.6, 1), (0.4, 0.6, 2))
"""Share of spellings and of synonyms taken out of the vocabulary, and the seed: a plant that nobody has seen writes words
that are not in it, which no plant that the vocabulary was lengthened for does."""
FOLDS = 6


def tundish(plant: Plant, catalogue: Catalogue) -> list[Answer]:
    """What the product answers."""
    answers: list[Answer] = []
    for table in plant.tables:
        sketches = sketches_of([header.column for header in table.headers], table.name)
        for header, found in zip(table.headers, match(sketches, catalogue, table_name=table.name), strict=True):
            first = [(found.match.concept, found.match.score)] if found.match.concept else []
            answers.append((header.meanings, [*first, *found.match.alternatives], found.match.score))
    return answers


def rapidfuzz(plant: Plant, catalogue: Catalogue) -> list[Answer]:
    """Nearest name or synonym by tokens."""
    from rapidfuzz import fuzz, process, utils

    names = [(utils.default_process(name), concept.id) for concept in catalogue.concepts for name in concept.names]
    answers: list[Answer] = []
    for table in plant.tables:
        headers = [utils.default_process(header.column.header) for header in table.headers]
        scores = process.cdist(headers, [name for name, _ in names], scorer=fuzz.token_set_ratio)
        for header, row in zip(table.headers, scores, strict=True):
            answers.append((header.meanings, _best(row, [id for _, id in names]), float(row.max()) / 100))
    return answers


def coma(plant: Plant, catalogue: Catalogue) -> list[Answer]:
    """Nearest Korean or English name by Coma."""
    import pandas as pd
    from valentine import valentine_match
    from valentine.algorithms import Coma

    names = {name: concept.id for concept in catalogue.concepts for name in (concept.name_ko, concept.name_en)}
    target = pd.DataFrame({name: pd.Series(dtype=object) for name in names})
    answers: list[Answer] = []
    for table in plant.tables:
        source = pd.DataFrame({h.column.header or "-": pd.Series(h.column.samples, dtype=object) for h in table.headers})
        found = valentine_match([source, target], Coma())
        likes: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for pair, score in sorted(found.items(), key=lambda item: -item[1]):
            likes[pair.source_column].append((names[pair.target_column], float(score)))
        answers += [(h.meanings, offered := likes[h.column.header], offered[0][1] if offered else 0.0) for h in table.headers]
    return answers


def _best(row: np.ndarray, ids: Sequence[str]) -> list[tuple[str, float]]:
    found: dict[str, float] = {}
    for n in np.argsort(-row, kind="stable")[:60]:
        found.setdefault(ids[n], float(row[n]) / 100)
    return list(found.items())


def report(name: str, answers: Sequence[Answer], least: float) -> None:
    """One line of the table."""
    count: Counter[str] = Counter()
    ranks = []
    for right, offered, score in answers:
        given = offered[0][0] if offered and score >= least else None
        count["right" if given in right else "open" if given is None else "wrong"] += 1
        if right != (None,):
            ranks.append(next((1 / n for n, (concept, _) in enumerate(offered, 1) if concept in right), 0.0))
    total = len(answers)
    shares = " ".join(f"{count[kind] / total:7.3f}" for kind in ("right", "wrong", "open"))
    print(f"{name:44s} {total:5d} {shares} {np.mean(ranks) if ranks else 0:7.3f}")


def reliability(answers: Sequence[Answer]) -> None:
    """Is what is told with a probability right that often?"""
    print("\nscore said    columns  right indeed")
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.96), (0.96, 1.01)):
        inside = [offered[0][0] in right for right, offered, score in answers if low <= score < high and offered]
        if inside:
            print(f"{low:.2f} to {min(high, 1):.2f} {len(inside):9d}  {np.mean(inside):.3f}")


def fit(plants: Sequence[Plant], catalogue: Catalogue) -> None:
    """Logistic regression with fixed signs on the tuning plants, with the whole and with thinned vocabularies.

    Before, each plant is judged with numbers from the others (grouped cross-validation), and what that gives is printed.
    """
    tuning = [plant for plant in plants if plant.split == "tuning"]
    cases = [(n, row) for n, plant in enumerate(tuning) for table in plant.tables for row in _cases(table, catalogue)]
    for level, (spellings, synonyms, seed) in enumerate(THINNED, 1):
        thin = thinned(catalogue, spellings, synonyms, seed)
        for n, plant in enumerate(tuning):
            for table in plant.tables:
                cases += [(n, (*row[:3], level)) for row in _told(table, thin)]
    group = np.array([n % FOLDS for n, _ in cases])
    x, y, w, level = (np.array(column, dtype=float) for column in zip(*(row for _, row in cases), strict=True))
    odds = np.zeros(len(y))
    for fold in range(FOLDS):
        b = _fitted(x[group != fold], y[group != fold], w[group != fold])
        odds[group == fold] = b[0] + x[group == fold] @ b[1:]
    print("\nthreshold   right and wrong among what is told, whole vocabulary; thinned by a quarter; by two fifths")
    for least in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        told = 1 / (1 + np.exp(-odds)) >= least
        shares = [
            (y[told & part & (w == 1)].mean(), (told & part & (w == 1)).sum())
            for part in (level == 0, (level == 1) | (level == 2), level > 2)
        ]
        print(f"{least:.1f} " + " ".join(f"{right:9.3f} of {n:5d}" for right, n in shares))
    found = _fitted(x, y, w)
    head = [line for line in CALIBRATION.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    weights = {feature: round(float(b), 2) for feature, b in zip(FEATURES, found[1:], strict=True)}
    numbers = {"threshold": threshold(), "intercept": round(float(found[0]), 2), "weights": weights}
    CALIBRATION.write_text("\n".join(head) + "\n" + yaml.safe_dump(numbers, sort_keys=False), encoding="utf-8")
    print(numbers)


def _fitted(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        odds = b[0] + x @ b[1:]
        slope = w * (1 / (1 + np.exp(-odds)) - y)
        worth = (w * np.logaddexp(0, np.where(y > 0, -odds, odds))).sum() + 0.05 * (b[1:] ** 2).sum()
        return float(worth), np.r_[slope.sum(), x.T @ slope + 0.1 * b[1:]]

    bounds = [(None, None), *((0, None) if sign > 0 else (None, 0) for sign in SIGNS)]
    return np.asarray(minimize(loss, np.r_[-5.0, SIGNS], jac=True, bounds=bounds, method="L-BFGS-B").x)


def thinned(catalogue: Catalogue, spellings: float, synonyms: float, seed: int) -> Catalogue:
    """The vocabulary without a share of the spellings of its words and of the synonyms of its concepts."""
    draw = random.Random(seed)
    own = {even_name(part) for parts in catalogue.words.spellings.values() for part in parts}
    kept = {s: parts for s, parts in sorted(catalogue.words.spellings.items()) if s in own or draw.random() >= spellings}
    concepts = tuple(replace(c, synonyms=tuple(s for s in c.synonyms if draw.random() >= synonyms)) for c in catalogue.concepts)
    return replace(catalogue, words=replace(catalogue.words, spellings=kept), concepts=concepts)


def _told(table, catalogue: Catalogue) -> Iterator[tuple[tuple[float, ...], bool, float, int]]:
    sketches = sketches_of([header.column for header in table.headers], table.name)
    for header, found in zip(table.headers, _judged(sketches, table.name, catalogue), strict=True):
        if found:
            yield found[0].features, found[0].concept.id in header.meanings, 1.0, 0


def _cases(table, catalogue: Catalogue) -> Iterator[tuple[tuple[float, ...], bool, float, int]]:
    """Give a table's first meanings, right or wrong; the next best without the right one; impossible or no values."""
    columns = [header.column for header in table.headers]
    sketches = sketches_of(columns, table.name)
    true = _judged(sketches, table.name, catalogue)
    bare = _judged(sketches_of([Listed(column.header) for column in columns], table.name), table.name, catalogue)
    for header, found, unseen in zip(table.headers, true, bare, strict=True):
        if found:
            yield found[0].features, found[0].concept.id in header.meanings, 1.0, 0
        if unseen and header.column.samples:
            yield unseen[0].features, unseen[0].concept.id in header.meanings, 0.3, 0
        rest = sorted((e for e in found if e.concept.id not in header.meanings), key=lambda e: -e.fit)
        if rest and None not in header.meanings:
            yield lined_up(rest, rest[0], set())[0].features, False, 0.15, 0
    for factor in (300.0, 1 / 300):
        odd = _judged([replace(sketch, numbers=sketch.numbers * factor) for sketch in sketches], table.name, catalogue)
        for one, other in zip(true, odd, strict=True):
            if one and other and one[0].inside and not other[0].inside and one[0].concept == other[0].concept:
                yield other[0].features, False, 0.15, 0


def _judged(sketches: Sequence[ColumnSketch], name: str, catalogue: Catalogue) -> list[list[Evidence]]:
    return judge(look_at(sketches, catalogue), catalogue, name)[0]


def main() -> None:
    """Measure, or fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--without-peers", action="store_true")
    words = parser.parse_args()
    plants, catalogue = read_plants(words.folder), load_catalogue()
    if words.fit:
        fit(plants, catalogue)
        return
    began = time.process_time()
    own = {plant.key: tundish(plant, catalogue) for plant in plants}
    seconds = time.process_time() - began
    print(f"{len(catalogue.concepts)} concepts, threshold {threshold()}, {seconds:.1f} s CPU for all plants\n")
    print(f"{'':44s} {'n':>5s} {'right':>7s} {'wrong':>7s} {'open':>7s} {'MRR':>7s}")
    for plant in plants:
        report(f"{plant.split} / {plant.key}", own[plant.key], threshold())
    peers = {} if words.without_peers else {"rapidfuzz token_set": rapidfuzz, "Coma 1.0.1, names": coma}
    for split in dict.fromkeys(plant.split for plant in plants):
        print()
        chosen = [plant for plant in plants if plant.split == split]
        report(f"{split}: tundish", [answer for plant in chosen for answer in own[plant.key]], threshold())
        for name, peer in peers.items():
            report(f"{split}: {name}", [answer for plant in chosen for answer in peer(plant, catalogue)], 1e-9)
        reliability([answer for plant in chosen for answer in own[plant.key]])


if __name__ == "__main__":
    main()
