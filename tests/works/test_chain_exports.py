"""Do a chain's exports say what is true of it, in the way plants write it, and nothing else?"""

import csv
import hashlib
import io
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from tundish import works
from tundish.errors import CannotWrite
from tundish.works import chain
from tundish.works.chain import words
from tundish.works.chain.ids import Scribe, spell

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(scope="module", params=[1, 8])
def plant(request, tmp_path_factory):
    """Exports and truth of a chain with trends."""
    folder = tmp_path_factory.mktemp("chain") / "plant"
    made = works.make("chain", seed=request.param, out=folder, pieces=250, coils=25, sample_s=1.0)
    return made.folder, chain.load(made.truth_path)


def rows_of(path):
    """Every row of a file as it stands there, as texts."""
    if path.suffix == ".xlsx":
        return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    content = path.read_bytes()
    text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "cp949")
    return list(csv.reader(io.StringIO(text)))


def plain(cell):
    """A cell as a text; numbers of a workbook as Excel shows them."""
    return f"{cell:.0f}" if isinstance(cell, float) else str(cell)


def header_row(rows, header):
    return next(i for i, row in enumerate(rows[:4]) if header in row)


def spellings(name):
    return {spell(name, k, excel=e) for k in range(3) for e in (False, True)}


def test_every_id_in_the_papers_decodes_to_the_truth(plant):
    folder, truth = plant
    wrong = {(c["file"], c["row"], c["column"]): c for c in truth.frames["cells"].to_dicts()}
    edges = truth.frames["edges"].drop_nulls("row")
    seen = 0
    for line in truth.lines:
        rows = rows_of(folder / line.production)
        for edge in edges.filter(pl.col("file") == line.production).to_dicts():
            cells = [plain(cell) for cell in rows[edge["row"] - 1]]
            heads = [str(head) for head in rows[header_row(rows, cell_header(line, rows))]]
            for name, column in ((edge["child_id"], 0), (edge["parent_id"], 1)):
                slip = wrong.get((line.production, edge["row"], heads[column]))
                assert cells[column] in ({slip["written"]} if slip else spellings(name)), (
                    line.name,
                    edge["row"],
                    heads[column],
                )
                seen += 1
    assert seen > 300


def cell_header(line, rows):
    known = {w for table in (words.OUT_ID, words.IN_ID) for four in table.values() for w in four}
    return next(cell for row in rows[:4] for cell in row if cell in known)


def test_edges_outside_the_exports_say_so(plant):
    _, truth = plant
    edges = truth.frames["edges"]
    assert 0 < edges["row"].null_count() < 0.2 * edges.height
    assert edges["file"].null_count() == edges["row"].null_count()


def test_shares_sum_to_one(plant):
    _, truth = plant
    edges, stays = truth.frames["edges"], truth.frames["stays"]
    assert edges.group_by("child").agg(pl.col("share_of_child").sum())["share_of_child"].to_numpy() == pytest.approx(
        1.0, abs=1e-9
    )
    kept = {line.name for line in truth.lines if line.same_id}
    runs = stays.filter(~pl.col("line").is_in(kept)).rename({"piece": "parent"})
    gone = ((pl.col("scrap_kg") + pl.col("rest_kg")) / pl.col("mass_in_kg")).alias("gone")
    # what pickling and scaling take is scrap; it lies along the edges' share of the parent
    sums = runs.select("parent", "line", "mass_in_kg", "mass_out_kg", gone)
    assert (sums["mass_out_kg"] / sums["mass_in_kg"] + sums["gone"]).to_numpy() == pytest.approx(1.0, abs=1e-9)


def trend_of(folder, line):
    rows = rows_of(folder / line.trend)
    body = rows[1:] if rows[1][0] else rows[2:]
    times = np.array([datetime.fromisoformat(row[0].replace("/", "-")).replace(tzinfo=SEOUL).timestamp() for row in body])
    return rows[0], times, np.array([[float(cell) for cell in row[1:]] for row in body])


