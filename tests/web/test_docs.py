"""Do the commands of docs/serve.md work as they stand there?"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from every_kind import every_kind
from serving import served, state_of

from tundish.web.app import create_app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "serve.md"


def test_every_curl_of_the_page(tmp_path):
    if not (shutil.which("curl") and shutil.which("sh")):
        pytest.skip("needs curl and a shell")
    lines = re.findall(r"^    ((?:curl|ID=).*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) >= 8
    with served(create_app(state_of(tmp_path, every_kind()))) as address:
        script = "set -e\n" + "\n".join(re.sub(r"\bcurl ", "curl -sS -f ", line) for line in lines)
        script = script.replace("http://127.0.0.1:8080", address)
        done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plant.aasx").read_bytes().startswith(b"PK") and "AssetAdministrationShell" in done.stdout
