"""Are odd files of plant tools read as a person reads them: delimiter, quotes, header, footer, decimal sign, cells?"""

import pytest
from odd_files import held_out, later, tuned
from odd_reading import odd_files, ours, wrong

TUNED = list(odd_files(tuned.STYLES, each=8, seed=20240301))
HELD_OUT = [*odd_files(held_out.STYLES, each=9, seed=77), *odd_files(later.STYLES, each=6, seed=99)]


def test_there_are_files_enough():
    assert len(TUNED) >= 200
    assert len(HELD_OUT) >= 60
    assert len({file.content for file in TUNED}) == len(TUNED)


@pytest.mark.parametrize("file", TUNED, ids=lambda file: file.name)
def test_an_odd_file_is_read_as_it_was_written(file):
    judged = ours(file)
    assert judged.whole, wrong(file.truth, judged)
    assert judged.cells, wrong(file.truth, judged)


@pytest.mark.parametrize("file", HELD_OUT, ids=lambda file: file.name)
def test_a_style_that_came_later_is_read_too(file):
    judged = ours(file)
    assert judged.whole, wrong(file.truth, judged)
    assert judged.cells, wrong(file.truth, judged)
