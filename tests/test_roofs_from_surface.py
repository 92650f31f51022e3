"""Roofs in a run: delivered planes first, then those of the surface model, then points; nothing is lost silently."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import yaml
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


def rewritten(town, change, name="dom.tif", **profile):
    """Write the surface model again with other heights or another head."""
    with rasterio.open(town.folder / "dom.tif") as file:
        head, z = file.profile | profile, change(file.read(1))
    with rasterio.open(town.folder / name, "w", **head) as file:
        file.write(z.astype("float32"), 1)


def refused(town, *words, **options):
    plan = town.with_source("surface_model", "dom.tif", **options)
    said = command("run", plan, "--maps", town.folder.parent / "maps")
    said.says(3, *words)
    assert not (town.folder.parent / "maps" / "kleinstadt" / "intern").exists()


def test_a_terrain_in_feet_is_told_by_lod2(town):
    rewritten(town, lambda z: np.full_like(z, GROUND_M / 0.3048))
    refused(town, "terrain model", "from the ground of the buildings by LoD2", "is it in feet", kind="terrain")


def test_a_surface_model_without_crs_is_told(town):
    rewritten(town, lambda z: z, crs=None)
    refused(town, "dom.tif", "the file names no CRS", "source_crs:")


def test_a_surface_model_that_says_feet_is_told(town):
    with rasterio.open(town.folder / "dom.tif", "r+") as file:
        file.units = ("ft",)
    refused(town, "dom.tif", "the heights are in ft", "expected metres", "0.3048")


def test_a_surface_model_in_feet_that_says_nothing_is_told(town):
    rewritten(town, lambda z: z / 0.3048)
    refused(town, "surface model", "times as high on it as their heights say", "0.5 to 2 times", "is it in feet")


def test_feet_without_lod2_terrain_and_heights_are_told_by_the_roofs(town):
    rewritten(town, lambda z: z / 0.3048)
    bare = [s for s in town.content["sources"] if s["reader"] != "citygml"]
    town.content["sources"][:] = bare
    refused(town, "surface model", "of the pitched roof area on it is steeper than 52°", "is it in feet")


def test_flat_roofs_and_nothing_else_leave_the_unit_unchecked_and_say_so(town):
    rewritten(town, lambda z: np.where(z > GROUND_M, GROUND_M + EAVES_M, z))
    town.content["sources"][:] = [s for s in town.content["sources"] if s["reader"] != "citygml"]
    roofs, findings = run(town, town.with_source("surface_model", "dom.tif"))
    assert len(roofs) == 7
    assert findings["heights_unchecked"]["count"] == 1
    assert "konnte nicht geprüft werden" in findings["heights_unchecked"]["text_de"]


def test_holes_another_grid_of_the_terrain_and_roofs_without_surface(town):
    """A house lies in a hole, one is gone, five are outside; the terrain has cells of 4 m that begin elsewhere."""
    holed, gone = (slice(None), slice(110, 150)), (slice(None), slice(98, 110))
    whole, _ = run(town, town.with_source("surface_model", "dom.tif"))

    def punched(z):
        z = z.copy()
        z[holed] = -9999
        z[gone] = GROUND_M
        z[::7, ::5] = -9999
        return z

    rewritten(town, punched)
    place = rasterio.transform.from_origin(X - 41.5, Y + 63.5, 4, 4)
    rewritten(town, lambda _z: np.full((30, 80), GROUND_M), "dgm.tif", width=80, height=30, transform=place)
    extra = [
        {"reader": "surface_model", "path": "dom.tif"},
        {"reader": "surface_model", "path": "dgm.tif", "options": {"kind": "terrain"}},
    ]
    roofs, findings = run(town, town.replan(sources=[*town.content["sources"], *extra]))
    lost = set(whole["building_id"]) - set(roofs["building_id"])
    assert len(lost) == 2
    assert [findings[k]["count"] for k in ("outside_surface", "on_ground", "no_roof_plane")] == [5 + 1, 1, 5 + 2]
    assert set(findings["on_ground"]["ids"]) < lost
    buildings = pd.read_parquet(town.folder.parent / "maps" / "kleinstadt" / "intern" / "tables" / "buildings.parquet")
    unknown = buildings.loc[[i for i in buildings.index if i not in set(roofs["building_id"])], "pv_yield_kwh_a"]
    assert len(unknown) == 7
    assert unknown.isna().all(), "unknown, not zero"
    both = roofs.groupby("building_id")["irradiation_kwh_m2a"].mean()
    before = whole.groupby("building_id")["irradiation_kwh_m2a"].mean()[both.index]
    assert both.to_numpy() == pytest.approx(before.to_numpy(), rel=0.02)


def test_a_town_beside_its_surface_model_keeps_its_roofs_unknown(town):
    rewritten(town, lambda z: z, transform=rasterio.transform.from_origin(X + 50_000, Y, 1, 1))
    roofs, findings = run(town, town.with_source("surface_model", "dom.tif"))
    assert findings["outside_surface"]["count"] == HOUSES - LOD2
    assert roofs["building_id"].nunique() == LOD2
    assert set(roofs["shading_basis"].astype(str)) == {"buildings"}


def test_sectors_and_crowns_of_the_plan_reach_the_roofs(town):
    """Trees of 9 m stand south of the houses; their crowns are as the plan says."""
    rewritten(town, lambda z: np.where(np.arange(len(z))[:, None] > 33, 9.0, 0.0) + 0 * z, "kronen.tif")
    extra = [
        {"reader": "surface_model", "path": "dom.tif"},
        {"reader": "surface_model", "path": "kronen.tif", "options": {"kind": "canopy"}},
    ]
    sources = [*town.content["sources"], *extra]
    closed, coarse, thin = (
        run(town, town.replan(sources=sources, solar=told))[0]["shading_loss_share"]
        for told in (
            {"crown_light_share": [0.0] * 12},
            {"crown_light_share": [0.0] * 12, "sectors": 24},
            {"crown_light_share": [1.0] * 12},
        )
    )
    assert thin.max() < 0.02 < 0.1 < closed.max()
    assert closed.to_numpy() == pytest.approx(coarse.to_numpy(), abs=0.05)
    assert (closed - coarse).abs().max() > 1e-6, "24 sectors are not 64"


def with_points(town, *rows):
    """Write the plan with a table of roof planes instead of LoD2: rows of house, tilt, azimuth, area."""
    ids = town.read("gebäude.gpkg")["oid"].str[:16].tolist()
    lines = [
        f"{ids[h]};{n};{X + 16 * h};{Y + 4};{tilt};{azimuth};{area}" for n, (h, tilt, azimuth, area) in enumerate(rows)
    ]
    text = "\n".join(["haus;nr;x;y;neigung;richtung;flaeche", *lines])
    (town.folder / "daecher.csv").write_text(text + "\n", encoding="utf-8")
    columns = {"building_id": "haus", "tilt_deg": "neigung", "azimuth_deg": "richtung", "area_m2": "flaeche"}
    options = {"id": "nr", "x": "x", "y": "y", "source_crs": CRS, "columns": columns, "delimiter": ";"}
    rest = [s for s in town.content["sources"] if s["reader"] != "citygml"]
    return town.replan(sources=[*rest, {"reader": "roof_points", "path": "daecher.csv", "options": options}])


def test_roofs_without_height_stand_on_the_ground_of_lod2_around(town):
    """Four houses by LoD2, two by numbers only: these stand on the ground that the four tell, and are shaded."""
    points = with_points(town, (4, 37, 180, 48), (5, 37, 0, 48), (6, 37, 180, 48))
    entry = yaml.safe_load(points.read_text("utf-8"))["sources"][-1]
    ids = town.read("gebäude.gpkg")["oid"].str[:16]
    (town.folder / "hoehen.csv").write_text("haus;traufe\n" + "".join(f"{i};{EAVES_M}\n" for i in ids), "utf-8")
    options = {"table": "buildings", "id": "haus", "columns": {"eaves_height_m": "traufe", "height_m": "traufe"}}
    told = {"reader": "table_file", "path": "hoehen.csv", "options": options | {"delimiter": ";"}}
    roofs, findings = run(town, town.replan(sources=[*town.content["sources"], told, entry]))
    assert set(roofs["shading_basis"].astype(str)) == {"buildings"}
    assert "shading_none" not in findings
    checks = json.loads((town.folder.parent / "maps" / "kleinstadt" / "intern" / "checks.json").read_text("utf-8"))
    assert checks["solar"]["ground"] == "near"
    assert any("der nächsten Gebäude, deren Dach seine Höhe kennt" in note for note in checks["notes_de"])


def test_a_roof_of_area_0_stays_unknown(town):
    roofs, findings = run(town, with_points(town, (0, 30, 180, 60), (1, 30, 180, 0), (2, 30, 180, 60)))
    assert len(roofs) == 2
    assert findings["no_area"]["count"] == 1
    buildings = pd.read_parquet(town.folder.parent / "maps" / "kleinstadt" / "intern" / "tables" / "buildings.parquet")
    made = buildings["pv_yield_kwh_a"].iloc[:3]
    assert made.notna().tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("scale", "classes"),
    [("lubw_shares", ["very_good", "conditional"]), ("lubw_absolute", ["very_good", "good"])],
)
def test_the_scale_of_the_plan_classes_the_roofs(town, scale, classes):
    """12° to the north get 77 % of the best plane, and more than 1,037 kWh/m²."""
    plan = with_points(town, (0, 30, 180, 60), (1, 12, 0, 60))
    content = yaml.safe_load(plan.read_text("utf-8"))
    roofs, _ = run(town, town.replan(sources=content["sources"], solar={"suitability_scale": scale}))
    assert roofs["irradiation_kwh_m2a"].iloc[1] == pytest.approx(1080, abs=25)
    assert roofs["solar_suitability"].tolist() == classes


def test_a_roof_of_95_degrees_is_told(town):
    plan = with_points(town, (0, 30, 180, 60), (1, 95, 180, 40))
    said = command("run", plan, "--maps", town.folder.parent / "maps")
    said.says(3, "daecher.csv", "line 3", "id 1", "tilt_deg = 95", "expected from 0 to 90")


def test_a_surface_model_in_another_crs_is_told(town):
    with rasterio.open(town.folder / "dom.tif", "r+") as file:
        file.crs = "EPSG:25833"
    said = command("run", town.with_source("surface_model", "dom.tif"), "--maps", town.folder.parent / "maps")
    said.says(3, "dom.tif", "ETRS89 / UTM zone 33N", "fit_roofs")
