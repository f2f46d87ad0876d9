"""What must a machine without internet be handed? One folder: wheels, hashed requirements, `install.py`.

`python3 start.py pack DIR [--for windows|linux] [--python 3.12]`; then carry DIR over and run `python install.py` in it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLATFORMS = {
    "windows": ("x86_64-pc-windows-msvc", ("win_amd64",)),
    "linux": (
        "x86_64-manylinux_2_28",
        ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    ),
}


def main() -> int:
    """Pack, and say what to do with it."""
    asked = _arguments()
    folder = Path(asked.folder).resolve()
    if folder.exists() and any(folder.iterdir()):
        sys.stderr.write(f"{folder}: 비어 있지 않습니다. / not empty. Name a new folder.\n")
        return 2
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    pip = _pip(asked.uv)
    requirements = _requirements(asked.uv, asked.platform, asked.python)
    _download(pip, requirements, wheels, asked.platform, asked.python)
    shutil.copy(pip, wheels)
    subprocess.run([asked.uv, "build", "--quiet", "--wheel", "--out-dir", wheels, ROOT], check=True)
    (wheels / ".gitignore").unlink(missing_ok=True)
    program = next(wheels.glob("tundish-*.whl"))
    version = program.name.split("-")[1]
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(f"{requirements}tundish=={version} --hash=sha256:{digest}\n", encoding="utf-8")
    shutil.copy(ROOT / "tools" / "install.py", folder / "install.py")
    size = sum(path.stat().st_size for path in folder.rglob("*")) / 1e6
    sys.stdout.write(
        f"{folder}: {len(list(wheels.iterdir()))} wheels, {size:.0f} MB, {asked.platform}, Python {asked.python}\n"
    )
    sys.stdout.write("인터넷이 없는 컴퓨터에서 / On the machine without internet: python install.py\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="start.py pack", description=__doc__)
    parser.add_argument("uv")
    parser.add_argument("folder")
    parser.add_argument("--for", dest="platform", choices=sorted(PLATFORMS), default="windows" if os.name == "nt" else "linux")
    parser.add_argument("--python", default=f"{sys.version_info.major}.{sys.version_info.minor}")
    return parser.parse_args()


def _pip(uv: str) -> Path:
    """The wheel of pip, fetched by its hash; it runs without being installed."""
    kept = ROOT / ".tools" / "plain"
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--target", kept, "--require-hashes", "-r", ROOT / "requirements" / "plain.txt"],
        check=True,
    )
    command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--dest", kept / "wheels"]
    subprocess.run(
        [*command, "--require-hashes", "-r", ROOT / "requirements" / "plain.txt"],
        check=True,
        env={**os.environ, "PYTHONPATH": str(kept)},
    )
    return next((kept / "wheels").glob("pip-*.whl"))


def _requirements(uv: str, platform: str, python: str) -> str:
    """The pinned requirements of that machine, without conditions."""
    command = [uv, "pip", "compile", "--quiet", ROOT / "requirements" / "run.txt", "--python-platform", PLATFORMS[platform][0]]
    options = ["--python-version", python, "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"]
    return subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout


def _download(pip: Path, requirements: str, wheels: Path, platform: str, python: str) -> None:
    listed = wheels.parent / "requirements.txt"
    listed.write_text(requirements, encoding="utf-8")
    tags = [part for tag in PLATFORMS[platform][1] for part in ("--platform", tag)]
    options = [
        "--no-deps",
        "--only-binary",
        ":all:",
        "--python-version",
        python,
        "--dest",
        wheels,
        "--require-hashes",
        "-r",
        listed,
    ]
    subprocess.run([sys.executable, pip / "pip", "download", "-qq", *tags, *options], check=True)


if __name__ == "__main__":
    sys.exit(main())
