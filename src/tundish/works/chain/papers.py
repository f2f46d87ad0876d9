"""What does the MES, or who keeps its table, write down about each line of a chain?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tundish.works.chain import words
from tundish.works.chain.ids import Scribe
from tundish.works.chain.material import Link, Material, Output, Stay
from tundish.works.chain.plant import COMES_OUT, ChainLine, Level
from tundish.works.chain.sheets import Sheet, Value, write_sheet


@dataclass(frozen=True, slots=True)
class Written:
    """Where an output of a line stands: rows of the file."""

    file: str
    row: int
    step: int
    link: int
    """Number of the link that the row tells of."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which stretch of time the exports cover. [s]"""

    begin: float
    end: float


def window_of(material: Material) -> Window:
    """From soon after the first line began until the last has nearly ended: some parents are older, some pieces in stock."""
    first = [output.start for output in material.outputs if output.step == 0]
    last = [output.start for output in material.outputs if output.step == material.plant.lines[-1].step]
    return Window(float(np.quantile(first, 0.02)), float(np.quantile(last, 0.97)))


def production(material: Material, line: ChainLine, window: Window, scribe: Scribe, folder: Path) -> list[Written]:
    """Write the MES's table of a line, one row an output and input; the rows that were written."""
    rng = np.random.default_rng([material.plant.seed, 450, line.step])
    rows, outputs = _rows(material, line, window)
    sheet = _sheet(material, line, rows)
    columns: dict[str, list[Value]] = {}
    starts, ends = _Hand(rng, line).times(outputs)
    columns["start"] = [material.plant.at(t) for t in starts]
    columns["end"] = [material.plant.at(t) for t in ends]
    columns |= _amounts(material, line, rows, outputs=outputs, rng=rng)
    columns |= _places(material, line, rows, rng=rng)
    columns["grade"] = [material.orders[material.pieces[link.parent].order].grade for link in rows]
    columns["verdict"] = [("합격" if line.style != "tags" else "OK") if o.verdict == "OK" else "스크랩" for o in outputs]
    columns["lane"] = [link.lane or None for link in rows]
    _add_ids(material, line, rows, sheet=sheet, columns=columns, scribe=scribe)
    write_sheet(folder, sheet, [columns[key] for key in sheet.keys], by_hand=line.by_hand)
    number = {id(link): i for i, link in enumerate(material.links)}
    return [
        Written(sheet.file, sheet.first_row + i, line.step, number[id(link)]) for i, link in enumerate(rows) if link.child >= 0
    ]


class _Hand:
    """Times as they get into the table: stamped to the second, typed to the minute, now and then minutes late or early."""

    def __init__(self, rng: np.random.Generator, line: ChainLine) -> None:
        self.rng, self.line = rng, line

    def times(self, outputs: Sequence[Output]) -> tuple[list[float], list[float]]:
        made: dict[int, tuple[float, float]] = {}
        for output in outputs:
            if output.number not in made:
                made[output.number] = (self._one(output.start), self._one(output.end))
        return [made[o.number][0] for o in outputs], [made[o.number][1] for o in outputs]

    def _one(self, seconds: float) -> float:
        late = self.rng.random() < 0.02
        wrong = float(self.rng.normal(0.0, 150.0)) if late else float(self.rng.normal(0.0, 25.0 if self.line.by_hand else 0.6))
        if self.line.by_hand:
            return float(np.round((seconds + wrong) / 60.0) * 60.0)
        return float(np.round(seconds + wrong))


def _rows(material: Material, line: ChainLine, window: Window) -> tuple[list[Link], list[Output]]:
    """Links and their outputs in the order of the table."""
    pairs = [(link, material.outputs[link.output]) for link in material.links if link.step == line.step]
    if line.scrap_rows:
        pairs += [_scrap_row(stay) for stay in material.stays if stay.step == line.step]
    pairs = [(link, output) for link, output in pairs if window.begin <= output.start and output.end <= window.end]
    pairs.sort(key=lambda pair: (pair[1].start, pair[1].number, float(np.nan_to_num(pair[0].at_m))))
    return [link for link, _ in pairs], [output for _, output in pairs]


def _scrap_row(stay: Stay) -> tuple[Link, Output]:
    """What a stay left as scrap, as a row of its own; -1 stands for no piece."""
    nowhere = float("nan")
    output = Output(
        -1 - stay.number, stay.step, -1, 0.0, 0.0, stay.scrap, nowhere, nowhere, nowhere, -1, stay.end, stay.end, "SCRAP"
    )
    link = Link(stay.number, -1, stay.piece, -1, stay.step, "", stay.scrap, stay.scrap, nowhere, nowhere, nowhere, 0)
    return link, output


def _sheet(material: Material, line: ChainLine, rows: Sequence[Link]) -> Sheet:
    level_in: Level = material.pieces[rows[0].parent].level if rows else "coil"
    keys = ["out_id", *([] if line.same_id else ["in_id"]), "start", "end", "grade", "in_mass", "out_mass", "scrap_mass"]
    keys += [
        "thickness",
        "width",
        "in_length",
        "length",
        "from",
        "to",
        "at",
        "head_crop",
        "tail_crop",
        "turned",
        "flipped",
        "lane",
    ]
    keys += ["verdict"]
    gone = _gone(line)
    keys = [key for key in keys if key not in gone]
    heads = {"out_id": words.OUT_ID[COMES_OUT[line.kind]], "in_id": words.IN_ID[level_in], **words.COLUMNS}
    if line.same_id:
        heads["out_id"] = words.OUT_ID["coil"]
    headers = tuple(_head(heads[key], words.UNITS.get(key, ""), line) for key in keys)
    units = tuple(words.UNITS.get(key, "") for key in keys)
    ending = "xlsx" if line.layout == "xlsx" else "csv"
    name = f"{'PROD_' if line.style == 'tags' else '생산실적_'}{line.name}.{ending}"
    return Sheet(name, f"{line.name} 생산실적", line.style, line.layout, tuple(keys), headers, units)