@pytest.mark.parametrize("seed", [4, 103])
def test_strip_lines_are_logged_ten_times_a_second_and_strands_once(tmp_path, seed):
    made = works.make("chain", seed=seed, out=tmp_path / "plant", lines=5, pieces=40, coils=3)
    lines = [line for line in chain.load(made.truth_path).lines if line.trend]
    assert len(lines) >= 3
    for line in lines:
        _, times, _ = trend_of(made.folder, line)
        whole = line.style == "short" and line.kind != "cast"
        step, rows = (0.0, 10) if whole else (1.0, 1) if line.kind == "cast" else (0.1, 10)
        assert np.median(np.diff(times)) == pytest.approx(step, abs=1e-6), line.name
        assert np.median(np.unique(np.floor(times), return_counts=True)[1]) == rows, line.name


def test_speed_and_the_true_clock_give_the_length_between_knots(plant):
    folder, truth = plant
    clocks = {clock.file: clock for clock in truth.clocks}
    knots = truth.frames["knots"]
    checked = 0
    for line in truth.lines:
        own = knots.filter(pl.col("line") == line.name).unique(["strip_m"]).sort("strip_m")
        if line.trend is None or own.is_empty():
            continue
        _, times, values = trend_of(folder, line)
        clock = clocks[line.trend]
        right = times + np.array([clock.offset_at(datetime.fromtimestamp(t, SEOUL)) for t in times])
        metres = np.concatenate([[0.0], np.cumsum(np.diff(right) * (values[1:, 0] + values[:-1, 0]) / 2.0)]) / 60.0
        at = np.interp(own["time"].dt.timestamp("us").to_numpy() / 1e6, right, metres)
        true, seen = np.ptp(own["strip_m"].to_numpy()), np.ptp(at)
        assert seen / true == pytest.approx(1.0 + line.speed_scale, abs=2e-3), line.name
        checked += 1
    assert checked >= 2


def readings(folder, truth, line, name, at_m):
    """What a thickness gauge showed of each knot: when the strip under it was the knot's."""
    clock = next(clock for clock in truth.clocks if clock.file == line.trend)
    heads, times, values = trend_of(folder, line)
    right = times + np.array([clock.offset_at(datetime.fromtimestamp(t, SEOUL)) for t in times])
    own = truth.frames["knots"].filter((pl.col("line") == line.name) & (pl.col("turn") == 1))
    axis, piece = ("in_m", "in_piece") if at_m < 0.0 else ("out_m", "out_piece")
    made = []
    for part in own.sort(axis).unique([piece, axis], keep="first", maintain_order=True).partition_by(piece):
        when, metres = part["time"].dt.timestamp("us").to_numpy() / 1e6, part[axis].to_numpy()
        moments = np.interp(metres + at_m, metres, when, left=np.nan, right=np.nan)
        shown = np.interp(moments, right, values[:, heads.index(name) - 1], left=np.nan, right=np.nan)
        made.append(part.select("piece", "x_m", pl.Series("value", shown / np.nanmedian(shown))))
    return pl.concat(made).drop_nans()


def test_thickness_is_the_same_steel_on_both_lines(plant):
    """Exit of one line beside entry of the next, at the true places and times: they go together."""
    folder, truth = plant
    gauges = []
    for line in truth.lines:
        for place, at_m in line.gauges.items():
            name = place.split(":", 1)[1]
            key = next(key for key, four in words.SIGNALS.items() if name in four)
            if key.endswith("_thickness"):
                gauges.append((key, line, name, at_m))
    checked = 0
    for (key, *exit_), (after, *entry) in pairwise(gauges):
        if (key, after) == ("exit_thickness", "entry_thickness"):
            both = readings(folder, truth, *exit_).join(readings(folder, truth, *entry), on=["piece", "x_m"])
            assert both.height > 100
            steel = both.filter((pl.col("value") - 1.0).abs().lt(0.04) & (pl.col("value_right") - 1.0).abs().lt(0.04))
            assert np.corrcoef(steel["value"], steel["value_right"])[0, 1] > 0.75
            checked += 1
    assert checked


