"""What a data scientist would write by hand for the benchmark plant: pandas, file names and formats known, clock offset given.

It does what the main job does up to the model: reads every export, parses times and numbers, lists cells that are none, empties
missing codes and frozen stretches, looks for constants, copies, gaps and double rows, joins lots and signals, learns on the
earlier lots and scores the later ones. It finds nothing by itself:
encodings, header rows, time formats, keys, units, clock offset and target stand in the code.

Run: python benchmarks/peers/pandas_script.py PLANT OFFSET_SECONDS
Prints one JSON line: seconds of reading and standardising, seconds in all, error rate on the last quarter.
"""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

MISSING = {-9999, -999.9, 9999}
KELVIN = 273.15


def korean_times(texts: pd.Series) -> pd.Series:
    """`2025-09-22 오후 2:31:05` and the like."""
    english = texts.str.replace("오전", "AM").str.replace("오후", "PM")
    seconds = ":%S" if english.iloc[0].count(":") == 2 else ""
    return pd.to_datetime(english, format=f"%Y-%m-%d %p %I:%M{seconds}")


def read_trend(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """One PLC file: times, numbers, missing codes, frozen stretches; temperatures in K. With what a person should know."""
    try:
        texts = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    except UnicodeDecodeError:
        texts = pd.read_csv(path, encoding="cp949", dtype=str)
    frame, notes = texts.copy(), []
    stamp = frame.columns[0]
    frame[stamp] = pd.to_datetime(frame[stamp], format="%Y-%m-%d:%H:%M:%S").dt.tz_localize("Asia/Seoul").dt.tz_convert("UTC")
    for column in frame.columns[1:]:
        values = pd.to_numeric(texts[column], errors="coerce")
        odd = texts[column][values.isna() & texts[column].notna()]
        notes += [f"{path.name}, row {row + 2}, {column}: {text}" for row, text in odd.head(20).items()]
        often = values.value_counts()
        codes = [code for code in MISSING if often.get(code, 0) > 1]
        notes += [f"{path.name}, {column}: {code} {often[code]} times" for code in codes]
        values = values.mask(values.isin(codes))
        notes += [f"{path.name}, {column}: constant"] if often.size == 1 else []
        same = values.diff().eq(0)
        run = same.groupby((~same).cumsum()).cumsum()
        if run.max() > 2000 and same.mean() < 0.5:
            values = values.mask(run > 2000)
        frame[column] = values + KELVIN if "℃" in column else values
    notes += [f"{path.name}: gap before row {row + 2}" for row in np.flatnonzero(frame[stamp].diff() > pd.Timedelta("10min"))]
    notes += [f"{path.name}: {frame.duplicated().sum()} rows twice"]
    signals = frame.columns[1:]
    notes += [f"{a} = {b}" for i, a in enumerate(signals) for b in signals[i + 1 :] if (frame[a] == frame[b]).mean() > 0.999]
    return frame.rename(columns={stamp: "time"}).sort_values("time"), notes


def read_lots(folder: Path) -> pd.DataFrame:
    """The MES tables, also those in archives, without title and footer."""
    parts = [pd.read_csv(path, encoding="cp949", skiprows=2, thousands=",") for path in sorted(folder.glob("생산실적*.csv"))]
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            parts += [
                pd.read_csv(io.BytesIO(archive.read(n)), encoding="cp949", skiprows=2, thousands=",")
                for n in archive.namelist()
            ]
    lots = pd.concat(parts, ignore_index=True)
    lots = lots[lots["로트번호"].ne("합계")]
    for column in ("투입시각", "배출시각"):
        lots[column] = korean_times(lots[column]).dt.tz_localize("Asia/Seoul").dt.tz_convert("UTC")
    lots["권취온도(℃)"] = pd.to_numeric(lots["권취온도(℃)"], errors="coerce").replace(0, np.nan) + KELVIN
    lots["lot"] = lots["로트번호"].str.replace("-", "")
    return lots


def read_inspection(folder: Path) -> pd.DataFrame:
    """The verdicts."""
    path = next(folder.glob("검사*.csv"))
    try:
        found = pd.read_csv(path, encoding="utf-8-sig")
    except UnicodeDecodeError:
        found = pd.read_csv(path, encoding="cp949")
    found["time"] = korean_times(found["검사일"].str.replace(".", "-") + " " + found["시각"])
    return found.rename(columns={"로트": "lot"}).drop_duplicates("lot")


def features(lots: pd.DataFrame, trend: pd.DataFrame, offset: pd.Timedelta) -> pd.DataFrame:
    """Mean, deviation, extremes and slope of each signal over each lot's stay."""
    trend = trend.assign(time=trend["time"] + offset)
    stays = lots[["lot", "투입시각", "배출시각"]].sort_values("투입시각")
    joined = pd.merge_asof(trend, stays, left_on="time", right_on="투입시각")
    joined = joined[joined["time"] <= joined["배출시각"]]
    signals = [column for column in trend.columns if column != "time"]
    grouped = joined.groupby("lot")[signals]
    made = grouped.agg(["mean", "std", "min", "max"])
    made.columns = [f"{a} {b}" for a, b in made.columns]
    hours = (joined["time"] - joined["투입시각"]).dt.total_seconds() / 3600
    centred = hours - hours.groupby(joined["lot"]).transform("mean")
    weights = joined[signals].mul(centred, axis=0).groupby(joined["lot"]).sum()
    slopes = weights.div((centred**2).groupby(joined["lot"]).sum(), axis=0)
    return made.join(slopes.add_suffix(" slope"))


def main() -> None:
    """The whole script."""
    folder, offset = Path(sys.argv[1]), pd.Timedelta(seconds=float(sys.argv[2]))
    began = time.perf_counter()
    read = [read_trend(path) for path in sorted(folder.glob("PLC*.csv"))]
    trends, notes = [frame for frame, _ in read], [note for _, found in read for note in found]
    lots, verdicts = read_lots(folder), read_inspection(folder)
    pd.read_excel(next(folder.glob("*.xlsx")), sheet_name=None, header=[1, 2])
    standardised = time.perf_counter() - began
    table = lots.merge(verdicts[["lot", "판정결과"]], on="lot").sort_values("투입시각").set_index("lot")
    for trend in trends:
        table = table.join(features(lots, trend, offset))
    import lightgbm

    bad = table["판정결과"].ne("양품").astype(int).to_numpy()
    inputs = table.select_dtypes("number").to_numpy(dtype=float)
    cut = int(0.75 * len(table))
    settings = {"objective": "binary", "learning_rate": 0.03, "num_leaves": 15, "verbosity": -1, "seed": 0}
    model = lightgbm.train(settings, lightgbm.Dataset(inputs[:cut], bad[:cut]), 800)
    wrong = float(((np.asarray(model.predict(inputs[cut:])) > 0.5) != bad[cut:]).mean())
    whole = time.perf_counter() - began
    said = {"standardised_s": round(standardised, 3), "whole_s": round(whole, 3), "error_rate": round(wrong, 4)}
    print(json.dumps(said | {"notes": len(notes)}))


if __name__ == "__main__":
    main()
