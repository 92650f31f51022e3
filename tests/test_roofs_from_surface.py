"""Roofs in a run: delivered planes first, then those of the surface model, then points; nothing is lost silently."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from small_town import CRS, DEPTH_M, EAVES_M, GROUND_M, RIDGE_M, X, Y, command, make_town

LOD2 = 4
HOUSES = 12


@pytest.fixture
def town(tmp_path):
    """Return a town whose LoD2 knows four houses, with a surface model that leaves out the last block."""
    made = make_town(tmp_path / "town")
    text = (made.folder / "lod2.gml").read_text("utf-8")
    head, *members = text.replace("</core:CityModel>", "").split("<core:cityObjectMember>")
    kept = "<core:cityObjectMember>".join([head, *members[:LOD2]]) + "</core:CityModel>"
    (made.folder / "lod2.gml").write_text(kept, "utf-8")
    houses = made.read("gebäude.gpkg").geometry
    x, y = np.meshgrid(X - 19.5 + np.arange(150), Y + 29.5 - np.arange(50))
    roof = EAVES_M + (RIDGE_M - EAVES_M) * (1 - np.abs(y - Y - DEPTH_M / 2) / (DEPTH_M / 2))
    z = GROUND_M + np.where(shapely.contains_xy(houses.union_all(), x, y), roof, 0.0)
    place = rasterio.transform.from_origin(X - 20, Y + 30, 1, 1)
    with rasterio.open(
        made.folder / "dom.tif", "w", driver="GTiff", width=150, height=50, count=1, dtype="float32", crs=CRS,
        transform=place, nodata=-9999,
    ) as file:  # fmt: skip
        file.write(z.astype("float32"), 1)
    return made


def run(town, plan):
    folder = town.folder.parent / "maps"
    assert command("run", plan, "--maps", folder).code == 0
    roofs = pd.read_parquet(folder / "kleinstadt" / "intern" / "tables" / "roofs.parquet")
    findings = json.loads((folder / "kleinstadt" / "intern" / "checks.json").read_text("utf-8"))
    return roofs, {f["kind"]: f for f in findings["findings"]}


def test_the_surface_model_comes_after_lod2(town):
    roofs, findings = run(town, town.with_source("surface_model", "dom.tif"))
    fitted = roofs["fit_rmse_m"].notna()
    assert roofs[~fitted]["building_id"].nunique() == LOD2
    assert roofs[fitted]["building_id"].nunique() == 7 - LOD2
    assert not set(roofs[fitted]["building_id"]) & set(roofs[~fitted]["building_id"])
    for name, digits in (("tilt_deg", 1.0), ("area_m2", 1.0), ("eaves_m", 0.1)):
        delivered, found = (roofs[rows].groupby("azimuth_deg")[name].mean().to_numpy() for rows in (~fitted, fitted))
        assert np.abs(np.sort(delivered).mean() - found.mean()) < digits
    assert roofs["usable_area_m2"].notna().all()
    assert (findings["outside_surface"]["count"], findings["no_roof_plane"]["count"]) == (5, 5)


def test_a_house_that_is_gone_is_reported_and_has_no_roof(town):
    """The surface model shows bare ground where one of the fitted houses stands in the cadastre."""
    sources = [*town.content["sources"], {"reader": "surface_model", "path": "dom.tif"},
               {"reader": "surface_model", "path": "dgm.tif", "options": {"kind": "terrain"}}]  # fmt: skip
    with rasterio.open(town.folder / "dom.tif") as file:
        profile, z = file.profile, file.read(1)
    gone = town.read("gebäude.gpkg").geometry.iloc[LOD2]
    x, y = np.meshgrid(X - 19.5 + np.arange(150), Y + 29.5 - np.arange(50))
    z[shapely.contains_xy(gone, x, y)] = GROUND_M + 0.2
    for name, values in (("dom.tif", z), ("dgm.tif", np.full_like(z, GROUND_M))):
        with rasterio.open(town.folder / name, "w", **profile) as file:
            file.write(values, 1)
    roofs, findings = run(town, town.replan(sources=sources))
    assert findings["on_ground"]["count"] == 1
    assert findings["on_ground"]["ids"][0] not in set(roofs["building_id"])
    assert roofs.loc[roofs["fit_rmse_m"].notna(), "building_id"].nunique() == 7 - LOD2 - 1


def test_without_the_fit_roofs_stay_unknown(town):
    roofs, findings = run(
        town, town.replan(sources=town.content["sources"] + [{"reader": "surface_model", "path": "dom.tif"}],
                          solar={"fit_roofs": False})
    )  # fmt: skip
    assert roofs["building_id"].nunique() == LOD2
    assert "fit_rmse_m" not in roofs
    assert findings["no_roof_plane"]["count"] == HOUSES - LOD2


def test_a_surface_model_in_another_crs_is_told(town):
    with rasterio.open(town.folder / "dom.tif", "r+") as file:
        file.crs = "EPSG:25833"
    said = command("run", town.with_source("surface_model", "dom.tif"), "--maps", town.folder.parent / "maps")
    said.says(3, "dom.tif", "ETRS89 / UTM zone 33N", "fit_roofs")
