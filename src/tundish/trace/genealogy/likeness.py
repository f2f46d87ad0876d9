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
    texts = typed.drop_nulls().unique(maintain_order=True).alias("typed")
    seen = _Sieve(words)
    parts = [seen.kept(texts, one) for one in _one_slip(texts, alphabet)]
    pairs = pl.concat([pl.DataFrame(schema={"typed": pl.String, "known": pl.String}), *parts])
    pairs = pairs.join(words.to_frame("known"), on="known", how="semi").filter(pl.col("typed") != pl.col("known"))
    found = pairs.unique().sort("typed", "known")
    weights = np.array([_readily(text, word) for text, word in found.iter_rows()], dtype=np.float64)
    ways = 12.0 * found["known"].str.len_chars().to_numpy()
    return found.with_columns(log_chance=pl.Series(np.log(weights / ways), dtype=pl.Float64))


def _one_slip(texts: pl.Series, alphabet: str) -> Iterator[pl.Series]:
    """What each text may have been meant for, slip by slip: as many as there are texts, null where there is no such slip."""
    lengths = texts.str.len_chars()
    letters = [pl.Series([letter]) for letter in alphabet]
    for n in range(max(lengths.unique().to_list(), default=0) + 1):
        head, here, tail = texts.str.slice(0, n), texts.str.slice(n, 1), texts.str.slice(n + 1)
        yield head + tail
        yield head + texts.str.slice(n + 1, 1) + here + texts.str.slice(n + 2)
        for letter in letters:
            yield head + letter + tail
            yield head + letter + here + tail


class _Sieve:
    """Tells at once most of what stands among very many words from what does not; never says no to one that does."""

    def __init__(self, words: pl.Series) -> None:
        size = 1 << max(int(words.len() * 8).bit_length(), 10)
        self._mask = np.uint64(size - 1)
        self._held = np.zeros(size, bool)
        self._held[words.hash().to_numpy() & self._mask] = True

    def kept(self, texts: pl.Series, meant: pl.Series) -> pl.DataFrame:
        """Pairs of ``texts`` and ``meant`` that may stand among the words."""
        at = pl.Series(np.flatnonzero(self._held[meant.hash().to_numpy() & self._mask]))
        return pl.DataFrame({"typed": texts.gather(at), "known": meant.gather(at)})


def _readily(text: str, word: str) -> float:
    """How readily one slip makes ``text`` of ``word`` (relative weight); both are one slip apart."""
    n = next((n for n, (one, other) in enumerate(zip(text, word, strict=False)) if one != other), min(len(text), len(word)))
    if len(text) > len(word):
        return _OF_SLIP["doubled" if n and text[n] == text[n - 1] else "dropped"]
    if len(text) < len(word):
        return _OF_SLIP["dropped"]
    return _weight(word[n], text[n]) if text[n + 1 :] == word[n + 1 :] else _OF_SLIP["transposed"]
