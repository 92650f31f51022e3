"""What stands on every output beside the numbers: title, edition, sources, what the result is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Edition = Literal["intern", "oeffentlich"]


@dataclass(frozen=True)
class About:
    """Facts about a run that every exporter prints.

    Parameters
    ----------
    name : str
        Plan name; file names come from it.
    title_de, title_en : str
        City or district as people call it, for example "Musterstadt (synthetisch)".
    synthetic : bool
        Whether the data are invented; then "synthetisch" stands on every output.
    edition : {"intern", "oeffentlich"}
        The internal edition holds everything; the public one shows blocks, never single houses with heat.
    version : str
        Version of klimastep.
    made_on : str
        Date of the run, ISO.
    crs : str
        CRS of the run, "EPSG:25832".
    attribution : tuple of str
        Licence and source lines of all inputs.
    notes_de, notes_en : tuple of str
        What the reader must know: climate used, missing shading, which heat is shown, unknown shares.
    weights : dict of str to float
        Weight of each indicator in the ranking.
    """

    name: str
    title_de: str
    title_en: str
    synthetic: bool
    edition: Edition
    version: str
    made_on: str
    crs: str
    attribution: tuple[str, ...] = ()
    notes_de: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()
    weights: tuple[tuple[str, float], ...] = ()
    zone_level: str = "districts"

    @property
    def is_internal(self) -> bool:
        """Whether single buildings may be shown."""
        return self.edition == "intern"

    @property
    def file_stem(self) -> str:
        """Stem of the output files; the internal edition says so in its name."""
        return f"{self.name}_INTERN" if self.is_internal and not self.synthetic else self.name

    def marked(self, title: str) -> str:
        """Return a layer or page title with INTERN where single buildings of a real city are inside."""
        return f"{title} (INTERN)" if self.is_internal and not self.synthetic else title


DISCLAIMER_DE = "Modellergebnis, keine Zusage für das einzelne Grundstück."
DISCLAIMER_EN = "Model result, no promise for a single plot."
