"""What is the scatter of each piece at every offset? One pass along the rows for each piece, in machine code.

As the offset grows the stay wanders back over the rows, so that its three edges move on instead of being searched anew.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from tundish.trace.stays.compiled import compiled

_SIGNATURE = "void(i8[::1],f8[::1],f8[::1],i8[:,::1],i8[::1],i8,f8,f8,f8[:,::1])"


@compiled(_SIGNATURE)
def sweep(times, sums, squares, edges, first_us, step_us, step_s, unseen, out):  # noqa: ANN001, ANN201, PLR0917
    """Fill ``out[piece, n]`` with the scatter at an offset of ``first_us[piece] + n * step_us``.

    ``sums``, ``squares``: running sums of the signal and of its squares, rows + 1; ``edges``: start, end and end of the pause,
    pieces x 3, as ``times`` in microseconds; ``step_s``: seconds between rows; ``unseen``: what a row
    costs that should be there and is not.
    """
    rows = times.size
    for piece in range(edges.shape[0]):
        begin, end, then = edges[piece, 0], edges[piece, 1], edges[piece, 2]
        due = (then - begin) / (step_s * 1e6) - 2.0
        first, last, past = rows, rows, rows
        offset = first_us[piece]
        low, high = 0, rows  # rows from which on all are later than the pause at the first offset
        while low < high:
            middle = (low + high) // 2
            if times[middle] < then - offset:
                low = middle + 1
            else:
                high = middle
        first, last, past = low, low, low
        for n in range(out.shape[1]):
            while past > 0 and times[past - 1] >= then - offset:
                past -= 1
            last = min(last, past)
            while last > 0 and times[last - 1] >= end - offset:
                last -= 1
            first = min(first, last)
            while first > 0 and times[first - 1] >= begin - offset:
                first -= 1
            total = squares[past] - squares[first]
            held, left = sums[last] - sums[first], sums[past] - sums[last]
            total -= held * held / max(last - first, 1) + left * left / max(past - last, 1)
            out[piece, n] = max(total, 0.0) + unseen * max(due - (past - first), 0.0)
            offset += step_us
