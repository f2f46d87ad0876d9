"""How does `tundish serve` fare on the four SSP-002 suites of aas_test_engines, and how fast does it answer?

    python benchmarks/aas_server.py [PLANT]      # without PLANT: a generated pickling plant

The server is the real command on a free port. Speed is measured beside it on a submodel of 100,000 properties.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a library below the tool writes escapes that Python warns of
    from aas_test_engines import api
    from aas_test_engines.config import CheckApiConfig
    from aas_test_engines.http import HttpClient

PROFILE = "https://admin-shell.io/aas/API/3/0/"
PROPERTIES = 100_000
ASKED = 200
"""Requests a figure is taken from; 20 for answers of many megabytes."""
PEERS = {  # BaSyx-Python 1.2.1 with its own example, as measured in 2026 with the same tool version
    "AssetAdministrationShellRepository": "0/30  49/68",
    "SubmodelRepository": "0/28  39/64",
    "AssetAdministrationShell": "0/21  37/52",
    "Submodel": "0/10  30/45",
}


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder:
        plant = Path(sys.argv[1]) if len(sys.argv) > 1 else _made(Path(folder) / "pickling")
        with _served(plant) as address:
            print(f"{plant.name}: {_counts(address)}")
            _suites(address)
        big = _big(Path(folder) / "big")
        with _served(big) as address:
            _speed(address)


def _made(plant: Path) -> Path:
    _run("works", "make", "pickling", "--out", str(plant))
    return plant


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "tundish", *words], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _served(plant: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tundish", "serve", str(plant), "--port", "0", "--lang", "en"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1].rstrip("/")
        finally:
            server.terminate()


def _counts(address: str) -> str:
    kinds = ("shells", "submodels", "concept-descriptions")
    return ", ".join(f"{len(_json(f'{address}/{kind}')['result'])} {kind}" for kind in kinds)


def _suites(address: str) -> None:
    shell = _json(f"{address}/shells")["result"][0]
    submodel = shell["submodels"][0]["keys"][0]["value"]
    below = {
        "AssetAdministrationShell": (f"{address}/shells/{_encoded(shell['id'])}", "/aas"),
        "Submodel": (f"{address}/submodels/{_encoded(submodel)}", "/submodel"),
    }
    print(f"{'suite (SSP-002), passed/all':38}{'negative':>10}{'positive':>10}{'BaSyx-Python 1.2.1':>22}{'s':>8}")
    sums = [0, 0, 0, 0]
    for name, peer in PEERS.items():
        at, prefix = below.get(name, (address, ""))
        began = time.perf_counter()
        client = HttpClient(at, remove_path_prefix=prefix)
        result, marks = api.execute_tests(client, CheckApiConfig(suite=f"{PROFILE}{name}ServiceSpecification/SSP-002"))
        took = time.perf_counter() - began
        negative, positive = marks.invalid_rejected, marks.valid_accepted
        all_negative, all_positive = negative + marks.invalid_accepted, positive + marks.valid_rejected
        sums = [a + b for a, b in zip(sums, (negative, all_negative, positive, all_positive), strict=True)]
        whole = "" if result.ok() else "  not ok as a whole"
        print(f"{name:38}{f'{negative}/{all_negative}':>10}{f'{positive}/{all_positive}':>10}{peer:>22}{took:8.1f}{whole}")
    print(f"{'sum':38}{f'{sums[0]}/{sums[1]}':>10}{f'{sums[2]}/{sums[3]}':>10}{'0/89  155/229':>22}")


def _big(plant: Path) -> Path:
    """A plant of one small table, and a package with a submodel of 100,000 properties in its folder."""
    plant.mkdir()
    (plant / "lots.csv").write_text("Lot,Temp(℃)\n" + "".join(f"L{n},{70 + n % 9}\n" for n in range(40)), encoding="utf-8")
    meaning = {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": "urn:example:temperature"}]}
    group = [
        {
            "modelType": "SubmodelElementCollection",
            "idShort": f"Group{n}",
            "value": [
                {
                    "modelType": "Property",
                    "idShort": f"P{m}",
                    "valueType": "xs:double",
                    "value": f"{n}.{m}",
                    "semanticId": meaning,
                }
                for m in range(1000)
            ],
        }
        for n in range(PROPERTIES // 1000)
    ]
    submodel = {"modelType": "Submodel", "id": "urn:example:big", "idShort": "Big", "submodelElements": group}
    (plant / "big.json").write_text(json.dumps({"submodels": [submodel]}), encoding="utf-8")
    return plant


def _speed(address: str) -> None:
    big = f"{address}/submodels/{_encoded('urn:example:big')}"
    asked: dict[str, Callable[[int], str]] = {
        "one element by path": lambda n: f"{big}/submodel-elements/Group{n % 100}.P{n}",
        "its value": lambda n: f"{big}/submodel-elements/Group{n % 100}.P{n}/$value",
        "its reference": lambda n: f"{big}/submodel-elements/Group{n % 100}.P{n}/$reference",
        "a page of 100 paths": lambda n: f"{big}/submodel-elements/$path?limit=100",
        "all shells": lambda n: f"{address}/shells",
    }
    whole = {"the whole submodel": f"{big}", "its values": f"{big}/$value", "its core": f"{big}?level=core"}
    print(f"\n{f'{PROPERTIES:,} properties in one submodel':38}{'p50 ms':>10}{'p95 ms':>10}{'MB':>8}")
    _fetch(f"{big}/submodel-elements/Group0.P0")
    for name, url in asked.items():
        _print(name, [_timed(url(n)) for n in range(ASKED)])
    for name, url in whole.items():
        _print(name, [_timed(url) for _ in range(ASKED // 10)])
    end = threading.Event()
    pulling = threading.Thread(target=_pull, args=(big, end))
    pulling.start()
    _print("one element while another pulls all", [_timed(asked["one element by path"](n)) for n in range(ASKED)])
    end.set()
    pulling.join()


def _pull(url: str, end: threading.Event) -> None:
    while not end.is_set():
        _fetch(url)


def _timed(url: str) -> tuple[float, int]:
    began = time.perf_counter()
    size = len(_fetch(url))
    return (time.perf_counter() - began) * 1000, size


def _print(name: str, taken: list[tuple[float, int]]) -> None:
    times = sorted(time for time, _ in taken)
    print(f"{name:38}{times[len(times) // 2]:10.1f}{times[int(len(times) * 0.95)]:10.1f}{taken[0][1] / 1e6:8.2f}")


def _fetch(url: str) -> bytes:
    with urlopen(url) as answer:  # noqa: S310 - our own server
        body: bytes = answer.read()
    return body


def _json(url: str) -> dict:
    return json.loads(_fetch(url))


def _encoded(id: str) -> str:
    return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


if __name__ == "__main__":
    main()
