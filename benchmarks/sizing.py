"""What does a region need? Measures storage, speed and memory on this machine and writes the table of docs/sizing.md.

    python benchmarks/sizing.py [--write] [--plants 30] [--years 10] [--tags 5000] [--hz 1]

Generated signals of five kinds, as a plant's historian keeps them; one thread; medians of five; files in the system's cache, so
that no disk is measured. Without ``--write`` the table is only printed. Takes a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "sizing.md"
BEGIN, END = "<!-- measured: benchmarks/sizing.py -->", "<!-- end -->"
DAY_S, YEAR_S = 86_400, 365.25 * 86_400
TAGS = 100
"""Tags of the sample: a day of each at 1 Hz."""
SYSTEM_GB = 4
"""Memory left to the system and to what reads the files; an assumption."""
LINE_USED = 0.7
"""Share of a line's nominal speed that arrives; an assumption."""
EFFICIENCY = 0.8
"""Of many workers, as asked of two."""
KINDS = {
    "온도·설정값 / temperatures, slow, 0.1 steps": 0.40,
    "속도·하중·압력 / speeds, forces, pressures: 12-bit converter": 0.25,
    "계산값 / computed values, noise in every bit": 0.05,
    "설정 / set points, changed per piece": 0.15,
    "상태·카운터 / states and counters": 0.15,
}
"""Share of each kind among a plant's tags; an assumption, to be replaced by a count of one's own tags."""


@dataclass(frozen=True)
class Measured:
    """What one thread of this machine does with a tag-second, which is one value of one tag at 1 Hz."""

    bytes_of_kind: tuple[float, ...]
    bytes_mixed: float
    write_per_s: float
    check_per_s: float
    count_per_s: float
    worker_bytes: int


