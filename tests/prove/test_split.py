from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from made_pieces import BEGIN, TARGET, TEMPERATURE, pieces
from tundish.errors import TooFewDefects, TooFewPieces
from tundish.prove import split
from tundish.questions import Wish, ask
from tundish.table import SOURCE
from tundish.trace.pieces import BATCH, MOMENT, PIECE, Pieces
from tundish.vocabulary import load_catalogue


def asked(of: Pieces):
    return ask(of, Wish(), load_catalogue())


def made(count: int, share: float = 0.2, **more: object) -> Pieces:
    random = np.random.default_rng(1)
    defect = np.where(random.random(count) < share, "불량", "양품")
    return pieces({"temperature": random.normal(950, 30, count), "defect": defect}, (TEMPERATURE, TARGET), **more)


def test_later_pieces_prove() -> None:
    whole = made(400)
    parts = split(whole, asked(whole))
    assert (parts.earlier.table.frame.height, parts.later.table.frame.height) == (300, 100)
    assert parts.earlier.table.frame[MOMENT].max() < parts.at == parts.later.table.frame[MOMENT].min()
    assert not set(parts.earlier.table.frame[PIECE]) & set(parts.later.table.frame[PIECE])


def test_no_batch_stands_on_both_sides() -> None:
    whole = made(400, batch=np.arange(400) // 7)
    parts = split(whole, asked(whole))
    assert not set(parts.earlier.table.frame[BATCH]) & set(parts.later.table.frame[BATCH])
    assert parts.earlier.table.frame.height + parts.later.table.frame.height == 400
    assert abs(parts.earlier.table.frame.height - 300) <= 7


def test_batches_that_run_through_are_set_aside_and_counted() -> None:
    whole = made(400, batch=np.where(np.arange(400) % 4 == 0, 0, np.arange(400)))
    parts = split(whole, asked(whole))
    assert not set(parts.earlier.table.frame[BATCH]) & set(parts.later.table.frame[BATCH])
    (aside,) = [finding for finding in parts.findings if finding.code == "split.batch_parted"]
    assert aside.count == 400 - parts.earlier.table.frame.height - parts.later.table.frame.height == 25


def test_the_border_between_exports_is_taken() -> None:
    moments: list[datetime | None] = [BEGIN + timedelta(minutes=n) for n in range(350)]
    moments += [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(450)]
    whole = made(800, source=np.repeat([0, 1], [350, 450]), moments=moments)
    parts = split(whole, asked(whole))
    assert (parts.earlier.table.frame.height, parts.later.table.frame.height) == (350, 450)
    assert set(parts.later.table.frame[SOURCE]) == {1}


def test_exports_that_overlap_in_time_are_cut_by_time() -> None:
    whole = made(800, source=np.arange(800) % 2)
    assert split(whole, asked(whole)).earlier.table.frame.height == 600


def test_without_time_the_rows_are_used_and_it_is_said() -> None:
    whole = made(200, moments=[None] * 200)
    parts = split(whole, asked(whole))
    assert parts.at is None
    assert [finding.code for finding in parts.findings] == ["split.row_order"]
    assert parts.earlier.table.frame[PIECE].to_list() == whole.table.frame[PIECE].to_list()[:150]


def test_pieces_without_target_are_left_out_and_counted() -> None:
    random = np.random.default_rng(2)
    defect = np.where(random.random(300) < 0.2, "불량", "양품").astype(object)
    defect[::10] = None
    whole = pieces({"temperature": random.normal(950, 30, 300), "defect": defect}, (TEMPERATURE, TARGET))
    parts = split(whole, asked(whole))
    assert parts.earlier.table.frame.height + parts.later.table.frame.height == 270
    assert parts.findings[0].count == 30


def test_thirty_lots_are_too_few() -> None:
    with pytest.raises(TooFewPieces, match=r"30 pieces .* at least 60"):
        split(made(30), asked(made(30)))


def test_two_defects_are_too_few() -> None:
    whole = made(400, share=0.006)
    with pytest.raises(TooFewDefects, match="at least 8 and 4"):
        split(whole, asked(whole))


def test_rows_of_one_moment_stay_together() -> None:
    moments = [BEGIN + timedelta(hours=n // 10) for n in range(400)]
    whole = made(400, moments=moments)
    parts = split(whole, asked(whole))
    assert not set(parts.earlier.table.frame[MOMENT]) & set(parts.later.table.frame[MOMENT])
