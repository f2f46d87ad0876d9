"""Where do tests find data that the repository may not hold?"""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; without it a test skips and says so."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "real"
    if not folder.is_dir():
        pytest.skip("real data not found: needs the folder shared/ beside the checkout")
    return folder
