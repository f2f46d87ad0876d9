"""Does every engine give the same results to the bit, go on where it was stopped, and say what went wrong?"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import polars as pl
import pytest

from tundish.engines import ENGINES, open_engine
from tundish.errors import (
    EngineRefused,
    FolderInUse,
    MissingEngine,
    NoSuchFile,
    PartFailed,
    ResultsUnwritten,
    TooFewPieces,
    WorkersLost,
)
from tundish.ports import Job, Part
from tundish.settings import ComputeSettings

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def engines():
    """Every engine, opened when the first test asks for it, open until the last one is done; workers find made_work by name."""
    opened = {}
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)
        patch.syspath_prepend(str(HERE))

        def engine(name):
            if name not in opened:
                opened[name] = stack.enter_context(open_engine(ComputeSettings(name, workers=2)))
            return opened[name]

        yield engine
        clusters = offspring()
    left = {pid: path.read_bytes() for pid in clusters if (path := Path(f"/proc/{pid}/cmdline")).exists()}
    left = {pid: words for pid, words in left.items() if words}  # one that has ended and is not yet reaped says nothing
    assert not left, "an engine left processes behind"


@pytest.fixture(params=ENGINES)
def engine(request, engines):
    return engines(request.param)


def parts(count, **values):
    return tuple(Part(f"part-{seed}", {"seed": seed, **values}) for seed in range(count))


def job(folder, function="sums", count=5, **shared):
    return Job(f"made_work:{function}", {"diary": str(folder.parent / "diary"), **shared}, parts(count), folder)


def computed(folder):
    """Seed -> how often it was computed."""
    diary = folder.parent / "diary"
    return Counter(int(line.split()[0]) for line in diary.read_text().splitlines()) if diary.exists() else Counter()


def seeds(found):
    """Which parts these are."""
    return {name if isinstance(name, int) else int(name.removeprefix("part-").partition(".")[0]) for name in found}


def results(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_all_engines_agree_to_the_bit(engines, tmp_path):
    files = {}
    for name in ENGINES:
        work = job(tmp_path / name, scale=0.1)
        frames = list(engines(name).run(work))
        files[name] = results(tmp_path / name)
        assert [frame["number"][3].hex() for frame in frames] == ["-0x0.0p+0"] * 5
        assert [
            pl.read_parquet(files[name][file]).equals(frame) for file, frame in zip(sorted(files[name]), frames, strict=True)
        ]
    assert len(files["local"]) == 5
    assert all(found == files["local"] for found in files.values())


def test_results_come_in_the_order_of_the_parts_with_progress(engine, tmp_path):
    said = []
    work = Job("made_work:slow", {"seconds": 0, "diary": str(tmp_path / "diary")}, parts(7)[::-1], tmp_path / "out")
    frames = list(engine.run(work, lambda *step: said.append(step)))
    assert [frame["part"][0] for frame in frames] == [6, 5, 4, 3, 2, 1, 0]
    assert said[-1] == ("compute", 7, 7)


def test_what_is_finished_is_not_computed_again(engine, tmp_path):
    work = job(tmp_path / "out", scale=0.1)
    first = engine.run(work)
    assert next(first)["text"][0] == "압연 1호"
    first.close()
    whole, begun = seeds(results(work.folder)), computed(work.folder)
    list(engine.run(work))
    assert not seeds(computed(work.folder) - begun) & whole
    begun = computed(work.folder)
    assert len(list(engine.run(work))) == 5
    assert computed(work.folder) == begun


def test_one_engine_goes_on_where_another_stopped(engines, tmp_path):
    for name in ENGINES:
        assert len(list(engines(name).run(job(tmp_path / "out", scale=0.1)))) == 5
    assert set(computed(tmp_path / "out").values()) == {1}


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "renamed"])
def test_a_harmed_result_is_found_and_computed_again(engine, tmp_path, harm):
    work = job(tmp_path / "out", scale=0.1)
    list(engine.run(work))
    right = results(work.folder)
    victim, other = sorted(work.folder.glob("*.parquet"))[1:3]
    whole = victim.read_bytes()
    spoiled = {"cut": whole[:-9], "flip": whole[:99] + bytes([whole[99] ^ 1]) + whole[100:], "empty": b""}
    victim.write_bytes(spoiled.get(harm, other.read_bytes()))
    (work.folder / f".{victim.name}.1a2b.part").write_bytes(b"half")
    list(engine.run(work))
    assert results(work.folder) == right
    assert computed(work.folder) == Counter({0: 1, 1: 2, 2: 1, 3: 1, 4: 1})
    assert sorted(path.name for path in work.folder.iterdir() if path.suffix != ".parquet") == ["job.json", "lock"]


def test_another_job_and_changed_inputs_get_no_stale_result(engine, tmp_path):
    folder, factor = tmp_path / "out", tmp_path / "factor.txt"
    factor.write_text("2")
    for seed in range(3):
        pl.DataFrame({"v": [1.0, 2.0, 3.0 + seed]}).write_parquet(tmp_path / f"{seed}.parquet")

    def means(names=range(3)):
        shared = {"factor": factor, "diary": str(tmp_path / "diary")}
        wanted = tuple(Part(f"m{n}", {"seed": n, "file": tmp_path / f"{n}.parquet"}) for n in names)
        return [frame["v"][0] for frame in engine.run(Job("made_work:column_mean", shared, wanted, folder))]

    assert means() == pytest.approx([4.0, 2 * 7 / 3, 2 * 8 / 3])
    pl.DataFrame({"v": [30.0, 1.0, 2.0]}).write_parquet(tmp_path / "1.parquet")
    assert means() == pytest.approx([4.0, 22.0, 2 * 8 / 3])
    assert computed(folder) == Counter({0: 1, 1: 2, 2: 1})
    factor.write_text("3")
    assert means()[0] == pytest.approx(6.0)
    assert computed(folder) == Counter({0: 2, 1: 3, 2: 2})
    told = json.loads((folder / "job.json").read_text())
    assert told["finished"] and told["function"] == "made_work:column_mean"
    assert set(told["parts"][0]["inputs"]) == {str(factor), str(tmp_path / "0.parquet")}
    assert means([2]) == pytest.approx([8.0])
    assert len(results(folder)) == 1
    (tmp_path / "2.parquet").unlink()
    with pytest.raises(NoSuchFile, match=r"2\.parquet"):
        means([2])


def test_a_refusal_comes_through_unchanged_behind_the_results_before_it(engine, tmp_path):
    run = engine.run(job(tmp_path / "out", "refuses"))
    assert [next(run)["seed"][0], next(run)["seed"][0]] == [0, 1]
    with pytest.raises(TooFewPieces) as caught:
        next(run)
    assert caught.value.message.values["pieces"] == 3
    assert str(caught.value).startswith("3 pieces with a known the target 판정 are too few: at least 40")


def test_a_fault_names_the_part_and_where_it_happened(engine, tmp_path):
    with pytest.raises(
        PartFailed, match=r"part-2: made_work:breaks failed: ZeroDivisionError: float division by zero"
    ) as caught:
        list(engine.run(job(tmp_path / "out", "breaks")))
    assert "made_work.py" in caught.value.__notes__[0]
    assert len(results(tmp_path / "out")) >= 2


def test_a_full_disk_is_said_and_nothing_half_written_stays(engines, tmp_path):
    limit = tmp_path / "limit"
    for name in set(ENGINES) - {"local"}:
        work = job(tmp_path / name, "on_small_disk", 3, limit=str(limit))
        limit.write_text("200000")
        with pytest.raises(ResultsUnwritten, match="the disk is full"):
            list(engines(name).run(work))
        assert {path.suffix for path in work.folder.iterdir()} <= {".parquet", ".json", ""}
        limit.write_text("-1")
        assert [frame.height for frame in engines(name).run(work)] == [10, 100_000, 10]
        assert set(computed(work.folder).values()) <= {1, 2}


def test_a_part_that_kills_every_worker_is_named_and_the_others_are_kept(engines, tmp_path):
    deaths = tmp_path / "deaths"
    for name in set(ENGINES) - {"local"}:
        deaths.write_text("3")
        work = job(tmp_path / "out", "dies", 3, victim=1, deaths=str(deaths))
        with pytest.raises(WorkersLost, match=r"part-1: the worker died 3 times \(its process ended\)"):
            list(engines(name).run(work))
        assert [frame["seed"][0] for frame in engines(name).run(work)] == [0, 1, 2]


def test_a_worker_killed_from_outside_is_survived(engines, tmp_path):
    for name in set(ENGINES) - {"local"}:
        work = job(tmp_path / name, "slow", 3, seconds=1.0)
        run = engines(name).run(work)
        assert next(run)["part"][0] == 0
        pid = int((tmp_path / "diary").read_text().splitlines()[-1].split()[1])
        assert pid != os.getpid()
        os.kill(pid, signal.SIGKILL)
        assert [frame["part"][0] for frame in run] == [1, 2]


def test_two_runs_in_one_folder_do_not_mix(engine, tmp_path):
    work = job(tmp_path / "out", scale=0.1)
    run = engine.run(work)
    next(run)
    with pytest.raises(FolderInUse, match=str(os.getpid())):
        list(engine.run(work))
    assert len(list(run)) == 4


def test_names_of_parts_and_values_are_held(engine, tmp_path):
    for names in (["../x"], ["a", "a"], [""], ["한글"]):
        with pytest.raises(ValueError, match="parts need names"):
            engine.run(Job("made_work:sums", {}, tuple(Part(name, {}) for name in names), tmp_path / "out"))
    with pytest.raises(TypeError):
        list(engine.run(Job("made_work:sums", {"frame": pl.DataFrame()}, parts(1), tmp_path / "out")))
    assert list(engine.run(Job("made_work:sums", {}, (), tmp_path / "none"))) == []


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tundish.engines import open_engine
from tundish.errors import TundishError
from tundish.ports import Job, Part
from tundish.settings import ComputeSettings
folder, function = Path(sys.argv[2]), sys.argv[3]
shared = {"diary": str(folder.parent / "diary"), "seconds": 0.4, "limit": str(folder.parent / "limit")}
parts = tuple(Part(f"part-{seed}", {"seed": seed}) for seed in range(6))
try:
    with open_engine(ComputeSettings(workers=2)) as engine:
        for frame in engine.run(Job(f"made_work:{function}", shared, parts, folder)):
            print(frame.height, flush=True)
except TundishError as refusal:
    print(type(refusal).__name__, refusal)
"""