def signals(kind: int, count: int, seed: int):
    """Signals [count, a day] of one kind."""
    import numpy as np

    rng = np.random.default_rng((kind, seed))
    walk = rng.standard_normal((count, DAY_S)).cumsum(axis=1)
    piece = np.repeat(np.arange(DAY_S // 90), 90)
    noise = rng.standard_normal((count, DAY_S))
    return [
        lambda: (800 + walk * 0.05).round(1),
        lambda: ((300 + walk * 0.3 + noise * 4) / 0.25).round() * 0.25,
        lambda: walk * 0.1 + noise,
        lambda: rng.normal(500, 40, (count, piece[-1] + 1)).round(0)[:, piece],
        lambda: (walk > 0).astype(float) + np.floor(np.arange(DAY_S) / 60) * (np.arange(count)[:, None] % 2),
    ][kind]()


def frame(kind: int | None):
    """A day of tags: of one kind, or of all in their shares."""
    import numpy as np
    import polars as pl

    shares = KINDS.values() if kind is None else [float(kind == k) for k in range(len(KINDS))]
    counts = [round(TAGS * share) for share in shares]
    values = np.concatenate([signals(k, count, 7) for k, count in enumerate(counts) if count])
    time_us = np.arange(DAY_S, dtype=np.int64) * 1_000_000
    return pl.DataFrame(
        {"time": pl.Series(time_us).cast(pl.Datetime("us", "UTC"))} | {f"t{i}": values[i] for i in range(len(values))}
    )


def rate(work: Callable[[], object]) -> float:
    """Tag-seconds per second, median of five."""
    work()
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return TAGS * DAY_S / statistics.median(taken)


def measure() -> Measured:
    """All figures, in this process of one thread."""
    from stays_of_part import statistics_of_stays

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.parquet"
        sizes = []
        for kind in range(len(KINDS)):
            frame(kind).write_parquet(path)
            sizes.append(path.stat().st_size / (TAGS * DAY_S))
        mixed = frame(None)
        write = rate(lambda: mixed.write_parquet(path))
        check = rate(lambda: hashlib.sha256(path.read_bytes()).digest())
        count = rate(lambda: statistics_of_stays({}, {"file": path, "stay": 90}))
        size = path.stat().st_size / (TAGS * DAY_S)
        memory = subprocess.run([sys.executable, __file__, "--memory", path], capture_output=True, text=True, check=True)
    return Measured(tuple(sizes), size, write, check, count, int(memory.stdout))


def memory_of_part(path: Path) -> int:
    """Most memory that a process has held that took the statistics of a part, bytes."""
    from stays_of_part import statistics_of_stays

    statistics_of_stays({}, {"file": path, "stay": 90})
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def table(made: Measured, said: argparse.Namespace) -> str:
    """What was measured, and what follows for a region."""
    a_second = said.plants * said.tags * said.hz
    total, day = a_second * said.years * YEAR_S, a_second * DAY_S
    per_core = 1 / (1 / made.count_per_s + 1 / made.check_per_s)
    hours = total / per_core / 3600
    week = math.ceil(hours / (168 * EFFICIENCY))
    asked = f"{said.plants} x {said.tags} x {said.hz:g} x {said.years:g} x {YEAR_S:.4g} s"
    must = week * per_core * made.bytes_mixed / 1e6
    of_plant = said.tags * said.hz * made.bytes_mixed
    measured = [
        *(
            (f"{name} ({share:.0%})", f"{size:.2f} B")
            for (name, share), size in zip(KINDS.items(), made.bytes_of_kind, strict=True)
        ),
        ("**b** 섞은 것, 태그·초당 / all mixed, per tag-second (Parquet, zstd)", f"**{made.bytes_mixed:.2f} B**"),
        ("쓰기, 코어당 / writing, per core", f"{made.write_per_s / 1e6:.1f} M/s"),
        ("읽기 + 통계 8종, 코어당 / reading and eight statistics, per core", f"{made.count_per_s / 1e6:.1f} M/s"),
        ("파일 확인(digest), 코어당 / checking the files, per core", f"{made.check_per_s / 1e6:.0f} M/s"),
        ("**v** 읽기 + 통계 + 확인 / all three together, per core", f"**{per_core / 1e6:.1f} M/s**"),
        (
            f"**m** 작업자 하나의 메모리 (파트 = {TAGS} 태그 x 1일) / memory of a worker",
            f"**{made.worker_bytes / 1e9:.2f} GB**",
        ),
    ]
    follows = [
        ("**N** 태그·초 / tag-seconds", asked, f"{total:.3g}"),
        ("저장 / storage", "N x b", f"{total * made.bytes_mixed / 1e12:.1f} TB"),
        ("저장, 사본 하나 더 / with one copy", "2 N b", f"{2 * total * made.bytes_mixed / 1e12:.1f} TB"),
        ("공장 하나, 하루 / one plant, a day", f"{said.tags} x {said.hz:g} x {DAY_S} x b", f"{of_plant * DAY_S / 1e9:.2f} GB"),
        ("공장 하나의 회선, 평균 / a plant's line, on average", "하루 양 / 86,400 s x 8", f"{of_plant * 8 / 1e6:.3f} Mbit/s"),
        ("하룻치 계산, 전체 / a day of all plants", f"{day:.3g} / v", f"{day / per_core / 60:.0f} core-min"),
        ("밤 1시간에 끝내려면 / done within an hour", "위 값 / 60 min, 올림", f"{math.ceil(day / per_core / 3600)} cores"),
        ("10년 전체 재계산 / all years again", "N / v", f"{hours:,.0f} core-h"),
        ("7일에 끝내려면 / done within 7 days", f"위 값 / (168 h x {EFFICIENCY}), 올림", f"{week} cores"),
        ("그때의 메모리 / memory then", "cores x m", f"{week * made.worker_bytes / 1e9:.1f} GB"),
        ("그때 저장소가 내줄 속도 / storage must deliver", "cores x v x b", f"{must:,.0f} MB/s"),
    ]  # fmt: skip
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    box = ("잰 장비 / measured on", f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}")
    measured = [box, *measured]
    lines = ["| 잰 값 / measured, one thread | |", "|---|---|", *(f"| {name} | {value} |" for name, value in measured), ""]
    lines += ["| 필요한 것 / what follows | 계산 / arithmetic | |", "|---|---|---|"]
    lines += [f"| {name} | {how} | {value} |" for name, how, value in follows]
    cores = max(week, math.ceil(day / per_core / 3600))
    return "\n".join(
        [*lines, "", *concluded(said, Needs(cores, total * made.bytes_mixed, must * 1e6, made.worker_bytes, of_plant))]
    )


@dataclass(frozen=True)
class Needs:
    """What the arithmetic asks of machines."""

    cores: int
    stored_bytes: float
    read_bytes_per_s: float
    worker_bytes: int
    plant_bytes_per_s: float


def concluded(said: argparse.Namespace, needs: Needs) -> list[str]:
    """Which machines, disks and lines that is, in words."""
    machine = max(4, 2 * needs.cores)
    memory = 2 ** math.ceil(math.log2(machine * needs.worker_bytes / 1e9 + SYSTEM_GB))
    disk, read = 2 * needs.stored_bytes / 1e12, needs.read_bytes_per_s / 1e6
    inside = next(speed for speed in (1, 2.5, 10, 25, 100, 400) if speed * 1e9 / 8 * LINE_USED >= needs.read_bytes_per_s)
    upload, history = needs.plant_bytes_per_s * 8 / 1e6, needs.stored_bytes / said.plants
    days = history / (100e6 / 8 * LINE_USED) / DAY_S
    centre = said.plants * upload
    first, own = disk / said.years, f"{needs.worker_bytes / 1e9:.1f} GB"
    return [
        "**결론: 필요한 장비**",
        f"- 계산: 서버 한 대, 코어 {machine}개(계산값 {needs.cores}개의 두 배, 최소 4개), 메모리 {memory} GB"
        f"(작업자마다 {own}, 시스템 {SYSTEM_GB} GB). GPU는 필요하지 않습니다.",
        f"- 디스크: 사본까지 {disk:.0f} TB(쓸 수 있는 용량). 지금부터 모은다면 첫해에는 {first:.0f} TB입니다. "
        f"순차 읽기 {read:,.0f} MB/s 이상.",
        f"- 회선: 공장마다 평균 {upload:.2f} Mbit/s, 센터는 모두 {centre:.1f} Mbit/s. "
        f"저장소가 다른 장비이면 서버와의 사이에 {inside:g} Gbit/s.",
        f"- 지난 {said.years:g}년치를 옮길 때: 공장마다 {history / 1e12:.1f} TB, 100 Mbit/s로 {days:.1f}일. "
        "디스크에 담아 옮겨도 됩니다.",
        "- 계보는 공장별로 계산합니다. 소재 100만 개에 메모리 2.6 GB입니다(`docs/measured.md`). "
        "소재가 가장 많은 공장에 맞추십시오.",
        "",
        "**Conclusion: what it takes**",
        f"- Computing: one server with {machine} cores (twice the {needs.cores} reckoned, at least 4) and {memory} GB of "
        f"memory ({own} a worker, {SYSTEM_GB} GB for the system). No GPU.",
        f"- Disk: {disk:.0f} TB usable, one copy included; {first:.0f} TB in the first year where collecting begins now. "
        f"{read:,.0f} MB/s or more, read in sequence.",
        f"- Network: {upload:.2f} Mbit/s a plant on average, {centre:.1f} Mbit/s at the centre; {inside:g} Gbit/s between "
        "server and storage where these are two machines.",
        f"- The past {said.years:g} years, once: {history / 1e12:.1f} TB a plant, {days:.1f} days at 100 Mbit/s; or a disk is "
        "carried.",
        "- Genealogies are made plant by plant, 2.6 GB of memory a million pieces (`docs/measured.md`): size for the plant "
        "with the most.",
    ]


def main() -> None:
    """Measure, reckon, print and perhaps write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true")
    options.add_argument("--plants", type=int, default=30)
    options.add_argument("--years", type=float, default=10)
    options.add_argument("--tags", type=int, default=5000)
    options.add_argument("--hz", type=float, default=1)
    options.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    said = options.parse_args()
    if said.memory:
        print(memory_of_part(said.memory))
    elif said.measure:
        print(json.dumps(asdict(measure())))
    else:
        words = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"), "1")
        words["PYTHONPATH"] = str(Path(__file__).parent / "ray_work")
        command = [sys.executable, __file__, "--measure"]
        done = subprocess.run(command, env={**os.environ, **words}, stdout=subprocess.PIPE, text=True, check=True)
        made = table(Measured(**json.loads(done.stdout)), said)
        print(made)
        if said.write:
            before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
            DOCUMENT.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
