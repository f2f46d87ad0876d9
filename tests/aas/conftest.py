"""Plants whose content is known, and the judge of AAS files."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from tundish import flow
from tundish.flow import Standard
from tundish.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the tool writes escapes that Python warns of
    from aas_test_engines.file import check_aasx_file, check_json_file

CERTIFICATES = (
    "코일번호,용해번호,강종,두께(mm),폭(mm),길이(m),중량(kg),C(wt%),Mn(wt%),"
    + "항복강도(MPa),인장강도(MPa),연신율(%),검사일,고객사,검사자"
)


@pytest.fixture
def passes() -> Callable[[Path], bool]:
    """Whether aas_test_engines passes a package or an environment, as its command check_file judges."""

    def judged(path: Path) -> bool:
        if path.suffix == ".aasx":
            with path.open("rb") as file:
                return check_aasx_file(file).ok()
        with path.open(encoding="utf-8") as file:
            return check_json_file(file).ok()

    return judged


@pytest.fixture
def read() -> Callable[[Path], Standard]:
    """Read and standardise a folder."""
    return lambda folder: flow.standard(folder, Settings(), lambda *_: None)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Coils of two grades with analysis and tensile test; the last of SPHC is C0059: 0.051 % C, 331 MPa."""
    folder = tmp_path / "2공장 A"
    folder.mkdir()
    rows = [
        f"C{n:04d},H{n // 6:03d},{'SPHC' if n % 2 else 'SS400'},{2 + n % 3 * 0.1:.2f},{1200 + n % 4},{500 + n},{9000 + n},"
        f"{0.04 + n % 12 / 1000:.3f},{0.3 + n % 5 / 100:.2f},{320 + n % 12},{430 + n % 9},{30 + n % 6},"
        f"2025-03-{1 + n // 3:02d} 1{n % 3}:00,가나기업,홍길동"
        for n in range(60)
    ]
    (folder / "성적.csv").write_text("\n".join((CERTIFICATES, *rows)), encoding="utf-8")
    return folder
