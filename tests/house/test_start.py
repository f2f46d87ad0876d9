"""Does the command answer at once, and does start.py stay what a fresh machine can read?"""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"polars", "numpy", "sklearn", "scipy", "lightgbm", "pandas", "vl_convert", "jinja2", "rapidfuzz"}


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"], ["run"]])
def test_help_imports_nothing_heavy(words):
    code = f"import sys; from tundish.cli.entry import run; run({words!r}); print(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "tundish" in loaded
    assert not loaded & HEAVY


def test_the_main_path_loads_no_compiled_kernels_before_they_are_used():
    code = "import sys; from tundish import flow; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert not {name.partition(".")[0] for name in done.stdout.split()} & {"numba", "llvmlite", "scipy", "sklearn", "ray"}


@pytest.mark.parametrize("name", ["start.py", "tools/install.py"])
def test_a_fresh_machine_needs_only_the_standard_library(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 7))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {node.module if isinstance(node, ast.ImportFrom) else alias.name for node in imports for alias in node.names}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("words", [["run", "없는 폴더"], ["--help"], ["run", "없는 폴더", "--lang", "ko"]])
@pytest.mark.parametrize("encoding", ["cp949", "ascii", "utf-8"])
def test_consoles_of_every_encoding_survive(words, encoding):
    environment = {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT / "src"), "LANG": "C", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-m", "tundish", *words], capture_output=True, env=environment, check=False)
    assert done.returncode in (0, 2)
    assert b"Traceback" not in done.stderr
    assert (done.stdout + done.stderr).strip()


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to a group on Windows")
def test_ctrl_c_ends_an_installation_instead_of_trying_another_way():
    child = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print('begun', flush=True); time.sleep(30)"
    ours = "import signal, start, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{ours}; start.run([sys.executable, '-c', {child!r}]); print('went on')"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() == "begun\n"
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == ("", 130)