def _head(four: words.Words, unit: str, line: ChainLine) -> str:
    """The header; tags in a workbook have no row of units below and carry them themselves."""
    head = words.head(four, line.style)
    return f"{head}({unit})" if unit and line.style == "tags" and line.layout == "xlsx" else head


def _gone(line: ChainLine) -> set[str]:
    """Columns that this line does not have."""
    groups = {"positions": {"from", "to", "at"}, "crops": {"head_crop", "tail_crop"}, "flags": {"turned", "flipped"}}
    gone = set().union(*(groups.get(group, {group}) for group in line.leaves_out))
    if line.kind != "slit":
        gone |= {"lane"}
    if line.kind in ("cast", "pack"):
        gone |= {"from", "to", "at", "head_crop", "tail_crop", "turned", "flipped", "in_length"}
    if line.kind == "pack":
        gone |= {"thickness", "width", "length", "scrap_mass"}
    if line.kind in ("anneal", "temper", "hot") and line.same_id:
        gone |= {"from", "to", "at"}
    return gone


def _amounts(
    material: Material, line: ChainLine, rows: Sequence[Link], *, outputs: Sequence[Output], rng: np.random.Generator
) -> dict[str, list[Value]]:
    """Masses as weighed, lengths as counted, nominal thickness and width."""
    weighed: dict[tuple[str, int], float] = {}

    def weigh(what: str, number: int, mass: float) -> float:
        if (what, number) not in weighed:
            weighed[what, number] = round(mass * (1.0 + 0.002 * float(rng.standard_normal())) / 10.0) * 10.0
        return weighed[what, number]

    tonnes = 1e-3 if line.style == "short" else 1.0
    made: dict[str, list[Value]] = {
        key: [] for key in ("in_mass", "out_mass", "scrap_mass", "thickness", "width", "length", "in_length")
    }
    for i, (link, output) in enumerate(zip(rows, outputs, strict=True)):
        stay = material.stays[link.stay]
        mass_in = weigh("in", link.stay, stay.mass_in) if line.whole_masses else weigh("part", i, link.mass_in)
        order = material.orders[material.pieces[link.parent].order]
        nominal = output.thickness if line.kind == "cast" else order.hot if line.kind == "hot" else order.cold
        made["in_mass"].append(round(mass_in * tonnes, 2))
        made["out_mass"].append(round(weigh("out", output.number, output.mass) * tonnes, 2))
        made["scrap_mass"].append(round(weigh("scrap", link.stay, stay.scrap) * tonnes, 2))
        made["thickness"].append(round(nominal * 1e3, 2))
        made["width"].append(round(output.width * 1e3, 0))
        made["length"].append(
            round(output.length * (1.0 + 0.002 * float(rng.standard_normal())), 2 if line.kind == "cast" else 0)
        )
        made["in_length"].append(
            round(stay.length_in * (1.0 + 0.002 * float(rng.standard_normal())), 2 if line.kind == "hot" else 0)
        )
    return made


def _places(material: Material, line: ChainLine, rows: Sequence[Link], *, rng: np.random.Generator) -> dict[str, list[Value]]:
    """Which part of the input went where, and the crops, off by up to 0.3 m; slabs by up to 3 cm."""
    small = 0.1 if line.kind == "hot" else 1.0
    made: dict[str, list[Value]] = {key: [] for key in ("from", "to", "at", "head_crop", "tail_crop", "turned", "flipped")}
    noise = small * np.clip(0.15 * rng.standard_normal((5, len(rows))), -0.3, 0.3)
    for i, link in enumerate(rows):
        stay = material.stays[link.stay]
        for j, (key, value) in enumerate((("from", link.from_m), ("to", link.to_m), ("at", link.at_m))):
            shown = value if key == "at" and value <= 0.0 else value + noise[j, i]
            made[key].append(round(max(shown, 0.0), 1 if small == 1.0 else 2) if np.isfinite(value) else None)
        made["head_crop"].append(round(max(stay.head_crop + noise[3, i], 0.0), 1 if small == 1.0 else 2))
        made["tail_crop"].append(round(max(stay.tail_crop + noise[4, i], 0.0), 1 if small == 1.0 else 2))
        made["turned"].append("Y" if stay.turned else "N")
        made["flipped"].append("Y" if stay.flipped else "N")
    return made


def _add_ids(
    material: Material,
    line: ChainLine,
    rows: Sequence[Link],
    *,
    sheet: Sheet,
    columns: dict[str, list[Value]],
    scribe: Scribe,
) -> None:
    """The MES prints what comes out, unless people keep the table; what goes in is typed by hand."""
    excel = line.layout == "xlsx"
    for key, names, hand in (
        ("out_id", [material.pieces[link.child].id if link.child >= 0 else "SCRAP" for link in rows], excel and line.by_hand),
        ("in_id", [material.pieces[link.parent].id for link in rows], True),
    ):
        if key not in sheet.keys:
            continue
        spelling = line.spelling[0 if key == "out_id" else 1]
        texts = scribe.column(
            names,
            file=sheet.file,
            header=sheet.headers[sheet.keys.index(key)],
            first_row=sheet.first_row,
            spelling=spelling,
            by_hand=hand or line.same_id,
            may_lack=key == "in_id",
            excel=excel,
        )
        columns[key] = [float(text) if excel and text is not None and text.isdigit() else text for text in texts]
