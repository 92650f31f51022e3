"""Height models of a plan, opened for as long as they are read."""

from __future__ import annotations

from contextlib import ExitStack

import pandas as pd
from pyproj import CRS

from klimastep import solar as room
from klimastep.errors import InputError
from klimastep.findings import Finding
from klimastep.rasters import Mosaic
from klimastep.recipe.bench import Bench


def open_mosaic(tiles: pd.DataFrame | None, kind: str, crs: str, stack: ExitStack) -> Mosaic | None:
    """Open the height model of a kind for as long as the stack stands; None where no source brings one.

    Parameters
    ----------
    tiles : DataFrame or None
        Table ``surface_tiles``.
    kind : str
        ``surface``, ``terrain``, …
    crs : str
        CRS of the run.
    stack : ExitStack
        Closes the model.

    Raises
    ------
    InputError
        The model has another CRS than the run.
    """
    chosen = tiles[tiles["kind"] == kind] if tiles is not None else None
    if chosen is None or chosen.empty:
        return None
    named, nodata = str(chosen["crs"].iloc[0]), chosen["nodata"].iloc[0]
    model = stack.enter_context(
        Mosaic(
            chosen["path"],
            crs=named if named.startswith("EPSG:") else None,
            nodata=None if pd.isna(nodata) else float(nodata),
        )
    )
    wanted = CRS.from_user_input(crs)
    if not model.crs.equals(wanted, ignore_axis_order=True):
        hint = "project the grid, e.g. gdalwarp, or set solar: {fit_roofs: false, shading: none}"
        raise InputError(
            str(chosen["path"].iloc[0]), f"the CRS is {model.crs.name}", f"{wanted.name} of the plan", hint
        )
    return model


def refuse_heights(bench: Bench, surface: Mosaic, terrain: Mosaic | None) -> None:
    """Refuse a surface model whose heights are no metres above the datum of the rest; say where nothing can tell."""
    buildings, roofs = bench.tables["buildings"], bench.tables.get("roofs")
    told = room.refuse_heights(buildings, surface, terrain)
    if roofs is None:
        return
    fitted = pd.Series(False, index=roofs.index)
    if room.FIT_SHARE.name in roofs:
        fitted = roofs[room.FIT_SHARE.name].notna()
    room.refuse_misfit(roofs[~fitted], surface)
    told |= bool(roofs.loc[~fitted, "eaves_m"].notna().any()) | room.refuse_steep(roofs[fitted])
    if not told:
        bench.recorder.note([UNCHECKED])


UNCHECKED = Finding(
    "surface_model",
    "heights_unchecked",
    1,
    (),
    "Ob das Oberflächenmodell in Metern über dem richtigen Bezug steht, konnte nicht geprüft werden: weder Gelände "
    "noch LoD2 noch Gebäudehöhen liegen vor.",
    "Whether the surface model is in metres above the right datum could not be checked: there is no terrain, no LoD2 "
    "and no height of a building.",
)