def child(folder, function):
    words = [sys.executable, "-c", CHILD, str(HERE), str(folder), function]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_program_goes_on_where_it_was(tmp_path, blow):
    folder = tmp_path / "out"
    with child(folder, "slow") as first:
        assert first.stdout.readline() == "1\n"
        first.send_signal(blow)
        _, said = first.communicate()
    assert first.returncode == -blow
    assert ("KeyboardInterrupt" in said) == (blow == signal.SIGINT)
    assert "Fatal" not in said
    whole = seeds(results(folder))
    assert 1 <= len(whole) < 6
    before = computed(folder)
    with child(folder, "slow") as second:
        assert second.communicate()[0].split() == ["1"] * 6
    assert seeds(computed(folder) - before) == set(range(6)) - whole


def test_a_full_disk_on_one_machine(tmp_path):
    (tmp_path / "limit").write_text("200000")
    with child(tmp_path / "out", "on_small_disk") as first:
        said = first.communicate()[0]
    assert "ResultsUnwritten" in said and "the disk is full" in said
    assert not [path.name for path in (tmp_path / "out").iterdir() if path.suffix == ".part"]
    (tmp_path / "limit").write_text("-1")
    with child(tmp_path / "out", "on_small_disk") as second:
        assert second.communicate()[0].split() == ["10", "100000", "10", "10", "10", "10"]


def test_an_engine_that_is_not_there_is_said():
    with (
        pytest.raises(EngineRefused, match=r"nobody answers at 127\.0\.0\.1:9"),
        open_engine(ComputeSettings("ray", address="127.0.0.1:9")),
    ):
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ray", None)
        with pytest.raises(MissingEngine, match=r"tundish\[ray\]"):
            open_engine(ComputeSettings("ray"))


def test_an_own_cluster_listens_on_loopback_only(engines):
    engines("ray")
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    ours = set().union(*(sockets(pid) for pid in {os.getpid(), *offspring()}))
    listening = [row[1].rpartition(":")[0] for row in rows if row[3] == "0A" and row[9] in ours]
    assert len(listening) >= 4
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}


def sockets(pid):
    """Inodes of a process's sockets."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            found.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
    return found


def offspring():
    """Numbers of the processes that this one has started, and they in turn."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}
