import numpy as np
import polars as pl

from made_pieces import CHANCES, SPRAY, TARGET, TEMPERATURE, line, pieces, rows
from tundish.learn.answer import Answer, Limit, Window
from tundish.prove import prove
from tundish.questions import Wish, ask
from tundish.share import Card, share
from tundish.share.card import content_hash
from tundish.trace.pieces import PIECE, Pieces
from tundish.vocabulary import load_catalogue


class Half:
    """A model that never knows."""

    def predict(self, frame: pl.DataFrame) -> np.ndarray:
        return np.full(frame.height, 0.1)


def card_of(whole: Pieces) -> Card:
    earlier, later = rows(whole, 0, 3000), rows(whole, 3000, 4000)
    window = Window((Limit(TEMPERATURE, None, 1273.15),), 0.06, 0.13, 0.85)
    said = Answer((), (), (), (), window, None, Half(), Half(), ("temperature", "spray"), ())
    return share(said, prove(said, later, earlier, ask(whole, Wish(), load_catalogue())), whole)


def test_the_card_shows_no_row_and_signs_itself() -> None:
    whole, _, _ = line(4000, CHANCES["threshold"], 1)
    card = card_of(whole)
    text = repr(card)
    assert not any(piece in text for piece in whole.table.frame[PIECE])
    assert card.who == "this plant only"
    assert card.hash == content_hash(card) and len(card.hash) == 64
    hot, spray = card.holds
    assert hot.low is not None and hot.high is not None and 800 < hot.low < hot.high < 1150
    assert spray.levels == ("off", "on")
    assert [(limit.column, limit.low, limit.high) for limit in card.window] == [("온도", None, 1000.0)]
    assert card.period == ("2024-01-01", "2024-01-28")


def test_the_card_does_not_name_a_rare_level() -> None:
    whole, values, _ = line(4000, CHANCES["threshold"], 1)
    values["spray"] = values["spray"].astype(object)
    values["spray"][0] = "order 4711"
    whole = pieces(values, (TEMPERATURE, SPRAY, TARGET))
    assert "order 4711" not in repr(card_of(whole))
