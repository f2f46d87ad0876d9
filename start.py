"""How does a fresh machine run Tundish? Python 3.11 or newer with pip or venv, this file, nothing else.

    python3 start.py demo          make a plant, run the main job on it, show the answer
    python3 start.py run PLANT     the main job on your folder; then trace, check, standard, serve, match, unit, vocabulary,
                                   browse, collect, synonyms: what each does and takes, with --help behind it
    python3 start.py test          lint, types, import contracts and tests
    python3 start.py pack DIR      everything for a machine without internet, in one folder

    python3 start.py demo          가상 공장을 만들어 분석하고 답을 보여 줍니다
    python3 start.py run 폴더      내 자료 분석 (옵션: python3 start.py run --help)
    python3 start.py trace 폴더 번호  재료 하나의 이력 추적
    python3 start.py check 폴더    이상한 값 점검
    python3 start.py standard 폴더 표준화 패키지(자산관리쉘) 만들기
    python3 start.py match 파일    열마다 무엇을 뜻하는지 보기
                                   그 밖에 serve, unit, vocabulary, browse, collect, synonyms (뒤에 --help)
    python3 start.py test          린트, 타입, 구조, 시험
    python3 start.py pack 폴더     인터넷이 없는 컴퓨터로 옮길 폴더 만들기

The first call puts what is needed into `.venv` beside this file, pinned with hashes in `requirements/`; later calls find it.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
VENV = HOME / ".venv"
TOOLS = HOME / ".tools"
NEEDS = HOME / "requirements"
BIN = "Scripts" if os.name == "nt" else "bin"
EXE = ".exe" if os.name == "nt" else ""
PYTHON = VENV / BIN / ("python" + EXE)
UV_SERIES = "uv 0.13."
LIVE = ("collect", "browse")
"""Commands that talk to servers, brokers and databases, and need the libraries for it."""


def main(words: list) -> int:
    """Set up what the first word needs, then hand over; the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python meets first
        say("Python 3.11 이상이 필요합니다. / Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".")
        return 2
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    if words[0] == "test":
        set_up("dev")
        return run([PYTHON, "-m", "pytest", "-n", "2", *words[1:]], cwd=HOME)
    if words[0] == "pack":
        set_up("run")
        return run([PYTHON, HOME / "tools" / "pack.py", find_uv(), *words[1:]])
    set_up("live" if words[0] in LIVE else "run")
    os.environ["TUNDISH_CALLED"] = "python3 start.py" if os.name != "nt" else "python start.py"
    return run([PYTHON, "-m", "tundish", *words])


CONTAINS = {"dev": ["run", "live", "dev"], "live": ["run", "live"]}
"""Requirements that hold others whole."""


def set_up(needs: str) -> None:
    """Install the requirements and the program into `.venv`, unless they are there."""
    stamp = VENV / "installed.txt"
    wanted = digest(needs)
    if stamp.is_file() and wanted in stamp.read_text(encoding="utf-8") and PYTHON.is_file():
        return
    say("설치합니다 (처음 한 번) / installing, this once: requirements/" + needs + ".txt")
    uv = find_uv()
    if not (uv and install_with_uv(uv, needs)) and not install_with_pip(needs):
        say("설치하지 못했습니다. 위의 오류를 확인해 주세요. / Could not install; see the errors above.")
        say(
            "인터넷이 없으면 / Without internet: `python3 start.py pack DIR` on another machine, then `python3 DIR/install.py`."
        )
        sys.exit(1)
    kept = CONTAINS.get(needs, [needs])
    stamp.write_text("\n".join(digest(name) for name in kept), encoding="utf-8")


def digest(needs: str) -> str:
    """What an environment was made from: the requirements, the project file, where it stands."""
    parts = [
        (NEEDS / (needs + ".txt")).read_bytes(),
        (HOME / "pyproject.toml").read_bytes(),
        str(HOME).encode(),
        needs.encode(),
    ]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def find_uv() -> str:
    """The uv of the pinned series: on PATH, else ours in `.tools`, put there with its hashes; nothing when it cannot be had."""
    ours = TOOLS / "uv" / "bin" / ("uv" + EXE)
    for uv in (shutil.which("uv"), ours):
        if uv and Path(uv).is_file() and output([uv, "--version"]).startswith(UV_SERIES):
            return str(uv)
    pip = find_pip()
    target = ["--target", TOOLS / "uv", "--upgrade", "--require-hashes", "-r", NEEDS / "uv.txt"]
    if pip and run([*pip, "install", "-qq", "--no-warn-conflicts", *target], quiet=True) == 0 and ours.is_file():
        return str(ours)
    return ""


def find_pip() -> list:
    """A command that runs pip: this Python's own, else one in a small environment."""
    if output([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip"]
    python = TOOLS / "pip" / BIN / ("python" + EXE)
    if python.is_file() or run([sys.executable, "-m", "venv", TOOLS / "pip"], quiet=True) == 0:
        return [str(python), "-m", "pip"]
    return []


def install_with_uv(uv: str, needs: str) -> bool:
    """True when everything is in `.venv`."""
    os.environ["UV_PYTHON_DOWNLOADS"] = "never"
    install = [uv, "pip", "install", "--quiet", "--python", PYTHON]
    return (
        (output([PYTHON, "--version"]) or run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV]) == 0)
        and run([*install, "--require-hashes", "-r", NEEDS / (needs + ".txt")]) == 0
        and run([*install, "--no-deps", "--editable", HOME]) == 0
    )


def install_with_pip(needs: str) -> bool:
    """True when everything is in `.venv`; the slower way, for machines that uv does not know or whose index only pip knows."""
    pip = find_pip()
    if not pip:
        say(
            "pip 또는 venv가 필요합니다. / pip or venv is needed: "
            + ("apt install python3-venv" if os.name != "nt" else "ensurepip")
        )
        return False
    say("uv 없이 설치합니다. / Installing without uv.")
    install = [*pip, "--python", PYTHON, "install", "-qq"]
    os.environ["PATH"] = str(VENV / BIN) + os.pathsep + os.environ.get("PATH", "")  # the build tool is looked for there
    return (
        (output([PYTHON, "--version"]) or run([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV]) == 0)
        and run([*install, "--require-hashes", "-r", NEEDS / (needs + ".txt")]) == 0
        and run([*install, "--require-hashes", "-r", NEEDS / "plain.txt"]) == 0
        and run([*install, "--no-build-isolation", "--no-deps", "--editable", HOME]) == 0
    )


INTERRUPTED = (-2, 130)
"""Exit codes of a command that was ended by Ctrl-C: killed by the signal, or by its own choice."""


def run(command: list, *, cwd: "Path | None" = None, quiet: bool = False) -> int:
    """The exit code of a command; Ctrl-C goes to it first, and ends us when it did not end well."""
    sys.stdout.flush()
    pressed = []
    # A handler that only takes note: an exception in the midst of waiting would lose the child's exit code.
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        code = subprocess.call([str(part) for part in command], cwd=cwd, stderr=subprocess.DEVNULL if quiet else None)
    finally:
        signal.signal(signal.SIGINT, before)
    # The child's own word counts too: under load the signal has been seen to reach only one of us.
    if code in INTERRUPTED or (pressed and code != 0):
        sys.exit(code if code > 0 else 130)
    return code


def output(command: list) -> str:
    """What a command prints, or nothing when it fails or is not there."""
    try:
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def say(text: str) -> None:
    """A line for the person at the screen, on the side of the answer."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        say("중지했습니다. 같은 명령을 다시 실행하면 이어집니다. / Stopped; the same command goes on from here.")
        sys.exit(130)
