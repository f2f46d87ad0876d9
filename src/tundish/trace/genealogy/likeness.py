"""Which known ids differ from a mistyped one by a single slip of the fingers?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

_LOOK_ALIKE = ("0OQD", "1IL", "8B", "5S", "2Z", "6G", "7T", "UV")
_OF_SLIP = {"transposed": 3.0, "looks_alike": 4.0, "doubled": 2.0, "dropped": 1.0, "other": 1.0}


def slips(text: str, alphabet: str) -> Iterator[tuple[str, float]]:
    """Ids that ``text`` may have been meant for, with how readily one slips so (relative weight)."""
    for n in range(len(text)):
        yield text[:n] + text[n + 1 :], _OF_SLIP["doubled"] if n and text[n] == text[n - 1] else _OF_SLIP["dropped"]
        if n and text[n] != text[n - 1]:
            yield text[: n - 1] + text[n] + text[n - 1] + text[n + 1 :], _OF_SLIP["transposed"]
        for letter in alphabet:
            if letter != text[n]:
                yield text[:n] + letter + text[n + 1 :], _weight(letter, text[n])
            yield text[:n] + letter + text[n:], _OF_SLIP["dropped"]
    for letter in alphabet:
        yield text + letter, _OF_SLIP["dropped"]


def _weight(one: str, other: str) -> float:
    alike = any(one in group and other in group for group in _LOOK_ALIKE)
    return _OF_SLIP["looks_alike" if alike else "other"]


def near(typed: pl.Series, known: pl.Series) -> pl.DataFrame:
    """Pairs ``typed`` - ``known`` one slip apart, each with the log of the chance that the slip makes just this text.

    >>> near(pl.Series(["HC1O2"]), pl.Series(["HC102", "HC777"]))["known"].to_list()
    ['HC102']
    """
    words = known.drop_nulls().unique(maintain_order=True)
    alphabet = "".join(sorted(set("".join(words.sample(min(words.len(), 2000), seed=0).to_list()))))
    texts, meant, weights = [], [], []
    for text in typed.drop_nulls().unique(maintain_order=True).to_list():
        best: dict[str, float] = {}
        for word, weight in slips(text, alphabet):
            if word != text:
                best[word] = max(best.get(word, 0.0), weight)
        texts += [text] * len(best)
        meant += list(best)
        weights += list(best.values())
    schema = {"typed": pl.String, "known": pl.String, "weight": pl.Float64}
    pairs = pl.DataFrame({"typed": texts, "known": meant, "weight": weights}, schema=schema)
    found = pairs.join(words.to_frame("known"), on="known", how="semi", maintain_order="left")
    ways = 12.0 * found["known"].str.len_chars().to_numpy()
    return found.select("typed", "known", log_chance=pl.Series(np.log(found["weight"].to_numpy() / ways)))
