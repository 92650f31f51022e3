"""One machine instruction that numba does not form by itself: a whole row of a table added at once (array file)."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WIDTH = 16  # numbers of a row: as many as the machine adds at once


@intrinsic
def add_row(context: Any, total: Any, n: Any, rows: Any, at: Any, east: Any, north: Any, up: Any) -> Any:  # noqa: ARG001
    """Add ``east * rows[at:] + north * rows[at + 16:] + up * rows[at + 32:]``, 16 numbers each, to ``total[n]``.

    `total` is (planes, 16), `rows` flat, both float32 and contiguous; no bounds are checked.
    """
    row, long = ir.VectorType(ir.FloatType(), WIDTH), ir.IntType(64)

    def code(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        kinds = signature.args

        def place(array: int, offset: Any) -> Any:
            data = target.make_array(kinds[array])(target, builder, values[array]).data
            return builder.bitcast(builder.gep(data, [offset]), row.as_pointer())

        def spread(value: Any) -> Any:
            first = builder.insert_element(ir.Constant(row, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
            lanes = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
            return builder.shuffle_vector(first, ir.Constant(row, ir.Undefined), lanes)

        sums = place(0, builder.mul(values[1], ir.Constant(long, WIDTH)))
        added = builder.load(sums, align=4)
        for part, factor in enumerate(values[4:]):
            numbers = builder.load(place(2, builder.add(values[3], ir.Constant(long, part * WIDTH))), align=4)
            scaled = builder.fmul(spread(factor), numbers, flags=("contract",))
            added = builder.fadd(scaled, added, flags=("contract",))
        builder.store(added, sums, align=4)
        return target.get_dummy_value()

    return types.void(total, types.int64, rows, types.int64, *[types.float32] * 3), code
