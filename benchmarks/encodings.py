"""How often is the encoding of a short Korean file told right, by us and by two detectors, on the same files in one run?

Run: python benchmarks/encodings.py [SEED]
A detector is right when the file decoded by its answer is the text that was written, whatever it calls the encoding.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "intake"))

from encoding_samples import Sample, samples

from tundish.intake.encoding import decode


def ours(data: bytes) -> str:
    """The text as the intake decodes it."""
    return decode(data, "a.csv").utf8.decode()


def charset_normalizer(data: bytes) -> str:
    """The text by charset-normalizer's best answer."""
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return "" if best is None else str(best)


def chardet(data: bytes) -> str:
    """The text by chardet's answer."""
    import chardet as peer

    encoding = peer.detect(data)["encoding"]
    try:
        return data.decode(encoding) if encoding else ""
    except (UnicodeDecodeError, LookupError):
        return ""


READERS: dict[str, Callable[[bytes], str]] = {"tundish": ours, "charset-normalizer": charset_normalizer, "chardet": chardet}


def main(seed: int) -> None:
    """Print how many of each kind came out as written, and the seconds it took."""
    made = list(samples(seed))
    kinds = list(dict.fromkeys((sample.kind, sample.encoding) for sample in made))
    told = {name: _read(reader, made) for name, reader in READERS.items()}
    print(f"{'':34}{'files':>6}" + "".join(f"{name:>20}" for name in READERS))
    for kind, encoding in kinds:
        mine = [index for index, sample in enumerate(made) if (sample.kind, sample.encoding) == (kind, encoding)]
        counts = "".join(f"{sum(right[index] for index in mine):>20}" for right, _ in told.values())
        print(f"{kind + ', ' + encoding:34}{len(mine):>6}" + counts)
    print(f"{'all':34}{len(made):>6}" + "".join(f"{sum(right):>20}" for right, _ in told.values()))
    print(f"{'seconds':40}" + "".join(f"{seconds:>20.2f}" for _, seconds in told.values()))


def _read(reader: Callable[[bytes], str], made: list[Sample]) -> tuple[list[bool], float]:
    begun = time.perf_counter()
    right = [reader(sample.data).lstrip("\ufeff") == sample.text for sample in made]
    return right, time.perf_counter() - begun


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