def test_knots_cover_the_final_pieces_on_every_line(plant):
    _, truth = plant
    knots, pieces = truth.frames["knots"], truth.frames["pieces"]
    finals = knots["piece"].unique()
    strips = [line.name for line in truth.lines if line.kind != "pack"]
    assert finals.len() > 20
    ends = knots.group_by("piece", "line", "turn").agg(pl.col("x_m").min().alias("low"), pl.col("x_m").max().alias("high"))
    ends = ends.filter(pl.col("turn") == 1).join(pieces.select("piece", "length_m"), on="piece")
    assert ends.group_by("piece").len()["len"].unique().to_list() == [len(strips)]
    assert ends["low"].max() == pytest.approx(0.0, abs=1e-6)
    last = knots.filter((pl.col("line") == strips[-1]) & (pl.col("out_piece") == pl.col("piece")))
    assert last.filter(pl.col("turn") == pl.col("turn").max().over("piece"))["out_m"].to_numpy() == pytest.approx(
        last.filter(pl.col("turn") == pl.col("turn").max().over("piece"))["x_m"].to_numpy(), abs=1e-5
    )


def test_plant_toml_tells_where_the_gauges_stand(plant):
    import tomllib

    folder, truth = plant
    said = tomllib.loads((folder / "plant.toml").read_text(encoding="utf-8"))["gauges"]
    assert said == {name: at for line in truth.lines for name, at in line.gauges.items()}
    for name in said:
        file, column = name.split(":", 1)
        assert column in rows_of(folder / file)[0]


def test_same_seed_same_bytes_another_seed_other_bytes(tmp_path):
    def prints(name, seed):
        made = works.make("chain", seed=seed, out=tmp_path / name / "plant", pieces=60, coils=5)
        files = [*made.folder.iterdir(), made.truth_path, *made.truth_path.with_suffix("").iterdir()]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    assert prints("a", 6) == prints("b", 6)
    other = prints("c", 11)
    assert not set(prints("d", 6).values()) & set(other.values())


def test_without_trends_there_is_genealogy_only(tmp_path):
    made = works.make("chain", seed=3, out=tmp_path / "plant", pieces=300, trends=False)
    truth = chain.load(made.truth_path)
    assert not list(made.folder.glob("TREND_*"))
    assert truth.frames["edges"].height > 300 and truth.frames["knots"].is_empty()
    with pytest.raises(CannotWrite):
        works.make("chain", seed=3, out=tmp_path / "plant")


def test_ids_go_wrong_about_once_in_three_hundred_and_a_third_onto_another():
    known = {f"HC24-{number:05d}": number for number in range(1, 3001)}
    scribe = Scribe(np.random.default_rng(1), known)
    names = list(known) * 20
    texts = scribe.column(names, file="f", header="h", first_row=2, spelling=1, by_hand=True, may_lack=True)
    frame = pl.DataFrame([{"error": c.error, "exists": c.exists} for c in scribe.cells])
    typed = frame.filter(pl.col("error") != "blank")
    assert 1 / 350 < typed.height / len(names) < 1 / 260
    assert 1 / 650 < (frame.height - typed.height) / len(names) < 1 / 400
    assert 0.2 < typed["exists"].mean() < 0.45
    assert set(typed["error"]) == {"substituted", "swapped", "dropped", "doubled"}
    right = [text == spell(name, 1) for text, name in zip(texts, names, strict=True)]
    assert right.count(False) == frame.height


def test_mes_times_are_those_of_the_reference_clock(plant):
    folder, truth = plant
    line = next(line for line in truth.lines if not line.by_hand)
    rows = rows_of(folder / line.production)
    edges = truth.frames["edges"].filter(pl.col("file") == line.production)
    if edges.is_empty():
        pytest.skip("the first line stamped by itself keeps its ids")
    top = header_row(rows, cell_header(line, rows))
    heads = [str(h) for h in rows[top]]
    column = heads.index(words.head(words.COLUMNS["start"], line.style))
    off = []
    for edge in edges.to_dicts():
        cell = rows[edge["row"] - 1][column]
        form = {
            "korean": "%Y-%m-%d %H:%M:%S",
            "short": "%Y/%m/%d %H:%M:%S",
            "tags": "%Y%m%d%H%M%S",
            "mixed": "%Y.%m.%d %H:%M:%S",
        }
        moment = cell if isinstance(cell, datetime) else datetime.strptime(cell, form[line.style])
        off.append((moment.replace(tzinfo=SEOUL) - edge["at"]) / timedelta(seconds=1))
    assert abs(np.median(off)) < 0.5
    assert np.mean(np.abs(off) > 10.0) < 0.08
