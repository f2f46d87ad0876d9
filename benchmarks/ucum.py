"""How many of the official UCUM functional tests come out right, ours beside ucumvert alone?

Run: python benchmarks/ucum.py
Needs the folder shared/ beside the checkout. Prints a small table.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "vocabulary"))
SUITE = ROOT.parent / "shared" / "data" / "standard" / "Ucum-java" / "UcumFunctionalTests.xml"

from ucum_cases import Case, cases, error, is_judged_right  # noqa: E402 - the tests judge by the same rules


def alone(found: list[Case]) -> tuple[int, int]:
    """Valid codes and conversions (outcome taken literally, target as a plain unit) that ucumvert gets right by itself."""
    from ucumvert import PintUcumRegistry

    registry = PintUcumRegistry()

    def valid(code: str) -> bool:
        try:
            registry.from_ucum(code)
        except Exception:  # noqa: BLE001 - a peer may raise what it likes
            return False
        return True

    def far(case: Case) -> float:
        told = case.told
        try:
            value = (float(told["value"]) * registry.from_ucum(told["srcUnit"])).to(registry.from_ucum(told["dstUnit"]).units)
        except Exception:  # noqa: BLE001 - a peer may raise what it likes
            return float("inf")
        return abs(value.magnitude / float(told["outcome"]) - 1)

    right = sum(valid(case.told["unit"]) == (case.told["valid"] == "true") for case in found if case.kind == "validation")
    return right, sum(far(case) <= 0.005 for case in found if case.kind == "conversion")


def main() -> None:
    """Judge every case and print the counts."""
    found = list(cases(SUITE))
    begun = time.perf_counter()
    valid = sum(is_judged_right(case) for case in found if case.kind == "validation")
    literal, written = (
        sum(error(case, written=written) <= 0.005 for case in found if case.kind == "conversion") for written in (False, True)
    )
    seconds = time.perf_counter() - begun
    peer_valid, peer_literal = alone(found)
    print(f"{'':38}{'ours':>8}{'ucumvert':>10}")
    print(f"{'codes judged right of 529':38}{valid:>8}{peer_valid:>10}")
    print(f"{'conversions of 30 within 0.5 %':38}{written:>8}{'':>10}   at the digits the suite writes (25 for 25.2)")
    print(f"{'conversions of 30 within 0.5 %':38}{literal:>8}{peer_literal:>10}   with the written outcome as exact")
    print(f"ours: {seconds:.2f} s with loading")


if __name__ == "__main__":
    main()
