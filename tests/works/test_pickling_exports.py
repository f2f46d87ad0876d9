"""Do the exports say what the truth declares, in the way plants write them?"""

import csv
import io
import re
import zipfile
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from tundish import works
from tundish.errors import CannotWrite, UnknownLine
from tundish.works import pickling
from tundish.works.pickling.trend import TIME_FORMATS


def decoded(folder, name):
    """Text of a delimited file, also inside a ZIP whose names are CP949."""
    if ".zip/" in name:
        outer, inner = name.split("/")
        with zipfile.ZipFile(folder / outer, metadata_encoding="cp949") as archive:
            content = archive.read(inner)
    else:
        content = (folder / name).read_bytes()
    return content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "cp949")


def rows_of(folder, place):
    if place.file.endswith(".xlsx"):
        return CalamineWorkbook.from_path(folder / place.file).get_sheet_by_name(place.sheet).to_python()
    return list(csv.reader(io.StringIO(decoded(folder, place.file))))


def headers_of(folder, place):
    rows = rows_of(folder, place)
    if not place.file.endswith(".xlsx"):
        return max(rows[:4], key=lambda row: sum(bool(cell) for cell in row))
    top, bottom = rows[1], rows[2]
    filled = [top[max(j for j in range(i + 1) if top[j])] for i in range(len(top))]
    return [f"{a} {b}".strip() if b else a for a, b in zip(filled, bottom, strict=True)]


def all_places(truth):
    items = [*truth.causes, *truth.inactive, *truth.decoys, *truth.after, *truth.confounded, *truth.faults]
    return {place for item in items for place in item.columns}


def trend(folder, truth):
    """The PLC's trend with times moved to the MES's clock, values as numbers (codes and texts become null)."""
    text = decoded(folder, truth.clock_files[0])
    frame = pl.read_csv(text.encode(), infer_schema=False)
    if not frame.item(0, 0):
        frame = frame.slice(1)
    form = next(f for f in TIME_FORMATS if re.fullmatch(re.sub(r"%.", r"\\w+", f), frame.item(0, 0)))
    moment = pl.Series([datetime.strptime(text, form) for text in frame.to_series(0)]) + timedelta(seconds=truth.clock_offset_s)
    values = frame[:, 1:].select(pl.all().cast(pl.Float64, strict=False))
    return moment, values.with_columns(pl.when(pl.all() > -9000).then(pl.all()))


def per_lot(run, moment, values):
    """Mean of a tag over each lot's stay; lots without a sample are null."""
    seconds = (moment - run.begin).dt.total_seconds().to_numpy()
    lot = np.searchsorted(run.lots.start, seconds, side="right") - 1
    inside = (lot >= 0) & (seconds < run.lots.end[np.clip(lot, 0, None)])
    means = pl.DataFrame({"lot": lot[inside], "value": values.to_numpy()[inside]}).fill_nan(None).group_by("lot").mean()
    lots = pl.DataFrame({"lot": np.arange(run.lots.start.size)})
    return lots.join(means, on="lot", how="left", maintain_order="left")["value"].to_numpy()


def test_every_declared_column_stands_in_its_file(made, truth):
    assert len(all_places(truth)) > 25
    for place in all_places(truth):
        assert place.column in headers_of(made.folder, place), place


def test_target_and_its_values_stand_in_the_inspection(made, truth):
    rows = list(csv.DictReader(io.StringIO(decoded(made.folder, truth.target.file))))
    values = {row[truth.target.column] for row in rows}
    assert values == {"양품", *truth.target.bad}


def test_recordings_show_the_settings_through_clock_and_unit(made, truth):
    plant = pickling.build(truth.seed)
    run = pickling.operate(plant, truth.pieces)
    moment, values = trend(made.folder, truth)
    from tundish.works.pickling.truth import SHOWN

    checked = 0
    for setting in (*truth.causes, *truth.inactive):
        _, factor, offset = SHOWN[setting.name]
        true = getattr(run.settings, setting.name) * factor + offset
        for place in setting.columns:
            if place.file not in truth.clock_files or place.factor is None or setting.name == "acid":
                continue
            seen = per_lot(run, moment, values[place.column])
            wrong = np.abs((seen - place.offset) / place.factor - true) / np.median(true)
            # the density meter that shows iron is the coarse one
            assert np.nanmedian(wrong) < (0.10 if setting.name == "iron" else 0.02), place
            checked += 1
    assert checked >= 7


