"""What happens when someone types ``tundish``? Language first, then the command, then every way it can end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path

from tundish.cli.language import choose
from tundish.cli.terminal import guarded
from tundish.locale import use
from tundish.locale.called import called
from tundish.settings import Language

INTERRUPTED = 130


def main() -> None:
    """The command of the terminal; ends the process with the exit code."""
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code: 0, 2 for input or usage, 130 for Ctrl-C, 70 for a fault of the program."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - closed by who called us: pythonw, >&-
    sys.stderr = sys.stderr or sys.stdout
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console in CP949 or LANG=C shows ? instead of ending the run
    sys.stdout, sys.stderr = guarded(sys.stdout), guarded(sys.stderr)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, it clears up as on Ctrl-C
    lang = choose(words, os.environ)
    use(lang)

    try:
        code = _command(words, lang)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:  # the reader of the output has gone, as `| head -1` does; the answer stands in its folder
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the interpreter flushes it at its end
        return 0
    return _end(_("Stopped. The folder is as it was."), code) if code == INTERRUPTED else code


def _command(words: Sequence[str], lang: Language) -> int:
    from typer import TyperException

    from tundish.cli import failures
    from tundish.cli.app import app
    from tundish.errors import TundishError

    try:
        code = app(args=list(words) or ["--help"], prog_name=called(), standalone_mode=False, obj=lang)
        sys.stdout.flush()
    except TundishError as failure:
        return _end(failures.refused(failure, lang), failure.exit_code)
    except TyperException as failure:
        return _end(failures.misused(failure, lang), 2)
    except BrokenPipeError:
        raise
    except MemoryError:
        return _end(_("The memory of this computer is too small for these files. Move some of them out of the folder."), 2)
    except BaseException as failure:  # the rim: no fault greets an engineer with a traceback; a panic of polars is no Exception
        if "--debug" in words or isinstance(failure, KeyboardInterrupt | SystemExit):
            raise
        return _end(failures.broken(failure, lang), failures.BUG)
    return code if isinstance(code, int) else 0


def _end(text: str, code: int) -> int:
    sys.stderr.write(f"{text}\n")
    return code
