"""How does Tundish get onto a machine without internet? Run this file in the packed folder: `python install.py [WHERE]`.

Needs the Python version the folder was packed for, and neither pip nor internet.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHERE = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE / "tundish"
BIN = WHERE / ("Scripts" if os.name == "nt" else "bin")


def main() -> int:
    """Make an environment and put the wheels into it, each checked against its hash."""
    venv.create(WHERE, with_pip=False, clear=False)
    pip = next((HERE / "wheels").glob("pip-*.whl")) / "pip"
    command = [sys.executable, pip, "--python", next(BIN.glob("python*")), "install", "--quiet", "--no-index"]
    wanted = ["--find-links", HERE / "wheels", "--require-hashes", "-r", HERE / "requirements.txt"]
    done = subprocess.run([str(part) for part in (*command, *wanted)], check=False).returncode
    if done == 0:
        print("설치했습니다. 시작: / Installed. Begin with:", BIN / "tundish", "demo")
    return done


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    sys.exit(main())
