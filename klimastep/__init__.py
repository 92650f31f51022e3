"""klimastep: from official geodata to climate priority zones.

>>> import klimastep
>>> tables = klimastep.run("plan.yaml")  # doctest: +SKIP
>>> tables = klimastep.read("maps/musterstadt")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__version__ = "0.1.0"
__all__ = ["__version__", "read", "run"]


def run(plan: str | Path, maps: str | Path = "maps") -> dict[str, pd.DataFrame]:
    """Run a plan file and return its tables.

    Parameters
    ----------
    plan : str or Path
        Plan file (YAML).
    maps : str or Path
        Folder of the run folders; outputs go to ``<maps>/<plan name>/intern``.

    Returns
    -------
    dict of str to DataFrame
        Tables by name; those with geometry are GeoDataFrames.

    Raises
    ------
    klimastep.errors.KlimastepError
        What a user can mend, with a message that says how.
    """
    from pathlib import Path

    from klimastep import plan as _plan

    return dict(_plan.run(Path(plan), Path(maps)).tables)


def read(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a finished run.

    Parameters
    ----------
    folder : str or Path
        Run folder (``maps/<name>``) or one of its editions.
    """
    from pathlib import Path

    from klimastep import rundir

    return rundir.read_tables(Path(folder))