def test_the_declared_offset_is_the_one_that_fits(made, truth):
    run = pickling.operate(pickling.build(truth.seed), truth.pieces)
    moment, values = trend(made.folder, truth)
    speed = next(s for s in (*truth.causes, *truth.inactive) if s.name == "speed")
    column = next(p.column for p in speed.columns if p.role == "recording")
    moving = values[column].to_numpy() > 10.0

    def agreement(shift):
        seconds = (moment - run.begin).dt.total_seconds().to_numpy() + shift
        lot = np.clip(np.searchsorted(run.lots.start, seconds, side="right") - 1, 0, None)
        return np.nanmean(moving == ((seconds >= run.lots.start[lot]) & (seconds < run.lots.end[lot])))

    assert agreement(0.0) > 0.99
    assert agreement(0.0) > max(agreement(-60.0), agreement(60.0)) + 0.02
    assert 40 <= abs(truth.clock_offset_s) <= 300


def test_the_faults_are_there(made, truth):
    text = decoded(made.folder, truth.clock_files[0])
    assert "-9999" in text and "#DIV/0!" in text
    frozen = next(f for f in truth.faults if "frozen" in f.why).columns[0]
    values = trend(made.folder, truth)[1][frozen.column]
    assert values.rle().struct.field("len").max() > 0.1 * len(values)
    workbook = next(p for p in all_places(truth) if p.file.endswith(".xlsx"))
    assert any("확인중" in row for row in rows_of(made.folder, workbook))
    moments = trend(made.folder, truth)[0]
    assert moments.diff().max() > timedelta(minutes=5)


def test_lots_are_spelled_in_two_ways_with_a_few_slips(made, truth):
    production = next(p for c in truth.causes + truth.inactive for p in c.columns if c.name == "coiling")
    files = sorted({p.file for c in truth.causes + truth.inactive for p in c.columns if c.name == "coiling"})
    assert decoded(made.folder, production.file).splitlines()[-1].startswith("합계")
    lots = re.findall(r"^L\d{6}-\d{4}", "\n".join(decoded(made.folder, f) for f in files), re.MULTILINE)
    assert len(lots) == len(set(lots)) == truth.pieces
    inspected = [row[0] for row in csv.reader(io.StringIO(decoded(made.folder, truth.target.file)))][1:]
    known = {lot.replace("-", "") for lot in lots}
    slips = [lot for lot in inspected if lot not in known]
    assert 0 < len(slips) < truth.pieces / 80
    assert 0 < len(inspected) - len(set(inspected)) < truth.pieces / 100


def test_same_seed_same_bytes(tmp_path):
    one, two = (works.make("pickling", seed=7, out=tmp_path / name, pieces=60) for name in ("a", "b"))
    names = sorted(p.name for p in one.folder.iterdir())
    assert names == sorted(p.name for p in two.folder.iterdir())
    assert all((one.folder / name).read_bytes() == (two.folder / name).read_bytes() for name in names)
    assert one.truth_path.read_bytes() == two.truth_path.read_bytes()


def test_a_second_trend_file_holds_the_drives(tmp_path):
    made = works.make("pickling", seed=2, out=tmp_path / "large", pieces=40, trend_files=2)
    truth = works.load(made.truth_path)
    assert len(truth.clock_files) == 2
    for name in truth.clock_files:
        assert len(decoded(made.folder, name).splitlines()[0].split(",")) == 16
    assert sum(place.file == truth.clock_files[1] for item in truth.decoys for place in item.columns) == 15


def test_an_unknown_line_is_named_with_the_known_ones(tmp_path):
    with pytest.raises(UnknownLine, match="pickling"):
        works.make("galvanising", seed=1, out=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "plant").mkdir()
    (tmp_path / "plant" / "mine.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(CannotWrite, match="not empty"):
        works.make("pickling", seed=1, out=tmp_path / "plant", pieces=40)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CannotWrite):
        works.make("pickling", seed=1, out=tmp_path / "file", pieces=40)
    (tmp_path / "new.truth.json").write_text("{}", encoding="utf-8")
    with pytest.raises(CannotWrite):
        works.make("pickling", seed=1, out=tmp_path / "new", pieces=40)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "new.truth.json", "plant"]


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "plant").mkdir()
    made = works.make("pickling", seed=1, out=tmp_path / "plant", pieces=30)
    assert made.folder == tmp_path / "plant"
    assert made.truth_path == tmp_path / "plant.truth.json"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plant", "plant.truth.json"]
