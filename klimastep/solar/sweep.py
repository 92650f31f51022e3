"""Kernels of the horizon sweep: shadows that run along rows, and what an eye's own ray meets first (array file)."""

from __future__ import annotations

import numba
import numpy as np

LEVELS = 24
ABREAST = 16  # numbers that the machine takes at once
PITCH = 320  # from the shadows of one level to those of the next, which stay in the nearest cache
LANES = PITCH - 1  # lines walked together; an eye between two of them needs both
STATES = 3
NOTHING = np.float32(-1e6)  # height of a cell that hides nothing
TINY = np.float32(1e-20)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def sweep(surface, eye, core, walk, beside, levels, out):  # type: ignore[no-untyped-def]
    """Walk from obstacles to eyes along rows; lines run askew by `slope` columns a row, LANES of them at a time.

    Parameters
    ----------
    surface, eye : ndarray of float32 (rows, columns)
        Heights; NOTHING hides nothing, ``-NOTHING`` sees nothing. [m]
    core : tuple of 4 int
        Top, bottom, left and right of the cells wanted, half-open.
    walk : tuple
        Number of the first row on the endless grid, whether to walk backward, slope, rows that surely count, rows
        next to an eye that no shadow comes from.
    beside : tuple of ndarray
        What an eye's own ray passes in those rows, see :func:`klimastep.solar.horizon.passed`.
    levels : tuple
        Fall of each level's shadow in a row [m], the codes of a level, what is added to a code before it is cut.
    out : ndarray of integers (core rows, core columns)
    """
    top, bottom, left, right = core
    row0, backward, slope, sure, gap = walk
    rows, columns = surface.shape
    far = 2 * sure + gap + 1
    step = -1 if backward else 1
    first = min(rows - 1, bottom - 1 + far - gap) if backward else max(0, top - far + gap)
    last = top if backward else bottom - 1
    aside = np.int64(np.ceil(abs(slope) * far)) + 1
    west, east = max(left - aside, 0), min(right + aside, columns)
    low_line, high_line = np.int64(2**62), np.int64(-(2**62))
    for i in (first, last):
        base = np.int64(np.floor(-slope * (row0 + i)))
        low_line, high_line = min(low_line, west + base), max(high_line, east + base)
    old, young = _aligned(LEVELS * PITCH + ABREAST), _aligned(LEVELS * PITCH + ABREAST)
    tops, sides, eyes, near = _aligned(PITCH), _aligned(PITCH), _aligned(PITCH), _aligned(PITCH)
    state = _aligned(STATES * PITCH)
    for line in range(low_line, high_line + 1, LANES):
        old[:] = NOTHING
        young[:] = NOTHING
        for k in range(abs(last - first) + 1):
            i = first + step * k
            exact = -slope * (row0 + i)
            base = np.int64(np.floor(exact))
            if (step * (row0 + i)) % sure == 0:
                old, young = young, old
                young[:] = NOTHING
            begin, end = max(left, line - base), min(right, line + LANES - base)
            if top <= i < bottom and begin < end:
                many = -(-(end - begin) // ABREAST) * ABREAST
                eyes[: end - begin] = eye[i, begin:end]
                _pass(surface, eyes[: end - begin], (i, begin), beside, near)
                shadow, how = old[begin + base - line :], (levels[0], np.float32(exact - base), np.float32(gap + 1))
                _look(shadow, eyes[:many], near, how, state)
                _write(state, levels[1:], out[i - top, begin - left : end - left])
            source = i - step * gap
            exact = -slope * (row0 + source)
            ahead = np.int64(np.floor(exact))
            low = max(west + min(base, ahead) - line, 0)
            high = min(east + max(base, ahead) + 1 - line, PITCH)
            if low < high:
                start, part = line - ahead + low, exact - ahead
                _cut(surface, (source, start, part), tops[low:high])
                beyond = _cut_aside(surface, (source, start, part), (step, slope), sides[low:high])
                _cast(old, young, tops[low:high], sides[low:high], (levels[0], low, gap, beyond))


@numba.njit(nogil=True, cache=True)
def _aligned(size):  # type: ignore[no-untyped-def]
    """Return an array that begins where the machine likes to read."""
    room = np.zeros(size + ABREAST, np.float32)
    begin = -(room.ctypes.data // 4) % ABREAST
    return room[begin : begin + size]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _cut(surface, place, z):  # type: ignore[no-untyped-def]
    """Interpolate a row of heights at the lines that begin at column `start - part`, where they lie within it."""
    row, start, part = place
    z[:] = NOTHING
    begin, end = max(-start if part == 0 else 1 - start, 0), min(surface.shape[1] - start, z.shape[0])
    if end > begin and 0 <= row < surface.shape[0]:
        here, target = surface[row, start + begin : start + end], z[begin:end]
        before = surface[row, start + begin - 1 : start + end - 1] if part > 0 else here
        weight = np.float32(part)
        for n in range(target.shape[0]):
            target[n] = (np.float32(1) - weight) * here[n] + weight * before[n]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _cut_aside(surface, place, way, z):  # type: ignore[no-untyped-def]
    """Interpolate the column that the lines cross on their way to the next row; return where, -1 if they cross none."""
    row, start, part = place
    step, slope = way
    after = row + step
    drift = slope * step
    way_aside = part if drift > 0 else 1 - part
    if part == 0 or way_aside >= abs(drift) or not (0 <= row < surface.shape[0] and 0 <= after < surface.shape[0]):
        return -1.0
    at = start if drift > 0 else start - 1
    begin, end = max(-at, 0), min(surface.shape[1] - at, z.shape[0])
    beyond = way_aside / abs(drift)
    weight = np.float32(beyond)
    z[:] = NOTHING
    if end > begin:
        here, there, target = surface[row, at + begin : at + end], surface[after, at + begin : at + end], z[begin:end]
        for n in range(target.shape[0]):
            target[n] = (np.float32(1) - weight) * here[n] + weight * there[n]
    return beyond


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _cast(old, young, tops, sides, how):  # type: ignore[no-untyped-def]
    """Let the shadows take up what the lines meet in a row, and in the column beyond it, and fall by one step."""
    falls, low, gap, beyond = how
    for m in range(LEVELS):
        begin = m * PITCH + low
        a, b = old[begin : begin + tops.shape[0]], young[begin : begin + tops.shape[0]]
        fall, lag, lag_aside = falls[m], falls[m] * np.float32(gap), falls[m] * np.float32(gap - beyond)
        if beyond < 0:
            for n in range(a.shape[0]):
                top = tops[n] - lag
                a[n] = (a[n] if a[n] > top else top) - fall
                b[n] = (b[n] if b[n] > top else top) - fall
        else:
            for n in range(a.shape[0]):
                top, side = tops[n] - lag, sides[n] - lag_aside
                top = top if top > side else side
                a[n] = (a[n] if a[n] > top else top) - fall
                b[n] = (b[n] if b[n] > top else top) - fall


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _pass(surface, eyes, place, beside, near):  # type: ignore[no-untyped-def]
    """Find the steepest rise by row among the points that the eyes' own rays pass first."""
    cells, weights = beside
    row, begin = place
    near[:] = NOTHING
    for k in range(cells.shape[0]):
        row_a, column_a, row_b, column_b = (
            row + cells[k, 0],
            begin + cells[k, 1],
            row + cells[k, 2],
            begin + cells[k, 3],
        )
        low = max(0, -column_a, -column_b)
        high = min(eyes.shape[0], surface.shape[1] - max(column_a, column_b))
        if low < high and min(row_a, row_b) >= 0 and max(row_a, row_b) < surface.shape[0]:
            a, b = surface[row_a, column_a + low : column_a + high], surface[row_b, column_b + low : column_b + high]
            e, best, keep, share, by_row = eyes[low:high], near[low:high], weights[k, 0], weights[k, 1], weights[k, 2]
            for n in range(best.shape[0]):
                rise = (keep * a[n] + share * b[n] - e[n]) * by_row
                best[n] = best[n] if best[n] > rise else rise


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _look(shadow, eyes, near, how, state):  # type: ignore[no-untyped-def]
    """Find between which shadows the eyes' heights lie."""
    falls, part, first = how
    state[:PITCH] = 0
    state[PITCH : 2 * PITCH] = -NOTHING
    state[2 * PITCH :] = NOTHING
    for m in range(0, LEVELS, 4):
        _four(shadow[m * PITCH :], eyes, near, (falls[m : m + 4], part, first), state)


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _four(shadow, eyes, near, how, state):  # type: ignore[no-untyped-def]
    """Count four shadows that are above the eye, keep how far the last is above it and the next below it."""
    falls, part, first = how
    keep, one, none = np.float32(1) - part, np.float32(1), np.float32(0)
    f0, f1, f2, f3 = first * falls[0], first * falls[1], first * falls[2], first * falls[3]
    for n in range(eyes.shape[0]):
        e, rise = eyes[n], first * near[n]  # what is near counts as if it stood where the first shadows fall from
        v0 = keep * shadow[n] + part * shadow[n + 1] - e
        v1 = keep * shadow[n + PITCH] + part * shadow[n + PITCH + 1] - e
        v2 = keep * shadow[n + 2 * PITCH] + part * shadow[n + 2 * PITCH + 1] - e
        v3 = keep * shadow[n + 3 * PITCH] + part * shadow[n + 3 * PITCH + 1] - e
        count, above, below = state[n], state[n + PITCH], state[n + 2 * PITCH]
        for far, close in ((v0, rise - f0), (v1, rise - f1), (v2, rise - f2), (v3, rise - f3)):
            v = far if far > close else close
            up = v > none
            count = count + (one if up else none)
            above = v if up else above
            low = NOTHING if up else v
            below = low if low > below else below
        state[n], state[n + PITCH], state[n + 2 * PITCH] = count, above, below


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _write(state, how, out):  # type: ignore[no-untyped-def]
    """Turn what lies around the eyes into codes: where the line through both shadows meets the eye's height.

    That is exact where one obstacle makes both, a little high where two do, and no obstacle ever lowers it.
    """
    parts, rounding = how
    one, none, most = np.float32(1), np.float32(0), np.float32((LEVELS - 1) * parts)
    for n in range(-(-out.shape[0] // ABREAST) * ABREAST):
        count, above, below = state[n], state[n + PITCH], state[n + 2 * PITCH]
        code = (count - one + above / (above - below + TINY)) * parts + rounding
        code = code if code > none else none
        state[n] = code if code < most else most
    for n in range(out.shape[0]):
        out[n] = out.dtype.type(state[n])
