"""Which commands are there? Each translates its words, calls, and shows; help texts are catalogue keys."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tundish.cli.help import Command, Group
from tundish.locale import mark


class Lang(StrEnum):
    """Languages of the program."""

    KO = "ko"
    EN = "en"


LangOption = Annotated[
    Lang | None, typer.Option("--lang", help=mark("Language of screen and report: ko or en."), show_default=False)
]
DebugOption = Annotated[bool, typer.Option("--debug", help=mark("Show the traceback of a fault in the program."))]
PlantArgument = Annotated[
    Path, typer.Argument(metavar="PLANT", help=mark("Folder of exports as they come: CSV, XLSX, ZIP, Parquet."))
]
SeedOption = Annotated[int, typer.Option("--seed", help=mark("Another number makes another plant."))]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help=mark("Folder for report and answer; without it: PLANT.answer beside the plant.")),
]

app = typer.Typer(
    cls=Group,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=mark("Raw steel and metal plant exports in; proven causes, safe operating windows and models out."),
)
works = typer.Typer(cls=Group, rich_markup_mode=None, help=mark("Generated plants with known truth, to try and to test on."))
app.add_typer(works, name="works")


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help=mark("Show the version and exit."))] = False,
    lang: LangOption = None,
) -> None:
    """Answer ``--version``, or let the command go on."""
    if version:
        from tundish.cli.version import version as installed

        sys.stdout.write(f"tundish {installed()}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        sys.stdout.write(ctx.get_help() + "\n")
        raise typer.Exit


@app.command(
    cls=Command,
    help=mark(
        "The main job: read a folder of exports, find what drives the target, prove it on later pieces, write the report.\n"
        "What was decided stands in PLANT/plant.toml after the first run; change it there and run again."
    ),
)
def run(
    ctx: typer.Context,
    plant: PlantArgument,
    *,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="NAME", help=mark("What to explain: a column, a concept, or FILE:COLUMN.")),
    ] = None,
    out: OutOption = None,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Run the main job and print the answer."""
    from tundish.cli import job

    job.run(plant, target=target, out=out, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Check a plant's data: what cannot be true is set aside into a file to mend, everything odd is shown with what to do.\n"
        "--freeze writes down what each source delivers; a later delivery that differs is set aside."
    ),
)
def check(
    ctx: typer.Context,
    plant: PlantArgument,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help=mark("Folder for page and quarantine file; without it: PLANT.check.")),
    ] = None,
    freeze: Annotated[bool, typer.Option("--freeze", help=mark("Agree to what stands there now: contracts.toml."))] = False,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Check a plant's data."""
    from tundish.cli import check as checking

    checking.run(plant, out=out, freeze=freeze, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Say what happened to one piece: what it was made of, what became of it, when it was where, and what is doubtful.\n"
        "PIECE is its number in any spelling; coil:HC1234 looks among coils only. Without it: the plant's material as a whole."
    ),
)
def trace(
    ctx: typer.Context,
    plant: PlantArgument,
    piece: Annotated[str | None, typer.Argument(metavar="PIECE", help=mark("Number of a heat, slab, coil, lot ..."))] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help=mark("Folder for the page; without it: PLANT.trace beside the plant.")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=mark("One JSON document on stdout, and no page."))] = False,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Say what happened to one piece."""
    from tundish.cli import trace as tracing

    tracing.run(plant, piece, out=out, as_json=as_json, lang=ctx.obj)


@app.command(cls=Command, help=mark("Make a pickling plant, run the main job on it, and show the answer."))
def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=mark("Where the plant is put; ./demo without it."))] = Path(
        "demo"
    ),
    *,
    seed: SeedOption = 1,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Make a plant and run the main job on it."""
    from tundish.cli import job

    job.demo(folder, seed=seed, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Serve the plant's standard data for other programs to read (AAS, i3X), until Ctrl-C.\n"
        "Answers only this computer unless --host says otherwise. Changed files are read anew by themselves."
    ),
)
def serve(
    ctx: typer.Context,
    plant: PlantArgument,
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help=mark("Address of this computer to listen on."))
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="0~65535", min=0, max=65535, help=mark("Port to listen on; 0 takes a free one."))
    ] = 8080,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Serve a plant."""
    from tundish.cli import serve as served

    served.serve(plant, host=host, port=port, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Say what units on a plant's sheet mean: UCUM code, SI unit, factor and offset.\n"
        "What could mean two things is asked, never guessed. Without TEXT the lines of the standard input are read."
    ),
)
def unit(
    ctx: typer.Context,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...", help=mark("Units as they stand on the sheet, such as N/㎟."))
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help=mark("One JSON line a text, in order."))] = False,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Say what units mean."""
    from tundish.cli import unit as units

    units.run(texts or [], as_json=as_json, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Show the words that the program knows: Korean and English names, meaning, unit, usual range.\n"
        "Without TEXT a page with a search is written that needs no network; with TEXT what it finds is printed."
    ),
)
def vocabulary(
    ctx: typer.Context,
    text: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...", help=mark("A name, a tag, an id or first consonants (ㅅㅅㅇㄷ)."))
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=mark("Where the page goes."))] = Path("vocabulary.html"),
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Show the vocabulary."""
    from tundish.cli import vocabulary as words

    words.run(" ".join(text or []), out=out, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Say what each column of a file means: concept, probability, unit, alternatives, reason; one line a column, in order.\n"
        "FILE is a table (CSV, XLSX, Parquet ...), a folder of tables, or a list: a header a line, after a tab samples with |."
    ),
)
def match(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=mark("A table, or a list of headers with samples."))],
    *,
    as_json: Annotated[bool, typer.Option("--json", help=mark("One JSON line a column, in order."))] = False,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Say what columns mean."""
    from tundish.cli import match as matching

    matching.run(file, as_json=as_json, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Show what an OPC UA server (opc.tcp://...) or an MQTT broker (mqtt://...) offers: tags, names, units, values and what"
        "\nthey seem to mean; and the section for plant.toml."
    ),
)
def browse(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help=mark("Address of the server or broker."))],
    *,
    seconds: Annotated[
        float, typer.Option("--for", metavar="SECONDS", min=0.1, help=mark("How long to listen to a broker."))
    ] = 10.0,
    topics: Annotated[list[str] | None, typer.Option("--topic", help=mark("Topic at a broker; may be repeated."))] = None,
    root: Annotated[str | None, typer.Option("--root", metavar="NODE", help=mark("Node id at a server to begin with."))] = None,
    security: Annotated[
        str | None, typer.Option("--security", help=mark("At a server: none, sign or sign_and_encrypt."))
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help=mark("User name."))] = None,
    password: Annotated[
        str | None, typer.Option("--password", help=mark("Name of its variable in the environment, as ${NAME}."))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help=mark("Add the section to this file."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=mark("One JSON line a tag."))] = False,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what a server or broker offers."""
    from tundish.cli import browse as browsed

    said = {"topics": topics, "browse": root, "security": security, "user": user, "password": password}
    browsed.run(url, options=said, seconds=seconds, out=out, as_json=as_json, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Give other plants the column names that this one has confirmed, with their concepts (--out), or take theirs (--take)."
        "\nNo value, no file name and no plant name goes along; names that look like ids are held back."
    ),
)
def synonyms(
    ctx: typer.Context,
    plant: Annotated[Path, typer.Argument(metavar="PLANT", help=mark("The plant's folder, with its plant.toml."))],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=mark("Write the confirmed names here."), show_default=False)
    ] = None,
    take: Annotated[
        Path | None,
        typer.Option("--take", metavar="FILE", help=mark("Add another plant's names to plant.toml."), show_default=False),
    ] = None,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Give or take synonyms."""
    from tundish.cli import synonyms as exchange

    if (out is None) == (take is None):
        raise typer.BadParameter(mark("one of --out and --take"))
    if out is not None:
        exchange.give(plant, out, ctx.obj)
    if take is not None:
        exchange.take(plant, take, ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Take in what the live sources of plant.toml give (OPC UA, MQTT, SQL, folders), all side by side, until Ctrl-C.\n"
        "What has landed stands in PLANT/landing and is read by every other command like any export."
    ),
)
def collect(
    ctx: typer.Context,
    plant: Annotated[
        Path, typer.Argument(metavar="PLANT", help=mark("The plant's folder; plant.toml there names the sources."))
    ],
    *,
    once: Annotated[bool, typer.Option("--once", help=mark("End when all that the sources hold now has landed."))] = False,
    seconds: Annotated[
        float | None,
        typer.Option("--for", metavar="SECONDS", min=0, help=mark("End after so many seconds."), show_default=False),
    ] = None,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> int:
    """Take in what live sources give."""
    from tundish.cli import collect as collected

    return collected.collect(plant, once=once, seconds=seconds, lang=ctx.obj)


@app.command(
    cls=Command,
    help=mark(
        "Write the standardisation package: Asset Administration Shells (.aasx), linked series, a guide, a pre-verification\n"
        "report and a checklist, with the share of tags mapped."
    ),
)
def standard(
    ctx: typer.Context,
    plant: PlantArgument,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help=mark("Folder for the package; without it: PLANT.standard beside the plant.")),
    ] = None,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Write the standardisation package."""
    from tundish.cli import standard as standards

    standards.standard(plant, out=out, lang=ctx.obj)


@works.command(cls=Command, help=mark("Make the exports of a plant, and its truth beside them (DIR.truth.json)."))
def make(
    ctx: typer.Context,
    line: Annotated[str, typer.Argument(metavar="LINE", help=mark("Which line: pickling, chain."))],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=mark("Folder for the exports."))],
    seed: SeedOption = 1,
    lang: LangOption = None,
    debug: DebugOption = False,
) -> None:
    """Make a generated plant."""
    from tundish.cli import job

    job.make(line, out=out, seed=seed, lang=ctx.obj)
