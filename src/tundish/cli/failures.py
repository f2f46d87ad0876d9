"""What does the reader see when it goes wrong? From an exception to words and an exit code."""

from __future__ import annotations

import platform
from gettext import gettext as _

from typer import TyperException

from tundish.errors import TundishError
from tundish.locale import render, say
from tundish.locale.called import called
from tundish.settings import Language

BUG = 70
"""Exit code of a fault in the program (EX_SOFTWARE of sysexits.h)."""


def refused(failure: TundishError, lang: Language) -> str:
    """The sentence of something that this program refuses to do."""
    return render(failure.message, lang)


def misused(failure: TyperException, lang: Language) -> str:
    """What is wrong with the words of the command line, and where help is."""
    ctx = getattr(failure, "ctx", None)
    command = ctx.command_path if ctx is not None else called()
    return "\n".join([_wrong(failure, lang), say("Help: {command} --help", lang, command=command)])


def _wrong(failure: TyperException, lang: Language) -> str:
    param = getattr(failure, "param", None)
    option = getattr(failure, "option_name", None)
    name = "" if param is None else (param.display_name_raw if param.param_type_name == "argument" else param.opts[0])
    match type(failure).__name__:
        case "MissingParameter":
            return say("{name} is missing.", lang, name=name)
        case "BadParameter" if param is None:
            missing = str(getattr(failure, "message", failure))
            return say("{name} is missing.", lang, name=say(missing, lang))
        case "BadParameter":
            return say(
                "{name}: this value does not fit. Expected: {expected}.",
                lang,
                name=name,
                expected=_expected(param, ctx=failure),
            )
        case "NoSuchOption":
            near = ", ".join(getattr(failure, "possibilities", None) or ())
            return say("There is no option {option}.", lang, option=option) + (f" {_('Nearest:')} {near}" if near else "")
        case "BadOptionUsage":
            return say("{option} needs a value after it.", lang, option=option)
        case _:
            return failure.format_message()


def _expected(param: object, ctx: object) -> str:
    shown = getattr(param, "display_type", None)
    kind = str(shown(getattr(ctx, "ctx", None))).strip("<>") if callable(shown) else ""
    return (getattr(param, "metavar", None) or kind) if kind.endswith(" range") else kind


def broken(failure: BaseException, lang: Language) -> str:
    """A fault of the program itself: what to send, and how to see more."""
    from tundish.cli.version import version

    name = f"{type(failure).__name__}: {str(failure)[:300]}"
    about = f"tundish {version()}, Python {platform.python_version()}, {platform.platform()}"
    return say(
        "A fault in the program, not in your files: {name}. Your files are as they were. "
        "Run again with --debug to see where it happened, and report that text with this line: {about}",
        lang,
        name=name,
        about=about,
    )
