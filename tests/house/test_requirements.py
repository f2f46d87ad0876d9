"""Do the pinned requirements hold everything that the program declares?"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(name):
    return set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE))


def declared(requirements):
    return {re.sub(r"[._]+", "-", re.split(r"[<>=!~; \[]", text, maxsplit=1)[0].lower()) for text in requirements}


def test_everything_declared_is_pinned():
    run, dev = declared(PROJECT["project"]["dependencies"]), declared(PROJECT["dependency-groups"]["dev"])
    extras = PROJECT["project"]["optional-dependencies"]
    live = declared(text for name, extra in extras.items() if name != "ray" for text in extra)
    peers = declared(PROJECT["dependency-groups"]["peers"])
    assert run <= pinned("run")
    assert run | live <= pinned("live")
    assert run | live | dev | declared(extras["ray"]) <= pinned("dev")
    assert run | live | dev | peers <= pinned("peers")
    assert pinned("run") <= pinned("live") <= pinned("dev") <= pinned("peers")
