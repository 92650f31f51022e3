"""Random numbers that belong to a name, not to a place in a queue: the same in any run, order or tile (array file)."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from klimastep.heat.balance_seasonal import Array

Keys = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
MANTISSA = 2.0**-53


def keys(names: list[str], seed: int) -> Keys:
    """Return one key per name, shape (n,)."""
    digests = (hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def uniform(key: Keys, stream: int) -> Array:
    """Return numbers in (0, 1), one per key, another one in each stream.

    References
    ----------
    Steele, G. L., Lea, D., Flood, C. H. (2014): Fast splittable pseudorandom number generators (SplitMix64).
    """
    with np.errstate(over="ignore"):
        mixed = key + GOLDEN * np.uint64(stream + 1)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
        mixed = mixed ^ (mixed >> np.uint64(31))
    result: Array = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * MANTISSA
    return result


def normal(key: Keys, stream: int) -> Array:
    """Return standard normal numbers, one per key (Box and Muller); uses the streams 2 x stream and the next."""
    radius = np.sqrt(-2.0 * np.log(uniform(key, 2 * stream)))
    result: Array = radius * np.cos(2.0 * np.pi * uniform(key, 2 * stream + 1))
    return result
