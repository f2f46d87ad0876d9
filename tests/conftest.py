"""Where do tests find data that the repository may not hold?"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

collect_ignore_glob = ["*conftest.py"]
"""No doctests in them; two modules of one name cannot be collected in one run."""
NOBODY = 65534
"""User id of ``nobody`` on Linux."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; without it a test skips and says so."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "real"
    if not folder.is_dir():
        pytest.skip("real data not found: needs the folder shared/ beside the checkout")
    return folder


@pytest.fixture(scope="session")
def standards() -> Path:
    """The folder of published fixtures of standards beside the checkout; without it a test skips and says so."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "standard"
    if not folder.is_dir():
        pytest.skip("fixtures of standards not found: needs the folder shared/ beside the checkout")
    return folder


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Where nothing may be left out (CI=true), a test that skips has failed."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but CI=true leaves nothing out: {call.excinfo.value if call.excinfo else ''}"


@pytest.fixture
def powerless() -> Iterator[Path]:
    """An empty folder, and a user who may not read what is forbidden there: root becomes nobody for the length of the test."""
    if os.name == "nt":
        pytest.skip("needs file modes, which Windows has not")
    root, folder = os.geteuid() == 0, Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    if root:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        for path in folder.rglob("*"):
            path.chmod(0o700)
        shutil.rmtree(folder)
