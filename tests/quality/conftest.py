"""An empty plant."""

from pathlib import Path

import pytest


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """An empty plant."""
    folder = tmp_path / "공장"
    folder.mkdir()
    return folder
