"""Short texts of Korean plants in their encodings, each with its truth. For the test and for the benchmark."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

HEADERS = (
    *(
        "시각,온도,압력",
        "로트번호,두께(㎜),폭(㎜)",
        "일자,생산량,불량수",
        "코일번호,속도(mpm),장력(kgf)",
        "설비,전류(A),전압(V)",
    ),
    *("강종,항복강도,연신율", "히트번호,탄소,망간", "측정일시,농도(%),비고", "번호,값,판정", "시간,유량(ℓ/min),온도(℃)"),
    *("작업자,조,라인", "롤번호,직경,마모량"),
)
WORDS = (
    *(
        "양호",
        "불량",
        "재검사",
        "정상",
        "보류",
        "표면 흠",
        "에지 크랙",
        "홍길동",
        "1호기",
        "야간조",
        "주간",
        "산세",
        "냉연",
        "열연",
    ),
    *("도금", "압연", "똠방각하", "뷁", "믜", "쌰", "펲시콜라", "햏", "붸", "뾱", "찦차", "쓩"),
)
RARE = ("똠", "뷁", "믜", "햏", "펲", "찦", "쌰", "쓩", "붸", "뾱", "꽥", "뙇")


@dataclass(frozen=True)
class Sample:
    """A text as bytes; ``text`` is what must come out."""

    kind: str
    encoding: str
    text: str

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode(self.encoding)


def _numbers(rng: random.Random) -> str:
    return f"{rng.randint(1, 999)},{rng.gauss(80, 9):.2f},{rng.gauss(5, 1):.3f}"


def header_only(rng: random.Random, rows: int) -> str:
    """Hangul in the first line only."""
    return "\n".join([rng.choice(HEADERS), *(_numbers(rng) for _ in range(rows))]) + "\n"


def in_cells(rng: random.Random) -> str:
    """An English header over Korean words."""
    rows = [f"{_numbers(rng)},{rng.choice(WORDS)}" for _ in range(rng.randint(3, 30))]
    return "\n".join(["no,value,other,note", *rows]) + "\n"


def mixed(rng: random.Random) -> str:
    """Hangul, signs and units wherever they may stand."""
    rows = [
        f"{_numbers(rng)},{rng.choice(WORDS)} {rng.choice(('±0.5℃', '→', '※', '㎏/㎠', '③', ''))}"
        for _ in range(rng.randint(2, 25))
    ]
    return "\n".join([rng.choice(HEADERS) + ",비고", *rows]) + "\n"


def single(rng: random.Random) -> str:
    """One syllable in the whole file, often one that EUC-KR has not."""
    rows = [_numbers(rng) for _ in range(rng.randint(2, 40))]
    rows[rng.randrange(len(rows))] += rng.choice(RARE)
    return "\n".join(["a,b,c", *rows]) + "\n"


def samples(seed: int = 5) -> Iterator[Sample]:
    """40 of each of five kinds, each in CP949 and UTF-8 by turns, and 40 more with a mark or two bytes a character."""
    kinds = {
        "header, 5 rows": lambda rng: header_only(rng, 5),
        "header, 200 rows": lambda rng: header_only(rng, 200),
        "cells": in_cells,
        "mixed": mixed,
        "one syllable": single,
    }
    for kind, make in kinds.items():
        for index in range(40):
            yield Sample(kind, ("cp949", "utf-8")[index % 2], make(random.Random(f"{seed} {kind} {index}")))
    for index in range(40):
        rng = random.Random(f"{seed} marked {index}")
        yield Sample("marked", ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")[index % 4], mixed(rng))
