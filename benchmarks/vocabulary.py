"""How large is the vocabulary, how long does it take to load, and how large is its page?

python benchmarks/vocabulary.py
"""

import subprocess
import sys
from collections import Counter
from statistics import median

from tundish.documents.vocabulary import page
from tundish.vocabulary import load_catalogue

RUNS = 5
LOAD = "import time; from tundish.vocabulary import load_catalogue; load_catalogue(); print(time.process_time())"


def main() -> None:
    """Print one line a figure."""
    concepts = load_catalogue().concepts
    base = [concept for concept in concepts if concept.setpoint_of is None]
    spelt = sum(len(concept.names) for concept in base)
    loads = [float(subprocess.run([sys.executable, "-c", LOAD], capture_output=True, check=True).stdout) for _ in range(RUNS)]
    slots = Counter(slot for concept in concepts for slot in concept.same_as)
    with_qudt = sum(concept.qudt_kind is not None for concept in base if concept.kind == "number")
    numbers = sum(concept.kind == "number" for concept in base)
    print(f"concepts                 {len(concepts):,} ({len(base):,} and {len(concepts) - len(base)} set-points)")
    print(f"areas                    {len(load_catalogue().areas)}")
    print(f"names and synonyms       {spelt:,} ({spelt / len(base):.1f} a concept)")
    print(f"numbers with QUDT kind   {with_qudt:,} of {numbers:,}")
    print("same as elsewhere        " + ", ".join(f"{slot} {n}" for slot, n in slots.most_common()))
    print(f"fresh process, loaded    {median(loads):.2f} s of CPU, Python included (median of {RUNS})")
    print(f"page                     {len(page(load_catalogue(), 'ko').encode()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
