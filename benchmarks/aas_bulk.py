"""How fast and how lean is a big environment written as AAS JSON, beside BaSyx and aas-core? And does the reader judge right?

    python benchmarks/aas_bulk.py [--properties 100000] [--runs 3] [--cases FILE.tar.gz]

Each writer builds one submodel of properties in its own process (own idShort, value, value type, and a semantic id out of
600) and writes it to a file; shown are the medians of the runs: seconds to build, seconds to write, peak memory (VmHWM).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CONCEPTS = 600
WRITERS = ("tundish", "aas-core3.0", "basyx 2.0.0")


def tundish(count: int, file: Path) -> tuple[float, float]:
    """Plain dicts, written in pieces."""
    from tundish.aas import AasPackage, write_json

    begun = time.perf_counter()
    meanings = [
        {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": f"urn:tundish:concept:c{n}"}]}
        for n in range(CONCEPTS)
    ]
    properties = [
        {
            "modelType": "Property",
            "idShort": f"P{n}",
            "semanticId": meanings[n % CONCEPTS],
            "valueType": "xs:double",
            "value": str(n / 7),
        }
        for n in range(count)
    ]
    submodel = {"modelType": "Submodel", "id": "urn:x:bulk", "idShort": "Bulk", "submodelElements": properties}
    built = time.perf_counter()
    with file.open("wb") as stream:
        write_json(AasPackage(submodels=(submodel,)), stream)
    return built - begun, time.perf_counter() - built


def aas_core(count: int, file: Path) -> tuple[float, float]:
    """Objects of aas-core, turned into JSON."""
    from aas_core3 import jsonization, types

    begun = time.perf_counter()
    meanings = [
        types.Reference(
            type=types.ReferenceTypes.EXTERNAL_REFERENCE,
            keys=[types.Key(type=types.KeyTypes.GLOBAL_REFERENCE, value=f"urn:tundish:concept:c{n}")],
        )
        for n in range(CONCEPTS)
    ]
    properties: list[types.SubmodelElement] = [
        types.Property(
            id_short=f"P{n}", semantic_id=meanings[n % CONCEPTS], value_type=types.DataTypeDefXSD.DOUBLE, value=str(n / 7)
        )
        for n in range(count)
    ]
    submodel = types.Submodel(id="urn:x:bulk", id_short="Bulk", submodel_elements=properties)
    built = time.perf_counter()
    with file.open("w", encoding="utf-8") as stream:
        json.dump(jsonization.to_jsonable(types.Environment(submodels=[submodel])), stream, ensure_ascii=False)
    return built - begun, time.perf_counter() - built


def basyx(count: int, file: Path) -> tuple[float, float]:
    """Objects of the BaSyx SDK, written by its own adapter."""
    from basyx.aas import model
    from basyx.aas.adapter.json import write_aas_json_file

    begun = time.perf_counter()
    meanings = [
        model.ExternalReference((model.Key(model.KeyTypes.GLOBAL_REFERENCE, f"urn:tundish:concept:c{n}"),))
        for n in range(CONCEPTS)
    ]
    submodel = model.Submodel("urn:x:bulk", id_short="Bulk")
    for n in range(count):
        submodel.submodel_element.add(
            model.Property(f"P{n}", value_type=model.datatypes.Double, value=n / 7, semantic_id=meanings[n % CONCEPTS])
        )
    store = model.DictObjectStore([submodel]) if hasattr(model, "DictObjectStore") else model.DictIdentifiableStore([submodel])
    built = time.perf_counter()
    with file.open("w", encoding="utf-8") as stream:
        write_aas_json_file(stream, store)
    return built - begun, time.perf_counter() - built


def peak_megabytes() -> float:
    """Largest memory of this process: its own high-water mark, not what it was when it was made."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def child(writer: str, count: int) -> None:
    """One run; prints build seconds, write seconds, peak megabytes, bytes."""
    writers: dict[str, Callable[[int, Path], tuple[float, float]]] = dict(zip(WRITERS, (tundish, aas_core, basyx), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bulk.json"
        build, write = writers[writer](count, file)
        print(json.dumps([build, write, peak_megabytes(), file.stat().st_size]))


def compare(count: int, runs: int) -> None:
    """All writers, each run in a process of its own."""
    print(f"{count:,} properties, median of {runs} runs")
    print(f"{'writer':<14}{'build s':>9}{'write s':>9}{'peak MB':>9}{'file MB':>9}")
    for writer in WRITERS:
        found = []
        for _ in range(runs):
            done = subprocess.run(
                [sys.executable, __file__, "--child", writer, "--properties", str(count)],
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                print(f"{writer:<14} not measured: {done.stderr.strip().splitlines()[-1]}")
                break
            found.append(json.loads(done.stdout))
        else:
            build, write, peak, size = (statistics.median(values) for values in zip(*found, strict=True))
            print(f"{writer:<14}{build:>9.2f}{write:>9.2f}{peak:>9.0f}{size / 1e6:>9.1f}")


def judge(archive: Path) -> None:
    """The metamodel's JSON cases: valid ones must be read without a finding, the others must not."""
    from tundish.aas import read_package
    from tundish.errors import InputError

    right = {True: 0, False: 0}
    wrong = {True: 0, False: 0}
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
        for path in sorted(Path(folder).rglob("*.json")):
            if "ContainedInEnvironment" not in path.parts:
                continue
            valid = "Expected" in path.parts
            try:
                accepted = not read_package(path)[1]
            except InputError:
                accepted = False
            (right if accepted == valid else wrong)[valid] += 1
    print(f"metamodel cases: valid {right[True]} of {right[True] + wrong[True]} accepted, "
          f"invalid {right[False]} of {right[False] + wrong[False]} refused, {time.perf_counter() - begun:.1f} s")  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--properties", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cases", type=Path, help="test_data_Json.tar.gz of aas-core3.0-python")
    parser.add_argument("--child", choices=WRITERS, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        child(wanted.child, wanted.properties)
        return
    compare(wanted.properties, wanted.runs)
    if wanted.cases:
        judge(wanted.cases)


if __name__ == "__main__":
    main()
