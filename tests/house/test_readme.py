"""Do the README's commands do what it says, on a copy of the checkout with nothing installed?"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_both_commands_stand_in_the_readme_and_ci_runs_the_second():
    commands = re.findall(r"^python3 start\.py (\w+)", README, re.MULTILINE)
    assert commands[:2] == ["demo", "test"]
    assert "start.py test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_links_of_the_documents_lead_somewhere():
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what is tracked, in a folder with a blank and Hangul in its name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    folder = tmp_path_factory.mktemp("fresh") / "새 폴더"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def test_the_first_command_ends_with_an_answer_and_a_report(checkout, tmp_path):
    kept = ("HOME", "PATH", "LANG", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE")
    environment = {name: value for name, value in os.environ.items() if name in kept or name.startswith(("UV_", "PIP_"))}
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, str(checkout / "start.py"), "demo", "--lang", "ko"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout
    assert (tmp_path / "demo.answer" / "report.html").stat().st_size > 50_000
    assert (tmp_path / "demo.answer" / "answer.json").is_file()
    assert (tmp_path / "demo" / "plant.toml").is_file()
