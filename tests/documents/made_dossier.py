"""A run made by hand: every figure on the papers is known beforehand, with hostile names among the plant's own.

Its sentences are some of the papers' own, so that they stand in the catalogue whatever other stages say today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from tundish.documents.dossier import Dossier
from tundish.errors import Message
from tundish.learn.answer import Answer, Cause, Confounded, Curve, Limit, Rule, Window
from tundish.learn.question import Wish
from tundish.prove import Evidence, Interval, Split
from tundish.prove.evidence import Period, Saving, WindowEvidence
from tundish.questions.property import Property
from tundish.questions.quality import Quality
from tundish.share import share
from tundish.table import Column, Finding, Match, Origin, Refusal, Repair, Table
from tundish.trace.pieces import BATCH, END, MOMENT, PIECE, START, Clock, Link, Pieces

HOSTILE = "=cmd|' /C calc'!A1<img src=x onerror=alert(1)> & \"따옴표\""
BEGIN = datetime(2025, 3, 1, 15, 30, tzinfo=UTC)
"""00:30 of 2 March in Seoul."""
COUNT = 400

TEMPERATURE = Column(
    "rolling|rolling.temperature", "number",
    (Origin("2021.csv", None, "ROLLING_TEMP_T5"), Origin("2023.xlsx", "실적", "압연 온도(℃)")),
    concept="rolling.temperature", unit="K", unit_read="℃", offset=273.15,
)  # fmt: skip
SPEED = Column(
    "plc|line.speed|mean", "number", (Origin("plc.csv", None, "라인속도(m/min)"),),
    concept="line.speed", unit="m/s", unit_read="m/min", factor=1 / 60, statistic="mean", window="stay",
)  # fmt: skip
SPRAY = Column("rolling|spray", "category", (Origin("2021.csv", None, HOSTILE),))
VERDICT = Column("rolling|verdict", "category", (Origin("2021.csv", None, "판정"),), known="with_target")
HARDNESS = Column(
    "lab|hardness", "number", (Origin("lab.csv", None, "경도"),), unit="Pa", unit_read="MPa", factor=1e6, known="with_target"
)


@dataclass(frozen=True)
class Always:
    """Predicts one value."""

    value: float

    def predict(self, frame: pl.DataFrame) -> np.ndarray:
        return np.full(frame.height, self.value)


def pieces() -> Pieces:
    """Temperatures around 950 degC; bad above 1,000 degC; one piece without a temperature."""
    random = np.random.default_rng(7)
    celsius = np.round(950 + 40 * random.normal(size=COUNT), 1)
    celsius[0] = 1000.0
    moments = [BEGIN + timedelta(hours=number) for number in range(COUNT)]
    bad = celsius > 1000
    temperature = pl.Series(celsius + 273.15)
    temperature = temperature.scatter(1, [None])
    frame = pl.DataFrame(
        {
            PIECE: [f"P{number:03d}" for number in range(COUNT)], START: moments, END: moments, MOMENT: moments,
            BATCH: [f"B{number // 4}" for number in range(COUNT)],
            TEMPERATURE.name: temperature, SPEED.name: (90 + random.normal(size=COUNT)) / 60,
            SPRAY.name: np.where(random.random(COUNT) < 0.5, HOSTILE, "적용"),
            VERDICT.name: np.where(bad, "불량", "양품"), HARDNESS.name: (260 + 3 * random.normal(size=COUNT)) * 1e6,
        }
    )  # fmt: skip
    table = Table("pieces", frame, (TEMPERATURE, SPEED, SPRAY, VERDICT, HARDNESS), (Origin("2021.csv"),))
    links = (Link("plc", "time", ("투입", "수집시각"), 9000, 8800, 399, 0),)
    clocks = (Clock("plc.csv", 59.0, 58.5, 59.5, Message("None.")),)
    return Pieces(table, VERDICT.name, "piece", links, clocks, 1)


def part(whole: Pieces, low: int, high: int) -> Pieces:
    return replace(whole, table=replace(whole.table, frame=whole.table.frame[low:high]))


def causes() -> tuple[Cause, ...]:
    reason = Message("Nothing is claimed.")
    grid = tuple(float(value) + 273.15 for value in range(880, 1030, 10))
    rise = tuple(0.05 if value <= 1273.15 else 0.9 for value in grid)
    curve = Curve(grid, rise, tuple(0.9 * y for y in rise), tuple(1.1 * y for y in rise), tuple(20 for _ in grid))
    levels = Curve((HOSTILE, "적용"), (0.3, 0.1), (0.2, 0.05), (0.4, 0.15), (200, 200))
    speed = Curve((1.45, 1.5, 1.55), (0.2, 0.15, 0.1), (0.1, 0.1, 0.05), (0.3, 0.2, 0.2), (50, 200, 50))
    return (
        Cause(TEMPERATURE, (), "increases", 0.4, 0.99, 0.6, reason, curve),
        Cause(SPEED, (), "decreases", 0.1, 0.93, 0.3, reason, speed),
        Cause(SPRAY, (), "by_level", 0.2, 0.85, 0.1, reason, levels),
    )


WINDOW = Window((Limit(SPEED, 1.5, None), Limit(TEMPERATURE, None, 1273.15)), 0.04, 0.12, 0.8)
"""The limits stand in the other order than the causes."""
RULE = Rule(((Limit(TEMPERATURE, 1273.15, None),), (Limit(SPRAY, None, None, (HOSTILE,)), Limit(SPEED, None, 1.4))), 0.97)


def answer() -> Answer:
    weak = Message("None.")
    suspect = Cause(SPRAY, (), "both_sides", 0.05, 0.3, 0.0, weak, None)
    return Answer(
        causes=causes(), suspects=(suspect,), confounded=(Confounded((TEMPERATURE, SPEED), Message("None.")),),
        refused=(Refusal(HARDNESS, Message("None.")),),
        window=WINDOW, rule=RULE, model=Always(0.1), linear=Always(0.1), inputs=(TEMPERATURE.name, SPEED.name), findings=(),
    )  # fmt: skip


def evidence(later: Pieces) -> Evidence:
    moments = later.table.frame[MOMENT]
    half = later.table.frame.height // 2
    periods = tuple(
        Period(moments[at], moments[at + half - 1], half, 0.02, 0.11, 0.05, 0.11, 0.03, 40, None) for at in (0, half)
    )
    inside = WindowEvidence(Interval(0.03, 0.01, 0.06), 0.5, 0.11, 80, 1.1, True, 0.04, 0.08, Interval(0.08, 0.05, 0.1), 20)
    saving = Saving(Interval(12_345_678.0, 9e6, 1.5e7), Interval(4e6, 3e6, 5e6), Message("None."))
    return Evidence(
        split=Message("Learned from {earlier} pieces ({earlier_from} to {earlier_to}), proved on {later} later ones "
                      "({later_from} to {later_to}).", earlier=300, later=100, earlier_from="2025-03-01",
                      earlier_to="2025-03-14", later_from="2025-03-14", later_to="2025-03-18"),
        earlier=300, later=100, metric="error_rate", today=0.11, linear=0.05, model=0.02, week=None, rule_right=0.96,
        rule_interval=Interval(0.96, 0.9, 0.99), ranking=0.95, gain_over_today=Interval(0.09, 0.05, 0.12),
        gain_over_linear=Interval(0.03, 0.0, 0.05), window=inside, saving=saving, periods=periods, coverage=None,
        half_width=None, verdict="useful",
        reason=Message("{pieces} pieces", pieces=100),
    )  # fmt: skip


def dossier() -> Dossier:
    """A defect with a window."""
    whole, told, proof = pieces(), answer(), None
    earlier, later = part(whole, 0, 300), part(whole, 300, COUNT)
    proof = evidence(later)
    origin = Origin("2021.csv", None, HOSTILE)
    return Dossier(
        plant="<b>포항 1공장</b>", time_zone="Asia/Seoul", created=BEGIN, target_reason=Message("None."),
        question=Quality(Wish(), frozenset({"불량"})), pieces=whole,
        split=Split(earlier, later, Message("None."), later.table.frame[MOMENT][0]),
        answer=told, evidence=proof, card=share(told, proof, whole),
        matches=(Match(origin, "rolling.temperature", 0.91, "℃", "K", (("line.speed", 0.2),), Message("None.")),),
        findings=(Finding("odd", "warning", Message("Not read: {files}", files=HOSTILE), origin, 3, (2, 5, 9)),),
        repairs=(Repair("mended", Message("None."), origin, 1, HOSTILE, None, (4,)),),
        skipped=("메모.txt",), files=(("2021.csv", "ab" * 32),),
    )  # fmt: skip


def without_answer(verdict: str = "too_little_data") -> Dossier:
    """No cause, no window, no rule."""
    made = dossier()
    told = replace(made.answer, causes=(), suspects=(), confounded=(), window=None, rule=None)
    reason = Message("{pieces} pieces", pieces=100)
    proof = replace(made.evidence, window=None, saving=None, rule_right=None, verdict=verdict, reason=reason)
    return replace(made, answer=told, evidence=proof)


def of_a_number(limits: tuple[float | None, float | None] = (None, None)) -> Dossier:
    """A hardness in MPa, with one cause; limits in MPa."""
    made = dossier()
    whole = replace(made.pieces, target=HARDNESS.name)
    earlier, later = part(whole, 0, 300), part(whole, 300, COUNT)
    told = replace(made.answer, causes=causes()[:1], window=None, rule=None, model=Always(260e6), refused=())
    told = replace(told, causes=(replace(told.causes[0], effect=4e6, curve=None),))
    proof = replace(
        made.evidence, metric="mae", today=3e6, linear=2.5e6, model=2e6, window=None, saving=None, rule_right=None,
        gain_over_today=Interval(1e6, 5e5, 1.5e6), coverage=0.91, half_width=5e6,
    )  # fmt: skip
    inside = tuple(None if limit is None else 1e6 * limit for limit in limits)
    question = Property(Wish(limits=limits), inside, None)
    split = replace(made.split, earlier=earlier, later=later)
    return replace(made, pieces=whole, split=split, question=question, answer=told, evidence=proof)
