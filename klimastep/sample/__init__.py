"""Makes Musterstadt, a synthetic German town of any size, in the formats that offices deliver."""

from __future__ import annotations

from pathlib import Path

from klimastep.errors import InputError
from klimastep.sample.town import Town, make_town
from klimastep.sample.write import sample, write_tiles, write_town

__all__ = ["Town", "bundled", "demo_plan", "make_town", "sample", "write_tiles", "write_town"]


def bundled() -> Path:
    """Return the folder of the town that comes with klimastep.

    Raises
    ------
    InputError
        The installation lacks it.
    """
    inside = Path(__file__).parent / "musterstadt"
    beside = Path(__file__).parents[2] / "data" / "musterstadt"
    for folder in (inside, beside):
        if (folder / "plan.yaml").is_file():
            return folder
    raise InputError("musterstadt", "the bundled town is missing", hint="`klimastep sample DIR` makes it")


def demo_plan() -> Path:
    """Return the plan of the bundled town."""
    return bundled() / "plan.yaml"
