"""How does a command explain itself? Help pages drawn in the reader's language."""

from __future__ import annotations

from gettext import gettext as _
from gettext import gettext as translated
from typing import TYPE_CHECKING, Any, cast

from typer.core import TyperCommand, TyperGroup

from tundish.errors import TundishError
from tundish.locale import mark

if TYPE_CHECKING:
    from rich.console import Console
    from typer import Context

# Typer's own words, so that they are in the catalogue.
TYPERS = (
    mark("Show this message and exit."),
    mark("Missing command."),
)


class Command(TyperCommand):
    """A command whose help is drawn here."""

    def get_help(self, ctx: object) -> str:
        """The help page as text."""
        return page(self, cast(Any, ctx))


class UnknownCommand(TundishError):
    """A word that is no command."""

    text = "There is no command {name}. Commands: {commands}. Help: {path} --help"


class Group(TyperGroup):
    """Commands whose help is drawn here."""

    def get_help(self, ctx: object) -> str:
        """The help page as text."""
        return page(self, cast(Any, ctx))

    def resolve_command(self, ctx: object, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the first word names; :class:`UnknownCommand` when there is none."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownCommand(name=args[0], commands=list(self.commands), path=cast(Any, ctx).command_path)
        return super().resolve_command(cast(Any, ctx), args)


def page(command: TyperCommand | TyperGroup, ctx: Context) -> str:
    """Usage, what the command does, its arguments, options and commands."""
    from rich.console import Console

    console = Console(width=min(Console().width, 110), highlight=False)
    with console.capture() as capture:
        console.print(_("Usage:"), usage(command, ctx), markup=False)
        console.print()
        console.print(translated(command.help or ""), markup=False)
        records = [(param, param.get_help_record(ctx)) for param in command.get_params(ctx)]
        shown = [(param, record[0]) for param, record in records if record is not None]
        _table(console, _("Arguments"), [(left, _help(param)) for param, left in shown if param.param_type_name == "argument"])
        _table(console, _("Options"), [(left, _help(param)) for param, left in shown if param.param_type_name == "option"])
        if isinstance(command, TyperGroup):
            _table(
                console,
                _("Commands"),
                [(name, translated(part.help or "").split("\n")[0]) for name, part in command.commands.items()],
            )
    return capture.get().rstrip("\n")


def usage(command: TyperCommand | TyperGroup, ctx: Context) -> str:
    """``tundish run PLANT [OPTIONS]``."""
    arguments: list[Any] = [param for param in command.get_params(ctx) if param.param_type_name == "argument"]
    names = [param.display_name_raw if param.required else f"[{param.display_name_raw}]" for param in arguments]
    return " ".join([ctx.command_path, *(["COMMAND"] if isinstance(command, TyperGroup) else names), "[OPTIONS]"])


def _help(param: object) -> str:
    return translated(getattr(param, "help", None) or "")


def _table(console: Console, title: str, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for left, right in rows:
        table.add_row("  " + left, right)
    console.print(f"\n{title}", markup=False)
    console.print(table, markup=False)
