"""Is the house in order? Lint, format, types, import contracts, declared dependencies."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CHECKS = {
    "lint": ["ruff", "check", "--output-format=concise", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "contracts": ["lint-imports"],
    "dependencies": ["deptry", "src"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_house_is_in_order(name):
    tool, *words = CHECKS[name]
    done = subprocess.run([BIN / tool, *words], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{tool} {' '.join(words)}\n{done.stdout}{done.stderr}"
