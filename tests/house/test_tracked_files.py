"""What may not stand in the repository? Addresses of package registries, a lock file that names them, data and binaries."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOSTS = [
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"), ("npmjs", "org"), ("yarnpkg", "com"))
]
TOO_BIG = 1_000_000


@pytest.fixture(scope="module")
def tracked():
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    return [path for path in (ROOT / name for name in done.stdout.split("\0") if name) if path.is_file()]


def test_no_file_names_a_package_registry(tracked):
    found = [path.name for path in tracked for host in HOSTS if host.encode() in path.read_bytes()]
    assert not found


def test_no_lock_file_and_nothing_big(tracked):
    assert "uv.lock" not in {path.name for path in tracked}
    assert [path.name for path in tracked if path.stat().st_size > TOO_BIG] == []


@pytest.mark.parametrize("name", ["run", "live", "dev", "peers", "uv", "plain"])
def test_requirements_are_pinned_with_hashes_and_hold_no_address(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    packages = re.split(r"\n(?=\S)", text.strip())
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9.-]+==[\w.]+", package), package
        assert "--hash=sha256:" in package, package


def test_no_two_test_modules_have_one_name(tracked):
    """They are collected in one run, by their names."""
    names = [path.name for path in tracked if path.parent.parent.name == "tests" and path.suffix == ".py"]
    assert sorted({name for name in names if names.count(name) > 1} - {"conftest.py"}) == []
