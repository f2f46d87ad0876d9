"""How are eight samples added up at a time, always in the same order?

numba leaves a loop that adds floats one by one as it is: another order gives other bits. Here the order is eight sums side
by side, written as vectors of eight, so that every processor adds alike, in whatever registers it has.
"""

# ruff: noqa: ANN401, PLR0917
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WIDTH = 8
"""Samples taken together; fewer than these are none of this file's business."""

_AHEAD = 512
"""Samples ahead that are asked for while the present ones are added up."""
_DOUBLE = ir.DoubleType()
_WORD = ir.IntType(64)
_tuple: Any = types.UniTuple
_THREE = _tuple(types.float64, 3)
_LANES = ir.VectorType(_DOUBLE, WIDTH)
_Step = Callable[[Any, Any, Sequence[Any]], list[Any]]


def _sum(typing: Any, v: Any, a: Any, n: Any) -> Any:
    """Sum, least and greatest of ``v[a:a + n]`` for ``n`` of at least 8; the sum is NaN when any is."""
    made = _THREE(v, types.int64, types.int64)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = _pointer(context, builder, signature.args[0], args[0], args[1])

        def step(at: Any, fresh: Any, sums: Sequence[Any]) -> list[Any]:
            x = _load(builder, source, at)
            _fetch(builder, builder.gep(source, [builder.add(at, ir.Constant(_WORD, _AHEAD))]))
            total, low, high = (builder.select(fresh, x, _all(empty)) for empty in (0.0, np.inf, -np.inf))
            return [
                builder.fadd(sums[0], total),
                builder.select(builder.fcmp_ordered("<", low, sums[1]), low, sums[1]),
                builder.select(builder.fcmp_ordered(">", high, sums[2]), high, sums[2]),
            ]

        total, low, high = _sweep(builder, args[2], [_all(0.0), _all(np.inf), _all(-np.inf)], step)
        folded = [
            _fold(builder, total, builder.fadd),
            _fold(builder, low, lambda x, y: builder.select(builder.fcmp_ordered("<", x, y), x, y)),
            _fold(builder, high, lambda x, y: builder.select(builder.fcmp_ordered(">", x, y), x, y)),
        ]
        return context.make_tuple(builder, signature.return_type, folded)

    return made, code


def _distances(typing: Any, v: Any, a: Any, n: Any, centre: Any, t: Any, b: Any) -> Any:
    """Sums of the distances of ``v[a:a + n]`` from ``centre``, of their squares, and of distance times ``t[b:b + n]``."""
    made = _THREE(v, types.int64, types.int64, types.float64, t, types.int64)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = _pointer(context, builder, signature.args[0], args[0], args[1])
        clock = _pointer(context, builder, signature.args[4], args[4], args[5])
        middle = ir.Constant(_LANES, ir.Undefined)
        for lane in range(WIDTH):
            middle = builder.insert_element(middle, args[3], ir.Constant(ir.IntType(32), lane))

        def step(at: Any, fresh: Any, sums: Sequence[Any]) -> list[Any]:
            away = builder.select(fresh, builder.fsub(_load(builder, source, at), middle), _all(0.0))
            time = builder.select(fresh, _load(builder, clock, at), _all(0.0))
            added = (away, builder.fmul(away, away), builder.fmul(away, time))
            return [builder.fadd(total, more) for total, more in zip(sums, added, strict=True)]

        sums = _sweep(builder, args[2], [_all(0.0)] * 3, step)
        return context.make_tuple(builder, signature.return_type, [_fold(builder, one, builder.fadd) for one in sums])

    return made, code


sum_of_lanes: Any = intrinsic(_sum)
distances_of_lanes: Any = intrinsic(_distances)


def _all(value: float) -> Any:
    return ir.Constant(_LANES, [value] * WIDTH)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


def _load(builder: Any, source: Any, at: Any) -> Any:
    return builder.load(builder.bitcast(builder.gep(source, [at]), _LANES.as_pointer()), align=8)


def _fetch(builder: Any, where: Any) -> None:
    """Ask for what lies ahead in memory while this is added up; harmless beyond the end."""
    byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
    fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag]))
    builder.call(fetch, [builder.bitcast(where, byte), flag(0), flag(3), flag(1)])


def _sweep(builder: Any, n: Any, begin: Sequence[Any], step: _Step) -> list[Any]:
    """``step`` over eight samples after eight; at the end over the last eight, of which those not seen yet are fresh."""
    width, none = ir.Constant(_WORD, WIDTH), ir.Constant(_WORD, 0)
    every = ir.Constant(ir.VectorType(ir.IntType(1), WIDTH), [1] * WIDTH)
    before = builder.block
    loop, after = builder.append_basic_block("eight"), builder.append_basic_block("rest")
    builder.branch(loop)
    builder.position_at_end(loop)
    at = builder.phi(_WORD)
    sums = [builder.phi(_LANES) for _ in begin]
    made = step(at, every, sums)
    following = builder.add(at, width)
    for phi, first, later in zip([at, *sums], [none, *begin], [following, *made], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_signed("<=", builder.add(following, width), n), loop, after)
    builder.position_at_end(after)
    left = builder.sub(n, following)
    seen = builder.sub(width, left)
    fresh = ir.Constant(ir.VectorType(ir.IntType(1), WIDTH), ir.Undefined)
    for lane in range(WIDTH):
        new = builder.icmp_signed(">=", ir.Constant(_WORD, lane), seen)
        fresh = builder.insert_element(fresh, new, ir.Constant(ir.IntType(32), lane))
    return step(builder.sub(n, width), fresh, made)


def _fold(builder: Any, lanes: Any, pair: Callable[[Any, Any], Any]) -> Any:
    """((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))."""
    ones = [builder.extract_element(lanes, ir.Constant(ir.IntType(32), lane)) for lane in range(WIDTH)]
    while len(ones) > 1:
        half = len(ones) // 2
        ones = [pair(x, y) for x, y in zip(ones[:half], ones[half:], strict=True)]
    return ones[0]
