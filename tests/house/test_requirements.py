"""Do the pinned requirements hold everything that the program declares?"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(name):
    return set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE))


def declared(requirements):
    return {re.split(r"[<>=!~; \[]", text, maxsplit=1)[0].lower() for text in requirements}


def test_everything_declared_is_pinned():
    run, dev = declared(PROJECT["project"]["dependencies"]), declared(PROJECT["dependency-groups"]["dev"])
    assert run <= pinned("run")
    assert run | dev <= pinned("dev")
    assert pinned("run") <= pinned("dev")
